// How the end of a request is made known: it is kept until it is written, and what follows comes after the write.
import { describe, expect, test } from 'vitest';
import type { Decision, End } from '../../../../../src/controllers/requests/decision.ts';
import { anotherOperatorMessage } from '../../../../../src/controllers/requests/messages.ts';
import type { WriteOutcome } from '../../../../../src/controllers/requests/kinds/request.ts';
import type { ReconcileResult } from '../../../../../src/kubernetes/controller.ts';
import { failure, uid } from '../samples.ts';
import {
  count,
  countedRetry,
  done,
  ended,
  event,
  failed,
  issued,
  issuedEntries,
  log,
  refused,
  scene,
  steps,
  trouble,
} from './scene.ts';

describe('a denial', () => {
  const denied: Decision = { kind: 'denied', message: 'Denied.', at: new Date(0) };
  test.each<[string, WriteOutcome, ReconcileResult, readonly object[], number]>([
    ['is written and counted', { kind: 'written' }, done, [count(ended, { result: 'denied' })], 0],
    ['of a request that is gone is not counted', { kind: 'gone' }, done, [], 0],
    ['of a request that somebody else ended is not counted', { kind: 'ended' }, done, [], 0],
    [
      'that cannot be written is written later',
      failure('Transient'),
      { kind: 'retry', reason: 'writing the denial: Transient' },
      [],
      1,
    ],
  ])('%s', async (_, outcome, next, seen, remembered) => {
    const { journal, memories, publish } = scene([outcome]);
    expect([await publish(denied), journal.read(), memories.size]).toEqual([
      next,
      [{ write: denied }, ...seen],
      remembered,
    ]);
  });
});

describe('an end', () => {
  test('is kept until it is written, and told of once while it is not', async () => {
    const { journal, clock, memories, publish } = scene([failure('Invalid'), failure('Invalid', 9_000)]);
    const note =
      'The certificate was issued and is kept, but the status of this request cannot be written: Invalid. It is tried again automatically; nothing is issued a second time.';
    const attempt = [
      { step: 'VerdictReached' },
      { write: issued },
      log('warn', { failure: 'Invalid' }, 'The result of the request could not be written: Invalid'),
    ];
    const nexts = [await publish(issued)];
    const first = journal.read();
    clock.advance(600_000);
    nexts.push(await publish(issued));
    const second = journal.read();
    const kept = memories.get(uid)?.decided;
    nexts.push(await publish(issued));
    expect({ nexts, first, second, third: journal.read(), kept, left: memories.size }).toEqual({
      nexts: [
        { kind: 'retry', reason: 'writing the result: Invalid' },
        { kind: 'retry', reason: 'writing the result: Invalid', retryAfterMs: 9_000 },
        done,
      ],
      first: [...attempt, event('Warning', 'ResultNotWritten', note)],
      second: attempt,
      third: issuedEntries(699),
      kept: issued,
      left: 0,
    });
  });

  test('that failed is told of in other words while it is not written', async () => {
    const { journal, publish } = scene([failure('Invalid')]);
    await publish(failed);
    const note =
      'The request is refused, but the status of this request cannot be written: Invalid. It is tried again automatically; nothing is issued a second time.';
    expect(journal.read().at(-1)).toEqual(event('Warning', 'ResultNotWritten', note));
  });

  test.each<[string, End, readonly object[]]>([
    [
      'whose certificate nobody has is reported',
      issued,
      [{ abandoned: { key: 'shop/web-1', uid }, message: 'Issued.', fate: 'gone' }],
    ],
    ['without certificate is not, but counted', failed, refused],
    [
      'with an unused one is reported',
      { ...failed, unused: 'pca-9' },
      [...refused, { abandoned: 'shop/web-1', message: 'No.', unused: 'pca-9' }],
    ],
  ])('of a request that is gone %s', async (_, end, seen) => {
    const { journal, memories, publish } = scene([{ kind: 'gone' }]);
    expect([await publish(end), journal.read(), memories.size]).toEqual([done, [...steps(end), ...seen], 0]);
  });

  test.each<[string, End, readonly object[]]>([
    [
      'is told of together with what becomes of the certificate',
      issued,
      [
        { abandoned: { key: 'shop/web-1', uid }, message: 'Issued.', fate: 'ended' },
        event('Warning', 'AnotherOperator', 'What became of it.'),
      ],
    ],
    [
      'is told of, also where there is no certificate',
      failed,
      [
        log('warn', { issuer: 'AlibabaPCAIssuer/shop/pca', reason: 'AnotherOperator' }, anotherOperatorMessage),
        count('pca_issuer_other_operator_total', {}),
        event('Warning', 'AnotherOperator', anotherOperatorMessage),
      ],
    ],
  ])('of a request that somebody else ended %s', async (_, end, seen) => {
    const { journal, memories, publish } = scene([{ kind: 'ended' }]);
    expect([await publish(end), journal.read(), memories.size]).toEqual([done, [...steps(end), ...seen], 0]);
  });

  test('for trouble that lasted too long counts its last try once', async () => {
    const { journal, publish } = scene([failure('Transient')]);
    const end = { ...failed, reason: 'PatienceExceeded', trouble } as const;
    await publish(end);
    const first = journal.read().slice(0, 4);
    await publish(end);
    expect([first, journal.read().slice(0, 3)]).toEqual([
      [{ step: 'VerdictReached' }, { write: end }, ...countedRetry],
      steps(end),
    ]);
  });

  test('with an unused certificate offers it once the end is written', async () => {
    const { journal, publish } = scene([failure('Transient')]);
    const end = { ...failed, unused: 'pca-9' };
    await publish(end);
    const first = journal.read().filter((entry) => 'offered' in entry);
    await publish(end);
    expect([first, journal.read().slice(0, 6)]).toEqual([[], [...steps(end), ...refused, { offered: 'pca-9' }]]);
  });
});
