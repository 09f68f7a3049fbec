// Issuers in a cluster that is not as this operator has it: CRDs of another version, programs that wait for issuers, and
// another release of the operator beside it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issuerReasons } from '../../../src/controllers/issuers/reasons.ts';
import { conditionsOf } from '../../support/cluster.ts';
import type { Manifest, ObjectReference } from '../../support/cluster.ts';
import { buildMs, healthOf } from '../../support/health.ts';
import type { OperatorProcess } from '../../support/operator-process.ts';
import { readProduct } from '../../support/product.ts';
import { NotYet, until } from '../../support/wait.ts';
import { issuerApiVersion, secret, World } from '../../support/world.ts';
import { metric, Scene } from '../faults/scene.ts';

const crd = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/alibabapcaissuers.pca.alibabacloud.com';
const newOperation = 'CreateFromTheFuture';

let world: World;
let operator: OperatorProcess;
let scene: Scene;

beforeAll(async () => {
  world = await World.start({
    flags: ['--retry-base-delay=50ms', '--retry-max-delay=1s', '--secret-check-interval=1s'],
  });
  ({ operator } = world);
  await healthOf([]);
}, buildMs);
afterAll(async () => world.stop());

const issuer = (name: string, namespace = scene.namespace): ObjectReference => ({
  apiVersion: issuerApiVersion,
  kind: 'AlibabaPCAIssuer',
  namespace,
  name,
});

/** Waits for a condition of an issuer with this reason, and gives the issuer. */
async function told(reference: ObjectReference, reason: string): Promise<Manifest> {
  return world.cluster.waitFor(reference, `the reason ${reason}`, (object) =>
    conditionsOf(object).some((condition) => condition.reason === reason),
  );
}

async function present(): Promise<Manifest> {
  const object = await world.cluster.get(issuer('fresh'));
  if (object === undefined) throw new Error('The issuer does not exist.');
  return object;
}

const summary = (object: Manifest): readonly string[] =>
  conditionsOf(object).map(({ type, status, reason }) => `${type} ${status} ${reason ?? ''}`);

describe('the CRD of a newer version', () => {
  beforeAll(async () => {
    scene = await Scene.set(world, 'newer');
    await until('the newer CRD', async () => {
      const { body } = await world.cluster.api.send('GET', crd);
      const definition = body as {
        spec: {
          versions: {
            schema: { openAPIV3Schema: { properties: { spec: { properties: Record<string, unknown> } } } };
          }[];
        };
      };
      const { properties } = definition.spec.versions[0]!.schema.openAPIV3Schema.properties.spec;
      properties['dualRoot'] = { type: 'boolean' };
      (properties['operation'] as { enum: string[] }).enum.push(newOperation);
      return (await world.cluster.api.send('PUT', crd, definition)).status === 200;
    });
  });

  it('has a value that is not known: the issuer and its requests wait, and say so', async () => {
    await until('the value to be admitted', async () =>
      world.cluster.apply(world.issuer(scene.namespace, 'operation', { operation: newOperation })),
    );
    const found = await told(issuer('operation'), 'SpecNotUnderstood');
    expect(summary(found)).toEqual([
      'Ready False SpecNotUnderstood',
      'Stalled True SpecNotUnderstood',
      'CredentialsValid Unknown NotChecked',
      'CAHealthy Unknown NotChecked',
      'QuotaAvailable Unknown NotChecked',
    ]);
    expect(await healthOf([found])).toEqual(['Failed Degraded']);
    await world.cluster.apply(world.issuer(scene.namespace, 'pca', { operation: newOperation }));
    await told(issuer('pca'), 'SpecNotUnderstood');
    await scene.ask('web');
    await scene.waits('web', /which is not ready \(SpecNotUnderstood\)/);
    await world.cluster.apply(world.issuer(scene.namespace, 'pca', { operation: 'CreateCustomCertificate' }));
    await scene.issued('web');
  });

  it('has a field that is not known: the issuer is ready and names it', async () => {
    let tries = 0;
    // For a while after the change the API server gives objects by the CRD of before, also to watches.
    await until('an issuer to be ready and name the field', async () => {
      tries += 1;
      const name = `field-${tries}`;
      await world.cluster.apply(world.issuer(scene.namespace, name, { dualRoot: true }));
      const [ready] = conditionsOf(await told(issuer(name), 'Checked'));
      return ready?.message?.includes('leaves out of account: spec.dualRoot.') ?? false;
    });
  });

  it('is no reason for a defect', async () => {
    expect(await metric(operator, 'controller_runtime_reconcile_errors_total')).toBe(0);
  });
});

