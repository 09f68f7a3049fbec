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
  { notBefore, notAfter, revision }: { notBefore?: string; notAfter?: string; revision?: number } = {},
): OwningCertificateRead => ({
  kind: 'ok',
  certificate: {
    renewBeforeSeconds,
    notBefore: notBefore === undefined ? undefined : new Date(notBefore),
    notAfter: notAfter === undefined ? undefined : new Date(notAfter),
    revision,
  },
});
const status = { notBefore: '2026-11-01T00:00:00Z', notAfter: '2026-12-01T00:00:00Z', revision: 3 };

test.each<[string, object, OwningCertificateRead]>([
  [
    'says what is in use, and how long before its end it is renewed',
    says({ spec: { renewBefore: '8h' }, status }),
    read(28_800, status),
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
