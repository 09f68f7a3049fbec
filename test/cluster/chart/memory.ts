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
      pods.map(async (pod) => ({ ...(await world().host.memoryOf(pod)), ends: endsOf(pod) })),
    );
    const peaks = found.map(({ peak }) => `${(peak / 1024 ** 2).toFixed(0)} MiB`);
    console.log(
      `${count} Certificates Ready in ${seconds.toFixed(0)} s; peak memory of the pods ${peaks.join(' and ')} of 512 MiB`,
    );
    const untouched = { limit, peak: expect.any(Number) as number, ends: [[0, undefined]] };
    expect(found).toEqual([untouched, untouched]);
  });
}

/** Restarts of each container, and why it ended the last time. */
function endsOf(pod: Manifest): readonly (readonly [restarts: number, reason: string | undefined])[] {
  return containerStatusesOf(pod).map(({ restartCount, lastState }) => [restartCount, lastState.terminated?.reason]);
}
