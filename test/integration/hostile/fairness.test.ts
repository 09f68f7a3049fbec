// One tenant's Certificates of five bad kinds at an issuer that others share: the others' are issued meanwhile, the issuer stays
// ready, and each bad Certificate costs one certificate at most, however often it is tried.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { conditionsOf } from '../../support/cluster.ts';
import type { Manifest } from '../../support/cluster.ts';
import { NotYet, until } from '../../support/wait.ts';
import { certificate, issuerApiVersion, secret, World } from '../../support/world.ts';

const apiVersion = 'cert-manager.io/v1';
const badOfEachKind = 40;
const goodCount = 20;
const issuerRef = { group: 'pca.alibabacloud.com', kind: 'AlibabaPCAClusterIssuer', name: 'shared' };
const issuer = { apiVersion: issuerApiVersion, kind: 'AlibabaPCAClusterIssuer', name: 'shared' };
const usages = ['digital signature', 'key encipherment', 'server auth'];

/** What is wrong with a kind, and whether PCA issues and bills something all the same. */
interface Kind {
  readonly spec: (name: string, index: number) => Readonly<Record<string, unknown>>;
  readonly isPaid: boolean;
  readonly says: RegExp;
}

const named = (end: string) => (name: string) => ({ dnsNames: [`${name}${end}`] });
const kinds: Readonly<Record<string, Kind>> = {
  address: {
    spec: (name, index) => ({ dnsNames: [`${name}.example.com`, `10.0.0.${index}`] }),
    isPaid: false,
    says: /in which DNS 10\.0\.0\.\d+ reads as an address/,
  },
  usage: { spec: named('.usage.example'), isPaid: true, says: /its extended key usages differ/ },
  subject: { spec: named('.subject.example'), isPaid: true, says: /its subject is CN=somebody-else/ },
  csr: { spec: named('.csr.example'), isPaid: false, says: /Alibaba Cloud PCA refuses this request/ },
  duration: {
    spec: () => ({ duration: '300000h' }),
    isPaid: false,
    says: /lies beyond the end of CA/,
  },
};

let world: World;

beforeAll(async () => {
  world = await World.start({ flags: ['--retry-max-delay=2s'] });
  world.simulator.setFaults({
    byName: { '.usage.example': 'wrongUsage', '.subject.example': 'wrongSubject', '.csr.example': 'refused' },
  });
  const spec = {
    operation: 'CreateServerCertificateWithCsr',
    credentials: { secretRef: { name: 'shared-access-key' } },
  };
  await world.cluster.apply([
    secret(world.namespace, 'shared-access-key', world.simulator.accessKey),
    { ...world.issuer('', 'shared', spec), kind: issuer.kind, metadata: { name: issuer.name } },
  ]);
  await world.cluster.waitForCondition(issuer, { type: 'Ready', status: 'True' });
});
afterAll(async () => world.stop());

/** Since when the issuer has been in its present state, and which that is. */
async function issuerState(): Promise<string> {
  const [ready] = conditionsOf((await world.cluster.get(issuer))!);
  return `${ready?.status} ${ready?.reason} since ${ready?.lastTransitionTime}`;
}

async function certificates(namespace: string): Promise<readonly Manifest[]> {
  return world.cluster.list({ apiVersion, kind: 'Certificate', namespace });
}

/** How many certificates were paid for each of these Certificates, over all of their requests. */
async function paidFor(namespace: string, names: readonly string[]): Promise<readonly number[]> {
  const issuances = await world.issuances();
  return names.map((name) => issuances.of(namespace, name).reduce((sum, each) => sum + each.certificates.length, 0));
}

async function requestOf(namespace: string, name: string) {
  const found = await world.cluster.get({ apiVersion, kind: 'CertificateRequest', namespace, name });
  return found === undefined ? undefined : conditionsOf(found).find(({ type }) => type === 'Ready');
}

