// Which failures are a fault of the issuer, and the words that its user reads.
import { expect, it } from 'vitest';
import { errorClasses } from '../../../src/alibaba/error-table.ts';
import type { PcaErrorClass } from '../../../src/alibaba/error-table.ts';
import type { PcaFailure } from '../../../src/alibaba/errors.ts';
import { problemOf, problemOfDescribing, settingProblem } from '../../../src/authority/problems.ts';
import type { AuthorityProblem } from '../../../src/authority/problems.ts';
import type { IssuerSpec } from '../../../src/crds/issuer.ts';
import { issuerSpec } from '../../support/issuing.ts';
import { pcaFailure } from './pca-double.ts';

const spec = issuerSpec({ parentIdentifier: 'ca' });
const secretRef = spec.credentials.secretRef!;
const serviceAccountRef = { name: 'pca', roleArn: 'acs:ram::9:role/a', audience: 'sts', durationSeconds: 3_600 };

/** What each class says of an issuer with a Secret; undefined: it is passing, or the request's own. */
const problems: Readonly<Record<PcaErrorClass, AuthorityProblem | undefined>> = {
  Credentials: {
    reason: 'CredentialsInvalid',
    message: `PCA says no. The access key comes from Secret "${secretRef.name}", named by spec.credentials.secretRef.`,
  },
  Permission: {
    reason: 'PermissionDenied',
    message: 'PCA says no. The RAM identity is the one of spec.credentials.',
  },
  IssuingCA: {
    reason: 'IssuingCAUnusable',
    message:
      'PCA says no. The CA is spec.parentIdentifier "ca"; it must be an active sub CA of this account and region.',
  },
  ExternalCA: undefined,
  Capacity: { reason: 'CapacityExhausted', message: 'PCA says no. The CA is spec.parentIdentifier "ca".' },
  ActionUnavailable: {
    reason: 'ActionUnavailable',
    message: 'PCA says no. The endpoint comes from spec.region and spec.endpoint, the action from spec.operation.',
  },
  EndpointNotAllowed: {
    reason: 'EndpointNotAllowed',
    message: 'PCA says no. The host comes from spec.region, spec.endpoint or spec.stsEndpoint.',
  },
  Throttled: undefined,
  Transient: undefined,
  OutcomeUnknown: undefined,
  Duplicate: undefined,
  RequestRejected: undefined,
  Cancelled: undefined,
  Unknown: undefined,
};

it.each(Object.entries(problems))('a failure of class %s is the fault of the issuer that it says', (name, problem) => {
  expect(problemOf(pcaFailure(name as PcaErrorClass), spec)).toEqual(problem);
});

it('calls those classes a fault which the table of errors has the issuer lose Ready for', () => {
  const faults = Object.entries(errorClasses).filter(([, { issuer }]) => !issuer.startsWith('stays ready'));
  const named = Object.entries(problems).filter(([, problem]) => problem !== undefined);
  expect(named.map(([name]) => name).sort()).toEqual(faults.map(([name]) => name).sort());
});

it.each<[string, IssuerSpec['credentials'], string]>([
  [
    'rrsa',
    { rrsa: { durationSeconds: 3_600 } },
    "The role is the one of spec.credentials.rrsa, or of the operator's environment.",
  ],
  [
    'assumeRole',
    { assumeRole: { secretRef, roleArn: 'acs:ram::9:role/a', durationSeconds: 3_600 } },
    `The role is spec.credentials.assumeRole.roleArn "acs:ram::9:role/a", taken with another identity: the access key comes from Secret "${secretRef.name}", named by spec.credentials.assumeRole.secretRef.`,
  ],
  [
    'serviceAccountRef',
    { serviceAccountRef },
    'The role is spec.credentials.serviceAccountRef.roleArn "acs:ram::9:role/a", taken by ServiceAccount "pca", which spec.credentials.serviceAccountRef names.',
  ],
  [
    'ecsRole',
    { ecsRole: {} },
    'The role is the one of the ECS instance on which the operator runs, for spec.credentials.ecsRole.',
  ],
  [
    'ecsRole with a role on top',
    { ecsRole: {}, assumeRole: { roleArn: 'acs:ram::7:role/x', durationSeconds: 3_600 } },
    'The role is spec.credentials.assumeRole.roleArn "acs:ram::7:role/x", taken with another identity: the role is the one of the ECS instance on which the operator runs, for spec.credentials.ecsRole.',
  ],
  ['no source that is known', {}, 'The credentials are those of spec.credentials.'],
])('credentials of %s that are refused name where they come from', (_, credentials, origin) => {
  expect(problemOf(pcaFailure('Credentials'), { ...spec, credentials })).toEqual({
    reason: 'CredentialsInvalid',
    message: `PCA says no. ${origin}`,
  });
});

