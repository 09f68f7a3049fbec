// Names are resolved in few threads, which those that are not answered may not take from the others.
import type { LookupAddress } from 'node:dns';
import { beforeEach, describe, expect, test } from 'vitest';
import { mostUnanswered, NameLookups } from '../../../src/alibaba/name-lookups.ts';

const found: readonly LookupAddress[] = [{ address: '192.0.2.1', family: 4 }];

/** Threads that resolve what the test lets them. */
class Threads {
  readonly asked: string[] = [];
  readonly #answers = new Map<string, PromiseWithResolvers<readonly LookupAddress[]>>();

  async resolve(name: string): Promise<readonly LookupAddress[]> {
    this.asked.push(name);
    const answer = Promise.withResolvers<readonly LookupAddress[]>();
    this.#answers.set(name, answer);
    return answer.promise;
  }

  answer(name: string): void {
    this.#answers.get(name)?.resolve(found);
  }

  fail(name: string): void {
    this.#answers.get(name)?.reject(new Error(`${name} was not answered`));
  }
}

let threads: Threads;
let names: NameLookups;

beforeEach(() => {
  threads = new Threads();
  names = new NameLookups({ most: 2, resolve: async (name) => threads.resolve(name) });
});

const ask = async (name: string): Promise<readonly LookupAddress[] | string> =>
  names.all(name, { family: 0 }).catch((error: unknown) => (error as Error).message);

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

async function known(name: string): Promise<void> {
  const asking = ask(name);
  threads.answer(name);
  await asking;
  threads.asked.length = 0;
}

test('equal names that are asked for at the same time take one thread', async () => {
  const asking = [ask('a'), ask('a')];
  expect(threads.asked).toEqual(['a']);
  threads.answer('a');
  expect(await Promise.all(asking)).toEqual([found, found]);
});

describe('names that are not answered', () => {
  test('leave threads for those that were answered', async () => {
    await known('pca');
    const silent = ['a', 'b', 'c', 'd'].map(ask);
    const asking = ask('pca');
    expect(threads.asked).toEqual(['a', 'b', 'pca']);
    threads.answer('pca');
    expect(await asking).toEqual(found);
    expect(silent).toHaveLength(4);
  });

  test('make room for the next when they end, well or not', async () => {
    const asking = ['a', 'b', 'c', 'd', 'e'].map(ask);
    threads.fail('a');
    threads.answer('b');
    expect(await Promise.all(asking.slice(0, 2))).toEqual(['a was not answered', found]);
    await settle();
    expect(threads.asked).toEqual(['a', 'b', 'c', 'd']);
    threads.fail('c');
    await settle();
    threads.fail('d');
    threads.answer('e');
    expect(await Promise.all(asking.slice(2))).toEqual(['c was not answered', 'd was not answered', found]);
    void ask('f');
    void ask('g');
    void ask('h');
    expect(threads.asked.slice(5)).toEqual(['f', 'g']);
  });

  test('count as such again when they were answered before', async () => {
    await known('a');
    const asking = ask('a');
    threads.fail('a');
    expect(await asking).toBe('a was not answered');
    void ask('b');
    void ask('c');
    void ask('a');
    expect(threads.asked).toEqual(['a', 'b', 'c']);
  });
});

test.each([
  [{}, 1],
  [{ UV_THREADPOOL_SIZE: '64' }, 16],
  [{ UV_THREADPOOL_SIZE: '1' }, 1],
  [{ UV_THREADPOOL_SIZE: 'many' }, 1],
])('with %j they have so many threads: %i', (environment, most) => {
  expect(mostUnanswered(environment)).toBe(most);
});

test('a name of this machine is found with its own hosts file', async () => {
  expect(await new NameLookups().all('localhost', { family: 4 })).toEqual([{ address: '127.0.0.1', family: 4 }]);
});
