// CreateCustomCertificate (2020-06-30): a certificate over a CSR, its subject and extensions passed through.
import { authorityChain } from '../issuing/authority.ts';
import type { Authority } from '../issuing/authority.ts';
import { issueCertificate } from '../issuing/issue.ts';
import type { IssuePlan } from '../issuing/issue.ts';
import { certificatePem } from '../issuing/ledger.ts';
import type { IssuedRecord } from '../issuing/ledger.ts';
import { issuingParent } from '../issuing/parent.ts';
import { applyPassthrough, passthroughParameters } from '../issuing/passthrough.ts';
import { presentChain, presentPem } from '../issuing/presentation.ts';
import { requestedNames } from '../issuing/request-names.ts';
import { withUsedSubject } from '../issuing/requested-subject.ts';
import { readValidity, validityObjection } from '../issuing/validity.ts';
import { integerOf } from '../protocol/parameters.ts';
import type { Parameters } from '../protocol/parameters.ts';
import { problem } from '../protocol/problem.ts';
import type { Problem } from '../protocol/problem.ts';
import { refused } from './action.ts';
import type { Action, ActionOutcome, Service } from './action.ts';
import { earlierCertificate, labelParameters, labelsOf, requestOf } from './shared-parameters.ts';

const name = 'CreateCustomCertificate';

export const createCustomCertificate: Action = {
  name,
  version: '2020-06-30',
  issues: true,
  parameters: [
    { name: 'ParentIdentifier', type: 'string', required: true, maximumLength: 64 },
    { name: 'Csr', type: 'string', required: true, maximumLength: 65_536 },
    { name: 'Validity', type: 'string', required: true, maximumLength: 64 },
    { name: 'Immediately', type: 'integer', minimum: 0, maximum: 2 },
    { name: 'EnableCrl', type: 'integer', minimum: 0, maximum: 1 },
    // Lower-case, unlike the other operations' CustomIdentifier.
    { name: 'customIdentifier', type: 'string', maximumLength: 64 },
    ...labelParameters,
    ...passthroughParameters,
  ],
  run(given, service) {
    const earlier = earlierCertificate(given, 'customIdentifier', service);
    if (earlier !== undefined)
      return 'code' in earlier ? refused(earlier) : answer(earlier, immediatelyOf(given, service), service);
    const parent = issuingParent(given.get('ParentIdentifier') ?? '', service, 'Refused');
    if ('code' in parent) return refused(parent);
    const plan = planOf(parent, given, service);
    if ('code' in plan) return refused(plan);
    const immediately = immediatelyOf(given, service);
    const issued = issueCertificate(parent, { ...plan, pending: immediately === 0 }, service);
    return 'code' in issued ? refused(issued) : answer(issued, immediately, service);
  },
};

function planOf(parent: Authority, given: Parameters, service: Service): Omit<IssuePlan, 'pending'> | Problem {
  const request = requestOf(given, 'Csr', parent.keyFamily);
  if ('code' in request) return request;
  const validity = readValidity(given.get('Validity') ?? '', service.now());
  if (validity.kind === 'refused') return problem('InvalidParameter.Validity', validity.message);
  const objection = validityObjection(parent, validity.notBefore, validity.notAfter);
  if (objection !== undefined) return problem('InvalidParameter.Validity', objection);
  const passed = applyPassthrough(given, request, service.faults.current.csrExtensions === 'Used');
  if (passed.kind === 'refused') return problem('InvalidParameter.ApiPassthrough', passed.message);
  const used = passed.subject === undefined ? withUsedSubject(request, 'Csr', service) : request;
  if ('code' in used) return used;
  return {
    action: name,
    type: 'END_ENTITY',
    inWarehouse: false,
    ...labelsOf(given),
    customIdentifier: given.get('customIdentifier'),
    request,
    subject: passed.subject ?? used.subject,
    names: passed.names.length > 0 ? passed.names : requestedNames(request),
    extensions: passed.extensions,
    serialNumber: passed.serialNumber,
    notBefore: validity.notBefore,
    notAfter: validity.notAfter,
    withCrl: integerOf(given, 'EnableCrl', 0) === 1,
    constraints: { ca: false, critical: true },
  };
}

function immediatelyOf(given: Parameters, { faults }: Service): number {
  return faults.strikes('withoutCertificate') ? 0 : integerOf(given, 'Immediately', 0);
}

function answer(record: IssuedRecord, immediately: number, { faults: { current } }: Service): ActionOutcome {
  return {
    kind: 'answered',
    body: {
      Identifier: record.identifier,
      ...(immediately >= 1
        ? { Certificate: presentPem(certificatePem(record), current), SerialNumber: record.serialNumber }
        : {}),
      ...(immediately === 2
        ? { CertificateChain: presentChain(authorityChain(record.parent, current.chainWithRoot), current) }
        : {}),
    },
  };
}
