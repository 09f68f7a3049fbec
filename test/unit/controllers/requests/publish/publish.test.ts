// How a decision is made known: the write first, then what follows from its reason, and when the request comes again.
import { describe, expect, test } from 'vitest';
import type { Decision, WaitingDecision } from '../../../../../src/controllers/requests/decision.ts';
import { consequences } from '../../../../../src/controllers/requests/reasons.ts';
import type { RequestReason } from '../../../../../src/controllers/requests/reasons.ts';
import type { ReconcileResult } from '../../../../../src/kubernetes/controller.ts';
import { failure } from '../samples.ts';
import {
  count,
  countedRetry,
  done,
  ended,
  event,
  failed,
  held,
  hour,
  issued,
  issuedEntries,
  issuer,
  log,
  refused,
  retry,
  scene,
  steps,
  told,
  trouble,
  troubled,
  waiting,
} from './scene.ts';

interface Row {
  readonly decision: Decision;
  readonly seen: readonly object[];
  readonly next: ReconcileResult;
  /** Milliseconds that it has lasted already. */
  readonly lasted?: number;
}

const rows: Record<
  Exclude<RequestReason, 'WaitingForApproval' | 'RequestFailed' | 'ResultNotWritten' | 'AnotherOperator'>,
  Row
> = {
  Issued: {
    decision: issued,
    seen: issuedEntries(),
    next: done,
  },
  Failed: {
    decision: failed,
    seen: [
      ...steps(failed),
      ...refused,
      count(ended, { result: 'failed' }),
      log('warn', { issuer }, 'No.'),
      event('Warning', 'Failed', 'No.'),
    ],
    next: done,
  },
  UnknownIssuerKind: {
    decision: { kind: 'ignored', reason: 'UnknownIssuerKind', message: 'No kind of ours.' },
    seen: [
      log('warn', { reason: 'UnknownIssuerKind' }, 'No kind of ours.'),
      event('Warning', 'UnknownIssuerKind', 'No kind of ours.'),
    ],
    next: done,
  },
  IssuerNotFound: told(waiting('IssuerNotFound'), 'Warning'),
  IssuerNotReady: told(waiting('IssuerNotReady'), 'Warning'),
  RetryableError: told(troubled('RetryableError'), 'Warning', ...countedRetry),
  PatienceExceeded: told(troubled('PatienceExceeded'), 'Warning', ...countedRetry),
  WaitingForTurn: { ...told(waiting('WaitingForTurn', hour), 'Normal'), lasted: 30_000 },
  IssuanceLimitReached: told(
    waiting('IssuanceLimitReached', hour),
    'Warning',
    count(held, { reason: 'IssuanceLimitReached' }),
  ),
  ReissueLoop: told(waiting('ReissueLoop', hour), 'Warning', count(held, { reason: 'ReissueLoop' })),
  AskedAgain: told(waiting('AskedAgain', hour), 'Normal', count(held, { reason: 'AskedAgain' })),
  RequestRestored: told(waiting('RequestRestored', hour), 'Warning', count(held, { reason: 'RequestRestored' })),
  KeyFamilyChanged: told(waiting('KeyFamilyChanged'), 'Warning'),
  OwnerHeld: told(waiting('OwnerHeld', hour), 'Warning', count(held, { reason: 'OwnerHeld' })),
};

test.each(Object.entries(rows))('%s is made known', async (_, { decision, seen, next, lasted }) => {
  const { journal, clock, pass, publish } = scene();
  if (lasted !== undefined) pass.memory.queuedFor(clock.monotonic() - lasted);
  expect([await publish(decision), journal.read()]).toEqual([next, seen]);
});

test('a kind that does not exist is told once', async () => {
  const { journal, publish } = scene();
  const { decision, seen } = rows.UnknownIssuerKind;
  expect([await publish(decision), await publish(decision), journal.read()]).toEqual([done, done, seen]);
});

test('only these reasons are told of while they last, and at these levels', () => {
  const kept = Object.entries(consequences).map(([reason, all]) => [
    reason,
    'silentMs' in all ? all.silentMs : 0,
    'log' in all ? all.log : undefined,
  ]);
  expect(kept.filter(([, silentMs, level]) => silentMs !== 0 || level !== undefined)).toEqual([
    ['Issued', 0, 'info'],
    ['Failed', 0, 'warn'],
    ['UnknownIssuerKind', 0, 'warn'],
    ['RetryableError', 0, 'warn'],
    ['PatienceExceeded', 0, 'warn'],
    ['WaitingForTurn', 30_000, undefined],
    ['AnotherOperator', 0, 'warn'],
    ['ResultNotWritten', 0, 'warn'],
  ]);
});

