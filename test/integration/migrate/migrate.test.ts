// `alibaba-pca-issuer migrate` against a real cert-manager: no certificate is issued anew, and the way back is open. Its output is
// that of docs/migration.md.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { root } from '../../../scripts/command.ts';
import { connectWithKubeconfig } from '../../../src/kubernetes/connection.ts';
import { runMigrateCommand } from '../../../src/migrate-command/migrate-command.ts';
import { systemClock } from '../../../src/timing/clock.ts';
import type { Manifest } from '../../support/cluster.ts';
import { blocksOf } from '../../support/pages.ts';
import { writeServiceAccountKubeconfig } from '../../support/product.ts';
import { isIssued, renew } from '../../support/renewal.ts';
import { until } from '../../support/wait.ts';
import { certificate, issuerApiVersion, secret, World } from '../../support/world.ts';
import { incumbentApiVersion, incumbentObjects, issueAsIncumbent } from './incumbent.ts';

const shop = 'shop';
const kept = ['api', 'web'] as const;
const page = readFileSync(join(root, 'docs/migration.md'), 'utf8');
const account = { name: 'migrating', namespace: 'default' };
let world: World;
let kubeconfig: string;

const incumbentRef = (name: string, kind = 'PCAIssuer') => ({ group: 'alibabacloud.com', kind, name });
const ourRef = (name: string) => ({ group: 'pca.alibabacloud.com', kind: 'AlibabaPCAIssuer', name });
const key = (name: string, half: string) => ({ namespace: shop, name, key: half });

function issuerOf(kind: string, name: string, spec: object, namespace?: string): Manifest {
  return {
    apiVersion: incumbentApiVersion,
    kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    spec: { parentIdentifier: 'sim-sub-ecc-p256', ...spec },
  };
}

beforeAll(async () => {
  world = await World.start({ flags: ['--secret-check-interval=500ms'] });
  const { cluster } = world;
  await cluster.apply(incumbentObjects);
  await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: shop } });
  await cluster.apply([
    ...mayMigrate(),
    // It has to read the Secret with the access key.
    binding('operator', { name: 'alibaba-pca-issuer', namespace: world.namespace }),
    secret(shop, 'access-key', world.simulator.accessKey),
  ]);
  kubeconfig = join(world.controlPlane.directory, 'migrating.kubeconfig');
  await writeServiceAccountKubeconfig(async (args, input) => cluster.kubectl(args, input), account, kubeconfig);
  await cluster.apply([
    issuerOf(
      'PCAIssuer',
      'pca',
      {
        accessKey: key('access-key', 'accessKeyId'),
        accessKeySecret: key('access-key', 'accessKeySecret'),
        roleSessionExpiration: '1h',
      },
      shop,
    ),
    issuerOf('PCAIssuer', 'spread', { accessKey: key('id', 'id'), accessKeySecret: key('secret', 'secret') }, shop),
    issuerOf('PCAClusterIssuer', 'mesh', {
      ramRoleARN: 'acs:ram::1234567890123456:role/pca',
      oidcProviderARN: 'acs:ram::1234567890123456:oidc-provider/ack-rrsa-c1',
    }),
    certificate(shop, 'api', { issuerRef: incumbentRef('pca') }),
    certificate(shop, 'web', { issuerRef: incumbentRef('pca') }),
    certificate(shop, 'orders', { issuerRef: incumbentRef('mesh', 'PCAClusterIssuer') }),
    certificate(shop, 'lost', { issuerRef: incumbentRef('nowhere') }),
  ]);
  await issueAsIncumbent(cluster, shop, [...kept, 'orders', 'lost']);
});
afterAll(async () => world?.stop());

/** The rights of the page, and no others. */
function mayMigrate(): readonly Manifest[] {
  const [role] = blocksOf(page)
    .filter(({ language }) => language === 'yaml')
    .map(({ text }) => parse(text) as Manifest);
  return [{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: account }, role!, binding('migrating', account)];
}

