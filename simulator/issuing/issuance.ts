/** Makes one leaf certificate from a proven signing request and what was asked for; used by every issuing operation. */
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { keyIdentifier, signCertificate } from '../x509/certificate.ts';
import { readChildren, readElement } from '../x509/der-reader.ts';
import {
  type AlternativeName,
  basicConstraints,
  extendedKeyUsage,
  extension,
  extensionType,
  keyUsage,
  subjectAlternativeName,
  subjectKeyIdentifier,
} from '../x509/extensions.ts';
import { attributeType, decodeName, encodeName, showName } from '../x509/names.ts';
import type { CertificationRequest } from '../x509/signing-request.ts';
import { type Authority, publicKeyBits, randomSerialNumber, showSerialNumber } from './authority.ts';
import type { IssuedRecord } from './ledger.ts';
import type { Passthrough } from './passthrough.ts';

/** Everything that decides about one certificate. */
export interface IssuanceOrder {
  readonly authority: Authority;
  readonly request: CertificationRequest;
  readonly passthrough: Passthrough;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly enableCrl: boolean;
  /** Whether names and usages that only the signing request carries are taken from it. */
  readonly useRequestNames: boolean;
  readonly useRequestUsages: boolean;
  /** Faults: a certificate for another key, or with other names, than asked. */
  readonly wrongKey: boolean;
  readonly wrongNames: boolean;
}

/** Signs the certificate and counts it; `details` are the fields of the record that are not in the certificate. */
export function issueCertificate(
  order: IssuanceOrder,
  details: Pick<IssuedRecord, 'customIdentifier' | 'type' | 'issuedAt' | 'availableAt' | 'tags' | 'resourceGroupId'>,
): IssuedRecord {
  const { authority, passthrough, request } = order;
  const subject = passthrough.subject === undefined ? request.subject : encodeName(passthrough.subject);
  const serialNumber =
    passthrough.serialNumber === undefined ? randomSerialNumber() : decimalBytes(passthrough.serialNumber);
  const keyInfo = order.wrongKey ? otherKey() : request.subjectPublicKeyInfo;
  const keyBits = order.wrongKey ? publicKeyBits(keyInfo) : request.publicKeyBits;
  const der = signCertificate(authority.signer, {
    serialNumber,
    subject,
    subjectPublicKeyInfo: keyInfo,
    notBefore: order.notBefore,
    notAfter: order.notAfter,
    extensions: [
      extension(extensionType.basicConstraints, true, basicConstraints(false)),
      extension(extensionType.subjectKeyIdentifier, false, subjectKeyIdentifier(keyIdentifier(keyBits))),
      authority.authorityKeyExtension,
      ...(order.enableCrl ? [authority.crlExtension] : []),
      ...usageExtensions(order),
      ...nameExtension(order),
    ],
  });
  authority.issuedCount += 1;
  authority.quota -= 1;
  const attributes = decodeName(subject);
  return {
    ...details,
    identifier: randomUUID(),
    parent: authority,
    serialNumber: showSerialNumber(serialNumber),
    der,
    subject: showName(attributes),
    commonName: attributes.findLast(({ type }) => type === attributeType.commonName)?.value ?? '',
    names: passthrough.names.length > 0 ? passthrough.names : requestedNames(order),
    keyFamily: request.keyFamily,
    notBefore: order.notBefore,
    notAfter: order.notAfter,
    status: 'ISSUE',
    modifiedAt: details.issuedAt,
  };
}

/** The big-endian bytes of a decimal number. */
export function decimalBytes(decimal: string): Buffer {
  const hex = BigInt(decimal).toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
}

function usageExtensions(order: IssuanceOrder): Buffer[] {
  const { keyUsageBits, extendedKeyUsages, criticals } = order.passthrough;
  const own = [
    keyUsageBits.length === 0
      ? order.useRequestUsages && copied(order, extensionType.keyUsage)
      : extension(extensionType.keyUsage, criticals.includes('KeyUsage'), keyUsage(keyUsageBits)),
    extendedKeyUsages.length === 0
      ? order.useRequestUsages && copied(order, extensionType.extendedKeyUsage)
      : extension(
          extensionType.extendedKeyUsage,
          criticals.includes('ExtendedKeyUsages'),
          extendedKeyUsage(extendedKeyUsages),
        ),
  ];
  return own.filter((made) => made !== false && made !== undefined);
}

function nameExtension(order: IssuanceOrder): Buffer[] {
  const critical = order.passthrough.criticals.includes('SubjectAlternativeNames');
  const names: readonly AlternativeName[] = order.wrongNames
    ? [{ type: 'dNSName', value: 'wrong.simulator.example' }]
    : order.passthrough.names;
  if (names.length > 0) {
    return [extension(extensionType.subjectAlternativeName, critical, subjectAlternativeName(names))];
  }
  const copy = order.useRequestNames ? copied(order, extensionType.subjectAlternativeName) : undefined;
  return copy === undefined ? [] : [copy];
}

function copied({ request }: IssuanceOrder, type: string): Buffer | undefined {
  const requested = request.extensions.get(type);
  return requested === undefined ? undefined : extension(type, requested.critical, requested.value);
}

const textualNames: Readonly<Record<number, AlternativeName['type']>> = {
  0x81: 'rfc822Name',
  0x82: 'dNSName',
  0x86: 'uniformResourceIdentifier',
};

function requestedNames({ request, useRequestNames }: IssuanceOrder): readonly AlternativeName[] {
  const requested = useRequestNames ? request.extensions.get(extensionType.subjectAlternativeName) : undefined;
  if (requested === undefined) return [];
  return readChildren(readElement(requested.value)).flatMap(({ tag, contents }) => {
    const type = textualNames[tag];
    if (type !== undefined) return [{ type, value: contents.toString('latin1') }];
    return tag === 0x87 ? [{ type: 'iPAddress' as const, value: showAddress(contents) }] : [];
  });
}

function showAddress(bytes: Buffer): string {
  return bytes.length === 4 ? [...bytes].join('.') : (bytes.toString('hex').match(/.{4}/g) ?? []).join(':');
}

function otherKey(): Buffer {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' });
}
