// Hosts that keep quiet leave places for those that answer, however many names they have; what nobody uses is forgotten.
import { beforeEach, describe, expect, test } from 'vitest';
import type { Permit } from '../../../../src/alibaba/limits/call-queue.ts';
import { at, ok, QueueStage, target, unanswered } from './queue-stage.ts';

const mostInFlight = 48;
const mostUnproven = 32;
let stage: QueueStage;

beforeEach(() => {
  stage = new QueueStage(100_000, mostInFlight, mostUnproven);
});

/** As many callers as given; the permits of those that may call at once. */
async function enter(count: number, endpoint: string, owner?: string): Promise<readonly Permit[]> {
  const named = owner === undefined ? {} : { owner };
  const entered = [];
  for (let n = 0; n < count; n += 1)
    entered.push(await stage.enter(`${endpoint}-${n}`, { to: at(endpoint), flow: endpoint, ...named }));

  return entered.filter((permit) => permit !== undefined);
}

/** The endpoint answers one call. */
async function prove(endpoint: string): Promise<void> {
  (await stage.admitted(`proof of ${endpoint}`, { to: at(endpoint) })).ended(ok);
}

/** Calls that go out at so many endpoints of one namespace to which so many callers come each. */
async function out(endpoints: number, callers: number, owner?: string): Promise<number> {
  let calls = 0;
  for (let e = 0; e < endpoints; e += 1) calls += (await enter(callers, `${owner}-${e}`, owner)).length;
  return calls;
}

describe('endpoints that have not answered', () => {
  test('have a few calls in flight each, and half of the share of all where one namespace names them', async () => {
    expect([await out(1, 60, 'a'), await out(60, 60, 'b'), await out(60, 60, 'c')]).toEqual([4, 16, 12]);
  });

  test('of the cluster or of several namespaces have the whole share, and no more', async () => {
    await enter(1, 'undefined-0', 'a');
    expect(await out(60, 60)).toBe(mostUnproven - 1);
  });

  test('leave one that answers its own places', async () => {
    await prove('good');
    await out(60, 60, 'a');
    await out(60, 60, 'b');
    expect((await enter(100, 'good')).length).toBe(mostInFlight);
  });

  test('leave a place for one that is new', async () => {
    await out(60, 60, 'a');
    expect((await enter(1, 'new', 'b')).length).toBe(1);
  });

  test('take turns in the share', async () => {
    const permits = [...(await enter(1, 'a', 'x')), ...(await enter(3, 'b', 'x'))];
    for (let e = 0; e < 12; e += 1) permits.push(...(await enter(1, `fill-${e}`, 'x')));
    for (const endpoint of ['a', 'b', 'c'])
      for (let n = 10; n < 13; n += 1) await stage.enter(`${endpoint}-${n}`, { to: at(endpoint), owner: 'x' });
    for (const permit of permits.slice(4, 7)) permit.ended(unanswered);
    expect(stage.woken).toEqual(['a-10', 'b-10', 'c-10']);
  });
});

describe('an endpoint answers', () => {
  test('from its first answer on', async () => {
    const [first] = await enter(60, 'a');
    expect(stage.woken.length).toBe(0);
    first?.ended(ok);
    expect(stage.woken.length).toBe(mostInFlight - 3);
  });

  test('until a call has no answer', async () => {
    await prove('a');
    const [first, ...others] = await enter(6, 'a');
    first?.ended(unanswered);
    expect([others.length, (await enter(1, 'a-again')).length, await stage.enter('x', { to: at('a') })]).toEqual([
      5,
      1,
      undefined,
    ]);
  });

  test('until its calls in flight have waited for five seconds, and again with the next answer', async () => {
    await prove('a');
    const [first] = await enter(6, 'a');
    stage.clock.advance(5_000);
    const whileQuiet = await stage.enter('x', { to: at('a') });
    first?.ended(ok);
    expect([whileQuiet, stage.woken]).toEqual([undefined, ['x']]);
  });

  test('for ten minutes after its last answer', async () => {
    await prove('a');
    stage.clock.advance(10 * 60_000);
    expect((await enter(60, 'a')).length).toBe(4);
  });

  test('not because something else than an issuing call was answered', async () => {
    await enter(1, 'a');
    stage.queue.heard('a');
    expect((await enter(60, 'a')).length).toBe(3);
  });
});

test('an answer that something else got ends a trip in time', async () => {
  await stage.silence();
  stage.clock.advance(30_000);
  stage.queue.heard(target.endpoint);
  const soon = stage.isHeld;
  stage.clock.advance(30_000);
  expect([soon, stage.isHeld]).toEqual([true, false]);
});

describe('what nobody uses', () => {
  const dayMs = 24 * 3_600_000;
  const names = (): readonly string[] => stage.queue.readings.map(({ limit }) => limit.account);

  test('is forgotten after a day', async () => {
    await prove('a');
    stage.clock.advance(dayMs - 1);
    await prove('b');
    const before = names();
    stage.clock.advance(1);
    expect([before, names()]).toEqual([['a', 'b'], ['b']]);
  });

  test('is forgotten before that where there is too much of it, the oldest first', async () => {
    for (let n = 0; n < 1_500; n += 1) await prove(`e${n}`);
    const kept = names();
    expect([kept.length <= 1_000, kept.at(-1), kept.includes('e0')]).toEqual([true, 'e1499', false]);
  });

  test('is not what somebody waits for or calls', async () => {
    stage = new QueueStage(100_000, 1);
    const out = await stage.admitted('x', { to: at('calls') });
    await stage.admitted('y', { to: at('waits') });
    await stage.enter('z', { to: at('waits') });
    for (let n = 0; n < 1_500; n += 1) await prove(`e${n}`);
    stage.clock.advance(dayMs);
    const kept = names();
    out.ended(ok);
    expect([kept, names()]).toEqual([['calls', 'waits'], ['waits']]);
  });
});
