// Many Certificates in many namespaces while operator and API server are restarted again and again: all become Ready, none
// fails, none is paid for twice. 150 usually; 1,000 with TEST_FULL=1.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { conditionsOf } from '../../support/cluster.ts';
import type { Manifest } from '../../support/cluster.ts';
import type { OperatorProcess } from '../../support/operator-process.ts';
import { NotYet, until } from '../../support/wait.ts';
import { certificate, issuerApiVersion, secret, World } from '../../support/world.ts';

const isFull = process.env['TEST_FULL'] === '1';
const count = isFull ? 1_000 : 150;
const namespaceCount = 20;
const issuers = ['one', 'two', 'three', 'four'];
const operations = [
  'CreateCustomCertificate',
  'CreateServerCertificateWithCsr',
  'CreateClientCertificateWithCsr',
  'CreateCustomCertificate',
];
// For the whole rest of the work, on a machine that others keep busy as well.
const deadline = { deadlineMs: isFull ? 900_000 : 300_000, everyMs: 1_000 };
let world: World;
let namespaces: readonly string[];

beforeAll(async () => {
  world = await World.start({
    operator: false,
    flags: ['--retry-max-delay=2s', '--lease-duration=8s', '--lease-renew-deadline=6s', '--lease-retry-period=1s'],
  });
  await world.cluster.apply([
    secret(world.namespace, 'access-key', world.simulator.accessKey),
    ...issuers.map((name, index) => ({
      apiVersion: issuerApiVersion,
      kind: 'AlibabaPCAClusterIssuer',
      metadata: { name },
      spec: {
        ...(world.issuer('', name)['spec'] as object),
        operation: operations[index],
        verification: { usages: 'Allow', subject: 'Allow' },
      },
    })),
  ]);
  namespaces = await Promise.all(
    Array.from({ length: namespaceCount }, async () => world.cluster.createNamespace('rolling')),
  );
});
afterAll(async () => world.stop());

function certificates(): readonly Manifest[] {
  return Array.from({ length: count }, (_, index) =>
    certificate(namespaces[index % namespaceCount] ?? '', `rolling-${index}`, {
      usages: ['digital signature', index % issuers.length === 2 ? 'client auth' : 'server auth'],
      issuerRef: {
        group: 'pca.alibabacloud.com',
        kind: 'AlibabaPCAClusterIssuer',
        name: issuers[index % issuers.length],
      },
    }),
  );
}

const has = (object: Manifest, reason: string | undefined, status: string): boolean =>
  conditionsOf(object).some(
    (condition) =>
      condition.type === 'Ready' &&
      condition.status === status &&
      (reason === undefined || condition.reason === reason),
  );

it(
  'all of them become Ready, with one paid certificate for each request and no failed one',
  { timeout: 1_000_000 },
  async () => {
    const replicas: OperatorProcess[] = [];
    const end = new AbortController();
    const done = end.signal;
    const ended = new Promise((resolve) => done.addEventListener('abort', resolve, { once: true }));
    // As a Deployment does it: whatever ended is started again.
    const keep = async (index: number): Promise<void> => {
      for (let start = 0; !done.aborted; start += 1) {
        const replica = await world
          .startReplica(`replica-${index}-${start}`, { deadlineMs: 120_000 })
          // The API server may go while it starts.
          .catch(() => undefined);
        if (replica === undefined) continue;
        replicas[index] = replica;
        await Promise.race([replica.ended, ended]);
      }
    };

    const failed = new Set<string>();
    const restarts = async (): Promise<void> => {
      for (let round = 0; !done.aborted; round += 1) {
        const ready = await readyCount().catch(() => 0);
        await until(
          'some progress',
          async () => {
            if (!done.aborted && (await readyCount()) - ready < count / 8) throw new NotYet('too little');
            return true;
          },
          deadline,
        );
        if (done.aborted) return;
        const index = round % 2;
        if (round % 4 < 2) await replicas[index]?.stop();
        else await replicas[index]?.kill();
        if (round % 3 === 1) await world.controlPlane.component('kube-apiserver').restart();
      }
    };
    const readyCount = async (): Promise<number> => {
      const requests = await world.cluster.list({ apiVersion: 'cert-manager.io/v1', kind: 'CertificateRequest' });
      for (const each of requests) if (has(each, 'Failed', 'False')) failed.add(each.metadata.uid ?? '');
      const all = await world.cluster.list({ apiVersion: 'cert-manager.io/v1', kind: 'Certificate' });
      return all.filter((each) => has(each, undefined, 'True')).length;
    };
    const working = [keep(0), keep(1), restarts()];
    for (const each of certificates()) await until('it to be taken', async () => world.cluster.apply(each));
    await until(
      'all Certificates to be Ready',
      async () => {
        const ready = await readyCount();
        if (ready < count) throw new NotYet(`${ready} of ${count}`);
        return true;
      },
      deadline,
    );
    end.abort();
    await Promise.all(working);
    expect([...failed]).toEqual([]);
    const wanted = certificates().map(({ metadata: { namespace = '', name } }) => ({ namespace, name }));
    for (const namespace of namespaces) {
      const names = wanted.filter((each) => each.namespace === namespace).map(({ name }) => [name, 1] as const);
      await world.issuances({ namespace, certificates: Object.fromEntries(names) });
    }
  },
);
