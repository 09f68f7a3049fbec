// Proves an issued certificate with tools that are not ours: openssl for the chain, Node for the key.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { run } from '../../control-plane/driver/run.ts';
import { CannotRun } from './cluster.ts';

/** The contents of a TLS Secret as kubectl prints it. */
export interface TlsSecret {
  readonly data: { readonly 'tls.crt': string; readonly 'tls.key': string };
}

/** Throws {@link CannotRun} when openssl is missing, so that nobody waits for that at the end. */
export async function checkOpenssl(): Promise<void> {
  await run(['openssl', 'version']).catch(() => {
    throw new CannotRun('openssl is needed to verify the certificate: install it with your package manager.');
  });
}

/** What openssl says about the certificate: subject, names, usages, validity. */
export async function describeCertificate(secret: TlsSecret): Promise<string> {
  const extensions = 'subjectAltName,keyUsage,extendedKeyUsage';
  return openssl(
    ['x509', '-noout', '-subject', '-issuer', '-dates', '-nameopt', 'RFC2253', '-ext', extensions],
    certificatesOf(secret)[0] ?? '',
  );
}

/** Verifies the chain to the root, which comes from the CA and not from the Secret; answers who is in it, leaf first. */
export async function verifyChain(secret: TlsSecret, rootPem: string, directory: string): Promise<string> {
  const [leaf = '', ...intermediates] = certificatesOf(secret);
  const file = async (name: string, content: string): Promise<string> => {
    const path = join(directory, name);
    await writeFile(path, content);
    return path;
  };
  const root = await file('root.pem', rootPem);
  const untrusted = await file('intermediates.pem', intermediates.join(''));
  const given = await file('leaf.pem', leaf);
  await openssl(['verify', '-x509_strict', '-CAfile', root, '-untrusted', untrusted, given]);
  return [leaf, ...intermediates, rootPem].map((pem) => nameOf(new X509Certificate(pem))).join(' ← ');
}

/** Whether the Secret's private key is the one that the certificate is for. */
export function isKeyOfCertificate(secret: TlsSecret): boolean {
  const key = createPrivateKey(decode(secret.data['tls.key']));
  return new X509Certificate(decode(secret.data['tls.crt'])).checkPrivateKey(key);
}

/** The certificates of the Secret, leaf first, one PEM each. */
export function certificatesOf(secret: TlsSecret): readonly string[] {
  return decode(secret.data['tls.crt']).match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g) ?? [];
}

// Workloads of a mesh have no common name.
function nameOf({ subject, subjectAltName }: X509Certificate): string {
  return /^CN=(.*)$/m.exec(subject)?.[1] ?? subjectAltName ?? subject.replaceAll('\n', ', ');
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}

async function openssl(args: readonly string[], input = ''): Promise<string> {
  const { code, stdout, stderr } = await run(['openssl', ...args], input);
  if (code !== 0) throw new Error(`openssl ${args[0] ?? ''} refused the certificate: ${(stderr + stdout).trim()}`);
  return stdout.trim();
}
