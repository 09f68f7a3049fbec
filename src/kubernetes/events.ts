// Kubernetes events (events.k8s.io/v1), sent in the background and never in the way: repeated ones are dropped, those of a
// burst are sent a few at a time at a rate that costs the API server little, those that say nothing new seldom, and one that fails
// again and again is only counted.
import { hash } from 'node:crypto';
import { backoff } from '../timing/backoff.ts';
import { pause } from '../timing/clock.ts';
import type { Clock } from '../timing/clock.ts';
import { startDeadline } from '../timing/deadline.ts';
import { formatMicroTime } from '../timing/moment.ts';
import { RecentMap } from '../timing/recent-map.ts';
import { TokenBucket } from '../timing/token-bucket.ts';
import type { Rate } from '../timing/token-bucket.ts';
import type { KubernetesClient } from './client.ts';

/** The object that an event is about; `namespace` is absent for cluster-scoped objects. */
export interface Regarding {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
}

/** One event; `note` is a complete sentence for people and is cut at 1,024 bytes. */
export interface EventToRecord {
  readonly regarding: Regarding;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly action: string;
  readonly note: string;
  /** The object says the same by itself: of a burst only a few are sent. */
  readonly isSpare?: boolean;
}

/** Settings. */
export interface EventRecorderOptions {
  readonly client: Pick<KubernetesClient, 'create'>;
  /** Reporting controller, for example `alibaba-pca-issuer`. */
  readonly component: string;
  /** Reporting instance, for example the pod's name. */
  readonly instance: string;
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'random' | 'startTimer'>;
  /** The same words about the same object are not sent again for so many milliseconds; 10 minutes when not given. */
  readonly sameWindowMs?: number;
  readonly onDropped?: (why: 'repeated' | 'limit' | 'failed') => void;
}

// Ten minutes' worth; events beyond that are dropped, and only the conditions tell of them.
const mostWaiting = 12_000;
// Warnings have a lane of their own. One event per certificate would cost the API server nearly as much as the certificates.
const lanes = {
  Normal: { burst: 50, perSecond: 20, most: mostWaiting },
  Warning: { burst: 100, perSecond: 20, most: mostWaiting },
  Spare: { burst: 10, perSecond: 1, most: 20 },
} as const;
// One object whose state flaps must not use up the budget of all: this is client-go's limit for each object.
const objectLimit = { burst: 25, perSecond: 1 / 300 } as const;
const defaultSameWindowMs = 10 * 60_000;
const maxRemembered = 4_096;
// By then an object may have its whole burst again, as one of which nothing is known.
const refilledMs = (objectLimit.burst / objectLimit.perSecond) * 1_000;
const sendMs = 10_000;
// A slow API server would have one at a time come minutes late.
const sentAtATime = 4;
// What is told once must not be lost with one slow answer.
const mostTries = 4;
const betweenTries = { baseMs: 1_000, maxMs: 8_000 };
const defaultFlushMs = 10_000;

interface Lane {
  readonly bucket: TokenBucket;
  /** How many may wait; those that come then are dropped. */
  readonly most: number;
  readonly waiting: { readonly event: EventToRecord; readonly at: Date }[];
  /** Those that have something to send. */
  busy: number;
  readonly senders: Set<Promise<void>>;
}

