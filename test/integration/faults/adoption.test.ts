// A certificate was paid for and its request has none, because an answer was lost, an operator ended, or somebody took the end
// away. What was paid for is used where it is the request's own and can be used, and is not taken for it where it is another's.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { X509Certificate } from '../../support/certificates.ts';
import { conditionsOf } from '../../support/cluster.ts';
import type { Manifest, ObjectReference } from '../../support/cluster.ts';
import { renew } from '../../support/renewal.ts';
import { NotYet, until } from '../../support/wait.ts';
import { certificate, World } from '../../support/world.ts';
import { revoke, Scene } from './scene.ts';
import { preload } from './clock-preload.ts';

let world: World;

beforeAll(async () => {
  // Nobody waits for the Lease of a process that was killed.
  world = await World.start({ flags: ['--leader-elect=false', '--retry-base-delay=50ms', '--retry-max-delay=1s'] });
});
afterAll(async () => world.stop());

/** The operator is killed when a certificate was issued whose answer nobody sees, and which nobody finds for now. */
async function killedAfterIssuing(scene: Scene, spec: object = {}, name = 'web'): Promise<void> {
  lookUpsFail('ListCert');
  world.simulator.setFaults({ cutAfterIssuing: 1 });
  await world.cluster.apply(certificate(scene.namespace, name, { ...spec }));
  await scene.called(1, 'ListCert');
  await world.operator.kill();
}

/** PCA does not answer these look-ups for now. */
function lookUpsFail(...actions: readonly string[]): void {
  const failing = { code: 'ServiceUnavailable', status: 503 };
  world.simulator.setFaults({ failingActions: Object.fromEntries(actions.map((action) => [action, failing])) });
}

const readyOf = (request: Manifest | undefined): string | undefined =>
  (request === undefined ? [] : conditionsOf(request)).find(({ type }) => type === 'Ready')?.message;

/** The serial number of the certificate in a request's status, in upper case. */
function serialOf(request: Manifest | undefined): string {
  const { certificate: text = '' } = (request?.['status'] ?? {}) as { readonly certificate?: string };
  return text === ''
    ? ''
    : new X509Certificate(Buffer.from(text, 'base64').toString('utf8')).serialNumber.toUpperCase();
}

it('one that was cut at the end of the CA is used after a restart', async () => {
  const scene = await Scene.set(world, 'clamped', { spec: { validity: { onExceed: 'Clamp' } } });
  await killedAfterIssuing(scene, { duration: '262800h', renewBefore: '1h' });
  lookUpsFail();
  await world.startOperator();
  await scene.issued('web');
  await scene.paidOnce('web');
  expect(readyOf(await world.cluster.get(scene.request('web')))).toMatch(
    /instead of 262800h0m0s, because of the end of CA/,
  );
});

it('one of a process whose clock was ahead is used by the next', async () => {
  await world.operator.kill();
  await world.startOperator([], preload({ offMs: 100_000 }));
  const scene = await Scene.set(world, 'skewed');
  await killedAfterIssuing(scene);
  lookUpsFail();
  await world.startOperator();
  await scene.issued('web');
  await scene.paidOnce('web');
});

it('one that was revoked ends the request after a restart, the issuer stays ready, and cert-manager gets another', async () => {
  const scene = await Scene.set(world, 'revoked');
  await killedAfterIssuing(scene);
  const [paid] = world.simulator.issued();
  await revoke(world, paid?.identifier ?? '');
  lookUpsFail();
  await world.startOperator();
  expect(await scene.waits('web', /revoked in PCA/)).toMatch(/^Certificate .* was issued for this request but revoked/);
  await scene.issuerReady();
  // As cmctl renew does, since cert-manager itself waits for an hour; after the second of the failure.
  const web = { ...scene.request('web'), kind: 'Certificate', name: 'web' };
  const asked = { type: 'Issuing', status: 'True', reason: 'ManuallyTriggered', message: 'Asked for.' };
  await world.cluster.patch(
    web,
    { status: { conditions: [{ ...asked, lastTransitionTime: new Date(Date.now() + 2_000).toISOString() }] } },
    'status',
  );
  await scene.issued('web');
  expect(world.simulator.issued().map(({ status }) => status)).toEqual(['REVOKE', 'ISSUE']);
});

it('by its key alone: a renewal with the same key gets a new one, and who lost the end gets the same back', async () => {
  const scene = await Scene.set(world, 'keys', { spec: { operation: 'CreateWHClientCertificate' } });
  const { namespace } = scene;
  await world.cluster.apply(world.issuer(namespace, 'extended', { operation: 'CreateCertificateWithExtension' }));
  const pinned = {
    usages: ['digital signature', 'key encipherment', 'client auth'],
    privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Never' },
    // As by default: of the requests before nothing is left.
    revisionHistoryLimit: 1,
  };
  const issuerRef = { group: 'pca.alibabacloud.com', kind: 'AlibabaPCAIssuer', name: 'extended' };
  await world.cluster.apply([
    certificate(namespace, 'lost', pinned),
    certificate(namespace, 'waits', pinned),
    ...['kept', 'emptied'].map((name) =>
      certificate(namespace, name, { issuerRef, usages: ['digital signature', 'key encipherment', 'server auth'] }),
    ),
  ]);
  for (const name of ['lost', 'waits', 'kept', 'emptied']) await scene.issued(name);
  const present = new Map<string, string>();
  for (const name of ['lost', 'waits', 'kept', 'emptied'])
    present.set(name, serialOf(await world.cluster.get(scene.request(name))));
  const calls = () => scene.calls('CreateWHClientCertificate') + scene.calls('CreateCertificateWithExtension');
  expect(calls()).toBe(4);

  // Two ends are taken away by hand.
  const withoutReady = async (name: string, more: object): Promise<void> => {
    const request = await world.cluster.get(scene.request(name));
    const conditions = request === undefined ? [] : conditionsOf(request).filter(({ type }) => type !== 'Ready');
    await world.cluster.patch(scene.request(name), { status: { conditions, ...more } }, 'status');
  };
  await withoutReady('kept', {});
  await withoutReady('emptied', { certificate: null, ca: null });
  await world.cluster.waitForCondition(scene.request('kept'), { type: 'Ready', status: 'True' });
  // One renewal whose call is lost, and one that no operator has seen yet.
  world.simulator.setFaults({ cutBeforeIssuing: 1 });
  await renew(world.cluster, { namespace, name: 'lost' });
  await scene.called(3, 'CreateWHClientCertificate');
  await world.cluster.waitForCondition(scene.request('emptied'), { type: 'Ready', status: 'True' });
  await world.operator.kill();
  await renew(world.cluster, { namespace, name: 'waits' });
  const second = (name: string): ObjectReference => ({ ...scene.request(name), name: `${name}-2` });
  await world.cluster.waitForCondition(second('waits'), { type: 'Approved', status: 'True' });
  await until('the requests before to be gone', async () => {
    if ((await world.cluster.get(scene.request('waits'))) !== undefined) throw new NotYet('one is there');
    return true;
  });
  await world.startOperator();
  const serials: Record<string, boolean> = {};
  for (const name of ['lost', 'waits']) {
    const renewed = await world.cluster.waitForCondition(second(name), { type: 'Ready', status: 'True' });
    serials[name] = serialOf(renewed) === present.get(name);
  }
  for (const name of ['kept', 'emptied'])
    serials[name] = serialOf(await world.cluster.get(scene.request(name))) === present.get(name);
  expect([serials, world.simulator.issued().length]).toEqual([
    { lost: false, waits: false, kept: true, emptied: true },
    6,
  ]);
});
