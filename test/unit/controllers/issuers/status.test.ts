// The status of an issuer after a check, and which changes are worth a write.
import { describe, expect, it } from 'vitest';
import { issuerStatus } from '../../../../src/controllers/issuers/status.ts';
import type { Finding } from '../../../../src/controllers/issuers/status.ts';
import type { IssuerProblem } from '../../../../src/controllers/issuers/reasons.ts';
import type { Issuer, IssuerAsRead, IssuerStatus } from '../../../../src/crds/issuer.ts';
import { issuingCA } from '../../../support/issuing.ts';
import { hierarchy, issuerObject } from './objects.ts';

const now = new Date('2026-11-22T10:00:00.750Z');
const later = new Date('2026-11-22T11:00:00Z');
const ca = issuingCA(hierarchy);
const problem: IssuerProblem = { reason: 'PermissionDenied', message: 'No. (RequestId AB-1)' };
const fine = { problem: undefined, ca };
const operator = 'issuers/test';

function statusOf(issuer: IssuerAsRead, finding: Finding, at: Date, rival?: string): IssuerStatus | undefined {
  return issuerStatus(issuer, finding, { self: operator, ...(rival === undefined ? {} : { rival }) }, at);
}

/** The issuer with the status that this finding leads to. */
function written(finding: Finding, issuer = issuerObject()): Issuer {
  return { ...issuer, status: statusOf(issuer, finding, now)! };
}

const described = {
  subject: ca.subject,
  keyAlgorithm: 'ECC',
  issuerType: 'local',
  notAfter: '2035-12-30T00:00:00Z',
  certificatesRemaining: 40,
};

describe('the status', () => {
  it('says Ready and describes the CA', () => {
    expect(statusOf(issuerObject(), fine, now)).toEqual({
      observedGeneration: 1,
      operator,
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'Checked',
          message: 'CA "ca" answers and can issue.',
          observedGeneration: 1,
          lastTransitionTime: '2026-11-22T10:00:00Z',
        },
      ],
      ca: described,
    });
  });

  it('says how many instances for CA certificates are left', () => {
    const issuer = issuerObject();
    const spec = { ...issuer.spec, externalCA: { instanceIds: ['i-1', 'i-2', 'i-3'], names: 'Refuse' as const } };
    const instances = ['i-0', 'i-2'].map((instanceId) => ({ instanceId, requestUID: 'u' }));
    const used = { ...issuer, spec, status: { conditions: [], externalCA: { instances } } };
    const counts = [issuer, { ...issuer, spec }, used].map((each) => statusOf(each, fine, now)?.externalCA);
    expect(counts).toEqual([undefined, { instancesRemaining: 3 }, { instancesRemaining: 2 }]);
  });

  it('is written again when another instance was used', () => {
    const issuer = issuerObject();
    const spec = { ...issuer.spec, externalCA: { instanceIds: ['i-1', 'i-2'], names: 'Refuse' as const } };
    const present = written(fine, { ...issuer, spec });
    const instances = [{ instanceId: 'i-1', requestUID: 'u' }];
    const used = {
      ...present,
      status: { ...present.status!, externalCA: { ...present.status?.externalCA, instances } },
    };
    expect([statusOf(present, fine, later), statusOf(used, fine, later)?.externalCA]).toEqual([
      undefined,
      { instancesRemaining: 1 },
    ]);
  });

  it.each([
    ['less than none', { remainingCertificates: -1 }, { certificatesRemaining: undefined }],
    ['half a certificate', { remainingCertificates: 2.5 }, { certificatesRemaining: undefined }],
    ['more than can be counted', { remainingCertificates: 1e300 }, { certificatesRemaining: undefined }],
    ['a year of five digits', { notAfter: new Date('+012345-01-01T00:00:00Z') }, { notAfter: '9999-12-31T23:59:59Z' }],
    [
      'long names',
      { issuerType: 'i'.repeat(99), keyFamily: 'k'.repeat(99) },
      { issuerType: 'i'.repeat(64), keyAlgorithm: 'k'.repeat(64) },
    ],
  ])('holds only what its definition holds, where PCA says %s', (_, said, shown) => {
    const status = statusOf(issuerObject(), { problem: undefined, ca: { ...ca, ...said } }, now);
    expect(status?.ca).toEqual({ ...described, ...shown });
  });

  it('names the problem, and leaves out a CA that was never seen', () => {
    expect(statusOf(issuerObject(), { problem, ca: undefined }, now)).toEqual({
      observedGeneration: 1,
      operator,
      conditions: [
        {
          type: 'Ready',
          status: 'False',
          reason: 'PermissionDenied',
          message: 'No. (RequestId AB-1)',
          observedGeneration: 1,
          lastTransitionTime: '2026-11-22T10:00:00Z',
        },
        {
          type: 'Stalled',
          status: 'True',
          reason: 'PermissionDenied',
          message: 'Waiting does not help. See Ready.',
          observedGeneration: 1,
          lastTransitionTime: '2026-11-22T10:00:00Z',
        },
      ],
    });
  });

  it('keeps the CA that was seen last', () => {
    expect(statusOf(written(fine), { problem, ca: undefined }, later)?.ca).toEqual(described);
  });

  it('says nothing of remaining certificates where PCA does not', () => {
    const unlimited = issuingCA(hierarchy, { CertRemainingCount: undefined });
    const { certificatesRemaining: _, ...rest } = described;
    expect(statusOf(issuerObject(), { problem: undefined, ca: unlimited }, now)?.ca).toEqual(rest);
  });

  it('keeps the time of the last change while Ready stays the same', () => {
    const status = statusOf(written({ problem, ca }), { problem: { ...problem, message: 'Other words.' }, ca }, later);
    expect(status?.conditions.map(({ type, lastTransitionTime }) => [type, lastTransitionTime])).toEqual([
      ['Ready', '2026-11-22T10:00:00Z'],
      ['Stalled', '2026-11-22T10:00:00Z'],
    ]);
  });
});

