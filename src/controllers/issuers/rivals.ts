// Other operators that write the statuses of the same issuers, as when two releases run in one cluster. Where they find
// otherwise, each would take back the other's verdict for ever.
import type { IssuerAsRead } from '../../crds/issuer.ts';
import { backoff } from '../../timing/backoff.ts';
import type { Clock } from '../../timing/clock.ts';

// The first time may be the end of an operator that was replaced by this one.
const tolerated = 1;
const pause = { baseMs: 60_000, maxMs: 10 * 60_000 };
// Longer than any pause of the other one, or it would never be known again.
const forgottenMs = 60 * 60_000;

interface Contest {
  readonly uid: string;
  /** resourceVersion that the last write was made to; the watch may show it a moment longer. */
  writtenTo: string;
  /** Verdicts of ours that were overwritten. */
  overwritten: number;
  /** The version that showed the last of them, so that it counts once. */
  seen: string;
  operator: string;
  /** On the monotonic clock. */
  seenAt: number;
  nextWriteAt: number;
}

const uncontested: Omit<Contest, 'uid'> = {
  writtenTo: '',
  overwritten: 0,
  seen: '',
  operator: '',
  seenAt: Number.NEGATIVE_INFINITY,
  nextWriteAt: Number.NEGATIVE_INFINITY,
};

/** Another operator that overwrites statuses: whether that is news, and whether the status may be written now. */
export interface Rival {
  /** As the status names it: namespace and name of its Lease. */
  readonly operator: string;
  readonly isNews: boolean;
  readonly mayWrite: boolean;
}

/** What this process has written to issuers, and who has overwritten it. */
export class Rivals {
  readonly #self: string;
  readonly #clock: Pick<Clock, 'monotonic' | 'random'>;
  readonly #contests = new Map<string, Contest>();

  /** `self` is how this operator names itself in statuses. */
  constructor(self: string, clock: Pick<Clock, 'monotonic' | 'random'>) {
    this.#self = self;
    this.#clock = clock;
  }

  /** Who overwrites the status of this issuer with other verdicts; asked whenever it differs from ours. */
  of(key: string, issuer: IssuerAsRead): Rival | undefined {
    const contest = this.#contests.get(key);
    if (contest?.uid !== issuer.metadata.uid) return undefined;
    const now = this.#clock.monotonic();
    if (now - contest.seenAt > forgottenMs) contest.overwritten = 0;
    const isNews = this.#isOverwritten(contest, issuer);
    if (isNews) this.#count(contest, issuer, now);
    if (contest.overwritten <= tolerated) return undefined;
    return { operator: contest.operator, isNews, mayWrite: now >= contest.nextWriteAt };
  }

  /** Our verdict was written to this version of the issuer. */
  written(key: string, { metadata: { uid, resourceVersion } }: IssuerAsRead): void {
    const known = this.#contests.get(key);
    const contest = known?.uid === uid ? known : { ...uncontested, uid };
    this.#contests.set(key, { ...contest, writtenTo: resourceVersion });
  }

  #isOverwritten({ writtenTo, seen }: Contest, { metadata: { resourceVersion }, status }: IssuerAsRead): boolean {
    return status?.operator !== this.#self && ![writtenTo, seen].includes(resourceVersion);
  }

  #count(contest: Contest, { metadata, status }: IssuerAsRead, now: number): void {
    contest.seen = metadata.resourceVersion;
    contest.seenAt = now;
    contest.operator = status?.operator ?? 'of an older version';
    contest.overwritten += 1;
    const pauses = contest.overwritten - tolerated;
    if (pauses > 0) contest.nextWriteAt = now + backoff(pauses - 1, pause, this.#clock);
  }

  /** The issuer is gone. */
  forget(key: string): void {
    this.#contests.delete(key);
  }
}