describe('a wait for a turn', () => {
  const turn = waiting('WaitingForTurn', { kind: 'after', ms: 300_000 });

  test('is told when it has lasted for half a minute, and looks again then', async () => {
    const { journal, clock, publish } = scene();
    const nexts = [await publish(turn)];
    clock.advance(29_999);
    nexts.push(await publish(turn));
    const before = journal.read();
    clock.advance(1);
    nexts.push(await publish(turn));
    expect([nexts, before, journal.read().length]).toEqual([
      [{ kind: 'after', ms: 30_000 }, { kind: 'after', ms: 1 }, turn.next],
      [],
      2,
    ]);
  });

  test.each<[string, WaitingDecision, ReconcileResult]>([
    [
      'that ends sooner looks again sooner',
      { ...turn, next: { kind: 'after', ms: 1_000 } },
      { kind: 'after', ms: 1_000 },
    ],
    ['that is woken is looked at when it is', { ...turn, next: done }, done],
  ])('%s', async (_, decision, expected) => {
    expect(await scene().publish(decision)).toEqual(expected);
  });

  test('does not begin with the trouble before it', async () => {
    const { clock, publish } = scene();
    await publish(troubled('RetryableError'));
    clock.advance(30_000);
    expect(await publish(turn)).toEqual({ kind: 'after', ms: 30_000 });
  });

  test('begins anew after anything else', async () => {
    const { clock, publish } = scene();
    await publish(turn);
    await publish({ kind: 'nothing', next: hour });
    clock.advance(30_000);
    expect(await publish(turn)).toEqual({ kind: 'after', ms: 30_000 });
  });
});

describe('a wait', () => {
  const decision = troubled('RetryableError');
  const writes = [{ write: decision }];
  const events = [event('Warning', 'RetryableError', decision.message)];

  test('is written again after five minutes, and told of once', async () => {
    const { journal, clock, publish } = scene();
    await publish(decision);
    clock.advance(299_999);
    const first = journal.read();
    await publish(decision);
    const second = journal.read();
    clock.advance(1);
    await publish(decision);
    expect([first, second, journal.read()]).toEqual([
      [...writes, ...events, ...countedRetry],
      countedRetry,
      [...writes, ...countedRetry],
    ]);
  });

  test('for another cause is news', async () => {
    const { journal, publish } = scene();
    await publish(decision);
    journal.read();
    const other = { ...decision, detail: 'Throttled', trouble: { ...trouble, reason: 'Throttled' as const } };
    await publish(other);
    expect(journal.read().slice(0, 2)).toEqual([{ write: other }, ...events]);
  });

  test('that the status tells already is neither written nor told of', async () => {
    const { journal, clock, pass, publish } = scene([], { message: decision.message });
    expect([await publish(decision), journal.read(), pass.memory.told]).toEqual([
      retry,
      countedRetry,
      { key: 'RetryableError/Transient', at: clock.monotonic() },
    ]);
  });

  test('of a request that is gone ends', async () => {
    const { journal, pass, publish } = scene([{ kind: 'gone' }]);
    expect([await publish(decision), journal.read(), pass.memory.told]).toEqual([
      done,
      [...writes, ...countedRetry],
      undefined,
    ]);
  });

  test.each<[string, WaitingDecision, ReconcileResult]>([
    ['comes again in its own time', decision, retry],
    [
      'that nothing would try again comes again for the write',
      waiting('IssuerNotFound'),
      { kind: 'retry', reason: 'writing why the request waits: Throttled', retryAfterMs: 7_000 },
    ],
  ])('that cannot be written is logged, not told of, and %s', async (_, given, next) => {
    const { journal, pass, publish } = scene([failure('Throttled', 7_000)]);
    expect([await publish(given), journal.read().slice(0, 2), pass.memory.told]).toEqual([
      next,
      [
        { write: given },
        log('warn', { reason: given.reason }, 'The reason for waiting could not be written: Throttled'),
      ],
      undefined,
    ]);
  });
});

test('what names no issuer of ours is written without a word about one', async () => {
  const { journal, publish } = scene([], { issuer: undefined });
  const denied: Decision = { kind: 'denied', message: 'Denied.', at: new Date(0) };
  await publish(troubled('RetryableError'));
  await publish(denied);
  const { decision } = rows.RetryableError;
  expect(journal.read()).toEqual([
    { write: decision },
    event('Warning', 'RetryableError', 'Waits: RetryableError.'),
    { write: denied },
  ]);
});
