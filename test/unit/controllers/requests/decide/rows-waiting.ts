// Why a request waits: a row for every reason, and for every kind of trouble.
import { X509Certificate } from 'node:crypto';
import type { troubleReasons, WaitingReason } from '../../../../../src/controllers/requests/reasons.ts';
import { failed } from '../../../../support/fake-authority.ts';
import {
  certificatePath,
  clusterUidPath,
  hierarchy,
  issuerObject,
  issuerPath,
  signingRequest,
  uids,
  web,
  webCA,
} from '../../characterization/material.ts';
import { keyFamilyChanged } from '../../characterization/texts.ts';
import { withoutController } from './rows-restored.ts';
import { answers, issues } from '../replies.ts';
import { issuerName } from '../rig.ts';
import type { Rig } from '../rig.ts';
import {
  endpointHeldMessage,
  occupy,
  retries,
  lost,
  troubled,
  turnMessage,
  unanswered,
  waits,
  waitsFor,
  waitsForIssuer,
} from './row.ts';
import type { Row } from './row.ts';

const hour = 3_600_000;
const renewal = web({ metadata: { annotations: { 'cert-manager.io/certificate-revision': '2' } } });
const uid = uids['web-1'] ?? '';
const rootFingerprint = new X509Certificate(hierarchy.root.pem).fingerprint256;

/** So many certificates were issued of late for the Certificate `web`, the last now. */
function issuedBefore(count: number) {
  return (rig: Rig): void => {
    const scope = { issuer: issuerName, namespace: 'shop', certificate: 'web' };
    for (let n = 0; n < count; n += 1) rig.limits.count(`earlier-${n}`, scope, rig.startedAt);
  };
}

/** This owner got a certificate with another subject than was asked for. */
function mismatchedBefore(key: string) {
  return ({ readyIssuers }: Rig): void => {
    const ready = readyIssuers.last(issuerName);
    if (ready === undefined) throw new Error('The issuer is not ready.');
    using pass = readyIssuers.enter(issuerName, ready, { key, tenant: key });
    pass?.mismatched('SubjectMismatch', { reason: 'CertificateRefused', message: 'Not that.' });
  };
}

/** The issuer's account of instances says this. */
function instances(...entries: readonly object[]) {
  return ({ cluster }: Rig): void => {
    const issuer = { ...issuerObject(), status: { externalCA: { instances: entries } } };
    cluster.put(issuerPath, issuer);
  };
}

const ownerHeld = waitsFor(
  90_000,
  'OwnerHeld',
  'Held: the last request of Certificate "shop/web" failed with SubjectMismatch, and a further try may cost a certificate again. See its message, and correct the Certificate, or the issuer if that is at fault. It continues automatically at 2026-11-22T00:18:10Z, or when the issuer\'s spec changes.',
  'SubjectMismatch',
);
const trouble = { reason: 'Transient', message: 'PCA says Transient.' } as const;

