// `npm run verify`: the part of `npm test` that needs nothing but Node and takes under a minute.
import { runSteps, staticChecks } from './checks.ts';
import { runTask } from './task/run-task.ts';
import { vitestScript } from './vitest-run.ts';

// Texts of a megabyte, every value for every field, every hostile reply, a process for every script and subcommand, the bundle and the
// site take more than a third of the whole; `npm test` tries them.
const dear = [
  'test/unit/authority/hostile-kinds.test.ts',
  'test/unit/controllers/issuers/odd-answers.test.ts',
  'test/unit/contract/simulated.test.ts',
  'test/unit/cost/cost.test.ts',
  'test/unit/docs/site.test.ts',
  'test/unit/issuing/x509/second-opinion.test.ts',
  'test/unit/patterns.test.ts',
  'test/unit/plan-command/process.test.ts',
  'test/unit/program/program.test.ts',
  'test/unit/scripts/help.test.ts',
  'test/unit/scripts/start.test.ts',
];

async function main(): Promise<number> {
  const started = performance.now();
  const failed = await runSteps([
    // The longest step first, so that the others fill the remaining core.
    {
      name: 'unit and architecture tests',
      command: {
        script: vitestScript,
        parameters: ['run', '--project', 'unit', '--reporter=dot', ...dear.map((file) => `--exclude=${file}`)],
      },
    },
    ...staticChecks,
  ]);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(failed === 0 ? `All checks passed in ${seconds} s.` : `${failed} failed after ${seconds} s.`);
  return failed === 0 ? 0 : 1;
}

await runTask('verify', { run: main });
