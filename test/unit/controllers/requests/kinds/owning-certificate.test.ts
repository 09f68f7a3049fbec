// The Certificate behind a request, as far as answers depend on it.
import { expect, test, vi } from 'vitest';
import { owningCertificateReader } from '../../../../../src/controllers/requests/kinds/owning-certificate.ts';
import type { OwningCertificateRead } from '../../../../../src/controllers/requests/kinds/owning-certificate.ts';
import type { KubernetesClient } from '../../../../../src/kubernetes/client.ts';
import { failure } from '../samples.ts';

const { signal } = new AbortController();
const web = { namespace: 'shop', name: 'web' };
const says = (body: object): object => ({ kind: 'ok', status: 200, body });
const read = (
  renewBeforeSeconds?: number,
  notAfter?: string,
  { uid, revision }: { readonly uid?: string; readonly revision?: number } = {},
): OwningCertificateRead => ({
  kind: 'ok',
  certificate: { uid, revision, renewBeforeSeconds, notAfter: notAfter === undefined ? undefined : new Date(notAfter) },
});

test.each<[string, object, OwningCertificateRead]>([
  [
    'says when it ends, how long before it is renewed, and which one it is',
    says({
      metadata: { uid: 'c' },
      spec: { renewBefore: '8h' },
      status: { notAfter: '2026-12-01T00:00:00Z', revision: 3 },
    }),
    read(28_800, '2026-12-01T00:00:00Z', { uid: 'c', revision: 3 }),
  ],
  ['says neither', says({}), read()],
  [
    'says what is no duration and no date',
    says({ spec: { renewBefore: 'soon' }, status: { notAfter: 'never' } }),
    read(),
  ],
  ['does not exist', failure('NotFound'), read()],
  [
    'cannot be read',
    failure('Forbidden'),
    { kind: 'failed', message: 'Certificate "shop/web" could not be read: Forbidden.' },
  ],
])('a Certificate that %s', async (_, answer, expected) => {
  const get = vi.fn<(...call: unknown[]) => Promise<object>>(async () => answer);
  const reader = owningCertificateReader({ get } as Partial<KubernetesClient> as KubernetesClient);
  expect([await reader(web, signal), get.mock.calls]).toEqual([
    expected,
    [['/apis/cert-manager.io/v1/namespaces/shop/certificates/web', { signal }]],
  ]);
});

test('nothing is read where a request has no Certificate', async () => {
  const get = vi.fn<() => Promise<object>>();
  const reader = owningCertificateReader({ get } as Partial<KubernetesClient> as KubernetesClient);
  expect([await reader(undefined, signal), get.mock.calls]).toEqual([read(), []]);
});
