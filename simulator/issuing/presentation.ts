// How PEM texts look on the wire: clean, or with the flaws that clients must bear.
import type { Faults } from '../faults.ts';

/** The PEM text in the form that the faults ask for. */
export function presentPem(pem: string, faults: Faults): string {
  const ended = faults.missingFinalNewline ? pem.trimEnd() : pem;
  return faults.escapedNewlines ? ended.replaceAll('\n', String.raw`\n`) : ended;
}

/** The certificates of a chain, issuer first, as one text in the form that the faults ask for. */
export function presentChain(chain: readonly string[], faults: Faults): string {
  const ordered = faults.chainOrder === 'RootFirst' ? chain.toReversed() : chain;
  return presentPem(ordered.join(''), faults);
}
