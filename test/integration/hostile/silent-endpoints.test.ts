// One tenant's hosts accept calls and say nothing. Another tenant's issuer is checked and its request answered meanwhile.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { conditionsOf } from '../../support/cluster.ts';
import { until } from '../../support/wait.ts';
import { issuerApiVersion, World } from '../../support/world.ts';
import { requestFor } from '../at-most-once/operations.ts';
import { leads } from '../faults/scene.ts';
import { SilentHosts } from './silent-host.ts';

const ready = { type: 'Ready', status: 'True' };
const workers = 64;
let world: World;

beforeAll(async () => {
  world = await World.start({ flags: [`--max-concurrent-requests=${workers}`] });
});
afterAll(async () => world.stop());

/** A tenant comes with a new issuer and one request; how long each took, in seconds. */
async function newTenant(prefix: string): Promise<{ readonly readyAfter: number; readonly issuedAfter: number }> {
  const namespace = await world.createNamespace(prefix);
  const startedAt = performance.now();
  const since = (): number => Math.round((performance.now() - startedAt) / 100) / 10;
  await world.cluster.apply(world.issuer(namespace, 'pca'));
  await world.cluster.waitForCondition(
    { apiVersion: issuerApiVersion, kind: 'AlibabaPCAIssuer', namespace, name: 'pca' },
    ready,
  );
  const readyAfter = since();
  await ask(namespace, 'pca', 1);
  const request = { apiVersion: 'cert-manager.io/v1', kind: 'CertificateRequest', namespace, name: 'request-0' };
  await world.cluster.waitForCondition(request, ready);
  return { readyAfter, issuedAfter: since() };
}

async function ask(namespace: string, issuer: string, count: number): Promise<void> {
  const made = Array.from({ length: count }, async (_, index) =>
    requestFor('CreateCustomCertificate', { namespace, name: `request-${index}`, issuer }),
  );
  await world.cluster.apply((await Promise.all(made)).map(({ manifest }) => manifest));
}

/** How many objects of a kind in a namespace were told of something by a Ready condition. */
async function told(apiVersion: string, kind: string, namespace: string, status: string): Promise<number> {
  const objects = await world.cluster.list({ apiVersion, kind, namespace });
  return objects.filter((object) =>
    conditionsOf(object).some((condition) => condition.type === 'Ready' && condition.status === status),
  ).length;
}

async function expectLease(): Promise<void> {
  expect([await leads(world.operator), await world.operator.logs()]).toEqual([
    true,
    expect.not.stringContaining('The Lease is lost'),
  ]);
}

function tell(what: string, seconds: object): void {
  process.stdout.write(`${what}: ${JSON.stringify(seconds)}\n`);
}

it('sixty endpoints that say nothing do not keep another tenant from its check and its certificate', async () => {
  const before = await newTenant('before');
  const hosts = await SilentHosts.start(60, { isSilentTo: () => true, behind: world.simulator.endpoint });
  const namespace = await world.createNamespace('silent');
  await world.cluster.apply(
    hosts.names.map((host, index) => world.issuer(namespace, `pca-${index}`, { endpoint: { host, protocol: 'HTTP' } })),
  );
  await until('checks to wait for an answer', () => hosts.unanswered > 0);
  const during = await newTenant('during');
  tell('seconds to ready and issued, before and while sixty endpoints are silent', { before, during });

  // It did not wait for the round of all of them, and they never had all of the eight workers (three, and those whose
  // connections are just being closed).
  const checked = await told(issuerApiVersion, 'AlibabaPCAIssuer', namespace, 'False');
  expect([checked < 60, hosts.mostUnanswered < 8]).toEqual([true, true]);
  await expectLease();
  hosts.stop();
});

it('endpoints that say nothing to issuing calls do not keep another tenant from its certificate', async () => {
  const before = await newTenant('before');
  const hosts = await SilentHosts.start(4, {
    isSilentTo: (action) => action.startsWith('Create'),
    behind: world.simulator.endpoint,
  });
  const namespaces: string[] = [];
  for (const host of hosts.names) {
    const namespace = await world.createNamespace('quiet');
    namespaces.push(namespace);
    await world.cluster.apply(world.issuer(namespace, 'pca', { endpoint: { host, protocol: 'HTTP' } }));
    await world.cluster.waitForCondition(
      { apiVersion: issuerApiVersion, kind: 'AlibabaPCAIssuer', namespace, name: 'pca' },
      ready,
    );
  }
  await Promise.all(namespaces.map(async (namespace) => ask(namespace, 'pca', 60)));
  await until('calls to wait at each endpoint', () => hosts.mostUnanswered >= 16);
  const during = await newTenant('during');
  tell('seconds to ready and issued, before and while four endpoints are silent to issuing calls', { before, during });

  const issued = await Promise.all(
    namespaces.map(async (namespace) => told('cert-manager.io/v1', 'CertificateRequest', namespace, 'True')),
  );
  expect([issued, hosts.mostUnanswered <= workers / 2]).toEqual([[0, 0, 0, 0], true]);
  await expectLease();
  hosts.stop();
});
