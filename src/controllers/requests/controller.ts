// The reconcile of one request, of either kind: read live, decide, publish. Knows nothing of queues and watches.
import type { CallQueue } from '../../alibaba/limits/call-queue.ts';
import type { ReconcileResult } from '../../kubernetes/controller.ts';
import type { Store } from '../../kubernetes/store.ts';
import type { Abandoned } from './abandoned.ts';
import type { ApprovalReminder } from './approval-reminder.ts';
import type { Decider, RequestTask } from './decide.ts';
import type { CachedRequest } from './kinds/cached-request.ts';
import type { RequestKind } from './kinds/request.ts';
import type { RequestMemories } from './memory.ts';
import { retryOf } from './publish.ts';
import type { Publisher } from './publish.ts';
import type { StepObserver } from './signing/steps.ts';

/** What the reconcile works with. */
export interface RequestControllerParts {
  /** The requests of this kind that are open. */
  readonly requests: Store<CachedRequest>;
  readonly kind: RequestKind;
  readonly memories: RequestMemories;
  readonly decider: Pick<Decider, 'decide'>;
  readonly publisher: Pick<Publisher, 'publish'>;
  readonly reminder: Pick<ApprovalReminder, 'remind'>;
  readonly abandoned: Pick<Abandoned, 'release'>;
  readonly callQueue: Pick<CallQueue, 'leave'>;
  readonly onStep: StepObserver;
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
    const { requests, kind, memories, reminder, abandoned } = this.#on;
    const cached = requests.get(key);
    if (cached === undefined) return done;
    if (cached.approval === 'Undecided' && cached.issuer !== undefined) return reminder.remind(cached);
    const read = await kind.read(cached.metadata, signal);
    if (read.kind === 'gone') return done;
    if (read.kind === 'failed') return retryOf('reading the request', read.failure);
    const memory = memories.of(cached.metadata.uid);
    memory.busy = true;
    try {
      await this.#on.onStep('RequestRead', memory.uid);
      return await this.#decideAndPublish({ request: read.request, memory, signal });
    } finally {
      memory.busy = false;
      if (requests.get(key)?.metadata.uid !== memory.uid) abandoned.release(kind, cached);
    }
  }

  async #decideAndPublish(task: RequestTask): Promise<ReconcileResult> {
    const { decider, publisher, callQueue } = this.#on;
    let isQueued = false;
    try {
      const decision = await decider.decide(task);
      isQueued = decision.kind === 'waiting' && decision.reason === 'WaitingForTurn';
      return await publisher.publish(task, decision);
    } finally {
      // Whoever does something else than wait for its turn must not keep a place.
      if (!isQueued) callQueue.leave(task.memory.uid);
    }
  }
}
