// What is told of an issuer ahead of time: each warning at its boundary, the gravest first, and never in the way of Ready.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aspectOfProblem, aspectsOf } from '../../../../../src/controllers/issuers/aspects/aspects.ts';
import type { Aspect, AspectInput } from '../../../../../src/controllers/issuers/aspects/aspects.ts';
import type { IssuerFacts } from '../../../../../src/controllers/issuers/aspects/facts.ts';
import { aspectReasons } from '../../../../../src/controllers/issuers/aspects/reasons.ts';
import { issuerReasons } from '../../../../../src/controllers/issuers/reasons.ts';
import type { IssuerProblem } from '../../../../../src/controllers/issuers/reasons.ts';
import type { IssuingCA } from '../../../../../src/issuing/issuing-ca.ts';
import { issuingCA } from '../../../../support/issuing.ts';
import { hierarchy } from '../objects.ts';

const now = new Date('2026-11-22T10:00:00Z');
const secondMs = 1_000;
const dayMs = 86_400_000;
const after = (ms: number): Date => new Date(now.getTime() + ms);
const arn = 'acs:ram::42:user/issuer';

const ca: IssuingCA = { ...issuingCA(hierarchy), remainingCertificates: 400, totalCertificates: 1_000 };
const facts: IssuerFacts = {
  ca,
  identity: { accountId: '42', arn, type: 'RAMUser' },
  credentialsEnd: undefined,
  renewalFailure: undefined,
  clockOffsetSeconds: 0,
  subscriptionEnd: undefined,
};
const fine: AspectInput = {
  problem: undefined,
  facts,
  usedLastWeek: 0,
  askedSeconds: undefined,
  onExceed: 'Refuse',
  now,
};

const withFacts = (changes: Partial<IssuerFacts>): AspectInput => ({ ...fine, facts: { ...facts, ...changes } });
const withCA = (changes: Partial<IssuingCA>): AspectInput => withFacts({ ca: { ...ca, ...changes } });

/** `Type Status Reason`, and the warnings where there are more than the reason. */
const short = ({ type, status, reason, warnings }: Aspect): string =>
  [type, status, reason, ...warnings.filter((warning) => warning !== reason)].join(' ');
const told = (input: AspectInput): readonly string[] => aspectsOf(input).map(short);
const [credentials, healthy, available] = [
  'CredentialsValid True Accepted',
  'CAHealthy True Healthy',
  'QuotaAvailable True Available',
];

describe('an issuer of which nothing is to be told', () => {
  it('has three conditions that are True', () => {
    expect(aspectsOf(fine)).toEqual([
      {
        type: 'CredentialsValid',
        status: 'True',
        reason: 'Accepted',
        message: `PCA accepts the credentials of ${arn}.`,
        warnings: [],
      },
      {
        type: 'CAHealthy',
        status: 'True',
        reason: 'Healthy',
        message: `CA "${ca.identifier}" is active. It ends at 2035-12-30T00:00:00Z.`,
        warnings: [],
      },
      {
        type: 'QuotaAvailable',
        status: 'True',
        reason: 'Available',
        message: `400 of 1000 certificates remain for CA "${ca.identifier}".`,
        warnings: [],
      },
    ]);
  });
});

const inDays = (days: number, ms = 0): Partial<IssuingCA> => ({ notAfter: after(days * dayMs + ms) });

describe('the end of the CA', () => {
  it.each([
    ['61 days', inDays(61), 'CAHealthy True Healthy'],
    ['60 days and a second', inDays(60, secondMs), 'CAHealthy True Healthy'],
    ['60 days', inDays(60), 'CAHealthy True CAEndsSoon'],
    ['14 days and a second', inDays(14, secondMs), 'CAHealthy True CAEndsSoon'],
    ['14 days', inDays(14), 'CAHealthy True CAEndsVerySoon'],
    ['a second', inDays(0, secondMs), 'CAHealthy True CAEndsVerySoon'],
  ])('in %s', (_, changes, expected) => {
    expect(told(withCA(changes))).toEqual([credentials, expected, available]);
  });

  it.each([
    ['a lifetime that just fits', 90 * 86_400, 90, 'CAHealthy True Healthy'],
    ['one of a second more', 90 * 86_400 + 1, 90, 'CAHealthy True LifetimeNoLongerFits'],
    [
      'one that does not fit before an end that is near',
      90 * 86_400,
      60,
      'CAHealthy True LifetimeNoLongerFits CAEndsSoon',
    ],
    [
      'one that does not fit before an end that is very near',
      90 * 86_400,
      14,
      'CAHealthy True CAEndsVerySoon LifetimeNoLongerFits',
    ],
  ])('%s', (_, askedSeconds, days, expected) => {
    expect(told({ ...withCA(inDays(days)), askedSeconds })).toEqual([credentials, expected, available]);
  });

  it.each([
    ['Refuse', 'fails'],
    ['Clamp', 'is shortened'],
  ] as const)('says what becomes of a lifetime that no longer fits: %s', (onExceed, effect) => {
    const [, aspect] = aspectsOf({ ...withCA(inDays(80)), askedSeconds: 90 * 86_400, onExceed });
    expect(aspect?.message).toBe(
      `Certificates of 2160h0m0s were asked for, which no longer fit before the end of CA "${ca.identifier}" at 2027-02-10T10:00:00Z: their next renewal ${effect}. Renew the CA, or have spec.duration of the Certificates ask for less.`,
    );
  });
});

