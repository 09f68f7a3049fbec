/** Makes end-entity certificates: the issuer's own extensions around what was asked for. */
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { keyIdentifier, signCertificate } from '../x509/certificate.ts';
import { decodeName, showName } from '../x509/names.ts';
import {
  basicConstraints,
  extension,
  extensionType,
  subjectAlternativeName,
  subjectKeyIdentifier,
} from '../x509/extensions.ts';
import type { CertificationRequest } from '../x509/signing-request.ts';
import { type Authority, publicKeyBits, randomSerialNumber, showSerialNumber } from './authority.ts';

/** One certificate to be made; `wrongKey` and `wrongName` spoil it on purpose. */
export interface LeafContent {
  readonly request: CertificationRequest;
  /** DER of the Name. */
  readonly subject: Buffer;
  /** Complete Extension elements that were asked for. */
  readonly extensions: readonly Buffer[];
  readonly serialNumber: Buffer | undefined;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly withCrl: boolean;
  readonly wrongKey: boolean;
  readonly wrongName: boolean;
}

/** What the ledger keeps of a certificate that was just made. */
export interface Leaf {
  readonly identifier: string;
  readonly serialNumber: string;
  readonly der: Buffer;
  readonly subject: string;
  readonly commonName: string;
}

const endEntity = extension(extensionType.basicConstraints, true, basicConstraints(false));

/** Signs the certificate. */
export function issueLeaf(authority: Authority, content: LeafContent): Leaf {
  const { request } = content;
  const spki = content.wrongKey ? strangeKey() : request.subjectPublicKeyInfo;
  const bits = content.wrongKey ? publicKeyBits(spki) : request.publicKeyBits;
  const serialNumber = content.serialNumber ?? randomSerialNumber();
  const der = signCertificate(authority.signer, {
    serialNumber,
    subject: content.subject,
    subjectPublicKeyInfo: spki,
    notBefore: content.notBefore,
    notAfter: content.notAfter,
    extensions: [
      endEntity,
      extension(extensionType.subjectKeyIdentifier, false, subjectKeyIdentifier(keyIdentifier(bits))),
      authority.authorityKeyExtension,
      ...(content.wrongName ? [strangeName] : content.extensions),
      ...(content.withCrl ? [authority.crlExtension] : []),
    ],
  });
  const attributes = decodeName(content.subject);
  return {
    identifier: randomUUID(),
    serialNumber: showSerialNumber(serialNumber),
    der,
    subject: showName(attributes),
    commonName: attributes.find(({ type }) => type === '2.5.4.3')?.value ?? '',
  };
}

const strangeName = extension(
  extensionType.subjectAlternativeName,
  false,
  subjectAlternativeName([{ type: 'dNSName', value: 'somebody-else.example.com' }]),
);

function strangeKey(): Buffer {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' });
}
