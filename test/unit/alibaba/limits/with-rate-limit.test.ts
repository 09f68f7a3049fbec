// Calls within the limit: again when throttled, ended by the signal.
import { expect, test } from 'vitest';
import { RateLimits } from '../../../../src/alibaba/limits/rate-limit.ts';
import type { PcaErrorClass } from '../../../../src/alibaba/error-table.ts';
import type { FailedService } from '../../../../src/alibaba/errors.ts';
import { compose } from '../../../../src/alibaba/call.ts';
import type { PcaCall, PcaOutcome } from '../../../../src/alibaba/call.ts';
import { withRateLimit } from '../../../../src/alibaba/limits/with-rate-limit.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const list: PcaCall = { action: 'ListCert', version: '2020-06-30', parameters: {} };
const ok: PcaOutcome = { kind: 'ok', body: {}, requestId: 'r' };
const failed = (errorClass: PcaErrorClass, service: FailedService = 'PCA'): PcaOutcome => ({
  kind: 'failed',
  failure: {
    service,
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
  const startTimer = (run: () => void, ms: number): (() => void) => {
    clock.skip(ms);
    queueMicrotask(run);
    return () => undefined;
  };
  const whose = { account: 'a', region: 'cn-hangzhou' };
  const limited = compose(
    async () => {
      calls.push(clock.monotonic());
      return answers[calls.length - 1] ?? ok;
    },
    withRateLimit(new RateLimits({ clock }), whose, { startTimer }),
  );
  return { calls, once: (signal = new AbortController().signal) => limited(list, { signal }) };
}

test('calls keep to the rate at which reading starts', async () => {
  const { calls, once } = stage([]);
  for (let n = 0; n < 11; n += 1) await once();
  const first = calls[0] ?? 0;
  expect((calls.at(-1) ?? 0) - first).toBeGreaterThanOrEqual(900);
});

test('a throttled call is made again, more slowly', async () => {
  const { calls, once } = stage([throttled, throttled]);
  expect({ outcome: await once(), calls: calls.length }).toEqual({ outcome: ok, calls: 3 });
  expect((calls[1] ?? 0) - (calls[0] ?? 0)).toBeGreaterThanOrEqual(250);
});

test('one that is throttled for ever ends after ten tries', async () => {
  const { calls, once } = stage(Array.from({ length: 50 }, () => throttled));
  expect({ outcome: await once(), calls: calls.length }).toEqual({ outcome: throttled, calls: 10 });
});

test('what STS throttles is given back at once, and PCA is asked no less often', async () => {
  const bySts = failed('Throttled', 'STS');
  const { calls, once } = stage([bySts]);
  expect({ outcome: await once(), calls: calls.length }).toEqual({ outcome: bySts, calls: 1 });
});

test('any other failure is given back at once', async () => {
  const { calls, once } = stage([cut]);
  expect({ outcome: await once(), calls: calls.length }).toEqual({ outcome: cut, calls: 1 });
});

test('an aborted signal ends the wait for the limit, and the call learns of it', async () => {
  const clock = new FakeClock();
  const seen: AbortSignal[] = [];
  const limits = new RateLimits({ clock });
  const limited = compose(
    async (_call, { signal }) => {
      seen.push(signal);
      return cut;
    },
    withRateLimit(limits, { account: 'a', region: 'cn-hangzhou' }, clock),
  );
  while (limits.reserve({ account: 'a', region: 'cn-hangzhou', action: list.action }).kind === 'granted');
  const leaving = new AbortController();
  const made = limited(list, { signal: leaving.signal });
  leaving.abort();
  expect([await made, seen]).toEqual([cut, [leaving.signal]]);
});

test('the limit is that of the action', async () => {
  const clock = new FakeClock();
  const limits = new RateLimits({ clock });
  const limited = compose(async () => ok, withRateLimit(limits, { account: 'a', region: 'cn-hangzhou' }, clock));
  while (limits.reserve({ account: 'a', region: 'cn-hangzhou', action: 'Other' }).kind === 'granted');
  expect(await limited(list, { signal: new AbortController().signal })).toBe(ok);
});
