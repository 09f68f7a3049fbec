// The Certificate behind a request, as far as answers depend on it.
import { expect, test, vi } from 'vitest';
import { owningCertificateReader } from '../../../../../src/controllers/requests/kinds/owning-certificate.ts';
import type {
  OwningCertificate,
  OwningCertificateRead,
} from '../../../../../src/controllers/requests/kinds/owning-certificate.ts';
import type { Renewal } from '../../../../../src/issuing/validity.ts';
import type { KubernetesClient } from '../../../../../src/kubernetes/client.ts';
import { failure } from '../samples.ts';

const { signal } = new AbortController();
const web = { namespace: 'shop', name: 'web' };
const says = (body: object): object => ({ kind: 'ok', status: 200, body });
const nothing: OwningCertificate = {
  uid: undefined,
  renewal: undefined,
  notBefore: undefined,
  notAfter: undefined,
  revision: undefined,
  renewalTime: undefined,
  isReady: false,
  issuing: undefined,
};
const unset: Renewal = { beforeSeconds: undefined, beforePercentage: undefined, isDisabled: false };
const read = (changes: Partial<OwningCertificate> = {}): OwningCertificateRead => ({
  kind: 'ok',
  certificate: { ...nothing, ...changes },
});
const issuing = { type: 'Issuing', status: 'True', reason: 'ManuallyTriggered' };
const ready = { type: 'Ready', status: 'True', observedGeneration: 3 };

test.each<[string, object, OwningCertificateRead]>([
  [
    'says when it ends and how long before it is renewed',
    says({
      metadata: { uid: 'c', generation: 3 },
      spec: { renewBefore: '8h' },
      status: {
        notBefore: '2026-11-01T00:00:00Z',
        notAfter: '2026-12-01T00:00:00Z',
        revision: 3,
        renewalTime: '2026-11-30T16:00:00Z',
        conditions: [ready, issuing],
      },
    }),
    read({
      uid: 'c',
      renewal: { ...unset, beforeSeconds: 28_800 },
      notBefore: new Date('2026-11-01T00:00:00Z'),
      notAfter: new Date('2026-12-01T00:00:00Z'),
      revision: 3,
      renewalTime: new Date('2026-11-30T16:00:00Z'),
      isReady: true,
      issuing: 'ManuallyTriggered',
    }),
  ],
  [
    'is renewed at a part of its lifetime, and not ready for its present spec',
    says({
      metadata: { generation: 4 },
      spec: { renewBeforePercentage: 40 },
      status: { conditions: [ready, { ...issuing, status: 'False' }] },
    }),
    read({ renewal: { ...unset, beforePercentage: 40 } }),
  ],
  [
    'is never renewed, and is issued for no reason',
    says({ spec: { renewal: { policy: 'Disabled' } }, status: { conditions: [{ type: 'Issuing', status: 'True' }] } }),
    read({ renewal: { ...unset, isDisabled: true }, issuing: '' }),
  ],
  ['says nothing', says({}), read({ renewal: unset })],
  [
    'says what is no duration and no date',
    says({ spec: { renewBefore: 'soon' }, status: { notAfter: 'never' } }),
    read({ renewal: unset }),
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
