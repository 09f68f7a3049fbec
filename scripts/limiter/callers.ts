// The two ways to keep to a limit that are compared: finding it by trying, and a rate that somebody set.
import { RateLimits } from '../../src/alibaba/limits/rate-limit.ts';
import type { PcaOutcome } from '../../src/alibaba/call.ts';
import { CallQueue } from '../../src/alibaba/limits/call-queue.ts';
import type { CallPriority, CallTarget } from '../../src/alibaba/limits/call-queue.ts';
import type { Clock } from '../../src/timing/clock.ts';
import { LimitedService, VirtualClock } from './service.ts';
import type { Scenario, Second } from './service.ts';

const latencyMs = 100;
const callersAtATime = 400;

/** The limit that all callers of these runs share. */
export const target: CallTarget = {
  limit: { account: '1', region: 'cn-hangzhou', action: 'CreateCustomCertificate' },
  endpoint: 'HTTPS cas.aliyuncs.com',
};

/** The operator's own queue. */
export function queueOn(clock: Clock): CallQueue {
  return new CallQueue({ limits: new RateLimits({ clock }), clock, mostInFlight: 1_000 });
}

/** As the operator does it. */
export async function adaptive(scenario: Scenario): Promise<readonly Second[]> {
  const clock = new VirtualClock();
  const service = new LimitedService(clock, scenario);
  const queue = queueOn(clock);
  const ended = new AbortController();
  keepCalling({ queue, clock, call: async () => service.call(latencyMs), signal: ended.signal });
  await clock.advanceTo(scenario.seconds * 1_000);
  ended.abort();
  queue.close();
  return service.seconds;
}

interface KeepCalling {
  readonly queue: Pick<CallQueue, 'enter'>;
  readonly clock: Pick<Clock, 'startTimer'>;
  readonly call: () => Promise<PcaOutcome>;
  readonly signal: AbortSignal;
}

/** Callers that always want to call; one that was throttled comes back after a second, behind those that were not. */
export function keepCalling({ queue, clock, call, signal }: KeepCalling): void {
  const want = async (uid: string, priority: CallPriority): Promise<void> => {
    if (signal.aborted) return;
    const later = (ms: number, next: CallPriority): void => void clock.startTimer(() => void want(uid, next), ms);
    const caller = { uid, flow: uid, priority: async () => priority, wake: () => later(0, priority) };
    const admission = await queue.enter(target, caller);
    if (admission.kind === 'queued') return;
    using permit = admission.permit;
    const outcome = await call();
    permit.ended(outcome);
    if (isThrottled(outcome)) later(1_000, 'Retry');
    else later(0, 'Urgent');
  };
  for (let caller = 0; caller < callersAtATime; caller += 1) void want(String(caller), 'Urgent');
}

/** A fixed rate, as other issuers have it: evenly spaced calls, each throttled one again after a second. */
export async function fixed(scenario: Scenario, perSecond: number): Promise<readonly Second[]> {
  const clock = new VirtualClock();
  const service = new LimitedService(clock, scenario);
  for (let call = 0; call < scenario.seconds * perSecond; call += 1)
    clock.startTimer(() => void service.call(latencyMs), (call * 1_000) / perSecond);

  await clock.advanceTo(scenario.seconds * 1_000);
  return service.seconds;
}

interface Wait {
  readonly calls: number;
  readonly milliseconds: number;
}

/** How long the only request of one namespace waits when another's so many wait already, in calls and in milliseconds. */
export async function noisyNeighbour(waiting: number, perSecond: number, isFair: boolean): Promise<Wait> {
  const clock = new VirtualClock();
  const queue = queueOn(clock);
  const service = new LimitedService(clock, { name: '', limitAt: () => perSecond, seconds: 86_400 });
  let calls = 0;
  const served: Wait[] = [];
  let cameAt = 0;
  let callsBefore = 0;
  const want = async (uid: string, flow: string): Promise<void> => {
    const later = (ms: number): void => void clock.startTimer(() => void want(uid, flow), ms);
    const caller = { uid, flow: isFair ? flow : '', priority: async () => 'Urgent' as const, wake: () => later(0) };
    const admission = await queue.enter(target, caller);
    if (admission.kind === 'queued') return;
    using permit = admission.permit;
    calls += 1;
    const outcome = await service.call(latencyMs);
    permit.ended(outcome);
    if (isThrottled(outcome)) later(1_000);
    else if (uid === 'single') served.push({ calls: calls - callsBefore, milliseconds: clock.monotonic() - cameAt });
  };
  for (let n = 0; n < waiting; n += 1) void want(`many-${n}`, 'many');
  await clock.advanceTo(40_000);
  cameAt = clock.monotonic();
  callsBefore = calls;
  void want('single', 'single');
  for (let second = 41; served.length === 0 && second < 80_000; second += 1) await clock.advanceTo(second * 1_000);
  queue.close();
  return served[0] ?? { calls: Number.POSITIVE_INFINITY, milliseconds: Number.POSITIVE_INFINITY };
}

/** Whether the service throttled the call. */
export function isThrottled(outcome: PcaOutcome): boolean {
  return outcome.kind === 'failed' && outcome.failure.class === 'Throttled';
}
