// One process of ours where neither the API server nor the CA is the limit: the API server is a stub that answers from memory.
import { randomUUID } from 'node:crypto';
import { certificateRequestPath } from '../../../src/crds/cert-manager.ts';
import { issuerPath, issuerKind } from '../../../src/crds/issuer.ts';
import type { Contestant } from '../contestants/contestant.ts';
import { cpuMs } from '../stage/process-figures.ts';
import { signingRequest, usualShape } from '../stage/signing-requests.ts';
import type { Stage } from '../stage/stage.ts';
import { atRest } from '../stage/usage.ts';
import { issuerNames } from '../stage/where.ts';
import type { StubOrders } from '../stub/server.ts';
import { StubProcess } from '../stub/stub-process.ts';
import { forEach } from './case.ts';
import type { ByContestant, CaseSettings } from './case.ts';
import { wanted, withinReason } from './runs.ts';

/** A drain of one process. CPU is milliseconds for each certificate. */
export interface StubRun {
  readonly perSecond: number;
  readonly cpu: { readonly contestant: number; readonly stub: number; readonly simulator: number };
}

/** The first drain of a process, and the later ones. */
export interface StubFigures {
  readonly cold: StubRun;
  readonly warm: readonly StubRun[];
}

// The search for the limit on calls is another matter.
const flag = '--call-limits=CreateCustomCertificate=1000/1/1000';

/** Measures each of our own contestants alone. */
export async function stubbed({ stage, contestants, sizes, say }: CaseSettings): Promise<ByContestant<StubFigures>> {
  const own = contestants.filter(({ isOwn }) => isOwn);
  return forEach(own, async (contestant) => {
    const stub = await StubProcess.start();
    try {
      await stub.make(await surroundings(stage));
      const running = await contestant.start(await stub.where(stage.where), { flags: [flag] });
      try {
        const drained = async (): Promise<StubRun> => drain({ stage, stub, contestant, running }, sizes.requests);
        const cold = await drained();
        const warm: StubRun[] = [];
        for (let run = 0; run < sizes.pairs; run += 1) warm.push(await drained());
        say(`  ${contestant.name}: ${JSON.stringify({ cold, warm })}`);
        return { cold, warm };
      } finally {
        await running.kill();
      }
    } finally {
      await stub.stop();
    }
  });
}

/** What the operator needs of a cluster, as the real API server has it. */
async function surroundings({ cluster, where }: Stage): Promise<StubOrders['make']> {
  const kind = issuerKind('AlibabaPCAClusterIssuer');
  if (kind === undefined) throw new Error('There is no such kind.');
  const paths = [
    ...Object.values(issuerNames).map((name) => issuerPath(kind, { name })),
    `/api/v1/namespaces/${where.namespace}/secrets/key`,
    '/api/v1/namespaces/kube-system',
  ];
  return Promise.all(
    paths.map(async (path) => ({
      path,
      object: (await cluster.api.expect('GET', path)) as Readonly<Record<string, unknown>>,
    })),
  );
}

async function drain(
  {
    stage,
    stub,
    contestant,
    running,
  }: {
    readonly stage: Stage;
    readonly stub: StubProcess;
    readonly contestant: Contestant;
    readonly running: { readonly pid: number; pause(): void; resume(): void };
  },
  count: number,
): Promise<StubRun> {
  await stub.clear();
  await stage.simulator.reset();
  await atRest([running.pid, stub.pid]);
  running.pause();
  await stub.make(Array.from({ length: count }, (_, index) => approvedRequest(contestant, index)));
  const pids = [running.pid, stub.pid, stage.simulator.pid];
  await atRest(pids);
  const before = pids.map(cpuMs);
  const started = performance.now();
  running.resume();
  const end = await withinReason(
    stub.finished(count).then(() => performance.now()),
    count,
  );
  await atRest(pids, 'long');
  const [own = 0, ofStub = 0, simulator = 0] = pids.map((pid, index) => (cpuMs(pid) - (before[index] ?? 0)) / count);
  return { perSecond: (count * 1_000) / (end - started), cpu: { contestant: own, stub: ofStub, simulator } };
}

/** A request as the API server shows it once it is approved, with the notes of who wrote what. */
function approvedRequest(contestant: Contestant, index: number): StubOrders['make'][number] {
  const { issuerRef, namespace } = wanted(contestant);
  const name = `s-${randomUUID()}`;
  const time = new Date().toISOString().replace(/\.\d+/, '');
  const fieldsV1 = { 'f:spec': { '.': {}, 'f:duration': {}, 'f:issuerRef': {}, 'f:request': {}, 'f:usages': {} } };
  const managedFields = [
    { apiVersion: 'cert-manager.io/v1', fieldsType: 'FieldsV1', fieldsV1, manager: 'node', operation: 'Update', time },
  ];
  return {
    path: certificateRequestPath({ namespace, name }),
    object: {
      apiVersion: 'cert-manager.io/v1',
      kind: 'CertificateRequest',
      metadata: { name, namespace, managedFields },
      spec: {
        duration: '2160h',
        issuerRef,
        request: signingRequest(usualShape, name, index),
        usages: ['digital signature', 'server auth', 'client auth'],
      },
      status: {
        conditions: [{ lastTransitionTime: time, message: '', reason: 'bench', status: 'True', type: 'Approved' }],
      },
    },
  };
}
