// Whose turn it is: limits hold, the queue is fair, and a silent endpoint is probed by one call.
import { describe, expect, test } from 'vitest';
import { failed, ok, QueueStage, target, unanswered } from './queue-stage.ts';

describe('a limit', () => {
  test('queues callers whose turn has not come, wakes them in order, and sets their calls aside', async () => {
    const stage = new QueueStage(10);
    await stage.exhaust();
    const early = [await stage.enter('a'), await stage.enter('b')];
    stage.clock.advance(1_000);
    const { woken } = stage;
    expect({ early, woken }).toEqual({ early: [undefined, undefined], woken: ['a', 'b'] });
    await stage.admitted('a');
    await stage.admitted('b');
  });

  test('does not let a new caller pass those who wait', async () => {
    const stage = new QueueStage(10);
    await stage.exhaust();
    await stage.enter('a');
    stage.clock.skip(10_000);
    expect(await stage.enter('b')).toBeUndefined();
  });

  test('keeps the place of a caller that enters again while it waits', async () => {
    const stage = new QueueStage(10);
    await stage.exhaust();
    for (const uid of ['a', 'b', 'a']) await stage.enter(uid);
    stage.clock.advance(300);
    expect(stage.woken).toEqual(['a', 'b']);
  });

  test('gives the call of a caller that leaves to the next', async () => {
    const stage = new QueueStage(10);
    await stage.exhaust();
    await stage.enter('a');
    stage.clock.advance(60);
    await stage.enter('b');
    stage.woken.length = 0;
    stage.queue.leave('a');
    expect(stage.woken).toEqual(['b']);
  });

  test('of one account costs another nothing', async () => {
    const stage = new QueueStage(10);
    (await stage.admitted('a')).ended(failed('Throttled', 429));
    expect(await stage.enter('a')).toBeUndefined();
    await stage.admitted('x', { to: { ...target, limit: { ...target.limit, account: 'b' } } });
  });

  test('sets no call aside within a moment of a throttled one', async () => {
    const stage = new QueueStage(1_000, 1);
    const permit = await stage.admitted('a');
    await stage.enter('b');
    permit.ended(failed('Throttled', 400));
    const atOnce = [...stage.woken];
    stage.clock.advance(300);
    expect([atOnce, stage.woken]).toEqual([[], ['b']]);
  });

  test('is read with its rate and who waits', async () => {
    const stage = new QueueStage(10);
    await stage.exhaust();
    await stage.enter('a');
    expect(stage.queue.readings).toEqual([{ limit: target.limit, ratePerSecond: 10, waiting: 1, held: false }]);
  });

  test('serves nobody any more when the queue is closed', async () => {
    const stage = new QueueStage(10);
    await stage.exhaust();
    await stage.enter('a');
    stage.queue.close();
    stage.clock.advance(10_000);
    expect(stage.woken).toEqual([]);
  });
});

test('a caller that leaves as soon as it is woken leaves no timer behind', async () => {
  const stage = new QueueStage(10);
  await stage.exhaust();
  const leaver = { uid: 'a', flow: 'f', priority: async () => 'Urgent' as const, wake: () => stage.queue.leave('a') };
  await stage.queue.enter(target, leaver);
  for (const uid of ['b', 'c']) await stage.enter(uid);
  stage.clock.advance(100);
  stage.queue.close();
  stage.clock.advance(10_000);
  expect(stage.woken).toEqual(['b']);
});

