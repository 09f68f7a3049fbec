// Reads the keystores that cert-manager makes of a certificate, without Java.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { X509Certificate } from 'node:crypto';

/** Everything in a PKCS#12 store as PEM, by openssl; throws when the password is another. */
export function openPkcs12(store: Buffer | undefined, password: string): string {
  const args = ['pkcs12', '-nodes', '-passin', `pass:${password}`];
  return execFileSync('openssl', args, { input: store, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] });
}

/** Whether a Java keystore's digest is that of its content under the password, and which of the certificates it holds. */
export function jksFacts(
  store: Buffer | undefined,
  password: string,
  certificates: readonly (X509Certificate | undefined)[],
): { readonly intact: boolean; readonly contains: readonly boolean[] } {
  const content = store?.subarray(0, -20) ?? Buffer.alloc(0);
  const digest = createHash('sha1')
    .update(Buffer.from(password, 'utf16le').swap16())
    .update('Mighty Aphrodite')
    .update(content)
    .digest();
  return {
    intact: digest.equals(store?.subarray(-20) ?? Buffer.alloc(0)),
    contains: certificates.map((certificate) => certificate !== undefined && content.includes(certificate.raw)),
  };
}
