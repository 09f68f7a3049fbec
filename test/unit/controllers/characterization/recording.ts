// Keeps everything that a reconcile tells: events, log, counters, keys that it wakes; and brings it into the form of the rows.
import { X509Certificate } from 'node:crypto';
import type { EventToRecord } from '../../../../src/kubernetes/events.ts';
import type { Logger } from '../../../../src/runtime/logger.ts';
import type { Metrics } from '../../../../src/runtime/metrics.ts';
import type { Seen, SeenEvent, SeenLog } from './scene.ts';

type Parts = Pick<Seen, 'writes' | 'calls' | 'remembered' | 'issuer' | 'fault'>;

// The serial numbers of test certificates are counted through all tests of a process (test/support/certificates.ts).
const serialNumber = /\b5[0-9a-f]{31}\b/g;

export class Recording {
  readonly #events: SeenEvent[] = [];
  readonly #logs: SeenLog[] = [];
  readonly #counters = new Map<string, number>();
  readonly #next: unknown[] = [];
  readonly #revoked: string[] = [];
  readonly #woken: string[] = [];

  readonly events = {
    record: ({ regarding, type, reason, note }: EventToRecord): void => {
      const key = [regarding.namespace, regarding.name].filter((part) => part !== undefined).join('/');
      this.#events.push({ type, reason, note, regarding: `${regarding.kind} ${key}` });
    },
  };

  readonly logger: Logger = {
    debug: (fields, message) => this.#log('debug', fields, message),
    info: (fields, message) => this.#log('info', fields, message),
    warn: (fields, message) => this.#log('warn', fields, message),
    error: (fields, message) => this.#log('error', fields, message),
  };

  readonly metrics: Metrics = {
    count: (name, labels, by = 1) => {
      // Counted by the reason, which the rows of CertificateRequests have in words alone: see publish/ends.test.ts.
      if (name === 'pca_issuer_certificate_requests_refused_total') return;
      const key = [name, ...Object.values(labels)].join(' ');
      this.#counters.set(key, (this.#counters.get(key) ?? 0) + by);
    },
    set: () => {},
    remove: () => {},
    observe: () => {},
    beforeRender: () => {},
    render: async () => ({ contentType: '', text: '' }),
  };

  /** What becomes of the key of a reconcile. */
  next(result: unknown): void {
    this.#next.push(result);
  }

  revoked(identifier: string, fate: string): void {
    this.#revoked.push(`${identifier}: ${fate}`);
  }

  woken(key: string): void {
    this.#woken.push(key);
  }

  /** What was woken so far belongs to the preparation. */
  start(): void {
    this.#woken.length = 0;
  }

  seen(parts: Parts): Seen {
    const whole: Seen = {
      ...parts,
      writes: parts.writes.map(({ path, status }) => ({ path, status: withoutNoise(status) })),
      events: inOrder(this.#events),
      logs: inOrder(this.#logs),
      counters: Object.fromEntries(this.#counters),
      next: this.#next,
      revoked: this.#revoked,
      woken: this.#woken,
    };
    return JSON.parse(JSON.stringify(whole).replaceAll(serialNumber, 'SERIAL')) as Seen;
  }

  #log(
    level: string,
    {
      uid: _uid,
      serialNumber: _serial,
      requestId: _requestId,
      notAfter: _notAfter,
      names: _names,
      secondsFromApproval: _secondsFromApproval,
      ...fields
    }: Readonly<Record<string, unknown>>,
    message: string,
  ) {
    this.#logs.push({ level, message, fields });
  }
}

/** Sorted, since the order among them is nobody's promise. */
export function inOrder<Item>(items: readonly Item[]): readonly Item[] {
  const keyed = items.map((item) => [JSON.stringify(item), item] as const);
  return keyed.sort(([left], [right]) => (left < right ? -1 : Number(left > right))).map(([, item]) => item);
}

/** The status without transition times, and with the subjects of certificates for their text. */
function withoutNoise(status: unknown): unknown {
  const { conditions, certificate, ca, ...rest } = status as {
    readonly conditions?: readonly Readonly<Record<string, unknown>>[];
    readonly certificate?: string;
    readonly ca?: string;
  };
  return {
    ...(conditions === undefined
      ? {}
      : { conditions: conditions.map(({ lastTransitionTime: _time, ...condition }) => condition) }),
    ...(certificate === undefined ? {} : { certificate: subjectsOf(certificate) }),
    ...(ca === undefined ? {} : { ca: subjectsOf(ca) }),
    ...rest,
  };
}

const subjects: Readonly<Record<string, string>> = {
  'CN=Test Root P-256': 'root',
  'CN=Test Issuing CA P-256': 'issuing CA',
};

function subjectsOf(base64: string): string {
  const pems = Buffer.from(base64, 'base64')
    .toString('utf8')
    .match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\n/g);
  return (pems ?? []).map((pem) => subjects[new X509Certificate(pem).subject] ?? 'leaf').join('+');
}
