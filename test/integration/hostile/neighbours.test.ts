// What others do that is slow or breaks again and again: the STS of other tenants, the way to the API server, an etcd that is
// restored. A tenant who has nothing to do with it gets a certificate meanwhile, from the operator that leads all along.
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { breaking } from '../../support/hostile/answers.ts';
import { HostileEndpoint } from '../../support/hostile/endpoint.ts';
import type { Answer } from '../../support/hostile/endpoint.ts';
import { failsAtEnd, leadership } from '../../support/lease.ts';
import { certificateRequests } from '../../support/hostile/requests.ts';
import { metric, Scene } from '../faults/scene.ts';
import { ApiProxy } from '../faults/api-proxy.ts';
import type { OperatorProcess } from '../../support/operator-process.ts';
import { NotYet, until } from '../../support/wait.ts';
import type { WaitOptions } from '../../support/wait.ts';
import { World } from '../../support/world.ts';

const rounds = 3;
// Pauses between tries to reach the API server have grown while it was away. The silence of a watch shows after 130 s.
const patience = { deadlineMs: 100_000 };
// Enough for pauses between two watches to have grown.
const fewestCuts = 20;
const quick = ['--retry-base-delay=50ms', '--retry-max-delay=2s'];

/** Asks for one certificate, and tells how many seconds it took. */
async function single(scene: Scene, name: string, failed: Promise<never>, options: WaitOptions = {}): Promise<string> {
  const from = performance.now();
  await scene.ask(name);
  // Nobody waits for what an operator that is gone would do.
  await Promise.race([scene.issued(name, options), failed]);
  return ((performance.now() - from) / 1_000).toFixed(2);
}

async function several(scene: Scene, name: string, failed: Promise<never>): Promise<string> {
  const took: string[] = [];
  for (let round = 0; round < rounds; round += 1) took.push(await single(scene, `${name}-${round}`, failed));
  return took.join(', ');
}

describe('an operator that leads', () => {
  let world: World;
  let proxy: ApiProxy;
  let operator: OperatorProcess;
  let scene: Scene;
  let before: unknown;
  let hasEnded = false;
  let failed: Promise<never>;

  beforeAll(async () => {
    world = await World.start({ operator: false, flags: quick });
    proxy = await ApiProxy.start(world.controlPlane.server, world.controlPlane.caPem);
    const kubeconfig = join(world.controlPlane.directory, 'proxied.kubeconfig');
    await proxy.writeKubeconfig(world.operatorKubeconfig, kubeconfig);
    operator = await world.startReplica('behind-proxy', { kubeconfig });
    void operator.ended.then(() => (hasEnded = true));
    failed = failsAtEnd(operator);
  });
  afterAll(async () => {
    await proxy.stop();
    await world.stop();
  });
  beforeEach(async () => {
    scene = await Scene.set(world, 'neighbour');
    before = await leadership(world);
  });
  afterEach(async () => {
    expect({ hasEnded, lease: await leadership(world) }).toEqual({ hasEnded: false, lease: before });
  });

  /** Issuers with a role of their own each, whose STS is well until it is not. */
  async function roleIssuers(count: number, answer: Answer) {
    const isBroken = { now: false };
    const sts = await HostileEndpoint.start({
      simulator: world.simulator.endpoint,
      isGenuine: () => !isBroken.now,
      answer,
    });
    const roleArn = 'acs:ram::1234567890123456:role/neighbours';
    world.simulator.setRole({ arn: roleArn, trustedAccessKeyIds: [world.simulator.accessKey.accessKeyId] });
    const namespaces = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const namespace = await world.createNamespace('role');
        const assumeRole = { secretRef: { name: 'access-key' }, roleArn, sessionName: `session-${index}` };
        const stsEndpoint = { host: sts.host, protocol: 'HTTP' };
        const issuer = world.issuer(namespace, 'pca', { credentials: { assumeRole }, stsEndpoint });
        await world.cluster.apply(issuer);
        await world.cluster.waitForCondition({ ...scene.issuer, namespace }, { type: 'Ready', status: 'True' });
        return namespace;
      }),
    );
    return { sts, namespaces, breakDown: () => (isBroken.now = true) };
  }

  it.each<[string, Answer]>([
    ['breaks every connection', breaking('')],
    ['never answers', () => undefined],
  ])('twelve issuers with roles whose STS %s: others get their certificates', async (what, answer) => {
    const { sts, namespaces, breakDown } = await roleIssuers(12, answer);
    try {
      const alone = await several(scene, 'before', failed);
      breakDown();
      world.simulator.endSessions();
      for (const namespace of namespaces)
        await world.cluster.apply(await certificateRequests({ namespace, name: 'pca' }, 'role', 3));
      await until('STS to be asked', () => {
        if (sts.harmed.length < 12) throw new NotYet(sts.harmed);
        return true;
      });
      console.log(
        `STS that ${what}: a certificate took ${alone} s before, ${await several(scene, 'during', failed)} s meanwhile`,
      );
      await scene.paidOnce(...Array.from({ length: rounds }, (_, round) => `during-${round}`));
    } finally {
      await sts.stop();
    }
  });

  it('its watches are cut again and again: requests are seen all the same', async () => {
    const alone = await several(scene, 'before', failed);
    let cuts = 0;
    const cutting = setInterval(() => (cuts += proxy.cutWatches()), 500);
    try {
      await until('the watches to have been cut often', () => {
        if (cuts < fewestCuts) throw new NotYet(`${cuts} cuts`);
        return true;
      });
      const during = await several(scene, 'during', failed);
      console.log(`watches cut ${cuts} times: a certificate took ${alone} s before, ${during} s meanwhile`);
    } finally {
      clearInterval(cutting);
    }
    await scene.paidOnce(...Array.from({ length: rounds }, (_, round) => `during-${round}`));
  });
});

