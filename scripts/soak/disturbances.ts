// What goes wrong during a soak. Each begins, lasts while there is work, and ends.
import { secret } from '../../test/support/world.ts';
import type { World } from '../../test/support/world.ts';
import { until } from '../../test/support/wait.ts';
import { issuers } from './workload.ts';
import type { Workload } from './workload.ts';

/** What a disturbance acts on. */
export interface Stage {
  readonly world: World;
  readonly workload: Workload;
  readonly random: () => number;
}

/** Begins something and answers how it ends. */
export type Disturbance = (stage: Stage) => Promise<() => Promise<void>>;

const issuerKinds = Object.keys(issuers);
const nothing = async (): Promise<void> => {};

/** By what they are. */
export const disturbances: Readonly<Record<string, Disturbance>> = {
  'nothing goes wrong': async () => nothing,
  'PCA throttles and fails': async (stage) =>
    faults(stage, { throttled: 20, internalErrorBeforeIssuing: 5, internalErrorAfterIssuing: 5 }),
  'PCA hangs up, before and after issuing': async (stage) =>
    faults(stage, { cutBeforeIssuing: 15, cutAfterIssuing: 15 }),
  'PCA is slow': async ({ world }) => {
    world.simulator.setFaults({ latencyMilliseconds: 1_000 });
    return async () => world.simulator.setFaults({ latencyMilliseconds: 0 });
  },
  'PCA answers without the certificate': async (stage) => faults(stage, { withoutCertificate: 40 }),
  'issuers change': async ({ world, workload, random }) => {
    for (const name of issuerKinds) {
      const spec = { validity: { backdate: random() < 0.5 ? '5m' : '1h', onExceed: 'Clamp', maxDuration: '720h' } };
      await workload.persist('the issuer to change', async () => world.cluster.apply(workload.issuer(name, spec)));
    }
    return nothing;
  },
  'the access key is replaced': async ({ world, workload, random }) => {
    const number = Math.floor(random() * 1e9);
    const key = { accessKeyId: `LTAIsoak${number}`, accessKeySecret: `secret-of-${number}` };
    world.simulator.addAccessKey(key);
    const manifest = secret(workload.namespace, 'access-key', key);
    await workload.persist('the Secret to change', async () => world.cluster.apply(manifest));
    return async () => void (await until('the new key to be used', () => world.simulator.usesOf(key.accessKeyId) > 0));
  },
  'requests are deleted in the middle': async ({ workload }) => {
    await workload.round();
    await workload.purge();
    return nothing;
  },
  'the API server restarts': async ({ world }) => {
    await world.controlPlane.component('kube-apiserver').restart();
    return nothing;
  },
  'the API server is killed': async ({ world }) => {
    const server = world.controlPlane.component('kube-apiserver');
    await server.kill();
    await server.start();
    return nothing;
  },
  'the API server stands still': async ({ world }) => {
    const server = world.controlPlane.component('kube-apiserver');
    server.pause();
    setTimeout(() => server.resume(), standstillMs);
    return nothing;
  },
  'the history is compacted': async ({ world, workload }) => {
    await workload.round();
    await world.controlPlane.compact();
    return nothing;
  },
  'cert-manager restarts': async ({ world }) => {
    await world.controlPlane.component('cert-manager').restart();
    return nothing;
  },
};

const standstillMs = 5_000;

async function faults({ world }: Stage, percentages: Readonly<Record<string, number>>): Promise<() => Promise<void>> {
  world.simulator.setFaults({ percentages });
  return async () => world.simulator.setFaults({ percentages: {} });
}
