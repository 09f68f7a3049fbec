// The chart with its defaults, and the access to Secrets that it gives.
import { X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';

import { hasCondition } from '../../support/cluster.ts';
import { ready, release, sharedIssuerRef } from '../../support/installed-world.ts';
import type { InstalledWorld } from '../../support/installed-world.ts';
import { containerStatusesOf } from '../../support/pod-containers.ts';
import { hangLimitFlag } from '../../support/wait.ts';
import { certificate } from '../../support/world.ts';

/** Leaves the issuers `shared` (of the cluster) and `pca` (of the user's namespace), and the Certificates `first` and `own`. */
export function installing(world: () => InstalledWorld): void {
  it('runs two pods where only restricted ones are admitted, without a restart', async () => {
    const pods = await world().pods();
    const seen = pods.map((pod) => ({
      ready: hasCondition(pod, ready),
      restarts: containerStatusesOf(pod).map(({ restartCount }) => restartCount),
    }));
    expect(seen).toEqual(Array.from({ length: 2 }, () => ({ ready: true, restarts: [0] })));
  });

  it('issues through a cluster issuer, by the name of the Service', async () => {
    const { team, simulator } = world();
    await world().applyReady(...world().issuer('shared'), certificate(team, 'first', { issuerRef: sharedIssuerRef }));
    const issuing = simulator.cas.find(({ identifier }) => identifier === 'sim-sub-ecc-p256');
    const ca = new X509Certificate(issuing?.certificatePem ?? '');
    expect((await world().leafOf('first')).verify(ca.publicKey)).toBe(true);
  });

  it('reads the Secrets of a namespace once the chart names it', async () => {
    const { team } = world();
    await world().install({ secretAccess: { namespaces: [team] } });
    await world().applyReady(...world().issuer('pca', team), certificate(team, 'own'));
  });

  it('passes helm test, which leaves nothing', async () => {
    const { cluster, namespace } = world();
    const told = await world().helm(['test', release, hangLimitFlag]);
    expect([/Phase: +(\w+)/.exec(told)?.[1], told.includes('ERROR')]).toEqual(['Succeeded', false]);
    const selector = '--selector=app.kubernetes.io/name=alibaba-pca-issuer-test';
    const kinds = 'pods,serviceaccounts,configmaps,clusterroles,clusterrolebindings';
    expect(await cluster.kubectl(['get', kinds, selector, '--namespace', namespace, '-o', 'name'])).toBe('');
  });

  it('is well in the eyes of the doctor in one of its pods', async () => {
    const { cluster, namespace, team } = world();
    const [pod] = await world().pods();
    const doctor = ['/nodejs/bin/node', '/app/main.js', 'doctor', `--issuer=${team}/pca`, '-o', 'json'];
    let said = '';
    // It looks at more than the operator may.
    await world().provokeRefusals(async () => {
      said = await cluster.kubectl(['exec', '--namespace', namespace, pod?.metadata.name ?? '', '--', ...doctor]);
    });
    const { findings } = JSON.parse(said) as { readonly findings: readonly { readonly level: string }[] };
    expect([findings.length > 5, findings.filter(({ level }) => level !== 'ok')]).toEqual([true, []]);
  });
}
