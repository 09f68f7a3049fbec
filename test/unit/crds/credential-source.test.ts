// Which source an issuer's credentials have, in every form of the spec, also in those that no present CRD lets in.
import { expect, it } from 'vitest';
import { credentialSourceOf } from '../../../src/crds/credential-source.ts';
import { issuerSpec } from '../../support/issuing.ts';
import type { IssuerSpec } from '../../../src/crds/issuer.ts';

const secretRef = issuerSpec().credentials.secretRef!;
const rrsa = { durationSeconds: 3_600 };
const role = { roleArn: 'acs:ram::9:role/a', durationSeconds: 3_600 };
const serviceAccountRef = { ...role, name: 'pca', audience: 'sts.aliyuncs.com' };

it.each<[string, IssuerSpec['credentials'], unknown]>([
  ['secretRef', { secretRef }, { kind: 'secret', path: 'spec.credentials.secretRef', ref: secretRef }],
  ['rrsa', { rrsa }, { kind: 'podRole', path: 'spec.credentials.rrsa', rrsa }],
  [
    'serviceAccountRef',
    { serviceAccountRef },
    { kind: 'serviceAccount', path: 'spec.credentials.serviceAccountRef', ref: serviceAccountRef },
  ],
  ['ecsRole', { ecsRole: {} }, { kind: 'instanceRole', path: 'spec.credentials.ecsRole', name: undefined }],
  [
    'ecsRole with a name',
    { ecsRole: { name: 'node' } },
    { kind: 'instanceRole', path: 'spec.credentials.ecsRole', name: 'node' },
  ],
  [
    'the Secret of assumeRole',
    { assumeRole: { ...role, secretRef } },
    { kind: 'secret', path: 'spec.credentials.assumeRole.secretRef', ref: secretRef },
  ],
  ['a role on top of another', { rrsa, assumeRole: role }, { kind: 'podRole', path: 'spec.credentials.rrsa', rrsa }],
  ['nothing', {}, undefined],
  ['a role on top of nothing', { assumeRole: role }, undefined],
  ['two', { secretRef, rrsa }, undefined],
  ['two, one of them in assumeRole', { rrsa, assumeRole: { ...role, secretRef } }, undefined],
])('of %s', (_, credentials, source) => {
  expect(credentialSourceOf(credentials)).toEqual(source);
});
