// Go's notation of durations, as cert-manager and our own spec write them: 2160h0m0s, 1h30m, 896h.
import { visible } from './x509/shown-text.ts';

/** Whole seconds, rounded down; `malformed` says what is wrong. */
export type DurationResult =
  { readonly kind: 'ok'; readonly seconds: number } | { readonly kind: 'malformed'; readonly message: string };

const nanosecondsPer: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n, // U+00B5, the micro sign
  μs: 1_000n, // U+03BC, the Greek letter
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const component = /(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/y;
const maxLength = 64;
const maxNanoseconds = 2n ** 63n - 1n;

/** Reads a duration in Go's notation (time.ParseDuration). */
export function parseDuration(text: string): DurationResult {
  if (text.length > maxLength) return malformed(`it is longer than ${maxLength} characters`);
  const negative = text.startsWith('-');
  const unsigned = /^[-+]/.test(text) ? text.slice(1) : text;
  if (unsigned === '0') return { kind: 'ok', seconds: 0 };
  const nanoseconds = totalNanoseconds(unsigned);
  if (nanoseconds === undefined) {
    return malformed(
      `${visible(JSON.stringify(text))} is not a duration; write hours, minutes and seconds, such as 2160h or 1h30m`,
    );
  }
  if (nanoseconds > maxNanoseconds) return malformed('it is longer than 292 years, the longest duration in Go');
  const seconds = Number(nanoseconds / 1_000_000_000n);
  return { kind: 'ok', seconds: negative && seconds > 0 ? -seconds : seconds };
}

/** Writes whole seconds as Go does: 2160h0m0s, 1m30s, 0s. */
export function formatDuration(seconds: number): string {
  const absolute = Math.abs(seconds);
  const hours = Math.floor(absolute / 3600);
  const minutes = Math.floor((absolute % 3600) / 60);
  const parts = [hours > 0 ? `${hours}h` : '', hours + minutes > 0 ? `${minutes}m` : '', `${absolute % 60}s`];
  return `${seconds < 0 ? '-' : ''}${parts.join('')}`;
}

function totalNanoseconds(text: string): bigint | undefined {
  if (text === '') return undefined;
  let total = 0n;
  for (component.lastIndex = 0; component.lastIndex < text.length;) {
    const match = component.exec(text);
    if (match === null) return undefined;
    const [, whole = '', fraction = '', unit = ''] = match;
    const scale = nanosecondsPer[unit];
    if (whole + fraction === '' || scale === undefined) return undefined;
    total += (BigInt(whole + fraction) * scale) / 10n ** BigInt(fraction.length);
  }
  return total;
}

function malformed(message: string): DurationResult {
  return { kind: 'malformed', message };
}
