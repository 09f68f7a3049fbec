// One reading of a list for all who ask: who shares it, who gets another, and what becomes of a slow or broken one.
import { beforeEach, describe, expect, it } from 'vitest';
import { SharedScan } from '../../../src/authority/shared-scan.ts';
import type { EndlessList, Reader, ScanFailure, Scanned, ScanWindow } from '../../../src/authority/shared-scan.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { until } from '../../support/wait.ts';
import { never, pcaFailure } from './pca-double.ts';

const day = 24 * 3_600_000;
const stillRead = { kind: 'unsettled', message: "The list of the CA's certificates is still being read." };

type Read = (
  window: ScanWindow,
  signal: AbortSignal,
  answers?: (found: string) => boolean,
) => Promise<Scanned<string> | ScanFailure>;

interface Reading {
  readonly by: string;
  readonly from: number;
  readonly signal: AbortSignal;
  readonly end: PromiseWithResolvers<Scanned<string> | ScanFailure | EndlessList>;
}

let clock: FakeClock;
let readings: Reading[];
let scan: { readonly read: Read; readonly readByAnother: Read; readonly last: string | undefined };
let now: () => number;
let began: () => number;

beforeEach(() => {
  clock = new FakeClock();
  readings = [];
  now = () => clock.now().getTime();
  began = () => clock.monotonic();
  const shared = new SharedScan<string>(clock);
  const reader = (by: string): Reader<string> => {
    return (from, signal) => {
      const end = Promise.withResolvers<Scanned<string> | ScanFailure | EndlessList>();
      readings.push({ by, from, signal, end });
      return end.promise;
    };
  };
  const [readerA, readerB] = [reader('a'), reader('b')];
  scan = {
    read: async (window, signal, answers) => shared.read(readerA, window, signal, answers),
    readByAnother: async (window, signal) => shared.read(readerB, window, signal),
    get last() {
      return shared.last;
    },
  };
});

/** Ends a reading, by number, with what it found. */
function finish(number: number, found: string): Scanned<string> {
  const { from, end } = readings[number]!;
  const scanned = { kind: 'ok', found, from } as const;
  end.resolve(scanned);
  return scanned;
}

describe('a reading', () => {
  it('serves all who ask at the same time', async () => {
    const window = { since: began(), from: now() - day };
    const asked = Promise.all([scan.read(window, never), scan.read(window, never), scan.read(window, never)]);
    const scanned = finish(0, 'a');
    expect([await asked, readings.length]).toEqual([[scanned, scanned, scanned], 1]);
  });

  it('goes back to the beginning of the day, so that those who ask about nearly the same time share it', async () => {
    const from = now() - day;
    const asked = scan.read({ since: began(), from }, never);
    const earlier = scan.read({ since: began(), from: Math.floor(from / day) * day }, never);
    finish(0, 'a');
    await Promise.all([asked, earlier]);
    expect(readings.map((reading) => reading.from)).toEqual([Math.floor(from / day) * day]);
  });

  it('is kept for those who ask later about an earlier moment', async () => {
    const window = { since: began(), from: now() - day };
    const asked = scan.read(window, never);
    const scanned = finish(0, 'a');
    await asked;
    clock.advance(60_000);
    expect([await scan.read(window, never), readings.length]).toEqual([scanned, 1]);
  });

  it('does not serve who asks about a newer moment or further back', async () => {
    const window = { since: began(), from: now() - day };
    const asked = scan.read(window, never);
    finish(0, 'a');
    await asked;
    const newer = scan.read({ ...window, since: began() + 1 }, never);
    const second = finish(1, 'b');
    const deeper = scan.read({ since: began(), from: now() - 3 * day }, never);
    const third = finish(2, 'c');
    expect([await newer, await deeper]).toEqual([second, third]);
  });

  it.each([
    ['a newer moment', { since: 1, from: 0 }],
    ['an older beginning', { since: 0, from: -2 * day }],
  ])('is not joined by who needs %s while it runs', async (_, { since, from }) => {
    const window = { since: began(), from: now() - day };
    const first = scan.read(window, never);
    const second = scan.read({ since: window.since + since, from: window.from + from }, never);
    expect(readings.length).toBe(2);
    expect([finish(1, 'b'), finish(0, 'a')]).toEqual([await second, await first]);
  });

  it('that is overtaken leaves the newer one to be joined', async () => {
    const window = { since: began(), from: now() - day };
    const overtaken = scan.read(window, never);
    const newer = { ...window, since: began() + 1 };
    clock.advance(1);
    const first = scan.read(newer, never);
    finish(0, 'a');
    await overtaken;
    const second = scan.read(newer, never);
    const scanned = finish(1, 'b');
    expect([await first, await second, readings.length]).toEqual([scanned, scanned, 2]);
  });
});

