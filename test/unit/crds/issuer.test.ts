// Names, paths and readers of the two issuer kinds.
import { describe, expect, it } from 'vitest';

import { issuerKind, issuerKinds, issuerPath, issuersPath, isReady, readyCondition } from '../../../src/crds/issuer.ts';
import type { IssuerCondition } from '../../../src/crds/issuer.ts';

const [namespaced, cluster] = issuerKinds;

it('finds a kind by its exact name', () => {
  expect(['AlibabaPCAIssuer', 'AlibabaPCAClusterIssuer', 'alibabapcaissuer', '', undefined].map(issuerKind)).toEqual([
    namespaced,
    cluster,
    undefined,
    undefined,
    undefined,
  ]);
});

it('names collections and objects by path', () => {
  expect([
    issuersPath(namespaced),
    issuersPath(cluster),
    issuerPath(namespaced, { namespace: 'ns', name: 'a' }),
    issuerPath(cluster, { name: 'a' }),
  ]).toEqual([
    '/apis/pca.alibabacloud.com/v1alpha1/alibabapcaissuers',
    '/apis/pca.alibabacloud.com/v1alpha1/alibabapcaclusterissuers',
    '/apis/pca.alibabacloud.com/v1alpha1/namespaces/ns/alibabapcaissuers/a',
    '/apis/pca.alibabacloud.com/v1alpha1/alibabapcaclusterissuers/a',
  ]);
});

describe('isReady', () => {
  const issuer = (ready: Partial<IssuerCondition> | undefined) => ({
    metadata: { name: 'a', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', generation: 2 },
    status: {
      conditions:
        ready === undefined
          ? []
          : [
              {
                type: 'Ready',
                status: 'True' as const,
                reason: 'Ready',
                message: '',
                lastTransitionTime: '2026-01-01T00:00:00Z',
                ...ready,
              },
            ],
    },
  });

  it.each([
    ['True for the current generation', { observedGeneration: 2 }, true],
    ['True for a later generation than the one at hand', { observedGeneration: 3 }, true],
    ['True for an earlier generation', { observedGeneration: 1 }, false],
    ['True without a generation', {}, false],
    ['False', { status: 'False', observedGeneration: 2 }, false],
    ['Unknown', { status: 'Unknown', observedGeneration: 2 }, false],
    ['of another type', { type: 'Available', observedGeneration: 2 }, false],
    ['absent', undefined, false],
  ] as const)('reads a condition that is %s', (_, ready, expected) => {
    expect(isReady(issuer(ready))).toBe(expected);
  });

  it('is false without a status', () => {
    const { metadata } = issuer(undefined);
    expect([isReady({ metadata }), readyCondition({})]).toEqual([false, undefined]);
  });
});
