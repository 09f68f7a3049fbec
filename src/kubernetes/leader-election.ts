// Election of the one replica that acts, by a Lease: client-go's rules with local monotonic time, a fence that is asked at
// each use, and release at the end.
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubernetesClient } from './client.ts';

/** Settings; times are the Lease's usual 15, 10 and 2 seconds unless given. */
export interface LeaderElectorOptions {
  readonly client: Pick<KubernetesClient, 'get' | 'create' | 'replace'>;
  readonly namespace: string;
  readonly name: string;
  /** Unique for each process, also after a restart in the same pod. */
  readonly identity: string;
  readonly leaseDurationSeconds?: number;
  readonly renewDeadlineSeconds?: number;
  readonly retryPeriodSeconds?: number;
  /** Monotonic milliseconds, wall clock, and numbers in [0, 1). */
  readonly monotonic?: () => number;
  readonly now?: () => Date;
  readonly random?: () => number;
  readonly onTrouble?: (message: string) => void;
}

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

interface Lease {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string; readonly resourceVersion?: string };
  readonly spec?: LeaseSpec;
}

/** Takes part in one election. */
export class LeaderElector {
  readonly #options: LeaderElectorOptions;
  readonly #path: string;
  readonly #duration: number;
  readonly #renewDeadline: number;
  readonly #retryPeriod: number;
  readonly #monotonic: () => number;
  readonly #now: () => Date;
  readonly #random: () => number;
  /** The last Lease seen to change, and when it was seen here: clocks of other machines are never compared. */
  #observed: { readonly version: string; readonly at: number } | undefined;
  /** The Lease as we last wrote it. */
  #held: Lease | undefined;
  #renewedAt = Number.NEGATIVE_INFINITY;

  constructor(options: LeaderElectorOptions) {
    this.#options = options;
    this.#path = `/apis/coordination.k8s.io/v1/namespaces/${options.namespace}/leases`;
    this.#duration = (options.leaseDurationSeconds ?? 15) * 1_000;
    this.#renewDeadline = (options.renewDeadlineSeconds ?? 10) * 1_000;
    this.#retryPeriod = (options.retryPeriodSeconds ?? 2) * 1_000;
    this.#monotonic = options.monotonic ?? (() => performance.now());
    this.#now = options.now ?? (() => new Date());
    this.#random = options.random ?? Math.random;
  }

  /** The fence: true only while nobody else can hold the Lease, whatever the timers of this process did. */
  get isLeader(): boolean {
    return this.#held !== undefined && this.#monotonic() < this.#renewedAt + this.#renewDeadline;
  }

  /**
   * Waits for the Lease, then runs `lead` until it is lost or `signal` aborts; `leadership` aborts in both cases and
   * `lead` must end then. `released`: given back after `signal`; `lost`: somebody else may hold it.
   */
  async run(signal: AbortSignal, lead: (leadership: AbortSignal) => Promise<void>): Promise<'released' | 'lost'> {
    while (!(await this.#tryAcquire(signal))) {
      if (signal.aborted) return 'released';
      await this.#pause(signal);
    }
    const leadership = new AbortController();
    const stop = (): void => leadership.abort();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const ended = new AbortController();
    const keeping = this.#keep(leadership, ended.signal);
    await lead(leadership.signal);
    ended.abort();
    await keeping;
    signal.removeEventListener('abort', stop);
    if (!this.isLeader) return 'lost';
    await this.#release();
    return 'released';
  }

  /** Renews until `ended`; takes leadership away when that failed for too long. */
  async #keep(leadership: AbortController, ended: AbortSignal): Promise<void> {
    while (!ended.aborted) {
      await this.#pause(ended);
      if (ended.aborted) return;
      if (this.isLeader) await this.#withinDeadline(leadership, this.#tryRenew());
      if (!this.isLeader) {
        leadership.abort();
        return;
      }
    }
  }

