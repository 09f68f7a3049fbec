// The one deadline: who ends it, what waiting comes to, and that it leaves nothing behind.
import { getEventListeners } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';
import { startDeadline } from '../../../src/timing/deadline.ts';
import { FakeClock } from '../../support/fake-clock.ts';

let clock: FakeClock;
let caller: AbortController;
const never = new Promise<never>(() => {});

beforeEach(() => {
  clock = new FakeClock();
  caller = new AbortController();
});

describe('a deadline', () => {
  it('runs until its time, and expires then', () => {
    using deadline = startDeadline(100, caller.signal, clock);
    clock.advance(99);
    expect([deadline.ms, deadline.remainingMs(), deadline.state(), deadline.signal.aborted]).toEqual([
      100,
      1,
      'running',
      false,
    ]);
    clock.advance(1);
    expect([deadline.state(), deadline.signal.aborted, caller.signal.aborted]).toEqual(['expired', true, false]);
  });

  it('ignores the wall clock', () => {
    using deadline = startDeadline(100, undefined, clock);
    clock.jump(3_600_000);
    expect([deadline.remainingMs(), deadline.state()]).toEqual([100, 'running']);
  });

  it.each([true, false])('is cancelled by its caller (before it started: %s)', (before) => {
    if (before) caller.abort();
    using deadline = startDeadline(100, caller.signal, clock);
    caller.abort();
    expect([deadline.state(), deadline.signal.aborted]).toEqual(['cancelled', true]);
  });

  it.each(['cancelled', 'expired'] as const)('stays %s whatever comes later', (first) => {
    using deadline = startDeadline(100, caller.signal, clock);
    if (first === 'cancelled') caller.abort();
    clock.advance(100);
    caller.abort();
    expect(deadline.state()).toBe(first);
  });

  it('is lifted, but its caller can still cancel', () => {
    using deadline = startDeadline(100, caller.signal, clock);
    deadline.lift();
    clock.advance(1_000);
    const lifted = deadline.state();
    caller.abort();
    expect([lifted, deadline.state(), clock.timers]).toEqual(['running', 'cancelled', 0]);
  });
});

describe('waiting', () => {
  it('hands on the value', async () => {
    using deadline = startDeadline(100, caller.signal, clock);
    expect(await deadline.wait(Promise.resolve(7))).toEqual({ kind: 'value', value: 7 });
  });

  it('never rejects: what is thrown is handed on', async () => {
    using deadline = startDeadline(100, caller.signal, clock);
    const thrown = new Error('broken');
    expect(await deadline.wait(Promise.reject(thrown))).toEqual({ kind: 'thrown', thrown });
  });

  it('ends when the time is over, for all who wait', async () => {
    using deadline = startDeadline(100, caller.signal, clock);
    const waiting = Promise.all([deadline.wait(never), deadline.wait(never)]);
    clock.advance(100);
    expect(await waiting).toEqual([{ kind: 'DeadlineExceeded' }, { kind: 'DeadlineExceeded' }]);
  });

  it('ends when the caller cancels', async () => {
    using deadline = startDeadline(100, caller.signal, clock);
    const waiting = deadline.wait(never);
    caller.abort();
    expect(await waiting).toEqual({ kind: 'Cancelled' });
  });

  it.each([
    ['settled before', () => Promise.resolve(7)],
    ['rejected before', () => Promise.reject(new Error('broken'))],
  ])('is not overtaken by a promise that %s, once it is over', async (_name, promise) => {
    using expired = startDeadline(100, undefined, clock);
    clock.advance(100);
    caller.abort();
    using cancelled = startDeadline(100, caller.signal, clock);
    expect([await expired.wait(promise()), await cancelled.wait(promise())]).toEqual([
      { kind: 'DeadlineExceeded' },
      { kind: 'Cancelled' },
    ]);
  });

  it('ends when the deadline is disposed of, or was before', async () => {
    const deadline = startDeadline(100, caller.signal, clock);
    const unused = startDeadline(100, caller.signal, clock);
    const waiting = deadline.wait(never);
    deadline[Symbol.dispose]();
    unused[Symbol.dispose]();
    const ends = [await waiting, await deadline.wait(never), await unused.wait(never)];
    expect(ends).toEqual(Array.from({ length: 3 }, () => ({ kind: 'Cancelled' })));
  });

  it('swallows what a promise throws after the end', async () => {
    using deadline = startDeadline(100, caller.signal, clock);
    const { promise, reject } = Promise.withResolvers<never>();
    const waiting = deadline.wait(promise);
    clock.advance(100);
    reject(new Error('late'));
    // An unhandled rejection would fail the run.
    expect(await waiting).toEqual({ kind: 'DeadlineExceeded' });
  });
});

describe('disposing', () => {
  it.each([
    ['running', (): void => undefined],
    ['cancelled', (): void => caller.abort()],
    ['expired', (): void => clock.advance(100)],
  ] as const)('of one that is %s leaves no listener and no timer', async (state, act) => {
    {
      using deadline = startDeadline(100, caller.signal, clock);
      act();
      await deadline.wait(Promise.resolve());
      expect(deadline.state()).toBe(state);
    }
    expect([getEventListeners(caller.signal, 'abort'), clock.timers]).toEqual([[], 0]);
  });

  it('happens also when the block throws', () => {
    const block = (): void => {
      using deadline = startDeadline(100, caller.signal, clock);
      throw new Error(`with ${deadline.remainingMs()} ms left`);
    };
    expect(block).toThrow('with 100 ms left');
    expect([getEventListeners(caller.signal, 'abort'), clock.timers]).toEqual([[], 0]);
  });
});
