// The holds of one issuer after faults: how long, who goes first afterwards, and that the first place is never lost.
import { beforeEach, describe, expect, it } from 'vitest';
import { FaultHold } from '../../../../src/controllers/issuers/fault-hold.ts';
import type { Place } from '../../../../src/controllers/issuers/fault-hold.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

let clock: FakeClock;
let hold: FaultHold;
let freed: number;

beforeEach(() => {
  clock = new FakeClock(() => 1);
  hold = new FaultHold(clock);
  freed = 0;
  tenants = 0;
});

let tenants: number;

/** A request of a tenant of its own where none is named. */
function enter(tenant = `tenant-${(tenants += 1)}`): Place | undefined {
  return hold.enter(tenant, () => (freed += 1));
}

/** Whether a request may go; it does not stay. */
function mayGo(tenant?: string): boolean {
  using pass = enter(tenant);
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
      expect(first).toBeDefined();
      hold.fault();
      hold.reopen();
    }
    expect(mayGo()).toBe(true);
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

describe('after a fault the tenants go round', () => {
  beforeEach(reopened);

  it('so the one that went first in vain lets the others go for three seconds', () => {
    expect([mayGo('shop'), mayGo('shop'), mayGo('other')]).toEqual([true, false, true]);
    clock.advance(2_999);
    expect([mayGo('shop'), mayGo('other'), mayGo('third')]).toEqual([false, false, true]);
    clock.advance(2_999);
    expect(mayGo('shop')).toBe(false);
    clock.advance(1);
    expect([mayGo('shop'), mayGo('other')]).toEqual([true, true]);
  });

  it('also when the issuer was held again meanwhile', () => {
    expect(mayGo('shop')).toBe(true);
    hold.fault();
    clock.advance(60_000);
    hold.reopen();
    expect([mayGo('shop'), mayGo('other')]).toEqual([false, true]);
  });

  it('until one of them gets its certificate', () => {
    expect(mayGo('shop')).toBe(true);
    enter('other')?.issued();
    expect([mayGo('shop'), mayGo('shop')]).toEqual([true, true]);
    reopened();
    expect(mayGo('shop')).toBe(true);
  });

  it('and one that only waited for its turn has not gone', () => {
    {
      using first = enter('shop');
      first?.untried();
    }
    expect(mayGo('shop')).toBe(true);
  });
});
