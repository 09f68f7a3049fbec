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

/** Lives through the sequence. */
async function live(
  fate: readonly CallFate[],
  sequence: readonly Happening[],
  operation: ConstructorParameters<typeof FailoverWorld>[1] = 'CreateCustomCertificate',
): Promise<FailoverWorld> {
  const world = new FailoverWorld(fate, operation);
  for (const each of sequence) await world.happen(each);
  await world.recover();
  return world;
}

test.each<[string, readonly CallFate[], readonly Happening[]]>([
  ['the answer was lost, and another CA issues', ['answer lost'], ['look', 'first silent', 'turn', 'look', 'look']],
  [
    'the process was killed after the call, and its CA is silent when another begins',
    ['answer lost'],
    ['look', 'first silent', 'restart', 'look', { passes: 400_000 }, 'look'],
  ],
  [
    'the process was killed after a call to the other CA, and the own one issues again',
    ['answer lost'],
    ['turn', 'look', 'second silent', 'restart', 'look', { passes: 400_000 }, 'look'],
  ],
  [
    'the call arrives when its CA has said that there is no certificate',
    ['late'],
    ['first silent', 'look', 'turn', 'first silent', 'look', { passes: 90_000 }, 'look', 'late calls arrive'],
  ],
  [
    'the call arrives when the next one was refused for the moment, and another CA issues',
    ['late', 'throttled'],
    ['first silent', 'look', 'first silent', 'look', 'turn', 'look', 'late calls arrive'],
  ],
])('a request is paid for once where %s', async (_, fate, sequence) => {
  const { end, paid } = await live(fate, sequence);
  expect({ end, paid }).toEqual({ end: 'issued', paid: 1 });
});

test('with an identifier a request is paid for once in both regions', async () => {
  const fatesOf = fates('answer', 'receipt', 'answer lost', 'call lost', 'late', 'throttled', 'throws');
  await fc.assert(
    fc.asyncProperty(fatesOf, sequences, async (fate, sequence) => {
      const world = await live(fate, sequence);
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
      const further = Array<CallFate>(40).fill('call lost');
      const world = await live([...fate, ...further], sequence, 'CreateCertificateWithExtension');
      expect({ end: world.end, paid: world.paid }).toEqual({ end: 'issued', paid: 1 });
    }),
    { numRuns: 60, endOnFailure: true },
  );
});
