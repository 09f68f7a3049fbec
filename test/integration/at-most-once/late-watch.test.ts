// Requests are taken from the watch without a read of their own. A watch that is behind shows requests that are answered already:
// none of them costs a second call.
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { freeLease } from '../../support/lease.ts';
import type { OperatorProcess } from '../../support/operator-process.ts';
import { NotYet, until } from '../../support/wait.ts';
import { World } from '../../support/world.ts';
import { ApiProxy } from '../faults/api-proxy.ts';
import { leads, Scene } from '../faults/scene.ts';

let world: World;
let proxy: ApiProxy;
let kubeconfig: string;
let scene: Scene;
let running: OperatorProcess[] = [];

beforeAll(async () => {
  world = await World.start({ operator: false, flags: ['--retry-base-delay=50ms', '--retry-max-delay=1s'] });
  proxy = await ApiProxy.start(world.controlPlane.server, world.controlPlane.caPem);
  kubeconfig = join(world.controlPlane.directory, 'late.kubeconfig');
  await proxy.writeKubeconfig(world.operatorKubeconfig, kubeconfig);
});
afterAll(async () => {
  await proxy.stop();
  await world.stop();
});
beforeEach(async () => {
  proxy.letWatchesGo();
  scene = await Scene.set(world, 'late', { unattended: true });
});

afterEach(async () => {
  await Promise.all(running.map(async (operator) => operator.stop()));
  running = [];
});

/** From now on the replica behind the proxy learns nothing new of requests. */
function holdRequests(): void {
  proxy.holdWatches(({ url }) => url.startsWith('/apis/cert-manager.io/v1/certificaterequests?'));
}

/** It learns of the request as it was when it was approved, or got this label, and of nothing after that. */
async function showUnanswered(name: string, mark = '"type":"Approved"'): Promise<void> {
  await until(`${name} to be shown unanswered`, () =>
    proxy.letWatchesGoUpTo((line) =>
      [`"name":"${scene.request(name).name}"`, mark].every((part) => line.includes(part)),
    ),
  );
}

/** Waits until the replica behind the proxy has read the request, or has called for it once more. */
async function readOrCalled(name: string, { reads, calls }: { readonly reads: number; readonly calls: number }) {
  await until(`${name} to be read or called for`, () => {
    const seen = { reads: readsOf(name), calls: scene.calls() };
    if (seen.reads <= reads && seen.calls <= calls) throw new NotYet(seen);
    return true;
  });
}

/** How often the replica behind the proxy has read the request. */
function readsOf(name: string): number {
  const path = `/namespaces/${scene.namespace}/certificaterequests/${scene.request(name).name}`;
  return proxy.passed.filter(({ method, url }) => method === 'GET' && url.split('?', 1)[0]?.endsWith(path)).length;
}

/** Calls that look for an earlier certificate. */
function lookUps(): readonly string[] {
  const actions = world.simulator.calls().map(({ action }) => action);
  return actions.filter((action) =>
    ['ListCert', 'ListClientCertificate', 'DescribeClientCertificate'].includes(action),
  );
}

async function start(name: string, through: { readonly kubeconfig?: string } = {}): Promise<OperatorProcess> {
  const operator = await world.startReplica(name, through);
  running.push(operator);
  return operator;
}

it('a replica that takes over behind its watch looks before it calls', async () => {
  const first = await start('former');
  await until('it to lead', () => leads(first));
  const second = await start('successor', { kubeconfig });
  await scene.issuerReady();
  holdRequests();
  await scene.ask('web');
  await scene.issued('web');
  const before = { reads: readsOf('web'), calls: scene.calls() };
  await first.kill();
  await freeLease(world);
  await until('the other to lead', () => leads(second));
  await showUnanswered('web');
  await readOrCalled('web', before);
  proxy.letWatchesGo();
  await scene.ask('next');
  await scene.issued('next');
  expect([before, readsOf('next')]).toEqual([{ reads: 0, calls: 1 }, 0]);
  await scene.paidOnce('web', 'next');
});

it('a leader whose watch shows a request unanswered after it was answered looks before it calls again', async () => {
  const operator = await start('leader', { kubeconfig });
  await until('it to lead', () => leads(operator));
  await scene.issuerReady();
  await scene.askAndHold('web');
  holdRequests();
  await world.cluster.patch(scene.request('web'), { metadata: { labels: { seen: 'late' } } });
  scene.release();
  await scene.issued('web');
  const before = { reads: readsOf('web'), calls: scene.calls() };
  await showUnanswered('web', '"seen":"late"');
  // News of their issuer has requests looked at again.
  await world.cluster.patch(scene.issuer, { spec: { validity: { maxDuration: '3000h' } } });
  await readOrCalled('web', before);
  proxy.letWatchesGo();
  await scene.ask('next');
  await scene.issued('next');
  // The write of the answer met a conflict with the label. The cluster knows of the certificate, so that PCA is not asked for it.
  expect([before, readsOf('next'), lookUps()]).toEqual([{ reads: 1, calls: 1 }, 0, []]);
  await scene.paidOnce('web', 'next');
});
