// Calls that read long lists: one page after the other within the account's limit, and a throttled page is asked for again.
import type { BudgetKey, CallBudget } from '../alibaba/limits/rate-limit.ts';
import type { PcaOutcome } from '../alibaba/pca-client.ts';
import type { IssueCall } from '../issuing/operation.ts';
import { pause, startBackgroundTimer, type StartTimer } from '../timing/backoff.ts';
import type { PcaCaller } from './pca-caller.ts';

/** Whose limit the pages count against. */
export interface Pace {
  readonly budget: Pick<CallBudget, 'reserve' | 'throttled'>;
  readonly account: string;
  readonly region: string;
  /** Timers of the process unless a test gives others. */
  readonly setTimer?: StartTimer;
}

const throttledTries = 10;

/** Makes one call when the limit allows it; a throttled one waits for the limit again, ten times at most. */
export async function callAtPace(
  client: PcaCaller,
  call: IssueCall,
  { budget, account, region, setTimer = startBackgroundTimer }: Pace,
  signal: AbortSignal,
): Promise<PcaOutcome> {
  const limit: BudgetKey = { account, region, action: call.action };
  for (let tries = 1; ; tries += 1) {
    for (let turn = budget.reserve(limit); turn.kind === 'wait' && !signal.aborted; turn = budget.reserve(limit)) {
      await pause(turn.milliseconds, signal, setTimer);
    }
    const outcome = await client.call(call, { signal });
    if (outcome.kind === 'ok' || outcome.failure.class !== 'Throttled' || tries === throttledTries) return outcome;
    budget.throttled(limit);
  }
}
