// Kubernetes events (events.k8s.io/v1), sent in the background and never in the way: repeated ones are dropped, so are
// those beyond the limits, and a failed one is only counted.
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
  readonly onDropped?: (why: 'repeated' | 'limit' | 'failed') => void;
}

// One Normal event per certificate would cost the API server as much as the certificates themselves, so in a burst the
// conditions alone tell of success; warnings have their own, larger share.
const limits = {
  Normal: { burst: 50, perSecond: 5 },
  Warning: { burst: 100, perSecond: 20 },
} as const;
const sameWindowMilliseconds = 10 * 60_000;
const maxRemembered = 4_096;
const maxWaiting = 512;
const sendersAtATime = 2;
const deadlineMilliseconds = 10_000;

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** Records events about objects. */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #recent = new Map<string, number>();
  readonly #waiting: EventToRecord[] = [];
  readonly #buckets: Record<EventToRecord['type'], Bucket>;
  readonly #sending = new Set<Promise<void>>();
  #sequence = 0;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    const filledAt = options.now().getTime();
    this.#buckets = {
      Normal: { tokens: limits.Normal.burst, filledAt },
      Warning: { tokens: limits.Warning.burst, filledAt },
    };
  }

  /** Takes the event and returns at once. */
  record(event: EventToRecord): void {
    const now = this.#options.now().getTime();
    const key = `${event.regarding.uid}/${event.reason}/${event.note}`;
    const last = this.#recent.get(key);
    if (last !== undefined && now - last < sameWindowMilliseconds) return this.#options.onDropped?.('repeated');
    if (this.#waiting.length >= maxWaiting || !this.#admit(event.type, now)) return this.#options.onDropped?.('limit');
    this.#remember(key, now);
    this.#waiting.push(event);
    if (this.#sending.size < sendersAtATime) this.#startSender();
  }

  /** Resolves when everything taken so far was sent or given up, at the latest after the deadline of one request. */
  async flush(): Promise<void> {
    await Promise.all(this.#sending);
  }

  #startSender(): void {
    const sender = this.#send().then(() => {
      this.#sending.delete(sender);
    });
    this.#sending.add(sender);
  }

  async #send(): Promise<void> {
    for (let event = this.#waiting.shift(); event !== undefined; event = this.#waiting.shift()) {
      // Events of cluster-scoped objects live in this namespace by convention of the API server.
      const namespace = event.regarding.namespace ?? 'default';
      const result = await this.#options.client.create(
        `/apis/events.k8s.io/v1/namespaces/${namespace}/events`,
        this.#body(event, namespace),
        { timeoutMilliseconds: deadlineMilliseconds },
      );
      if (result.kind === 'failed') this.#options.onDropped?.('failed');
    }
  }

  #body(event: EventToRecord, namespace: string): object {
    const now = this.#options.now();
    this.#sequence += 1;
    const suffix = `${now.getTime().toString(16)}${this.#sequence.toString(16)}`;
    return {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: `${event.regarding.name.slice(0, 200)}.${suffix}`, namespace },
      // The API server takes exactly six digits.
      eventTime: now.toISOString().replace('Z', '000Z'),
      reportingController: this.#options.component,
      reportingInstance: cut(this.#options.instance, 128),
      type: event.type,
      reason: cut(event.reason, 128),
      action: cut(event.action, 128),
      note: cut(event.note, 1_024),
      regarding: { ...event.regarding, namespace: event.regarding.namespace },
    };
  }

  #admit(type: EventToRecord['type'], now: number): boolean {
    const [bucket, limit] = [this.#buckets[type], limits[type]];
    const earned = (Math.max(0, now - bucket.filledAt) * limit.perSecond) / 1_000;
    bucket.tokens = Math.min(limit.burst, bucket.tokens + earned);
    bucket.filledAt = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  #remember(key: string, now: number): void {
    this.#recent.delete(key);
    this.#recent.set(key, now);
    const [oldest] = this.#recent.keys();
    if (this.#recent.size > maxRemembered && oldest !== undefined) this.#recent.delete(oldest);
  }
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
