// Which purchased instance a CA certificate activates. The account is kept in the issuer's status, written before the
// instance is used, so that it survives restarts and races; what an instance was used for, PCA itself is asked.
import type { Found } from '../../../authority/certificate-authority.ts';
import { issuerPath, apiVersion } from '../../../crds/issuer.ts';
import type { Issuer, IssuerStatus } from '../../../crds/issuer.ts';
import type { IssuerIdentity } from '../../../crds/issuer-ref.ts';
import type { KubernetesClient } from '../../../kubernetes/client.ts';
import type { KubernetesFailure } from '../../../kubernetes/failure.ts';
import { requestKey } from '../kinds/cached-request.ts';
import type { SigningTask } from './outcome.ts';

/**
 * An instance that is promised to the request and `free` to be used, what was found of an earlier use, or why there is none.
 * `left`: how many nobody was promised. `superseded`: what is left is for newer requests of the same client.
 */
export type TakenInstance =
  | { readonly kind: 'free'; readonly instanceId: string; readonly left: number }
  | { readonly kind: 'exhausted'; readonly message: string }
  | { readonly kind: 'superseded' }
  | Used;

type Used = Exclude<Found, { readonly kind: 'absent' } | { readonly kind: 'taken' }>;

/** Asks PCA what became of an instance. */
type Look = (instanceId: string) => Promise<Found>;

interface Claim {
  readonly issuer: IssuerIdentity;
  readonly uid: string;
  /** `namespace/name` of the request. */
  readonly request: string;
  readonly configured: readonly string[];
  readonly signal: AbortSignal;
  readonly precedence: Precedence;
}

type Entry = NonNullable<NonNullable<IssuerStatus['externalCA']>['instances']>[number];
interface Account {
  readonly resourceVersion: string;
  readonly issuerUid: string;
  /** Of the instances that the issuer names. */
  readonly entries: readonly Entry[];
  /** UIDs of all requests that an instance was promised to, also one that the issuer names no longer. */
  readonly promised: ReadonlySet<string>;
}

/** The use of an instance: it is promised to a request. */
export interface InstanceUse {
  readonly issuer: IssuerIdentity;
  readonly issuerUid: string;
  readonly instanceId: string;
  /** `namespace/name` of the request. */
  readonly request: string;
  /** How many of the `of` instances are left. */
  readonly left: number;
  readonly of: number;
}

/** Requests of the same client that go first, and whether one of them has gone already. */
export interface Precedence {
  /** UIDs. */
  readonly newer: readonly string[];
  readonly isSuperseded: boolean;
}

const maxConflicts = 5;

/** The instances of all issuers. `isOpen` tells whether the request `namespace/name` of that UID still waits. */
export class CAInstances {
  readonly #kubernetes: Pick<KubernetesClient, 'get' | 'applyStatus'>;
  readonly #fieldManager: string;
  readonly #isOpen: (request: string, uid: string) => boolean;
  readonly #onUse: (use: InstanceUse) => void;

  constructor(
    kubernetes: Pick<KubernetesClient, 'get' | 'applyStatus'>,
    fieldManager: string,
    isOpen: (request: string, uid: string) => boolean,
    onUse: (use: InstanceUse) => void,
  ) {
    this.#kubernetes = kubernetes;
    this.#fieldManager = fieldManager;
    this.#isOpen = isOpen;
    this.#onUse = onUse;
  }

  /**
   * The instance for a request: the one that it was promised before, else a free one, promised to it from now on, unless newer
   * requests of the same client need all that are left.
   */
  async take(task: SigningTask, look: Look, precedence: Precedence = foremost): Promise<TakenInstance> {
    const claim = claimOf(task, precedence);
    const { configured } = claim;
    for (let tries = 0; tries <= maxConflicts + configured.length; tries += 1) {
      const promised = await this.#promiseOne(claim);
      if (promised.kind === 'conflict') continue;
      if (promised.kind !== 'promised') return promised;
      const { instanceId, left } = promised;
      const looked = await look(instanceId);
      if (looked.kind === 'absent') return { kind: 'free', instanceId, left };
      if (looked.kind !== 'taken') return looked;
      await this.#markTaken(claim, instanceId);
    }
    return { kind: 'unsettled', message: "The issuer's status changes too fast to take an instance." };
  }

  /** What the instance that a request was promised before was used for; undefined where there is none, or nothing. */
  async promised(task: SigningTask, look: Look): Promise<Used | undefined> {
    const claim = claimOf(task);
    const account = await this.#read(claim);
    if ('message' in account) return { kind: 'unsettled', message: account.message };
    const own = account.entries.find(({ requestUID }) => requestUID === claim.uid);
    const looked = own === undefined ? undefined : await look(own.instanceId);
    return looked?.kind === 'absent' || looked?.kind === 'taken' ? undefined : looked;
  }

