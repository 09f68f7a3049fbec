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
type NoneTaken = Exclude<TakenInstance, { readonly kind: 'free' | 'found' | 'revoked' | 'pending' }>;

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

/** An instance to be promised to a request. `entry`: what the account says of it; `looked`: what PCA does, where it was asked. */
interface Choice {
  readonly kind: 'chosen';
  readonly instanceId: string;
  readonly entry?: Entry;
  readonly looked?: Found;
}

/** `use`: what is told of the promise, unless it was made before. */
interface Promised {
  readonly kind: 'promised';
  readonly instanceId: string;
  readonly left: number;
  readonly looked?: Found | undefined;
  readonly use?: InstanceUse;
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
  /** Instances that were used for the requests that they were promised to; these have their certificates, or are gone. */
  readonly #used = new Set<string>();

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
      const promised = await this.#promiseOne(claim, look);
      if (promised.kind === 'conflict') continue;
      if (promised.kind !== 'promised') return promised;
      const { instanceId, left, use } = promised;
      const looked = promised.looked ?? (await look(instanceId));
      if (looked.kind === 'taken') {
        await this.#markTaken(claim, instanceId);
        continue;
      }
      if (use !== undefined) this.#onUse(use);
      return looked.kind === 'absent' ? { kind: 'free', instanceId, left } : looked;
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
  async #promiseOne(claim: Claim, look: Look): Promise<Promised | { readonly kind: 'conflict' } | NoneTaken> {
    const { issuer, request, configured, uid } = claim;
    const account = await this.#read(claim);
    if ('message' in account) return { kind: 'unsettled', message: account.message };
    const unpromised = configured.length - account.entries.length;
    if (isSuperseded(claim, account, unpromised)) return { kind: 'superseded' };
    const choice = chooseOwn(account, claim) ?? (await this.#chooseAbandoned(account, look)) ?? exhausted(configured);
    if (choice.kind !== 'chosen') return choice;
    const { instanceId, entry, looked } = choice;
    if (entry?.requestUID === uid) return { kind: 'promised', instanceId, left: unpromised };
    const failure = await this.#promise(claim, account, instanceId, uid);
    if (failure?.class === 'Conflict') return { kind: 'conflict' };
    if (failure !== undefined)
      return { kind: 'unsettled', message: `The issuer's status could not be written: ${failure.message}.` };
    const left = entry === undefined ? unpromised - 1 : unpromised;
    const use = { issuer, issuerUid: account.issuerUid, instanceId, request, left, of: configured.length };
    return { kind: 'promised', instanceId, left, looked, use };
  }

  /**
   * An instance that was promised to a request that is gone. It is free after all unless it was used; while that is open nobody
   * gets it, and where it was, the account keeps for whom.
   */
  async #chooseAbandoned({ entries }: Account, look: Look): Promise<Choice | NoneTaken | undefined> {
    for (const entry of entries) {
      const { instanceId, request = '', requestUID } = entry;
      const use = `${instanceId} ${requestUID}`;
      if (requestUID === '' || this.#isOpen(request, requestUID) || this.#used.has(use)) continue;
      const looked = await look(instanceId);
      if (looked.kind === 'failed' || looked.kind === 'unsettled') return looked;
      if (looked.kind === 'taken') this.#used.add(use);
      else if (looked.kind !== 'pending') return { kind: 'chosen', instanceId, entry, looked };
    }
    return undefined;
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

/** The instance that the request was promised before, else one that is promised to nobody. */
function chooseOwn({ entries }: Account, { uid, configured }: Claim): Choice | undefined {
  const own = entries.find(({ requestUID }) => requestUID === uid);
  if (own !== undefined) return { kind: 'chosen', instanceId: own.instanceId, entry: own };
  const known = new Set(entries.map(({ instanceId }) => instanceId));
  const free = configured.find((instanceId) => !known.has(instanceId));
  return free === undefined ? undefined : { kind: 'chosen', instanceId: free };
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
