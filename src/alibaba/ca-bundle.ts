// Whether the certificates that an issuer trusts can be read. OpenSSL, which reads them for TLS, stops without a word at the
// first block that it cannot read, and what is left fails as if the endpoint were not to be trusted.
import { X509Certificate } from 'node:crypto';

const begin = '-----BEGIN CERTIFICATE-----';
const end = '-----END CERTIFICATE-----';

/** What is wrong with a bundle of PEM certificates, as complete sentences; undefined where all of it can be read. */
export function caBundleFault(bundle: string): string | undefined {
  const [, ...blocks] = bundle.split(begin);
  const firstUnreadable = blocks.findIndex((block) => !isCertificate(`${begin}${upToEnd(block)}\n`));
  if (blocks.length > 0 && firstUnreadable === -1) return undefined;
  return `PEM block ${Math.max(firstUnreadable, 0) + 1} of ${Math.max(blocks.length, 1)} holds no certificate that can be read, so that none from there on would be trusted. Copy the certificate of the CA again, with its first and last line.`;
}

// With its last line, which OpenSSL asks for; a block that lacks it stays as it is.
function upToEnd(block: string): string {
  const at = block.indexOf(end);
  return at === -1 ? block : block.slice(0, at + end.length);
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