it('tells what was found last, until nobody has asked for ten minutes', async () => {
  expect(scan.last).toBeUndefined();
  const window = { since: began(), from: now() };
  const asked = scan.read(window, never);
  finish(0, 'a');
  await asked;
  clock.advance(599_999);
  expect(scan.last).toBe('a');
  clock.advance(599_999);
  expect(await scan.read(window, never)).toEqual({ kind: 'ok', found: 'a', from: window.from - (window.from % day) });
  clock.advance(599_999);
  const newer = scan.read({ ...window, since: began() }, never);
  finish(1, 'b');
  await newer;
  clock.advance(1);
  expect([scan.last, clock.timers]).toEqual(['b', 1]);
  clock.advance(600_000);
  expect([scan.last, clock.timers, readings.length]).toEqual([undefined, 0, 2]);
});

describe('who asks', () => {
  it('waits five seconds; the reading continues and serves the next who asks', async () => {
    const window = { since: began(), from: now() };
    const asked = scan.read(window, never);
    clock.advance(4_999);
    const joined = scan.read(window, never);
    clock.advance(1);
    expect(await asked).toEqual(stillRead);
    const scanned = finish(0, 'a');
    expect([await joined, await scan.read(window, never), readings.length]).toEqual([scanned, scanned, 1]);
    // The one at which the reading is forgotten.
    expect(clock.timers).toBe(1);
  });

  it('stops waiting when its signal aborts, which nobody else notices', async () => {
    const window = { since: began(), from: now() };
    const leaving = new AbortController();
    const [left, stayed] = [scan.read(window, leaving.signal), scan.read(window, never)];
    leaving.abort();
    expect([await left, readings[0]?.signal.aborted]).toEqual([stillRead, false]);
    const scanned = finish(0, 'a');
    expect([await stayed, clock.timers]).toEqual([scanned, 1]);
  });
});

describe('a reading that fails', () => {
  it.each<[string, ScanFailure]>([
    ['with an answer of the cloud', { kind: 'failed', failure: pcaFailure('Permission') }],
    ['with an answer that says nothing', { kind: 'unsettled', message: 'No list.' }],
  ])('%s is told to all who wait and not kept', async (_, failure) => {
    const window = { since: began(), from: now() };
    const asked = [scan.read(window, never), scan.read(window, never)];
    readings[0]?.end.resolve(failure);
    expect([await Promise.all(asked), scan.last]).toEqual([[failure, failure], undefined]);
    const again = scan.read(window, never);
    const scanned = finish(1, 'a');
    expect(await again).toEqual(scanned);
  });

  it('with an exception rejects, and the next one begins anew', async () => {
    const window = { since: began(), from: now() };
    const asked = scan.read(window, never);
    readings[0]?.end.reject(new Error('a defect'));
    await expect(asked).rejects.toThrow('a defect');
    const again = scan.read(window, never);
    const scanned = finish(1, 'a');
    expect([await again, readings.length]).toEqual([scanned, 2]);
  });

  it('with an exception after everybody left leaves nothing behind', async () => {
    const window = { since: began(), from: now() };
    const asked = scan.read(window, never);
    clock.advance(5_000);
    expect(await asked).toEqual(stillRead);
    readings[0]?.end.reject(new Error('a defect'));
    await Promise.allSettled([readings[0]?.end.promise]);
    const again = scan.read(window, never);
    const scanned = finish(1, 'a');
    expect([await again, clock.timers]).toEqual([scanned, 1]);
  });
});

it('ends a reading after a quarter of an hour', async () => {
  const window = { since: began(), from: now() };
  const asked = scan.read(window, never);
  clock.advance(15 * 60_000 - 1);
  expect([await asked, readings[0]?.signal.aborted]).toEqual([stillRead, false]);
  clock.advance(1);
  expect(readings[0]?.signal.aborted).toBe(true);
});

