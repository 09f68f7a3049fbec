// Permits: each stands for one call, once, and none is lost whatever happens while it is held.
import { describe, expect, test } from 'vitest';
import type { Permit } from '../../../../src/alibaba/limits/call-queue.ts';
import { failed, ok, QueueStage, target, unanswered } from './queue-stage.ts';

/** As a caller does it that has a bug. */
function throwWhileHolding(given: Permit): void {
  const hold = (): void => {
    using _permit = given;
    throw new Error('a bug');
  };
  expect(hold).toThrow('a bug');
}

describe('an exception while a permit is held', () => {
  test('gives the place in flight to the next caller', async () => {
    const stage = new QueueStage(1_000, 1);
    const permit = await stage.admitted('a');
    await stage.enter('b');
    throwWhileHolding(permit);
    expect(stage.woken).toEqual(['b']);
  });

  test('gives the place in flight to the next caller also where the holder had waited', async () => {
    const stage = new QueueStage(1_000, 1);
    const first = await stage.admitted('a');
    for (const uid of ['b', 'c']) await stage.enter(uid);
    first.ended(ok);
    throwWhileHolding(await stage.admitted('b'));
    expect(stage.woken).toEqual(['b', 'c']);
  });

  test('gives the call back to the limit', async () => {
    const stage = new QueueStage(10);
    await stage.exhaust();
    for (const uid of ['a', 'b']) await stage.enter(uid);
    stage.clock.advance(60);
    throwWhileHolding(await stage.admitted('a'));
    expect(stage.woken).toEqual(['a', 'b']);
  });

  test('gives the probe of a silent endpoint to the next caller', async () => {
    const stage = new QueueStage(1_000, 8);
    await stage.silence();
    for (const uid of ['a', 'b']) await stage.enter(uid);
    stage.clock.advance(2_100);
    throwWhileHolding(await stage.admitted('a'));
    expect(stage.woken).toEqual(['a', 'b']);
  });

  test('as often as there are places leaves every place', async () => {
    const stage = new QueueStage(1_000, 3);
    for (let n = 0; n < 12; n += 1) throwWhileHolding(await stage.admitted(`u${n}`));
    const permits = [];
    for (let n = 0; n < 4; n += 1) permits.push(await stage.enter(`v${n}`));
    expect(permits.map((permit) => permit !== undefined)).toEqual([true, true, true, false]);
  });

  test('counts neither as an answer nor as silence', async () => {
    const stage = new QueueStage(1_000, 8);
    for (let n = 0; n < 4; n += 1) (await stage.admitted('x')).ended(unanswered);
    throwWhileHolding(await stage.admitted('x'));
    const before = stage.isHeld;
    (await stage.admitted('x')).ended(unanswered);
    expect([before, stage.isHeld]).toEqual([false, true]);
  });
});

describe('a permit counts once', () => {
  const endings: Readonly<Record<string, (permit: Permit) => void>> = {
    'ended twice': (permit) => {
      permit.ended(ok);
      permit.ended(ok);
    },
    'ended, then disposed of': (permit) => {
      using held = permit;
      held.ended(ok);
    },
    'disposed of, then ended': (permit) => {
      permit[Symbol.dispose]();
      permit.ended(ok);
    },
    'disposed of twice': (permit) => {
      permit[Symbol.dispose]();
      permit[Symbol.dispose]();
    },
  };

  test.each(Object.entries(endings))('when it is %s, one other caller is served', async (_, end) => {
    const stage = new QueueStage(1_000, 2);
    const permit = await stage.admitted('a');
    await stage.admitted('b');
    for (const uid of ['c', 'd', 'e']) await stage.enter(uid);
    end(permit);
    expect(stage.woken).toEqual(['c']);
  });

  test('a call that was not made teaches nothing when it is ended late', async () => {
    const stage = new QueueStage(1_000, 8);
    for (let n = 0; n < 4; n += 1) (await stage.admitted('x')).ended(unanswered);
    const late = await stage.admitted('x');
    late[Symbol.dispose]();
    late.ended(unanswered);
    expect(stage.isHeld).toBe(false);
  });
});

describe('a failure of STS, without whose credentials nothing reaches PCA,', () => {
  test.each([
    ['that does not answer', failed('Transient', undefined, 'STS')],
    ['that is overloaded', failed('Transient', 503, 'STS')],
  ])('%s never holds the endpoint of PCA', async (_, outcome) => {
    const stage = new QueueStage(1_000, 8);
    const permits = [];
    for (let n = 0; n < 12; n += 1) {
      const permit = await stage.admitted(`u${n}`);
      permit.ended(outcome);
      permits.push(permit.endpointHeld);
    }
    expect([stage.isHeld, permits.includes(true)]).toEqual([false, false]);
  });

  test('is no answer of PCA either', async () => {
    const stage = new QueueStage(1_000, 8);
    for (let n = 0; n < 4; n += 1) (await stage.admitted(`u${n}`)).ended(unanswered);
    (await stage.admitted('x')).ended(failed('Permission', 403, 'STS'));
    (await stage.admitted('y')).ended(unanswered);
    expect(stage.isHeld).toBe(true);
  });

  test('that throttles neither slows the calls to PCA nor counts as one', async () => {
    const stage = new QueueStage(10);
    const permits = [];
    for (let n = 0; n < 30; n += 1) {
      const permit = await stage.enter(`u${n}`);
      permit?.ended(failed('Throttled', 400, 'STS'));
      permits.push(permit !== undefined);
    }
    expect(permits).not.toContain(false);
  });
});

test('a caller that is admitted while its earlier permit is out holds two places', async () => {
  const stage = new QueueStage(1_000, 2);
  const permits = [await stage.admitted('a'), await stage.admitted('a')];
  const third = await stage.enter('a');
  permits[0]?.ended(ok);
  const woken = [...stage.woken];
  permits[1]?.ended(ok);
  (await stage.admitted('a')).ended(ok);
  const again = [await stage.enter('b'), await stage.enter('c'), await stage.enter('d')];
  expect({ third, woken, again: again.map((permit) => permit !== undefined) }).toEqual({
    third: undefined,
    woken: ['a'],
    again: [true, true, false],
  });
});

test('a caller that leaves keeps the call that it makes', async () => {
  const stage = new QueueStage(1_000, 1);
  const permit = await stage.admitted('a');
  await stage.enter('b');
  stage.queue.leave('a');
  const early = [...stage.woken];
  permit.ended(ok);
  expect([early, stage.woken]).toEqual([[], ['b']]);
});

test('a place at one limit serves the queue of another limit at the same endpoint', async () => {
  const stage = new QueueStage(1_000, 1);
  const permit = await stage.admitted('a');
  await stage.enter('b', { to: { ...target, limit: { ...target.limit, action: 'Other' } } });
  permit[Symbol.dispose]();
  expect(stage.woken).toEqual(['b']);
});
