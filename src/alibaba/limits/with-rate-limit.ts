// Calls that read long lists: one page after the other within the account's rate limit, and a throttled page again.
import type { Wrap } from '../call.ts';
import type { PcaFailure } from '../errors.ts';
import { pause } from '../../timing/clock.ts';
import type { Clock } from '../../timing/clock.ts';
import type { LimitKey, RateLimits } from './rate-limit.ts';

const throttledTries = 10;

/**
 * Makes each call when the limit of its action allows it. A throttled call waits for the limit again, ten times at most;
 * when the signal aborts, the wait ends and the call is left to find that out.
 */
export function withRateLimit(
  limits: Pick<RateLimits, 'reserve' | 'throttled'>,
  { account, region }: Pick<LimitKey, 'account' | 'region'>,
  clock: Pick<Clock, 'startTimer'>,
): Wrap {
  return (next) => async (call, options) => {
    const limit: LimitKey = { account, region, action: call.action };
    const { signal } = options;
    for (let tries = 1; ; tries += 1) {
      let reserved = limits.reserve(limit);
      while (reserved.kind === 'wait' && !signal.aborted) {
        await pause(reserved.ms, signal, clock);
        reserved = limits.reserve(limit);
      }
      const outcome = await next(call, options);
      if (outcome.kind === 'ok' || !isThrottled(outcome.failure) || tries === throttledTries) return outcome;
      limits.throttled(limit);
    }
  };
}

// What STS says of its own limit is nothing to PCA's.
function isThrottled({ service, class: name }: PcaFailure): boolean {
  return service === 'PCA' && name === 'Throttled';
}