const fromSts =
  "PCA says no. STS gives the credentials for the calls to PCA. It is the one of spec.stsEndpoint, else for spec.network VPC the region's VPC host, else of the operator's environment (Helm: sts.endpoint, sts.region, sts.vpc), else of spec.region. It is tried again automatically.";

it.each<[PcaErrorClass, AuthorityProblem | undefined]>([
  ['Transient', { reason: 'STSUnavailable', message: fromSts }],
  ['OutcomeUnknown', { reason: 'STSUnavailable', message: fromSts }],
  ['Throttled', { reason: 'STSUnavailable', message: fromSts }],
  ['Credentials', problems.Credentials],
  ['Permission', problems.Permission],
  ['Cancelled', undefined],
])('a failure of STS of class %s is no failure of PCA', (name, problem) => {
  expect(problemOf(pcaFailure(name, { service: 'STS' }), spec)).toEqual(problem);
});

it.each<[PcaFailure['service'], string, AuthorityProblem]>([
  [
    'Metadata',
    'ECONNREFUSED',
    {
      reason: 'MetadataUnavailable',
      message:
        'PCA says no. The metadata service of the ECS instance gives the credentials of spec.credentials.ecsRole. It is tried again automatically. If this lasts, check that the nodes are ECS instances and that pods reach the service (IMDSv2 answers no pod beyond its hop limit; Helm: networkPolicy.extraEgress).',
    },
  ],
  [
    'Kubernetes',
    'TokenRequestFailed',
    {
      reason: 'ServiceAccountUnreadable',
      message: 'PCA says no. It is named by spec.credentials.serviceAccountRef. It is tried again automatically.',
    },
  ],
])('a passing failure of %s is no failure of PCA', (service, code, problem) => {
  expect(problemOf(pcaFailure('Transient', { service, code }), spec)).toEqual(problem);
  expect(problemOf(pcaFailure('Cancelled', { service, code }), spec)).toBeUndefined();
});

it.each([
  ['ServiceAccountNotFound', 'Credentials', 'ServiceAccountNotFound'],
  ['TokenRequestForbidden', 'Permission', 'ServiceAccountForbidden'],
  ['TokenRequestRefused', 'Credentials', 'CredentialsInvalid'],
  ['InstanceRoleNotAttached', 'Credentials', 'CredentialsInvalid'],
] as const)('%s is told as what it is, not as a right of RAM', (code, failureClass, reason) => {
  const failure = pcaFailure(failureClass, { service: 'Kubernetes', code });
  expect(problemOf(failure, { ...spec, credentials: { serviceAccountRef } })).toEqual({
    reason,
    message:
      'PCA says no. The role is spec.credentials.serviceAccountRef.roleArn "acs:ram::9:role/a", taken by ServiceAccount "pca", which spec.credentials.serviceAccountRef names.',
  });
});

it('an identifier of the CA that PCA refuses is the fault of the issuer that names it', () => {
  expect(problemOfDescribing(pcaFailure('RequestRejected'), spec)).toEqual(problems.IssuingCA);
});

it.each(Object.entries(problems).filter(([name]) => name !== 'RequestRejected'))(
  'describing the CA, a failure of class %s is what it is for other calls',
  (name, problem) => {
    expect(problemOfDescribing(pcaFailure(name as PcaErrorClass), spec)).toEqual(problem);
  },
);

it('a setting that PCA refuses names its field', () => {
  expect(settingProblem(pcaFailure('RequestRejected'), 'spec.createCustomCertificate.tags')).toEqual({
    reason: 'InvalidSettings',
    message: 'PCA says no. The parameter comes from spec.createCustomCertificate.tags of the issuer; correct it.',
  });
});

it('an operation that was withdrawn names the one that takes its place', () => {
  const withdrawn = issuerSpec({ operation: 'CreateCertificateWithExtension' });
  expect(problemOf(pcaFailure('ActionUnavailable'), withdrawn, 'CreateCustomCertificate')).toEqual({
    reason: 'ActionUnavailable',
    message:
      'PCA says no. Alibaba Cloud has withdrawn CreateCertificateWithExtension. Set spec.operation to CreateCustomCertificate.',
  });
});

it('only a missing action makes an operation a withdrawn one', () => {
  expect(problemOf(pcaFailure('Capacity'), spec, 'CreateCustomCertificate')).toEqual(problems.Capacity);
});
