// Whether an operation can express a request: every check of the request against the operation's capabilities.
import { isAddress, showAlternativeName } from './x509/alternative-name.ts';
import { nameFault, withValue } from './x509/distinguished-name.ts';
import type { NameAttribute } from './x509/distinguished-name.ts';
import { forbiddenByPath } from './x509/certification-path.ts';
import { certificatesOf } from './issuing-ca.ts';
import type { IssuingCA } from './issuing-ca.ts';
import type { IssuingOperation, UsageProfile } from './operation.ts';
import { fitsFields } from './operations/notation.ts';
import { profileFor } from './usage-profile.ts';
import { refusalReasons, refuse } from './refusal.ts';
import type { Refused } from './refusal.ts';
import type { SigningRequest } from './signing-request.ts';
import { shownList } from './x509/shown-text.ts';
import { isUsageOfCertManager, usageWord } from './x509/usages.ts';

/** A request to check, with the subject that the certificate will have, the operation and the CA. */
export interface Candidate {
  readonly request: SigningRequest;
  /** Attributes of the subject, all with a value: the CSR's or the issuer's. */
  readonly subject: readonly Pick<NameAttribute, 'oid' | 'value'>[];
  /** Whether the subject is sent beside the CSR, which PCA refused as it is. */
  readonly sendsSubject: boolean;
  /** Whether the issuer replaces the CSR's subject. */
  readonly subjectFromIssuer: boolean;
  readonly operation: IssuingOperation;
  readonly ca: IssuingCA;
  /** The profile that the issuer's settings demand. */
  readonly requiredProfile: UsageProfile['name'] | undefined;
  /** Whether a profile with more usages than requested is acceptable. */
  readonly allowWiderUsages: boolean;
  /** Whether a certificate without all the names is acceptable. */
  readonly allowOtherNames: boolean;
  /** Whether the certificate may lack the names that the operation has no parameter for. */
  readonly mayDropNames: boolean;
  readonly allowP521: boolean;
}

const csrField = 'spec.request';

/** Why the operation cannot express the request; undefined when it can. */
export function refusalOf(candidate: Candidate): Refused | undefined {
  for (const check of [refuseCA, refuseUsages, refuseKey, refuseNames, refuseSubject, refuseForbidden]) {
    const refused = check(candidate);
    if (refused !== undefined) return refused;
  }
  return undefined;
}

function refuseCA({ request, operation }: Candidate): Refused | undefined {
  if (!request.isCA || operation.capabilities.certificateAuthorities) return undefined;
  const message = `${operation.action} cannot issue CA certificates (isCA: true). Ask for a certificate without isCA, or ask the issuer's owner to set spec.externalCA, which needs instances bought in PCA.`;
  return refuse(refusalReasons.caNotSupported, 'spec.isCA', message);
}

function refuseUsages({ request: { usages }, operation, ...settings }: Candidate): Refused | undefined {
  const able = operation.capabilities.usages;
  if (able.kind === 'profiles') {
    if (profileFor(usages, able.profiles, settings) !== undefined) return undefined;
    const offered = able.profiles.filter(({ name }) => name === (settings.requiredProfile ?? name));
    const profiles = offered.map((profile) => {
      const words = [...profile.usages.keyUsages, ...profile.usages.extendedKeyUsages].map(usageWord);
      return `${profile.name} (${words.join(', ')})`;
    });
    // cert-manager has no words for them, so they can stand in the CSR alone.
    const wordless = usages.extendedKeyUsages.filter((usage) => !isUsageOfCertManager(usage));
    const less = wordless.length === 0 ? '' : `, and leave ${shownList(wordless)} out of the CSR`;
    const message = `${operation.action} issues only with the usages of ${profiles.join(' or ')}. Ask for exactly these${settings.allowWiderUsages ? ' or some of them' : ''} (in a Certificate: spec.usages)${less}.`;
    return refuse(refusalReasons.usageNotSupported, 'spec.usages', message);
  }
  const beyond = usages.keyUsages.filter((usage) => !able.keyUsages.includes(usage)).map((usage) => usageWord(usage));
  if (beyond.length > 0) {
    const message = `${operation.action} cannot express "${beyond.join('", "')}". Remove ${beyond.length === 1 ? 'this usage' : 'these usages'}.`;
    return refuse(refusalReasons.usageNotSupported, 'spec.usages', message);
  }
  const oneWay = usages.keyUsages.find((usage) => usage === 'encipherOnly' || usage === 'decipherOnly');
  if (oneWay === undefined || usages.keyUsages.includes('keyAgreement')) return undefined;
  const message = `"${usageWord(oneWay)}" has a meaning only together with "key agreement". Add "key agreement" or remove it.`;
  return refuse(refusalReasons.usageNotSupported, 'spec.usages', message);
}

