// What happens around an operator within a minute, for the dashboard to show: certificates, refusals, throttling, holds.
import { noFaults } from '../../../simulator/faults.ts';
import type { Manifest } from '../../support/cluster.ts';
import { isAllowed } from '../../support/access-review.ts';
import { readProduct } from '../../support/product.ts';
import { NotYet, until } from '../../support/wait.ts';
import { certificate, issuerApiVersion, secret } from '../../support/world.ts';
import type { World } from '../../support/world.ts';
import { requestFor } from '../../integration/at-most-once/operations.ts';

const action = 'CreateCustomCertificate';
const certManager = 'cert-manager.io/v1';
const roleArn = 'acs:ram::1234567890123456:role/pca-issuer';

/** Flags with which it takes no longer: trouble is retried and issuers are checked within seconds. */
export const quickFlags: readonly string[] = [
  '--retry-base-delay=500ms',
  '--retry-max-delay=2s',
  '--issuer-check-interval=2s',
];

/** How many requests got a certificate, and how many failed for good. */
export const happened = { issued: 16, failed: 1 };

/** Has all of it happen in a namespace of the world. */
export async function act(world: World): Promise<void> {
  const { cluster, simulator } = world;
  const namespace = await world.createNamespace('payments');
  const reference = (kind: string, name: string) => ({
    apiVersion: kind === 'AlibabaPCAIssuer' ? issuerApiVersion : certManager,
    kind,
    namespace,
    name,
  });
  const ready = async (kind: string, name: string, status: 'True' | 'False' = 'True') =>
    cluster.waitForCondition(reference(kind, name), { type: 'Ready', status });
  const reason = async (name: string, wanted: string) =>
    cluster.waitForCondition(reference('CertificateRequest', name), { type: 'Ready', status: 'False', reason: wanted });
  const ask = async (issuer: string, ...names: readonly string[]): Promise<void> => {
    const made = names.map(async (name) => requestFor(action, { namespace, name, issuer }));
    await cluster.apply((await Promise.all(made)).map(({ manifest }) => manifest));
  };
  const meet = async (faults: Parameters<typeof simulator.setFaults>[0], steps: () => Promise<void>): Promise<void> => {
    simulator.setFaults(faults);
    await steps();
    simulator.setFaults(noFaults);
  };

  trustTheKey(world);
  await cluster.apply(issuersOf(world, namespace));
  await Promise.all(
    ['pca', 'limited', 'role', 'failover', 'authorities', 'ending'].map((n) => ready('AlibabaPCAIssuer', n)),
  );
  await ready('AlibabaPCAIssuer', 'revoked', 'False');

  const names = Array.from({ length: 12 }, (_, index) => `web-${index}`);
  await cluster.apply(names.map((name): Manifest => certificate(namespace, name)));
  await Promise.all(names.map((name) => ready('Certificate', name)));
  await meet({ throttled: 3 }, async () => {
    await ask('pca', 'throttled-1', 'throttled-2');
    await Promise.all([ready('CertificateRequest', 'throttled-1'), ready('CertificateRequest', 'throttled-2')]);
  });
  await meet({ wrongName: 1 }, async () => {
    await ask('pca', 'refused');
    await reason('refused', 'Failed');
  });
  await meet({ cutAfterIssuing: 1 }, async () => {
    await ask('pca', 'adopted');
    await ready('CertificateRequest', 'adopted');
  });
  await meet({ heldActions: [action] }, async () => {
    const before = simulator.issued().length;
    await ask('pca', 'gone');
    await until('the call', () => simulator.issued().length > before);
    await cluster.delete(reference('CertificateRequest', 'gone'));
  });
  await ask('limited', 'limited-1', 'limited-2', 'limited-3');
  await until('two to be held', async () => {
    const requests = await cluster.list({ apiVersion: certManager, kind: 'CertificateRequest', namespace });
    const held = JSON.stringify(requests).split('Held: ').length - 1;
    return held === 2 || Promise.reject(new NotYet(`${held}`));
  });
  await approveNoMore(world);
  const { manifest } = await requestFor(action, { namespace, name: 'undecided', issuer: 'shared' });
  const issuerRef = { group: 'pca.alibabacloud.com', kind: 'AlibabaPCAClusterIssuer', name: 'shared' };
  await cluster.apply({ ...manifest, spec: { ...(manifest['spec'] as object), issuerRef } });
}

/** Takes cert-manager the right to approve requests; its webhook goes on for minutes for kinds of issuers that it had it for. */
async function approveNoMore({ cluster }: World): Promise<void> {
  const { metadata } = (await readProduct()).objects.find(
    ({ kind, metadata: { name } }) =>
      kind === 'ClusterRoleBinding' && name.startsWith('cert-manager-controller-approve'),
  )!;
  await cluster.delete({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', name: metadata.name });
  const approval = {
    verb: 'approve',
    group: 'cert-manager.io',
    resource: 'signers',
    name: 'alibabapcaclusterissuers.pca.alibabacloud.com/*',
  };
  const account = { namespace: 'cert-manager', name: 'cert-manager' };
  await until('approvals to be refused', async () => !(await isAllowed(cluster, account, approval)));
}

/** Has the simulator let the world's access key take the role. */
function trustTheKey({ simulator }: World): void {
  simulator.setRole({ arn: roleArn, trustedTokens: [], trustedAccessKeyIds: [simulator.accessKey.accessKeyId] });
  simulator.setAuthority('sim-sub-rsa-2048', { endsInDays: 20, quota: 12 });
}

function issuersOf(world: World, namespace: string): readonly Manifest[] {
  const { simulator } = world;
  const endpoint = { host: simulator.endpoint, protocol: 'HTTP' };
  const specs: Readonly<Record<string, object>> = {
    pca: { revocationPolicy: 'RequestGone' },
    limited: { issuanceLimits: { certificatesPerHour: 1 } },
    role: {
      stsEndpoint: endpoint,
      credentials: { secretRef: { name: 'access-key' }, assumeRole: { roleArn, durationSeconds: 900 } },
    },
    failover: {
      trust: { source: 'Static', certificates: simulator.rootPem('sim-root-ecc') },
      failover: [{ parentIdentifier: 'sim-sub-short' }],
    },
    authorities: { externalCA: { instanceIds: ['cas_deposit-cn-sim0001', 'cas_deposit-cn-sim0002'] } },
    ending: { parentIdentifier: 'sim-sub-rsa-2048' },
    revoked: { parentIdentifier: 'sim-sub-revoked' },
  };
  const issuers = Object.entries(specs).map(([name, spec]) => world.issuer(namespace, name, { ...spec }));
  const shared = { ...world.issuer('', 'shared'), kind: 'AlibabaPCAClusterIssuer', metadata: { name: 'shared' } };
  return [...issuers, secret(world.namespace, 'access-key', simulator.accessKey), shared];
}
