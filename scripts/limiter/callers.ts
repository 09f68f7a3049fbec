// The two ways to keep to a limit that are compared: finding it by trying, and a rate that somebody set.
import { CallBudget } from '../../src/alibaba/limits/rate-limit.ts';
import { type CallTarget, CallTurns } from '../../src/controllers/call-turns.ts';
import type { StartTimer } from '../../src/timing/backoff.ts';
import { LimitedService, type Scenario, type Second, VirtualClock } from './service.ts';

const latencyMilliseconds = 100;
const callersAtATime = 400;

/** The limit that all callers of these runs share. */
export const target: CallTarget = {
  limit: { account: '1', region: 'cn-hangzhou', action: 'CreateCustomCertificate' },
  endpoint: 'HTTPS cas.aliyuncs.com',
};

/** The operator's own turns in virtual time. */
export function turnsIn(clock: VirtualClock): CallTurns {
  return new CallTurns({
    budget: new CallBudget({ now: clock.now }),
    endpoint: { now: clock.now, random: () => 0.5, mostInFlight: 1_000 },
    setTimer: clock.setTimer,
  });
}

/** As the operator does it. */
export function adaptive(scenario: Scenario): readonly Second[] {
  const clock = new VirtualClock();
  const service = new LimitedService(clock, scenario);
  const turns = turnsIn(clock);
  keepCalling(turns, clock.setTimer, (answered) => service.call(latencyMilliseconds, answered));
  clock.advanceTo(scenario.seconds * 1_000);
  turns.close();
  return service.seconds;
}

/** Callers that always want to call; one that was throttled comes back after a second, behind those that were not. */
export function keepCalling(
  turns: CallTurns,
  setTimer: StartTimer,
  call: (answered: (throttled: boolean) => void) => void,
): void {
  const want = (uid: string, retry: boolean): void => {
    const isTurn = turns.ask(target, {
      uid,
      flow: uid,
      rank: retry ? 'Retry' : 'Urgent',
      wake: () => setTimer(() => want(uid, retry), 0),
    });
    if (!isTurn) return;
    call((throttled) => {
      turns.ended(uid, 'answered');
      if (throttled) turns.throttled(target);
      setTimer(() => want(uid, throttled), throttled ? 1_000 : 0);
    });
  };
  for (let caller = 0; caller < callersAtATime; caller += 1) want(String(caller), false);
}

/** A fixed rate, as other issuers have it: evenly spaced calls, each throttled one again after a second. */
export function fixed(scenario: Scenario, perSecond: number): readonly Second[] {
  const clock = new VirtualClock();
  const service = new LimitedService(clock, scenario);
  for (let call = 0; call < scenario.seconds * perSecond; call += 1) {
    clock.setTimer(() => service.call(latencyMilliseconds, () => undefined), (call * 1_000) / perSecond);
  }
  clock.advanceTo(scenario.seconds * 1_000);
  return service.seconds;
}

/** How long the only request of one namespace waits when another's so many wait already, in calls and in milliseconds. */
export function noisyNeighbour(
  waiting: number,
  perSecond: number,
  isFair: boolean,
): { readonly calls: number; readonly milliseconds: number } {
  const clock = new VirtualClock();
  const turns = turnsIn(clock);
  const service = new LimitedService(clock, { name: '', limitAt: () => perSecond, seconds: 86_400 });
  let calls = 0;
  const served: { readonly calls: number; readonly milliseconds: number }[] = [];
  let cameAt = 0;
  let callsBefore = 0;
  const want = (uid: string, flow: string): void => {
    const wake = (): void => void clock.setTimer(() => want(uid, flow), 0);
    if (!turns.ask(target, { uid, flow: isFair ? flow : '', rank: 'Urgent', wake })) return;
    calls += 1;
    service.call(latencyMilliseconds, (throttled) => {
      turns.ended(uid, 'answered');
      if (throttled) {
        turns.throttled(target);
        clock.setTimer(() => want(uid, flow), 1_000);
      } else if (uid === 'single') {
        served.push({ calls: calls - callsBefore, milliseconds: clock.now() - cameAt });
      }
    });
  };
  for (let n = 0; n < waiting; n += 1) want(`many-${n}`, 'many');
  clock.advanceTo(40_000);
  cameAt = clock.now();
  callsBefore = calls;
  want('single', 'single');
  for (let second = 41; served.length === 0 && second < 80_000; second += 1) clock.advanceTo(second * 1_000);
  turns.close();
  return served[0] ?? { calls: Number.POSITIVE_INFINITY, milliseconds: Number.POSITIVE_INFINITY };
}
