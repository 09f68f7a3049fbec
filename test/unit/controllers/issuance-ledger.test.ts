// Sliding counts of certificates: which limit holds, until when, and that nothing counts twice.
import { beforeEach, expect, test } from 'vitest';
import { apiGroup } from '../../../src/crds/issuer.ts';
import { IssuanceLedger, type IssuanceScope } from '../../../src/controllers/issuance-ledger.ts';
import { issuedCounter } from '../../../src/controllers/issued-counter.ts';

const scope: IssuanceScope = { issuer: 'AlibabaPCAIssuer/ns/pca', namespace: 'ns', certificate: 'web' };
const hour = 3_600_000;
let ledger: IssuanceLedger;

beforeEach(() => {
  ledger = new IssuanceLedger();
});

test('a limit per hour frees a place an hour after the certificate that took it', () => {
  for (const [index, at] of [0, 1_000, 2_000].entries()) ledger.count(`u${index}`, scope, at);
  const limits = { certificatesPerHour: 2, reissuesPerHour: 0 };
  expect([
    ledger.exceeded('new', scope, limits, 3_000),
    ledger.exceeded('new', scope, limits, 1_000 + hour),
    ledger.exceeded('u1', scope, limits, 3_000),
  ]).toEqual([{ field: 'certificatesPerHour', most: 2, freeAt: 1_000 + hour }, undefined, undefined]);
});

test.each([
  ['certificatesPerDay', { certificatesPerDay: 1 }, { namespace: 'other', certificate: 'x' }, 24 * hour],
  ['certificatesPerNamespacePerHour', { certificatesPerNamespacePerHour: 1 }, { certificate: 'x' }, hour],
  ['certificatesPerNamespacePerDay', { certificatesPerNamespacePerDay: 1 }, { certificate: 'x' }, 24 * hour],
  ['reissuesPerHour', { reissuesPerHour: 1 }, {}, hour],
] as const)('%s holds', (field, limits, other, freeAt) => {
  ledger.count('u', scope, 0);
  expect(ledger.exceeded('new', { ...scope, ...other }, { reissuesPerHour: 0, ...limits }, 1)).toEqual({
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
])('%s is not held', (_, other, limits) => {
  ledger.count('u', scope, 0);
  expect(ledger.exceeded('new', { ...scope, ...other }, { reissuesPerHour: 0, ...limits }, 1)).toBeUndefined();
});

test('the limit that holds longest is the one that is told', () => {
  ledger.count('u', scope, 0);
  const limits = { certificatesPerHour: 1, certificatesPerDay: 1, reissuesPerHour: 1 };
  expect(ledger.exceeded('new', scope, limits, 1)?.field).toBe('certificatesPerDay');
});

test('what is told twice counts once, and what is taken back not at all', () => {
  const limits = { certificatesPerHour: 2, reissuesPerHour: 0 };
  ledger.count('u', scope, 0);
  ledger.count('u', scope, 5);
  const once = ledger.exceeded('new', scope, limits, 6);
  ledger.count('v', scope, 6);
  const twice = ledger.exceeded('new', scope, limits, 7)?.field;
  ledger.takeBack('v', scope);
  expect([once, twice, ledger.exceeded('new', scope, limits, 7)]).toEqual([
    undefined,
    'certificatesPerHour',
    undefined,
  ]);
});

test('a day later nothing is left', () => {
  for (let n = 0; n < 2_000; n += 1) ledger.count(`u${n}`, scope, n);
  for (let n = 0; n < 2_000; n += 1)
    ledger.count(`v${n}`, { ...scope, issuer: 'other', certificate: 'x' }, 25 * hour + n);
  expect(ledger.exceeded('new', scope, { certificatesPerDay: 1, reissuesPerHour: 0 }, 25 * hour)).toBeUndefined();
});

test('finished requests of our group are counted from the cluster, with their Certificate', () => {
  const count = issuedCounter(ledger);
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
  const limits = { reissuesPerHour: 1 };
  const before = ledger.exceeded('new', scope, limits, at);
  count(request);
  expect([before, ledger.exceeded('new', scope, limits, at)?.freeAt]).toEqual([undefined, at + hour]);
});
