// Whoever looks around in the demo is told when nothing issues any more.
import { expect, it } from 'vitest';
import { tellOfEnd } from '../../../../scripts/demo/scene.ts';

it.each([
  [{ code: null, signal: 'SIGKILL' }, true, ['SIGKILL']],
  [{ code: 1, signal: null }, true, ['exit code 1']],
  [{ code: 0, signal: null }, false, []],
] as const)('an end by %j of an operator that is wanted: %j', async (end, isWanted, told) => {
  const said: string[] = [];
  await tellOfEnd(
    { ended: Promise.resolve(end), logFile: '/logs/operator.log' },
    { isWanted: () => isWanted, say: (text) => said.push(text) },
  );
  expect(said).toEqual(
    told.map(
      (how) =>
        `\nThe operator has ended (${how}): nothing is issued any more. Its log: /logs/operator.log. Start the demo again.`,
    ),
  );
});
