// What `alibaba-pca-issuer capacity` is for and what can be said to it.
import { cautiousLimits } from '../alibaba/limits/rate-limit.ts';
import { outputFlag } from '../command-line/flags.ts';
import type { Manual } from '../command-line/flags.ts';
import { parseDuration } from '../issuing/duration.ts';

const publishedLimit = cautiousLimits.startPerSecond;
const most = { workloads: 1_000_000, startsPerDay: 10_000_000, pcaLimit: 100_000, quota: 1_000_000_000_000 } as const;

/** The manual of `capacity`. */
export const capacityManual = {
  command: 'alibaba-pca-issuer capacity',
  summary: "Computes how many certificates workloads take, and whether PCA's limits suffice",
  details: `Certificates per hour and year, the calls for them, how long a restart of everything and a storm of renewals take at the
limit, and what to change. Touches neither a cluster nor the cloud.`,
  flags: {
    workloads: {
      kind: 'count',
      most: most.workloads,
      required: true,
      help: 'number of workloads (pods, proxies) with a certificate each',
    },
    lifetime: { ...durationOf(1), required: true, help: 'lifetime of a certificate, such as 24h or 2160h' },
    'renew-at': {
      kind: 'value',
      value: 'SHARE',
      read: (text) => within(text, (share) => share > 0 && share < 1),
      mustBe: 'a share above 0 and below 1, such as 0.5',
      default: '0.5',
      help: "share of the lifetime after which a certificate is renewed, as Istio's agents do; cert-manager: 0.67",
    },
    'starts-per-day': {
      kind: 'count',
      least: 0,
      most: most.startsPerDay,
      default: 0,
      help: 'starts of workloads in a day, such as rollouts; each takes a certificate',
    },
    'pca-limit': {
      kind: 'value',
      value: 'CALLS',
      read: (text) => within(text, (rate) => rate > 0 && rate <= most.pcaLimit),
      mustBe: `a number of calls per second above 0, at most ${most.pcaLimit}`,
      default: String(publishedLimit),
      help: "calls per second that PCA allows the account, the lowest of Alibaba's published limits unless given; for CreateCustomCertificate its page of quotas names 1000",
    },
    quota: {
      kind: 'count',
      least: 0,
      most: most.quota,
      help: 'certificates that the account has bought and not used; default not compared',
    },
    'storm-within': {
      ...durationOf(0),
      default: '0s',
      help: 'time within which all workloads renew in a renewal storm; 0s is all at once',
    },
    'client-timeout': {
      ...durationOf(1),
      default: '60s',
      help: "time that a client waits for a certificate before it gives up and asks anew; istiod's unless given",
    },
    output: outputFlag,
  },
  examples: {
    '--workloads 2000 --lifetime 24h': 'a mesh with a day for each certificate',
    '--workloads 2000 --lifetime 2160h --quota 20000 --starts-per-day 300 -o json':
      'the same with 90 days, for programs',
  },
  exitCodes: {
    0: 'all suffices',
    2: 'wrong usage',
    3: 'something does not suffice, and the output says what to change',
  },
} as const satisfies Manual;

const decimalForm = /^(?=.)\d{0,9}(?:\.\d{1,9})?$/;

function within(text: string, fits: (value: number) => boolean): number | undefined {
  return decimalForm.test(text) && fits(Number(text)) ? Number(text) : undefined;
}

/** A flag whose value is a duration; read as seconds, at least this many. */
function durationOf(least: number) {
  return {
    kind: 'value',
    value: 'DURATION',
    read: (text: string): number | undefined => {
      const read = parseDuration(text);
      return read.kind === 'ok' && read.seconds >= least ? read.seconds : undefined;
    },
    mustBe: `a duration${least === 0 ? '' : ` of at least ${least}s`}, in hours, minutes and seconds, such as 24h or 90s`,
  } as const;
}
