// How many bytes the whole operator allocates for one certificate: the bundle beside a stub of the API server and a simulator. V8
// takes a sample of what is allocated, and estimates the whole from it: within one percent, from a hundred requests. What was
// collected counts as well. It runs without optimizing compilers, which work in the background and so leave out allocations at
// times and at times not.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../control-plane/driver/ports.ts';
import { median } from '../../../scripts/bench/statistics.ts';
import { signingRequest, usualShape } from '../../../scripts/bench/stage/signing-requests.ts';
import type { StubOrders } from '../../../scripts/bench/stub/server.ts';
import { StubProcess } from '../../../scripts/bench/stub/stub-process.ts';
import { startSimulator } from '../../../simulator/simulator.ts';
import type { SimulatorHandle } from '../../../simulator/simulator.ts';
import { certificateRequestPath } from '../../../src/crds/cert-manager.ts';
import { apiGroup, apiVersion } from '../../../src/crds/issuer.ts';
import { Inspector } from '../inspector.ts';
import { issuerSpec } from '../issuing.ts';
import { bundle, startOperator } from '../operator-process.ts';

const namespace = 'operator';
const issuer = 'pca';
const perRound = 100;
const rounds = 4;
// The search for the limit on calls would make some requests wait and be looked at again.
const flags = ['--leader-elect=false', '--log-level=warn', '--call-limits=CreateCustomCertificate=1000/1/1000'];
const nodeFlags = ['--no-opt', '--no-maglev', '--max-semi-space-size=4'];
const bytesBetweenSamples = 4_096;

interface HeapNode {
  readonly selfSize: number;
  readonly children: readonly HeapNode[];
}

/** Bytes that the operator of dist/ allocates for each certificate, once it is warm. */
export async function operatorAllocations(): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'pca-test-'));
  const [stub, simulator, port] = await Promise.all([StubProcess.start(), startSimulator(), freePort()]);
  try {
    const nowhere = { kubeconfig: '', operatorKubeconfig: '', pod: undefined, namespace, directory };
    const { operatorKubeconfig } = await stub.where(nowhere);
    await stub.make(surroundings(simulator));
    const operator = await startOperator({
      kubeconfig: operatorKubeconfig,
      namespace,
      logFile: join(directory, 'operator.log'),
      flags,
      commandLine: (all) => [process.execPath, ...nodeFlags, `--inspect=127.0.0.1:${port}`, bundle, ...all],
    });
    try {
      const inspector = await Inspector.atPort(port);
      await issue(stub, 0);
      const results: number[] = [];
      for (let round = 1; round <= rounds; round += 1)
        results.push(await allocated(inspector, () => issue(stub, round)));
      inspector.close();
      return Math.round(median(results) / perRound);
    } finally {
      await operator.kill();
    }
  } finally {
    await Promise.all([stub.stop(), simulator.close()]);
    rmSync(directory, { recursive: true });
  }
}

async function allocated(inspector: Inspector, work: () => Promise<void>): Promise<number> {
  await inspector.send('HeapProfiler.startSampling', {
    samplingInterval: bytesBetweenSamples,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  await work();
  const { profile } = (await inspector.send('HeapProfiler.stopSampling')) as { profile: { readonly head: HeapNode } };
  const sum = ({ selfSize, children }: HeapNode): number =>
    children.reduce((total, child) => total + sum(child), selfSize);
  return sum(profile.head);
}

async function issue(stub: StubProcess, round: number): Promise<void> {
  await stub.clear();
  await stub.make(Array.from({ length: perRound }, (_, index) => approvedRequest(`r-${round}-${index}`, index)));
  await stub.finished(perRound);
}

function surroundings({ endpoint, accessKey }: SimulatorHandle): StubOrders['make'] {
  const spec = issuerSpec({ parentIdentifier: 'sim-sub-ecc-p256', endpoint: { host: endpoint, protocol: 'HTTP' } });
  const encoded = Object.entries(accessKey).map(([name, text]) => [name, Buffer.from(text).toString('base64')]);
  return [
    {
      path: `/apis/${apiVersion}/alibabapcaclusterissuers/${issuer}`,
      object: { apiVersion, kind: 'AlibabaPCAClusterIssuer', metadata: { name: issuer }, spec },
    },
    {
      path: `/api/v1/namespaces/${namespace}/secrets/${issuer}`,
      object: { metadata: { name: issuer, namespace }, data: Object.fromEntries(encoded) },
    },
    { path: '/api/v1/namespaces/kube-system', object: { metadata: { name: 'kube-system' } } },
  ];
}

function approvedRequest(name: string, index: number): StubOrders['make'][number] {
  const lastTransitionTime = new Date().toISOString().replace(/\.\d+/, '');
  return {
    path: certificateRequestPath({ namespace: 'shop', name }),
    object: {
      apiVersion: 'cert-manager.io/v1',
      kind: 'CertificateRequest',
      metadata: { name, namespace: 'shop' },
      spec: {
        duration: '2160h',
        issuerRef: { group: apiGroup, kind: 'AlibabaPCAClusterIssuer', name: issuer },
        request: signingRequest(usualShape, name, index),
        usages: ['digital signature', 'server auth', 'client auth'],
      },
      status: { conditions: [{ lastTransitionTime, message: '', reason: 'test', status: 'True', type: 'Approved' }] },
    },
  };
}