function binding(name: string, subject: { readonly name: string; readonly namespace: string }): Manifest {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'alibaba-pca-issuer-migrate' },
    subjects: [{ kind: 'ServiceAccount', ...subject }],
  };
}

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function migrate(...argv: readonly string[]): Promise<Run> {
  let out = '';
  let err = '';
  const code = await runMigrateCommand(argv, {
    connect: async () => connectWithKubeconfig(kubeconfig),
    environment: {},
    clock: systemClock,
    signal: new AbortController().signal,
    out: (text) => (out += text),
    err: (text) => (err += text),
  });
  return { code, out, err };
}

/** A run as the page shows it: serial numbers and times differ in every run. */
function shown(command: string, { code, out }: Run): string {
  const text = out.replaceAll(
    /certificate [0-9a-f]+ stays, until [-\dT:]+Z/g,
    'certificate 1003 stays, until 2027-02-21T10:00:00Z',
  );
  return `$ alibaba-pca-issuer migrate ${command}\n${text}$ echo $?\n${code}\n`;
}

const blocks = blocksOf(page).map(({ text }) => text);

async function certificateOf(name: string): Promise<Manifest> {
  return (await world.cluster.get({ apiVersion: 'cert-manager.io/v1', kind: 'Certificate', namespace: shop, name }))!;
}

/** All that must stay as it is, whichever issuer is named. */
async function state(name: string): Promise<object> {
  const found = (await world.cluster.get({ apiVersion: 'v1', kind: 'Secret', namespace: shop, name }))!;
  const { metadata, status } = await certificateOf(name);
  const { revision, notAfter, renewalTime, lastFailureTime, failedIssuanceAttempts } = status as Record<
    string,
    unknown
  >;
  return {
    secret: found.metadata.uid,
    data: found['data'],
    uid: metadata.uid,
    status: { revision, notAfter, renewalTime, lastFailureTime, failedIssuanceAttempts },
  };
}

async function requestNames(): Promise<readonly string[]> {
  const found = await world.cluster.list({
    apiVersion: 'cert-manager.io/v1',
    kind: 'CertificateRequest',
    namespace: shop,
  });
  return found.map(({ metadata }) => metadata.name);
}

async function referencesOf(name: string): Promise<object> {
  const { spec, metadata } = await certificateOf(name);
  const found = (await world.cluster.get({ apiVersion: 'v1', kind: 'Secret', namespace: shop, name }))!;
  const of = (part: string) => found.metadata.annotations?.[`cert-manager.io/issuer-${part}`];
  return {
    issuerRef: (spec as { readonly issuerRef: object }).issuerRef,
    secret: { group: of('group'), kind: of('kind'), name: of('name') },
    annotations: metadata.annotations ?? {},
  };
}

