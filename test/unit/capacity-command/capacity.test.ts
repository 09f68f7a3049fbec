// What workloads take: one whole answer, and laws that hold for every fleet. ISSUING_FUZZ_RUNS sets the number of runs.
import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { capacityOf } from '../../../src/capacity-command/capacity.ts';
import { shortages } from '../../../src/capacity-command/changes.ts';
import type { CapacityQuestion } from '../../../src/capacity-command/question.ts';

const numRuns = Number(process.env['ISSUING_FUZZ_RUNS'] ?? 500);
const mesh: CapacityQuestion = {
  workloads: 2000,
  lifetimeSeconds: 86_400,
  renewAt: 0.5,
  startsPerDay: 0,
  pcaLimit: 10,
  quota: undefined,
  stormSeconds: 0,
  clientTimeoutSeconds: 60,
};

const questions: fc.Arbitrary<CapacityQuestion> = fc.record({
  workloads: fc.integer({ min: 1, max: 3000 }),
  lifetimeSeconds: fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 5000, max: 40_000_000 })),
  renewAt: fc.integer({ min: 1, max: 99 }).map((hundredths) => hundredths / 100),
  startsPerDay: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1_000_000 })),
  pcaLimit: fc.constantFrom(0.3, 1, 7, 10, 100, 1000),
  quota: fc.option(fc.integer({ min: 0, max: 100_000_000 }), { nil: undefined }),
  stormSeconds: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 4000 })),
  clientTimeoutSeconds: fc.integer({ min: 1, max: 600 }),
});

/** How long each of a queue waits that is served one after the other, when they come one `apart` after the other. */
function waits({ workloads, pcaLimit }: CapacityQuestion, apart: number): readonly number[] {
  const waited: number[] = [];
  let free = 0;
  for (let index = 0; index < workloads; index += 1) {
    const due = index * apart;
    const served = Math.max(due, free);
    free = served + 1 / pcaLimit;
    waited.push(served - due);
  }
  return waited;
}

describe('the capacity that a mesh takes', () => {
  it('is this, for two thousand sidecars with the defaults of Istio', () => {
    expect(capacityOf({ ...mesh, quota: 1_460_000 })).toEqual({
      renewedEverySeconds: 43_200,
      certificates: {
        perHour: expect.closeTo(2000 / 12),
        perDay: expect.closeTo(4000),
        perYear: expect.closeTo(1_460_000),
        perWorkloadAndYear: 730,
      },
      calls: { perSecond: expect.closeTo(4000 / 86_400), shareOfLimit: expect.closeTo(4000 / 864_000), suffices: true },
      quota: { certificates: 1_460_000, lastsSeconds: expect.closeTo(365 * 86_400), suffices: true },
      restart: { seconds: 199.9, givenUp: 1399, suffices: false },
      storm: {
        withinSeconds: 0,
        seconds: expect.closeTo(199.9),
        longestWaitSeconds: expect.closeTo(199.9),
        spareSeconds: 43_200,
        expired: 0,
        suffices: true,
      },
      issuanceLimits: { certificatesPerHour: 2167, certificatesPerDay: 6000 },
      changes: [
        {
          shortage: 'restart',
          alternatives: [
            { setting: 'pcaLimit', value: 33.32 },
            { setting: 'workloads', value: 601 },
          ],
        },
      ],
      suffices: false,
    });
  });

  it('names every setting that would help, for certificates that live as short as Istio allows', () => {
    const short = { ...mesh, lifetimeSeconds: 600, pcaLimit: 4, quota: 1_000_000 };
    expect(capacityOf(short).changes).toEqual([
      {
        shortage: 'calls',
        alternatives: [
          { setting: 'pcaLimit', value: 6.67 },
          { setting: 'lifetimeSeconds', value: 1000 },
        ],
      },
      {
        shortage: 'quota',
        alternatives: [
          { setting: 'quota', value: 210_240_000 },
          { setting: 'lifetimeSeconds', value: 126_144 },
        ],
      },
      {
        shortage: 'restart',
        alternatives: [
          { setting: 'pcaLimit', value: 33.32 },
          { setting: 'workloads', value: 241 },
        ],
      },
      {
        shortage: 'storm',
        alternatives: [
          { setting: 'stormSeconds', value: 200 },
          { setting: 'pcaLimit', value: 6.67 },
          { setting: 'renewAt', value: 0.16 },
          { setting: 'lifetimeSeconds', value: 1000 },
        ],
      },
    ]);
  });

  it('includes starts, of which no lifetime saves a quota', () => {
    const { certificates, changes } = capacityOf({ ...mesh, workloads: 10, startsPerDay: 100, quota: 36_000 });
    expect([certificates.perDay, changes]).toEqual([
      expect.closeTo(120),
      [{ shortage: 'quota', alternatives: [{ setting: 'quota', value: 43_800 }] }],
    ]);
  });

  it('suffices where renewals take all that PCA allows, whatever the last digits of the sums are', () => {
    const full = { ...mesh, workloads: 870, lifetimeSeconds: 3000, renewAt: 0.29, pcaLimit: 1 };
    const { calls } = capacityOf(full);
    expect([calls.perSecond > 1, calls.suffices]).toEqual([true, true]);
  });

  it('has no limit for the issuer where none is that high', () => {
    const { issuanceLimits } = capacityOf({ ...mesh, workloads: 500_000, lifetimeSeconds: 3600 });
    expect(issuanceLimits).toEqual({ certificatesPerHour: 1_500_000 });
  });
});

