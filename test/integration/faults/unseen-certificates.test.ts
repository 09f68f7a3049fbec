// A certificate was issued and nobody here saw it, and before it is found its issuer is changed, it is revoked, or the Lease is
// lost: what was paid for is used, each request ends, and nothing is paid for twice.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hasCondition } from '../../support/cluster.ts';
import { adviceToRenew } from '../../support/renewal.ts';
import { NotYet, until } from '../../support/wait.ts';
import { World } from '../../support/world.ts';
import { leads, revoke, Scene } from './scene.ts';

const otherCA = 'sim-sub-ecc-issuing-cas';
let world: World;

beforeAll(async () => {
  world = await World.start({ flags: ['--retry-base-delay=50ms', '--retry-max-delay=1s'] });
});
afterAll(async () => world.stop());

/** PCA does not answer these look-ups for now. */
function lookUpsFail(...actions: readonly string[]): void {
  const failing = { code: 'ServiceUnavailable', status: 503 };
  world.simulator.setFaults({ failingActions: Object.fromEntries(actions.map((action) => [action, failing])) });
}

it.each([
  ['the answer was lost', { cutAfterIssuing: 1 }, 'ListCert'],
  ['PCA had accepted it', { withoutCertificate: 1 }, 'DescribeClientCertificate'],
])(
  '%s, and the issuer is given another CA: the certificate comes from the CA that was called',
  async (_, fault, lookUp) => {
    const scene = await Scene.set(world, 'moved');
    lookUpsFail(lookUp);
    world.simulator.setFaults(fault);
    await scene.ask('web');
    await scene.called(1, lookUp);
    await world.cluster.apply(world.issuer(scene.namespace, 'pca', { parentIdentifier: otherCA }));
    await scene.issuerReady();
    lookUpsFail();
    await scene.issued('web');
    await scene.paidOnce('web');
    await scene.ask('next');
    await scene.issued('next');
    await scene.paidOnce('web', 'next');
    expect(
      world.simulator
        .issued()
        .map(({ parentIdentifier }) => parentIdentifier)
        .toSorted(),
    ).toEqual([otherCA, 'sim-sub-ecc-p256']);
  },
);

it('it is revoked before it is found: the request fails and says so, and the issuer stays ready', async () => {
  const scene = await Scene.set(world, 'revoked');
  lookUpsFail('ListCert');
  world.simulator.setFaults({ cutAfterIssuing: 1 });
  await scene.ask('web');
  await scene.called(1, 'ListCert');
  const [paid] = world.simulator.issued();
  await revoke(world, paid?.identifier ?? '');
  lookUpsFail();
  const message = await scene.waits('web', /revoked in PCA/);
  const issuer = await world.cluster.get(scene.issuer);
  expect([message, issuer !== undefined && hasCondition(issuer, { type: 'Ready', status: 'True' })]).toEqual([
    `Certificate ${paid?.identifier ?? ''} was issued for this request but revoked in PCA before it was written here, so it is not used. If nobody meant to revoke it, find out who did in PCA's console. This request is given up; a new one is needed.${adviceToRenew({ namespace: scene.namespace, name: 'web' })}`,
    true,
  ]);
});

const roleArn = 'acs:ram::1234567890123456:role/pca-issuer';

it('the Lease is lost while a call waits for STS: it does not go out when the credentials come', async () => {
  const { accessKeyId } = world.simulator.accessKey;
  world.simulator.setRole({ arn: roleArn, trustedAccessKeyIds: [accessKeyId] });
  const credentials = { assumeRole: { secretRef: { name: 'access-key' }, roleArn } };
  const stsEndpoint = { host: world.simulator.endpoint, protocol: 'HTTP' };
  const scene = await Scene.set(world, 'fence', { spec: { credentials, stsEndpoint } });
  const { operator } = world;
  await until('the operator to lead', () => leads(operator));
  // The first call is refused, and a second would follow as soon as STS answers.
  world.simulator.setFaults({ heldActions: ['AssumeRole'] });
  world.simulator.endSessions();
  const before = scene.calls('AssumeRole');
  await scene.ask('web');
  await scene.called(before + 1, 'AssumeRole');
  await takeLease();
  await until('the operator to know', async () => {
    if (!(await operator.logs()).includes('The Lease is lost')) throw new NotYet('it is not logged');
    return true;
  });
  world.simulator.setFaults({ heldActions: [] });
  await operator.ended;
  expect([scene.calls(), world.simulator.issued()]).toEqual([1, []]);
});

/** Another replica holds the Lease from now on. */
async function takeLease(): Promise<void> {
  const { namespace } = world;
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace, name: 'alibaba-pca-issuer' };
  const now = new Date().toISOString().replace('Z', '000Z');
  const spec = { holderIdentity: 'another', leaseDurationSeconds: 3_600, acquireTime: now, renewTime: now };
  await world.cluster.patch(lease, { spec });
}