export const waiting: Record<WaitingReason, Row> = {
  IssuerNotFound: {
    situation: { issuer: 'missing' },
    decision: waits(
      'IssuerNotFound',
      'Waiting for AlibabaPCAIssuer "shop/pca", which does not exist. Create it, or correct issuerRef; this request then continues automatically.',
    ),
    issuer: 'missing',
  },
  IssuerNotReady: {
    situation: { issuer: 'SecretNotFound' },
    decision: waitsForIssuer('SecretNotFound'),
    issuer: 'SecretNotFound',
  },
  RetryableError: {
    situation: { pca: { issue: [failed('Transient')] } },
    decision: troubled('Transient', 'PCA says Transient.'),
  },
  PatienceExceeded: {
    situation: { spec: { patience: { duration: '1h' } }, pca: { issue: [failed('Transient')] } },
    prepare: (rig) => void rig.memories.of(uid).troubledFor(rig.clock.monotonic() - hour),
    decision: retries(
      'PatienceExceeded',
      'Not issued for longer than spec.patience.duration of the issuer (1h): PCA says Transient. It is still tried automatically; somebody should look into it.',
      trouble,
    ),
  },
  WaitingForTurn: {
    situation: { mostInFlight: 1 },
    prepare: async (rig) => void (await occupy(rig)),
    decision: waitsFor(300_000, 'WaitingForTurn', turnMessage),
  },
  IssuanceLimitReached: {
    situation: { spec: { issuanceLimits: { certificatesPerHour: 2 } } },
    prepare: issuedBefore(2),
    decision: waitsFor(
      hour,
      'IssuanceLimitReached',
      'Held: spec.issuanceLimits.certificatesPerHour of the issuer allows 2 certificates and these were issued. Raise it if more are wanted. It continues automatically at 2026-11-22T01:16:40Z.',
    ),
  },
  ReissueLoop: {
    situation: { spec: { issuanceLimits: { reissuesPerHour: 3 } } },
    prepare: issuedBefore(3),
    decision: waitsFor(
      hour,
      'ReissueLoop',
      'Held: Certificate "shop/web" got 3 certificates within an hour, which looks like a loop. Mostly cert-manager sees its Secrets late and takes what was issued for missing: look whether cert-manager or the API server is overloaded, and restart cert-manager. Or find what else re-issues it (renewBefore close to the duration, two Certificates with one secretName, a Secret that something changes). Or raise spec.issuanceLimits.reissuesPerHour of the issuer (0: no limit). It continues automatically at 2026-11-22T01:16:40Z.',
    ),
  },
  AskedAgain: {
    situation: {},
    prepare: issuedBefore(1),
    decision: waitsFor(
      5_000,
      'AskedAgain',
      'Held: Certificate "shop/web" got a certificate at 2026-11-22T00:16:40Z already. cert-manager may not have seen the Secret yet, so it is given time until 2026-11-22T00:16:45Z; then this continues automatically. No action is needed.',
    ),
  },
  RequestRestored: withoutController,
  KeyFamilyChanged: {
    situation: { requests: [renewal], ca: { keyFamily: 'RSA' }, formerKeyFamily: 'ECC' },
    decision: waits('KeyFamilyChanged', keyFamilyChanged, 'ECC'),
  },
  OwnerHeld: {
    situation: {},
    prepare: mismatchedBefore('shop/web'),
    decision: ownerHeld,
  },
};

