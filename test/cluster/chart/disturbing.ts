// Pods that go, are replaced and lose their kubelet while Certificates are issued.
import { expect, it } from 'vitest';

import { sharedIssuerRef } from '../../support/installed-world.ts';
import type { InstalledWorld } from '../../support/installed-world.ts';
import { containerStatusesOf } from '../../support/pod-containers.ts';
import { checkedIssuances } from '../../support/issuances.ts';
import { watchRequests } from '../../support/seen-requests.ts';
import { NotYet, hangLimitFlag, until } from '../../support/wait.ts';
import { certificate } from '../../support/world.ts';

const burstCount = 200;

/** Leaves two pods. */
export function disturbing(world: () => InstalledWorld): void {
  it('loses and doubles nothing when both pods go in the middle of 200 Certificates', async () => {
    const { cluster, simulator } = world();
    const namespace = await cluster.createNamespace('burst');
    const names = Array.from({ length: burstCount }, (_, index) => `burst-${index}`);
    const seen = await watchRequests(world().host.kubeconfig);
    const before = (await simulator.issued()).length;
    const issued = async (): Promise<number> => (await simulator.issued()).length - before;
    await simulator.setFaults({ latencyMilliseconds: 300 });
    const old = await world().podNames();
    const deletePods = async (): Promise<void> => {
      await until('a fifth to be issued', async () => (await issued()) > burstCount / 5, { everyMs: 10 });
      // So that no more than what is under way is issued before the pods are told to go.
      await simulator.setFaults({ heldActions: ['CreateCustomCertificate'] });
      await Promise.all(
        old.map((name) => cluster.delete({ apiVersion: 'v1', kind: 'Pod', namespace: world().namespace, name })),
      );
      expect(await issued()).toBeLessThan(burstCount);
      await simulator.setFaults({ heldActions: [] });
    };
    await Promise.all([
      ...names.map((name) => cluster.apply(certificate(namespace, name, { issuerRef: sharedIssuerRef }))),
      deletePods(),
    ]);
    // For all of them, on a machine that others keep busy as well.
    await world().certificatesReady(burstCount, [namespace], { deadlineMs: 240_000 });
    await simulator.setFaults({ latencyMilliseconds: 0 });
    const certificates = async () => (await simulator.issued()).slice(before);
    await checkedIssuances(
      { cluster, requests: seen.all, certificates },
      { namespace, certificates: Object.fromEntries(names.map((name) => [name, 1])) },
    );
    await seen.stop();
    expect((await world().podNames()).filter((name) => old.includes(name))).toEqual([]);
  });

  it('hands the Lease over on a rollout and goes on issuing', async () => {
    const { cluster, team, deployment } = world();
    const old = await world().podNames();
    const leader = await until('a leader', async () => (await world().leader()) || undefined);
    expect(old).toContain(leader);
    await cluster.kubectl(['rollout', 'restart', ...deployment]);
    await world().applyReady(certificate(team, 'during-rollout', { issuerRef: sharedIssuerRef }));
    await cluster.kubectl(['rollout', 'status', hangLimitFlag, ...deployment]);
    await until('the Lease to be held by a new pod', async () => {
      const [holder, names] = [await world().leader(), await world().podNames()];
      if (!names.includes(holder) || old.includes(holder)) throw new NotYet({ holder, names });
      return true;
    });
    await world().applyReady(certificate(team, 'after-rollout', { issuerRef: sharedIssuerRef }));
  });

  it('is not touched by a restart of the kubelet', async () => {
    const { cluster, host, team, deployment } = world();
    const containers = async (): Promise<unknown[]> =>
      (await world().pods())
        .flatMap(containerStatusesOf)
        .map(({ containerID, restartCount }) => [containerID, restartCount]);
    const before = await containers();
    await host.restartKubelet();
    await world().applyReady(certificate(team, 'after-kubelet', { issuerRef: sharedIssuerRef }));
    // A pod that it brings up shows that it has taken up its work, and the others by then.
    await cluster.kubectl(['scale', ...deployment, '--replicas=3']);
    await cluster.kubectl(['rollout', 'status', hangLimitFlag, ...deployment]);
    expect(await containers()).toEqual(expect.arrayContaining(before));
    await cluster.kubectl(['scale', ...deployment, '--replicas=2']);
  });
}
