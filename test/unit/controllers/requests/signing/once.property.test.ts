// Whatever happens to a request, its process, its issuer and its calls: no second certificate is paid for while a first may
// exist, and the request comes to its end as soon as the cloud answers.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { World } from './once-world.ts';
import type { CallFate, Happening } from './once-world.ts';

const fates: readonly CallFate[] = ['answer', 'receipt', 'answer lost', 'call lost', 'throttled', 'throws'];
const anyway: readonly Happening[] = [
  'look',
  { passes: 20_000 },
  { passes: 400_000 },
  { clockJumps: 3_600_000 },
  { clockJumps: -3_600_000 },
  'other CA',
  'other access key',
  'lists fail',
  'revoked',
  'deleted',
];

/** A sequence in which the request is looked at again and again. */
function sequenceOf(...happenings: readonly Happening[]): fc.Arbitrary<readonly Happening[]> {
  const anything = fc.constantFrom(...happenings);
  return fc.array(fc.oneof(anything, fc.constant<Happening>('look')), { maxLength: 30 });
}

const fatesOf = (...more: readonly CallFate[]): fc.Arbitrary<readonly CallFate[]> =>
  fc.array(fc.constantFrom(...fates, ...more), { minLength: 1, maxLength: 5 });

/** Lives through the sequence. */
async function live(
  refusesDuplicates: boolean,
  fate: readonly CallFate[],
  sequence: readonly Happening[],
  differences: ConstructorParameters<typeof World>[2] = {},
): Promise<World> {
  const world = new World(refusesDuplicates, fate, differences);
  await world.prepare();
  for (const each of sequence) await world.happen(each);
  await world.recover();
  return world;
}

test('one process pays once, though PCA would issue as often as it is asked, and the request ends', async () => {
  await fc.assert(
    fc.asyncProperty(fatesOf(), sequenceOf(...anyway, 'other operation'), async (fate, sequence) => {
      const { end, pca } = await live(false, fate, sequence);
      expect({ ends: end !== undefined, doubles: pca.doubles }).toEqual({ ends: true, doubles: 0 });
    }),
    { numRuns: 60 },
  );
});

test('many processes pay once where PCA refuses a second, do not ask again once it has, and the request ends', async () => {
  const sequences = sequenceOf(...anyway, 'late call arrives', 'restart', 'restart');
  await fc.assert(
    fc.asyncProperty(fatesOf('late', 'late'), sequences, async (fate, sequence) => {
      const { end, pca } = await live(true, fate, sequence);
      expect({ ends: end !== undefined, doubles: pca.doubles, again: pca.callsAfterDuplicate ?? 0 }).toEqual({
        ends: true,
        doubles: 0,
        again: 0,
      });
    }),
    { numRuns: 60 },
  );
});

const caUntil = new Date('2026-12-22T00:00:00Z');
const clamp: Happening = { validity: {} };
/** Processes whose clocks are apart by no more than the margin. */
const others: readonly Happening[] = [
  'restart',
  { clockOff: 140_000 },
  { clockOff: -140_000 },
  'lists fail',
  { passes: 20_000 },
  { passes: 400_000 },
];

test('with an identifier what was paid for is used, whatever the clocks and the limits of other processes were', async () => {
  const sequences = sequenceOf(
    ...others,
    'late call arrives',
    { validity: { backdate: '24h' } },
    { validity: { maxDuration: '240h' } },
    clamp,
  );
  await fc.assert(
    fc.asyncProperty(fatesOf('late'), sequences, fc.boolean(), async (fate, sequence, isNearEnd) => {
      const world = await live(true, fate, [clamp, ...sequence], isNearEnd ? { caUntil } : {});
      expect({ end: world.end, paid: world.pca.paid }).toEqual({ end: 'issued', paid: 1 });
    }),
    { numRuns: 60 },
  );
});

test('by its key what was paid for is used, and never what another request got with the same key', async () => {
  await fc.assert(
    fc.asyncProperty(fatesOf(), sequenceOf(...others), fc.boolean(), async (fate, sequence, isNearEnd) => {
      const world = await live(false, fate, [clamp, ...sequence], {
        operation: 'CreateCertificateWithExtension',
        // Of an hour's certificate, renewed at two thirds of it.
        othersFrom: new Date('2026-11-21T23:35:00Z'),
        ...(isNearEnd ? { caUntil } : {}),
      });
      const { end, certificate, pca } = world;
      expect({ end, isOwn: certificate !== 'other', paid: pca.paid }).toEqual({ end: 'issued', isOwn: true, paid: 1 });
    }),
    { numRuns: 60 },
  );
});