function refuseKey({ request, operation, ca, allowP521 }: Candidate): Refused | undefined {
  const { family, bits, name } = request.csr.publicKey;
  const { rsaBits, curves: named } = operation.capabilities.keys;
  const curves = allowP521 ? [...named, 'P-521'] : named;
  const possible =
    family === 'RSA'
      ? rsaBits.some(({ from, to }) => bits >= from && bits <= to)
      : family === 'ECC' && curves.includes(name);
  if (!possible) {
    const sizes = rsaBits.map(({ from, to }) => (from === to ? `${from}` : `${from} to ${to}`));
    const message = `the CSR's key is ${name}; ${operation.action} supports RSA with ${sizes.join(', ')} bits and ${curves.join(', ')}. Choose such a key (in a Certificate: spec.privateKey)${name === 'P-521' ? ', or set spec.allowP521 of the issuer if you know that the CA accepts it' : ''}.`;
    return refuse(refusalReasons.keyNotSupported, csrField, message);
  }
  // Which CA signs a CA certificate is decided by the purchased instance.
  if (family === ca.keyFamily || operation.capabilities.certificateAuthorities) return undefined;
  const message = `the CSR's key is ${name}, but CA "${ca.identifier}" issues for ${ca.keyFamily} keys only. Choose ${ca.keyFamily === 'RSA' ? 'algorithm RSA' : 'algorithm ECDSA'} (in a Certificate: spec.privateKey), or another CA.`;
  return refuse(refusalReasons.keyFamilyMismatch, csrField, message);
}

function refuseNames(candidate: Candidate): Refused | undefined {
  const { request, subject, operation } = candidate;
  const { names: able } = operation.capabilities;
  const { names } = request.csr.extensions.alternativeNames;
  if (request.csr.extensions.hasNameConstraints) {
    const message = `${operation.action} cannot express name constraints. Remove them from the Certificate.`;
    return refuse(refusalReasons.nameConstraintsNotSupported, csrField, message);
  }
  if (able.inCsrOnly === true && names.length > 0 && !candidate.allowOtherNames && !candidate.mayDropNames) {
    const message = `${operation.action} has no parameter for alternative names, and PCA does not document whether it uses those of the CSR (${shownList(names.map(showAlternativeName))}). Ask for a common name and no other names, or set spec.externalCA.names of the issuer to Drop if the CA certificate may lack them.`;
    return refuse(refusalReasons.nameNotSupported, csrField, message);
  }
  const foreign = refuseKindsOfNames(candidate);
  if (foreign !== undefined) return foreign;
  const unlisted = refuseUnlisted(candidate);
  if (unlisted !== undefined) return unlisted;
  if (names.length > 0 || subject.length > 0) return undefined;
  const message = `the CSR has neither a subject nor an alternative name. Give the Certificate a commonName, dnsNames, ipAddresses, uris or emailAddresses.`;
  return refuse(refusalReasons.noName, csrField, message);
}

function refuseKindsOfNames({ request, operation }: Candidate): Refused | undefined {
  const { kinds: possible, mixed } = operation.capabilities.names;
  const { names, unsupported } = request.csr.extensions.alternativeNames;
  const kinds = [...new Set(names.map(({ kind }) => kind))];
  const foreign = [...unsupported, ...kinds.filter((kind) => !possible.includes(kind))];
  if (foreign.length > 0) {
    const message = `${operation.action} cannot express alternative names of the kind ${[...new Set(foreign)].join(', ')}, only ${possible.join(', ')}. Remove them from the Certificate.`;
    return refuse(refusalReasons.nameNotSupported, csrField, message);
  }
  if (mixed || kinds.length <= 1) return undefined;
  const message = `${operation.action} takes alternative names of one kind at a time, not ${kinds.join(' and ')}. Ask for one certificate per kind.`;
  return refuse(refusalReasons.nameNotSupported, csrField, message);
}

