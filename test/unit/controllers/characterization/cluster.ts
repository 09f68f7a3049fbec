// An API server in memory, as far as a reconcile uses it: reads, status writes with their preconditions, access reviews; it
// can be armed with faults.
import type { KubernetesFailure, KubernetesResult } from '../../../../src/kubernetes/failure.ts';

export interface ClusterObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
  };
  readonly status?: object;
}

/** The next `times` requests of the verb to a path with this end fail; `took`: all the same the write took place. */
export interface ClusterFault {
  readonly verb: 'get' | 'write' | 'review';
  readonly path?: string;
  readonly failure: KubernetesFailure['class'];
  readonly retryAfterMs?: number;
  readonly times?: number;
  readonly took?: boolean;
}

/** The sentence of a failure of this class. */
export function clusterMessage(failure: string): string {
  return `The API server says ${failure}`;
}

type Result = KubernetesResult<unknown>;

export class FakeCluster {
  readonly #objects = new Map<string, ClusterObject>();
  readonly #faults: { fault: ClusterFault; left: number }[] = [];
  readonly writes: { readonly path: string; readonly status: unknown }[] = [];
  isAllowed = true;

  /** Every path with its object. */
  get objects(): ReadonlyMap<string, ClusterObject> {
    return this.#objects;
  }

  put(path: string, object: ClusterObject): void {
    this.#objects.set(path, object);
  }

  remove(path: string): void {
    this.#objects.delete(path);
  }

  /** Somebody else writes to the object; its version changes in any case. */
  change(path: string, status: object = {}): void {
    const object = this.#objects.get(path);
    if (object === undefined) return;
    const resourceVersion = String(Number(object.metadata.resourceVersion) + 1);
    this.#objects.set(path, {
      ...object,
      metadata: { ...object.metadata, resourceVersion },
      status: { ...object.status, ...status },
    });
  }

  fail(fault: ClusterFault): void {
    this.#faults.push({ fault, left: fault.times ?? 1 });
  }

  readonly get = async (path: string): Promise<Result> => {
    const armed = this.#take('get', path);
    const object = this.#objects.get(path);
    if (armed !== undefined) return failed(armed);
    return object === undefined ? failed({ verb: 'get', failure: 'NotFound' }) : answer(object);
  };

  readonly create = async (path: string): Promise<Result> => {
    const armed = this.#take('review', path);
    return armed === undefined ? answer({ status: { allowed: this.isAllowed } }) : failed(armed);
  };

  readonly applyStatus = async (
    path: string,
    { metadata, status }: { readonly metadata: { resourceVersion?: string; uid?: string }; readonly status: object },
  ): Promise<Result> => {
    this.writes.push({ path, status });
    const armed = this.#take('write', path);
    const object = this.#objects.get(path);
    if (armed !== undefined && armed.took !== true) return failed(armed);
    if (object === undefined) return failed({ verb: 'write', failure: 'NotFound' });
    const { resourceVersion = object.metadata.resourceVersion, uid = object.metadata.uid } = metadata;
    if (resourceVersion !== object.metadata.resourceVersion) return failed({ verb: 'write', failure: 'Conflict' });
    if (uid !== object.metadata.uid) return failed({ verb: 'write', failure: 'Invalid' });
    this.change(path, merged(object.status, status));
    return armed === undefined ? answer({}) : failed(armed);
  };

  #take(verb: ClusterFault['verb'], path: string): ClusterFault | undefined {
    const armed = this.#faults.find(
      ({ fault, left }) => left > 0 && fault.verb === verb && path.endsWith(fault.path ?? ''),
    );
    if (armed === undefined) return undefined;
    armed.left -= 1;
    return armed.fault;
  }
}

type Conditions = readonly { readonly type: string }[];

/** Server-side apply of a status: conditions are a map by their type. */
function merged(before: object = {}, after: object): object {
  const of = (status: object): Conditions => (status as { conditions?: Conditions }).conditions ?? [];
  const kept = of(before).filter(({ type }) => of(after).every((condition) => condition.type !== type));
  return { ...before, ...after, conditions: [...kept, ...of(after)] };
}

function answer(body: unknown): Result {
  return { kind: 'ok', status: 200, body };
}

function failed({ failure, retryAfterMs }: ClusterFault): Result {
  const message = clusterMessage(failure);
  return {
    kind: 'failed',
    failure: { class: failure, status: undefined, reason: undefined, message, retryAfterMs: retryAfterMs },
  };
}
