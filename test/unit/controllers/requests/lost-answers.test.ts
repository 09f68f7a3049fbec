// An answer was lost and its asker waits for a minute: its certificate is looked for within ten seconds with default settings,
// whatever troubles came before, and while a fault holds the issuer.
import { describe, expect, test } from 'vitest';
import type { Found } from '../../../../src/authority/certificate-authority.ts';
import { WorkQueue } from '../../../../src/kubernetes/work-queue.ts';
import { parseOptions } from '../../../../src/runtime/options.ts';
import { failed } from '../../../support/fake-authority.ts';
import { uids, web } from '../characterization/material.ts';
import { finds } from './replies.ts';
import { issuerName, Rig } from './rig.ts';

const key = 'shop/web-1';
const noAnswer = failed('OutcomeUnknown', { httpStatus: undefined });
const transient = failed('Transient');
const longestMs = 10_000;

/** A queue as the operator builds it with default flags, and a request that is looked at when its time has come. */
async function play(rig: Rig, untilMs: number) {
  const parsed = parseOptions([], {});
  if (parsed.kind !== 'run') throw new Error('The defaults are no settings.');
  const { 'retry-base-delay': baseDelayMs, 'retry-max-delay': maxDelayMs } = parsed.options;
  const queue = new WorkQueue({ baseDelayMs, maxDelayMs, clock: rig.clock });
  const looks: { readonly at: number; readonly asked: number }[] = [];
  const began = rig.clock.monotonic();
  queue.add(key);
  const { signal } = new AbortController();
  while (rig.clock.monotonic() - began < untilMs) {
    if (queue.depth === 0) {
      rig.clock.advance(100);
      continue;
    }
    const taken = await queue.next(signal);
    if (taken === undefined) break;
    const result = await rig.reconcile();
    queue.done(key);
    if (result.kind === 'after') {
      queue.forget(key);
      queue.addAfter(key, result.ms);
    } else if (result.kind === 'retry') queue.addRateLimited(key, result.retryAfterMs);
    looks.push({ at: rig.clock.monotonic() - began, asked: rig.authority.asked.length });
    if (result.kind === 'done') break;
  }
  return looks;
}

/** The longest pause between two questions to PCA from the lost answer on (ms). */
function longestPause(looks: readonly { readonly at: number }[], from: number): number {
  const after = looks.slice(from).map(({ at }) => at);
  return Math.max(...after.slice(1).map((at, index) => at - (after[index] ?? 0)));
}

test('it is looked for every few seconds for as long as its asker waits, whatever came before', async () => {
  const before = 8;
  const unread: Found = transient;
  const rig = new Rig({
    pca: {
      issue: [...Array.from({ length: before }, () => transient), noAnswer],
      find: Array.from({ length: 40 }, () => unread),
    },
  });
  const looks = await play(rig, 400_000 + 90_000);
  const lost = looks.findIndex(({ asked }) => asked === before + 1);
  const lostAt = looks[lost]?.at ?? 0;
  const waited = looks.filter(({ at }) => at - lostAt <= 90_000);
  expect(waited.length - lost).toBeGreaterThan(20);
  expect(longestPause(waited, lost)).toBeLessThanOrEqual(longestMs);
});

describe('while a fault holds the issuer', () => {
  /** One whose answer was lost, and an issuer that was held since. */
  async function held(find: readonly (Found | ReturnType<typeof finds>)[], problem = 'PCAUnavailable' as const) {
    const rig = new Rig({ pca: { issue: [noAnswer], find } });
    await rig.decide();
    rig.readyIssuers.close(issuerName, { reason: problem, message: 'No answer.' });
    return rig;
  }

  test('it is looked for all the same, and handed out', async () => {
    const rig = await held([finds()]);
    const decision = await rig.decide();
    expect([decision.kind, rig.authority.asked.slice(1)]).toEqual(['issued', ['find unknown']]);
  });

  test('it is looked for again soon where the look fails, in the words of the hold', async () => {
    const rig = await held([transient]);
    expect(await rig.decide()).toMatchObject({
      kind: 'waiting',
      reason: 'IssuerNotReady',
      next: { kind: 'after', ms: 3_000 },
    });
  });

  test('where there is none the request waits for the issuer, and calls for none', async () => {
    const rig = await held([{ kind: 'absent' }]);
    const decisions = [await rig.decide(), await rig.decide()];
    expect([decisions.map((each) => 'next' in each && each.next), rig.authority.asked.slice(1)]).toEqual([
      [{ kind: 'done' }, { kind: 'done' }],
      ['find unknown'],
    ]);
  });

  test('one look goes out at a time', async () => {
    const first = Promise.withResolvers<Found>();
    const rig = await held([async () => first.promise, { kind: 'absent' }] as never);
    const slow = rig.decide();
    const other = await rig.decide();
    first.resolve({ kind: 'absent' });
    await slow;
    expect([other, rig.authority.asked.slice(1)]).toMatchObject([
      { reason: 'IssuerNotReady', next: { kind: 'after' } },
      ['find unknown'],
    ]);
  });

  test('a request that has lost nothing asks nobody', async () => {
    const rig = new Rig({});
    rig.readyIssuers.close(issuerName, { reason: 'PCAUnavailable', message: 'No answer.' });
    expect([await rig.decide(), rig.authority.asked]).toMatchObject([{ next: { kind: 'done' } }, []]);
  });
});

test('it does not wait behind the request that goes first after a fault', async () => {
  const other = web({ metadata: { uid: uids['web-2'] ?? 'other' } }, 'web-2');
  const rig = new Rig({ requests: [web(), other], pca: { issue: [noAnswer], find: [finds()] } });
  await rig.decide();
  rig.recoverFromFault();
  const ready = rig.readyIssuers.last(issuerName);
  if (ready === undefined) throw new Error('The issuer was not checked.');
  using _first = rig.readyIssuers.enter(issuerName, ready, { key: 'shop/other', tenant: 'shop/other' });
  await rig.reconcile();
  expect(rig.authority.asked.slice(1)).toEqual(['find unknown']);
});