  /** Has the issuer's status promise one instance to the request, unless it does already. */
  async #promiseOne(
    claim: Claim,
  ): Promise<
    | { readonly kind: 'promised'; readonly instanceId: string; readonly left: number }
    | { readonly kind: 'conflict' }
    | Extract<TakenInstance, { readonly kind: 'exhausted' | 'superseded' | 'unsettled' }>
  > {
    const { configured, uid } = claim;
    const account = await this.#read(claim);
    if ('message' in account) return { kind: 'unsettled', message: account.message };
    const unpromised = configured.length - account.entries.length;
    if (isSuperseded(claim, account, unpromised)) return { kind: 'superseded' };
    const choice = this.#choose(account.entries, configured, uid);
    if (choice === undefined) return exhausted(configured);
    const { instanceId, entry } = choice;
    if (entry?.requestUID === uid) return { kind: 'promised', instanceId, left: unpromised };
    const failure = await this.#promise(claim, account, instanceId, uid);
    const left = entry === undefined ? unpromised - 1 : unpromised;
    if (failure === undefined) {
      const { issuer, request } = claim;
      const { issuerUid } = account;
      this.#onUse({ issuer, issuerUid, instanceId, request, left, of: configured.length });
      return { kind: 'promised', instanceId, left };
    }
    if (failure.class === 'Conflict') return { kind: 'conflict' };
    return { kind: 'unsettled', message: `The issuer's status could not be written: ${failure.message}.` };
  }

  #choose(
    entries: readonly Entry[],
    configured: readonly string[],
    uid: string,
  ): { readonly instanceId: string; readonly entry: Entry | undefined } | undefined {
    const own = entries.find(({ requestUID }) => requestUID === uid);
    if (own !== undefined) return { instanceId: own.instanceId, entry: own };
    const known = new Map(entries.map((entry) => [entry.instanceId, entry]));
    const free = configured.find((instanceId) => !known.has(instanceId));
    if (free !== undefined) return { instanceId: free, entry: undefined };
    // Promised to a request that is gone: free after all unless it was used, which is asked before it is.
    const abandoned = entries.find(
      ({ request, requestUID }) => requestUID !== '' && !this.#isOpen(request ?? '', requestUID),
    );
    return abandoned === undefined ? undefined : { instanceId: abandoned.instanceId, entry: abandoned };
  }

  async #read({ issuer, configured, signal }: Claim): Promise<Account | { readonly message: string }> {
    const result = await this.#kubernetes.get<Issuer>(issuerPath(issuer.kind, issuer), { signal });
    if (result.kind === 'failed') return { message: `The issuer could not be read: ${result.failure.message}.` };
    const entries = result.body.status?.externalCA?.instances ?? [];
    return {
      resourceVersion: result.body.metadata.resourceVersion,
      issuerUid: result.body.metadata.uid,
      entries: entries.filter(({ instanceId }) => configured.includes(instanceId)),
      promised: new Set(entries.map(({ requestUID }) => requestUID)),
    };
  }

  /** Promises the instance to the request of this UID; an empty one says that the instance was used for something else. */
  async #promise(
    { issuer, request, signal }: Claim,
    { resourceVersion, entries }: Account,
    instanceId: string,
    requestUID: string,
  ): Promise<KubernetesFailure | undefined> {
    const entry: Entry = { instanceId, requestUID, ...(requestUID === '' ? {} : { request }) };
    const instances = [...entries.filter((other) => other.instanceId !== instanceId), entry];
    const body = {
      apiVersion,
      kind: issuer.kind.kind,
      metadata: { resourceVersion },
      status: { externalCA: { instances } },
    };
    const result = await this.#kubernetes.applyStatus(issuerPath(issuer.kind, issuer), body, {
      fieldManager: this.#fieldManager,
      signal,
    });
    return result.kind === 'failed' ? result.failure : undefined;
  }

  /** Somebody else used the instance; what goes wrong here is met again on the next try. */
  async #markTaken(claim: Claim, instanceId: string): Promise<void> {
    const account = await this.#read(claim);
    if (!('message' in account)) await this.#promise(claim, account, instanceId, '');
  }
}

const foremost: Precedence = { newer: [], isSuperseded: false };

function claimOf({ request: { object }, identity, issuer, signal }: SigningTask, precedence = foremost): Claim {
  const configured = issuer.spec.externalCA?.instanceIds ?? [];
  return { issuer: identity, uid: object.uid, request: requestKey(object), configured, signal, precedence };
}

/**
 * Whether newer requests of the same client need all instances that are left. A request that one was promised to is never
 * superseded: its certificate may exist.
 */
function isSuperseded({ uid, precedence }: Claim, { promised }: Account, unpromised: number): boolean {
  const { newer, isSuperseded: isKnown } = precedence;
  if (promised.has(uid)) return false;
  if (isKnown) return true;
  const waiting = newer.filter((other) => !promised.has(other)).length;
  return newer.length > 0 && unpromised <= waiting;
}

function exhausted(configured: readonly string[]): Extract<TakenInstance, { readonly kind: 'exhausted' }> {
  const message = `All instances in spec.externalCA.instanceIds of the issuer (${configured.length}) are used or promised to other requests (its status names them). Buy a further instance of an external subordinate CA and add its ID.`;
  return { kind: 'exhausted', message };
}
