// What an administrator reads about each trouble of a watch, and whether it says what to do.
import { expect, test } from 'vitest';
import type { ReflectorTroubleKind } from '../../../src/kubernetes/reflector.ts';
import {
  certificateRequestCollection,
  issuerCollection,
  signingRequestCollection,
  watchTrouble,
} from '../../../src/operator/watch-troubles.ts';

const said = 'GET /x was answered';

function told(kind: ReflectorTroubleKind, collection = certificateRequestCollection) {
  return watchTrouble(collection, { reflector: collection.resource, kind, message: said, pauseMs: 1 });
}

test.each<[ReflectorTroubleKind, string]>([
  [
    'CollectionMissing',
    'The API server does not serve certificaterequests.cert-manager.io in version v1. Install cert-manager with its CRDs.',
  ],
  [
    'Forbidden',
    'The operator may not list and watch certificaterequests.cert-manager.io in all namespaces, unless the API server has only just started. Bind the ClusterRole of the chart to its ServiceAccount: apiGroups [cert-manager.io], resources [certificaterequests], verbs [list, watch].',
  ],
  [
    'Unauthorized',
    "The API server does not accept the operator's credentials, so certificaterequests.cert-manager.io cannot be read. Start the pod anew, or renew the credentials of the kubeconfig.",
  ],
  [
    'Rejected',
    'The API server does not accept the request to list and watch certificaterequests.cert-manager.io. Only another version of Kubernetes, of the CRD or of this operator helps.',
  ],
])('%s lasts, and says what to do', (kind, text) => {
  expect(told(kind)).toEqual({ isLasting: true, text: `${text} The API server said: ${said}` });
});

test('a CRD without the selectable field costs something and nothing else', () => {
  const { isLasting, text } = told('SelectorUnsupported');
  expect([isLasting, text.includes('cert-manager 1.20'), text.endsWith(said)]).toEqual([false, true, true]);
});

test.each<ReflectorTroubleKind>([
  'Refused',
  'Cut',
  'Stalled',
  'Overdue',
  'Expired',
  'Rewound',
  'Garbage',
  'ShortWatch',
])('%s passes', (kind) => {
  expect(told(kind)).toEqual({
    isLasting: false,
    text: `The watch was interrupted and continues automatically: ${said}`,
  });
});

test.each<ReflectorTroubleKind>(['TooLong', 'TransformFailed', 'HandlerFailed'])('%s is about one object', (kind) => {
  expect(told(kind)).toEqual({
    isLasting: false,
    text: `One object of certificaterequests.cert-manager.io was not taken over, all others are: ${said}`,
  });
});

test.each([
  [signingRequestCollection, 'certificatesigningrequests.certificates.k8s.io in version v1'],
  [issuerCollection('alibabapcaissuers'), 'alibabapcaissuers.pca.alibabacloud.com in version v1alpha1'],
])('names the collection that is missing: %#', (collection, name) => {
  expect(told('CollectionMissing', collection).text).toContain(name);
});
