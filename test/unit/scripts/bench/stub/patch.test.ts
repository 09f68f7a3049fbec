import { describe, expect, it } from 'vitest';
import { applied } from '../../../../../scripts/bench/stub/patch.ts';
import { readResourcePath } from '../../../../../scripts/bench/stub/resource-path.ts';

describe('applied', () => {
  it('keeps conditions of other types and replaces what is of the same', () => {
    const approved = { status: 'True', type: 'Approved' };
    const object = { metadata: { name: 'a' }, status: { conditions: [approved, { status: 'False', type: 'Ready' }] } };
    const patch = { status: { conditions: [{ type: 'Ready', status: 'True', reason: 'Issued' }], certificate: 'pem' } };
    expect(applied(object, patch)).toEqual({
      metadata: { name: 'a' },
      status: { conditions: [approved, { reason: 'Issued', status: 'True', type: 'Ready' }], certificate: 'pem' },
    });
  });

  it('writes members of conditions in the order of an API server', () => {
    const patch = { status: { conditions: [{ type: 'Ready', status: 'True', message: 'm' }] } };
    expect(JSON.stringify(applied({}, patch))).toBe(
      '{"status":{"conditions":[{"message":"m","status":"True","type":"Ready"}]}}',
    );
  });

  it('replaces other lists', () => {
    expect(applied({ spec: { usages: ['a', 'b'] } }, { spec: { usages: ['c'] } })).toEqual({ spec: { usages: ['c'] } });
  });
});

describe('readResourcePath', () => {
  it.each([
    ['/api/v1/namespaces/kube-system', { collection: 'v1/namespaces', name: 'kube-system' }],
    ['/api/v1/namespaces/a/secrets/key', { collection: 'v1/secrets', namespace: 'a', name: 'key' }],
    ['/apis/cert-manager.io/v1/certificaterequests', { collection: 'cert-manager.io/v1/certificaterequests' }],
    [
      '/apis/cert-manager.io/v1/namespaces/a/certificaterequests/r/status',
      { collection: 'cert-manager.io/v1/certificaterequests', namespace: 'a', name: 'r', subresource: 'status' },
    ],
    ['/readyz', undefined],
    ['/apis/cert-manager.io/v1', undefined],
  ])('%s', (path, expected) => {
    expect(readResourcePath(path)).toEqual(expected);
  });
});
