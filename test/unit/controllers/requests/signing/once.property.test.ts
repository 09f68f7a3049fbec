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
): Promise<World> {
  const world = new World(refusesDuplicates, fate);
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
