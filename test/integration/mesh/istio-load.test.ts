// A mesh that starts all at once: how long istiod waits for the certificates of its workloads while PCA accepts fewer calls
// than there are workloads, and who gives up. Only with TEST_FULL=1; UPDATE_ISTIO_LOAD=1 writes the figures.
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MeshLoad } from '../../../scripts/generate/sizing.ts';
import { prepareIstio } from '../../support/neighbours/istio/chart.ts';
import { askAsIstiod } from '../../support/neighbours/istio/csr-client.ts';
import type { CsrOrder } from '../../support/neighbours/istio/csr-client.ts';
import { istioCsrClientProgram } from '../../support/neighbours/istio/programs.ts';
import { buildMs, neighbourProgram } from '../../support/neighbours/program.ts';
import { World } from '../../support/world.ts';
import { ofCurves, prepareForm } from './istio-forms.ts';

const file = fileURLToPath(new URL('../../../docs/mesh/istio-load.json', import.meta.url));
const certificates = 400;
// istiod with --kubernetesApiQPS=1000, so that it is PCA that workloads wait for.
const qps = 1_000;
// After a minute, or when an API server without a free processor ends the watch.
const istiodGivesUp = /timeout when watching CSR|panic: interface conversion: runtime\.Object is \*v1\.Status/;
const loads = [
  { limit: 1_000, atATime: 20 },
  { limit: 10, atATime: 20 },
  { limit: 10, atATime: certificates },
];

describe.runIf(process.env['TEST_FULL'] === '1')(`${certificates} workloads ask`, () => {
  const figures: MeshLoad[] = [];
  let world: World;
  let order: CsrOrder;

  beforeAll(async () => {
    await neighbourProgram(istioCsrClientProgram);
    world = await World.start({});
    await prepareIstio(world);
    order = await prepareForm(world, ofCurves);
  }, buildMs + 300_000);
  afterAll(async () => {
    await world.stop();
    if (process.env['UPDATE_ISTIO_LOAD'] === '1' && figures.length === loads.length)
      await writeFile(file, `${JSON.stringify(figures, null, 2)}\n`);
  });

  it.each(loads)(
    'PCA accepts $limit calls a second, $atATime at a time: each has one certificate or gave up',
    async (load) => {
      world.simulator.reset();
      world.simulator.setFaults({ throttlePerSecond: load.limit });
      const outcomes = await askAsIstiod({ ...order, count: certificates, concurrency: load.atATime, qps });
      const gaveUp = outcomes.filter(({ chain }) => chain === undefined);
      expect(gaveUp.filter(({ error = '' }) => !istiodGivesUp.test(error))).toEqual([]);
      expect((await world.issuances()).faults()).toEqual([]);
      const issued = world.simulator.issued().length;
      expect(issued).toBeGreaterThanOrEqual(certificates - gaveUp.length);
      const waits = outcomes.map(({ startedMs, endedMs }) => endedMs - startedMs).toSorted((one, other) => one - other);
      const part = (share: number): number =>
        Number(((waits[Math.ceil(share * waits.length) - 1] ?? 0) / 1_000).toFixed(2));
      const first = Math.min(...outcomes.map(({ startedMs }) => startedMs));
      const last = Math.max(...outcomes.map(({ endedMs }) => endedMs));
      figures.push({
        ...load,
        certificates,
        gaveUp: gaveUp.length,
        seconds: Number(((last - first) / 1_000).toFixed(1)),
        wait: { median: part(0.5), p95: part(0.95), longest: part(1) },
      });
      console.log(JSON.stringify(figures.at(-1)));
    },
  );
});