/** Names that stand for something else in a parameter that lists several. */
function refuseUnlisted({ request, operation }: Candidate): Refused | undefined {
  const { separator, untyped } = operation.capabilities.names;
  const { names } = request.csr.extensions.alternativeNames;
  const split = separator === undefined ? undefined : names.find(({ value }) => value.includes(separator));
  if (split !== undefined) {
    const message = `${operation.action} separates names with "${separator ?? ''}", so ${showAlternativeName(split)} cannot be expressed. Remove it from the Certificate.`;
    return refuse(refusalReasons.nameNotSupported, csrField, message);
  }
  const padded = separator === undefined ? undefined : names.find(({ value }) => value.trim() !== value);
  if (padded !== undefined) {
    const message = `${operation.action} takes names as one list, whose readers drop blanks around a name, so ${showAlternativeName(padded)} (with its blanks) cannot be expressed. Remove the blanks from the Certificate.`;
    return refuse(refusalReasons.nameNotSupported, csrField, message);
  }
  if (untyped !== true) return undefined;
  const hosts = names.filter(({ kind }) => kind === 'dns');
  const address = hosts.find(({ value }) => isAddress(value));
  const odd = hosts.find(({ value }) => !isHostName(value));
  if (address === undefined && odd !== undefined) {
    const message = `${operation.action} takes DNS names and IP addresses as one list, in which ${showAlternativeName(odd)}, which is no host name, may be taken for something else. Remove it from the Certificate.`;
    return refuse(refusalReasons.nameNotSupported, csrField, message);
  }
  if (address === undefined) return undefined;
  const message = `${operation.action} takes DNS names and IP addresses as one list, in which ${showAlternativeName(address)} reads as an address. Give it as an IP address (in a Certificate: spec.ipAddresses), or remove it.`;
  return refuse(refusalReasons.nameNotSupported, csrField, message);
}

/** Letters, digits, hyphens and underscores between points, and a wildcard in front: nothing that has another meaning. */
function isHostName(text: string): boolean {
  return /^(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?$/i.test(text);
}

function refuseSubject({ request, subject, subjectFromIssuer, operation }: Candidate): Refused | undefined {
  if (operation.capabilities.certificateAuthorities && subject.length === 0) {
    const message = `a CA certificate needs a subject. Give the Certificate a commonName.`;
    return refuse(refusalReasons.noName, csrField, message);
  }
  const fault = nameFault(subject);
  if (fault !== undefined) {
    return subjectFromIssuer
      ? refuse(refusalReasons.invalidIssuerSettings, 'issuer subject', `in the subject that the issuer sets, ${fault}.`)
      : refuse(refusalReasons.subjectNotSupported, csrField, `in the CSR's subject, ${fault}.`);
  }
  if (operation.capabilities.subject === 'whole' || subjectFromIssuer) return undefined;
  const attributes = withValue(request.csr.subject.attributes);
  if (fitsFields(attributes)) return undefined;
  const message = `${operation.action} has one field each for CN, O, OU, C, ST and L, so this subject cannot be expressed. Use each of these at most once and no others.`;
  return refuse(refusalReasons.subjectNotSupported, csrField, message);
}

/** Names that the certificates of the CA and of those above it forbid. Which CA signs a CA certificate is not known. */
function refuseForbidden({
  request,
  subject,
  subjectFromIssuer,
  sendsSubject,
  operation,
  ca,
}: Candidate): Refused | undefined {
  const { addedAttributes, certificateAuthorities } = operation.capabilities;
  const { path } = certificatesOf(ca);
  if (certificateAuthorities || path === undefined) return undefined;
  const isOfCsr = !subjectFromIssuer && !sendsSubject;
  const isWhole = isOfCsr && addedAttributes.length === 0;
  // Attributes without a value are nothing to us, but to clients where PCA copies them.
  const written = isOfCsr ? request.csr.subject.attributes : subject;
  const forbidden = [subject, written]
    .map((attributes) =>
      forbiddenByPath(path, {
        ...request.csr.extensions.alternativeNames,
        subject: attributes.map((attribute, rdn) => ({ rdn, ...attribute })),
        isCA: false,
        mayAdd: isWhole ? undefined : addedAttributes,
      }),
    )
    .find((found) => found !== undefined);
  if (forbidden === undefined) return undefined;
  const message = `clients would refuse the certificate: ${forbidden} Ask for other names, or for a certificate of another CA.`;
  return refuse(refusalReasons.nameForbiddenByCA, csrField, message);
}
