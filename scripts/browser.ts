// `npm run test:browser`: the tests of pages and of the dashboard in the Chromium of this machine. They are no part of `npm test`, since not every
// machine has one; what needs no browser is tested there.
import { runTask } from './task/run-task.ts';
import { isSuccess, summaryLines } from './test-counts.ts';
import { findVitestFault } from './vitest-options.ts';
import { runProject } from './vitest-run.ts';

const machineLacksSomething = 3;

async function main(vitest: readonly string[]): Promise<number> {
  const { findChromium, noChromium } = await import('../test/support/chromium.ts');
  if (findChromium() === undefined) {
    console.log(noChromium);
    return machineLacksSomething;
  }
  if (!(await build())) return machineLacksSomething;
  const counts = await runProject('browser', vitest);
  for (const line of summaryLines([{ counts, obstacle: undefined }])) console.log(line);
  return isSuccess(counts) ? 0 : 1;
}

/** Builds what the dashboard's test runs; false, and it is said why, where there is no Go. */
async function build(): Promise<boolean> {
  const [{ buildBundle }, { buildGoPrograms }, { GoMissingError }, { prometheusProgram }] = await Promise.all([
    import('./build.ts'),
    import('./go-programs.ts'),
    import('../control-plane/driver/go-build.ts'),
    import('../control-plane/driver/programs.ts'),
  ]);
  try {
    await buildBundle();
    await buildGoPrograms((line) => console.log(line), { further: [prometheusProgram] });
    return true;
  } catch (error) {
    if (!(error instanceof GoMissingError)) throw error;
    console.log(error.message);
    return false;
  }
}

await runTask('browser', { findFault: async (_, rest) => findVitestFault(rest), run: async (_, rest) => main(rest) });