export const troubles: Record<Exclude<keyof typeof troubleReasons, 'Defect'>, Row> = {
  EarlierCallUnsettled: {
    situation: { pca: { find: [{ kind: 'absent' }] } },
    prepare: (rig) => {
      const ready = rig.readyIssuers.last(issuerName);
      if (ready === undefined) throw new Error('The issuer was not checked.');
      const others = [{ name: 'CA "ca-2" in cn-shanghai', location: undefined, issuer: undefined }];
      const failover = { inUse: undefined, name: 'CA "ca" in cn-hangzhou', ownName: '', others, faults: [] };
      rig.readyIssuers.open(issuerName, { ...ready, failover });
      rig.memories.of(uids['web-1'] ?? '').inherited(rig.clock.monotonic());
    },
    decision: troubled(
      'EarlierCallUnsettled',
      'An earlier operator may have called CA "ca-2" in cn-shanghai for this request, and only that CA can tell whether a certificate exists. The issuer uses CA "ca" in cn-hangzhou now, where a second certificate would be paid for, so the request waits: PCA has not described its CA since the operator started.',
    ),
  },
  CertificateNotReady: {
    situation: { pca: { issue: [answers({ kind: 'pending', identifier: 'pca-1' })] } },
    decision: troubled(
      'CertificateNotReady',
      'PCA accepted the request as pca-1 but has not given the certificate yet (RequestId R1).',
    ),
  },
  UnreadableAnswer: {
    situation: { pca: { issue: [answers({ kind: 'malformed', message: 'It holds nothing.' })] } },
    decision: lost(troubled('UnreadableAnswer', 'It holds nothing. (RequestId R1)')),
  },
  CertificateUnreadable: {
    situation: {
      spec: { validity: { maxDuration: '24h', onExceed: 'Clamp' } },
      faults: [{ verb: 'get', path: certificatePath, failure: 'Forbidden', times: 2 }],
    },
    decision: troubled(
      'CertificateUnreadable',
      'Certificate "shop/web" could not be read: The API server says Forbidden.',
    ),
  },
  RootNotPublished: {
    situation: {
      trustStatus: {
        bundle: hierarchy.root.pem,
        certificates: [{ sha256Fingerprint: rootFingerprint, subject: 'CN=Root', notAfter: '', former: true }],
      },
      pca: { issue: [issues()] },
    },
    decision: troubled(
      'RootNotPublished',
      `The certificate is there, but it leads to "CN=Test Root P-256" (SHA-256 ${rootFingerprint}), which clients do not find yet where the issuer publishes what they must trust (status.trust, spec.trust.publishTo); it is written once they do.`,
    ),
  },
  ClusterUnknown: {
    situation: { faults: [{ verb: 'get', path: clusterUidPath, failure: 'Forbidden' }] },
    decision: troubled(
      'ClusterUnknown',
      "The cluster's identity could not be read: The API server says Forbidden. The operator's ClusterRole must allow get on the namespace kube-system.",
    ),
  },
  AuthorizationUnknown: {
    situation: { requests: [signingRequest()], faults: [{ verb: 'review', failure: 'Transient' }] },
    of: 'csr-1',
    decision: troubled(
      'AuthorizationUnknown',
      'Whether ann may use the issuer could not be found out: The API server says Transient.',
    ),
  },
  NoInstanceLeft: {
    situation: { requests: [webCA()], spec: { externalCA: { instanceIds: ['i-1'] } } },
    prepare: instances({ instanceId: 'i-1', requestUID: '' }),
    decision: troubled(
      'NoInstanceLeft',
      'All instances in spec.externalCA.instanceIds of the issuer (1) are used or promised to other requests (its status names them). Buy a further instance of an external subordinate CA and add its ID.',
    ),
  },
  InstanceUnsettled: {
    situation: {
      requests: [webCA()],
      spec: { externalCA: { instanceIds: ['i-1'] } },
      faults: [{ verb: 'get', path: issuerPath, failure: 'Transient' }],
    },
    decision: troubled('InstanceUnsettled', 'The issuer could not be read: The API server says Transient.'),
  },
};

const noAnswer = failed('OutcomeUnknown', { httpStatus: undefined });