/**
 * Records events about objects. Repeated ones are dropped rather than patched into a series: the condition of the object
 * tells that the state lasts, so that the right to create events is enough.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  /** What was recorded lately, by a hash of it: a note is long, and there may be one for each certificate. */
  readonly #recent: RecentMap<true>;
  readonly #objects: RecentMap<TokenBucket>;
  readonly #clock: EventRecorderOptions['clock'];
  readonly #lanes: Readonly<Record<keyof typeof lanes, Lane>>;
  #ended = new AbortController();
  #hurry = new AbortController();
  #sequence = 0;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#clock = options.clock;
    const { clock, sameWindowMs = defaultSameWindowMs } = options;
    this.#recent = new RecentMap({ clock, unusedMs: sameWindowMs, most: maxRemembered });
    this.#objects = new RecentMap({ clock, unusedMs: refilledMs, most: maxRemembered });
    const lane = ({ most, ...rate }: Rate & Pick<Lane, 'most'>): Lane => ({
      bucket: new TokenBucket(rate, options.clock),
      most,
      waiting: [],
      busy: 0,
      senders: new Set(),
    });
    this.#lanes = { Normal: lane(lanes.Normal), Warning: lane(lanes.Warning), Spare: lane(lanes.Spare) };
  }

  /** Takes the event and returns at once. */
  record(event: EventToRecord): void {
    const lane = this.#lanes[event.isSpare === true ? 'Spare' : event.type];
    if (lane.waiting.length >= lane.most) return this.#options.onDropped?.('limit');
    const key = hash('sha256', `${event.regarding.uid}/${event.reason}/${event.note}`, 'base64');
    if (this.#recent.has(key)) return this.#options.onDropped?.('repeated');
    if (!this.#admit(event)) return this.#options.onDropped?.('limit');
    this.#recent.use(key, () => true);
    lane.waiting.push({ event, at: this.#clock.now() });
    if (lane.busy < sentAtATime) this.#addSender(lane);
  }

  /**
   * Resolves when everything taken so far was sent, without the pauses of a burst and at the latest after so many
   * milliseconds: events that still wait then are dropped, those in flight are cancelled.
   */
  async flush(ms = defaultFlushMs): Promise<void> {
    const lanes = Object.values(this.#lanes);
    using deadline = startDeadline(ms, undefined, this.#clock);
    this.#hurry.abort();
    const sent = Promise.all(lanes.flatMap(({ senders }) => [...senders]));
    if ((await deadline.wait(sent)).kind !== 'value') {
      for (const _ of lanes.flatMap(({ waiting }) => waiting.splice(0))) this.#options.onDropped?.('failed');
      this.#ended.abort();
      await sent;
      this.#ended = new AbortController();
    }
    this.#hurry = new AbortController();
  }

  #addSender(lane: Lane): void {
    lane.busy += 1;
    const sender = this.#serve(lane).finally(() => lane.senders.delete(sender));
    lane.senders.add(sender);
  }

  async #serve(lane: Lane): Promise<void> {
    for (let next = lane.waiting.shift(); next !== undefined; next = lane.waiting.shift()) {
      await this.#turn(lane);
      await this.#send(next.event, next.at);
    }
    // In the same turn in which it found nothing left, or what comes next would wait for somebody who has gone.
    lane.busy -= 1;
  }

  /** Waits until the lane's rate allows one more. */
  async #turn({ bucket }: Lane): Promise<void> {
    while (!bucket.take() && !this.#hurry.signal.aborted) await pause(bucket.waitMs(), this.#hurry.signal, this.#clock);
  }

  async #send(event: EventToRecord, at: Date): Promise<void> {
    // Events of cluster-scoped objects live in this namespace by convention of the API server.
    const namespace = event.regarding.namespace ?? 'default';
    const path = `/apis/events.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/events`;
    // Each try has the same name, so that one whose answer was lost makes no second event.
    const body = this.#body(event, namespace, at);
    for (let failures = 0; ; failures += 1) {
      const { signal } = this.#ended;
      const result = await this.#options.client.create(path, body, { timeoutMs: sendMs, signal });
      if (result.kind === 'ok' || (failures > 0 && result.failure.reason === 'AlreadyExists')) return;
      const mayPass = result.failure.class === 'Transient' || result.failure.class === 'Throttled';
      if (!mayPass || failures + 1 >= mostTries || this.#hurry.signal.aborted) break;
      await pause(backoff(failures, betweenTries, this.#clock), this.#hurry.signal, this.#clock);
    }
    this.#options.onDropped?.('failed');
  }

  #body(event: EventToRecord, namespace: string, at: Date): object {
    this.#sequence += 1;
    const suffix = `${at.getTime().toString(16)}${this.#sequence.toString(16)}`;
    return {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: {
        name: `${event.regarding.name.slice(0, 200).replace(/(?<![^a-z0-9])[^a-z0-9]+$/, '')}.${suffix}`,
        namespace,
      },
      eventTime: formatMicroTime(at),
      reportingController: this.#options.component,
      reportingInstance: cut(this.#options.instance, 128),
      type: event.type,
      reason: cut(event.reason, 128),
      action: cut(event.action, 128),
      note: cut(event.note, 1_024),
      regarding: { ...event.regarding, namespace: event.regarding.namespace },
    };
  }

  #admit({ regarding }: EventToRecord): boolean {
    return this.#objects.use(regarding.uid, () => new TokenBucket(objectLimit, this.#clock)).take();
  }
}

function cut(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  // A cut may fall into a character; what is left of it is dropped.
  const head = Buffer.from(text)
    .subarray(0, bytes - 3)
    .toString('utf8')
    .replace(/(?<!\uFFFD)\uFFFD+$/, '');
  return `${head}…`;
}
