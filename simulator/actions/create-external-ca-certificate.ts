// CreateExternalCACertificate (2020-06-30): a CA certificate over a CSR; each call activates one purchased instance.
import type { Authority } from '../issuing/authority.ts';
import { readExternalPassthrough } from '../issuing/external-passthrough.ts';
import { issueCertificate } from '../issuing/issue.ts';
import type { IssuePlan } from '../issuing/issue.ts';
import { certificatePem } from '../issuing/ledger.ts';
import { presentPem } from '../issuing/presentation.ts';
import { keyObjection } from '../issuing/profile.ts';
import { withUsedSubject } from '../issuing/requested-subject.ts';
import { readValidity, validityObjection } from '../issuing/validity.ts';
import type { Parameters } from '../protocol/parameters.ts';
import { problem } from '../protocol/problem.ts';
import type { Problem } from '../protocol/problem.ts';
import { extensionType, keyUsage, keyUsageBit } from '../x509/extensions.ts';
import { decodeName, encodeName } from '../x509/names.ts';
import type { CertificationRequest } from '../x509/signing-request.ts';
import { refused } from './action.ts';
import type { Action, Service } from './action.ts';
import { chainMember } from './profile-operation.ts';
import { labelParameters, labelsOf, requestOf } from './shared-parameters.ts';

const name = 'CreateExternalCACertificate';

export const createExternalCACertificate: Action = {
  name,
  version: '2020-06-30',
  issues: true,
  parameters: [
    { name: 'InstanceId', type: 'string', required: true, maximumLength: 64 },
    { name: 'Csr', type: 'string', required: true, maximumLength: 65_536 },
    { name: 'Validity', type: 'string', required: true, maximumLength: 64 },
    { name: 'ApiPassthrough', type: 'string', maximumLength: 65_536 },
    { name: 'CertMaxTime', type: 'integer', minimum: 1, maximum: 36_500 },
    ...labelParameters,
  ],
  run(given, service) {
    const instance = service.instances.get(given.get('InstanceId') ?? '');
    if (instance === undefined) return refused(problem('NotFound', 'The specified instance does not exist.'));
    if (instance.certificate !== undefined)
      return refused(problem('InvalidParameter.InstanceId', 'The instance was activated before.'));

    const request = requestOf(given, 'Csr');
    if ('code' in request) return refused(request);
    const objection = keyObjection(request);
    if (objection !== undefined) return refused(objection);
    const parent = issuingCa(request, service);
    if ('code' in parent) return refused(parent);
    const plan = planOf(request, parent, given, service);
    if ('code' in plan) return refused(plan);
    const withoutCertificate = service.faults.strikes('withoutCertificate');
    const record = issueCertificate(parent, { ...plan, pending: withoutCertificate }, service);
    if ('code' in record) return refused(record);
    instance.certificate = record;
    const members = withoutCertificate
      ? {}
      : { Certificate: presentPem(certificatePem(record), service.faults.current), ...chainMember(record, service) };
    return { kind: 'answered', body: { Identifier: record.identifier, ...members } };
  },
};

/** The first CA of the key's family that may have sub CAs below it. */
function issuingCa({ keyFamily }: CertificationRequest, { authorities }: Service): Authority | Problem {
  const found = [...authorities.values()].find(
    (authority) => authority.keyFamily === keyFamily && (authority.pathLength ?? 0) > 0,
  );
  if (found === undefined) return problem('NotFound', `There is no CA of family ${keyFamily} that issues sub CAs.`);
  return found.status === 'ISSUE' ? found : problem('CertificateExpired', 'The CA certificate is not active.');
}

function planOf(
  request: CertificationRequest,
  parent: Authority,
  given: Parameters,
  service: Service,
): Omit<IssuePlan, 'pending'> | Problem {
  const validity = readValidity(given.get('Validity') ?? '', service.now());
  if (validity.kind === 'refused') return problem('InvalidParameter.Validity', validity.message);
  const objection = validityObjection(parent, validity.notBefore, validity.notAfter);
  if (objection !== undefined) return problem('InvalidParameter.Validity', objection);
  const passed = readExternalPassthrough(given.get('ApiPassthrough'));
  if (passed === undefined || passed.pathLength >= (parent.pathLength ?? 0))
    return problem('InvalidParameter.ApiPassthrough', 'The JSON text of ApiPassthrough is not valid for this CA.');

  const used = passed.subject.length === 0 ? withUsedSubject(request, 'Csr', service) : request;
  if ('code' in used) return used;
  const subject = passed.subject.length === 0 ? used.subject : encodeName(passed.subject);
  if (decodeName(subject).length === 0) return problem('InvalidParameter.Csr', 'A CA needs a subject.');
  return {
    action: name,
    type: 'CA',
    inWarehouse: false,
    ...labelsOf(given),
    customIdentifier: undefined,
    request,
    subject,
    names: [],
    extensions: [
      {
        type: extensionType.keyUsage,
        critical: true,
        value: keyUsage([keyUsageBit.keyCertSign, keyUsageBit.crlSign]),
      },
      ...passed.extensions,
    ],
    serialNumber: undefined,
    notBefore: validity.notBefore,
    notAfter: validity.notAfter,
    withCrl: true,
    constraints: { ca: true, pathLength: passed.pathLength, critical: true },
  };
}