describe('a cluster whose etcd is restored from a copy', () => {
  let world: World;

  beforeAll(async () => {
    // The API server is away for longer than a Lease usually lasts, and here nobody starts the operator again.
    const patient = ['--lease-duration=180s', '--lease-renew-deadline=170s'];
    world = await World.start({ flags: [...quick, ...patient] });
  });
  afterAll(async () => world.stop());

  /** Does something with the files of etcd while nobody uses them. */
  async function atRest(work: () => Promise<void>): Promise<void> {
    const server = world.controlPlane.component('kube-apiserver');
    const etcd = world.controlPlane.component('etcd');
    await server.stop();
    await etcd.stop();
    await work();
    await Promise.all([etcd.start(), server.start()]);
  }

  it('has requests of which the watches know nothing: they are seen, and what is gone is forgotten', async () => {
    const files = join(world.controlPlane.directory, 'etcd');
    const copy = join(world.controlPlane.directory, 'etcd-copy');
    const scene = await Scene.set(world, 'restored');
    const failed = failsAtEnd(world.operator);
    const alone = await several(scene, 'before', failed);
    await atRest(async () => cp(files, copy, { recursive: true }));
    await scene.issuerReady();
    const before = await leadership(world);
    const versions = await metric(world.operator, 'pca_issuer_certificate_requests_total');
    // The restored cluster needs a while until it has as many revisions again.
    const { namespace } = scene;
    await world.cluster.apply(await certificateRequests({ namespace, name: 'pca' }, 'lost', 100));
    await until('the requests to be issued', async () => {
      const issued = (await metric(world.operator, 'pca_issuer_certificate_requests_total')) - versions;
      if (issued < 100) throw new NotYet(`${issued} issued`);
      return true;
    });
    await atRest(async () => {
      await rm(files, { recursive: true });
      await cp(copy, files, { recursive: true });
    });
    // As Kubernetes advises after a restore; the operator is to need no such help.
    await world.controlPlane.component('kube-controller-manager').restart();
    await world.controlPlane.component('cert-manager').restart();
    const during = await single(scene, 'during', failed, patience);
    console.log(`restored etcd: a certificate took ${alone} s before, ${during} s afterwards`);
    expect((await leadership(world)).holderIdentity).toEqual(before.holderIdentity);
  });
});