describe('a write', () => {
  it('is not made where nothing changes', () => {
    expect([
      statusOf(written(fine), fine, later),
      statusOf(written({ problem, ca }), { problem, ca: undefined }, later),
    ]).toEqual([undefined, undefined]);
  });

  it.each(['RequestId CD-2', 'requestid: CD-2'])('is not made for another RequestId alone (%s)', (text) => {
    const again = { ...problem, message: `No. (${text})` };
    expect(statusOf(written({ problem, ca }), { problem: again, ca }, later)).toBeUndefined();
  });

  it.each<[string, Issuer, Finding]>([
    ['another reason', written({ problem, ca }), { problem: { ...problem, reason: 'CapacityExhausted' }, ca }],
    ['another message', written({ problem, ca }), { problem: { ...problem, message: 'Never.' }, ca }],
    ['another generation', { ...written(fine), ...issuerObject(undefined, { generation: 2 }) }, fine],
    ['another count', written(fine), { problem: undefined, ca: { ...ca, remainingCertificates: 39 } }],
    ['another end', written(fine), { problem: undefined, ca: { ...ca, notAfter: later } }],
    ['another subject', written(fine), { problem: undefined, ca: { ...ca, subject: 'CN=other' } }],
    ['another key', written(fine), { problem: undefined, ca: { ...ca, keyFamily: 'RSA' } }],
    ['another kind of CA', written(fine), { problem: undefined, ca: { ...ca, issuerType: 'external' } }],
  ])('is made for %s', (_, issuer, finding) => {
    expect(statusOf(issuer, finding, later)).toBeDefined();
  });
});

describe('the words of a ready issuer', () => {
  const message = (issuer: IssuerAsRead, finding: Finding = fine): string | undefined =>
    statusOf(issuer, finding, now)?.conditions[0]?.message;

  it('name the fields that are left out of account', () => {
    expect(message({ ...issuerObject(), unknownFields: ['spec.dualRoot', 'spec.validity.jitter'] })).toBe(
      'CA "ca" answers and can issue. This version of the operator does not know and leaves out of account: spec.dualRoot, spec.validity.jitter. The CRD is newer than the operator: upgrade the operator, or remove the fields.',
    );
  });

  it('remember the family of the key of the CA before, until it is another one again', () => {
    const families = ['ECC', 'RSA', 'RSA', 'ECC'];
    let issuer: IssuerAsRead = issuerObject();
    const told = families.map((keyFamily) => {
      const status = statusOf(issuer, { problem: undefined, ca: { ...ca, keyFamily } }, now) ?? issuer.status;
      issuer = { ...issuer, ...(status === undefined ? {} : { status }) };
      return [status?.ca?.keyAlgorithm, status?.ca?.formerKeyAlgorithm];
    });
    expect(told).toEqual([
      ['ECC', undefined],
      ['RSA', 'ECC'],
      ['RSA', 'ECC'],
      ['ECC', 'RSA'],
    ]);
    expect(issuer.status?.conditions[0]?.message).toBe(
      'CA "ca" answers and can issue. The keys of the CA are ECC, those of the CA before it were RSA: renewals of Certificates with RSA keys wait until spec.privateKey of the Certificate asks for ECC, or spec.parentIdentifier names a CA with RSA keys.',
    );
  });
});

describe('a status that another operator writes, too', () => {
  it('says so, which alone is no reason to write while both find the same', () => {
    const contested = statusOf(issuerObject(), fine, now, 'other/lease')!;
    expect(contested.conditions[0]?.message).toBe(
      'CA "ca" answers and can issue. Another operator (other/lease) writes this status, too, and finds otherwise. Run one release of the operator per cluster: uninstall one of them.',
    );
    const issuer = { ...issuerObject(), status: contested };
    expect([statusOf(issuer, fine, now, 'other/lease'), statusOf(issuer, fine, now)?.conditions[0]?.message]).toEqual([
      undefined,
      'CA "ca" answers and can issue.',
    ]);
  });
});
