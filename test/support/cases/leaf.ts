// An issued certificate in a line, read without any code of the operator.
import { X509Certificate } from 'node:crypto';
import type { ExtendedKeyUsageExtension, KeyUsagesExtension, SubjectAlternativeNameExtension } from '@peculiar/x509';
import { X509Certificate as ParsedCertificate } from '../certificates.ts';
import { extendedUsageWords, keyUsageWords } from '../usage-words.ts';

/** The certificates of a PEM text, in its order. */
export function certificatesIn(pem: string): readonly X509Certificate[] {
  return certificateBlocks(pem).map((block) => new X509Certificate(block));
}

/** The same as they stand there. */
export function certificateBlocks(pem: string): readonly string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? [];
}

/** Subject, names, usages, whether it is a CA, and lifetime. */
export function showLeaf(leaf: X509Certificate): string {
  const parsed = new ParsedCertificate(leaf.raw);
  const names = parsed.getExtension<SubjectAlternativeNameExtension>('2.5.29.17')?.names.items ?? [];
  const minutes = (leaf.validToDate.getTime() - leaf.validFromDate.getTime()) / 60_000;
  const subject = ((leaf.subject as string | undefined) ?? '').split('\n').join(', ');
  return [
    subject === '' ? 'no subject' : subject,
    names.length === 0 ? 'no names' : names.map(({ type, value }) => `${type} ${value}`).join(', '),
    ...usagesOf(parsed),
    ...(leaf.ca ? ['CA'] : []),
    minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`,
  ].join('; ');
}

function usagesOf(parsed: ParsedCertificate): readonly string[] {
  const bits = parsed.getExtension<KeyUsagesExtension>('2.5.29.15')?.usages ?? 0;
  const words = keyUsageWords.filter((_, bit) => (bits & (1 << bit)) !== 0);
  const extended = parsed.getExtension<ExtendedKeyUsageExtension>('2.5.29.37')?.usages;
  return [
    words.length === 0 ? 'no key usage' : words.join(', '),
    extended?.map((usage) => extendedUsageWords[String(usage)] ?? String(usage)).join(', ') ?? 'no extended usage',
  ];
}
