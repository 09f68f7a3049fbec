// When calls for an issuer may go out: after a check, not while it is held, after a fault one at a time.
import { beforeEach, describe, expect, it } from 'vitest';
import { IssuerSessions, type IssuerSession } from '../../../src/controllers/issuer-sessions.ts';

const key = 'AlibabaPCAIssuer/shop/pca';
const object = { uid: 'u1', generation: 1 };
const session = { ...object } as IssuerSession;
const problem = { reason: 'PermissionDenied', message: 'No.' };
let now = 0;
let sessions: IssuerSessions;
let woken: string[];

beforeEach(() => {
  now = 1_000_000;
  woken = [];
  sessions = new IssuerSessions({ now: () => now, random: () => 0.5 });
  sessions.onChange((changed) => woken.push(changed));
});

it('knows nothing of an issuer that was not checked', () => {
  expect(sessions.state(key, object)).toEqual({ kind: 'unchecked' });
  expect(sessions.admit(key)).toBe(false);
});

it('is ready after a check, for that object and generation only', () => {
  sessions.open(key, session);
  expect(sessions.state(key, object)).toEqual({ kind: 'ready', session });
  expect(sessions.state(key, { uid: 'u1', generation: 2 })).toEqual({ kind: 'unchecked' });
  expect(sessions.state(key, { uid: 'u2', generation: 1 })).toEqual({ kind: 'unchecked' });
  expect(woken).toEqual([key]);
});

it('says nothing new when a check repeats what was known', () => {
  sessions.open(key, session);
  sessions.open(key, { ...session });
  expect(woken).toEqual([key]);
});

it('is closed by a failed check and wakes the requests when it opens again', () => {
  sessions.open(key, session);
  sessions.close(key, problem);
  expect(sessions.state(key, object)).toEqual({ kind: 'notReady', reason: 'PermissionDenied' });
  sessions.open(key, session);
  expect(sessions.state(key, object)).toEqual({ kind: 'ready', session });
  expect(woken).toEqual([key, key, key]);
  expect([sessions.admit(key), sessions.admit(key)]).toEqual([true, true]);
});

describe('after a fault that issuing reported', () => {
  beforeEach(() => {
    sessions.open(key, session);
    sessions.report(key, session, problem);
  });

  it('holds the issuer, twice as long after each fault in a row', () => {
    expect(sessions.held(key, object)).toEqual({ problem, milliseconds: 15_000 });
    now += 15_000;
    expect(sessions.held(key, object)).toBeUndefined();
    const again = { ...session };
    sessions.open(key, again);
    sessions.report(key, again, problem);
    expect(sessions.held(key, object)).toEqual({ problem, milliseconds: 30_000 });
  });

  it('takes answers to calls that went out before for the same fault', () => {
    now += 5_000;
    sessions.report(key, session, problem);
    expect(sessions.held(key, object)).toEqual({ problem, milliseconds: 10_000 });
  });

  it('lets a changed spec through at once', () => {
    expect(sessions.held(key, { uid: 'u1', generation: 2 })).toBeUndefined();
    sessions.open(key, { ...session, generation: 2 });
    expect([sessions.admit(key), sessions.admit(key)]).toEqual([true, true]);
  });

  it('lets one request go first, and all others after its certificate', () => {
    now += 15_000;
    sessions.open(key, session);
    expect([sessions.admit(key), sessions.admit(key)]).toEqual([true, false]);
    sessions.settle(key, false);
    expect([sessions.admit(key), sessions.admit(key)]).toEqual([true, false]);
    woken.length = 0;
    sessions.settle(key, true);
    expect(woken).toEqual([key]);
    expect([sessions.admit(key), sessions.admit(key)]).toEqual([true, true]);
  });
});

it('forgets an issuer that is gone', () => {
  sessions.open(key, session);
  sessions.remove(key);
  expect(sessions.state(key, object)).toEqual({ kind: 'unchecked' });
});
