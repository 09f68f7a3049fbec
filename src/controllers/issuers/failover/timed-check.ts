// A check with a deadline of its own: few are made at a time, so a silent endpoint must not have a place for long.
import type { Issuer } from '../../../crds/issuer.ts';
import type { Clock } from '../../../timing/clock.ts';
import { startDeadline } from '../../../timing/deadline.ts';
import type { CheckResult, IssuerCheck } from '../check.ts';

/** Checks an issuer, or gives it up in time. */
export class TimedCheck {
  readonly #check: Pick<IssuerCheck, 'check'>;
  readonly #timeoutMs: number;
  readonly #clock: Clock;

  constructor(check: Pick<IssuerCheck, 'check'>, timeoutMs: number, clock: Clock) {
    this.#check = check;
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  /** The result of the check; that PCA is silent where the time runs out. */
  async check(issuer: Issuer, signal: AbortSignal): Promise<CheckResult> {
    using deadline = startDeadline(this.#timeoutMs, signal, this.#clock);
    const result = await this.#check.check(issuer, deadline.signal);
    if (deadline.state() !== 'expired' || result.kind === 'ready' || result.problem.reason !== 'PCAUnavailable')
      return result;

    const seconds = this.#timeoutMs / 1_000;
    const message = `PCA (or STS, for a role) gave no answer about CA "${issuer.spec.parentIdentifier}" within ${seconds} s. The issuer is checked again automatically; if this lasts, check spec.region, spec.endpoint and the network.`;
    return { ...result, problem: { reason: 'PCAUnavailable', message } };
  }
}
