// Pages of long lists: within the limit, again when throttled, ended by the signal.
import { expect, test } from 'vitest';
import { CallBudget } from '../../../src/alibaba/limits/rate-limit.ts';
import type { PcaErrorClass } from '../../../src/alibaba/error-table.ts';
import type { PcaOutcome } from '../../../src/alibaba/pca-client.ts';
import { callAtPace } from '../../../src/controllers/paced-caller.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const call = { action: 'ListCert', version: '2020-06-30', parameters: {} };
const ok: PcaOutcome = { kind: 'ok', body: {}, requestId: 'r' };
const failed = (errorClass: PcaErrorClass): PcaOutcome => ({
  kind: 'failed',
  failure: {
    class: errorClass,
    code: errorClass,
    httpStatus: undefined,
    requestId: undefined,
    message: '',
    accessDenied: undefined,
    mayHaveIssued: false,
  },
});
const throttled = failed('Throttled');
const cut = failed('Transient');

/** Makes calls that get these answers; waits end at once, and the clock has moved on. */
function stage(answers: readonly PcaOutcome[]) {
  const clock = new FakeClock();
  const calls: number[] = [];
  const client = {
    call: () => {
      calls.push(clock.now());
      return Promise.resolve(answers[calls.length - 1] ?? ok);
    },
  };
  const setTimer = (run: () => void, milliseconds: number): (() => void) => {
    clock.skip(milliseconds);
    queueMicrotask(run);
    return () => undefined;
  };
  const pace = { budget: new CallBudget({ now: clock.now }), account: 'a', region: 'cn-hangzhou', setTimer };
  return { calls, once: (signal = new AbortController().signal) => callAtPace(client, call, pace, signal) };
}

test('calls keep to the rate at which reading starts', async () => {
  const { calls, once } = stage([]);
  for (let n = 0; n < 11; n += 1) await once();
  const first = calls[0] ?? 0;
  expect((calls.at(-1) ?? 0) - first).toBeGreaterThanOrEqual(900);
});

test('a throttled page is asked for again, more slowly', async () => {
  const { calls, once } = stage([throttled, throttled]);
  expect({ outcome: await once(), calls: calls.length }).toEqual({ outcome: ok, calls: 3 });
  expect((calls[1] ?? 0) - (calls[0] ?? 0)).toBeGreaterThanOrEqual(250);
});

test('one that is throttled for ever ends after ten tries', async () => {
  const { calls, once } = stage(Array.from({ length: 50 }, () => throttled));
  expect({ outcome: await once(), calls: calls.length }).toEqual({ outcome: throttled, calls: 10 });
});

test('any other failure is given back at once', async () => {
  const { calls, once } = stage([cut]);
  expect({ outcome: await once(), calls: calls.length }).toEqual({ outcome: cut, calls: 1 });
});
