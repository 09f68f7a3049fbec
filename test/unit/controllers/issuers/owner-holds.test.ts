// Faults that requests may have caused: whose they are, how long their owners wait, and that no tenant holds what others share.
import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { OwnerHolds } from '../../../../src/controllers/issuers/owner-holds.ts';
import { ReadyIssuers } from '../../../../src/controllers/issuers/ready-issuers.ts';
import type { IssuerPass } from '../../../../src/controllers/issuers/issuer-pass.ts';
import { mismatchCauses } from '../../../../src/issuing/certificate-differences.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { ownerIn, readyIssuer } from './objects.ts';

const [web, api, other] = [ownerIn('shop', 'web'), ownerIn('shop', 'api'), ownerIn('other')];
let clock: FakeClock;
let holds: OwnerHolds;

beforeEach(() => {
  clock = new FakeClock(() => 1);
  holds = new OwnerHolds(clock);
});

describe('the time for which an owner is held', () => {
  it('doubles with each certificate that was paid for in vain, up to a day', () => {
    const minutes = Array.from({ length: 11 }, () => {
      holds.mismatched(web, 'SubjectMismatch');
      return (holds.held(web)?.ms ?? 0) / 60_000;
    });
    expect(minutes).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 1_440]);
  });

  it('ends, and begins anew after a certificate', () => {
    holds.mismatched(web, 'SubjectMismatch');
    clock.advance(120_000);
    expect(holds.held(web)).toBeUndefined();
    holds.issued(web);
    holds.mismatched(web, 'KeyUsageMismatch');
    expect(holds.held(web)).toEqual({ reason: 'KeyUsageMismatch', ms: 120_000 });
  });

  it('does not begin anew because it has ended', () => {
    holds.mismatched(web, 'SubjectMismatch');
    clock.advance(3_600_000);
    holds.mismatched(web, 'SubjectMismatch');
    expect(holds.held(web)).toEqual({ reason: 'SubjectMismatch', ms: 240_000 });
  });

  it('is nothing for a first refusal, which cost nothing', () => {
    holds.refused(web, 'RejectedByPCA');
    expect(holds.held(web)).toBeUndefined();
    holds.refused(web, 'RejectedByPCA');
    expect([holds.held(web), holds.held(api)]).toEqual([{ reason: 'RejectedByPCA', ms: 240_000 }, undefined]);
  });

  it('is forgotten for those whose last fault is longest ago, so that tenants cannot fill the memory', () => {
    holds.mismatched(api, 'SubjectMismatch');
    for (let n = 0; n < 9_999; n += 1) holds.mismatched(ownerIn('shop', `web-${n}`), 'SubjectMismatch');
    const before = holds.held(api) !== undefined;
    holds.mismatched(other, 'KeyMismatch');
    expect([before, holds.held(api), holds.held(ownerIn('shop', 'web-0'))?.reason]).toEqual([
      true,
      undefined,
      'SubjectMismatch',
    ]);
  });
});

describe('the issuer is at fault', () => {
  it('when two tenants met the same', () => {
    expect([holds.mismatched(web, 'SubjectMismatch'), holds.mismatched(other, 'SubjectMismatch')]).toEqual([
      false,
      true,
    ]);
  });

  it.each<[string, () => boolean]>([
    ['when two Certificates of one tenant met the same', () => holds.mismatched(api, 'SubjectMismatch')],
    ['when another tenant met something else', () => holds.mismatched(other, 'KeyUsageMismatch')],
    [
      'when somebody got a certificate in between',
      () => {
        holds.issued(ownerIn('third'));
        return holds.mismatched(other, 'SubjectMismatch');
      },
    ],
    [
      'when PCA refused the other one',
      () => {
        holds.refused(other, 'SubjectMismatch');
        return false;
      },
    ],
  ])('not %s', (_, meet) => {
    holds.mismatched(web, 'SubjectMismatch');
    expect(meet()).toBe(false);
  });

  it('anew only when two tenants met it since it was held', () => {
    const found = [web, other, web, api, other].map((owner) => holds.mismatched(owner, 'SubjectMismatch'));
    expect(found).toEqual([false, true, false, false, true]);
  });
});

const tellAndLeave =
  (tell: (pass: IssuerPass, reason: string) => void) =>
  (pass: IssuerPass, reason: string): void => {
    tell(pass, reason);
    pass[Symbol.dispose]();
  };
const endings = {
  mismatched: tellAndLeave((pass, reason) =>
    pass.mismatched(reason, { reason: 'CertificateRefused', message: 'Not that.' }),
  ),
  refused: tellAndLeave((pass, reason) => pass.refused(reason)),
  issued: tellAndLeave((pass) => pass.issued()),
  untried: tellAndLeave((pass) => pass.untried()),
  nothing: tellAndLeave(() => undefined),
  stays: () => undefined,
} as const;

describe('no sequence of requests of one namespace', () => {
  const reasons = Object.entries(mismatchCauses).flatMap(([reason, cause]) => (cause === 'request' ? [reason] : []));
  const step = fc.record({
    name: fc.integer({ min: 0, max: 5 }),
    ends: fc.constantFrom(...(Object.keys(endings) as (keyof typeof endings)[])),
    reason: fc.constantFrom(...reasons),
    after: fc.constantFrom(0, 1_000, 60_000, 3_600_000),
    isChecked: fc.boolean(),
  });

  it('holds a cluster issuer for another', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const key = 'AlibabaPCAClusterIssuer//pca';
        const object = { uid: 'u1', generation: 1 };
        const time = new FakeClock();
        const issuers = new ReadyIssuers(time);
        const issuer = readyIssuer();
        issuers.open(key, issuer);
        for (const { name, ends, reason, after, isChecked } of steps) {
          time.advance(after);
          if (isChecked) issuers.open(key, issuer);
          const pass = issuers.enter(key, issuer, ownerIn('shop', `web-${name}`));
          if (pass !== undefined) endings[ends](pass, reason);
          using bystander = issuers.enter(key, issuer, other);
          expect([issuers.state(key, object).kind, issuers.ownerHeld(key, other), bystander !== undefined]).toEqual([
            'ready',
            undefined,
            true,
          ]);
        }
      }),
    );
  });
});
