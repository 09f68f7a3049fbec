// An issuer that fails over: clients find the roots of both CAs beforehand and keep them, and the status, events and the metric say
// which one issues.
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { conditionsOf } from '../../support/cluster.ts';
import type { Manifest } from '../../support/cluster.ts';
import { configMapAccess, readProduct } from '../../support/product.ts';
import { NotYet, until } from '../../support/wait.ts';
import { FailoverScene, patienceMs, Regions } from '../at-most-once/regions.ts';

let regions: Regions;

beforeAll(async () => {
  regions = await Regions.start(['Published', 'Apart', 'Refused']);
  void regions.runningOperator;
});
afterAll(async () => regions.stop());

const rootOf = (pem: string): string => new X509Certificate(pem).fingerprint256;
const roots = () => [regions.first, regions.second].map((region) => rootOf(region.rootPem('sim-root-ecc')));

/** Fingerprints of the certificates in the ConfigMap. */
async function published({ namespace }: FailoverScene): Promise<readonly string[]> {
  const found = (await regions.world.cluster.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'roots' })) as
    { readonly data?: Readonly<Record<string, string>> } | undefined;
  const pems = found?.data?.['ca.crt']?.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return pems.map(rootOf);
}

async function statusOf({ issuer }: FailoverScene): Promise<Readonly<Record<string, unknown>>> {
  const found = await regions.world.cluster.get(issuer);
  return (found?.['status'] ?? {}) as Readonly<Record<string, unknown>>;
}

/** Reasons of the issuer's events, each once. */
async function eventsOf({ namespace }: FailoverScene): Promise<readonly string[]> {
  const events = await regions.world.cluster.list({ apiVersion: 'events.k8s.io/v1', kind: 'Event', namespace });
  const ofIssuer = events.filter((event) => (event['regarding'] as { readonly name?: string }).name === 'pca');
  return [...new Set(ofIssuer.map((event) => String(event['reason'])))].toSorted();
}

const readyOf = (issuer: Manifest): string | undefined =>
  conditionsOf(issuer).find(({ type }) => type === 'Ready')?.message;

it(
  'both roots stand published while the own CA issues, and stay whoever issues',
  async () => {
    const scene = await FailoverScene.set(regions, 'Published', { trust: { publishTo: { name: 'roots' } } });
    await regions.world.cluster.apply(configMapAccess(await readProduct(), scene.namespace));
    await scene.uses('first');
    const seen = [await published(scene)];
    const before = await scene.request('before');
    expect([await scene.ready(before), scene.paid(before)]).toEqual(['verified', { first: 1, second: 0 }]);
    scene.letFirstIssue(false);
    await scene.uses('second');
    seen.push(await published(scene));
    const during = await scene.request('during');
    expect([await scene.ready(during), scene.paid(during)]).toEqual(['verified', { first: 0, second: 1 }]);
    const { failover } = (await statusOf(scene)) as { readonly failover?: object };
    expect(failover).toMatchObject({ entry: 0, region: 'cn-shanghai', reason: 'IssuingCANotActive' });
    scene.letFirstIssue(true);
    await scene.uses('first');
    seen.push(await published(scene));
    const after = await scene.request('after');
    expect([await scene.ready(after), scene.paid(after)]).toEqual(['verified', { first: 1, second: 0 }]);
    expect([seen, (await statusOf(scene))['failover']]).toEqual([[roots(), roots(), roots()], undefined]);
    await until('the events of both turns', async () => {
      const events = await eventsOf(scene);
      if (!events.includes('FailedOver') || !events.includes('FailedBack')) throw new NotYet(events);
      return true;
    });
  },
  2 * patienceMs,
);

it('a CA whose root clients would not get does not stand in, and the message of Ready says so beforehand', async () => {
  const scene = await FailoverScene.set(regions, 'Apart', { trust: {} });
  await regions.world.cluster.waitFor(scene.issuer, 'Ready to name the entry', (issuer) =>
    Boolean(readyOf(issuer)?.includes('(spec.failover[0]) cannot stand in: InvalidSettings')),
  );
  scene.letFirstIssue(false);
  const asked = await scene.request('waits');
  expect([await scene.isTold(asked, 'which is not ready (Issuing'), scene.paid(asked)]).toEqual([
    true,
    { first: 0, second: 0 },
  ]);
});

it('no CA stands in for refused credentials', async () => {
  const scene = await FailoverScene.set(regions, 'Refused');
  await scene.uses('first');
  const { namespace } = scene;
  const stringData = { accessKeyId: 'LTAI5tUnknownUnknownUnkn', accessKeySecret: 'unknown' };
  await regions.world.cluster.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace, name: 'access-key' },
    stringData,
  });
  await regions.world.cluster.waitForCondition(scene.issuer, {
    type: 'Ready',
    status: 'False',
    reason: 'CredentialsInvalid',
  });
  expect((await statusOf(scene))['failover']).toBeUndefined();
});
