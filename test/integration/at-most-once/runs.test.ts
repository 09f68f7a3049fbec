/** Many requests while PCA throttles, fails and hangs up at random and the operator is killed: one certificate for each. */
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { conditionsOf, type Manifest } from '../../support/cluster.ts';
import { NotYet, until } from '../../support/wait.ts';
import { issuerApiVersion, World } from '../../support/world.ts';
import { type MadeRequest, requestFor, specFor } from './operations.ts';
import { verify } from './proof.ts';
import { randomFrom, seed } from './seed.ts';

const isFull = process.env['TEST_FULL'] === '1';
const count = isFull ? 1000 : 150;
const withIdentifier = [
  'CreateCustomCertificate',
  'CreateServerCertificateWithCsr',
  'CreateClientCertificateWithCsr',
] as const;
const percentages = {
  throttled: 20,
  internalErrorBeforeIssuing: 5,
  internalErrorAfterIssuing: 5,
  cutBeforeIssuing: 5,
  cutAfterIssuing: 5,
};
const random = randomFrom(seed);
const patience = ['--retry-base-delay=200ms', '--retry-max-delay=2s', '--shutdown-timeout=3s'];
const lease = ['--lease-duration=3s', '--lease-renew-deadline=2s', '--lease-retry-period=300ms'];
let world: World;
let namespace: string;

beforeAll(async () => {
  process.stdout.write(`Seed ${seed}\n`);
  world = await World.start({ flags: [...patience, ...lease], simulator: { random: randomFrom(seed + 1) } });
  namespace = await world.createNamespace('runs');
  for (const operation of withIdentifier) {
    const name = operation.toLowerCase();
    await world.cluster.apply(world.issuer(namespace, name, specFor(operation, [])));
    const issuer = { apiVersion: issuerApiVersion, kind: 'AlibabaPCAIssuer', namespace, name };
    await world.cluster.waitForCondition(issuer, { type: 'Ready', status: 'True' });
  }
});
afterAll(async () => world.stop());

it(
  `issues ${count} certificates for ${count} requests`,
  async () => {
    world.simulator.setFaults({ percentages });
    const made: MadeRequest[] = [];
    for (let index = 0; index < count; index += 1) {
      const operation = withIdentifier[Math.floor(random() * withIdentifier.length)] ?? 'CreateCustomCertificate';
      const request = await requestFor(operation, { namespace, name: `run-${index}`, issuer: operation.toLowerCase() });
      await world.cluster.apply(request.manifest);
      made.push(request);
    }
    const kills = await killUntilIssued();
    const requests = await allReady();
    const roots = world.simulator.cas.map(({ rootPem }) => new X509Certificate(rootPem));
    const issued = world.simulator.issued().map(({ pem }) => new X509Certificate(pem));
    const byName = new Map(requests.map((request) => [request.metadata.name, request]));
    const verdicts = made.map(({ manifest, spki }) =>
      verify(byName.get(manifest.metadata.name), { spki, issued, roots }),
    );
    process.stdout.write(`${issued.length} certificates, ${kills} kills, calls: ${JSON.stringify(outcomes())}\n`);
    expect(verdicts.filter((verdict) => verdict !== 'verified')).toEqual([]);
    expect(issued).toHaveLength(count);
    expect(kills).toBeGreaterThan(1);
  },
  isFull ? 1_500_000 : 300_000,
);

/** Kills the operator each time it has issued a few more, until all is issued; tells how often. */
async function killUntilIssued(): Promise<number> {
  let kills = 0;
  for (;;) {
    const target = world.simulator.issued().length + 5 + Math.floor(random() * (isFull ? 60 : 40));
    if (target >= count) return kills;
    await until(`${target} certificates`, () => world.simulator.issued().length >= target, {
      deadlineMilliseconds: 180_000,
      everyMilliseconds: 5,
    });
    await world.operator.kill();
    kills += 1;
    await world.startOperator();
  }
}

async function allReady(): Promise<readonly Manifest[]> {
  const query = { apiVersion: 'cert-manager.io/v1', kind: 'CertificateRequest', namespace };
  return await until(
    `${count} requests to be Ready`,
    async () => {
      const all = await world.cluster.list(query);
      const ready = all.filter((request) => readyOf(request) === 'Issued').length;
      const failed = all.filter((request) => readyOf(request) === 'Failed').length;
      if (ready + failed < count) throw new NotYet(`${ready} are Ready, ${failed} Failed`);
      return all;
    },
    { deadlineMilliseconds: isFull ? 600_000 : 180_000, everyMilliseconds: 500 },
  );
}

function readyOf(request: Manifest): string | undefined {
  return conditionsOf(request).find(({ type }) => type === 'Ready')?.reason;
}

function outcomes(): Readonly<Record<string, number>> {
  const calls = world.simulator.calls().map(({ action, outcome }) => `${action} ${outcome}`);
  const kinds = [...new Set(calls)].sort();
  return Object.fromEntries(kinds.map((kind) => [kind, calls.filter((call) => call === kind).length]));
}
