// Sliding counts of certificates: which limit holds, until when, and that nothing counts twice.
import { beforeEach, expect, test } from 'vitest';
import { IssuanceLimits, issuedCounter } from '../../../../../src/controllers/requests/signing/issuance-limits.ts';
import type { IssuanceScope } from '../../../../../src/controllers/requests/signing/issuance-limits.ts';
import { apiGroup } from '../../../../../src/crds/issuer.ts';

const scope: IssuanceScope = { issuer: 'AlibabaPCAIssuer/ns/pca', namespace: 'ns', certificate: 'web' };
const hour = 3_600_000;
let limits: IssuanceLimits;

beforeEach(() => {
  limits = new IssuanceLimits();
});

test('a limit per hour frees a place an hour after the certificate that took it', () => {
  for (const [index, at] of [0, 1_000, 2_000].entries()) limits.count(`u${index}`, scope, at);
  const settings = { certificatesPerHour: 2, reissuesPerHour: 0 };
  expect([
    limits.exceeded('new', scope, settings, 3_000),
    limits.exceeded('new', scope, settings, 1_000 + hour),
    limits.exceeded('u1', scope, settings, 3_000),
  ]).toEqual([{ field: 'certificatesPerHour', most: 2, freeAt: 1_000 + hour }, undefined, undefined]);
});

test.each([
  ['certificatesPerDay', { certificatesPerDay: 1 }, { namespace: 'other', certificate: 'x' }, 24 * hour],
  ['certificatesPerNamespacePerHour', { certificatesPerNamespacePerHour: 1 }, { certificate: 'x' }, hour],
  ['certificatesPerNamespacePerDay', { certificatesPerNamespacePerDay: 1 }, { certificate: 'x' }, 24 * hour],
  ['reissuesPerHour', { reissuesPerHour: 1 }, {}, hour],
] as const)('%s holds', (field, settings, other, freeAt) => {
  limits.count('u', scope, 0);
  expect(limits.exceeded('new', { ...scope, ...other }, { reissuesPerHour: 0, ...settings }, 1)).toEqual({
    field,
    most: 1,
    freeAt,
  });
});

test.each([
  ['another issuer', { issuer: 'AlibabaPCAIssuer/ns/other' }, { certificatesPerHour: 1 }],
  ['another namespace', { namespace: 'other' }, { certificatesPerNamespacePerHour: 1 }],
  ['another Certificate', { certificate: 'other' }, { reissuesPerHour: 1 }],
  ['a request without Certificate', { certificate: undefined }, { reissuesPerHour: 1 }],
  ['a Certificate without limit', {}, {}],
])('%s is not held', (_, other, settings) => {
  limits.count('u', scope, 0);
  expect(limits.exceeded('new', { ...scope, ...other }, { reissuesPerHour: 0, ...settings }, 1)).toBeUndefined();
});

test.each([
  ['another issuer of the namespace', { issuer: 'AlibabaPCAIssuer/ns/other', namespace: undefined }, true],
  ['an issuer of another namespace', { issuer: 'AlibabaPCAIssuer/other/pca' }, false],
  ['a cluster issuer', { issuer: 'AlibabaPCAClusterIssuer//pca' }, false],
])("a rule's limit and %s: %s", (_, other, holds) => {
  limits.count('u', scope, 0);
  const settings = { reissuesPerHour: 0, allowance: { certificatesPerDay: 1 } };
  const exceeded = { field: 'certificatesPerDay', most: 1, freeAt: 24 * hour, isOfRule: true };
  expect(limits.exceeded('new', { ...scope, certificate: 'x', ...other }, settings, 1)).toEqual(
    holds ? exceeded : undefined,
  );
});

test("a rule's limit is of each cluster issuer, for all namespaces, and not counted twice", () => {
  const of = (name: string): IssuanceScope => ({ ...scope, issuer: `AlibabaPCAClusterIssuer//${name}` });
  limits.count('u', of('pca'), 0);
  const settings = (certificatesPerHour: number) => ({ reissuesPerHour: 0, allowance: { certificatesPerHour } });
  expect([
    limits.exceeded('new', { ...of('pca'), namespace: 'other' }, settings(1), 1)?.freeAt,
    limits.exceeded('new', of('other'), settings(1), 1),
    limits.exceeded('new', of('pca'), settings(2), 1),
  ]).toEqual([hour, undefined, undefined]);
  limits.takeBack('u', of('pca'));
  expect(limits.exceeded('new', of('pca'), settings(1), 1)).toBeUndefined();
});

test('the limit that holds longest is the one that is told', () => {
  limits.count('u', scope, 0);
  const settings = { certificatesPerHour: 1, certificatesPerDay: 1, reissuesPerHour: 1 };
  expect(limits.exceeded('new', scope, settings, 1)?.field).toBe('certificatesPerDay');
});

