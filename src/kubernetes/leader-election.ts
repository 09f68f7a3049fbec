// Election of the one replica that acts, by a Lease: client-go's rules on local monotonic time, with a fence that is checked
// at each use and also falls by a timer, and with a release at the end.
import { pause, systemClock } from '../timing/clock.ts';
import type { Clock } from '../timing/clock.ts';
import { formatMicroTime } from '../timing/moment.ts';
import type { KubernetesClient, KubernetesFailure, KubernetesResult, RequestOptions } from './client.ts';
import { leaseTrouble } from './lease.ts';
import type { Lease, LeaseAction } from './lease.ts';

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
  /** The process's own when not given. */
  readonly clock?: Clock;
  readonly onTrouble?: (message: string) => void;
}

// A leader renews at least once per retry period. Whoever created the Lease again leaves it alone for a little longer, so
// that a leader whose Lease was deleted has found out.
const settlePeriods = 1.25;

/** Takes part in one election, once: a process that lost it should end. */
export class LeaderElector {
  readonly #options: LeaderElectorOptions;
  readonly #collection: string;
  readonly #path: string;
  readonly #durationMs: number;
  readonly #renewDeadlineMs: number;
  readonly #retryPeriodMs: number;
  readonly #clock: Clock;
  /** The last Lease seen to change, and when it was seen here: clocks of other machines are never compared. */
  #observed: { readonly version: string; readonly at: number } | undefined;
  /** Monotonic milliseconds until which a Lease that this process created again is left alone. */
  #settlesAt = Number.NEGATIVE_INFINITY;
  /** The Lease as last written, while this process leads. */
  #held: Lease | undefined;
  readonly #refusals = new Map<LeaseAction, string>();
  #hasWritten = false;
  #isLost = false;
  #heldUntil = Number.NEGATIVE_INFINITY;
  readonly #leadership = new AbortController();
  #stopFence: () => void = () => undefined;