describe('fairness', () => {
  test('a single request is delayed by one call, whoever else has ten thousand', async () => {
    const stage = new QueueStage(10);
    await stage.exhaust();
    for (let n = 0; n < 10_000; n += 1) await stage.enter(`many-${n}`, { flow: 'many' });
    await stage.enter('single', { flow: 'single' });
    stage.clock.advance(600);
    expect(stage.woken.slice(0, 3)).toContain('single');
  });

  test('urgent callers go first and retries last, but a tenth of the turns goes round those behind', async () => {
    const stage = new QueueStage(10);
    await stage.exhaust();
    for (const priority of ['Retry', 'Renewal', 'Urgent'] as const)
      for (let n = 0; n < 30; n += 1) await stage.enter(`${priority}-${n}`, { priority, flow: `${priority}-${n}` });
    stage.clock.advance(20_000);
    const order = stage.woken.map((uid) => uid.split('-')[0]);
    const behind = order.slice(0, 30).filter((priority) => priority !== 'Urgent');
    expect([order.length, behind]).toEqual([90, ['Renewal', 'Retry', 'Renewal']]);
  });

  test('a renewal is not kept waiting by thousands of others before and behind it', async () => {
    const stage = new QueueStage(10, 10_000);
    await stage.exhaust();
    for (let n = 0; n < 3_000; n += 1) await stage.enter(`urgent-${n}`, { flow: 'many' });
    for (let n = 0; n < 2_000; n += 1) await stage.enter(`retry-${n}`, { flow: 'many', priority: 'Retry' });
    await stage.enter('renewal', { flow: 'one', priority: 'Renewal' });
    stage.clock.advance(600_000);
    expect([stage.woken.length, stage.woken.indexOf('renewal')]).toEqual([5_001, 9]);
  });
});

describe('the priority', () => {
  test('is asked only where the caller has to be queued', async () => {
    const stage = new QueueStage(10);
    (await stage.admitted('free')).ended(ok);
    const whileFree = [...stage.asked];
    await stage.exhaust();
    await stage.enter('a');
    await stage.enter('a');
    stage.clock.advance(1_000);
    await stage.admitted('a');
    expect([whileFree, stage.asked, stage.woken]).toEqual([[], ['a'], ['a']]);
  });

  test('is not waited for by others', async () => {
    const stage = new QueueStage(10);
    await stage.exhaust();
    void stage.enter('slow', { priority: async () => new Promise(() => undefined) });
    await stage.enter('a');
    stage.clock.advance(300);
    expect(stage.woken).toEqual(['a']);
  });

  /** A caller that waits for its priority at an exhausted limit. */
  async function asking(stage: QueueStage) {
    await stage.exhaust();
    const answer = Promise.withResolvers<'Urgent'>();
    return { answer, entered: stage.enter('a', { priority: async () => answer.promise }) };
  }

  test('comes too late where the queue has become free: the caller is admitted', async () => {
    const stage = new QueueStage(10);
    const { answer, entered } = await asking(stage);
    stage.clock.advance(1_000);
    answer.resolve('Urgent');
    expect([await entered, stage.woken]).toEqual([expect.anything(), []]);
  });

  test('comes too late for a caller that has left: it gets no place', async () => {
    const stage = new QueueStage(10);
    const { answer, entered } = await asking(stage);
    stage.queue.leave('a');
    answer.resolve('Urgent');
    expect(await entered).toBeUndefined();
    stage.clock.advance(1_000);
    expect([stage.woken, stage.queue.readings[0]?.waiting]).toEqual([[], 0]);
  });

  test('comes too late for a caller that has left and come again: it has one place', async () => {
    const stage = new QueueStage(10);
    const { answer, entered } = await asking(stage);
    stage.queue.leave('a');
    await stage.enter('a');
    answer.resolve('Urgent');
    await entered;
    stage.clock.advance(1_000);
    expect(stage.woken).toEqual(['a']);
  });

  test('comes too late for a caller that has entered elsewhere: its place is there', async () => {
    const stage = new QueueStage(10);
    const { answer, entered } = await asking(stage);
    const other = { ...target, limit: { ...target.limit, account: 'b' } };
    (await stage.admitted('a', { to: other })).ended(ok);
    answer.resolve('Urgent');
    expect(await entered).toBeUndefined();
    stage.clock.advance(1_000);
    expect(stage.woken).toEqual([]);
  });

  test('of one caller that enters several times at once makes one place', async () => {
    const stage = new QueueStage(10);
    await stage.exhaust();
    const entered = await Promise.all([stage.enter('a'), stage.enter('a'), stage.enter('a')]);
    const waiting = stage.queue.readings[0]?.waiting;
    stage.clock.advance(1_000);
    expect([entered, waiting, stage.woken]).toEqual([[undefined, undefined, undefined], 1, ['a']]);
  });

  test('that cannot be read leaves the caller without a place, and others unharmed', async () => {
    const stage = new QueueStage(10, 1);
    await stage.exhaust();
    const fails = async (): Promise<never> => Promise.reject(new Error('a bug'));
    await expect(stage.enter('a', { priority: fails })).rejects.toThrow('a bug');
    await stage.enter('b');
    stage.clock.advance(1_000);
    expect([stage.woken, stage.queue.readings[0]?.waiting]).toEqual([['b'], 0]);
  });
});

