// The reflector against a real API server of its own that is killed, stopped, paused, cut off and compacted.
import { cp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { ControlPlane } from '../../../control-plane/driver/control-plane.ts';
import { KubernetesClient, patchTypes } from '../../../src/kubernetes/client.ts';
import { connectWithKubeconfig } from '../../../src/kubernetes/connection.ts';
import type { KubernetesConnection } from '../../../src/kubernetes/connection.ts';
import { keyOf } from '../../../src/kubernetes/objects.ts';
import type { KubernetesObject } from '../../../src/kubernetes/objects.ts';
import { Reflector } from '../../../src/kubernetes/reflector.ts';
import type { ReflectorLimits } from '../../../src/kubernetes/reflector.ts';
import { isOlder } from '../../../src/kubernetes/resource-version.ts';
import { Store } from '../../../src/kubernetes/store.ts';
import { hangLimitMs, until } from '../../support/wait.ts';
import { BreakableProxy } from './breakable-proxy.ts';
import { testKind } from './test-kind.ts';
import type { TestKind } from './test-kind.ts';

const kind = testKind('reflector.test');
/** Its CRD is installed by the test that waits for it. */
const lateKind = testKind('late.reflector.test');
const collection = kind.pathIn('default');
const silenceMs = 3000;
const limits: Partial<ReflectorLimits> = {
  silenceMs,
  answerMs: 5000,
  longestPauseMs: 4000,
};

let controlPlane: ControlPlane;
let proxy: BreakableProxy;
let writer: KubernetesClient;
let operator: KubernetesConnection;
let serial = 0;

beforeAll(async () => {
  controlPlane = await ControlPlane.start({ certManager: false });
  proxy = await BreakableProxy.start(Number(new URL(controlPlane.server).port));
  writer = new KubernetesClient(await connectWithKubeconfig(controlPlane.kubeconfig), { userAgent: 'writer' });
  await allowOperator();
  await install(kind);
  const file = await controlPlane.kubeconfigForServiceAccount('default', 'operator');
  const connection = await connectWithKubeconfig(file);
  operator = { ...connection, server: `https://127.0.0.1:${proxy.port}` };
});

afterAll(async () => {
  await writer.close();
  await proxy.stop();
  await controlPlane.stop();
});

async function allowOperator(): Promise<void> {
  await controlPlane.kubectl(['create', 'serviceaccount', 'operator', '--namespace=default']);
  const rule = {
    apiGroups: ['reflector.test', 'late.reflector.test'],
    resources: ['things'],
    verbs: ['get', 'list', 'watch'],
  };
  const manifests = [
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'operator' }, rules: [rule] },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'operator' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'operator' },
      subjects: [{ kind: 'ServiceAccount', name: 'operator', namespace: 'default' }],
    },
  ];
  await controlPlane.kubectl(['apply', '-f', '-'], {
    input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests }),
  });
}

async function install({ definition, path }: TestKind): Promise<void> {
  await controlPlane.kubectl(['apply', '-f', '-'], { input: JSON.stringify(definition) });
  await until('the kind is served', async () => (await writer.get(path)).kind === 'ok');
}

interface Mirror {
  readonly kind: TestKind;
  readonly reflector: Reflector<string>;
  readonly store: Store<string>;
  /** What listeners were told, summed up. */
  readonly told: Map<string, string>;
  readonly troubles: string[];
  stop(): Promise<void>;
}

const mirrors: Mirror[] = [];

afterEach(async () => {
  await Promise.all(mirrors.splice(0).map(async (each) => each.stop()));
});

function startMirror(mirrored = kind): Mirror {
  const client = new KubernetesClient(operator, { userAgent: 'operator' });
  const store = new Store<string>();
  const told = new Map<string, string>();
  const troubles: string[] = [];
  store.onChange(({ type, key, object }) => (type === 'deleted' ? told.delete(key) : told.set(key, object)));
  const reflector = new Reflector<string>({
    name: 'things',
    client,
    path: mirrored.path,
    store,
    transform: ({ metadata }) => `${metadata.uid}@${metadata.resourceVersion}`,
    onTrouble: (trouble) => troubles.push(trouble.kind),
    limits,
  });
  const controller = new AbortController();
  const run = reflector.run(controller.signal);
  const mirror: Mirror = {
    kind: mirrored,
    reflector,
    store,
    told,
    troubles,
    stop: async () => {
      controller.abort();
      await run;
      await client.close();
    },
  };
  mirrors.push(mirror);
  return mirror;
}

/** Creates, changes, deletes and re-creates objects. */
async function makeChanges(changed = kind): Promise<void> {
  const objects = changed.pathIn('default');
  for (let round = 0; round < 5; round += 1) {
    serial += 1;
    const [kept, replaced] = [`kept-${serial}`, `replaced-${serial}`];
    expectOk(await writer.create(objects, changed.object(kept, '1')));
    expectOk(await writer.create(objects, changed.object(replaced, '1')));
    const change = { spec: { value: '2' } };
    expectOk(await writer.patch(`${objects}/${kept}`, change, 'application/merge-patch+json'));
    await controlPlane.kubectl(['delete', `--raw=${objects}/${replaced}`]);
    expectOk(await writer.create(objects, changed.object(replaced, '3')));
  }
}