describe('who waits for an issuer', () => {
  it('learns from its status whether to go on, to wait or to give up', async () => {
    scene = await Scene.set(world, 'waits');
    const seen: string[] = [];
    const judge = async (object: Manifest): Promise<void> => void seen.push(...(await healthOf([object])));
    operator.pause();
    await world.cluster.apply(world.issuer(scene.namespace, 'fresh'));
    await judge(await present());
    operator.resume();
    await judge(await told(issuer('fresh'), 'Checked'));
    await world.cluster.patch(issuer('fresh'), { spec: { parentIdentifier: 'no-such-ca' } });
    await judge(await told(issuer('fresh'), 'IssuingCAUnusable'));
    operator.pause();
    await world.cluster.patch(issuer('fresh'), { spec: { parentIdentifier: 'sim-sub-ecc-p256' } });
    await judge(await present());
    operator.resume();
    await judge(await told(issuer('fresh'), 'Checked'));
    await world.cluster.patch(issuer('fresh'), { spec: { credentials: { secretRef: { name: 'later' } } } });
    await judge(await told(issuer('fresh'), 'SecretNotFound'));
    expect(seen).toEqual([
      'InProgress Progressing',
      'Current Healthy',
      'Failed Degraded',
      'InProgress Progressing',
      'Current Healthy',
      'InProgress Progressing',
    ]);
  });

  it('is told to give up for these reasons and no others', async () => {
    const object = await present();
    const [ready] = conditionsOf(object);
    const reasons = Object.entries(issuerReasons).filter(([reason]) => reason !== 'Checked');
    const verdicts = await healthOf(
      reasons.map(([reason, { outlook }]) => ({
        ...object,
        status: {
          observedGeneration: object.metadata.generation,
          conditions: [
            { ...ready, status: reason === 'CheckFailed' ? 'Unknown' : 'False', reason },
            ...(outlook === 'Stalled' ? [{ ...ready, type: 'Stalled', status: 'True', reason }] : []),
          ],
        },
      })),
    );
    const waits = reasons.filter((_, index) => verdicts[index] === 'InProgress Progressing').map(([reason]) => reason);
    expect(new Set(verdicts)).toEqual(new Set(['InProgress Progressing', 'Failed Degraded']));
    expect(waits).toEqual([
      'SecretNotFound',
      'SecretForbidden',
      'SecretUnreadable',
      'ServiceAccountNotFound',
      'ServiceAccountForbidden',
      'ServiceAccountUnreadable',
      'IssuingCANotYetValid',
      'PCAUnavailable',
      'STSUnavailable',
      'MetadataUnavailable',
      'UnreadableAnswer',
      'TrustUnavailable',
      'ConfigMapForbidden',
      'ConfigMapNotWritten',
      'CheckFailed',
    ]);
  });
});

it('a request that somebody else ends while PCA issues: the event says so, and what becomes of the certificate', async () => {
  scene = await Scene.set(world, 'ended');
  await scene.askAndHold('web');
  const { apiVersion, kind, name } = scene.request('web');
  const at = new Date().toISOString();
  const ready = { type: 'Ready', status: 'False', reason: 'Failed', message: 'By another.', lastTransitionTime: at };
  const written = await world.cluster.api.send(
    'PATCH',
    `/apis/${apiVersion}/namespaces/${scene.namespace}/certificaterequests/${name}/status?fieldManager=another&force=true`,
    JSON.stringify({
      apiVersion,
      kind,
      metadata: { name, namespace: scene.namespace },
      status: { conditions: [ready], failureTime: at },
    }),
    'application/apply-patch+yaml',
  );
  expect(written.status).toBe(200);
  scene.release();
  expect(await scene.warned('web', 'AnotherOperator', /paid for in vain/)).toBe(
    'A certificate was paid for in vain: revoke it in the PCA console if it is not wanted (spec.revocationPolicy RequestGone does so automatically). Somebody else ended the request before this operator did. If two releases of the operator run in this cluster, uninstall one of them.',
  );
  expect(await metric(operator, 'pca_issuer_other_operator_total')).toBe(1);
});

// Each has to find the verdict of the other twice, which takes their checks a while.
describe.runIf(process.env['TEST_FULL'] === '1')('a second release', () => {
  let second: OperatorProcess;
  let elsewhere: string;
  beforeAll(async () => {
    elsewhere = await world.createNamespace('elsewhere');
    const { serviceAccount } = await readProduct();
    const rbac = 'rbac.authorization.k8s.io';
    const metadata = { name: 'leases', namespace: elsewhere };
    const rule = { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] };
    await world.cluster.apply([
      { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules: [rule] },
      {
        apiVersion: `${rbac}/v1`,
        kind: 'RoleBinding',
        metadata,
        roleRef: { apiGroup: rbac, kind: 'Role', name: 'leases' },
        subjects: [{ kind: 'ServiceAccount', ...serviceAccount }],
      },
    ]);
    second = await world.startReplica('second', {
      flags: [`--leader-election-namespace=${elsewhere}`, `--cluster-resource-namespace=${elsewhere}`],
    });
  });

  it('finds otherwise about an issuer: both stop taking back the verdict of the other, and say so', async () => {
    // Only the second one sees the Secret.
    await world.cluster.apply(secret(elsewhere, 'elsewhere', world.simulator.accessKey));
    const { metadata, ...rest } = world.issuer('', 'contested', {
      credentials: { secretRef: { name: 'elsewhere' } },
    });
    await world.cluster.apply({ ...rest, kind: 'AlibabaPCAClusterIssuer', metadata: { name: metadata.name } });
    const reference = { apiVersion: issuerApiVersion, kind: 'AlibabaPCAClusterIssuer', name: 'contested' };
    const touch = async (): Promise<void> => {
      // Another version of the Secret has the ready one check again.
      const labels = { touched: `${performance.now()}`.replaceAll('.', '-') };
      await world.cluster.patch(
        { apiVersion: 'v1', kind: 'Secret', namespace: elsewhere, name: 'elsewhere' },
        { metadata: { labels } },
      );
    };
    const found = await until(
      'both to know',
      async () => {
        await touch();
        const news = await Promise.all(
          [operator, second].map(async (each) => (await each.logs()).match(/Another operator \(/g)?.length ?? 0),
        );
        if (news.some((count) => count === 0)) throw new NotYet(news);
        return (await world.cluster.get(reference)) ?? false;
      },
      { everyMs: 1_000 },
    );
    expect(conditionsOf(found)[0]?.message).toMatch(
      /Another operator \([^)]+\) writes this status, too, and finds otherwise\./,
    );
  });
});
