// The static checks, and how the steps of `npm run verify` and `npm test` are run and shown.
import { availableParallelism } from 'node:os';

import { run } from './command.ts';
import type { Command } from './command.ts';
import { showSteps } from './progress.ts';

/** A named step. */
export interface Step {
  readonly name: string;
  readonly command: Command;
}

/** What can be checked without running the product. */
export const staticChecks: readonly Step[] = [
  { name: 'types', command: { script: 'node_modules/typescript/bin/tsc', parameters: ['--noEmit'] } },
  {
    name: 'lint',
    command: { script: 'node_modules/oxlint/bin/oxlint', parameters: ['--type-aware', '--deny-warnings'] },
  },
  {
    name: 'format',
    command: {
      script: 'node_modules/prettier/bin/prettier.cjs',
      // A file whose text was checked before is not checked again.
      parameters: ['--check', '--cache', '--cache-strategy=content', '.'],
    },
  },
  { name: 'unused code and dependencies', command: { script: 'node_modules/knip/bin/knip.js' } },
  { name: 'generated files', command: { script: 'scripts/generate.ts', parameters: ['--check'] } },
];

/** Runs the steps, as many at once as there are cores, and shows them; the output of those that fail follows. Answers how many. */
export async function runSteps(steps: readonly Step[]): Promise<number> {
  const outputs: string[] = [];
  const results = await showSteps(
    steps.map(({ name, command }) => ({
      name,
      run: async () => {
        const { code, output } = await run(command);
        if (code === 0) return;
        outputs.push(`${name}:\n${output.trimEnd()}`);
        throw new Error('its output is below');
      },
    })),
    { atOnce: availableParallelism() },
  );
  for (const output of outputs) console.log(`\n${output}`);
  return results.filter(({ status }) => status === 'rejected').length;
}
