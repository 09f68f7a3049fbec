// The reconcile of one request, of either kind: read, decide, publish. Knows nothing of queues and watches.
import type { CallQueue } from '../../alibaba/limits/call-queue.ts';
import type { ReconcileResult } from '../../kubernetes/controller.ts';
import type { Store } from '../../kubernetes/store.ts';
import type { Abandoned } from './abandoned.ts';
import type { ApprovalReminder } from './approval-reminder.ts';
import { behindFirstMs } from './decide.ts';
import type { Decider } from './decide.ts';
import type { Decision } from './decision.ts';
import { requestKey } from './kinds/cached-request.ts';
import type { CachedRequest } from './kinds/cached-request.ts';
import type { RequestKind, RequestRead } from './kinds/request.ts';
import type { RequestMemories, RequestMemory, RequestTask } from './memory.ts';
import { retryOf } from './publish.ts';
import type { Publisher } from './publish.ts';
import type { StepObserver } from './signing/steps.ts';

/** What the reconcile works with. */
export interface RequestControllerParts {
  /** The requests of this kind that are open. */
  readonly requests: Store<CachedRequest>;
  readonly kind: RequestKind;
  readonly memories: RequestMemories;
  readonly decider: Pick<Decider, 'decide' | 'afterDefect' | 'waitsBehind'>;
  readonly publisher: Pick<Publisher, 'publish'>;
  readonly reminder: Pick<ApprovalReminder, 'remind'>;
  readonly abandoned: Pick<Abandoned, 'release'>;
  readonly callQueue: Pick<CallQueue, 'leave'>;
  readonly onStep: StepObserver;
}

/** When to come again, and what was decided if the request was read. */
interface Reconciled {
  readonly next: ReconcileResult;
  readonly decision?: Decision;
}

const done: ReconcileResult = { kind: 'done' };

/** Answers the requests of one kind. */
export class RequestController {
  readonly #on: RequestControllerParts;

  constructor(parts: RequestControllerParts) {
    this.#on = parts;
  }

  /** Reconciles the request of this key: `namespace/name`, or the name alone. */
  async reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult> {
    const { requests, reminder, callQueue } = this.#on;
    const cached = requests.get(key);
    if (cached === undefined) return done;
    if (cached.approval === 'Undecided' && cached.issuer !== undefined) return reminder.remind(cached);
    let isQueued = false;
    try {
      const { next, decision } = await this.#read(cached, signal);
      isQueued = decision?.kind === 'waiting' && decision.reason === 'WaitingForTurn';
      return next;
    } finally {
      // Whoever does something else than wait for its turn must not keep a place, and who sleeps does not wait for it.
      if (!isQueued) callQueue.leave(cached.metadata.uid);
    }
  }

  async #read(cached: CachedRequest, signal: AbortSignal): Promise<Reconciled> {
    const { requests, kind, memories, decider, abandoned } = this.#on;
    const { uid } = cached.metadata;
    const known = memories.get(uid);
    if (decider.waitsBehind(cached, known)) {
      known?.unqueued();
      return { next: { kind: 'after', ms: behindFirstMs } };
    }
    const read = await this.#current(cached, known, signal);
    if (read.kind === 'gone') return { next: done };
    if (read.kind === 'failed') return { next: retryOf('reading the request', read.failure) };
    // It left the store while it was read: what was known of its call is looked for already, and nobody calls again.
    if (requests.get(requestKey(cached.metadata))?.metadata.uid !== uid) return { next: done };
    const memory = memories.of(uid);
    memory.busy = true;
    memory.read(read.request);
    try {
      await this.#on.onStep('RequestRead', memory.uid);
      return await this.#decideAndPublish({ request: read.request, memory, signal });
    } finally {
      memory.busy = false;
      if (requests.get(requestKey(cached.metadata))?.metadata.uid !== uid) abandoned.release(kind, cached);
      else if (memories.get(uid)?.isUntried !== true) kind.spend(uid);
    }
  }

  /** The request as it was watched, as long as nothing was done about it; else as the API server has it now. */
  async #current(
    { metadata }: CachedRequest,
    known: RequestMemory | undefined,
    signal: AbortSignal,
  ): Promise<RequestRead> {
    const { kind } = this.#on;
    const watched = known === undefined || known.isUntried ? kind.watched(metadata.uid) : undefined;
    return watched === undefined ? kind.read(metadata, signal) : { kind: 'read', request: watched };
  }

  async #decideAndPublish(task: RequestTask): Promise<Reconciled> {
    const { decider, publisher } = this.#on;
    const decision = await decider.decide(task).catch(async (error: unknown) => {
      // The log has every exception; the request says so where they go on.
      const defect = await decider.afterDefect(task, error);
      if (defect !== undefined && !task.signal.aborted) await publisher.publish(task, defect);
      throw error;
    });
    return { decision, next: await publisher.publish(task, decision) };
  }
}
