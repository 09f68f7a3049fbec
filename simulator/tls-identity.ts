// The server's own TLS certificate, from a CA that is made for it at each start.
import {
  keyUsage,
  keyUsageBit,
  extendedKeyUsage,
  basicConstraints,
  extension,
  extensionType,
  subjectAlternativeName,
} from './x509/extensions.ts';
import { attributeType, encodeName } from './x509/names.ts';
import { signCertificate } from './x509/certificate.ts';
import { toPem } from './x509/pem.ts';
import { isIP } from 'node:net';
import { createSigner, generateKeys, randomSerialNumber } from './issuing/authority.ts';

/** PEM texts: the server's key and certificate, and the CA that a client must trust. */
export interface ServerIdentity {
  readonly key: string;
  readonly cert: string;
  readonly caPem: string;
}

/** Makes a CA and a certificate for these hosts, valid for a day. */
export async function createServerIdentity(...hosts: readonly string[]): Promise<ServerIdentity> {
  const [caKeys, keys] = await Promise.all([generateKeys('ECC_256'), generateKeys('ECC_256')]);
  const caName = encodeName([{ type: attributeType.commonName, value: 'Simulator TLS CA' }]);
  const caInfo = caKeys.publicKey.export({ type: 'spki', format: 'der' });
  const signer = createSigner('ECC_256', caKeys.privateKey, caInfo, caName);
  const notBefore = new Date(Date.now() - 60_000);
  const notAfter = new Date(Date.now() + 86_400_000);
  const ca = signCertificate(signer, {
    serialNumber: randomSerialNumber(),
    subject: caName,
    subjectPublicKeyInfo: caInfo,
    notBefore,
    notAfter,
    extensions: [
      extension(extensionType.basicConstraints, true, basicConstraints(true)),
      extension(extensionType.keyUsage, true, keyUsage([keyUsageBit.keyCertSign])),
    ],
  });
  const cert = signCertificate(signer, {
    serialNumber: randomSerialNumber(),
    subject: encodeName([{ type: attributeType.commonName, value: 'simulator' }]),
    subjectPublicKeyInfo: keys.publicKey.export({ type: 'spki', format: 'der' }),
    notBefore,
    notAfter,
    extensions: [
      extension(extensionType.basicConstraints, true, basicConstraints(false)),
      extension(extensionType.extendedKeyUsage, false, extendedKeyUsage(['1.3.6.1.5.5.7.3.1'])),
      extension(
        extensionType.subjectAlternativeName,
        false,
        subjectAlternativeName(
          hosts.map((host) => ({ type: isIP(host) === 0 ? 'dNSName' : 'iPAddress', value: host })),
        ),
      ),
    ],
  });
  return {
    key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: toPem('CERTIFICATE', cert),
    caPem: toPem('CERTIFICATE', ca),
  };
}
