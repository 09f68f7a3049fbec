// 200 Certificates at once, and the operator killed in the middle: each gets one certificate for its own key.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Manifest } from '../support/cluster.ts';
import { identifierOf, type SeenRequests, watchRequests } from '../support/seen-requests.ts';
import { NotYet, until } from '../support/wait.ts';
import { certificate, issuerApiVersion, World } from '../support/world.ts';

const count = 200;
const names = Array.from({ length: count }, (_, index) => `burst-${index}`);
let world: World;
let namespace: string;
let seen: SeenRequests;

beforeAll(async () => {
  world = await World.start({ flags: ['--retry-max-delay=2s'] });
});
afterAll(async () => world.stop());

beforeEach(async () => {
  namespace = await world.createNamespace('burst');
  world.simulator.reset();
  seen = await watchRequests(world.controlPlane.kubeconfig, namespace);
  await world.cluster.apply(world.issuer(namespace, 'pca'));
  await world.cluster.waitForCondition(
    { apiVersion: issuerApiVersion, kind: 'AlibabaPCAIssuer', namespace, name: 'pca' },
    { type: 'Ready', status: 'True' },
  );
});

const isReady = ({ status }: Manifest): boolean =>
  (status as { conditions?: { type: string; status: string }[] } | undefined)?.conditions?.some(
    (condition) => condition.type === 'Ready' && condition.status === 'True',
  ) === true;

async function readyCertificates(atLeast: number): Promise<void> {
  await until(
    `${atLeast} Certificates to be Ready`,
    async () => {
      const all = await world.cluster.list({ apiVersion: 'cert-manager.io/v1', kind: 'Certificate', namespace });
      const ready = all.filter(isReady).length;
      if (ready < atLeast) throw new NotYet(`${ready} of ${all.length} are Ready`);
      return true;
    },
    { deadlineMilliseconds: 100_000, everyMilliseconds: 500 },
  );
}

/** The serial numbers in the Secrets, after each was compared with the Secret's own key. */
async function serialNumbers(): Promise<string[]> {
  const secrets = await world.cluster.list({ apiVersion: 'v1', kind: 'Secret', namespace });
  const pairs = secrets
    .filter(({ metadata }) => names.includes(metadata.name))
    .map(({ data }) => {
      const text = (entry: string): string =>
        Buffer.from((data as Readonly<Record<string, string>>)[entry] ?? '', 'base64').toString();
      const leaf = new X509Certificate(text('tls.crt'));
      return { serialNumber: leaf.serialNumber, ownKey: leaf.checkPrivateKey(createPrivateKey(text('tls.key'))) };
    });
  expect(pairs.filter(({ ownKey }) => !ownKey)).toEqual([]);
  return pairs.map(({ serialNumber }) => serialNumber).sort();
}

function issuedSerialNumbers(): string[] {
  return world.simulator
    .issued()
    .map(({ serialNumber }) => serialNumber.toUpperCase())
    .sort();
}

it('makes all of them Ready with exactly one create call each', async () => {
  await Promise.all(names.map((name) => world.cluster.apply(certificate(namespace, name))));
  await readyCertificates(count);
  await expectOneCertificateEach();
  const calls = world.simulator.calls().filter(({ action }) => action === 'CreateCustomCertificate');
  expect(calls).toHaveLength(world.simulator.issued().length);
});

it('makes all of them Ready after a SIGKILL in the middle, without a second certificate for any', async () => {
  world.simulator.setFaults({ latencyMilliseconds: 300 });
  await Promise.all([
    Promise.all(names.map((name) => world.cluster.apply(certificate(namespace, name)))),
    killAfter(count / 3),
  ]);
  await readyCertificates(count);
  await expectOneCertificateEach();
});

async function killAfter(issued: number): Promise<void> {
  await until('a third of the certificates to be issued', () => world.simulator.issued().length > issued, {
    everyMilliseconds: 5,
    deadlineMilliseconds: 60_000,
  });
  await world.operator.kill();
  expect(world.simulator.issued().length).toBeLessThan(count);
  await world.startOperator();
}

// Under load cert-manager sometimes replaces a request by one for another key; that one costs a certificate as well.
async function expectOneCertificateEach(): Promise<void> {
  await seen.stop();
  const kubeSystem = await world.cluster.get({ apiVersion: 'v1', kind: 'Namespace', name: 'kube-system' });
  const clusterUid = kubeSystem?.metadata.uid ?? '';
  const known = new Map([...seen.requests].map(([uid, name]) => [identifierOf(clusterUid, uid), name]));
  const identifiers = world.simulator.issued().map(({ customIdentifier = 'none' }) => customIdentifier);
  expect(identifiers.filter((identifier) => !known.has(identifier))).toEqual([]);
  expect(identifiers.length).toBe(new Set(identifiers).size);
  const issued = new Set(issuedSerialNumbers());
  expect((await serialNumbers()).filter((serialNumber) => !issued.has(serialNumber))).toEqual([]);
}
