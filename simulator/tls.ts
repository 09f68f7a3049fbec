/** The simulator's own TLS identity: a fresh CA and a server certificate for this machine's loopback names. */
import { X509Certificate } from 'node:crypto';
import { createAuthorities, createSigner, generateKeys, randomSerialNumber } from './issuing/authority.ts';
import { signCertificate } from './x509/certificate.ts';
import {
  addressBytes,
  type AlternativeName,
  authorityKeyIdentifier,
  basicConstraints,
  extendedKeyUsage,
  extension,
  extensionType,
  keyUsage,
  keyUsageBit,
  subjectAlternativeName,
  subjectKeyIdentifier,
} from './x509/extensions.ts';
import { attributeType, encodeName } from './x509/names.ts';
import { toPem } from './x509/pem.ts';

/** What an HTTPS server needs, and the CA that its clients must trust; all PEM. */
export interface TlsIdentity {
  readonly key: string;
  readonly certificate: string;
  readonly ca: string;
}

/** Makes an identity for localhost, both loopback addresses and `host`, valid for ten years. */
export async function createTlsIdentity(host: string, now: Date): Promise<TlsIdentity> {
  const authorities = await createAuthorities([{ identifier: 'tls', algorithm: 'ECC_256', kind: 'ROOT' }], now);
  const [authority] = authorities.values();
  if (authority === undefined) throw new Error('the TLS CA was not made');
  const { privateKey, publicKey } = await generateKeys('ECC_256');
  const keyInfo = publicKey.export({ type: 'spki', format: 'der' });
  const subject = encodeName([{ type: attributeType.commonName, value: 'PCA simulator' }]);
  const { keyIdentifier } = createSigner('ECC_256', privateKey, keyInfo, subject);
  const hosts = [...new Set(['localhost', '127.0.0.1', '::1', host])];
  const names = hosts.map((value): AlternativeName => ({
    type: addressBytes(value) === undefined ? 'dNSName' : 'iPAddress',
    value,
  }));
  const certificate = signCertificate(authority.signer, {
    serialNumber: randomSerialNumber(),
    subject,
    subjectPublicKeyInfo: keyInfo,
    notBefore: authority.notBefore,
    notAfter: new Date(authority.notBefore.getTime() + 3650 * 86_400_000),
    extensions: [
      extension(extensionType.basicConstraints, true, basicConstraints(false)),
      extension(extensionType.keyUsage, true, keyUsage([keyUsageBit.digitalSignature])),
      extension(extensionType.extendedKeyUsage, false, extendedKeyUsage(['1.3.6.1.5.5.7.3.1'])),
      extension(extensionType.subjectAlternativeName, false, subjectAlternativeName(names)),
      extension(extensionType.subjectKeyIdentifier, false, subjectKeyIdentifier(keyIdentifier)),
      extension(extensionType.authorityKeyIdentifier, false, authorityKeyIdentifier(authority.signer.keyIdentifier)),
    ],
  });
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: toPem('CERTIFICATE', certificate),
    ca: new X509Certificate(authority.certificatePem).toString(),
  };
}
