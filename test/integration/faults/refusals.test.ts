// What the API server refuses for good: the operator does without where it can, else it says what is missing and can be stopped.
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { isAllowed } from '../../support/access-review.ts';
import { readProduct } from '../../support/product.ts';
import { NotYet, until } from '../../support/wait.ts';
import { World } from '../../support/world.ts';
import { Scene } from './scene.ts';

let world: World;

beforeAll(async () => {
  world = await World.start({ operator: false });
});
afterAll(async () => world.stop());

const crdPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/certificaterequests.cert-manager.io';

interface Definition {
  readonly spec: { readonly versions: readonly Readonly<Record<string, unknown>>[] };
}

/** The CRD as a cert-manager from before 1.20 has it. */
async function takeSelectableFieldsAway(): Promise<void> {
  const { api } = world.cluster;
  const found = (await api.send('GET', crdPath)).body as Definition;
  const versions = found.spec.versions.map((version) => ({ ...version, selectableFields: undefined }));
  const put = await api.send('PUT', crdPath, { ...found, spec: { ...found.spec, versions } });
  expect(put.status).toBe(200);
  const selecting = '/apis/cert-manager.io/v1/certificaterequests?fieldSelector=spec.issuerRef.group%3Dx';
  await until('the field to be unknown', async () => (await api.send('GET', selecting)).status === 400);
}

it('stopped before everything was listed it ends well, gives the Lease back, and has said what it may not do', async () => {
  const { objects, serviceAccount } = await readProduct();
  const role = objects.find(({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === 'alibaba-pca-issuer');
  if (role === undefined) throw new Error('The product has no ClusterRole.');
  const listing = { verb: 'list', group: 'cert-manager.io', resource: 'certificaterequests' };
  await world.cluster.apply({ ...role, rules: [] });
  onTestFinished(async () => {
    await world.cluster.apply(role);
    await until('the right to be back', () => isAllowed(world.cluster, serviceAccount, listing));
  });
  await until('the right to be gone', async () => !(await isAllowed(world.cluster, serviceAccount, listing)));
  const operator = await world.launchReplica('unlisted');
  const lease = async (): Promise<string> => {
    const found = await world.cluster.get({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      namespace: world.namespace,
      name: 'alibaba-pca-issuer',
    });
    return (found?.['spec'] as { readonly holderIdentity?: string } | undefined)?.holderIdentity ?? '';
  };
  // From then on the end of the wait for the lists decides about the Lease.
  await until('it to lead', async () => (await operator.logs()).includes('The Lease is taken'));
  expect(await lease()).not.toBe('');
  const text = await until('it to say what is missing', async () => {
    const answer = await fetch(`${operator.address}/readyz`);
    const said = await answer.text();
    if (!said.includes('may not list and watch')) throw new NotYet(said);
    return said;
  });
  expect(text).toMatch(
    /^certificaterequests were not listed yet: The operator may not list and watch certificaterequests\.cert-manager\.io in all namespaces.*apiGroups \[cert-manager\.io\], resources \[certificaterequests\], verbs \[list, watch\]\./m,
  );
  expect([await operator.stop(), await lease()]).toEqual([{ code: 0, signal: null }, '']);
  const log = await operator.logs();
  expect([log.includes('cannot run'), log.includes('holds the Lease and issues')]).toEqual([false, false]);
  expect(log).toContain('The operator has stopped.');
});

it('without selectable fields it reads everything, says once what that costs, and issues', async () => {
  await takeSelectableFieldsAway();
  const operator = await world.startReplica('unselectable');
  const scene = await Scene.set(world, 'all');
  await scene.ask('web');
  await scene.issued('web');
  await scene.paidOnce('web');
  const told = (await operator.logs()).split('\n').filter((line) => line.includes('cannot be selected'));
  expect(told).toEqual([expect.stringContaining('before cert-manager 1.20')]);
  expect(await operator.stop()).toEqual({ code: 0, signal: null });
});