  // A renewal that hangs must not keep leadership alive: the fence falls by the clock, and so does the signal.
  async #withinDeadline(leadership: AbortController, renewal: Promise<void>): Promise<void> {
    const left = this.#renewedAt + this.#renewDeadline - this.#monotonic();
    const timer = setTimeout(() => leadership.abort(), Math.max(0, left));
    await renewal;
    clearTimeout(timer);
  }

  async #tryAcquire(signal: AbortSignal): Promise<boolean> {
    const startedAt = this.#monotonic();
    const read = await this.#options.client.get<Lease>(`${this.#path}/${this.#options.name}`, this.#limits());
    if (signal.aborted) return false;
    if (read.kind === 'failed') {
      if (read.failure.class === 'NotFound') return this.#mayHaveHolder() ? false : this.#create(startedAt);
      this.#trouble(`The Lease cannot be read: ${read.failure.message}`);
      return false;
    }
    const version = read.body.metadata.resourceVersion ?? '';
    if (this.#observed?.version !== version) this.#observed = { version, at: this.#monotonic() };
    if (!this.#isFree(read.body)) return false;
    return this.#write(this.#leaseFrom(read.body), startedAt);
  }

  // A Lease that was deleted underneath does not end the leadership of who held it; only time does.
  #mayHaveHolder(): boolean {
    return this.#observed !== undefined && this.#monotonic() < this.#observed.at + this.#duration;
  }

  #isFree(lease: Lease): boolean {
    const holder = lease.spec?.holderIdentity ?? '';
    if (holder === '' || holder === this.#options.identity) return true;
    const duration = (lease.spec?.leaseDurationSeconds ?? 0) * 1_000;
    return this.#observed !== undefined && this.#monotonic() >= this.#observed.at + Math.max(duration, this.#duration);
  }

  async #tryRenew(): Promise<void> {
    const startedAt = this.#monotonic();
    const held = this.#held;
    if (held === undefined) return;
    const renewed = { ...held, spec: { ...held.spec, renewTime: this.#microTime() } };
    if (await this.#write(renewed, startedAt)) return;
    // A conflict may be our own earlier write whose answer was lost: then the Lease still names us.
    const read = await this.#options.client.get<Lease>(`${this.#path}/${this.#options.name}`, this.#limits());
    if (read.kind !== 'ok') return;
    if (read.body.spec?.holderIdentity === this.#options.identity) this.#held = read.body;
    else this.#held = undefined;
  }

  /** PUT with the resourceVersion as the only precondition; true when it was ours to write. */
  async #write(lease: Lease, startedAt: number): Promise<boolean> {
    const written = await this.#options.client.replace<Lease>(
      `${this.#path}/${this.#options.name}`,
      lease,
      this.#limits(),
    );
    if (written.kind === 'failed') {
      if (written.failure.class !== 'Conflict')
        this.#trouble(`The Lease cannot be written: ${written.failure.message}`);
      return false;
    }
    // 201 means that the Lease had been deleted and this PUT made a new one, as another replica may have done as well.
    if (written.status === 201 && this.#held === undefined) return false;
    this.#take(written.body, startedAt);
    return true;
  }

  async #create(startedAt: number): Promise<boolean> {
    const lease = this.#leaseFrom(undefined);
    const created = await this.#options.client.create<Lease>(this.#path, lease, this.#limits());
    if (created.kind === 'failed') {
      if (created.failure.class !== 'Conflict')
        this.#trouble(`The Lease cannot be created: ${created.failure.message}`);
      return false;
    }
    this.#take(created.body, startedAt);
    return true;
  }

  #take(lease: Lease, startedAt: number): void {
    this.#held = lease;
    this.#renewedAt = startedAt;
  }

  async #release(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined) return;
    const { leaseTransitions = 0 } = held.spec ?? {};
    const now = this.#microTime();
    const spec = { holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now, leaseTransitions };
    const released = await this.#options.client.replace(
      `${this.#path}/${this.#options.name}`,
      { ...held, spec },
      this.#limits(),
    );
    if (released.kind === 'failed') this.#trouble(`The Lease could not be released: ${released.failure.message}`);
  }

  #leaseFrom(present: Lease | undefined): Lease {
    const now = this.#microTime();
    const before = present?.spec?.holderIdentity ?? '';
    const transitions = present?.spec?.leaseTransitions ?? 0;
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: present?.metadata ?? { name: this.#options.name, namespace: this.#options.namespace },
      spec: {
        holderIdentity: this.#options.identity,
        leaseDurationSeconds: Math.ceil(this.#duration / 1_000),
        acquireTime: now,
        renewTime: now,
        leaseTransitions: present === undefined || before === this.#options.identity ? transitions : transitions + 1,
      },
    };
  }

  #limits(): { readonly timeoutMilliseconds: number; readonly attempts: number } {
    return { timeoutMilliseconds: this.#renewDeadline / 2, attempts: 1 };
  }

  // The API server takes exactly six digits after the point.
  #microTime(): string {
    return this.#now().toISOString().replace('Z', '000Z');
  }

  async #pause(signal: AbortSignal): Promise<void> {
    const milliseconds = this.#retryPeriod * (0.9 + 0.2 * this.#random());
    await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
  }

  #trouble(message: string): void {
    this.#options.onTrouble?.(message);
  }
}
