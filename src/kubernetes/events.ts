// Kubernetes events (events.k8s.io/v1), sent in the background and never in the way: repeated ones are dropped, those of a
// burst are sent one after the other at a rate that costs the API server little, and a failed one is only counted.
import type { KubernetesClient } from './client.ts';

/** The object that an event is about; `namespace` is absent for cluster-scoped objects. */
export interface Regarding {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
}

/** One event; `note` is a full text for people and is cut at 1,024 bytes. */
export interface EventToRecord {
  readonly regarding: Regarding;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly action: string;
  readonly note: string;
}

/** Settings; the clocks are those of the process unless a test gives others. */
export interface EventRecorderOptions {
  readonly client: Pick<KubernetesClient, 'create'>;
  /** Reporting controller, for example `alibaba-pca-issuer`. */
  readonly component: string;
  /** Reporting instance, for example the pod's name. */
  readonly instance: string;
  /** Wall clock. */
  readonly now: () => Date;
  /** Monotonic milliseconds, for windows and limits. */
  readonly monotonic?: () => number;
  /** The same words about the same object are not sent again for so long; 10 minutes when not given. */
  readonly sameWindowMilliseconds?: number;
  readonly onDropped?: (why: 'repeated' | 'limit' | 'failed') => void;
  /** Waits so many milliseconds, at most until the signal aborts; the process's own timers when not given. */
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

// One event per certificate would cost the API server nearly as much as the certificates themselves, so in a burst they
// come later; warnings have a lane of their own.
const limits = {
  Normal: { burst: 50, perSecond: 20 },
  Warning: { burst: 100, perSecond: 20 },
} as const;
// One object that changes its mind all the time must not use up what all have: client-go's limit for each object.
const objectLimit = { burst: 25, perSecond: 1 / 300 } as const;
const defaultSameWindowMilliseconds = 10 * 60_000;
const maxRemembered = 4_096;
// Ten minutes' worth; what comes on top is dropped, and the conditions alone tell of it.
const maxWaiting = 12_000;
const deadlineMilliseconds = 10_000;
const defaultFlushMilliseconds = 10_000;

interface Limit {
  readonly burst: number;
  readonly perSecond: number;
}

interface Bucket {
  tokens: number;
  filledAt: number;
}

interface Lane {
  readonly limit: Limit;
  readonly bucket: Bucket;
  readonly waiting: { readonly event: EventToRecord; readonly at: Date }[];
  sender: Promise<void> | undefined;
}

/**
 * Records events about objects. Repeated ones are dropped rather than patched into a series: the condition of the object
 * tells that the state lasts, so that the right to create events is enough.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #recent = new Map<string, number>();
  readonly #objects = new Map<string, Bucket>();
  readonly #monotonic: () => number;
  readonly #sameWindowMilliseconds: number;
  readonly #sleep: NonNullable<EventRecorderOptions['sleep']>;
  readonly #lanes: Readonly<Record<EventToRecord['type'], Lane>>;
  #ended = new AbortController();
  #hurry = new AbortController();
  #sequence = 0;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#monotonic = options.monotonic ?? (() => performance.now());
    this.#sameWindowMilliseconds = options.sameWindowMilliseconds ?? defaultSameWindowMilliseconds;
    this.#sleep = options.sleep ?? sleep;
    const lane = (limit: Limit): Lane => ({
      limit,
      bucket: { tokens: limit.burst, filledAt: this.#monotonic() },
      waiting: [],
      sender: undefined,
    });
    this.#lanes = { Normal: lane(limits.Normal), Warning: lane(limits.Warning) };
  }

  /** Takes the event and returns at once. */
  record(event: EventToRecord): void {
    const now = this.#monotonic();
    const key = `${event.regarding.uid}/${event.reason}/${event.note}`;
    const last = this.#recent.get(key);
    if (last !== undefined && now - last < this.#sameWindowMilliseconds) return this.#options.onDropped?.('repeated');
    const lane = this.#lanes[event.type];
    if (lane.waiting.length >= maxWaiting || !this.#admit(event, now)) return this.#options.onDropped?.('limit');
    remember(this.#recent, key, now);
    lane.waiting.push({ event, at: this.#options.now() });
    lane.sender ??= this.#serve(lane);
  }

  /**
   * Resolves when everything taken so far was sent, without the pauses of a burst and at the latest after so many
   * milliseconds: what waits then is dropped, what is under way is cancelled.
   */
  async flush(deadlineMilliseconds = defaultFlushMilliseconds): Promise<void> {
    const lanes = Object.values(this.#lanes);
    const end = setTimeout(() => {
      for (const _ of lanes.flatMap(({ waiting }) => waiting.splice(0))) this.#options.onDropped?.('failed');
      this.#ended.abort();
    }, deadlineMilliseconds);
    this.#hurry.abort();
    await Promise.all(lanes.map(async ({ sender }) => sender));
    clearTimeout(end);
    this.#hurry = new AbortController();
    if (this.#ended.signal.aborted) this.#ended = new AbortController();
  }

  async #serve(lane: Lane): Promise<void> {
    for (let next = lane.waiting.shift(); next !== undefined; next = lane.waiting.shift()) {
      await this.#turn(lane);
      await this.#send(next.event, next.at);
    }
    lane.sender = undefined;
  }

  /** Waits until the lane's rate allows one more. */
  async #turn({ limit, bucket }: Lane): Promise<void> {
    refill(bucket, limit, this.#monotonic());
    if (bucket.tokens < 1 && !this.#hurry.signal.aborted) {
      await this.#sleep(((1 - bucket.tokens) * 1_000) / limit.perSecond, this.#hurry.signal);
      refill(bucket, limit, this.#monotonic());
    }
    bucket.tokens = Math.max(0, bucket.tokens - 1);
  }

  async #send(event: EventToRecord, at: Date): Promise<void> {
    // Events of cluster-scoped objects live in this namespace by convention of the API server.
    const namespace = event.regarding.namespace ?? 'default';
    const result = await this.#options.client.create(
      `/apis/events.k8s.io/v1/namespaces/${namespace}/events`,
      this.#body(event, namespace, at),
      { timeoutMilliseconds: deadlineMilliseconds, signal: this.#ended.signal },
    );
    if (result.kind === 'failed') this.#options.onDropped?.('failed');
  }

  #body(event: EventToRecord, namespace: string, at: Date): object {
    this.#sequence += 1;
    const suffix = `${at.getTime().toString(16)}${this.#sequence.toString(16)}`;
    return {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: `${event.regarding.name.slice(0, 200).replace(/[^a-z0-9]+$/, '')}.${suffix}`, namespace },
      // The API server takes exactly six digits.
      eventTime: at.toISOString().replace('Z', '000Z'),
      reportingController: this.#options.component,
      reportingInstance: cut(this.#options.instance, 128),
      type: event.type,
      reason: cut(event.reason, 128),
      action: cut(event.action, 128),
      note: cut(event.note, 1_024),
      regarding: { ...event.regarding, namespace: event.regarding.namespace },
    };
  }

  #admit({ regarding }: EventToRecord, now: number): boolean {
    const object = this.#objects.get(regarding.uid) ?? { tokens: objectLimit.burst, filledAt: now };
    refill(object, objectLimit, now);
    if (object.tokens < 1) return false;
    object.tokens -= 1;
    remember(this.#objects, regarding.uid, object);
    return true;
  }
}

async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', end);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', end, { once: true });
  });
}

function refill(bucket: Bucket, limit: Limit, now: number): void {
  const earned = (Math.max(0, now - bucket.filledAt) * limit.perSecond) / 1_000;
  bucket.tokens = Math.min(limit.burst, bucket.tokens + earned);
  bucket.filledAt = now;
}

/** Keeps the latest only, so that the memory for events does not grow with the cluster. */
function remember<Value>(memory: Map<string, Value>, key: string, value: Value): void {
  memory.delete(key);
  memory.set(key, value);
  const [oldest] = memory.keys();
  if (memory.size > maxRemembered && oldest !== undefined) memory.delete(oldest);
}

function cut(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  // A cut may fall into a character; what is left of it is dropped.
  const head = Buffer.from(text)
    .subarray(0, bytes - 3)
    .toString('utf8')
    .replace(/\uFFFD+$/, '');
  return `${head}…`;
}
