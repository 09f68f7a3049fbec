// Hundreds of Certificates at once, and the operator killed in the middle: each gets one certificate for its own key.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Manifest } from '../support/cluster.ts';
import { NotYet, until } from '../support/wait.ts';
import { certificate, issuerApiVersion, World } from '../support/world.ts';

const count = process.env['TEST_FULL'] === '1' ? 300 : 120;
const names = Array.from({ length: count }, (_, index) => `burst-${index}`);
let world: World;
let namespace: string;

beforeAll(async () => {
  world = await World.start({ flags: ['--retry-max-delay=2s'] });
});
afterAll(async () => world.stop());

beforeEach(async () => {
  namespace = await world.createNamespace('burst');
  world.simulator.reset();
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
    // For all of them, on a machine that others keep busy as well.
    { deadlineMs: 240_000, everyMs: 500 },
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
  await expectOneCertificateEach({ calledOnce: true });
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
    everyMs: 5,
  });
  await world.operator.kill();
  expect(world.simulator.issued().length).toBeLessThan(count);
  await world.startOperator();
}

async function expectOneCertificateEach({ calledOnce = false } = {}): Promise<void> {
  const certificates = Object.fromEntries(names.map((name) => [name, 1]));
  await world.issuances({ namespace, certificates, calledOnce });
  const issued = new Set(issuedSerialNumbers());
  expect((await serialNumbers()).filter((serialNumber) => !issued.has(serialNumber))).toEqual([]);
}