describe('a migration', () => {
  let before: readonly object[];
  let requestsBefore: readonly string[];

  it('first says what it would do, and changes nothing', async () => {
    before = await Promise.all(kept.map(state));
    requestsBefore = await requestNames();
    const references = await Promise.all(kept.map(referencesOf));
    const run = await migrate();

    expect(shown('--kubeconfig ~/.kube/config', run)).toBe(blocks.find((text) => text.includes('to do, ')));
    expect([run.code, run.err]).toEqual([3, '']);
    expect(await Promise.all(kept.map(state))).toEqual(before);
    expect(await Promise.all(kept.map(referencesOf))).toEqual(references);
    const ours = await world.cluster.list({ apiVersion: issuerApiVersion, kind: 'AlibabaPCAIssuer' });
    expect(ours).toEqual([]);
  });

  it('moves Certificates without a request, once their issuer is ready', async () => {
    const running = migrate('--apply', '--timeout=15s');
    // The simulator is not where PCA is.
    const issuer = { apiVersion: issuerApiVersion, kind: 'AlibabaPCAIssuer', namespace: shop, name: 'pca' };
    await until('the issuer to be made', async () => (await world.cluster.get(issuer)) !== undefined);
    await world.cluster.patch(issuer, {
      spec: { endpoint: { host: world.simulator.endpoint, protocol: 'HTTP' } },
    });
    const run = await running;

    expect(shown('--kubeconfig ~/.kube/config --apply', run)).toBe(blocks.find((text) => text.includes(' --apply\n')));
    expect([run.code, run.err]).toEqual([3, '']);
    expect(await Promise.all(kept.map(state))).toEqual(before);
    const migratedFrom = JSON.stringify(incumbentRef('pca'));
    const moved = {
      issuerRef: ourRef('pca'),
      secret: ourRef('pca'),
      annotations: { 'pca.alibabacloud.com/migrated-from': migratedFrom },
    };
    expect(await Promise.all(kept.map(referencesOf))).toEqual([moved, moved]);
    // Their last requests, which named the other issuer, are gone, and none is there that was not there before.
    expect(await requestNames()).toEqual(requestsBefore.filter((name) => !/^(api|web)-/.test(name)));
    expect(world.simulator.issued()).toEqual([]);
  });

  it('has the next renewal ask the new issuer, and nobody before', async () => {
    const revision = await renew(world.cluster, { namespace: shop, name: 'web' });
    await until('the renewal', async () => {
      const found = await certificateOf('web');
      const { revision: present } = found['status'] as { readonly revision?: number };
      return present === revision && isIssued(found);
    });

    expect(world.simulator.issued()).toHaveLength(1);
    expect((await requestNames()).filter((name) => /^(api|web)-/.test(name))).toEqual([`web-${revision}`]);
  });

  it('finds nothing more to do for what was moved', async () => {
    const { out } = await migrate('-o', 'json');
    const { certificates } = JSON.parse(out) as { readonly certificates: readonly { readonly name: string }[] };
    expect(certificates.map(({ name }) => name).toSorted()).toEqual(['lost', 'orders']);
  });

  it('goes on where an earlier one ended in between', async () => {
    // As after the Certificate was changed, and before its Secret was.
    const found = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', namespace: shop, name: 'api' };
    await world.cluster.patch(found, { metadata: { annotations: { 'pca.alibabacloud.com/migration-held': 'true' } } });
    await world.cluster.patch(
      found,
      { status: { lastFailureTime: `${new Date().toISOString().slice(0, 19)}Z`, failedIssuanceAttempts: 1 } },
      'status',
    );
    await world.cluster.patch(
      { apiVersion: 'v1', kind: 'Secret', namespace: shop, name: 'api' },
      {
        metadata: {
          annotations: {
            'cert-manager.io/issuer-group': 'alibabacloud.com',
            'cert-manager.io/issuer-kind': 'PCAIssuer',
          },
        },
      },
    );
    await until('cert-manager to see that', async () => !isIssued(await certificateOf('api')));
    const { out } = await migrate('--apply', '--timeout=5s');

    expect(out).toContain('Certificate "shop/api"\n  done: ');
    expect(await state('api')).toEqual(before[0]);
  });

  it('goes back without a request', async () => {
    const secrets = await Promise.all(kept.map(state));
    const dry = await migrate('--undo');
    expect(shown('--kubeconfig ~/.kube/config --undo', dry)).toBe(blocks.find((text) => text.includes(' --undo\n')));
    const run = await migrate('--undo', '--apply');

    expect([run.code, run.out.split('\n').at(-2), run.err]).toEqual([0, '4 done, 0 refused, 0 failed.', '']);
    expect(await Promise.all(kept.map(state))).toEqual(secrets);
    const back = { issuerRef: incumbentRef('pca'), secret: incumbentRef('pca'), annotations: {} };
    expect(await Promise.all(kept.map(referencesOf))).toEqual([back, back]);
    expect((await requestNames()).filter((name) => /^(api|web)-/.test(name))).toEqual([]);
    const ours = await Promise.all(
      ['AlibabaPCAIssuer', 'AlibabaPCAClusterIssuer'].map(async (kind) =>
        world.cluster.list({ apiVersion: issuerApiVersion, kind }),
      ),
    );
    expect(ours).toEqual([[], []]);
  });
});