/** Has cert-manager ask again for a Certificate that failed, without its pause of an hour. */
async function tryAgain(namespace: string, name: string): Promise<void> {
  const failed = { apiVersion, kind: 'Certificate', namespace, name };
  await until(`${name} to be asked for again`, async () => {
    const { metadata, ...present } = (await world.cluster.get(failed))!;
    const issuing = {
      type: 'Issuing',
      status: 'True',
      reason: 'ManuallyTriggered',
      message: 'Certificate re-issuance manually triggered',
      // Requests from before are deleted.
      lastTransitionTime: new Date(Date.now() + 1_000).toISOString(),
      observedGeneration: metadata.generation,
    };
    const conditions = [...conditionsOf({ metadata, ...present }).filter(({ type }) => type !== 'Issuing'), issuing];
    const { resourceVersion } = metadata;
    await world.cluster.patch(failed, { metadata: { resourceVersion }, status: { conditions } }, 'status');
    return true;
  });
}

it('200 bad Certificates of one namespace hold up nobody in another, and cost one certificate each at most', async () => {
  const before = await issuerState();
  const [shop, other] = [await world.createNamespace('shop'), await world.createNamespace('other')];
  const bad = Object.entries(kinds).flatMap(([kind, { spec, isPaid }]) =>
    Array.from({ length: badOfEachKind }, (_, index) => {
      const name = `${kind}-${index}`;
      return { name, isPaid, manifest: certificate(shop, name, { issuerRef, usages, ...spec(name, index) }) };
    }),
  );
  await world.cluster.apply(bad.map(({ manifest }) => manifest));
  await until('the first bad one to be paid for', () => world.simulator.issued().length > 0);

  const startedAt = performance.now();
  const good = Array.from({ length: goodCount }, (_, index) => `good-${index}`);
  await world.cluster.apply(good.map((name) => certificate(other, name, { issuerRef, usages })));
  await until('the good ones to be Ready', async () => {
    const ready = (await certificates(other)).filter((each) =>
      conditionsOf(each).some(({ type, status }) => type === 'Ready' && status === 'True'),
    );
    if (ready.length < goodCount) throw new NotYet(`${ready.length} of ${goodCount} are Ready`);
    return true;
  });
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  console.info(
    `${goodCount} good ones were Ready ${seconds} s after they began to be made, beside ${bad.length} bad ones.`,
  );

  await until(
    'every bad one to have failed',
    async () => {
      const failed = (await certificates(shop)).filter((each) =>
        conditionsOf(each).some(({ type, reason }) => type === 'Issuing' && reason === 'Failed'),
      );
      if (failed.length < bad.length) throw new NotYet(`${failed.length} of ${bad.length} have failed`);
      return true;
    },
    // For all of them, on a machine that others keep busy as well.
    { deadlineMs: 240_000, everyMs: 500 },
  );
  for (const [kind, { says }] of Object.entries(kinds))
    expect((await requestOf(shop, `${kind}-1-1`))?.message).toMatch(says);

  // Somebody tries again, by hand: what is wrong is not paid for a second time.
  const again = ['usage-0', 'subject-0'];
  for (const name of again) {
    await tryAgain(shop, name);
    await until('its next request to be held', async () => {
      const request = await requestOf(shop, `${name}-1`);
      if (!request?.message?.startsWith('Held: the last request of Certificate')) throw new NotYet(request);
      return true;
    });
  }
  const names = bad.map(({ name }) => name);
  expect(
    {
      issuer: await issuerState(),
      // Seconds behind, on a machine whose processors are all taken, cert-manager asks for one of them again.
      good: (await paidFor(other, good)).map((paid) => paid > 0),
      bad: await paidFor(shop, names),
    },
    `Who asked for what:\n${String(await world.issuances())}`,
  ).toEqual({
    issuer: before,
    good: good.map(() => true),
    bad: bad.map(({ isPaid }) => (isPaid ? 1 : 0)),
  });
});
