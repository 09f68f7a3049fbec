// When a CSR contradicts the spec that carries it, told from what Go reads; and how that differs from cert-manager's webhook.
import type { RequestInGo } from './go-reader.ts';

interface Spec {
  readonly usages: readonly string[];
  readonly isCA: boolean;
}

const bits: Readonly<Record<string, number>> = {
  'digital signature': 1,
  signing: 1,
  'key encipherment': 4,
  'cert sign': 32,
  'crl sign': 64,
};
const extended: Readonly<Record<string, string>> = {
  any: '2.5.29.37.0',
  'server auth': '1.3.6.1.5.5.7.3.1',
  'client auth': '1.3.6.1.5.5.7.3.2',
  's/mime': '1.3.6.1.5.5.7.3.4',
  'email protection': '1.3.6.1.5.5.7.3.4',
  'netscape sgc': '2.16.840.1.113730.4.1',
};
const certSign = 32;

/** The words of a spec that {@link contradicts} knows. */
export const usageWords: readonly string[] = [...Object.keys(bits), ...Object.keys(extended)];

/**
 * Whether what the CSR says differs from the spec. The webhook objects to these and to more: to another order, to
 * repetitions, and to key usages or extended ones that the CSR does not have while it has the others.
 */
export function contradicts(inGo: RequestInGo, { usages, isCA }: Spec): boolean {
  const has = (id: string): boolean => inGo.extensions.some((extension) => extension.id === id);
  const words = usages.length === 0 ? ['digital signature', 'key encipherment'] : usages;
  const implied = isCA ? certSign : 0;
  const asked = words.reduce((sum, word) => sum | (bits[word] ?? 0), 0);
  const askedExtended = new Set(words.flatMap((word) => extended[word] ?? []));
  const differs =
    (inGo.hasConstraints && inGo.isCA !== isCA) ||
    (has('2.5.29.15') && (inGo.keyUsage | implied) !== (asked | implied)) ||
    (has('2.5.29.37') && askedExtended.symmetricDifference(new Set(inGo.extKeyUsages)).size > 0);
  if (differs && inGo.usagesObjection + inGo.caObjection === '')
    throw new Error('cert-manager does not object to what is a contradiction here');
  return differs;
}
