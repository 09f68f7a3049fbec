// Issuers of the chart's values: a first installation brings them, into a cluster that does not know their kinds yet.
import { expect, it } from 'vitest';

import { reference } from '../../support/cluster.ts';
import type { Manifest } from '../../support/cluster.ts';
import { ready, release } from '../../support/installed-world.ts';
import type { InstalledWorld } from '../../support/installed-world.ts';
import { readAuditLog } from '../../support/permissions.ts';
import { NotYet, until } from '../../support/wait.ts';

const name = 'of-values';
const mark = 'pca.alibabacloud.com/applied-after-install';
const podNameOf = 'authentication.kubernetes.io/pod-name';

/** One issuer of each kind, and their Secret. */
function manifests(world: InstalledWorld): readonly Manifest[] {
  return [...world.issuer(name), ...world.issuer(name, world.namespace)];
}

function issuersIn(world: InstalledWorld): readonly Manifest[] {
  return manifests(world).filter(({ kind }) => kind !== 'Secret');
}

/** Makes the Secret of the issuers, and gives the values that bring these, from pods whose user the image names. */
export async function valuesWithIssuers(world: InstalledWorld): Promise<object> {
  await world.cluster.apply(manifests(world).filter(({ kind }) => kind === 'Secret'));
  const entriesOf = (kind: string): readonly object[] =>
    issuersIn(world)
      .filter((issuer) => issuer.kind === kind)
      .map(({ metadata, spec }) => ({ ...metadata, spec }));
  return {
    podSecurityContext: { runAsUser: null, runAsGroup: null },
    clusterIssuers: entriesOf('AlibabaPCAClusterIssuer'),
    issuers: entriesOf('AlibabaPCAIssuer'),
  };
}

/** Needs the chart installed for the first time, with {@link valuesWithIssuers}. */
export function issuersOfValues(world: () => InstalledWorld): void {
  it('brings the issuers of its values with the first installation, from the pod of a Job', async () => {
    const { cluster, host, namespace } = world();
    const account = `${release}-alibaba-pca-issuer-issuers`;
    for (const issuer of issuersIn(world())) {
      const found = await cluster.waitForCondition(reference(issuer), ready);
      expect(found.metadata.annotations).toEqual({
        'meta.helm.sh/release-name': release,
        'meta.helm.sh/release-namespace': namespace,
        [mark]: 'true',
      });
    }
    // What they did is told by the API server alone: Helm has taken Job, pod and rights away.
    const appliers = await until('the requests of the Job in the audit log', async () => {
      const events = readAuditLog(await host.auditLog(), `system:serviceaccount:${namespace}:${account}`);
      const applied = events.filter(({ responseStatus }) => responseStatus?.code === 201);
      if (applied.length < 2) throw new NotYet(events);
      return applied.map(({ verb, objectRef, user }) => [verb, objectRef?.resource, user.extra?.[podNameOf]]);
    });
    const inPod = [expect.stringMatching(new RegExp(`^${account}-[a-z0-9]{5}$`, 'u'))];
    expect(appliers).toEqual([
      ['patch', 'alibabapcaclusterissuers', inPod],
      ['patch', 'alibabapcaissuers', inPod],
    ]);
    const pods = await cluster.list({ apiVersion: 'v1', kind: 'Pod', namespace }, `labelSelector=job-name=${account}`);
    const jobs = await cluster.list({ apiVersion: 'batch/v1', kind: 'Job', namespace });
    expect([...pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined), ...jobs]).toEqual([]);
  });

  it('takes them away with an upgrade whose values lack them, with pods of any user that a platform chooses', async () => {
    // As OpenShift does: no user that the image knows, and the group root.
    await world().install({ podSecurityContext: { runAsUser: 1_000_650_000, runAsGroup: 0, fsGroup: 1_000_650_000 } });
    const found = await Promise.all(issuersIn(world()).map(async (issuer) => world().cluster.get(reference(issuer))));
    expect(found).toEqual([undefined, undefined]);
    // So that what comes next finds pods that no further upgrade replaces, with their logs.
    await world().install({});
    await world().withoutEndingPods();
  });
}
