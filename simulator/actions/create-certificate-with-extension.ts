// CreateCertificateWithExtension (2020-06-30, withdrawn in 2022): a server or client certificate, always at once.
import { certificatePem } from '../issuing/ledger.ts';
import { issueCertificate } from '../issuing/issue.ts';
import { issuingParent } from '../issuing/parent.ts';
import { instantParameters, readPeriod } from '../issuing/period.ts';
import { presentPem } from '../issuing/presentation.ts';
import { applyProfile, keyObjection } from '../issuing/profile.ts';
import { sansParameters } from '../issuing/profile-names.ts';
import { subjectParameters } from '../issuing/profile-subject.ts';
import { withUsedSubject } from '../issuing/requested-subject.ts';
import { refused } from './action.ts';
import type { Action } from './action.ts';
import { chainMember } from './profile-operation.ts';
import { requestOf } from './shared-parameters.ts';

const name = 'CreateCertificateWithExtension';

export const createCertificateWithExtension: Action = {
  name,
  version: '2020-06-30',
  issues: true,
  parameters: [
    { name: 'CertType', type: 'string', required: true, values: ['SERVER', 'CLIENT'] },
    { name: 'ParentIdentifier', type: 'string', required: true, maximumLength: 64 },
    ...instantParameters.map((rule) => ({ ...rule, required: true }) as const),
    // Optional in the document; keys are not made here, so that the CSR is needed.
    { name: 'CsrPemString', type: 'string', required: true, maximumLength: 65_536 },
    ...sansParameters,
    ...subjectParameters('CountryCode'),
    // Ignored next to a CSR: the CSR's key decides.
    { name: 'AlgorithmKeySize', type: 'integer', values: ['256', '384', '512', '1024', '2048', '4096'] },
    { name: 'BasicConstraintsCritical', type: 'boolean' },
    { name: 'AppendCrl', type: 'boolean' },
    { name: 'AliasName', type: 'string', maximumLength: 64 },
  ],
  run(given, service) {
    const parent = issuingParent(given.get('ParentIdentifier') ?? '', service, 'Allowed');
    if ('code' in parent) return refused(parent);
    const asked = requestOf(given, 'CsrPemString', parent.keyFamily);
    if ('code' in asked) return refused(asked);
    const request = withUsedSubject(asked, 'CsrPemString', service);
    if ('code' in request) return refused(request);
    const objection = keyObjection(request);
    if (objection !== undefined) return refused(objection);
    const period = readPeriod(given, parent, service.now());
    if ('code' in period) return refused(period);
    const type = given.get('CertType') === 'SERVER' ? 'SERVER' : 'CLIENT';
    const profile = { type, defaults: 'None', csrSubject: 'Wins' } as const;
    const applied = applyProfile({ request, given, authority: parent }, profile, service);
    if ('code' in applied) return refused(applied);
    const withoutCertificate = service.faults.strikes('withoutCertificate');
    const record = issueCertificate(
      parent,
      {
        action: name,
        type,
        inWarehouse: false,
        tags: [],
        resourceGroupId: undefined,
        customIdentifier: undefined,
        request,
        ...applied,
        serialNumber: undefined,
        notBefore: period.notBefore,
        notAfter: period.notAfter,
        withCrl: given.get('AppendCrl') === 'true',
        constraints: { ca: false, critical: given.get('BasicConstraintsCritical') !== 'false' },
        pending: withoutCertificate,
      },
      service,
    );
    if ('code' in record) return refused(record);
    const members = withoutCertificate
      ? {}
      : { Certificate: presentPem(certificatePem(record), service.faults.current), ...chainMember(record, service) };
    return { kind: 'answered', body: { Identifier: record.identifier, ...members } };
  },
};