function expectOk(result: { readonly kind: string; readonly failure?: unknown }): void {
  expect(result).toMatchObject({ kind: 'ok' });
}

async function freshList({ path }: TestKind): Promise<Map<string, string>> {
  const result = await writer.get<{ readonly items: readonly KubernetesObject[] }>(path);
  if (result.kind === 'failed') throw new Error(result.failure.message);
  return new Map(
    result.body.items.map(({ metadata }) => [keyOf(metadata), `${metadata.uid}@${metadata.resourceVersion}`]),
  );
}

async function expectEqualsFreshList({ kind: mirrored, store, told }: Mirror): Promise<void> {
  const list = await freshList(mirrored);
  const stored = (): Map<string, string | undefined> => new Map(store.keys().map((key) => [key, store.get(key)]));
  const text = (map: ReadonlyMap<string, string | undefined>): string =>
    Array.from(map, ([key, value]) => `${key}=${value}`)
      .sort((one, other) => one.localeCompare(other))
      .join('\n');
  await until('the store equals a fresh list', () => text(stored()) === text(list));
  // Of many changes at once the listeners are told in several turns.
  await until('the listeners were told of all of it', () => text(told) === text(list));
}

async function synced({ reflector }: Mirror): Promise<void> {
  await reflector.synced(AbortSignal.timeout(hangLimitMs));
}

async function startSynced(): Promise<Mirror> {
  const mirror = startMirror();
  await synced(mirror);
  return mirror;
}

describe('Reflector on a real API server', () => {
  test('waits for a CRD that is not installed yet', async () => {
    const mirror = startMirror(lateKind);
    await until('the missing collection was reported', () => mirror.troubles.includes('CollectionMissing'));
    await install(lateKind);
    await synced(mirror);
    await makeChanges(lateKind);
    await expectEqualsFreshList(mirror);
  });

  test('loses nothing when its connection is cut during a burst', async () => {
    const mirror = await startSynced();
    const changes = makeChanges();
    await until('the burst has begun', () => mirror.store.size > 0);
    proxy.cut();
    await changes;
    await expectEqualsFreshList(mirror);
    expect(mirror.troubles).toContain('Cut');
  });

  test('notices a connection that is open and dead, and catches up', async () => {
    const mirror = await startSynced();
    proxy.freeze();
    await makeChanges();
    await expectEqualsFreshList(mirror);
    expect(mirror.troubles).toContain('Stalled');
  });

  test('notices an API server that is stopped, and goes on when it continues', async () => {
    const mirror = await startSynced();
    const apiServer = controlPlane.component('kube-apiserver');
    apiServer.pause();
    try {
      await until('the silence was noticed', () => mirror.troubles.includes('Stalled'));
      await until('the next attempt failed', () => mirror.troubles.includes('Refused'));
    } finally {
      apiServer.resume();
    }
    await makeChanges();
    await expectEqualsFreshList(mirror);
  });

  test('goes on after the API server was killed and started again', async () => {
    const mirror = await startSynced();
    const apiServer = controlPlane.component('kube-apiserver');
    await apiServer.kill();
    await apiServer.start();
    await makeChanges();
    await expectEqualsFreshList(mirror);
  });

  test('notices the silence of an API server that is shutting down', async () => {
    const mirror = await startSynced();
    const apiServer = controlPlane.component('kube-apiserver');
    // It goes on to serve open watches, in silence, until they end.
    const stopped = apiServer.stop(hangLimitMs);
    await until('the silence was noticed', () => mirror.troubles.includes('Stalled'));
    await stopped;
    await apiServer.start();
    await makeChanges();
    await expectEqualsFreshList(mirror);
  });

  test('reads everything again when the history was compacted while the API server was down', async () => {
    const mirror = await startSynced();
    await makeChanges();
    const apiServer = controlPlane.component('kube-apiserver');
    proxy.freeze();
    await makeChanges();
    await controlPlane.compact();
    await apiServer.kill();
    await apiServer.start();
    await makeChanges();
    await expectEqualsFreshList(mirror);
    expect(mirror.troubles).toContain('Expired');
  });

  test('reads everything again when etcd was restored to an earlier state', async () => {
    const [etcd, apiServer] = [controlPlane.component('etcd'), controlPlane.component('kube-apiserver')];
    const [data, saved] = ['etcd', 'etcd-saved'].map((name) => join(controlPlane.directory, name)) as [string, string];
    const down = async (work: () => Promise<void>): Promise<void> => {
      await apiServer.kill();
      await etcd.stop();
      await work();
      await etcd.start();
      await apiServer.start();
    };
    await makeChanges();
    await down(async () => cp(data, saved, { recursive: true }));
    await makeChanges();
    // More than the components write while they start, so that the restored server is behind for a while.
    for (let n = 0; n < 1_000; n += 1)
      expectOk(await writer.patch(`${collection}/kept-${serial}`, { spec: { value: `n${n}` } }, patchTypes.merge));
    const mirror = await startSynced();
    const before = mirror.reflector.resourceVersion ?? '';
    await down(async () => {
      await rm(data, { recursive: true });
      await rename(saved, data);
    });
    await expectEqualsFreshList(mirror);
    expect(isOlder(mirror.reflector.resourceVersion ?? '', before)).toBe(true);
    await makeChanges();
    await expectEqualsFreshList(mirror);
  });
});
