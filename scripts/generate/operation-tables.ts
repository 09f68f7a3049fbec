// The tables of docs/operations.md, read from the operations' own data.
import type { IssuingOperation } from '../../src/issuing/operation.ts';
import { externalCACertificate } from '../../src/issuing/operations/external-ca-certificate.ts';
import { issuingOperations } from '../../src/issuing/operations/index.ts';
import { harmlessAttributes, harmlessExtensions } from '../../src/issuing/x509/request/attributes.ts';
import { usageWord } from '../../src/issuing/x509/usages.ts';
import { markdownTable } from './generated-section.ts';

const all: readonly IssuingOperation[] = [...Object.values(issuingOperations), externalCACertificate];

/** What each operation can express. */
export function capabilitiesTable(): string {
  const rows = all.map(({ action, version, capabilities }) => [
    `\`${action}\``,
    version,
    namesOf(capabilities.names),
    usagesOf(capabilities.usages),
    capabilities.subject === 'whole' ? 'any' : 'CN, O, OU, C, ST, L, each once',
    keysOf(capabilities.keys),
    capabilities.certificateAuthorities ? 'only' : 'no',
  ]);
  const columns = ['Operation', 'API', 'Alternative names', 'Usages', 'Subject', 'Keys', 'CA certificates'];
  return markdownTable(columns, rows);
}

/** What finds a certificate again, and what is particular about an operation. */
export function guaranteesTable(): string {
  const rows = all.map(({ action, capabilities, store }) => [
    `\`${action}\``,
    identityOf(capabilities),
    capabilities.certificateAuthorities
      ? '`GetCAInstanceStatus`, `DescribeCACertificate`'
      : `\`${store.describe('').action}\``,
    capabilities.certificateAuthorities ? 'by hand, in the console' : `\`${store.revoke('').action}\``,
    [
      ...(capabilities.refusedIssuerTypes.length > 0
        ? [`refused by ${capabilities.refusedIssuerTypes.join(', ')} CAs`]
        : []),
      ...(capabilities.replacedBy === undefined ? [] : [`withdrawn; use ${capabilities.replacedBy}`]),
    ].join('; '),
  ]);
  return markdownTable(['Operation', 'Found again by', 'Read with', 'Revoked with', 'Remarks'], rows);
}

/** What a CSR may carry without effect on the certificate. */
export function harmlessTable(): string {
  const rows = [...Object.entries(harmlessExtensions), ...Object.entries(harmlessAttributes)];
  const kindOf = (id: string): string => (Object.hasOwn(harmlessExtensions, id) ? 'extension' : 'attribute');
  return markdownTable(
    ['Identifier', 'Kind', 'What it is, and who writes it'],
    rows.map(([id, what]) => [`\`${id}\``, kindOf(id), what]),
  );
}

/** Where every documented parameter of every operation comes from. */
export function parametersTable(): string {
  const rows = all.flatMap(({ action, parameterOrigins }) =>
    Object.entries(parameterOrigins).map(([name, origin]) => [`\`${action}\``, `\`${name}\``, origin]),
  );
  return markdownTable(['Operation', 'Parameter', 'Comes from'], rows);
}

function namesOf({ kinds, mixed, separator, untyped, inCsrOnly }: IssuingOperation['capabilities']['names']): string {
  if (inCsrOnly === true)
    return 'none; with `spec.externalCA.names: Drop` those of the CSR, which the certificate may lack';
  const comma = separator === undefined ? '' : `, without "${separator}" and blanks around`;
  const hosts = untyped === true ? '; host names that do not read as an address' : '';
  return `${kinds.join(', ')}${mixed ? '' : '; one kind per certificate'}${comma}${hosts}`;
}

function usagesOf(usages: IssuingOperation['capabilities']['usages']): string {
  if (usages.kind === 'free') return `${usages.keyUsages.map(usageWord).join(', ')}; any extended usage`;
  return usages.profiles
    .map(({ name, usages: { keyUsages, extendedKeyUsages } }) => {
      return `${name}: ${[...keyUsages, ...extendedKeyUsages].map(usageWord).join(', ')}`;
    })
    .join('; ');
}

function keysOf({ rsaBits, curves }: IssuingOperation['capabilities']['keys']): string {
  const sizes = rsaBits.map(({ from, to }) => (from === to ? String(from) : `${from}–${to}`));
  return `RSA ${sizes.join(', ')}; ${curves.join(', ')}`;
}

function identityOf({ callerIdentifier, certificateAuthorities }: IssuingOperation['capabilities']): string {
  if (callerIdentifier) return 'an identifier from the operator';
  return certificateAuthorities ? 'its instance' : 'its key and everything requested';
}
