// The driver's own watch of all CertificateRequests, by which every contestant is counted: when which request was seen finished.
import { Agent, request } from 'undici';
import { certificateRequestsPath, terminalState } from '../../../src/crds/cert-manager.ts';
import type { CertificateRequest } from '../../../src/crds/cert-manager.ts';
import type { KubernetesConnection } from '../../../src/kubernetes/connection.ts';

/** Requests that are waited for, by their names; no two in the cluster have the same. */
export interface Batch {
  /** When each was seen finished (performance.now()). */
  readonly finishedAt: ReadonlyMap<string, number>;
  /** Resolves with the moment at which the last was seen finished; rejects when one failed. */
  readonly done: Promise<number>;
  /** Resolves with the moment at which the first was. */
  readonly first: Promise<number>;
}

interface OpenBatch {
  readonly pending: Set<string>;
  readonly finishedAt: Map<string, number>;
  readonly first: PromiseWithResolvers<number>;
  readonly done: PromiseWithResolvers<number>;
  readonly onFinished: (name: string, at: number) => void;
}

interface WatchEvent {
  readonly type: string;
  readonly object: CertificateRequest & { readonly code?: number };
}

const goneStatus = 410;
// What only begins a page of the list is enough to start a watch.
const listedAtOnce = 500;

/** A watch that is opened again whenever it ends, without missing anything. */
export class FinishedWatch {
  readonly #server: string;
  readonly #agent: Agent;
  readonly #batches = new Set<OpenBatch>();
  readonly #end = new AbortController();
  #version = '';

  private constructor(server: string, agent: Agent) {
    this.#server = server;
    this.#agent = agent;
  }

  /** Watches from now on; `onTrouble` is told when the watch cannot go on. */
  static async open(connection: KubernetesConnection, onTrouble: (error: unknown) => void): Promise<FinishedWatch> {
    const { tls } = await connection.credentials({ fresh: true });
    const watch = new FinishedWatch(connection.server, new Agent({ connect: { ...tls }, bodyTimeout: 0 }));
    await watch.#list();
    watch.#run().catch((error: unknown) => {
      if (!watch.#end.signal.aborted) onTrouble(error);
    });
    return watch;
  }

  /** Waits for these requests; `onFinished` is called for each as it is seen. */
  await(names: Iterable<string>, onFinished: OpenBatch['onFinished'] = () => {}): Batch {
    const batch: OpenBatch = {
      pending: new Set(names),
      finishedAt: new Map(),
      first: Promise.withResolvers(),
      done: Promise.withResolvers(),
      onFinished,
    };
    // Whoever awaits only one of the two must not be struck by the other.
    batch.first.promise.catch(() => {});
    batch.done.promise.catch(() => {});
    this.#batches.add(batch);
    return { finishedAt: batch.finishedAt, done: batch.done.promise, first: batch.first.promise };
  }

  /** Forgets what is waited for. */
  forget(): void {
    this.#batches.clear();
  }

  async close(): Promise<void> {
    this.#end.abort();
    await this.#agent.destroy();
  }

  async #run(): Promise<void> {
    while (!this.#end.signal.aborted) if (!(await this.#watch())) await this.#list();
  }

  /** Reads one watch to its end; false when its version has expired. */
  async #watch(): Promise<boolean> {
    const query = `watch=1&allowWatchBookmarks=true&resourceVersion=${this.#version}`;
    const { body, statusCode } = await request(`${this.#server}${certificateRequestsPath}?${query}`, {
      dispatcher: this.#agent,
      signal: this.#end.signal,
    });
    if (statusCode === goneStatus) return body.dump().then(() => false);
    if (statusCode !== 200) throw new Error(`The driver's watch was answered ${statusCode}.`);
    let rest = '';
    for await (const chunk of body.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (!this.#take(line)) return false;
    }
    return true;
  }

  /** Takes one event; false when it ends the watch for good. */
  #take(line: string): boolean {
    // In field managers' lists the quotes are escaped, so this is a condition; what has none needs no parsing.
    const isOfInterest = line.includes('"type":"Ready"') || !line.startsWith('{"type":"MODIFIED"');
    if (!isOfInterest) return true;
    const { type, object } = JSON.parse(line) as WatchEvent;
    if (type === 'ERROR') return false;
    this.#version = object.metadata.resourceVersion;
    if (type === 'ADDED' || type === 'MODIFIED') this.#see(object);
    return true;
  }

  async #list(): Promise<void> {
    let next = '';
    do {
      const query = `limit=${listedAtOnce}&continue=${encodeURIComponent(next)}`;
      const { body } = await request(`${this.#server}${certificateRequestsPath}?${query}`, { dispatcher: this.#agent });
      const list = (await body.json()) as {
        readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
        readonly items: readonly CertificateRequest[];
      };
      for (const item of list.items) this.#see(item);
      this.#version = list.metadata.resourceVersion;
      next = list.metadata.continue ?? '';
    } while (next !== '');
  }

  #see(object: CertificateRequest): void {
    const state = terminalState(object);
    if (state === undefined) return;
    const at = performance.now();
    const { name } = object.metadata;
    for (const batch of this.#batches) {
      if (!batch.pending.delete(name)) continue;
      if (state === 'Issued') this.#finish(batch, name, at);
      else this.#fail(batch, new Error(`${name} is ${state}: ${JSON.stringify(object.status?.conditions)}`));
    }
  }

  #finish(batch: OpenBatch, name: string, at: number): void {
    if (batch.finishedAt.size === 0) batch.first.resolve(at);
    batch.finishedAt.set(name, at);
    batch.onFinished(name, at);
    if (batch.pending.size > 0) return;
    this.#batches.delete(batch);
    batch.done.resolve(at);
  }

  #fail(batch: OpenBatch, error: Error): void {
    this.#batches.delete(batch);
    batch.first.reject(error);
    batch.done.reject(error);
  }
}