describe('a silent endpoint', () => {
  test('is left alone, then probed by one call, then used more with each answer', async () => {
    const stage = new QueueStage(1_000, 8);
    await stage.silence();
    for (let n = 0; n < 20; n += 1) await stage.enter(`w${n}`);
    const held = { isHeld: stage.isHeld, woken: stage.woken.length };
    stage.clock.advance(2_100);
    const probed = stage.woken.length;
    const sizes: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      const permits = await Promise.all(stage.woken.splice(0).map(async (uid) => stage.admitted(uid)));
      for (const permit of permits) permit.ended(ok);
      stage.clock.advance(10);
      sizes.push(stage.woken.length);
    }
    expect({ held, probed, sizes, isHeld: stage.isHeld }).toEqual({
      held: { isHeld: true, woken: 0 },
      probed: 1,
      sizes: [2, 8, 8, 1],
      isHeld: false,
    });
  });

  test('is left alone longer after a probe without answer', async () => {
    const stage = new QueueStage(1_000, 8);
    await stage.silence();
    for (let n = 0; n < 3; n += 1) await stage.enter(`w${n}`);
    stage.clock.advance(2_100);
    (await stage.admitted('w0')).ended(unanswered);
    stage.clock.advance(3_500);
    const early = stage.woken.length;
    stage.clock.advance(1_000);
    expect([early, stage.woken.length]).toEqual([1, 2]);
  });

  test('does not hold another endpoint', async () => {
    const stage = new QueueStage(1_000, 8);
    await stage.silence();
    await stage.admitted('x', { to: { ...target, endpoint: 'HTTPS other' } });
  });

  test('is known to those who enter, and to the holder of the call that made it so', async () => {
    const stage = new QueueStage(1_000, 8);
    const told: boolean[] = [];
    for (let n = 0; n < 5; n += 1) {
      const permit = await stage.admitted(`silent-${n}`);
      permit.ended(unanswered);
      told.push(permit.endpointHeld);
    }
    const wait = { uid: 'a', flow: 'f', priority: async () => 'Urgent' as const, wake: () => undefined };
    const admission = await stage.queue.enter(target, wait);
    expect([told, admission]).toEqual([[false, false, false, false, true], { kind: 'queued', endpointHeld: true }]);
  });

  test('four failures, or five with an answer between, hold nothing', async () => {
    const stage = new QueueStage(1_000, 8);
    for (const outcome of [unanswered, unanswered, unanswered, unanswered, ok, unanswered])
      (await stage.admitted('x')).ended(outcome);

    expect(stage.isHeld).toBe(false);
  });

  test.each([
    ['no status', true, failed('OutcomeUnknown')],
    ['no connection', true, failed('Transient')],
    ['an unknown failure without status', true, failed('Unknown')],
    ['503', true, failed('OutcomeUnknown', 503)],
    ['500', false, failed('OutcomeUnknown', 500)],
    ['a refusal', false, failed('RequestRejected', 400)],
    ['a call that was cancelled', false, failed('Cancelled')],
    ['a throttled call', false, failed('Throttled', 503)],
    ['a certificate', false, ok],
  ])('%s five times holds the endpoint: %s', async (_, isHeld, outcome) => {
    const stage = new QueueStage(1_000, 8);
    for (let n = 0; n < 5; n += 1) {
      (await stage.admitted('x')).ended(outcome);
      if (!isHeld) stage.clock.advance(300);
    }
    expect(stage.isHeld).toBe(isHeld);
  });
});

test('an endpoint never has more calls in flight than it may', async () => {
  const stage = new QueueStage(1_000, 3);
  const entered = [];
  for (let n = 0; n < 10; n += 1) entered.push(await stage.enter(`u${n}`));
  const permits = entered.filter((permit) => permit !== undefined);
  permits[0]?.ended(ok);
  expect([permits.length, stage.woken]).toEqual([3, ['u3']]);
});
