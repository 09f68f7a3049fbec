// What a user is told of a request that nobody approves, and how soon a changed Secret of a ready issuer is noticed.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isAllowed } from '../support/access-review.ts';
import { makeCsr } from '../support/certificates.ts';
import { conditionsOf } from '../support/cluster.ts';
import { until } from '../support/wait.ts';
import { certificate, issuerApiVersion, secret, World } from '../support/world.ts';

let world: World;
let namespace: string;
const ready = { type: 'Ready', status: 'True' };

beforeAll(async () => {
  world = await World.start({ flags: ['--approval-warning-after=2s', '--secret-check-interval=1s'] });
  namespace = await world.createNamespace('waiting');
  await world.cluster.apply(world.issuer(namespace, 'pca'));
  await issuerIs(ready);
  await world.cluster.delete({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    name: 'cert-manager-controller-approve:pca-alibabacloud-com',
  });
  const certManager = { namespace: 'cert-manager', name: 'cert-manager' };
  const signers = 'alibabapcaissuers.pca.alibabacloud.com/*';
  const approving = { verb: 'approve', group: 'cert-manager.io', resource: 'signers', name: signers };
  await until(
    'cert-manager to have lost the right',
    async () => !(await isAllowed(world.cluster, certManager, approving)),
  );
});
afterAll(async () => world.stop());

async function issuerIs(condition: { type: string; status: string; reason?: string }): Promise<void> {
  await world.cluster.waitForCondition(
    { apiVersion: issuerApiVersion, kind: 'AlibabaPCAIssuer', namespace, name: 'pca' },
    condition,
  );
}

async function warnings(about: string): Promise<readonly string[]> {
  const lists = await Promise.all(
    [namespace, 'default'].map((name) =>
      world.cluster.list({ apiVersion: 'events.k8s.io/v1', kind: 'Event', namespace: name }),
    ),
  );
  return lists
    .flat()
    .filter((event) => (event['regarding'] as { name?: string }).name === about && event['type'] === 'Warning')
    .map((event) => `${String(event['reason'])}: ${String(event['note'])}`);
}

async function onlyWarning(about: string): Promise<string> {
  const found = await until(`a warning about ${about}`, async () => {
    const all = await warnings(about);
    return all.length > 0 ? all : undefined;
  });
  expect(found).toHaveLength(1);
  return found[0] ?? '';
}

/** What the operator's log says of a request, above the level of debugging. */
async function linesOf(request: string): Promise<readonly string[]> {
  const lines = (await world.operator.logs()).split('\n').slice(0, -1);
  return lines
    .map((line) => JSON.parse(line) as { level: string | number; request?: string; msg: string })
    .filter((line) => line.request === request && line.level !== 'debug')
    .map(({ msg }) => msg);
}

it('an event tells of a CertificateRequest that nobody approves, on it and on its issuer; its status stays untouched', async () => {
  await world.cluster.apply(certificate(namespace, 'web'));
  expect(await onlyWarning('web-1')).toMatch(
    new RegExp(
      `^WaitingForApproval: Waits since \\S+Z to be approved or denied; cert-manager approves automatically only where its ServiceAccount may: .*cmctl approve -n ${namespace} web-1\\.$`,
    ),
  );
  expect(await onlyWarning('pca')).toMatch(
    /^WaitingForApproval: Requests for this issuer wait to be approved or denied\./,
  );
  const request = await world.cluster.get({
    apiVersion: 'cert-manager.io/v1',
    kind: 'CertificateRequest',
    namespace,
    name: 'web-1',
  });
  expect(request === undefined ? undefined : conditionsOf(request)).toEqual([]);
});

it('an event tells of a CertificateSigningRequest that nobody approves', async () => {
  const csr = await makeCsr('P-256', { subject: [{ CN: ['a.example'] }] });
  await world.cluster.apply({
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'waiting' },
    spec: {
      request: Buffer.from(csr).toString('base64'),
      signerName: `alibabapcaissuers.pca.alibabacloud.com/${namespace}.pca`,
      usages: ['digital signature'],
    },
  });
  expect(await onlyWarning('waiting')).toMatch(/kubectl certificate approve waiting\.$/);
});

it.each([
  ['lacks', undefined, '(none)'],
  ['misspells', 'alibabapcaissuer', 'alibabapcaissuer'],
  ["takes for cert-manager's own", 'ClusterIssuer', 'ClusterIssuer'],
])(
  'an event and the log tell of an issuerRef that %s the kind, which nobody can approve',
  async (what, kind, shown) => {
    const name = `unknown-${what.slice(0, 4)}`;
    const issuerRef = { group: 'pca.alibabacloud.com', name: 'pca', ...(kind === undefined ? {} : { kind }) };
    await world.cluster.apply(certificate(namespace, name, { issuerRef }));
    const message = `issuerRef.kind is ${shown}, but group pca.alibabacloud.com has only the kinds AlibabaPCAIssuer and AlibabaPCAClusterIssuer. Correct issuerRef of the Certificate.`;
    expect(await onlyWarning(`${name}-1`)).toBe(`UnknownIssuerKind: ${message}`);
    expect(await linesOf(`${namespace}/${name}-1`)).toEqual([message]);
  },
);

it('an event and the log tell of a signer in our group that is none', async () => {
  const signerName = `alibabapcaissuer.pca.alibabacloud.com/${namespace}.pca`;
  const csr = await makeCsr('P-256', { subject: [{ CN: ['a.example'] }] });
  await world.cluster.apply({
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'misspelt' },
    spec: { request: Buffer.from(csr).toString('base64'), signerName, usages: ['digital signature'] },
  });
  const message = `spec.signerName is ${signerName}, but signers of group pca.alibabacloud.com are named alibabapcaissuers.pca.alibabacloud.com/NAMESPACE.NAME and alibabapcaclusterissuers.pca.alibabacloud.com/NAME. It cannot be changed: make a new request.`;
  expect(await onlyWarning('misspelt')).toBe(`UnknownIssuerKind: ${message}`);
  expect(await linesOf('misspelt')).toEqual([message]);
});

it('a Secret of a ready issuer that changes is noticed without waiting for the next check', async () => {
  await world.cluster.apply(
    secret(namespace, 'access-key', { ...world.simulator.accessKey, accessKeySecret: 'wrong' }),
  );
  await issuerIs({ type: 'Ready', status: 'False', reason: 'CredentialsInvalid' });
  await world.cluster.apply(secret(namespace, 'access-key', world.simulator.accessKey));
  await issuerIs(ready);
  const checks = world.simulator.calls().filter(({ action }) => action === 'DescribeCACertificate').length;
  await until('the Secret to be looked at again', async () => {
    const reads = (await world.operator.metrics())
      .split('\n')
      .find((line) =>
        line.startsWith('controller_runtime_reconcile_total{controller="issuer",result="requeue_after"}'),
      );
    return Number(reads?.split(' ').at(-1)) > 6;
  });
  expect(world.simulator.calls().filter(({ action }) => action === 'DescribeCACertificate')).toHaveLength(checks);
});
