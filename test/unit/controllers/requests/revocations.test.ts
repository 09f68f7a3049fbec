// Certificates that nobody can use: taken in where the issuer says so, revoked, tried again, and given up in the end.
import { expect, test } from 'vitest';
import type { Earlier } from '../../../../src/controllers/requests/memory.ts';
import { isOfOwnCall, Revocations } from '../../../../src/controllers/requests/revocations.ts';
import type { Issuer } from '../../../../src/crds/issuer.ts';
import { failed, FakeAuthority } from '../../../support/fake-authority.ts';
import type { Answers } from '../../../support/fake-authority.ts';
import { issuerObject } from '../characterization/material.ts';
import { Journal } from './journal.ts';
import { issuerName, Rig } from './rig.ts';
import { identity, issuingCall, labels } from './samples.ts';

const { signal } = new AbortController();
const key = 'AlibabaPCAIssuer/shop/pca#pca-1';
const { failure: refused } = failed('Transient');

/** Revocations of an issuer with this policy; `isChecked`: whether there is a way to PCA. */
function scene({
  policy = 'RequestGone',
  isChecked = true,
  revoke = [undefined],
}: { readonly policy?: string | undefined; readonly isChecked?: boolean; readonly revoke?: Answers['revoke'] } = {}) {
  const journal = new Journal();
  const rig = new Rig({ issuer: isChecked ? 'ready' : 'unchecked', pca: { revoke: revoke ?? [] } });
  const issuer: Issuer | undefined = policy === 'none' ? undefined : issuerObject({ revocationPolicy: policy });
  const revocations = new Revocations({
    issuer: (name) => (name === issuerName ? issuer : undefined),
    readyIssuers: rig.readyIssuers,
    queue: { add: (added) => journal.add({ added }) },
    metrics: journal.metrics,
    logger: journal.logger,
  });
  return { journal, rig, revocations };
}

const fields = { issuer: issuerName, identifier: 'pca-1' };
const ended = (result: string, log: string, message: string): readonly object[] => [
  { count: 'pca_issuer_revocations_total', labels: { ...labels, result } },
  { log, fields, message },
];
const revoked = ended('revoked', 'info', 'A certificate that nobody can use was revoked.');
const givenUp = ended(
  'given_up',
  'error',
  'A certificate that nobody can use could not be revoked: do it in the console.',
);
const notYet = (why: string): object => ({ log: 'warn', fields, message: `Not revoked yet: ${why}` });
const retry = { kind: 'retry', reason: 'revoking failed' };

test.each([
  ['is taken in where the issuer says so', 'RequestGone', true, [{ added: key }]],
  ['is kept where the issuer says so', 'Never', false, []],
  ['is kept where the issuer is gone', 'none', false, []],
])('a certificate that nobody can use %s', (_, policy, expected, seen) => {
  const { journal, revocations } = scene({ policy });
  expect([revocations.isPolicyOf(identity), revocations.offer(identity, 'pca-1'), journal.read()]).toEqual([
    expected,
    expected,
    seen,
  ]);
});

test('where the issuer is gone, what it said when it was called counts, and its way to PCA is used', async () => {
  const { rig, journal, revocations } = scene({ policy: 'none' });
  const last = rig.readyIssuers.last(issuerName);
  if (last === undefined) throw new Error('The issuer was not checked.');
  rig.readyIssuers.remove(issuerName);
  const called = { ...last, spec: { ...last.spec, revocationPolicy: 'RequestGone' as const } };
  const taken = revocations.offer(identity, 'pca-1', called);
  await revocations.reconcile(key, signal);
  expect([taken, rig.authority.asked, journal.read()]).toEqual([true, ['revoke pca-1'], [{ added: key }, ...revoked]]);
});

test.each<[string, Earlier, boolean]>([
  ['that PCA accepted', { kind: 'accepted', identifier: 'pca-1', since: 0, call: issuingCall }, true],
  ['whose answer was lost', { kind: 'unknown', exists: false, since: 0, call: issuingCall }, true],
  [
    'that PCA refused, since there was one before',
    { kind: 'unknown', exists: true, since: 0, call: issuingCall },
    false,
  ],
  ['of an earlier process', { kind: 'unknown', exists: false, since: 0, call: undefined }, false],
  [
    'of an earlier process that PCA accepted',
    { kind: 'accepted', identifier: 'pca-1', since: 0, call: undefined },
    false,
  ],
  ['that nobody knows of', { kind: 'none' }, false],
])('the certificate of a call %s may be revoked or not', (_, earlier, expected) => {
  expect(isOfOwnCall({ earlier })).toBe(expected);
});

test('it is revoked once', async () => {
  const { journal, rig, revocations } = scene();
  revocations.offer(identity, 'pca-1');
  journal.read();
  const results = [await revocations.reconcile(key, signal), await revocations.reconcile(key, signal)];
  expect([results, journal.read(), rig.authority.asked]).toEqual([
    [{ kind: 'done' }, { kind: 'done' }],
    revoked,
    ['revoke pca-1'],
  ]);
});

test('it is revoked although a fault holds the issuer', async () => {
  const { journal, rig, revocations } = scene();
  rig.readyIssuers.close(issuerName, { reason: 'CertificateRefused', message: 'No.' });
  revocations.offer(identity, 'pca-1');
  await revocations.reconcile(key, signal);
  expect(journal.read().slice(1)).toEqual(revoked);
});

test.each([
  ['where it was issued, though the issuer names another CA by now', 'HTTPS pca.test ca-2', ['revoke pca-1'], []],
  ['with the credentials of now where only those were replaced', 'HTTPS pca.test ca', [], ['revoke pca-1']],
])('it is revoked %s', async (_, location, then, now) => {
  const { rig, revocations } = scene();
  revocations.offer(identity, 'pca-1');
  const authority = new FakeAuthority({ revoke: [undefined] }, location);
  const ready = rig.readyIssuers.last(issuerName);
  if (ready === undefined) throw new Error('The issuer was not checked.');
  rig.readyIssuers.open(issuerName, { ...ready, authority });
  await revocations.reconcile(key, signal);
  expect([rig.authority.asked, authority.asked]).toEqual([then, now]);
});

test('it is tried again while PCA does not do it', async () => {
  const { journal, revocations } = scene({ revoke: [refused, undefined] });
  revocations.offer(identity, 'pca-1');
  journal.read();
  const results = [await revocations.reconcile(key, signal), await revocations.reconcile(key, signal)];
  expect([results, journal.read()]).toEqual([
    [retry, { kind: 'done' }],
    [notYet('PCA says Transient.'), ...revoked],
  ]);
});

test('it is tried again while there is no way to PCA, and given up after fifty failures', async () => {
  const { journal, revocations } = scene({ isChecked: false });
  revocations.offer(identity, 'pca-1');
  journal.read();
  const results: unknown[] = [];
  for (let failures = 0; failures < 51; failures += 1) results.push(await revocations.reconcile(key, signal));
  const log = notYet('its issuer was not checked or does not exist any more.');
  expect([results, journal.read()]).toEqual([
    [...Array.from({ length: 49 }, () => retry), { kind: 'done' }, { kind: 'done' }],
    [...Array.from({ length: 50 }, () => log), ...givenUp],
  ]);
});
