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
import { certificate, issuerApiVersion, secret, World } from '../../support/world.ts';
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
    expect(summary(found)).toEqual(['Ready False SpecNotUnderstood', 'Stalled True SpecNotUnderstood']);
    expect(await healthOf([found])).toEqual(['Failed Degraded']);
    await world.cluster.apply(world.issuer(scene.namespace, 'pca', { operation: newOperation }));
    await told(issuer('pca'), 'SpecNotUnderstood');
    await scene.ask('web');
    await scene.waits('web', /which is not ready \(SpecNotUnderstood\)/);
    await world.cluster.apply(world.issuer(scene.namespace, 'pca', { operation: 'CreateCustomCertificate' }));
    await scene.issued('web');
  });

  it('has a field that is not known: the issuer is ready and names it', async () => {
    await until('the field to be admitted', async () => {
      const [applied] = await world.cluster.apply(world.issuer(scene.namespace, 'field', { dualRoot: true }));
      return (applied?.['spec'] as { dualRoot?: boolean } | undefined)?.dualRoot === true;
    });
    await world.cluster.waitFor(issuer('field'), 'to be ready and name the field', (object) =>
      conditionsOf(object).some(
        ({ status, message = '' }) => status === 'True' && message.includes('leaves out of account: spec.dualRoot.'),
      ),
    );
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
      'IssuingCANotYetValid',
      'PCAUnavailable',
      'STSUnavailable',
      'UnreadableAnswer',
      'CheckFailed',
    ]);
  });
});

describe('a second release', () => {
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

  it('ends requests of the first: both say that there is another one, and what was paid for in vain', async () => {
    scene = await Scene.set(world, 'twice', { spec: { operation: 'CreateCertificateWithExtension' } });
    world.simulator.setFaults({ heldActions: ['CreateCertificateWithExtension'] });
    const usages = ['digital signature', 'key encipherment', 'server auth'];
    await world.cluster.apply(certificate(scene.namespace, 'web', { usages }));
    await scene.called(2, 'CreateCertificateWithExtension');
    scene.release();
    await scene.issued('web');
    const note = await scene.warned('web', 'AnotherOperator', /paid for in vain/);
    expect(note).toBe(
      'A certificate was paid for in vain: revoke it in the PCA console if it is not wanted (spec.revocationPolicy RequestGone does so automatically). Somebody else ended the request before this operator did. If two releases of the operator run in this cluster, uninstall one of them.',
    );
    const counted = await Promise.all(
      [operator, second].map((each) => metric(each, 'pca_issuer_other_operator_total')),
    );
    expect(new Set(counted)).toEqual(new Set([0, 1]));
  });

  // Each has to find the verdict of the other twice, which takes their checks a while.
  it.runIf(process.env['TEST_FULL'] === '1')(
    'finds otherwise about an issuer: both stop taking back the verdict of the other, and say so',
    async () => {
      // Only the second one sees the Secret.
      await world.cluster.apply(secret(elsewhere, 'elsewhere', world.simulator.accessKey));
      const { metadata, ...rest } = world.issuer('', 'contested', {
        credentials: { secretRef: { name: 'elsewhere' } },
      });
      await world.cluster.install({ ...rest, kind: 'AlibabaPCAClusterIssuer', metadata: { name: metadata.name } });
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
    },
  );
});
