// Others who write, refuse or delete: the result that was paid for is written as soon as that is possible, once.
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { isAllowed } from '../../support/access-review.ts';
import { encoded, makeCsr } from '../../support/certificates.ts';
import { conditionsOf } from '../../support/cluster.ts';
import type { Manifest } from '../../support/cluster.ts';
import { readProduct } from '../../support/product.ts';
import { NotYet, until } from '../../support/wait.ts';
import { World } from '../../support/world.ts';
import { metric, Scene } from './scene.ts';

const refusalText = 'closed for repairs';
let world: World;
let scene: Scene;

beforeAll(async () => {
  world = await World.start({ flags: ['--retry-base-delay=50ms', '--retry-max-delay=1s'] });
});
afterAll(async () => world.stop());
afterEach(endRefusal);
beforeEach(async () => {
  scene = await Scene.set(world, 'writers');
});

it('somebody else changes the object between our read and our write: the certificate is written, nothing of theirs is lost', async () => {
  await scene.askAndHold('web');
  const theirs = { type: 'Theirs', status: 'True', reason: 'Seen', lastTransitionTime: new Date().toISOString() };
  await world.cluster.patch(scene.request('web'), { metadata: { annotations: { theirs: 'kept' } } });
  const present = await world.cluster.get(scene.request('web'));
  await world.cluster.patch(
    scene.request('web'),
    { status: { conditions: [...(present === undefined ? [] : conditionsOf(present)), theirs] } },
    'status',
  );
  scene.release();
  await scene.issued('web');
  const request = await world.cluster.get(scene.request('web'));
  expect({
    annotation: request?.metadata.annotations?.['theirs'],
    conditions: (request === undefined ? [] : conditionsOf(request))
      .map(({ type, status }) => `${type}=${status}`)
      .sort(),
  }).toEqual({ annotation: 'kept', conditions: ['Approved=True', 'Ready=True', 'Theirs=True'] });
  await scene.paidOnce('web');
});

it('an admission policy refuses our write: the user reads why, and the one certificate is written once it does not', async () => {
  await world.cluster.apply(refusal());
  await untilItRefuses();
  await scene.ask('web');
  await scene.called(1);
  expect(await scene.warned('web', 'ResultNotWritten', /closed for repairs/)).toMatch(
    /^The certificate was issued and is kept, but/,
  );
  await until('several tries', async () => (await metric(world.operator, 'rest_client_requests_total', '"422"')) > 3);
  await endRefusal();
  await scene.issued('web');
  await scene.paidOnce('web');
});

it('the rights of the operator are taken away and given back: it goes on by itself, with one call', async () => {
  const { objects, serviceAccount } = await readProduct();
  const role = objects.find(({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === 'alibaba-pca-issuer');
  if (role === undefined) throw new Error('The product has no ClusterRole.');
  await scene.askAndHold('web');
  await world.cluster.apply({ ...role, rules: [] });
  const writing = {
    verb: 'patch',
    group: 'cert-manager.io',
    resource: 'certificaterequests',
    subresource: 'status',
    namespace: scene.namespace,
  };
  await until('the rights to be gone', async () => !(await isAllowed(world.cluster, serviceAccount, writing)));
  scene.release();
  await until(
    'refused requests',
    async () => (await metric(world.operator, 'rest_client_requests_total', '"403"')) > 2,
  );
  // Made while the operator may not even read it.
  await scene.ask('later');
  await scene.approved('later');
  await world.cluster.apply(role);
  await Promise.all(['web', 'later'].map((name) => scene.issued(name)));
  await scene.paidOnce('web', 'later');
});

it('the namespace is deleted while PCA issues: the log names the certificate, and the operator goes on', async () => {
  await scene.askAndHold('web');
  await world.cluster.delete({ apiVersion: 'v1', kind: 'Namespace', name: scene.namespace });
  await until('the request to be gone', async () => (await world.cluster.get(scene.request('web'))) === undefined);
  scene.release();
  await until('the log to name it', async () => {
    const [serialNumber = 'none yet'] = scene.serialNumbers();
    const line = (await world.operator.logs()).split('\n').find((each) => each.includes('its request is gone'));
    if (line?.toUpperCase().includes(serialNumber) !== true) throw new NotYet(line ?? 'no such line');
    return true;
  });
  await scene.paidOnce('web');
  const next = await Scene.set(world, 'next');
  await next.ask('web');
  await next.issued('web');
  const gone = { apiVersion: 'v1', kind: 'Namespace', name: scene.namespace };
  await until('the namespace to be gone', async () => (await world.cluster.get(gone)) === undefined);
  expect(await metric(world.operator, 'controller_runtime_reconcile_errors_total')).toBe(0);
});

async function endRefusal(): Promise<void> {
  for (const { apiVersion, kind, metadata } of refusal().toReversed())
    await world.cluster.delete({ apiVersion, kind, name: metadata.name });
}

/** Refuses the status of CertificateRequests from the operator's ServiceAccount. */
function refusal(): readonly Manifest[] {
  const metadata = { name: 'closed-for-repairs' };
  const apiVersion = 'admissionregistration.k8s.io/v1';
  return [
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicy',
      metadata,
      spec: {
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: ['cert-manager.io'],
              apiVersions: ['v1'],
              operations: ['UPDATE'],
              resources: ['certificaterequests/status'],
            },
          ],
        },
        validations: [
          {
            expression: "!request.userInfo.username.endsWith(':alibaba-pca-issuer') && object.metadata.name != 'probe'",
            message: refusalText,
          },
        ],
      },
    },
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: { policyName: metadata.name, validationActions: ['Deny'] },
    },
  ];
}

// A policy counts a moment after it was created, so it refuses a request that only this asks about, too.
async function untilItRefuses(): Promise<void> {
  const probe = {
    apiVersion: 'cert-manager.io/v1',
    kind: 'CertificateRequest',
    namespace: scene.namespace,
    name: 'probe',
  };
  await world.cluster.apply({
    apiVersion: probe.apiVersion,
    kind: probe.kind,
    metadata: { name: probe.name, namespace: probe.namespace },
    spec: {
      request: encoded(await makeCsr('P-256', { subject: [{ CN: ['a.example'] }] })),
      issuerRef: { name: 'nobody', kind: 'Nothing', group: 'example.com' },
    },
  });
  let version = 0;
  await until('the policy to refuse', async () => {
    version += 1;
    const failure = await world.cluster
      .patch(probe, { status: { failureTime: new Date(version * 1_000).toISOString() } }, 'status')
      .then(() => 'allowed', String);
    if (!failure.includes(refusalText)) throw new NotYet(failure);
    return true;
  });
}
