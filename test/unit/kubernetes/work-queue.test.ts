// The queue's promises: a key waits once, is with one worker, is never lost, and comes back when it is due.
import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { WorkQueue } from '../../../src/kubernetes/work-queue.ts';
import type { Lane } from '../../../src/kubernetes/work-queue.ts';
import { FakeClock } from '../../support/fake-clock.ts';

let clock: FakeClock;
let queue: WorkQueue;
const never = new AbortController().signal;

beforeEach(() => {
  clock = new FakeClock(() => 1);
  queue = newQueue(clock);
});

function newQueue(from: FakeClock): WorkQueue {
  return new WorkQueue({
    baseDelayMs: 1_000,
    maxDelayMs: 300_000,
    clock: from,
  });
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** What workers would be given now, without giving anything back. */
async function available(from: WorkQueue = queue): Promise<string[]> {
  const keys: string[] = [];
  while (from.depth > 0) keys.push((await from.next(never)) ?? '');
  return keys;
}

/** The queue as plain lists. `processing` tells what was added meanwhile. */
interface Model {
  now: number;
  taken: number;
  fresh: string[];
  again: string[];
  readonly due: Map<string, number>;
  readonly processing: Map<string, 'fresh' | 'again' | undefined>;
}
interface Real {
  readonly queue: WorkQueue;
  readonly clock: FakeClock;
}

function modelAdd(model: Model, key: string, priority: 'fresh' | 'again'): void {
  if (model.processing.has(key)) {
    if (model.processing.get(key) !== 'fresh') model.processing.set(key, priority);
    return;
  }
  if (model.fresh.includes(key) || (priority === 'again' && model.again.includes(key))) return;
  model.again = model.again.filter((other) => other !== key);
  (priority === 'fresh' ? model.fresh : model.again).push(key);
}

abstract class Command implements fc.AsyncCommand<Model, Real> {
  abstract check(model: Readonly<Model>): boolean;
  abstract act(model: Model, real: Real): Promise<void>;

  async run(model: Model, real: Real): Promise<void> {
    await this.act(model, real);
    const { depth, delayed, processing } = real.queue.readings;
    expect({ depth, delayed, processing }).toEqual({
      depth: model.fresh.length + model.again.length,
      delayed: model.due.size,
      processing: model.processing.size,
    });
  }
}

class Add extends Command {
  readonly key: string;
  constructor(key: string) {
    super();
    this.key = key;
  }
  check = (): boolean => true;
  override toString = (): string => `add ${this.key}`;
  async act(model: Model, { queue }: Real): Promise<void> {
    model.due.delete(this.key);
    modelAdd(model, this.key, 'fresh');
    queue.add(this.key);
  }
}

class AddAfter extends Command {
  readonly key: string;
  readonly ms: number;
  constructor(key: string, ms: number) {
    super();
    this.key = key;
    this.ms = ms;
  }
  check = (): boolean => true;
  override toString = (): string => `add ${this.key} after ${this.ms}`;
  async act(model: Model, { queue }: Real): Promise<void> {
    const known = model.due.get(this.key) ?? Number.POSITIVE_INFINITY;
    model.due.set(this.key, Math.min(known, model.now + this.ms));
    queue.addAfter(this.key, this.ms);
  }
}

class Take extends Command {
  check = (model: Readonly<Model>): boolean => model.fresh.length + model.again.length > 0;
  override toString = (): string => 'take';
  async act(model: Model, { queue }: Real): Promise<void> {
    model.taken += 1;
    const [first, second] = model.taken % 10 === 0 ? [model.again, model.fresh] : [model.fresh, model.again];
    const expected = first.shift() ?? second.shift() ?? '';
    model.processing.set(expected, undefined);
    expect(await queue.next(never)).toBe(expected);
  }
}

class Done extends Command {
  readonly key: string;
  constructor(key: string) {
    super();
    this.key = key;
  }
  check = (model: Readonly<Model>): boolean => model.processing.has(this.key);
  override toString = (): string => `done ${this.key}`;
  async act(model: Model, { queue }: Real): Promise<void> {
    const meanwhile = model.processing.get(this.key);
    model.processing.delete(this.key);
    if (meanwhile !== undefined) modelAdd(model, this.key, meanwhile);
    queue.done(this.key);
  }
}

class Pass extends Command {
  readonly ms: number;
  constructor(ms: number) {
    super();
    this.ms = ms;
  }
  check = (): boolean => true;
  override toString = (): string => `pass ${this.ms}`;
  async act(model: Model, { clock }: Real): Promise<void> {
    // One after the other, since keys due at one moment have no order; so each step is a millisecond.
    for (let passed = 0; passed <= this.ms; passed += 1) {
      const due = [...model.due].filter(([, at]) => at <= model.now + passed).map(([key]) => key);
      for (const key of due) model.due.delete(key);
      for (const key of due) modelAdd(model, key, 'again');
    }
    model.now += this.ms;
    clock.advance(this.ms);
  }
}

describe('WorkQueue', () => {
  it('hands out each key once however often it was added, in order', async () => {
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
    expect(await available()).toEqual(['a', 'b', 'c']);
  });

  it('gives a key that was added during work to a worker only afterwards', async () => {
    queue.add('a');
    await queue.next(never);
    queue.add('a');
    queue.add('a');
    expect(await available()).toEqual([]);
    queue.done('a');
    expect(await available()).toEqual(['a']);
    queue.done('a');
    expect(await available()).toEqual([]);
  });

  it('wakes a waiting worker', async () => {
    const waiting = queue.next(never);
    queue.add('a');
    expect(await waiting).toBe('a');
  });

  it('ends waiting when the worker is told to stop, and loses nothing by that', async () => {
    const stop = new AbortController();
    const waiting = queue.next(stop.signal);
    stop.abort();
    expect(await waiting).toBeUndefined();
    queue.add('a');
    expect(await available()).toEqual(['a']);
  });

  it('hands a delayed key out when it is due, the earliest time counting', async () => {
    queue.addAfter('a', 5_000);
    queue.addAfter('a', 2_000);
    queue.addAfter('a', 9_000);
    clock.advance(1_999);
    expect(await available()).toEqual([]);
    clock.advance(1);
    expect(await available()).toEqual(['a']);
    queue.done('a');
    clock.advance(10_000);
    expect(await available()).toEqual([]);
  });

  it('does not come back later when news made it come now', async () => {
    queue.addAfter('a', 5_000);
    queue.add('a');
    expect(await available()).toEqual(['a']);
    queue.done('a');
    clock.advance(5_000);
    expect(await available()).toEqual([]);
  });

  it('lets news go before what is tried again', async () => {
    queue.addAfter('again', 1);
    clock.advance(1);
    queue.add('fresh');
    expect(await available()).toEqual(['fresh', 'again']);
  });

  it('lets what is tried again come in every tenth turn, however much news there is', async () => {
    queue.addAfter('again', 1);
    clock.advance(1);
    for (let n = 0; n < 1_000; n += 1) queue.add(`fresh-${n}`);
    expect((await available()).indexOf('again')).toBe(9);
  });

  describe('with lanes', () => {
    const most: Record<string, number> = { a: 2, b: 1, slow: 2 };
    const lanesOf = (key: string): readonly Lane[] =>
      key.split('/').flatMap((name) => (most[name] === undefined ? [] : [{ name, most: most[name] }]));

    beforeEach(() => {
      const flowOf = (key: string): string => key.split('/')[0] ?? '';
      queue = new WorkQueue({ baseDelayMs: 1_000, maxDelayMs: 300_000, clock, flowOf, lanesOf });
    });

    /** What so many workers are given; those that would have to wait are not counted. */
    async function given(workers: number): Promise<readonly string[]> {
      const idle = new AbortController();
      const keys = Promise.all(Array.from({ length: workers }, async () => queue.next(idle.signal)));
      idle.abort();
      return (await keys).filter((key) => key !== undefined);
    }

    it('gives workers no more keys of a lane than it has room for, and those of others instead', async () => {
      for (const key of ['a/1', 'a/2', 'a/3', 'a/4', 'b/1', 'b/2', 'c/1', 'c/2']) queue.add(key);
      expect(await given(8)).toEqual(['a/1', 'b/1', 'c/1', 'a/2', 'c/2']);
      queue.done('a/2');
      expect(await given(8)).toEqual(['a/3']);
    });

    it('bounds each lane of a key', async () => {
      for (const key of ['a/slow/1', 'c/slow/1', 'd/slow/1', 'a/1', 'b/1']) queue.add(key);
      expect(await given(8)).toEqual(['a/slow/1', 'c/slow/1', 'b/1', 'a/1']);
    });

    it('gives a waiting worker what a full lane kept back as soon as there is room', async () => {
      for (const key of ['b/1', 'b/2']) queue.add(key);
      await queue.next(never);
      const waiting = queue.next(never);
      queue.done('b/1');
      expect(await waiting).toBe('b/2');
    });

    it('gives back the lanes that a key had, whatever it belongs to by then', async () => {
      queue.add('b/1');
      await queue.next(never);
      most['b'] = 2;
      queue.done('b/1');
      most['b'] = 1;
      for (const key of ['b/2', 'b/3']) queue.add(key);
      expect(await given(2)).toEqual(['b/2']);
    });
  });

  it('backs off twice as long each time, up to the maximum, until it is told to forget', () => {
    expect(Array.from({ length: 11 }, () => queue.addRateLimited('a'))).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000,
    ]);
    queue.forget('a');
    expect(queue.addRateLimited('a')).toBe(1_000);
  });

  it('waits as long as a server asked, a little scattered, when that is more than the back-off', () => {
    expect([queue.addRateLimited('a', 30_000), queue.addRateLimited('a', 10)]).toEqual([33_000, 2_000]);
  });

  it('keeps a retry that came due during work behind news', async () => {
    queue.add('a');
    await queue.next(never);
    queue.addAfter('a', 1);
    clock.advance(1);
    queue.done('a');
    queue.add('fresh');
    expect(await available()).toEqual(['fresh', 'a']);
  });

  it('gives a key that left the line and came back its new place, not its old one', async () => {
    for (const [index, key] of ['b', 'a', 'c'].entries()) queue.addAfter(key, index);
    clock.advance(5);
    queue.add('a');
    await queue.next(never);
    queue.done('a');
    queue.addAfter('a', 0);
    clock.advance(1);
    expect(await available()).toEqual(['b', 'c', 'a']);
  });

  it('tells what waits, for how long, and what was done', async () => {
    queue.add('a');
    clock.advance(200);
    await queue.next(never);
    queue.add('b');
    queue.addRateLimited('c');
    clock.advance(300);
    expect(queue.readings).toEqual({
      depth: 1,
      delayed: 1,
      processing: 1,
      oldestWaitMs: 300,
      longestRunningMs: 300,
      unfinishedMs: 300,
      adds: 2,
      retries: 1,
    });
  });

  // A queue whose time grows with the square of the number would not end within the test's deadline.
  it('hands out two hundred thousand keys in order', async () => {
    const keys = Array.from({ length: 200_000 }, (_, index) => `key-${index}`);
    for (const key of keys) queue.add(key);
    expect(await available(queue)).toEqual(keys);
  });

  it('leaves workers to other flows, however many of one are stuck', async () => {
    const flows = new WorkQueue({
      baseDelayMs: 1_000,
      maxDelayMs: 300_000,
      clock,
      flowOf: (key) => key.slice(0, 1),
      partyOf: (key) => key.slice(0, 1),
    });
    const taken: string[] = [];
    const work = async (): Promise<void> => {
      taken.push((await flows.next(never)) ?? '');
    };
    for (let worker = 0; worker < 16; worker += 1) void work();
    const add = async (flow: string): Promise<string> => {
      for (let n = 0; n < 50; n += 1) flows.add(`${flow}${n}`);
      await turn();
      return taken
        .splice(0)
        .map((key) => key.slice(0, 1))
        .join('');
    };
    const stuck = [await add('a'), await add('b'), await add('c'), await add('d')];
    expect(stuck).toEqual(['a'.repeat(12), 'bbb', 'c', '']);
    // Workers that come free are for those who have few.
    for (const key of ['a0', 'a1']) {
      flows.done(key);
      void work();
    }
    await turn();
    expect(taken.splice(0)).toEqual(['c1', 'd0']);
  });

  it('counts the flows of one party together', async () => {
    const flows = new WorkQueue({
      baseDelayMs: 1_000,
      maxDelayMs: 300_000,
      clock,
      flowOf: (key) => key.slice(0, 2),
      partyOf: (key) => key.slice(0, 1),
    });
    const taken: string[] = [];
    for (let worker = 0; worker < 4; worker += 1) void flows.next(never).then((key) => taken.push(key ?? ''));
    for (const key of ['a1', 'a2', 'a3', 'a4', 'b1']) flows.add(key);
    await turn();
    expect(taken).toEqual(['a1', 'a2', 'a3', 'b1']);
  });

  it('gives a place that came free to the same flow where nobody else waits', async () => {
    const flows = new WorkQueue({ baseDelayMs: 1_000, maxDelayMs: 300_000, clock, partyOf: () => 'a' });
    const taken: string[] = [];
    for (let worker = 0; worker < 4; worker += 1) void flows.next(never).then((key) => taken.push(key ?? ''));
    for (const key of ['1', '2', '3', '4']) flows.add(key);
    await turn();
    const before = [...taken];
    flows.done('1');
    await turn();
    expect([before, taken]).toEqual([
      ['1', '2', '3'],
      ['1', '2', '3', '4'],
    ]);
  });

  it('hands out nothing once shut down', async () => {
    queue.add('a');
    const waiting = newQueue(clock);
    const next = waiting.next(never);
    waiting.shutDown();
    queue.shutDown();
    expect([await queue.next(never), await next]).toEqual([undefined, undefined]);
  });

  it('does exactly what a simple model does, whatever is done with it', async () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd');
    const ms = fc.integer({ min: 0, max: 50 });
    const commands = [
      key.map((key) => new Add(key)),
      fc.tuple(key, ms).map(([key, after]) => new AddAfter(key, after)),
      fc.constant(new Take()),
      key.map((key) => new Done(key)),
      ms.map((passing) => new Pass(passing)),
    ];
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 80 }), async (all) => {
        const time = new FakeClock(() => 1);
        const setup = (): { model: Model; real: Real } => ({
          model: { now: time.monotonic(), taken: 0, fresh: [], again: [], due: new Map(), processing: new Map() },
          real: { queue: newQueue(time), clock: time },
        });
        await fc.asyncModelRun(setup, all);
      }),
      { numRuns: 500 },
    );
  });
});
