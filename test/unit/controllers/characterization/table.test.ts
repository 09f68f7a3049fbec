// The reconcile of a request as it can be seen from outside: each row is a situation with all that comes of it. The table
// outlasts a rewriting of the controllers: of this folder only plumbing.ts knows how they are built.
import { expect, test } from 'vitest';
import { eventReasons, play } from './plumbing.ts';
import type { Row } from './scene.ts';
import { rows } from './scenes.ts';

const named = (list: readonly Row[]) => list.map((row) => [row.name, row] as const);
const expectations = rows.map(({ expected }) => expected);
const endsOf = (pattern: RegExp) =>
  expectations.flatMap(({ counters }) => Object.keys(counters).flatMap((name) => pattern.exec(name)?.[1] ?? []));

/** The reasons of the failures that the rows expect; only CertificateSigningRequests have a place for them. */
const failureReasons = expectations
  .flatMap(({ writes }) => writes.flatMap(({ status }) => (status as { conditions?: readonly Condition[] }).conditions))
  .flatMap((condition) => (condition?.type === 'Failed' ? [condition.reason] : []));
interface Condition {
  readonly type: string;
  readonly reason: string;
}

test.each(named(rows))('%s', async (_, { scene, expected }) => {
  expect(await play(scene)).toEqual(expected);
});

test('no two rows have the same name', () => {
  const names = rows.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

test.each<[string, readonly string[], readonly string[]]>([
  ['event', eventReasons, expectations.flatMap(({ events }) => events.map(({ reason }) => reason))],
  [
    'trouble',
    [
      'CertificateNotReady',
      'UnreadableAnswer',
      'CertificateUnreadable',
      'ClusterUnknown',
      'AuthorizationUnknown',
      'NoInstanceLeft',
      'InstanceUnsettled',
      'OutcomeUnknown',
      'Transient',
      'Throttled',
      'Duplicate',
      'Unknown',
      'ExternalCA',
    ],
    endsOf(/^pca_issuer_certificate_request_retries_total .* (\w+)$/),
  ],
  [
    'hold',
    ['IssuanceLimitReached', 'ReissueLoop', 'OwnerHeld'],
    endsOf(/^pca_issuer_certificate_requests_held_total .* (\w+)$/),
  ],
  ['end', ['issued', 'failed', 'denied'], endsOf(/^pca_issuer_certificate_requests_total .* (\w+)$/)],
  ['failure', ['RejectedByPCA', 'PatienceExceeded', 'DeniedReference', 'KeyMismatch', 'InvalidCSR'], failureReasons],
  [
    'fault of the issuer',
    [
      'CredentialsInvalid',
      'PermissionDenied',
      'IssuingCAUnusable',
      'CapacityExhausted',
      'ActionUnavailable',
      'CertificateRefused',
      'PCAUnavailable',
      'InvalidSettings',
      'STSUnavailable',
    ],
    expectations.flatMap(({ issuer, fault }) => (fault === undefined ? [] : [issuer.replace('notReady: ', '')])),
  ],
])('every kind of %s has a row', (_, all, found) => {
  expect(all.filter((reason) => !found.includes(reason))).toEqual([]);
});
