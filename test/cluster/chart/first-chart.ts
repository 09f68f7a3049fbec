// Upgrades: from the first chart that there was, and one that fails.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { expect, it } from 'vitest';

import { hasCondition } from '../../support/cluster.ts';
import type { ObjectReference } from '../../support/cluster.ts';
import { chart } from '../../support/helm.ts';
import { ready, release, sharedIssuerRef } from '../../support/installed-world.ts';
import type { InstalledWorld } from '../../support/installed-world.ts';
import { checkedIssuances } from '../../support/issuances.ts';
import { containerStatusesOf } from '../../support/pod-containers.ts';
import { isIssued } from '../../support/renewal.ts';
import { watchRequests } from '../../support/seen-requests.ts';
import { NotYet, until } from '../../support/wait.ts';
import { certificate } from '../../support/world.ts';

// The folder of the chart as it was first committed ("helm: add the chart, …"), packed and never changed.
const firstChartFile = fileURLToPath(new URL('../first-chart/alibaba-pca-issuer-0.1.0.tgz', import.meta.url));
const definitions = ['alibabapcaissuers', 'alibabapcaclusterissuers'].map((name) => `${name}.pca.alibabacloud.com`);
const pullFailures = ['ErrImagePull', 'ImagePullBackOff'];

/** Leaves the chart installed with access to the Secrets of the user's namespace. */
export function firstChart(world: () => InstalledWorld): void {
  it('is upgraded from the first chart, definitions included, and issues nothing anew', async () => {
    const { cluster, deployment, host, team, simulator } = world();
    const secretAccess = { namespaces: [team] };
    // While they still have the right to, they give the Lease back, so that the next ones need not wait for its end.
    await cluster.kubectl(['scale', ...deployment, '--replicas=0']);
    await until('no pods', async () => (await world().pods()).length === 0);
    await world().uninstall();
    await cluster.kubectl(['delete', 'customresourcedefinitions', ...definitions]);
    // That chart grants nothing for them, and has no values for the hosts of issuers and for plain HTTP.
    const hosts = [`--issuer-hosts=${simulator.endpoint}`, '--plain-http-endpoints'];
    const extraArgs = ['--certificate-signing-requests=false', ...hosts];
    await world().installFrom(firstChartFile, { secretAccess, extraArgs });
    await world().applyReady(
      ...world().issuer('shared'),
      ...world().issuer('pca', team),
      certificate(team, 'old', { issuerRef: sharedIssuerRef }),
      certificate(team, 'old-own'),
    );
    const present = await Promise.all(definitions.map(presentSchemaOf));
    expect(await schemas(world())).not.toEqual(present);
    // What cert-manager may have asked for once more by itself is over by then.
    for (const name of ['old', 'old-own']) {
      const what = { ...ofCertManager('Certificate'), namespace: team, name };
      await cluster.waitFor(what, 'no issuance under way', isIssued);
    }
    const before = await state(world());
    const pods = await world().podNames();
    const issued = (await simulator.issued()).length;
    const seen = await watchRequests(host.kubeconfig);

    await world().install({ secretAccess });
    await until('other pods alone', async () => (await world().podNames()).every((name) => !pods.includes(name)));
    expect(await schemas(world())).toEqual(present);
    // A request that comes later is answered by an operator that has looked at all others.
    await world().applyReady(certificate(team, 'new', { issuerRef: sharedIssuerRef }), certificate(team, 'new-own'));
    expect(await state(world())).toEqual(before);
    const certificates = async () => (await simulator.issued()).slice(issued);
    await checkedIssuances(
      { cluster, requests: seen.all, certificates },
      { namespace: team, certificates: { old: 0, 'old-own': 0, new: 1, 'new-own': 1 } },
    );
    await seen.stop();
  });

  it('goes on issuing while an upgrade fails, and after Helm has taken it back', async () => {
    const { team } = world();
    const pods = await world().podNames();
    const flags = ['--reset-then-reuse-values', '--set=image.repository=localhost/absent'];
    // Waited for in full, and as long again for the way back: enough for both on a busy machine.
    const upgrade = world()
      .helm(['upgrade', release, chart, ...flags, '--atomic', '--timeout=40s'])
      .then(
        () => 'upgraded',
        (error: Error) => error.message,
      );
    await until('an image that cannot be pulled', async () =>
      (await world().pods())
        .flatMap(containerStatusesOf)
        .some(({ state }) => pullFailures.includes(state.waiting?.reason ?? '')),
    );
    await world().applyReady(certificate(team, 'during-failure', { issuerRef: sharedIssuerRef }));
    expect(await world().podNames()).toEqual(expect.arrayContaining([...pods]));
    expect(await upgrade).toMatch(/release pca failed, and has been rolled back due to atomic being set/);
    await until('the pod without an image to be gone', async () => {
      const names = await world().podNames();
      if (names.length !== pods.length) throw new NotYet(names);
      return true;
    });
    expect(await world().podNames()).toEqual(pods);
    await world().applyReady(certificate(team, 'after-failure', { issuerRef: sharedIssuerRef }));
  });
}

interface State {
  /** Whether they are Ready, with what identifies the certificate in use. */
  readonly certificates: readonly (readonly unknown[])[];
  /** UIDs of all requests by name, without those of the Certificates that come after the upgrade. */
  readonly requests: Readonly<Record<string, string | undefined>>;
}

async function state(world: InstalledWorld): Promise<State> {
  const { cluster, team } = world;
  const certificates = ['old', 'old-own'].map(async (name) => {
    const found = await cluster.get({ ...ofCertManager('Certificate'), namespace: team, name });
    return [found?.metadata.uid, hasCondition(found!, ready), (await world.leafOf(name)).fingerprint256];
  });
  const requests = await cluster.list({ ...ofCertManager('CertificateRequest'), namespace: team });
  const there = requests.filter(
    ({ metadata }) => !['new', 'new-own'].includes(metadata.annotations?.['cert-manager.io/certificate-name'] ?? ''),
  );
  return {
    certificates: await Promise.all(certificates),
    requests: Object.fromEntries(there.map(({ metadata }) => [metadata.name, metadata.uid])),
  };
}

function ofCertManager(kind: string): Pick<ObjectReference, 'apiVersion' | 'kind'> {
  return { apiVersion: 'cert-manager.io/v1', kind };
}

interface Definition {
  readonly spec: { readonly versions: readonly { readonly schema: object }[] };
}

async function schemas({ cluster }: InstalledWorld): Promise<readonly unknown[]> {
  const kind = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' };
  return Promise.all(
    definitions.map(async (name) => {
      const found = (await cluster.get({ ...kind, name })) as Definition | undefined;
      return found?.spec.versions[0]?.schema;
    }),
  );
}

async function presentSchemaOf(name: string): Promise<unknown> {
  const [plural = '', ...group] = name.split('.');
  const file = new URL(`../../../deploy/crds/${group.join('.')}_${plural}.yaml`, import.meta.url);
  return (parse(await readFile(file, 'utf8')) as Definition).spec.versions[0]?.schema;
}
