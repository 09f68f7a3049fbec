// One process of the operator, looked at from outside: descriptors, memory, and by the inspector what keeps it alive and what it
// refers to.
import { setTimeout as sleep } from 'node:timers/promises';
import type { OperatorProcess } from '../../test/support/operator-process.ts';
import { Inspector } from '../../test/support/inspector.ts';
import { descriptorsOf, memoryOf } from '../bench/stage/process-figures.ts';
import { atRest } from '../bench/stage/usage.ts';
import type { Observation, Retained } from './result.ts';

const bytesPerMebibyte = 2 ** 20;
const group = 'soak';
const lookEveryMs = 500;
// Several times as long as anybody keeps a connection that nobody uses.
const longestReturnMs = 300_000;
// Code, which grows with what has been compiled so far, lies in spaces of its own.
const dataBytes = `process
  .getBuiltinModule('node:v8')
  .getHeapSpaceStatistics()
  .filter(({ space_name }) => ['new_space', 'old_space', 'large_object_space', 'new_large_object_space'].includes(space_name))
  .reduce((sum, { space_used_size }) => sum + space_used_size, 0)`;
/** Prototypes of what holds more than its own few bytes, as expressions. */
const prototypes = {
  timers: 'Object.getPrototypeOf(setTimeout(() => {}, 0))',
  'abort signals': 'AbortSignal.prototype',
  sockets: "process.getBuiltinModule('node:net').Socket.prototype",
  keys: "process.getBuiltinModule('node:crypto').KeyObject.prototype",
  certificates: "process.getBuiltinModule('node:crypto').X509Certificate.prototype",
};

/** Starts Node with its inspector at any port, which it names in its log. */
export const inspected = { NODE_OPTIONS: '--inspect' };

/** Watches a process that was started with {@link inspected}. */
export class Observer {
  readonly #pid: number;
  readonly #inspector: Inspector;

  private constructor(pid: number, inspector: Inspector) {
    this.#pid = pid;
    this.#inspector = inspector;
  }

  static async attach({ pid, logs }: Pick<OperatorProcess, 'pid' | 'logs'>): Promise<Observer> {
    // Former processes have written to the same log.
    const url = [...(await logs()).matchAll(/Debugger listening on (ws:\S+)/g)].at(-1)?.[1];
    return new Observer(pid, await Inspector.connect(url ?? ''));
  }

  /** What there is when the process has nothing to do. */
  async atRest(): Promise<Pick<Observation, 'resident' | 'descriptors' | 'resources'>> {
    await atRest([this.#pid], 'long');
    const { resident } = memoryOf(this.#pid);
    return { resident, descriptors: descriptorsOf(this.#pid), resources: await this.#resources() };
  }

  /** Resolves when the process has closed nothing for so long: connections are kept for a while in case that more is to do. */
  async closed(idleMs: number): Promise<void> {
    let fewest = Infinity;
    for (let since = performance.now(); performance.now() - since < idleMs; await sleep(lookEveryMs)) {
      const now = descriptorsOf(this.#pid);
      if (now < fewest) since = performance.now();
      fewest = Math.min(fewest, now);
    }
  }

  /** Resolves when there are no more descriptors than this, or when there is no more hope. */
  async returned(descriptors: number): Promise<void> {
    const started = performance.now();
    while (descriptorsOf(this.#pid) > descriptors && performance.now() - started < longestReturnMs)
      await sleep(lookEveryMs);
  }

  /** What the process refers to, after a collection of garbage. */
  async retained(): Promise<Retained> {
    await this.#inspector.send('HeapProfiler.collectGarbage');
    const bytes = (await this.#evaluate(dataBytes)) as number;
    const objects: Record<string, number> = {};
    for (const [name, prototype] of Object.entries(prototypes)) objects[name] = await this.#instances(prototype);
    return { mebibytes: bytes / bytesPerMebibyte, objects };
  }

  close(): void {
    this.#inspector.close();
  }

  async #resources(): Promise<Readonly<Record<string, number>>> {
    const kinds = (await this.#evaluate('process.getActiveResourcesInfo()')) as readonly string[];
    const counts: Record<string, number> = {};
    for (const kind of kinds) counts[kind] = (counts[kind] ?? 0) + 1;
    return counts;
  }

  /** How many objects there are below a prototype. */
  async #instances(prototype: string): Promise<number> {
    const found = (await this.#inspector.send('Runtime.evaluate', {
      expression: prototype,
      objectGroup: group,
    })) as Remote;
    const { objects } = (await this.#inspector.send('Runtime.queryObjects', {
      prototypeObjectId: found.result.objectId,
      objectGroup: group,
    })) as { readonly objects: Remote['result'] };
    const { result } = (await this.#inspector.send('Runtime.callFunctionOn', {
      objectId: objects.objectId,
      functionDeclaration: 'function () { return this.length; }',
      returnByValue: true,
    })) as Remote;
    await this.#inspector.send('Runtime.releaseObjectGroup', { objectGroup: group });
    return Number(result.value);
  }

  async #evaluate(expression: string): Promise<unknown> {
    const { result } = (await this.#inspector.send('Runtime.evaluate', { expression, returnByValue: true })) as Remote;
    return result.value;
  }
}

interface Remote {
  readonly result: { readonly objectId?: string; readonly value?: unknown };
}