  constructor(options: LeaderElectorOptions) {
    this.#options = options;
    this.#collection = `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(options.namespace)}/leases`;
    this.#path = `${this.#collection}/${encodeURIComponent(options.name)}`;
    this.#durationMs = (options.leaseDurationSeconds ?? 15) * 1_000;
    this.#renewDeadlineMs = (options.renewDeadlineSeconds ?? 10) * 1_000;
    this.#retryPeriodMs = (options.retryPeriodSeconds ?? 2) * 1_000;
    if (this.#renewDeadlineMs >= this.#durationMs)
      throw new RangeError('the renew deadline must end before the Lease does');
    this.#clock = options.clock ?? systemClock;
  }

  /** What somebody must do before this process can take part; nothing while its requests are carried out or may soon be. */
  get refusals(): readonly string[] {
    return [...this.#refusals.values()];
  }

  /** The fence: true only while nobody else can hold the Lease, whatever the timers of this process did. */
  get isLeader(): boolean {
    return this.#held !== undefined && this.#clock.monotonic() < this.#heldUntil;
  }

  /**
   * Waits for the Lease, then runs `lead` until it is lost or `signal` aborts; `leadership` aborts in both cases and
   * `lead` must end then. The Lease is renewed until `lead` has ended. `released`: given back; `lost`: somebody else may
   * hold it. Rejects only with what `lead` threw.
   */
  async run(signal: AbortSignal, lead: (leadership: AbortSignal) => Promise<void>): Promise<'released' | 'lost'> {
    if (!(await this.#acquire(signal))) {
      await this.#withdraw();
      return 'released';
    }
    const leadership = this.#leadership;
    const stop = (): void => leadership.abort();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const ended = new AbortController();
    const keeping = this.#keep(ended.signal);
    try {
      await lead(leadership.signal);
    } finally {
      signal.removeEventListener('abort', stop);
      ended.abort();
      // A renewal in flight decides which resourceVersion the release needs.
      await keeping;
      this.#stopFence();
    }
    if (!this.isLeader) return 'lost';
    await this.#release();
    return 'released';
  }

  /** False when `signal` aborted first. */
  async #acquire(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      if (await this.#tryAcquire()) return true;
      // Twice as often as a leader renews, so that a released Lease is taken soon.
      const waitMs = Math.max(this.#periodMs() / 2, this.#settlesAt - this.#clock.monotonic());
      await pause(waitMs, signal, this.#clock);
    }
    return false;
  }

  // Stopped while it waited; a Lease that it had made, or whose answer was lost, would keep the others waiting.
  async #withdraw(): Promise<void> {
    if (!this.#hasWritten) return;
    const read = await this.#read();
    if (read.kind !== 'ok' || read.body.spec?.holderIdentity !== this.#options.identity) return;
    this.#held = read.body;
    await this.#release();
  }

  async #tryAcquire(): Promise<boolean> {
    const startedAt = this.#clock.monotonic();
    const read = await this.#read();
    if (read.kind === 'failed') {
      if (read.failure.class !== 'NotFound') this.#trouble('read', read.failure);
      else if (!this.#mayHaveHolder()) await this.#createAnew();
      return false;
    }
    const version = read.body.metadata.resourceVersion ?? '';
    if (this.#observed?.version !== version) this.#observed = { version, at: this.#clock.monotonic() };
    if (!this.#isFree(read.body)) return false;
    const written = await this.#write(this.#leaseAfter(read.body));
    // 201: the Lease was deleted and this made a new one, so that it is to be read before acting.
    if (written?.status !== 200) return false;
    this.#take(written.body, startedAt);
    return true;
  }

  // Deleting the Lease does not end its holder's leadership; only time does.
  #mayHaveHolder(): boolean {
    return this.#observed !== undefined && this.#clock.monotonic() < this.#observed.at + this.#durationMs;
  }

  // This process may never have seen the Lease whose holder still acts, so that it waits before it takes its own.
  async #createAnew(): Promise<void> {
    const created = await this.#create(this.#leaseAfter(undefined));
    if (created !== undefined) this.#settlesAt = this.#clock.monotonic() + settlePeriods * this.#retryPeriodMs;
  }

  #isFree(lease: Lease): boolean {
    const holder = lease.spec?.holderIdentity ?? '';
    if (holder === '' || holder === this.#options.identity) return true;
    const durationMs = Math.max((lease.spec?.leaseDurationSeconds ?? 0) * 1_000, this.#durationMs);
    return this.#observed !== undefined && this.#clock.monotonic() >= this.#observed.at + durationMs;
  }

  /** Renews until `ended`, or until leadership is lost. */
  async #keep(ended: AbortSignal): Promise<void> {
    while (!ended.aborted && this.isLeader) {
      await pause(this.#periodMs(), ended, this.#clock);
      if (!ended.aborted && (await this.#tryRenew()) === 'changed') await this.#tryRenew();
    }
  }

  /** `changed`: the Lease is still ours, but at another resourceVersion, so that a renewal can be tried at once. */
  async #tryRenew(): Promise<'changed' | 'over'> {
    const startedAt = this.#clock.monotonic();
    const held = this.#held;
    if (held === undefined) return 'over';
    const written = await this.#write({ ...held, spec: { ...held.spec, renewTime: this.#microTime() } });
    if (written?.status === 200) this.#take(written.body, startedAt);
    if (written?.status === 200 || written === undefined) return 'over';
    return this.#reread(held, startedAt);
  }

  // A conflict may be our own earlier write whose answer was lost: then the Lease still names us.
  async #reread(held: Lease, startedAt: number): Promise<'changed' | 'over'> {
    const read = await this.#read();
    if (this.#held === undefined) return 'over';
    if (read.kind === 'ok') {
      if (read.body.spec?.holderIdentity !== this.#options.identity) this.#lose();
      else this.#held = read.body;
      return 'changed';
    }
    if (read.failure.class === 'NotFound') {
      // Deleted: only one replica can create it again, and any other waits for longer than the fence stands.
      const { name, namespace } = held.metadata;
      const created = await this.#create({ ...held, metadata: { name, namespace } });
      if (created !== undefined) this.#take(created, startedAt);
    } else this.#trouble('read', read.failure);
    return 'over';
  }

  #take(lease: Lease, startedAt: number): void {
    // An answer that comes after the fence fell does not raise it again: the leader was told to stop.
    if (this.#isLost) return;
    this.#held = lease;
    this.#heldUntil = startedAt + this.#renewDeadlineMs;
    this.#stopFence();
    const leftMs = Math.max(0, this.#heldUntil - this.#clock.monotonic());
    this.#stopFence = this.#clock.startTimer(() => this.#lose(), leftMs);
  }

  #lose(): void {
    this.#isLost = true;
    this.#held = undefined;
    this.#leadership.abort();
  }

  async #release(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined) return;
    const { leaseTransitions = 0 } = held.spec ?? {};
    const now = this.#microTime();
    const spec = { holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now, leaseTransitions };
    await this.#write({ ...held, spec });
  }

  async #read(): Promise<KubernetesResult<Lease>> {
    const read = await this.#options.client.get<Lease>(this.#path, this.#limits());
    if (read.kind === 'ok' || read.failure.class === 'NotFound') this.#refusals.delete('read');
    return read;
  }

  /** PUT with uid and resourceVersion as preconditions: status 409 when they do not hold, undefined when it failed. */
  async #write(lease: Lease): Promise<{ readonly status: number; readonly body: Lease } | undefined> {
    this.#hasWritten = true;
    const written = await this.#options.client.replace<Lease>(this.#path, lease, this.#limits());
    if (written.kind === 'ok') this.#refusals.delete('written');
    if (written.kind === 'ok') return written;
    const { class: kind } = written.failure;
    if (kind === 'Conflict' || kind === 'NotFound') return { status: 409, body: lease };
    this.#trouble('written', written.failure);
    return undefined;
  }

  async #create(lease: Lease): Promise<Lease | undefined> {
    this.#hasWritten = true;
    const created = await this.#options.client.create<Lease>(this.#collection, lease, this.#limits());
    if (created.kind === 'ok') this.#refusals.delete('created');
    if (created.kind === 'ok') return created.body;
    if (created.failure.class !== 'Conflict') this.#trouble('created', created.failure);
    return undefined;
  }

  #leaseAfter(present: Lease | undefined): Lease {
    const now = this.#microTime();
    const transitions = present?.spec?.leaseTransitions ?? 0;
    const isNewHolder = present !== undefined && present.spec?.holderIdentity !== this.#options.identity;
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: present?.metadata ?? { name: this.#options.name, namespace: this.#options.namespace },
      spec: {
        holderIdentity: this.#options.identity,
        leaseDurationSeconds: Math.ceil(this.#durationMs / 1_000),
        acquireTime: now,
        renewTime: now,
        leaseTransitions: isNewHolder ? transitions + 1 : transitions,
      },
    };
  }

  // A third of the renew deadline leaves room for a second try after a request that hangs.
  #limits(): RequestOptions {
    return { timeoutMs: this.#renewDeadlineMs / 3, attempts: 1, lane: 'lease' };
  }

  #periodMs(): number {
    return this.#retryPeriodMs * (0.8 + 0.2 * this.#clock.random());
  }

  #microTime(): string {
    return formatMicroTime(this.#clock.now());
  }

  #trouble(done: LeaseAction, failure: KubernetesFailure): void {
    const { isLasting, text } = leaseTrouble(this.#options, done, failure);
    if (isLasting) this.#refusals.set(done, text);
    else this.#refusals.delete(done);
    this.#options.onTrouble?.(text);
  }
}