describe('the quota', () => {
  it.each([
    ['is not told', { remainingCertificates: undefined }, 0, 'NotTold'],
    ['has a share of more than 20 %', { remainingCertificates: 201 }, 0, 'Available'],
    ['has 20 % left', { remainingCertificates: 200 }, 0, 'QuotaLow'],
    [
      'has one left, of a number that is not told',
      { remainingCertificates: 1, totalCertificates: undefined },
      0,
      'Available',
    ],
    ['lasts for more than 14 days', { remainingCertificates: 401 }, 200, 'Available'],
    ['lasts for 14 days', { remainingCertificates: 400 }, 200, 'QuotaEndsSoon'],
    ['has 20 % left and lasts for days', { remainingCertificates: 200 }, 200, 'QuotaEndsSoon QuotaLow'],
  ])('%s', (_, changes, usedLastWeek, expected) => {
    expect(told({ ...withCA(changes), usedLastWeek })).toEqual([
      credentials,
      healthy,
      `QuotaAvailable True ${expected}`,
    ]);
  });

  it.each([
    ['in 14 days and a second', 14 * dayMs + secondMs, 'True Available'],
    ['in 14 days', 14 * dayMs, 'True SubscriptionEndsSoon'],
    ['in a second', secondMs, 'True SubscriptionEndsSoon'],
    ['now', 0, 'False SubscriptionEnded'],
    ['a year ago', -365 * dayMs, 'False SubscriptionEnded'],
  ])('has a subscription that ends %s', (_, ms, expected) => {
    expect(told(withFacts({ subscriptionEnd: after(ms) }))).toEqual([
      credentials,
      healthy,
      `QuotaAvailable ${expected}`,
    ]);
  });

  it('tells all that holds in one message', () => {
    const input = { ...withCA({ remainingCertificates: 100 }), usedLastWeek: 70 };
    const [, , quota] = aspectsOf({ ...input, facts: { ...input.facts!, subscriptionEnd: after(3 * dayMs) } });
    expect(quota?.message).toBe(
      `70 certificates were used in the last week. At that rate the 100 of 1000 that remain are used up about 2026-12-02. Buy or assign more certificates to CA "${ca.identifier}" in PCA. The subscription of CA "${ca.identifier}" ends at 2026-11-25T10:00:00Z; after that PCA issues nothing, whatever remains of the quota. Renew the subscription. Only 100 of 1000 certificates remain. Buy or assign more certificates to CA "${ca.identifier}" in PCA.`,
    );
  });
});

describe('the credentials', () => {
  it.each([
    [60, 'Accepted'],
    [61, 'ClockOff'],
    [-60, 'Accepted'],
    [-61, 'ClockOff'],
  ])('with a clock that is %i seconds ahead', (clockOffsetSeconds, expected) => {
    expect(told(withFacts({ clockOffsetSeconds }))).toEqual([`CredentialsValid True ${expected}`, healthy, available]);
  });

  it('say how far the clock is off, and what that does', () => {
    const texts = [90, -600].map((clockOffsetSeconds) => aspectsOf(withFacts({ clockOffsetSeconds }))[0]?.message);
    const rest = 'and PCA refuses every call from 15 minutes on. Set the clock of the node.';
    expect(texts).toEqual([
      `The clock of the operator's node is 90 seconds ahead of PCA's: certificates begin and end that much too late, ${rest}`,
      `The clock of the operator's node is 10 minutes behind PCA's: certificates begin and end that much too early, ${rest}`,
    ]);
  });

  it('that are not renewed say until when they last', () => {
    const input = withFacts({ renewalFailure: 'STS says no.', credentialsEnd: after(600_000) });
    expect([told(input), aspectsOf(input)[0]?.message]).toEqual([
      ['CredentialsValid True CredentialsNotRenewed', healthy, available],
      `The temporary credentials of ${arn} could not be renewed; the present ones are used until 2026-11-22T10:10:00Z: STS says no. It is tried again automatically; if this lasts, check the role and its trust policy.`,
    ]);
  });
});

