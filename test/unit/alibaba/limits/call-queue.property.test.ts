// Whatever callers do, in whatever order: limits hold, nothing is lost or counted twice, and nobody waits for ever.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PcaOutcome } from '../../../../src/alibaba/call.ts';
import { callPriorities, CallQueue } from '../../../../src/alibaba/limits/call-queue.ts';
import type { CallPriority, CallTarget, Permit } from '../../../../src/alibaba/limits/call-queue.ts';
import { RateLimits } from '../../../../src/alibaba/limits/rate-limit.ts';
import type { LimitKey } from '../../../../src/alibaba/limits/rate-limit.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { failed, ok, target, unanswered } from './queue-stage.ts';

const mostInFlight = 2;
const mostUnproven = 3;
const targets: readonly CallTarget[] = [
  target,
  { ...target, limit: { ...target.limit, action: 'Other' } },
  { ...target, endpoint: 'HTTPS other' },
];
const outcomes: readonly PcaOutcome[] = [ok, unanswered, failed('Throttled', 400), failed('Cancelled')];

/** Limits that remember how many calls they have granted and not got back. */
class CountedLimits extends RateLimits {
  granted = 0;

  override reserve(key: LimitKey): ReturnType<RateLimits['reserve']> {
    const reserved = super.reserve(key);
    if (reserved.kind === 'granted') this.granted += 1;
    return reserved;
  }

  override refund(key: LimitKey): void {
    this.granted -= 1;
    super.refund(key);
  }
}

interface Out {
  readonly permit: Permit;
  readonly endpoint: string;
}

/** The callers, and what they may believe. */
class Model {
  readonly clock = new FakeClock();
  readonly limits: CountedLimits;
  readonly queue: CallQueue;
  /** Callers that wait, and where. */
  readonly waiting = new Map<string, CallTarget>();
  /** Callers that were woken and have not come yet. */
  readonly woken = new Map<string, CallTarget>();
  readonly out: Out[] = [];
  readonly spent: Permit[] = [];
  made = 0;
  #gates: (() => void)[] = [];
  /** Counts the times that a caller has left or gone elsewhere. */
  readonly #moves = new Map<string, number>();
  readonly #at = new Map<string, CallTarget>();

  constructor() {
    const range = { startPerSecond: 20, floorPerSecond: 5, ceilingPerSecond: 40 };
    this.limits = new CountedLimits({ clock: this.clock, limits: {}, otherActions: range });
    this.queue = new CallQueue({ limits: this.limits, clock: this.clock, mostInFlight, mostUnproven });
  }

  enter(uid: string, to: CallTarget, caller: { flow: string; priority: CallPriority; isSlow: boolean }): void {
    if (this.#at.get(uid) !== to) this.#forget(uid);
    this.#at.set(uid, to);
    const moves = this.#moves.get(uid);
    const { flow, priority, isSlow } = caller;
    const ask = async (): Promise<CallPriority> => {
      if (isSlow) await new Promise<void>((resolve) => this.#gates.push(resolve));
      return priority;
    };
    const wake = (): void => {
      expect(this.woken.has(uid)).toBe(false);
      this.waiting.delete(uid);
      this.woken.set(uid, to);
    };
    const settle = async (): Promise<void> => {
      const admission = await this.queue.enter(to, { uid, flow, priority: ask, wake });
      if (admission.kind === 'admitted') {
        this.woken.delete(uid);
        this.out.push({ permit: admission.permit, endpoint: to.endpoint });
      } else if (moves === this.#moves.get(uid) && !this.woken.has(uid)) this.waiting.set(uid, to);
    };
    void settle();
  }

  leave(uid: string): void {
    this.#forget(uid);
    this.#at.delete(uid);
    this.queue.leave(uid);
  }

  end(index: number, outcome: PcaOutcome | undefined): void {
    const [ended] = this.out.splice(index % Math.max(1, this.out.length), 1);
    if (ended === undefined) return;
    if (outcome !== undefined) this.made += 1;
    this.spent.push(ended.permit);
    if (outcome === undefined) ended.permit[Symbol.dispose]();
    else ended.permit.ended(outcome);
  }

  openGates(): void {
    for (const open of this.#gates.splice(0)) open();
  }

  check(): void {
    const aside = [...this.woken.values()];
    for (const endpoint of new Set(targets.map((one) => one.endpoint))) {
      const inFlight = [...aside, ...this.out].filter((one) => one.endpoint === endpoint).length;
      expect(inFlight).toBeLessThanOrEqual(mostInFlight);
    }
    expect(this.limits.granted).toBe(this.made + this.out.length + aside.length);
    const waiting = this.queue.readings.reduce((sum, reading) => sum + reading.waiting, 0);
    expect(waiting).toBe(this.waiting.size);
  }

  #forget(uid: string): void {
    this.#moves.set(uid, (this.#moves.get(uid) ?? 0) + 1);
    this.waiting.delete(uid);
    this.woken.delete(uid);
  }
}

/** Lets what is ready go on, until nothing is. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

const uid = fc.nat(5).map(String);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('enter' as const),
      uid,
      to: fc.constantFrom(...targets),
      flow: fc.constantFrom('a', 'b'),
      priority: fc.constantFrom(...callPriorities),
      isSlow: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('come' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      index: fc.nat(20),
      outcome: fc.constantFrom(undefined, ...outcomes),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('endAgain' as const), index: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('leave' as const), uid }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('openGates' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 4_000 }) }),
  },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function take(model: Model, did: Step): void {
  switch (did.kind) {
    case 'enter':
      return model.enter(did.uid, did.to, did);
    case 'come':
      return comeWhenWoken(model);
    case 'end':
      return model.end(did.index, did.outcome);
    case 'endAgain': {
      const spent = model.spent[did.index % Math.max(1, model.spent.length)];
      spent?.ended(ok);
      return spent?.[Symbol.dispose]();
    }
    case 'leave':
      return model.leave(did.uid);
    case 'openGates':
      return model.openGates();
    case 'advance':
      return model.clock.advance(did.ms);
  }
}

function comeWhenWoken(model: Model): void {
  for (const [name, to] of model.woken) model.enter(name, to, { flow: 'a', priority: 'Retry', isSlow: true });
}

test('limits hold, reserved and returned calls balance, and everybody who stays is served', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80, size: 'max' }), fc.boolean(), async (steps, settlesEachTime) => {
      const model = new Model();
      for (const did of steps) {
        take(model, did);
        // Without it, several steps meet in the middle of one another.
        if (!settlesEachTime && did.kind !== 'advance') continue;
        await settled();
        model.check();
      }
      await settled();
      model.openGates();
      await settled();
      model.check();
      for (let second = 0; second < 300 && model.waiting.size + model.woken.size + model.out.length > 0; second += 1) {
        comeWhenWoken(model);
        await settled();
        while (model.out.length > 0) model.end(0, ok);
        model.clock.advance(1_000);
        await settled();
        model.check();
      }
      expect([model.waiting.size, model.woken.size, model.out.length]).toEqual([0, 0, 0]);
      expect(model.limits.granted).toBe(model.made);
    }),
  );
});
