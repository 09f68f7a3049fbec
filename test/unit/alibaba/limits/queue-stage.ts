// What tests of the queue of calls share: a queue on a clock that stands still, its callers, and outcomes of calls.
import type { PcaOutcome } from '../../../../src/alibaba/call.ts';
import type { PcaErrorClass } from '../../../../src/alibaba/error-table.ts';
import type { FailedService } from '../../../../src/alibaba/errors.ts';
import { CallQueue } from '../../../../src/alibaba/limits/call-queue.ts';
import type { CallPriority, CallTarget, Permit } from '../../../../src/alibaba/limits/call-queue.ts';
import { RateLimits } from '../../../../src/alibaba/limits/rate-limit.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

export const target: CallTarget = {
  limit: { account: 'a', region: 'cn-hangzhou', action: 'CreateCustomCertificate' },
  endpoint: 'HTTPS cas.aliyuncs.com',
};

export const ok: PcaOutcome = { kind: 'ok', body: {}, requestId: 'r' };

export function failed(errorClass: PcaErrorClass, httpStatus?: number, service: FailedService = 'PCA'): PcaOutcome {
  const rest = { code: errorClass, requestId: undefined, message: '', accessDenied: undefined, mayHaveIssued: false };
  return { kind: 'failed', failure: { service, class: errorClass, httpStatus, ...rest } };
}

/** Nothing answered. */
export const unanswered = failed('OutcomeUnknown');

export interface EnterOptions {
  readonly flow?: string;
  readonly priority?: CallPriority | (() => Promise<CallPriority>);
  readonly to?: CallTarget;
  readonly owner?: string;
}

/** The target of an endpoint of this name. */
export function at(endpoint: string): CallTarget {
  return { limit: { ...target.limit, account: endpoint }, endpoint };
}

/** A queue at a steady rate whose pauses are the longest; `woken` and `asked` name callers in order. */
export class QueueStage {
  readonly clock = new FakeClock(() => 1);
  readonly woken: string[] = [];
  readonly asked: string[] = [];
  readonly limits: RateLimits;
  readonly queue: CallQueue;

  constructor(ratePerSecond: number, mostInFlight = 1_000, mostUnproven?: number) {
    const steady = { startPerSecond: ratePerSecond, floorPerSecond: ratePerSecond, ceilingPerSecond: ratePerSecond };
    this.limits = new RateLimits({ clock: this.clock, limits: {}, otherActions: steady });
    const bounds = { mostInFlight, ...(mostUnproven === undefined ? {} : { mostUnproven }) };
    this.queue = new CallQueue({ limits: this.limits, clock: this.clock, ...bounds });
  }

  /** The permit, or undefined where the caller waits. */
  async enter(
    uid: string,
    { flow = 'f', priority = 'Urgent', to = target, owner }: EnterOptions = {},
  ): Promise<Permit | undefined> {
    const admission = await this.queue.enter(to, {
      uid,
      flow,
      owner,
      priority: async () => {
        this.asked.push(uid);
        return typeof priority === 'string' ? priority : priority();
      },
      wake: () => void this.woken.push(uid),
    });
    return admission.kind === 'admitted' ? admission.permit : undefined;
  }

  /** Enters and fails the test where that leads to no permit. */
  async admitted(uid: string, options?: EnterOptions): Promise<Permit> {
    const permit = await this.enter(uid, options);
    if (permit === undefined) throw new Error(`${uid} should have been admitted`);
    return permit;
  }

  /** Makes as many calls as go out at once. */
  async exhaust(): Promise<void> {
    let n = 0;
    for (let permit = await this.enter('first-0'); permit !== undefined; permit = await this.enter(`first-${n}`)) {
      permit.ended(ok);
      n += 1;
    }
    this.queue.leave(`first-${n}`);
    this.woken.length = 0;
    this.asked.length = 0;
  }

  /** Five calls that nothing answers. */
  async silence(): Promise<void> {
    for (let n = 0; n < 5; n += 1) (await this.admitted(`silent-${n}`)).ended(unanswered);
  }

  /** Whether calls to the endpoint are held. */
  get isHeld(): boolean {
    return this.queue.readings.some(({ held }) => held);
  }
}
