// The static checks, and how a step of `npm run verify` and `npm test` is reported: one line, and its output if it failed.
import { availableParallelism } from 'node:os';

import { run, runLimited } from './command.ts';
import type { Command } from './command.ts';

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

/** Runs the steps, as many at once as there are cores, each reported when it is done; answers how many failed. */
export async function runSteps(steps: readonly Step[]): Promise<number> {
  const passed = await runLimited(
    availableParallelism(),
    steps.map((step) => async () => runStep(step)),
  );
  return passed.filter((ok) => !ok).length;
}

async function runStep({ name, command }: Step): Promise<boolean> {
  const { code, output, seconds } = await run(command);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds.toFixed(1)} s)`);
  if (code !== 0) console.log(output.trimEnd());
  return code === 0;
}
