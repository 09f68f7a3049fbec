// What a real API server answers to the client's writes, as the callers depend on it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { KubernetesClient } from '../../../src/kubernetes/client.ts';
import { connectWithKubeconfig } from '../../../src/kubernetes/connection.ts';
import type { KubernetesObject } from '../../../src/kubernetes/objects.ts';
import { testCluster } from '../../support/test-cluster.ts';
import { NotYet, until } from '../../support/wait.ts';
import { testKind } from './test-kind.ts';

const cluster = await testCluster();
const kind = testKind('client.test');
const apply = { fieldManager: 'test' };

let client: KubernetesClient;
let collection = '';
let path = '';
let stored: KubernetesObject;

beforeAll(async () => {
  client = new KubernetesClient(await connectWithKubeconfig(cluster.kubeconfig), { userAgent: 'test' });
  await cluster.apply(kind.definition);
  const namespace = await cluster.createNamespace('client');
  collection = kind.pathIn(namespace);
  path = `${collection}/one`;
  // A kind that was just defined is not served at once.
  stored = await until('the first object was created', async () => {
    const created = await client.create<KubernetesObject>(collection, kind.object('one', '1'));
    if (created.kind === 'failed') throw new NotYet(created.failure.message);
    return created.body;
  });
});

afterAll(async () => {
  await client.close();
});

function body(status: object, metadata: object = {}): object {
  return { apiVersion: kind.apiVersion, kind: 'Thing', metadata, status };
}

describe('KubernetesClient on a real API server', () => {
  test('applies a status and reads it back', async () => {
    const applied = await client.applyStatus(path, body({ value: 'done' }), apply);
    expect(applied).toEqual({ kind: 'ok', status: 200, body: undefined });
    expect(await client.get(path)).toMatchObject({ kind: 'ok', body: { status: { value: 'done' } } });
  });

  test.each([
    {
      name: 'an object that is gone',
      target: 'gone',
      content: () => body({ value: 'x' }),
      failure: 'NotFound',
      status: 404,
    },
    {
      name: 'a stale resourceVersion',
      target: 'one',
      content: () => body({ value: 'y' }, { resourceVersion: stored.metadata.resourceVersion }),
      failure: 'Conflict',
      status: 409,
    },
    {
      name: 'a field that the schema does not have',
      target: 'one',
      content: () => body({ unknown: 1 }),
      failure: 'Defect',
      status: 500,
    },
    {
      name: 'a value that the schema refuses',
      target: 'one',
      content: () => body({ value: 'longer than ten' }),
      failure: 'Invalid',
      status: 422,
    },
    { name: 'no apiVersion', target: 'one', content: () => ({ status: {} }), failure: 'Defect', status: 400 },
  ])('classifies an apply with $name as $failure', async ({ target, content, failure, status }) => {
    const result = await client.applyStatus(`${collection}/${target}`, content(), apply);
    expect(result).toMatchObject({ kind: 'failed', failure: { class: failure, status } });
  });

  test('is told that an object exists already', async () => {
    const result = await client.create(collection, kind.object('one', '1'));
    expect(result).toMatchObject({ failure: { class: 'Conflict', reason: 'AlreadyExists' } });
  });
});
