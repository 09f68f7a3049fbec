// /metrics for a few, with the operator as a process, the rights of the chart, and an API server that judges real tokens.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { freePort } from '../../control-plane/driver/ports.ts';
import { buildHelm, buildMs, render } from '../support/helm.ts';
import { launchOperator } from '../support/operator-process.ts';
import type { OperatorProcess } from '../support/operator-process.ts';
import { writeServiceAccountKubeconfig } from '../support/product.ts';
import { selfSigned } from '../support/self-signed.ts';
import { testCluster } from '../support/test-cluster.ts';
import { NotYet, until } from '../support/wait.ts';

const cluster = await testCluster();
const account = { name: 'pca-alibaba-pca-issuer', namespace: 'issuers' };
const prometheus = { kind: 'ServiceAccount', name: 'prometheus', namespace: 'monitoring' };

let directory: string;
let certificate: string;
let port: number;
let operator: Omit<OperatorProcess, 'startMs'>;

beforeAll(async () => {
  await buildHelm();
  directory = await mkdtemp(join(tmpdir(), 'metrics-'));
  const { cert, key } = await selfSigned();
  certificate = cert;
  await writeFile(join(directory, 'tls.crt'), cert);
  await writeFile(join(directory, 'tls.key'), key);
  const secure = { enabled: true, tlsSecret: 'metrics-tls', readers: [prometheus] };
  const manifests = await render({ metrics: { secure }, crds: { enabled: false } });
  const serviceAccount = (name: string) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace: prometheus.namespace },
  });
  await cluster.apply([
    ...[account.namespace, prometheus.namespace].map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
    })),
    ...manifests.filter(({ kind }) => ['ServiceAccount', 'ClusterRole', 'ClusterRoleBinding'].includes(kind)),
    serviceAccount(prometheus.name),
    serviceAccount('stranger'),
  ]);
  const kubeconfig = join(directory, 'kubeconfig');
  await writeServiceAccountKubeconfig(async (args, input) => cluster.kubectl(args, input), account, kubeconfig);
  port = await freePort();
  operator = await launchOperator({
    kubeconfig,
    namespace: account.namespace,
    logFile: join(directory, 'log'),
    flags: [`--metrics-address=127.0.0.1:${port}`, `--metrics-certificate-directory=${directory}`],
  });
}, buildMs);

afterAll(async () => {
  await operator?.stop();
  await rm(directory, { recursive: true });
});

async function tokenOf(name: string, audience?: string): Promise<string> {
  const args = ['create', 'token', name, '--namespace', prometheus.namespace];
  return (await cluster.kubectl([...args, ...(audience === undefined ? [] : ['--audience', audience])])).trim();
}

async function get(token?: string): Promise<readonly [status: number | undefined, text: string]> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: '/metrics', ca: certificate, headers, agent: false };
    const sent = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve([response.statusCode, text]));
    });
    sent.once('error', reject);
    sent.end();
  });
}

it('are for the ServiceAccount of Prometheus alone, and not on the port of the probes', async () => {
  const token = await tokenOf(prometheus.name);
  const text = await until('Prometheus to get the metrics', async () => {
    const [status, answered] = await get(token).catch((error: unknown) => [undefined, String(error)] as const);
    if (status !== 200) throw new NotYet([status, answered]);
    return answered;
  });
  expect(text).toContain('pca_issuer_clock_offset_seconds ');
  const status = async (given?: string): Promise<number | undefined> => (await get(given))[0];
  expect([
    await status(),
    await status('nobody'),
    await status(await tokenOf(prometheus.name, 'sts.aliyuncs.com')),
    await status(await tokenOf('stranger')),
    (await fetch(`${operator.address}/metrics`)).status,
    (await fetch(`${operator.address}/healthz`)).status,
  ]).toEqual([401, 401, 401, 403, 404, 200]);
  expect(await operator.logs()).not.toContain(token);
});