it('is not begun a third time while two are under way', async () => {
  const window = { since: began(), from: now() };
  const asked = [0, 1, 2].map((later) => scan.read({ ...window, since: began() + later }, never));
  expect([readings.length, await asked[2]]).toEqual([2, stillRead]);
  finish(0, 'a');
  await asked[0];
  const third = scan.read({ ...window, since: began() + 2 }, never);
  const scanned = finish(2, 'c');
  expect([await third, readings.length]).toEqual([scanned, 3]);
});

it('that does not answer what is asked is followed by another, which may', async () => {
  const window = { since: began(), from: now() };
  const answers = (found: string): boolean => found === 'b';
  const asked = scan.read(window, never, answers);
  finish(0, 'a');
  expect(await asked).toEqual(stillRead);
  const again = scan.read(window, never, answers);
  const scanned = finish(1, 'b');
  expect([await again, await scan.read(window, never, answers), readings.length]).toEqual([scanned, scanned, 2]);
});

describe('a list without end', () => {
  const told = { kind: 'unsettled', message: 'It has no end. It is read again within the hour.' };
  const window = (): { readonly since: number; readonly from: number } => ({ since: began(), from: now() });

  /** Has the list read once more, to no end. */
  async function readInVain(): Promise<unknown> {
    const asked = scan.read(window(), never);
    readings.at(-1)?.end.resolve({ kind: 'endless', message: 'It has no end.' });
    return asked;
  }

  it('is an outcome of which nothing is kept', async () => {
    expect([await readInVain(), scan.last]).toEqual([told, undefined]);
  });

  it('is left alone for a while, each time longer, up to an hour', async () => {
    const pauses: number[] = [];
    let asked = scan.read(window(), never);
    while (pauses.length < 8) {
      const [count, from] = [readings.length, clock.monotonic()];
      readings.at(-1)?.end.resolve({ kind: 'endless', message: 'It has no end.' });
      while (readings.length === count) {
        expect(await asked).toEqual(told);
        clock.advance(1_000);
        asked = scan.read(window(), never);
      }
      pauses.push(Math.round((clock.monotonic() - from) / 1_000));
    }
    expect(pauses).toEqual([45, 90, 180, 360, 720, 1_440, 2_700, 2_700]);
  });

  it('serves again who asked before it was endless', async () => {
    const early = window();
    const asked = scan.read(early, never);
    const scanned = finish(0, 'a');
    await asked;
    clock.advance(1);
    await readInVain();
    expect([await scan.read(early, never), await scan.read(window(), never)]).toEqual([scanned, told]);
  });

  it('is one that is still read after a quarter of an hour', async () => {
    const asked = scan.read(window(), never);
    clock.advance(15 * 60_000);
    readings[0]?.end.resolve({ kind: 'failed', failure: pcaFailure('Transient') });
    expect(await asked).toEqual(stillRead);
    await Promise.resolve();
    expect(await scan.read(window(), never)).toEqual({
      kind: 'unsettled',
      message: "The list of the CA's certificates was not read to its end in 15 min. It is read again within the hour.",
    });
  });
});

describe('another reader', () => {
  const refused = { kind: 'failed', failure: pcaFailure('Permission') } as const;

  it('is served by what was read, and by what is being read', async () => {
    const window = { since: began(), from: now() - day };
    const asked = Promise.all([scan.read(window, never), scan.readByAnother(window, never)]);
    const scanned = finish(0, 'a');
    expect([await asked, await scan.readByAnother(window, never), readings.map(({ by }) => by)]).toEqual([
      [scanned, scanned],
      scanned,
      ['a'],
    ]);
  });

  it('reads itself where the first was refused, once for all who ask by it', async () => {
    const window = { since: began(), from: now() - day };
    const first = scan.read(window, never);
    const others = Promise.all([scan.readByAnother(window, never), scan.readByAnother(window, never)]);
    readings[0]!.end.resolve(refused);
    expect(await first).toEqual(refused);
    await until('the other to read', () => readings.length === 2);
    const scanned = finish(1, 'b');
    expect([await others, readings.map(({ by }) => by)]).toEqual([
      [scanned, scanned],
      ['a', 'b'],
    ]);
  });

  it('is refused for itself', async () => {
    const window = { since: began(), from: now() - day };
    const both = Promise.all([scan.read(window, never), scan.readByAnother(window, never)]);
    const own = { kind: 'failed', failure: pcaFailure('Credentials') } as const;
    readings[0]!.end.resolve(refused);
    await until('the other to read', () => readings.length === 2);
    readings[1]!.end.resolve(own);
    expect(await both).toEqual([refused, own]);
  });
});
