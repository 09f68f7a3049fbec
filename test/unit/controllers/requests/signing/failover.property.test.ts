// Whatever happens to a request while its issuer goes from one CA to another: one certificate is paid for in both regions together,
// and the request comes to its end as soon as both answer.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { FailoverWorld } from './failover-world.ts';
import type { Happening } from './failover-world.ts';
import type { CallFate } from './once-world.ts';

const happenings: readonly Happening[] = [
  'look',
  'turn',
  'turn',
  'restart',
  'first silent',
  'second silent',
  'late calls arrive',
  { passes: 20_000 },
  { passes: 90_000 },
  { passes: 400_000 },
];
const sequences = fc.array(fc.oneof(fc.constantFrom(...happenings), fc.constant<Happening>('look')), { maxLength: 30 });
const fates = (...of: readonly CallFate[]): fc.Arbitrary<readonly CallFate[]> =>
  fc.array(fc.constantFrom(...of), { minLength: 1, maxLength: 5 });

test('with an identifier a request is paid for once in both regions', async () => {
  const fatesOf = fates('answer', 'receipt', 'answer lost', 'call lost', 'late', 'throttled', 'throws');
  await fc.assert(
    fc.asyncProperty(fatesOf, sequences, async (fate, sequence) => {
      const world = new FailoverWorld(fate, 'CreateCustomCertificate');
      for (const each of sequence) await world.happen(each);
      await world.recover();
      expect({ end: world.end, paid: world.paid }).toEqual({ end: 'issued', paid: 1 });
    }),
    { numRuns: 60, endOnFailure: true },
  );
});

test('by its key a request is paid for once in both regions, unless a call arrives late where the next one goes', async () => {
  const fatesOf = fates('answer', 'receipt', 'answer lost', 'call lost', 'throttled', 'throws');
  const without = sequences.map((sequence) => sequence.filter((each) => each !== 'late calls arrive'));
  await fc.assert(
    fc.asyncProperty(fatesOf, without, async (fate, sequence) => {
      const world = new FailoverWorld(
        [...fate, ...Array<CallFate>(40).fill('call lost')],
        'CreateCertificateWithExtension',
      );
      for (const each of sequence) await world.happen(each);
      await world.recover();
      expect({ end: world.end, paid: world.paid }).toEqual({ end: 'issued', paid: 1 });
    }),
    { numRuns: 60, endOnFailure: true },
  );
});