describe('for every fleet', () => {
  test('each alternative alone ends its shortage', () => {
    fc.assert(
      fc.property(questions, (question) => {
        for (const { shortage, alternatives } of capacityOf(question).changes) {
          expect(alternatives.length).toBeGreaterThan(0);
          for (const { setting, value } of alternatives) {
            const changed = capacityOf({ ...question, [setting]: value });
            expect([shortage, setting, value, changed.changes.map((each) => each.shortage)]).not.toEqual([
              shortage,
              setting,
              value,
              expect.arrayContaining([shortage]),
            ]);
          }
        }
      }),
      { numRuns },
    );
  });

  test('a change is named exactly where something does not suffice', () => {
    fc.assert(
      fc.property(questions, (question) => {
        const capacity = capacityOf(question);
        const short = shortages.filter((shortage) => capacity[shortage]?.suffices === false);
        expect([capacity.changes.map(({ shortage }) => shortage), capacity.suffices]).toEqual([
          short,
          short.length === 0,
        ]);
      }),
      { numRuns },
    );
  });

  test('restart and storm are what a queue that is served one by one shows', () => {
    fc.assert(
      fc.property(questions, (question) => {
        const { restart, storm } = capacityOf(question);
        const { workloads, stormSeconds, clientTimeoutSeconds, lifetimeSeconds, renewAt, pcaLimit } = question;
        const apart = stormSeconds / workloads;
        const [starts, renewals] = [waits(question, 0), waits(question, apart)];
        const last = (waited: readonly number[]): number => waited.at(-1) ?? 0;
        // Waits that end with the very moment of a deadline may count either way.
        const late = (waited: readonly number[], limit: number): readonly number[] => [
          waited.filter((wait) => wait > limit * (1 + 1e-6) + 1e-6).length,
          waited.filter((wait) => wait > limit * (1 - 1e-6) - 1e-6).length,
        ];
        const between = (count: number, [least = 0, most = 0]: readonly number[]): boolean =>
          least <= count && count <= most;
        expect([
          restart.seconds,
          between(restart.givenUp, late(starts, clientTimeoutSeconds)),
          storm.longestWaitSeconds,
          between(storm.expired, late(renewals, lifetimeSeconds * (1 - renewAt))),
          storm.seconds,
        ]).toEqual([
          expect.closeTo((workloads - 1) / pcaLimit, 5),
          true,
          expect.closeTo(last(renewals), 5),
          true,
          expect.closeTo((workloads - 1) * apart + last(renewals), 5),
        ]);
      }),
      { numRuns },
    );
  });

  test('twice the lifetime takes half the renewals, and a higher limit makes nothing worse', () => {
    fc.assert(
      fc.property(questions, (question) => {
        const steady = { ...question, startsPerDay: 0 };
        const twice = capacityOf({ ...steady, lifetimeSeconds: 2 * steady.lifetimeSeconds });
        expect(twice.certificates.perYear * 2).toBeCloseTo(capacityOf(steady).certificates.perYear, 3);
        const [before, after] = [capacityOf(question), capacityOf({ ...question, pcaLimit: 2 * question.pcaLimit })];
        expect([
          after.restart.seconds <= before.restart.seconds,
          after.restart.givenUp <= before.restart.givenUp,
          after.storm.expired <= before.storm.expired,
          after.storm.seconds <= before.storm.seconds,
          after.changes.length <= before.changes.length,
        ]).toEqual([true, true, true, true, true]);
      }),
      { numRuns },
    );
  });
});
