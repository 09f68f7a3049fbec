// The chart with its defaults in pods of a real node: installed, disturbed, upgraded, uninstalled, installed again.
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { findObstacle } from '../../control-plane/driver/node/node-cluster.ts';
import { conditionsOf, hasCondition, type Manifest, type ObjectReference, reference } from '../support/cluster.ts';
import { InstalledWorld, release } from '../support/installed-world.ts';
import { identifierOf, watchRequests } from '../support/seen-requests.ts';
import { NotYet, until } from '../support/wait.ts';
import { certificate } from '../support/world.ts';

const startMilliseconds = 900_000;
const ready = { type: 'Ready', status: 'True' };
const burstCount = 200;

// scripts/test.ts says in a sentence why they do not run.
describe.runIf(findObstacle() === undefined)('the chart in pods', () => {
  let world: InstalledWorld;
  let team: string;
  let deployment: readonly string[];

  beforeAll(async () => {
    world = await InstalledWorld.start();
    await world.install();
    team = await world.cluster.createNamespace('team');
    deployment = ['deployment', '--namespace', world.namespace, `--selector=app.kubernetes.io/instance=${release}`];
  }, startMilliseconds);
  afterAll(async () => world?.stop());

  const clusterIssuerRef = { group: 'pca.alibabacloud.com', kind: 'AlibabaPCAClusterIssuer', name: 'shared' };

  async function applyReady(...manifests: readonly Manifest[]): Promise<void> {
    await world.cluster.apply(manifests);
    for (const manifest of manifests.filter(({ kind }) => kind !== 'Secret')) {
      await world.cluster.waitForCondition(reference(manifest), ready, { deadlineMilliseconds: 60_000 });
    }
  }

  async function leafOf(name: string): Promise<X509Certificate> {
    const secret = await world.cluster.get({ apiVersion: 'v1', kind: 'Secret', namespace: team, name });
    const data = secret?.['data'] as Readonly<Record<string, string>>;
    return new X509Certificate(Buffer.from(data['tls.crt'] ?? '', 'base64'));
  }

  async function podNames(): Promise<readonly string[]> {
    return (await world.pods()).map(({ metadata }) => metadata.name).toSorted();
  }

  it('runs two pods where only restricted ones are admitted, without a restart', async () => {
    const pods = await world.pods();
    const seen = pods.map((pod) => ({
      ready: hasCondition(pod, ready),
      restarts: containerStatusesOf(pod).map(({ restartCount }) => restartCount),
    }));
    expect(seen).toEqual(Array.from({ length: 2 }, () => ({ ready: true, restarts: [0] })));
  });

  it('issues through a cluster issuer, by the name of the Service', async () => {
    await applyReady(...world.issuer('shared'), certificate(team, 'first', { issuerRef: clusterIssuerRef }));
    const issuing = world.simulator.cas.find(({ identifier }) => identifier === 'sim-sub-ecc-p256');
    const ca = new X509Certificate(issuing?.certificatePem ?? '');
    expect((await leafOf('first')).verify(ca.publicKey)).toBe(true);
  });

  it('reads the Secrets of a namespace once the chart names it', async () => {
    await world.install({ secretAccess: { namespaces: [team] } });
    await applyReady(...world.issuer('pca', team), certificate(team, 'own'));
  });

  it('loses and doubles nothing when both pods go in the middle of 200 Certificates', async () => {
    const namespace = await world.cluster.createNamespace('burst');
    const names = Array.from({ length: burstCount }, (_, index) => `burst-${index}`);
    const requests = await watchRequests(world.node.kubeconfig, namespace);
    const before = (await world.simulator.issued()).length;
    const issued = async (): Promise<number> => (await world.simulator.issued()).length - before;
    await world.simulator.setFaults({ latencyMilliseconds: 300 });
    await Promise.all(
      names.map((name) => world.cluster.apply(certificate(namespace, name, { issuerRef: clusterIssuerRef }))),
    );
    await until('a fifth to be issued', async () => (await issued()) > burstCount / 5, { everyMilliseconds: 10 });
    const old = await podNames();
    await Promise.all(
      old.map((name) => world.cluster.delete({ apiVersion: 'v1', kind: 'Pod', namespace: world.namespace, name })),
    );
    expect(await issued()).toBeLessThan(burstCount);
    await until(
      'all Certificates to be Ready',
      async () => {
        const all = await world.cluster.list({ apiVersion: 'cert-manager.io/v1', kind: 'Certificate', namespace });
        const count = all.filter((each) => hasCondition(each, ready)).length;
        if (count < burstCount) throw new NotYet(`${count} of ${all.length} are Ready`);
        return true;
      },
      { deadlineMilliseconds: 110_000, everyMilliseconds: 500 },
    );
    await world.simulator.setFaults({ latencyMilliseconds: 0 });
    await requests.stop();
    const kubeSystem = await world.cluster.get({ apiVersion: 'v1', kind: 'Namespace', name: 'kube-system' });
    const known = new Set(
      [...requests.requests.keys()].map((uid) => identifierOf(kubeSystem?.metadata.uid ?? '', uid)),
    );
    const identifiers = (await world.simulator.issued()).slice(before).map(({ customIdentifier }) => customIdentifier);
    expect(identifiers.filter((identifier) => !known.has(identifier ?? ''))).toEqual([]);
    expect(identifiers).toHaveLength(new Set(identifiers).size);
    expect((await podNames()).filter((name) => old.includes(name))).toEqual([]);
  });

  it('hands the Lease over on a rollout and goes on issuing', async () => {
    const old = await podNames();
    const leader = await until('a leader', async () => (await world.leader()) || undefined);
    expect(old).toContain(leader);
    await world.cluster.kubectl(['rollout', 'restart', ...deployment]);
    await applyReady(certificate(team, 'during-rollout', { issuerRef: clusterIssuerRef }));
    await world.cluster.kubectl(['rollout', 'status', '--timeout=60s', ...deployment]);
    await until('the Lease to be held by a new pod', async () => {
      const [holder, names] = [await world.leader(), await podNames()];
      if (!names.includes(holder) || old.includes(holder)) throw new NotYet({ holder, names });
      return true;
    });
    await applyReady(certificate(team, 'after-rollout', { issuerRef: clusterIssuerRef }));
  });

  it('is not touched by a restart of the kubelet', async () => {
    const containers = async (): Promise<unknown[]> =>
      (await world.pods())
        .flatMap(containerStatusesOf)
        .map(({ containerID, restartCount }) => [containerID, restartCount]);
    const before = await containers();
    await world.node.component('kubelet').restart();
    await applyReady(certificate(team, 'after-kubelet', { issuerRef: clusterIssuerRef }));
    // A pod that it brings up shows that it has taken up its work, and the others by then.
    await world.cluster.kubectl(['scale', ...deployment, '--replicas=3']);
    await world.cluster.kubectl(['rollout', 'status', '--timeout=60s', ...deployment]);
    expect(await containers()).toEqual(expect.arrayContaining(before));
    await world.cluster.kubectl(['scale', ...deployment, '--replicas=2']);
  });

  it('leaves issuers and certificates when it is uninstalled, and takes them up again', async () => {
    const kept: readonly ObjectReference[] = [
      ...world.issuer('shared'),
      ...world.issuer('pca', team),
      certificate(team, 'first'),
      certificate(team, 'own'),
    ].map(reference);
    const identities = async (): Promise<unknown> =>
      await Promise.all(
        kept.map(async (what) => {
          const found = await world.cluster.get(what);
          return [what.kind, what.name, found?.metadata.uid];
        }),
      );
    const before = await identities();
    const leaf = (await leafOf('first')).fingerprint256;
    await world.helm(['uninstall', release, '--wait', '--timeout=60s']);
    await until('the pods to be gone', async () => (await world.pods()).length === 0);
    expect(await identities()).toEqual(before);
    await world.cluster.apply(certificate(team, 'meanwhile', { issuerRef: clusterIssuerRef }));
    await world.install({ secretAccess: { namespaces: [team] } });
    await applyReady(certificate(team, 'meanwhile', { issuerRef: clusterIssuerRef }), certificate(team, 'again'));
    expect(await identities()).toEqual(before);
    expect((await leafOf('first')).fingerprint256).toBe(leaf);
    const first = await world.cluster.get(reference(certificate(team, 'first')));
    expect(conditionsOf(first!).filter(({ status }) => status !== 'True')).toEqual([]);
  });
});

function containerStatusesOf(
  pod: Manifest,
): readonly { readonly restartCount: number; readonly containerID: string }[] {
  const { containerStatuses = [] } = pod['status'] as {
    readonly containerStatuses?: readonly { readonly restartCount: number; readonly containerID: string }[];
  };
  return containerStatuses;
}
