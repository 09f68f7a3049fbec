// Kubernetes' CertificateSigningRequests on real parts: who may use which issuer, and what becomes of every kind of trouble.
import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { conditionsOf } from '../support/cluster.ts';
import type { Manifest } from '../support/cluster.ts';
import { makeCsr } from '../support/certificates.ts';
import { NotYet, until } from '../support/wait.ts';
import { issuerApiVersion, World } from '../support/world.ts';

const signers = 'pca.alibabacloud.com';
const usages = ['digital signature', 'key encipherment', 'client auth'];
let world: World;
let namespace: string;
let count = 0;

beforeAll(async () => {
  world = await World.start({ flags: ['--retry-max-delay=2s'] });
  namespace = await world.createNamespace('csr');
  await world.cluster.apply([world.issuer(namespace, 'pca'), clusterIssuer()]);
  await world.cluster.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'access-key', namespace: world.namespace },
    stringData: { ...world.simulator.accessKey },
  });
  for (const issuer of [
    { kind: 'AlibabaPCAIssuer', namespace, name: 'pca' },
    { kind: 'AlibabaPCAClusterIssuer', name: 'csr' },
  ]) {
    await world.cluster.waitForCondition(
      { apiVersion: issuerApiVersion, ...issuer },
      { type: 'Ready', status: 'True' },
    );
  }
});
afterAll(async () => world.stop());
afterEach(() => world.simulator.reset());

function clusterIssuer(): Manifest {
  const { spec } = world.issuer(namespace, 'x') as Manifest & { readonly spec: object };
  return { apiVersion: issuerApiVersion, kind: 'AlibabaPCAClusterIssuer', metadata: { name: 'csr' }, spec };
}

interface Wanted {
  readonly signerName?: string;
  readonly csr?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly expirationSeconds?: number;
  readonly as?: string;
  readonly approve?: 'Approved' | 'Denied' | 'no';
}

const ofNamespace = (): string => `alibabapcaissuers.${signers}/${namespace}.pca`;
const ofCluster = `alibabapcaclusterissuers.${signers}/csr`;

/** Creates a request, as another user where told, and decides about it as the administrator; returns its name. */
async function request({
  signerName = ofCluster,
  annotations = {},
  as,
  approve = 'Approved',
  ...more
}: Wanted): Promise<string> {
  count += 1;
  const name = `request-${count}`;
  const csr = more.csr ?? (await makeCsr('P-256', { subject: [{ CN: ['a.example'] }] }));
  const object = {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name, annotations },
    spec: {
      request: Buffer.from(csr).toString('base64'),
      signerName,
      usages,
      ...(more.expirationSeconds === undefined ? {} : { expirationSeconds: more.expirationSeconds }),
    },
  };
  await world.cluster.kubectl(['create', '-f', '-', ...(as === undefined ? [] : ['--as', as])], JSON.stringify(object));
  if (approve !== 'no') await world.cluster.kubectl(['certificate', approve === 'Approved' ? 'approve' : 'deny', name]);
  return name;
}

async function found(name: string): Promise<Manifest & { status?: { certificate?: string } }> {
  const object = await world.cluster.get({
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    name,
  });
  if (object === undefined) throw new Error(`${name} is gone`);
  return object;
}

async function chainOf(name: string): Promise<readonly X509Certificate[]> {
  const text = await until(`${name} to be issued`, async () => (await found(name)).status?.certificate);
  const pem = Buffer.from(text, 'base64').toString();
  return (pem.match(/-----BEGIN[^]*?-----END CERTIFICATE-----\n/g) ?? []).map((block) => new X509Certificate(block));
}

async function failureOf(name: string): Promise<{ reason: string | undefined; message: string | undefined }> {
  return until(`${name} to fail`, async () => {
    const condition = conditionsOf(await found(name)).find(({ type }) => type === 'Failed');
    if (condition === undefined) throw new NotYet('it has not failed');
    return { reason: condition.reason, message: condition.message };
  });
}

async function eventsOf(name: string): Promise<readonly string[]> {
  const events = await world.cluster.list({ apiVersion: 'events.k8s.io/v1', kind: 'Event', namespace: 'default' });
  return events
    .filter((event) => (event['regarding'] as { name?: string } | undefined)?.name === name)
    .map((event) => `${String(event['type'])} ${String(event['reason'])}`);
}

const days = (leaf: X509Certificate | undefined): number =>
  leaf === undefined ? 0 : (Date.parse(leaf.validTo) - Date.parse(leaf.validFrom)) / 1_000;

