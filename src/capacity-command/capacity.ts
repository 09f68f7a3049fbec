// What certificates of so many workloads ask of PCA, and whether its limits suffice. Pure arithmetic.
import { highestIssuanceLimit } from '../crds/issuer-schema/limits.ts';
import { alternativesFor, shortages } from './changes.ts';
import type { Change } from './changes.ts';
import { daySeconds, hourSeconds, yearSeconds } from './question.ts';
import type { CapacityQuestion } from './question.ts';

/** What is asked of PCA. Numbers are exact, not rounded; `suffices` is whether all of it fits. */
export interface Capacity {
  readonly renewedEverySeconds: number;
  /** Certificates issued while all runs as ever; `perWorkloadAndYear` without starts. */
  readonly certificates: {
    readonly perHour: number;
    readonly perDay: number;
    readonly perYear: number;
    readonly perWorkloadAndYear: number;
  };
  /** Calls of that, if renewals are spread evenly. */
  readonly calls: { readonly perSecond: number; readonly shareOfLimit: number; readonly suffices: boolean };
  /** How long the quota lasts; it suffices if that is a year. */
  readonly quota:
    { readonly certificates: number; readonly lastsSeconds: number; readonly suffices: boolean } | undefined;
  /** All workloads start at once: seconds until the last one is served, and how many clients give up before. */
  readonly restart: { readonly seconds: number; readonly givenUp: number; readonly suffices: boolean };
  /**
   * All workloads renew within `withinSeconds`: seconds until the last one is served, the longest wait, how long a
   * certificate has left when it is due, and how many end before they are renewed.
   */
  readonly storm: {
    readonly withinSeconds: number;
    readonly seconds: number;
    readonly longestWaitSeconds: number;
    readonly spareSeconds: number;
    readonly expired: number;
    readonly suffices: boolean;
  };
  /** Limits of an issuer (`spec.issuanceLimits`) that leave room for one restart of everything; those that there can be. */
  readonly issuanceLimits: { readonly certificatesPerHour?: number; readonly certificatesPerDay?: number };
  /** What to change where something does not suffice. */
  readonly changes: readonly Change[];
  readonly suffices: boolean;
}

// Sums of fractions may miss a limit by their last digit.
const tolerance = 1e-9;

/** Answers the question. A queue is served in order, one call after the other, as fast as the limit allows. */
export function capacityOf(question: CapacityQuestion): Capacity {
  const { workloads, lifetimeSeconds, renewAt, startsPerDay, pcaLimit, quota } = question;
  const renewedEverySeconds = lifetimeSeconds * renewAt;
  const perSecond = workloads / renewedEverySeconds + startsPerDay / daySeconds;
  const calls = { perSecond, shareOfLimit: perSecond / pcaLimit, suffices: fits(perSecond, pcaLimit) };
  const measured = {
    calls,
    quota: quota === undefined ? undefined : quotaFor(quota, perSecond),
    restart: restartOf(question),
    storm: stormOf(question),
  };
  const changes = shortages
    .filter((shortage) => measured[shortage]?.suffices === false)
    .map((shortage) => ({ shortage, alternatives: alternativesFor(shortage, question) }));
  return {
    renewedEverySeconds,
    certificates: {
      perHour: perSecond * hourSeconds,
      perDay: perSecond * daySeconds,
      perYear: perSecond * yearSeconds,
      perWorkloadAndYear: yearSeconds / renewedEverySeconds,
    },
    ...measured,
    issuanceLimits: {
      ...issuanceLimit('certificatesPerHour', workloads + perSecond * hourSeconds),
      ...issuanceLimit('certificatesPerDay', workloads + perSecond * daySeconds),
    },
    changes,
    suffices: changes.length === 0,
  };
}

function quotaFor(certificates: number, perSecond: number): NonNullable<Capacity['quota']> {
  return {
    certificates,
    lastsSeconds: certificates / perSecond,
    suffices: fits(perSecond * yearSeconds, certificates),
  };
}

function restartOf({ workloads, pcaLimit, clientTimeoutSeconds }: CapacityQuestion): Capacity['restart'] {
  const givenUp = lateIn(workloads, 1 / pcaLimit, clientTimeoutSeconds);
  return { seconds: (workloads - 1) / pcaLimit, givenUp, suffices: givenUp === 0 };
}

function stormOf(question: CapacityQuestion): Capacity['storm'] {
  const { workloads, lifetimeSeconds, renewAt, pcaLimit, stormSeconds } = question;
  const spareSeconds = lifetimeSeconds * (1 - renewAt);
  // Each one that is due waits so much longer than the one before.
  const delay = Math.max(0, 1 / pcaLimit - stormSeconds / workloads);
  const expired = lateIn(workloads, delay, spareSeconds);
  return {
    withinSeconds: stormSeconds,
    seconds: (workloads - 1) * Math.max(1 / pcaLimit, stormSeconds / workloads),
    longestWaitSeconds: (workloads - 1) * delay,
    spareSeconds,
    expired,
    suffices: expired === 0,
  };
}

/** How many of a queue wait longer than `patience` when each waits `delay` longer than the one before; in seconds. */
function lateIn(count: number, delay: number, patience: number): number {
  const inTime = delay === 0 ? count : Math.floor((patience / delay) * (1 + tolerance)) + 1;
  return Math.max(0, count - inTime);
}

function fits(wanted: number, limit: number): boolean {
  return wanted <= limit * (1 + tolerance);
}

function issuanceLimit(name: keyof Capacity['issuanceLimits'], certificates: number): Capacity['issuanceLimits'] {
  const limit = Math.ceil(certificates * (1 - tolerance));
  return limit <= highestIssuanceLimit ? { [name]: limit } : {};
}
