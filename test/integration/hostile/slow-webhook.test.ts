// Somebody's admission webhook takes 8 s for each status that the operator writes in their namespace: they wait, and nobody else.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encoded, makeCsr } from '../../support/certificates.ts';
import { readProduct } from '../../support/product.ts';
import { NotYet, until } from '../../support/wait.ts';
import { World } from '../../support/world.ts';
import { Scene } from '../faults/scene.ts';
import { startSlowWebhook } from './slow-webhook.ts';
import type { SlowWebhook } from './slow-webhook.ts';

const requests = 200;
const label = 'example.com/pace';
// Above the chart's, for machines whose processors are all taken.
const lasting = ['--lease-duration=20s', '--lease-renew-deadline=15s'];
// Several times the deadline within which the Lease must be renewed.
const observedMs = 40_000;
let world: World;
let webhook: SlowWebhook;

beforeAll(async () => {
  const { serviceAccount } = await readProduct();
  webhook = await startSlowWebhook(`system:serviceaccount:${serviceAccount.namespace}:${serviceAccount.name}`, 8_000);
  world = await World.start({ flags: lasting });
});
afterAll(async () => {
  await world.stop();
  await webhook.stop();
});

/** Who holds the Lease, and when it was last renewed. */
async function lease(): Promise<{ readonly holder: string; readonly renewedAt: number }> {
  const found = await world.cluster.get({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    namespace: world.namespace,
    name: 'alibaba-pca-issuer',
  });
  const spec = found?.['spec'] as { readonly holderIdentity: string; readonly renewTime: string } | undefined;
  return { holder: spec?.holderIdentity ?? '', renewedAt: Date.parse(spec?.renewTime ?? '') };
}

it('keeps the Lease, answers others meanwhile, and writes everything once it can', async () => {
  const slow = await Scene.set(world, 'slow');
  const other = await Scene.set(world, 'other');
  const namespace = { apiVersion: 'v1', kind: 'Namespace', name: slow.namespace };
  await world.cluster.patch(namespace, { metadata: { labels: { [label]: 'slow' } } });
  await world.cluster.apply(webhook.configuration('slow-status', label));
  const csr = encoded(await makeCsr('P-256', { names: [{ kind: 'dns', value: 'x.example.com' }] }));
  const before = await lease();
  for (let n = 0; n < requests; n += 1) {
    await world.cluster.apply({
      apiVersion: 'cert-manager.io/v1',
      kind: 'CertificateRequest',
      metadata: { name: `web-${n}`, namespace: slow.namespace },
      spec: {
        request: csr,
        duration: '24h',
        usages: ['digital signature', 'server auth'],
        issuerRef: { group: 'pca.alibabacloud.com', kind: 'AlibabaPCAIssuer', name: 'pca' },
      },
    });
  }
  await until('as many writes to be held up as one namespace may have', () => {
    if (webhook.held < 24) throw new NotYet(`${webhook.held} held`);
    return true;
  });
  await other.ask('web');
  await other.issued('web');
  const heldMeanwhile = webhook.held;
  const held = await lease();
  const renewed = await until(
    'the Lease to be renewed for long while writes are held up',
    async () => {
      const now = await lease();
      if (now.holder !== before.holder) throw new Error(`the Lease went to ${now.holder}`);
      return now.renewedAt - held.renewedAt > observedMs && now;
    },
    { everyMs: 500 },
  );
  expect({ holder: renewed.holder, othersWaited: heldMeanwhile === 0, stillHeld: webhook.held > 0 }).toEqual({
    holder: before.holder,
    othersWaited: false,
    stillHeld: true,
  });
  webhook.release();
  await until(
    'all to be Ready',
    async () => {
      const found = await world.cluster.list({
        apiVersion: 'cert-manager.io/v1',
        kind: 'CertificateRequest',
        namespace: slow.namespace,
      });
      const ready = found.filter(({ status }) => JSON.stringify(status).includes('"reason":"Issued"')).length;
      if (ready < requests) throw new NotYet(`${ready} Ready`);
      return true;
    },
    { everyMs: 500 },
  );
  expect(await world.operator.logs()).not.toMatch(/cannot be written|The Lease is lost/);
});