describe('a request', () => {
  it.each(['cluster', 'namespace'])('of a signer of the %s is answered with leaf and intermediates', async (scope) => {
    const name = await request({ signerName: scope === 'cluster' ? ofCluster : ofNamespace() });
    const chain = await chainOf(name);
    expect(chain.map(({ ca }) => ca)).toEqual([false, true]);
    expect(chain[0]?.subject).toBe('CN=a.example');
    expect(days(chain[0])).toBe(2_160 * 3_600);
    expect(
      await until('its event', async () => ((await eventsOf(name)).length > 0 ? eventsOf(name) : undefined)),
    ).toEqual(['Normal Issued']);
  });

  it('lives as long as the annotation says, else as expirationSeconds says', async () => {
    const duration = 'experimental.cert-manager.io/request-duration';
    const annotated = await request({ annotations: { [duration]: '896h' }, expirationSeconds: 3_600 });
    const plain = await request({ expirationSeconds: 3_333 });
    expect([days((await chainOf(annotated))[0]), days((await chainOf(plain))[0])]).toEqual([896 * 3_600, 3_333]);
  });

  it('is not touched before approval, nor after denial', async () => {
    const waiting = await request({ approve: 'no' });
    const denied = await request({ approve: 'Denied' });
    await chainOf(await request({}));
    expect((await found(waiting)).status).toEqual({});
    expect(conditionsOf(await found(denied)).map(({ type }) => type)).toEqual(['Denied']);
    await world.cluster.kubectl(['certificate', 'approve', waiting]);
    expect(await chainOf(waiting)).toHaveLength(2);
  });

  it('of a signer that is not one of ours is ignored', async () => {
    const other = await request({ signerName: 'example.com/other' });
    await chainOf(await request({}));
    expect(conditionsOf(await found(other)).map(({ type }) => type)).toEqual(['Approved']);
  });

  it.each([
    [
      'a bad duration',
      { annotations: { 'experimental.cert-manager.io/request-duration': 'soon' } },
      'InvalidDuration',
      /duration/,
    ],
    [
      'a CA',
      { annotations: { 'experimental.cert-manager.io/request-is-ca': 'true' } },
      'CANotSupported',
      /spec\.externalCA/,
    ],
  ])('for %s fails with what to change', async (_, wanted, reason, message) => {
    const name = await request(wanted);
    const failure = await failureOf(name);
    expect(failure.reason).toBe(reason);
    expect(failure.message).toMatch(message);
    await world.issuances({ certificates: { [name]: 0 } });
  });

  it('whose issuer does not exist waits with an event, and continues when it is created', async () => {
    const name = await request({ signerName: `alibabapcaissuers.${signers}/${namespace}.later` });
    await until('the event', async () => (await eventsOf(name)).includes('Warning IssuerNotFound'));
    await world.cluster.apply(world.issuer(namespace, 'later'));
    expect(await chainOf(name)).toHaveLength(2);
  });

  it('that met trouble is issued later, once', async () => {
    world.simulator.setFaults({ internalErrorBeforeIssuing: 1, cutAfterIssuing: 1 });
    const name = await request({});
    expect(await chainOf(name)).toHaveLength(2);
    await world.issuances({ certificates: { [name]: 1 } });
  });
});

describe('a namespaced issuer', () => {
  const grant = (user: string, resourceName: string): Manifest[] => [
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: `refer-${user}`, namespace },
      rules: [
        { apiGroups: ['cert-manager.io'], resources: ['signers'], verbs: ['reference'], resourceNames: [resourceName] },
      ],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: `refer-${user}`, namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: `refer-${user}` },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
    },
  ];

  beforeAll(async () => {
    await world.cluster.apply([
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: 'request-certificates' },
        rules: [
          { apiGroups: ['certificates.k8s.io'], resources: ['certificatesigningrequests'], verbs: ['create', 'get'] },
        ],
      },
      ...['mallory', 'alice', 'bob'].map((user) => ({
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: `request-certificates-${user}` },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'request-certificates' },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
      })),
      ...grant('alice', 'pca'),
      ...grant('bob', '*'),
    ]);
    for (const user of ['mallory', 'alice', 'bob']) {
      await until(`the rights of ${user}`, async () =>
        world.cluster.kubectl(['auth', 'can-i', 'create', 'certificatesigningrequests', '--as', user]),
      );
    }
  });

  it('is refused to a requester who may not refer to it, with the right that is missing', async () => {
    const name = await request({ signerName: ofNamespace(), as: 'mallory' });
    expect(await failureOf(name)).toEqual({
      reason: 'DeniedReference',
      message: `User "mallory" may not use AlibabaPCAIssuer "${namespace}/pca". Grant a Role in namespace "${namespace}" with apiGroups ["cert-manager.io"], resources ["signers"], verbs ["reference"], resourceNames ["pca"], then create the request again.`,
    });
    await world.issuances({ certificates: { [name]: 0 } });
  });

  it.each(['alice', 'bob'])('serves %s, who may', async (user) => {
    expect(await chainOf(await request({ signerName: ofNamespace(), as: user }))).toHaveLength(2);
  });
});

it('works for a key and a request made with openssl', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'csr-'));
  const key = join(folder, 'key.pem');
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key];
  const csr = execFileSync('openssl', ['req', '-new', ...made, '-subj', '/O=team/CN=me'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [leaf] = await chainOf(await request({ csr }));
  expect(leaf?.checkPrivateKey(createPrivateKey(await readFile(key)))).toBe(true);
  await rm(folder, { recursive: true });
});
