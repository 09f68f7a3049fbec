// Events on a real API server: it takes their form, at the limits and for objects without a namespace.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { KubernetesClient } from '../../../src/kubernetes/client.ts';
import { connectWithKubeconfig } from '../../../src/kubernetes/connection.ts';
import { EventRecorder } from '../../../src/kubernetes/events.ts';
import type { EventToRecord } from '../../../src/kubernetes/events.ts';
import { systemClock } from '../../../src/timing/clock.ts';
import { testCluster } from '../../support/test-cluster.ts';

const cluster = await testCluster();
let client: KubernetesClient;
let dropped: string[];
let recorder: EventRecorder;

beforeAll(async () => {
  client = new KubernetesClient(await connectWithKubeconfig(cluster.kubeconfig), { userAgent: 'test' });
  dropped = [];
  recorder = new EventRecorder({
    client,
    component: 'alibaba-pca-issuer',
    instance: 'i'.repeat(200),
    clock: systemClock,
    onDropped: (why) => dropped.push(why),
  });
});
afterAll(async () => {
  await client.close();
});

interface Listed {
  readonly items: readonly { readonly regarding: { readonly uid: string }; readonly note: string }[];
}

async function recorded(event: EventToRecord, namespace: string): Promise<Listed['items']> {
  recorder.record(event);
  await recorder.flush();
  const found = await client.get<Listed>(`/apis/events.k8s.io/v1/namespaces/${namespace}/events`);
  if (found.kind === 'failed') throw new Error(found.failure.message);
  return found.body.items.filter(({ regarding }) => regarding.uid === event.regarding.uid);
}

it('are taken at the longest reason, action and note, of an object with the longest name', async () => {
  const namespace = await cluster.createNamespace('events');
  const uid = `long-${namespace}`;
  const found = await recorded(
    {
      regarding: { apiVersion: 'v1', kind: 'ConfigMap', name: `${'a'.repeat(199)}.${'b'.repeat(53)}`, namespace, uid },
      type: 'Warning',
      reason: 'R'.repeat(300),
      action: 'A'.repeat(300),
      note: '公'.repeat(2_000),
    },
    namespace,
  );
  expect([dropped, found.length, found[0]?.note]).toEqual([[], 1, expect.stringMatching(/^公+…$/)]);
});

it('about objects without a namespace go to the namespace default', async () => {
  const uid = `cluster-${Date.now()}`;
  const found = await recorded(
    {
      regarding: { apiVersion: 'v1', kind: 'Node', name: 'node', uid },
      type: 'Normal',
      reason: 'Checked',
      action: 'Check',
      note: 'It is there.',
    },
    'default',
  );
  expect([dropped, found.map(({ note }) => note)]).toEqual([[], ['It is there.']]);
});
