// What is known of each issuer between its checks, and what its status says of that: conditions beside Ready, identity, quota,
// and when it was checked.
import { generationOf } from '../../../crds/issuer.ts';
import type { IssuerAsRead, IssuerStatus } from '../../../crds/issuer.ts';
import { formatDuration, parseDuration } from '../../../issuing/duration.ts';
import { certificatesOf } from '../../../issuing/issuing-ca.ts';
import type { IssuingCA } from '../../../issuing/issuing-ca.ts';
import { fingerprintOf } from '../../../issuing/x509/certificate.ts';
import type { Clock } from '../../../timing/clock.ts';
import { formatMoment } from '../../../timing/moment.ts';
import type { ReadyIssuer } from '../ready-issuers.ts';
import type { IssuerProblem } from '../reasons.ts';
import { aspectsOf } from './aspects.ts';
import type { Aspect } from './aspects.ts';
import type { IssuerFacts } from './facts.ts';
import { nextSamples, usedLastWeek } from './usage.ts';
import type { Sample } from './usage.ts';

/** Fields of the status that tell of more than Ready. */
export type ObservedFields = Pick<
  IssuerStatus,
  'identity' | 'quota' | 'longestAskedLifetime' | 'lastCheckTime' | 'nextCheckTime'
>;

/** What decides about Ready. */
export interface Seen {
  readonly problem: IssuerProblem | undefined;
  readonly ca: IssuingCA | undefined;
}

/** What is told of an issuer beside Ready. */
export interface Observed {
  readonly aspects: readonly Aspect[];
  readonly fields: ObservedFields;
  /** Of the CA that the last check saw. */
  readonly chainFingerprints: readonly string[];
  readonly facts: IssuerFacts | undefined;
  readonly usedLastWeek: number;
  readonly checkedAt: Date | undefined;
  /** Nothing but the times of the checks is to be written, since the status would name one that has passed. */
  readonly isPulseDue: boolean;
}

interface Asked {
  readonly seconds: number;
  readonly at: Date;
}

interface Known {
  readonly uid: string;
  readonly generation: number;
  readonly facts: IssuerFacts | undefined;
  readonly checkedAt: Date;
}

// Checks vary by a tenth. Each of them writes its time; where they are closer than this, some do.
const variation = 1.1;
const shortestIntervalMs = 60_000;
const shareOfInterval = 0.7;
// A lifetime of minutes is asked for again within minutes, or after a weekend.
const leastMemoryMs = 7 * 86_400_000;
const latest = new Date('9999-12-31T23:59:59Z');
const mostFingerprints = 16;
const nothing: IssuerFacts = {
  ca: undefined,
  identity: undefined,
  credentialsEnd: undefined,
  renewalFailure: undefined,
  clockOffsetSeconds: undefined,
  subscriptionEnd: undefined,
};

/** The aspects of all issuers, by their keys. */
export class IssuerAspects {
  readonly #clock: Pick<Clock, 'now'>;
  /** Within so long after a check the next one has been made, and written. */
  readonly #promisedMs: number;
  /** A status is not written for its times alone before they have moved by so much. */
  readonly #pulseMs: number;
  readonly #known = new Map<string, Known>();
  readonly #asked = new Map<string, Asked>();

  /** `checkIntervalMs`: the time between two checks of a ready issuer. */
  constructor(clock: Pick<Clock, 'now'>, checkIntervalMs: number) {
    this.#clock = clock;
    this.#promisedMs = Math.max(checkIntervalMs, shortestIntervalMs) * variation;
    this.#pulseMs = Math.max(checkIntervalMs * shareOfInterval, (shortestIntervalMs - checkIntervalMs) * variation);
  }

  /** A check of this issuer object ended, with these facts where it came so far. */
  checked(key: string, { metadata }: Pick<IssuerAsRead, 'metadata'>, facts: IssuerFacts | undefined): void {
    const { uid } = metadata;
    this.#known.set(key, { uid, generation: generationOf({ metadata }), facts, checkedAt: this.#clock.now() });
  }

  /** The issuer, which tells here what lifetimes requests ask for. */
  listening(key: string, issuer: ReadyIssuer): ReadyIssuer {
    return { ...issuer, onAsked: (seconds) => this.asked(key, seconds) };
  }

