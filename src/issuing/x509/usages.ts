// Key usages: cert-manager's words, the bits of RFC 5280 and the object identifiers of extended usages.
import { shownList } from './shown-text.ts';

/** The key usages of RFC 5280 in the order of their bits. */
export const keyUsages = [
  'digitalSignature',
  'contentCommitment',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

/** One key usage. */
export type KeyUsage = (typeof keyUsages)[number];

/** The usages of a certificate. Key usages in the order of their bits, extended ones as dotted identifiers. */
export interface Usages {
  readonly keyUsages: readonly KeyUsage[];
  readonly extendedKeyUsages: readonly string[];
}

const keyUsageOf: ReadonlyMap<string, KeyUsage> = new Map<string, KeyUsage>([
  ['signing', 'digitalSignature'],
  ['digital signature', 'digitalSignature'],
  ['content commitment', 'contentCommitment'],
  ['key encipherment', 'keyEncipherment'],
  ['data encipherment', 'dataEncipherment'],
  ['key agreement', 'keyAgreement'],
  ['cert sign', 'keyCertSign'],
  ['crl sign', 'cRLSign'],
  ['encipher only', 'encipherOnly'],
  ['decipher only', 'decipherOnly'],
]);

const extendedKeyUsageOf: ReadonlyMap<string, string> = new Map([
  ['any', '2.5.29.37.0'],
  ['server auth', '1.3.6.1.5.5.7.3.1'],
  ['client auth', '1.3.6.1.5.5.7.3.2'],
  ['code signing', '1.3.6.1.5.5.7.3.3'],
  ['email protection', '1.3.6.1.5.5.7.3.4'],
  ['s/mime', '1.3.6.1.5.5.7.3.4'],
  ['ipsec end system', '1.3.6.1.5.5.7.3.5'],
  ['ipsec tunnel', '1.3.6.1.5.5.7.3.6'],
  ['ipsec user', '1.3.6.1.5.5.7.3.7'],
  ['timestamping', '1.3.6.1.5.5.7.3.8'],
  ['ocsp signing', '1.3.6.1.5.5.7.3.9'],
  ['microsoft sgc', '1.3.6.1.4.1.311.10.3.3'],
  ['netscape sgc', '2.16.840.1.113730.4.1'],
]);

// Go has names for them, so cert-manager compares them with spec.usages although it has no words for them there.
const namedInGoOnly: readonly string[] = ['1.3.6.1.4.1.311.2.1.22', '1.3.6.1.4.1.311.61.1.1'];

/** Whether cert-manager compares this extended usage of a CSR with spec.usages; others it passes over. */
export function isUsageOfCertManager(usage: string): boolean {
  return wordOf.has(usage) || namedInGoOnly.includes(usage);
}

// Of several words for one usage the first but "signing".
const wordOf: ReadonlyMap<string, string> = new Map(
  [...keyUsageOf, ...extendedKeyUsageOf]
    .filter(([word]) => word !== 'signing')
    .map(([word, usage]) => [usage, word] as const)
    .toReversed(),
);

const defaultUsages = ['digital signature', 'key encipherment'];

/**
 * Reads cert-manager's usages; an empty list means digital signature and key encipherment. Unknown words are
 * named in `unknown`. Extended usages keep the order of the request and lose repetitions.
 */
export function readUsages(
  words: readonly string[] | undefined,
): { readonly kind: 'ok'; readonly usages: Usages } | { readonly kind: 'unknown'; readonly words: readonly string[] } {
  const asked = words === undefined || words.length === 0 ? defaultUsages : words;
  const unknown = asked.filter((word) => !keyUsageOf.has(word) && !extendedKeyUsageOf.has(word));
  if (unknown.length > 0) return { kind: 'unknown', words: unknown };
  return {
    kind: 'ok',
    usages: {
      keyUsages: inBitOrder(asked.flatMap((word) => keyUsageOf.get(word) ?? [])),
      extendedKeyUsages: [...new Set(asked.flatMap((word) => extendedKeyUsageOf.get(word) ?? []))],
    },
  };
}

/** The same usages without repetitions, in the order of their bits. */
export function inBitOrder(usages: readonly KeyUsage[]): readonly KeyUsage[] {
  return keyUsages.filter((usage) => usages.includes(usage));
}

/** cert-manager's word for a key usage or for the identifier of an extended one; the identifier where there is none. */
export function usageWord(usage: string): string {
  return wordOf.get(usage) ?? usage;
}

const mostShown = 12;

/** cert-manager's words for these usages, shortened; `none` where there are none. */
export function showUsages(usages: readonly string[]): string {
  return shownList(usages.map(usageWord), mostShown);
}

/** Whether a key with these usages may do this; without the extension it may do everything. */
export function usageAllows(usages: readonly KeyUsage[] | undefined, usage: KeyUsage): boolean {
  return usages === undefined || usages.includes(usage);
}
