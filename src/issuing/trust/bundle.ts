// A bundle: PEM certificates of CAs that somebody trusts.
import type { IssuerSpec } from '../../crds/issuer.ts';
import { certificatePem, readCertificate } from '../x509/certificate.ts';
import type { ReadCertificate } from '../x509/certificate.ts';
import { showName } from '../x509/distinguished-name.ts';
import { readCertificatePems } from '../x509/pem.ts';
import type { SettingsFault } from '../validity.ts';

/** The certificates of a bundle, each once and in its order, or what is wrong with it: the end of a sentence. */
export type BundleResult =
  | { readonly kind: 'ok'; readonly certificates: readonly ReadCertificate[] }
  | { readonly kind: 'broken'; readonly message: string };

/** Most certificates that an issuer may have its clients trust, former ones apart. */
export const mostTrusted = 32;

/** Reads a bundle that somebody has written: 1 to 32 certificates of CAs. */
export function readBundle(text: string): BundleResult {
  const ders = readCertificatePems(text);
  if (ders === undefined) return broken('holds a damaged PEM block');
  const certificates: ReadCertificate[] = [];
  for (const der of ders) {
    if (certificates.some((certificate) => certificate.der.equals(der))) continue;
    if (certificates.length === mostTrusted) return broken(`holds more than ${mostTrusted} certificates`);
    const read = readCertificate(der);
    if (read.kind === 'malformed') return broken(`holds a malformed certificate: ${read.message}`);
    const { extensions, subject } = read.value.facts;
    if (extensions.isCA !== true)
      return broken(`holds the certificate "${showName(subject.attributes)}", which is no CA's`);
    certificates.push(read.value);
  }
  return certificates.length === 0 ? broken('holds no PEM certificate') : { kind: 'ok', certificates };
}

/** Writes a bundle. */
export function bundlePem(certificates: readonly ReadCertificate[]): string {
  return certificates.map(certificatePem).join('');
}

/** What is wrong with what an issuer's spec says that clients are to trust; undefined where it can be used. */
export function trustFault({ source, certificates, certificatesFrom }: IssuerSpec['trust']): SettingsFault | undefined {
  if (source === 'Static' && certificates === undefined && certificatesFrom === undefined)
    return { field: 'spec.trust', message: 'source Static needs either certificates or certificatesFrom. Add one.' };
  const read = certificates === undefined ? undefined : readBundle(certificates);
  return read?.kind === 'broken'
    ? { field: 'spec.trust.certificates', message: `it ${read.message}. Correct it.` }
    : undefined;
}

function broken(message: string): BundleResult {
  return { kind: 'broken', message };
}
