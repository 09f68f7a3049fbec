// `npm run e2e:kind`: the tests of the chart in pods on a cluster of kind, which takes Docker or podman and nothing else.
// `--full` runs the long variants; what remains goes to vitest.
import { engineObstacle, findEngine } from '../test/kind/kind-cluster.ts';
import { buildBundle } from './build.ts';
import { isSuccess, summaryLines } from './test-counts.ts';
import { runProject } from './vitest-run.ts';

const cannotRun = 3;

async function main(parameters: readonly string[]): Promise<number> {
  const obstacle = engineObstacle(findEngine());
  if (obstacle !== undefined) {
    console.error(obstacle);
    return cannotRun;
  }
  process.env['TEST_CLUSTER'] = 'kind';
  if (parameters.includes('--full')) process.env['TEST_FULL'] = '1';
  await buildBundle();
  const rest = parameters.filter((parameter) => parameter !== '--full');
  const counts = await runProject('cluster', ['test/cluster/chart.test.ts', ...rest]);
  for (const line of summaryLines([{ counts, obstacle: undefined }])) console.log(line);
  return isSuccess(counts) ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