  /** A request asked for this lifetime. */
  asked(key: string, seconds: number): void {
    const known = this.#asked.get(key);
    if (known === undefined || seconds >= known.seconds || this.#isForgotten(known))
      this.#asked.set(key, { seconds, at: this.#clock.now() });
  }

  /** What is told of the issuer now, with this CA where it was just seen. `heldMs`: for so long nothing is checked. */
  observe(key: string, issuer: IssuerAsRead, { problem, ca }: Seen, heldMs = 0): Observed {
    const now = this.#clock.now();
    const { status, spec } = issuer;
    const checkedAt = this.#known.get(key)?.checkedAt;
    const facts = this.#factsOf(key, issuer) ?? factsOfCA(ca);
    const asked = this.#longestAsked(key, status?.longestAskedLifetime);
    const chainFingerprints = fingerprintsOf(facts?.ca);
    const usage = usageOf(facts?.ca?.remainingCertificates, samplesOf(status, chainFingerprints), now);
    const nextCheck = Math.max((checkedAt ?? now).getTime() + this.#promisedMs, now.getTime() + heldMs);
    const onExceed = spec?.validity.onExceed ?? 'Refuse';
    const { usedLastWeek: used } = usage;
    return {
      aspects: aspectsOf({ problem, facts, usedLastWeek: used, askedSeconds: asked?.seconds, onExceed, now }),
      fields: {
        ...timesStatus(checkedAt, nextCheck),
        ...identityStatus(facts, status),
        ...quotaStatus(facts, status, usage.samples),
        ...askedStatus(asked),
      },
      chainFingerprints,
      facts,
      usedLastWeek: used,
      checkedAt,
      isPulseDue: this.#isPulseDue(status, nextCheck),
    };
  }

  /** The issuer is gone. */
  forget(key: string): void {
    this.#known.delete(key);
    this.#asked.delete(key);
  }

  /** Of the last check, if that was one of this object. */
  #factsOf(key: string, { metadata }: IssuerAsRead): IssuerFacts | undefined {
    const known = this.#known.get(key);
    const isCurrent = known?.uid === metadata.uid && known.generation === generationOf({ metadata });
    return isCurrent ? known.facts : undefined;
  }

  #isPulseDue(present: IssuerStatus | undefined, nextCheck: number): boolean {
    const told = Date.parse(present?.nextCheckTime ?? '');
    return Number.isNaN(told) || nextCheck - told >= this.#pulseMs;
  }

  /** Of what this process has seen and what the status remembers. */
  #longestAsked(key: string, told: IssuerStatus['longestAskedLifetime']): Asked | undefined {
    const duration = told === undefined ? undefined : parseDuration(told.duration);
    const remembered =
      told !== undefined && duration?.kind === 'ok' ? [{ seconds: duration.seconds, at: new Date(told.time) }] : [];
    const seen = this.#asked.get(key);
    return [...(seen === undefined ? [] : [seen]), ...remembered]
      .filter((asked) => asked.seconds > 0 && !this.#isForgotten(asked))
      .toSorted((one, other) => other.seconds - one.seconds || other.at.getTime() - one.at.getTime())[0];
  }

  #isForgotten({ seconds, at }: Asked): boolean {
    return !(this.#clock.now().getTime() - at.getTime() <= Math.max(seconds * 1_000, leastMemoryMs));
  }
}

/** The facts of a CA of which nothing else is known. */
function factsOfCA(ca: IssuingCA | undefined): IssuerFacts | undefined {
  return ca === undefined ? undefined : { ...nothing, ca };
}

function timesStatus(
  checkedAt: Date | undefined,
  nextCheck: number,
): Pick<ObservedFields, 'lastCheckTime' | 'nextCheckTime'> {
  const nextCheckTime = formatMoment(new Date(nextCheck));
  return checkedAt === undefined ? { nextCheckTime } : { lastCheckTime: formatMoment(checkedAt), nextCheckTime };
}

function fingerprintsOf(ca: IssuingCA | undefined): readonly string[] {
  const path = ca === undefined ? [] : (certificatesOf(ca).path ?? []);
  return path.slice(0, mostFingerprints).map(fingerprintOf);
}

/** Those of the same CA; another one has another quota. */
function samplesOf(status: IssuerStatus | undefined, [fingerprint]: readonly string[]): readonly Sample[] {
  const isOther = fingerprint !== undefined && status?.ca?.chainFingerprints?.[0] !== fingerprint;
  return isOther ? [] : (status?.quota?.samples ?? []);
}

/** What was used, and the samples with one of now where it is time for that. */
function usageOf(
  remaining: number | undefined,
  samples: readonly Sample[],
  now: Date,
): { readonly usedLastWeek: number; readonly samples: readonly Sample[] } {
  if (remaining === undefined) return { usedLastWeek: 0, samples };
  return { usedLastWeek: usedLastWeek(samples, remaining, now), samples: nextSamples(samples, remaining, now) };
}

function askedStatus(asked: Asked | undefined): Pick<ObservedFields, 'longestAskedLifetime'> {
  if (asked === undefined) return {};
  return { longestAskedLifetime: { duration: formatDuration(asked.seconds), time: formatMoment(asked.at) } };
}

/** As the last check that saw a CA found them, else as they were known before. */
function identityStatus(
  facts: IssuerFacts | undefined,
  present: IssuerStatus | undefined,
): Pick<ObservedFields, 'identity'> {
  if (facts?.ca === undefined) return present?.identity === undefined ? {} : { identity: present.identity };
  if (facts.identity === undefined) return {};
  const { accountId, arn, type } = facts.identity;
  return {
    identity: { accountId, ...(arn === undefined ? {} : { arn }), ...(type === undefined ? {} : { type }) },
  };
}

function quotaStatus(
  facts: IssuerFacts | undefined,
  present: IssuerStatus | undefined,
  samples: readonly Sample[],
): Pick<ObservedFields, 'quota'> {
  if (facts?.ca === undefined) return present?.quota === undefined ? {} : { quota: present.quota };
  const { totalCertificates: total } = facts.ca;
  const { subscriptionEnd: end } = facts;
  const quota = {
    ...(total === undefined ? {} : { certificatesTotal: total }),
    ...(end === undefined ? {} : { subscriptionEndTime: formatMoment(end < latest ? end : latest) }),
    ...(samples.length === 0 ? {} : { samples }),
  };
  return Object.keys(quota).length === 0 ? {} : { quota };
}
