// Waiting with a deadline.
import { describe, expect, it } from 'vitest';

import { NotYet, until } from '../../support/wait.ts';

/** Answers these one after the other, throwing those that are errors, and the last one from then on. */
function answers<Value>(...values: readonly (Value | Error)[]): () => Value {
  let next = 0;
  return () => {
    const value = values[Math.min(next, values.length - 1)] as Value | Error;
    next += 1;
    if (value instanceof Error) throw value;
    return value;
  };
}

describe('waiting', () => {
  it('goes on past undefined, false and errors, and answers what came in the end', async () => {
    const check = answers<number | undefined | false>(undefined, false, new Error('refused'), 0);
    expect(await until('a number', check, { everyMs: 1 })).toBe(0);
  });

  it.concurrent.each([
    ['an error', answers<undefined>(new Error('connection refused')), 'connection refused'],
    ['what a check says is missing', answers<undefined>(new NotYet({ replicas: 1 })), '{ replicas: 1 }'],
    ['a value that means no', answers(false), 'false'],
    ['the last of several', answers<undefined>(new Error('first'), new Error('second')), 'second'],
  ])('ends at the deadline naming what was waited for and %s', async (_what, check, seen) => {
    // Not even a machine that stands still for a moment must keep it from a second check.
    await expect(until('two replicas', check, { deadlineMs: 2_500, everyMs: 1 })).rejects.toThrow(
      `Waited 2.5 s in vain: two replicas. Last seen: ${seen}`,
    );
  });

  it.each([
    ['what more there is to tell', async () => '; and the log: empty', '; and the log: empty'],
    [
      'why there is no more to tell',
      async () => Promise.reject(new Error('connection refused')),
      '\nMore could not be found out: connection refused',
    ],
  ])('tells at the deadline %s', async (_what, more, told) => {
    await expect(until('two replicas', () => false, { deadlineMs: 0, everyMs: 1, more })).rejects.toThrow(
      `Waited 0 s in vain: two replicas. Last seen: false${told}`,
    );
  });

  it('checks at least once, whatever the deadline', async () => {
    expect(await until('now', () => true, { deadlineMs: 0 })).toBe(true);
  });
});
