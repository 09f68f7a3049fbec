// Makes end-entity certificates: the issuer's own extensions around what was asked for.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { keyIdentifier, signCertificate } from '../x509/certificate.ts';
import { decodeName, showName } from '../x509/names.ts';
import {
  basicConstraints,
  extendedKeyUsage,
  extension,
  extensionType,
  purposes,
  subjectAlternativeName,
  subjectKeyIdentifier,
} from '../x509/extensions.ts';
import type { ExtensionContent } from '../x509/extensions.ts';
import type { CertificationRequest } from '../x509/signing-request.ts';
import { publicKeyBits, randomSerialNumber, showSerialNumber } from './authority.ts';
import type { Authority } from './authority.ts';

/** One certificate to be made; `wrongKey`, `wrongName` and `wrongUsage` spoil it on purpose. */
export interface LeafContent {
  readonly request: CertificationRequest;
  /** DER of the Name. */
  readonly subject: Buffer;
  readonly extensions: readonly ExtensionContent[];
  readonly serialNumber: Buffer | undefined;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly withCrl: boolean;
  /** BasicConstraints: an end entity unless `ca`. */
  readonly constraints: { readonly ca: boolean; readonly pathLength?: number; readonly critical: boolean };
  readonly wrongKey: boolean;
  readonly wrongName: boolean;
  readonly wrongUsage: boolean;
}

/** The facts that the ledger keeps of a new certificate. */
export interface Leaf {
  readonly identifier: string;
  readonly serialNumber: string;
  readonly der: Buffer;
  readonly subject: string;
  readonly commonName: string;
}

/** Signs the certificate. */
export function issueLeaf(authority: Authority, content: LeafContent): Leaf {
  const { request, constraints } = content;
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
      extension(
        extensionType.basicConstraints,
        constraints.critical,
        basicConstraints(constraints.ca, constraints.pathLength),
      ),
      extension(extensionType.subjectKeyIdentifier, false, subjectKeyIdentifier(keyIdentifier(bits))),
      authority.authorityKeyExtension,
      ...askedExtensions(content).map(({ type, critical, value }) => extension(type, critical, value)),
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

function askedExtensions({ extensions, wrongName, wrongUsage }: LeafContent): readonly ExtensionContent[] {
  if (wrongName) return [strangeName];
  return wrongUsage ? [...extensions.filter(({ type }) => type !== strangeUsage.type), strangeUsage] : extensions;
}

const strangeName: ExtensionContent = {
  type: extensionType.subjectAlternativeName,
  critical: false,
  value: subjectAlternativeName([{ type: 'dNSName', value: 'somebody-else.example.com' }]),
};

const strangeUsage: ExtensionContent = {
  type: extensionType.extendedKeyUsage,
  critical: false,
  value: extendedKeyUsage([purposes['codeSigning'] ?? '']),
};

function strangeKey(): Buffer {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' });
}