describe('an issuer that is not ready', () => {
  const problemOf = (reason: IssuerProblem['reason']): IssuerProblem => ({ reason, message: 'No.' });
  const unknown = (type: string): string => `${type} Unknown NotChecked`;

  it.each([
    [
      'PermissionDenied',
      undefined,
      ['CredentialsValid False PermissionDenied', unknown('CAHealthy'), unknown('QuotaAvailable')],
    ],
    ['PCAUnavailable', undefined, ['CredentialsValid', 'CAHealthy', 'QuotaAvailable'].map(unknown)],
    ['IssuingCAUnusable', undefined, [credentials, 'CAHealthy False IssuingCAUnusable', unknown('QuotaAvailable')]],
    ['IssuingCANotActive', facts, [credentials, 'CAHealthy False IssuingCANotActive', available]],
    ['IssuingCAExhausted', facts, [credentials, healthy, 'QuotaAvailable False IssuingCAExhausted']],
    ['TrustInvalid', facts, [credentials, healthy, available]],
  ] as const)('for %s', (reason, known, expected) => {
    expect(told({ ...fine, facts: known, problem: problemOf(reason) })).toEqual(expected);
  });

  it('tells no warning of what is at fault already', () => {
    const input = {
      ...withCA({ remainingCertificates: 0, ...inDays(-1) }),
      usedLastWeek: 9,
      problem: problemOf('IssuingCAExpired'),
    };
    expect(aspectsOf(input)[1]).toEqual({
      type: 'CAHealthy',
      status: 'False',
      reason: 'IssuingCAExpired',
      message: 'No.',
      warnings: [],
    });
  });
});

const problems = Object.keys(issuerReasons).filter((reason) => reason !== 'Checked') as IssuerProblem['reason'][];
const milliseconds = fc.integer({ min: -400 * dayMs, max: 400 * dayMs });
const anyFacts = fc.record({
  remaining: fc.option(fc.nat(2_000), { nil: undefined }),
  total: fc.option(fc.nat(2_000), { nil: undefined }),
  endMs: milliseconds,
  subscriptionMs: fc.option(milliseconds, { nil: undefined }),
  clockOffsetSeconds: fc.option(fc.integer({ min: -2_000, max: 2_000 }), { nil: undefined }),
  renewalFailure: fc.option(fc.constant('No.'), { nil: undefined }),
});
const anyInput = fc
  .record({
    known: fc.option(anyFacts, { nil: undefined }),
    usedLastWeek: fc.nat(2_000),
    askedSeconds: fc.option(fc.nat(400 * 86_400), { nil: undefined }),
    problem: fc.option(fc.constantFrom(...problems), { nil: undefined }),
  })
  .map(({ known, problem, ...rest }): AspectInput => {
    const described = known && {
      ...facts,
      ca: {
        ...ca,
        remainingCertificates: known.remaining,
        totalCertificates: known.total,
        notAfter: after(known.endMs),
      },
      clockOffsetSeconds: known.clockOffsetSeconds,
      renewalFailure: known.renewalFailure,
      subscriptionEnd: known.subscriptionMs === undefined ? undefined : after(known.subscriptionMs),
    };
    return { ...fine, ...rest, facts: described, problem: problem && { reason: problem, message: 'No.' } };
  });

describe('whatever is found', () => {
  it('has each condition once, with a text, and is False only for a reason of Ready or an end that has passed', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const aspects = aspectsOf(input);
        expect(aspects.map(({ type }) => type)).toEqual(['CredentialsValid', 'CAHealthy', 'QuotaAvailable']);
        for (const { type, status, reason, message, warnings } of aspects) {
          expect(message).not.toBe('');
          expect(reason in aspectReasons || reason === input.problem?.reason).toBe(true);
          if (status === 'False')
            expect(reason === 'SubscriptionEnded' || aspectOfProblem[input.problem!.reason] === type).toBe(true);
          if (status === 'Unknown') expect([reason, warnings]).toEqual(['NotChecked', []]);
        }
      }),
    );
  });

  it('warns of the end no less as time goes by', () => {
    const grave = ['Healthy', 'CAEndsSoon', 'LifetimeNoLongerFits', 'CAEndsVerySoon'];
    fc.assert(
      fc.property(fc.nat(200 * dayMs), fc.nat(200 * dayMs), fc.nat(200 * 86_400), (leftMs, laterMs, askedSeconds) => {
        const at = (moment: Date): number =>
          grave.indexOf(
            aspectsOf({ ...withCA({ notAfter: after(leftMs) }), askedSeconds, now: moment })[1]?.reason ?? '',
          );
        expect(at(after(laterMs))).toBeGreaterThanOrEqual(at(now));
      }),
    );
  });
});
