// `npm run e2e:kind`: the tests of the chart in pods on a cluster of kind, which takes Docker or podman and nothing else; with
// `-- --mesh` those beside the charts of meshes, which are fetched.
import { buildBundle } from './build.ts';
import { runTask } from './task/run-task.ts';
import type { Told } from './task/run-task.ts';
import { isSuccess, summaryLines } from './test-counts.ts';
import { findVitestFault } from './vitest-options.ts';
import { runProject } from './vitest-run.ts';

const cannotRun = 3;

async function main({ full, mesh }: Told<'e2e-kind'>, rest: readonly string[]): Promise<number> {
  const { engineObstacle, findEngine } = await import('../test/kind/kind-cluster.ts');
  const obstacle = engineObstacle(findEngine());
  if (obstacle !== undefined) {
    console.error(obstacle);
    return cannotRun;
  }
  process.env['TEST_CLUSTER'] = 'kind';
  if (full) process.env['TEST_FULL'] = '1';
  await buildBundle();
  const file = mesh ? 'test/kind/mesh/mesh.test.ts' : 'test/cluster/chart.test.ts';
  const counts = await runProject('cluster', [file, ...rest]);
  for (const line of summaryLines([{ counts, obstacle: undefined }])) console.log(line);
  return isSuccess(counts) ? 0 : 1;
}

await runTask('e2e-kind', { findFault: async (_, rest) => findVitestFault(rest), run: main });
