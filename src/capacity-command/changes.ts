// Which settings, each on its own, would end a shortage. Pure arithmetic.
import { daySeconds, yearSeconds } from './question.ts';
import type { CapacityQuestion } from './question.ts';

/** What may not suffice: PCA's limit for renewals, the quota, the limit when all start, and when all renew. */
export const shortages = ['calls', 'quota', 'restart', 'storm'] as const;

/** One of {@link shortages}. */
export type Shortage = (typeof shortages)[number];

/** A setting of the question with a value that ends the shortage: the least where more is better, else the most. */
export interface Alternative {
  readonly setting: Exclude<keyof CapacityQuestion, 'startsPerDay' | 'clientTimeoutSeconds'>;
  readonly value: number;
}

/** A shortage and what would end it; each alternative suffices alone. */
export interface Change {
  readonly shortage: Shortage;
  readonly alternatives: readonly Alternative[];
}

// A certificate that lives longer defeats what renewals are for.
const longestLifetimeSeconds = yearSeconds;
const hundredths = 100;

/** What would end a shortage that the question has; PCA's limit or the quota is always among it. */
export function alternativesFor(shortage: Shortage, question: CapacityQuestion): readonly Alternative[] {
  switch (shortage) {
    case 'calls':
      return forCalls(question);
    case 'quota':
      return forQuota(question);
    case 'restart':
      return forRestart(question);
    case 'storm':
      return forStorm(question);
  }
}

function forCalls(question: CapacityQuestion): readonly Alternative[] {
  const { workloads, lifetimeSeconds, renewAt, startsPerDay, pcaLimit } = question;
  const starts = startsPerDay / daySeconds;
  return [
    limit(workloads / (lifetimeSeconds * renewAt) + starts),
    ...lifetime(question, { perSecond: pcaLimit - starts }),
  ];
}

function forQuota(question: CapacityQuestion): readonly Alternative[] {
  const { workloads, lifetimeSeconds, renewAt, startsPerDay, quota = 0 } = question;
  const perSecond = workloads / (lifetimeSeconds * renewAt) + startsPerDay / daySeconds;
  return [
    { setting: 'quota', value: Math.ceil(perSecond * yearSeconds) },
    ...lifetime(question, { perSecond: quota / yearSeconds - startsPerDay / daySeconds }),
  ];
}

function forRestart({ workloads, pcaLimit, clientTimeoutSeconds }: CapacityQuestion): readonly Alternative[] {
  return [
    limit((workloads - 1) / clientTimeoutSeconds),
    { setting: 'workloads', value: Math.floor(clientTimeoutSeconds * pcaLimit) + 1 },
  ];
}

function forStorm({ workloads, lifetimeSeconds, renewAt, ...rest }: CapacityQuestion): readonly Alternative[] {
  const { pcaLimit, stormSeconds } = rest;
  const behind = workloads - 1;
  const spare = lifetimeSeconds * (1 - renewAt);
  const longestWait = behind * (1 / pcaLimit - stormSeconds / workloads);
  const earlier = Math.floor((1 - longestWait / lifetimeSeconds) * hundredths) / hundredths;
  return [
    { setting: 'stormSeconds', value: Math.ceil(workloads * (1 / pcaLimit - spare / behind)) },
    limit(1 / (spare / behind + stormSeconds / workloads)),
    ...(earlier > 0 ? [{ setting: 'renewAt', value: earlier } as const] : []),
    ...withinAYear(longestWait / (1 - renewAt)),
  ];
}

function limit(perSecond: number): Alternative {
  return { setting: 'pcaLimit', value: Math.ceil(perSecond * hundredths) / hundredths };
}

/** The lifetime with which renewals take no more than so many certificates per second, where there is one. */
function lifetime(
  { workloads, renewAt }: CapacityQuestion,
  { perSecond }: { readonly perSecond: number },
): readonly Alternative[] {
  return perSecond > 0 ? withinAYear(workloads / (perSecond * renewAt)) : [];
}

function withinAYear(seconds: number): readonly Alternative[] {
  const value = Math.ceil(seconds);
  return value <= longestLifetimeSeconds ? [{ setting: 'lifetimeSeconds', value }] : [];
}