test('what is told twice counts once, and what is taken back not at all', () => {
  const settings = { certificatesPerHour: 2, reissuesPerHour: 0 };
  limits.count('u', scope, 0);
  limits.count('u', scope, 5);
  const once = limits.exceeded('new', scope, settings, 6);
  limits.count('v', scope, 6);
  const twice = limits.exceeded('new', scope, settings, 7)?.field;
  limits.takeBack('v', scope);
  expect([once, twice, limits.exceeded('new', scope, settings, 7)]).toEqual([
    undefined,
    'certificatesPerHour',
    undefined,
  ]);
});

test('a day later nothing is left', () => {
  for (let n = 0; n < 2_000; n += 1) limits.count(`u${n}`, scope, n);
  for (let n = 0; n < 2_000; n += 1)
    limits.count(`v${n}`, { ...scope, issuer: 'other', certificate: 'x' }, 25 * hour + n);
  expect(limits.exceeded('new', scope, { certificatesPerDay: 1, reissuesPerHour: 0 }, 25 * hour)).toBeUndefined();
});

test('finished requests of our group are counted from the cluster, with their Certificate', () => {
  const count = issuedCounter(limits);
  const request = {
    metadata: {
      name: 'web-1',
      namespace: 'ns',
      uid: 'u',
      resourceVersion: '1',
      creationTimestamp: '2026-11-23T00:00:00Z',
      ownerReferences: [{ apiVersion: 'cert-manager.io/v1', kind: 'Certificate', name: 'web', uid: 'c' }],
    },
    spec: { request: '', issuerRef: { group: apiGroup, kind: 'AlibabaPCAIssuer', name: 'pca' } },
    status: {
      conditions: [{ type: 'Ready', status: 'True', reason: 'Issued', lastTransitionTime: '2026-11-23T00:00:05Z' }],
    },
  } as const;
  const at = Date.parse('2026-11-23T00:00:05Z');
  count({ ...request, spec: { ...request.spec, issuerRef: { ...request.spec.issuerRef, group: 'other' } } });
  count({ ...request, status: { conditions: [] } });
  const settings = { reissuesPerHour: 1 };
  const before = limits.exceeded('new', scope, settings, at);
  count(request);
  expect([before, limits.exceeded('new', scope, settings, at)?.freeAt]).toEqual([undefined, at + hour]);
});

test('what is told out of order counts at its own time', () => {
  for (const [uid, at] of Object.entries({ a: 2_000, b: 0, c: 1_000 })) limits.count(uid, scope, at);
  const freeAt = [1, 2, 3].map(
    (most) => limits.exceeded('new', scope, { certificatesPerHour: most, reissuesPerHour: 0 }, 3_000)?.freeAt,
  );
  expect(freeAt).toEqual([2_000 + hour, 1_000 + hour, hour]);
});

test('what was not counted cannot be taken back', () => {
  limits.count('u', scope, 0);
  limits.takeBack('v', scope);
  limits.takeBack('u', { ...scope, issuer: 'another' });
  const settings = { certificatesPerHour: 1, reissuesPerHour: 0 };
  expect(limits.exceeded('new', scope, settings, 1)?.freeAt).toBe(hour);
});

test('what was counted within a day outlasts the tidying up', () => {
  limits.count('old', scope, 0);
  for (let n = 0; n < 1_000; n += 1) limits.count(`u${n}`, scope, 25 * hour + n);
  const settings = (most: number) => ({ certificatesPerDay: most, reissuesPerHour: 0 });
  const now = 25 * hour + 1_000;
  expect([1_000, 1_001].map((most) => limits.exceeded('new', scope, settings(most), now)?.freeAt)).toEqual([
    49 * hour,
    undefined,
  ]);
});

test('a request without namespace counts for its issuer alone', () => {
  limits.count('u', { issuer: scope.issuer, namespace: undefined, certificate: undefined }, 0);
  const settings = { certificatesPerHour: 1, certificatesPerNamespacePerHour: 1, reissuesPerHour: 1 };
  expect(limits.exceeded('new', scope, settings, 1)?.field).toBe('certificatesPerHour');
});

test.each([
  ['names no kind of ours', { kind: 'Issuer' }, '2026-11-23T00:00:05Z'],
  ['does not say when', { kind: 'AlibabaPCAIssuer' }, undefined],
])('a finished request that %s is not counted', (_, ref, lastTransitionTime) => {
  const told: unknown[] = [];
  const ready = { type: 'Ready', status: 'True', reason: 'Issued' } as const;
  issuedCounter({ count: (...call) => told.push(call) })({
    metadata: { name: 'web-1', namespace: 'ns', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
    spec: { request: '', issuerRef: { group: apiGroup, name: 'pca', ...ref } },
    status: { conditions: [lastTransitionTime === undefined ? ready : { ...ready, lastTransitionTime }] },
  });
  expect(told).toEqual([]);
});