/** What differs within a reason, and troubles in which the life of the present certificate is told. */
export const furtherWaits: Readonly<Record<string, Row>> = {
  'OwnerHeld of a request without a Certificate': {
    situation: { requests: [signingRequest()] },
    of: 'csr-1',
    prepare: mismatchedBefore(`request ${uids['csr-1']}`),
    decision: waitsFor(
      90_000,
      'OwnerHeld',
      'Held: the last request of CertificateSigningRequest "csr-1" failed with SubjectMismatch, and a further try may cost a certificate again. See its message, and correct the Certificate, or the issuer if that is at fault. It continues automatically at 2026-11-22T00:18:10Z, or when the issuer\'s spec changes.',
      'SubjectMismatch',
    ),
  },
  'a certificate that may exist, which is looked for though the owner is held': {
    situation: { pca: { find: [{ kind: 'pending', message: 'PCA has it not yet.' }] } },
    prepare: (rig) => {
      mismatchedBefore('shop/web')(rig);
      rig.memories.of(uid).inherited(0);
    },
    decision: troubled('CertificateNotReady', 'PCA has it not yet.'),
  },
  'a certificate that may have existed and does not: the owner is held before the next call': {
    situation: { pca: { find: [{ kind: 'absent' }], issue: [failed('Transient')] } },
    prepare: (rig) => {
      mismatchedBefore('shop/web')(rig);
      rig.memories.of(uid).inherited(0);
    },
    decision: ownerHeld,
  },
  'a setting of the issuer that no request can be planned under': {
    situation: { spec: { validity: { backdate: 'soon' } } },
    decision: waitsForIssuer('InvalidSettings'),
    issuer: 'InvalidSettings',
  },
  'WaitingForTurn of an endpoint that does not answer': {
    situation: {},
    prepare: async (rig) => unanswered(rig, 5, noAnswer),
    decision: waitsFor(300_000, 'WaitingForTurn', endpointHeldMessage, 'EndpointHeld'),
  },
  'CertificateNotReady of an earlier call': {
    situation: { pca: { find: [{ kind: 'pending', message: 'PCA has it not yet.' }] } },
    prepare: (rig) => rig.memories.of(uid).inherited(0),
    decision: troubled('CertificateNotReady', 'PCA has it not yet.'),
  },
  'CertificateNotReady while nobody can tell': {
    situation: { pca: { find: [{ kind: 'unsettled', message: 'The list is not read.' }] } },
    prepare: (rig) => rig.memories.of(uid).inherited(0),
    decision: troubled('CertificateNotReady', 'The list is not read.'),
  },
  'trouble while the present certificate lives': {
    situation: {
      certificate: { status: { notAfter: '2026-12-01T00:00:00Z' } },
      pca: { issue: [failed('Transient')] },
    },
    decision: troubled(
      'Transient',
      'PCA says Transient.',
      ' The present certificate of Certificate "shop/web" is valid until 2026-12-01T00:00:00Z.',
    ),
  },
  'trouble after the present certificate has expired': {
    situation: {
      certificate: { status: { notAfter: '2026-11-22T00:16:40Z' } },
      pca: { issue: [failed('Transient')] },
    },
    decision: troubled(
      'Transient',
      'PCA says Transient.',
      ' The present certificate of Certificate "shop/web" has expired (2026-11-22T00:16:40Z).',
    ),
  },
  'trouble that is no news, for which nothing more is read': {
    situation: {
      certificate: { status: { notAfter: '2026-12-01T00:00:00Z' } },
      pca: { issue: [failed('Transient')] },
    },
    prepare: (rig) => rig.memories.of(uid).tell('RetryableError/Transient', rig.clock.monotonic()),
    decision: troubled('Transient', 'PCA says Transient.'),
  },
  'trouble that is one millisecond within the patience': {
    situation: { spec: { patience: { duration: '1h', onExceeded: 'Fail' } }, pca: { issue: [failed('Transient')] } },
    prepare: (rig) => void rig.memories.of(uid).troubledFor(rig.clock.monotonic() - hour + 1),
    decision: troubled('Transient', 'PCA says Transient.'),
  },
  'a certificate that may exist, whatever the patience': {
    situation: {
      spec: { patience: { duration: '1h', onExceeded: 'Fail' } },
      pca: { issue: [failed('OutcomeUnknown')] },
    },
    prepare: (rig) => void rig.memories.of(uid).troubledFor(rig.clock.monotonic() - hour),
    decision: lost(
      retries(
        'PatienceExceeded',
        'Not issued for longer than spec.patience.duration of the issuer (1h): PCA says OutcomeUnknown. It is still tried automatically; somebody should look into it.',
        { reason: 'OutcomeUnknown', message: 'PCA says OutcomeUnknown.' },
      ),
    ),
  },
  'a patience of the issuer that is no duration': {
    situation: { spec: { patience: { duration: 'long', onExceeded: 'Fail' } } },
    decision: waitsForIssuer('InvalidSettings'),
    issuer: 'InvalidSettings',
  },
  'the turn of a request without namespace': {
    situation: { requests: [signingRequest()], mostInFlight: 1 },
    of: 'csr-1',
    prepare: async (rig) => void (await occupy(rig)),
    decision: waitsFor(300_000, 'WaitingForTurn', turnMessage),
  },
};
