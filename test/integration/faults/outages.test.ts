// The API server goes and comes back, its history is compacted under the watches, and the clock of the operator is wrong.
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { OperatorProcess } from '../../support/operator-process.ts';
import { until } from '../../support/wait.ts';
import { World } from '../../support/world.ts';
import { preload } from './clock-preload.ts';
import { leads, metric, Scene } from './scene.ts';

let world: World;
const quick = ['--retry-base-delay=50ms', '--retry-max-delay=1s'];

beforeAll(async () => {
  world = await World.start({ flags: quick });
});
afterAll(async () => world.stop());

// A Lease is given back by who holds it.
async function stopOperator(): Promise<void> {
  await until('the operator to lead', () => leads(world.operator));
  await world.operator.stop();
}

it('the API server restarts while PCA issues: the result is written afterwards, with one call', async () => {
  const scene = await Scene.set(world, 'restart');
  await scene.askAndHold('web');
  const apiServer = world.controlPlane.component('kube-apiserver');
  await apiServer.stop();
  scene.release();
  await apiServer.start();
  await scene.issued('web');
  await scene.ask('next');
  await scene.issued('next');
  await scene.paidOnce('web', 'next');
});

it('the history is compacted under a watch: the operator lists anew and goes on', async () => {
  const scene = await Scene.set(world, 'compacted');
  const expired = (): Promise<number> =>
    metric(world.operator, 'pca_issuer_watch_trouble_total', 'kind="Expired"', 'resource="certificaterequests"');
  const before = await expired();
  const operator = world.operator;
  operator.pause();
  // Its watches end before anything happens, or it would find the events in its sockets.
  await world.controlPlane.component('kube-apiserver').restart();
  await scene.ask('web');
  await scene.approved('web');
  await world.controlPlane.compact();
  operator.resume();
  await scene.issued('web');
  expect((await expired()) - before).toBe(1);
  await scene.paidOnce('web');
});

it.each([
  ['five minutes behind', -300_000],
  ['five minutes ahead', 300_000],
])('the clock of the operator is %s: certificates are right, whoever looks at them', async (_, offMs) => {
  await stopOperator();
  const scene = await Scene.set(world, 'clock', { unattended: true, spec: { validity: { backdate: '10m' } } });
  const replica: OperatorProcess = await world.startReplica(`clock${offMs}`, {
    environment: preload({ offMs }),
  });
  await scene.issuerReady();
  await scene.ask('web');
  await scene.issued('web');
  const [issued] = world.simulator.issued();
  const { validFrom, validTo } = new X509Certificate(issued?.pem ?? '');
  const lifetime = (Date.parse(validTo) - Date.parse(validFrom)) / 3_600_000;
  expect({ lifetime, isValidNow: Date.parse(validFrom) <= Date.now() }).toEqual({
    lifetime: 2160,
    isValidNow: true,
  });
  await replica.stop();
  await world.startOperator();
});

it('a clock twenty minutes off: PCA refuses, the issuer says what to do, and no request fails', async () => {
  await stopOperator();
  const scene = await Scene.set(world, 'far', { unattended: true });
  const replica = await world.startReplica('far', { environment: preload({ offMs: 20 * 60_000 }) });
  await world.cluster.waitForCondition(scene.issuer, { type: 'Ready', status: 'False', reason: 'CredentialsInvalid' });
  const issuer = await world.cluster.get(scene.issuer);
  expect(JSON.stringify(issuer?.['status'])).toMatch(
    /Correct the clock of the node: it may differ from Alibaba Cloud's by at most 15 minutes\./,
  );
  await scene.ask('web');
  await scene.waits('web', /is not ready \(CredentialsInvalid\)/);
  await replica.stop();
  await world.startOperator();
  await scene.issued('web');
  await scene.paidOnce('web');
});

it('the CRDs of cert-manager come late: the operator says what it waits for, and works when they are there', async () => {
  const scene = await Scene.set(world, 'late');
  await stopOperator();
  const crd = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' };
  const name = 'certificaterequests.cert-manager.io';
  const saved = await world.cluster.get({ ...crd, name });
  if (saved === undefined) throw new Error('cert-manager is not installed.');
  await world.cluster.delete({ ...crd, name });
  await until('the CRD to be gone', async () => (await world.cluster.get({ ...crd, name })) === undefined);
  const operator = await world.launchReplica('late');
  await until('the operator to say what is missing', async () => {
    const answer = await fetch(`${operator.address}/readyz`).catch(() => undefined);
    return answer?.status === 503 && (await answer.text()).includes('certificaterequests were not listed yet');
  });
  // Just after a CRD is gone the API server says 429 for a while.
  const saysSo = /certificaterequests.*(404|NotFound)/;
  await until('its log to say why', async () => saysSo.test(await operator.logs()));
  const { labels, annotations } = saved.metadata;
  await world.cluster.apply({
    ...crd,
    metadata: {
      name,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
    spec: saved['spec'],
  });
  await until('the operator to be ready', async () => (await fetch(`${operator.address}/readyz`)).ok);
  await scene.ask('web');
  await scene.issued('web');
  await scene.paidOnce('web');
  await operator.stop();
  await world.startOperator();
});
