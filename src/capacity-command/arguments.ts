// The command line of `alibaba-pca-issuer capacity`: flags as one table, and how they are read.
import { cautiousLimits } from '../alibaba/limits/rate-limit.ts';
import { choiceFault, listFlags, readFlags } from '../command-line/flags.ts';
import type { Given } from '../command-line/flags.ts';
import { parseDuration } from '../issuing/duration.ts';
import type { CapacityQuestion } from './question.ts';

const publishedLimit = cautiousLimits.startPerSecond;
const most = { workloads: 1_000_000, startsPerDay: 10_000_000, pcaLimit: 100_000, quota: 1_000_000_000_000 } as const;

const flags = {
  workloads: { type: 'string', value: 'N', help: 'Number of workloads (pods, proxies) with a certificate each.' },
  lifetime: { type: 'string', value: 'DURATION', help: 'Lifetime of a certificate, such as 24h or 2160h.' },
  'renew-at': {
    type: 'string',
    value: 'SHARE',
    help: "Share of the lifetime after which a certificate is renewed. Default: 0.5, as Istio's agents do; cert-manager: 0.67.",
  },
  'starts-per-day': {
    type: 'string',
    value: 'N',
    help: 'Starts of workloads in a day, such as rollouts; each takes a certificate. Default: 0.',
  },
  'pca-limit': {
    type: 'string',
    value: 'CALLS',
    help: `Calls per second that PCA allows the account. Default: ${publishedLimit}, the lowest of Alibaba's published limits; for CreateCustomCertificate its page of quotas names 1000.`,
  },
  quota: {
    type: 'string',
    value: 'N',
    help: 'Certificates that the account has bought and not used. Default: not compared.',
  },
  'storm-within': {
    type: 'string',
    value: 'DURATION',
    help: 'Time within which all workloads renew in a renewal storm. Default: 0s, all at once.',
  },
  'client-timeout': {
    type: 'string',
    value: 'DURATION',
    help: "Time that a client waits for a certificate before it gives up and asks anew. Default: 60s, istiod's.",
  },
  output: { type: 'string', short: 'o', value: 'table|json|yaml', help: 'Format of the output. Default: table.' },
  help: { type: 'boolean', short: 'h', help: 'Show this text.' },
} as const;

/** Forms of the output. */
export type OutputForm = 'table' | 'json' | 'yaml';

/** The outcome of reading a command line; `invalid` says which flag is at fault and what to write. */
export type ReadArguments =
  | { readonly kind: 'capacity'; readonly question: CapacityQuestion; readonly output: OutputForm }
  | { readonly kind: 'help' }
  | { readonly kind: 'invalid'; readonly message: string };

const manual = `alibaba-pca-issuer capacity: how many certificates workloads take, and whether PCA's limits suffice

Computes certificates per hour and year, the calls for them, how long a restart of everything and a storm of renewals
take at the limit, and what to change. Touches neither a cluster nor the cloud.

Usage: alibaba-pca-issuer capacity --workloads N --lifetime DURATION [flags]

Examples:
  alibaba-pca-issuer capacity --workloads 2000 --lifetime 24h
  alibaba-pca-issuer capacity --workloads 2000 --lifetime 2160h --quota 20000 --starts-per-day 300 -o json

Flags:
`;

/** The text of `capacity --help`. */
export function capacityHelp(): string {
  const codes = 'Exit codes: 0 all suffices; 3 something does not, and the output says what to change; 2 wrong usage.';
  return `${manual}${listFlags(flags)}\n\n${codes}\n`;
}

/** Reads a command line without the word `capacity`. */
export function readArguments(argv: readonly string[]): ReadArguments {
  const given = readFlags('capacity', flags, argv);
  if (typeof given === 'string') return { kind: 'invalid', message: given };
  if (given.help === true) return { kind: 'help' };
  const fault = choiceFault('output', flags.output, given.output);
  const read = fault ?? questionOf(given);
  if (typeof read === 'string') return { kind: 'invalid', message: read };
  return { kind: 'capacity', question: read, output: (given.output ?? 'table') as OutputForm };
}

function questionOf(given: Given<typeof flags>): CapacityQuestion | string {
  const question = {
    workloads: whole('workloads', given.workloads, { from: 1, to: most.workloads }),
    lifetimeSeconds: seconds('lifetime', given.lifetime, 1),
    renewAt: share('renew-at', given['renew-at'] ?? '0.5'),
    startsPerDay: whole('starts-per-day', given['starts-per-day'] ?? '0', { from: 0, to: most.startsPerDay }),
    pcaLimit: rate('pca-limit', given['pca-limit'] ?? String(publishedLimit)),
    quota: given.quota === undefined ? undefined : whole('quota', given.quota, { from: 0, to: most.quota }),
    stormSeconds: seconds('storm-within', given['storm-within'] ?? '0s', 0),
    clientTimeoutSeconds: seconds('client-timeout', given['client-timeout'] ?? '60s', 1),
  };
  const fault = Object.values(question).find((value) => typeof value === 'string');
  return fault ?? (question as CapacityQuestion);
}

const wholeForm = /^\d{1,15}$/;
const decimalForm = /^\d{0,9}(?:\.\d{1,9})?$/;

function whole(
  name: string,
  given: string | undefined,
  range: { readonly from: number; readonly to: number },
): number | string {
  if (given === undefined) return missing(name);
  const value = Number(given);
  const fault = `--${name} is ${JSON.stringify(given)} but must be a whole number from ${range.from} to ${range.to}.`;
  return wholeForm.test(given) && value >= range.from && value <= range.to ? value : fault;
}

function share(name: string, given: string): number | string {
  const value = decimal(given);
  const fault = `--${name} is ${JSON.stringify(given)} but must be a share above 0 and below 1, such as 0.5.`;
  return value > 0 && value < 1 ? value : fault;
}

function rate(name: string, given: string): number | string {
  const value = decimal(given);
  const fault = `--${name} is ${JSON.stringify(given)} but must be a number of calls per second above 0, at most ${most.pcaLimit}.`;
  return value > 0 && value <= most.pcaLimit ? value : fault;
}

function decimal(given: string): number {
  return decimalForm.test(given) && given !== '' ? Number(given) : Number.NaN;
}

function seconds(name: string, given: string | undefined, least: number): number | string {
  if (given === undefined) return missing(name);
  const read = parseDuration(given);
  if (read.kind === 'ok' && read.seconds >= least) return read.seconds;
  const bound = least === 0 ? '' : ` of at least ${least}s`;
  return `--${name} is ${JSON.stringify(given)} but must be a duration${bound}, in hours, minutes and seconds, such as 24h or 90s.`;
}

function missing(name: string): string {
  return `--${name} is missing. Run "alibaba-pca-issuer capacity --help" for the list of flags.`;
}
