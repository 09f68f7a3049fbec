// The holds of one issuer after faults: how long, who goes first afterwards, and that the first place is never lost.
import { beforeEach, describe, expect, it } from 'vitest';
import { FaultHold } from '../../../../src/controllers/issuers/fault-hold.ts';
import type { IssuerPass } from '../../../../src/controllers/issuers/fault-hold.ts';
import type { IssuerProblem } from '../../../../src/controllers/issuers/reasons.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const problem: IssuerProblem = { reason: 'PermissionDenied', message: 'No.' };
let clock: FakeClock;
let hold: FaultHold;
let freed: number;
let faults: IssuerProblem[];

beforeEach(() => {
  clock = new FakeClock(() => 1);
  hold = new FaultHold(clock);
  freed = 0;
  faults = [];
});

function enter(): IssuerPass | undefined {
  return hold.enter(
    () => (freed += 1),
    (met) => faults.push(met),
  );
}

/** Whether a request may go; it does not stay. */
function mayGo(): boolean {
  using pass = enter();
  return pass !== undefined;
}

/** After a fault and a check that found nothing wrong. */
function reopened(): void {
  hold.fault();
  hold.reopen();
}

it('lets everybody go before there was a fault, also after a check', () => {
  hold.reopen();
  expect([enter(), enter(), enter()].map((pass) => pass !== undefined)).toEqual([true, true, true]);
  expect(hold.leftMs).toBe(Number.NEGATIVE_INFINITY);
});

describe('the time of a hold', () => {
  it('doubles with each fault in a row, up to ten minutes', () => {
    const times = Array.from({ length: 8 }, () => {
      hold.fault();
      return hold.leftMs / 1_000;
    });
    expect(times).toEqual([20, 40, 80, 160, 320, 600, 600, 600]);
  });

  it('is scattered over its upper half', () => {
    clock.random = () => 0;
    hold.fault();
    expect(hold.leftMs).toBe(10_000);
  });

  it('begins anew after a certificate', () => {
    hold.fault();
    hold.fault();
    hold.reopen();
    enter()?.issued();
    hold.fault();
    expect(hold.leftMs).toBe(20_000);
  });

  it('does not begin anew because a check found nothing wrong', () => {
    reopened();
    hold.fault();
    expect(hold.leftMs).toBe(40_000);
  });

  it('passes by the monotonic clock alone', () => {
    hold.fault();
    clock.jump(3_600_000);
    expect(hold.leftMs).toBe(20_000);
    clock.jump(-7_200_000);
    clock.advance(20_000);
    expect(hold.leftMs).toBe(0);
  });
});

describe('after a fault', () => {
  beforeEach(reopened);

  it('one request goes first', () => {
    using first = enter();
    expect([first !== undefined, enter()]).toEqual([true, undefined]);
  });

  it('its certificate frees the way for all, and they are told once', () => {
    using first = enter();
    expect(freed).toBe(0);
    first?.issued();
    expect([mayGo(), mayGo(), freed]).toEqual([true, true, 1]);
    first?.issued();
    expect(freed).toBe(1);
  });

  it('a certificate of a request that went out before the fault frees the way as well', () => {
    hold = new FaultHold(clock);
    using early = enter();
    reopened();
    using first = enter();
    early?.issued();
    expect([first !== undefined, mayGo(), freed]).toEqual([true, true, 1]);
  });

  it('the next one goes first when the first ends without certificate', () => {
    {
      using first = enter();
      expect([first !== undefined, mayGo()]).toEqual([true, false]);
    }
    using second = enter();
    expect([second !== undefined, mayGo(), freed]).toEqual([true, false, 0]);
  });

  it('the next one goes first when the first throws', () => {
    expect(() => {
      using first = enter();
      if (first !== undefined) throw new Error('a defect');
    }).toThrow('a defect');
    expect(mayGo()).toBe(true);
  });

  it('the next one goes first when the first met another fault', () => {
    {
      using first = enter();
      first?.fault(problem);
      hold.fault();
      hold.reopen();
    }
    expect([faults, mayGo()]).toEqual([[problem], true]);
  });

  it('a pass from before the fault does not give the first place away', () => {
    hold = new FaultHold(clock);
    const early = enter();
    reopened();
    using first = enter();
    early?.[Symbol.dispose]();
    expect([first !== undefined, mayGo()]).toEqual([true, false]);
  });

  it('a pass that is disposed of twice does not give away the place of who came after', () => {
    const first = enter();
    first?.[Symbol.dispose]();
    using second = enter();
    first?.[Symbol.dispose]();
    expect([second !== undefined, mayGo()]).toEqual([true, false]);
  });

  it('the pass of the first one, given back after its certificate, holds nobody', () => {
    const first = enter();
    first?.issued();
    first?.[Symbol.dispose]();
    expect([mayGo(), mayGo()]).toEqual([true, true]);
  });

  it('a further check sends another one first, though the first has not come back', () => {
    const lost = enter();
    hold.fault();
    hold.reopen();
    using second = enter();
    lost?.[Symbol.dispose]();
    expect([second !== undefined, mayGo()]).toEqual([true, false]);
  });
});
