// A burst of Certificates and the memory that the chart allows. 300 usually; 1,000 with TEST_FULL=1.
import { expect, it } from 'vitest';

import type { Manifest } from '../../support/cluster.ts';
import type { InstalledWorld } from '../../support/installed-world.ts';
import { containerStatusesOf } from '../../support/pod-containers.ts';

const isFull = process.env['TEST_FULL'] === '1';
const count = isFull ? 1_000 : 300;
const limit = 512 * 1024 * 1024;

/** Leaves namespaces with Certificates that are Ready. */
export function memory(world: () => InstalledWorld): void {
  it(`issues ${count} Certificates at once within the memory that the chart allows`, { timeout: 600_000 }, async () => {
    const seconds = await world().burst(count);
    const pods = await world().pods();
    const found = await Promise.all(
      pods.map(async (pod) => ({ ...(await world().host.memoryOf(pod)), killed: await killedOf(pod) })),
    );
    const peaks = found.map(({ peak }) => `${(peak / 1024 ** 2).toFixed(0)} MiB`);
    console.log(
      `${count} Certificates Ready in ${seconds.toFixed(0)} s; peak memory of the pods ${peaks.join(' and ')} of 512 MiB`,
    );
    const untouched = { limit, peak: expect.any(Number) as number, killed: [] };
    expect(found).toEqual([untouched, untouched]);
  });

  /**
   * Why containers were ended, but for those that have lost their Lease, as on a machine that is too busy to renew it in time: that
   * says nothing about memory.
   */
  async function killedOf(pod: Manifest): Promise<readonly string[]> {
    const ends = containerStatusesOf(pod).flatMap(({ lastState }) => lastState.terminated?.reason ?? []);
    if (ends.length === 0) return [];
    const { cluster, namespace } = world();
    const said = await cluster.kubectl(['logs', '--previous', '--namespace', namespace, pod.metadata.name]);
    return said.includes('The Lease was lost; the process ends.') ? [] : ends;
  }
}
