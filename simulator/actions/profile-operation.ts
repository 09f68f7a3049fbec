// The common part of CreateServerCertificateWithCsr, CreateClientCertificateWithCsr and CreateWHClientCertificate.
import { authorityChain, rootOf } from '../issuing/authority.ts';
import type { Authority } from '../issuing/authority.ts';
import { issueCertificate } from '../issuing/issue.ts';
import type { IssuePlan } from '../issuing/issue.ts';
import { certificatePem } from '../issuing/ledger.ts';
import type { IssuedRecord } from '../issuing/ledger.ts';
import { issuingParent } from '../issuing/parent.ts';
import { periodParameters, readPeriod } from '../issuing/period.ts';
import { presentChain, presentPem } from '../issuing/presentation.ts';
import { algorithmNames, applyProfile, keyObjection } from '../issuing/profile.ts';
import { subjectParameters } from '../issuing/profile-subject.ts';
import { withUsedSubject } from '../issuing/requested-subject.ts';
import { integerOf } from '../protocol/parameters.ts';
import type { ParameterRule, Parameters } from '../protocol/parameters.ts';
import type { Problem } from '../protocol/problem.ts';
import { refused } from './action.ts';
import type { ActionOutcome, Service } from './action.ts';
import { earlierCertificate, labelsOf, requestOf } from './shared-parameters.ts';

/** The parameters of all three; CSR and parent are required although some of the documents call them optional. */
export const profileParameters: readonly ParameterRule[] = [
  { name: 'ParentIdentifier', type: 'string', required: true, maximumLength: 64 },
  { name: 'Csr', type: 'string', required: true, maximumLength: 65_536 },
  { name: 'Algorithm', type: 'string', values: algorithmNames },
  { name: 'Immediately', type: 'integer', minimum: 0, maximum: 2 },
  ...periodParameters,
  ...subjectParameters('Country'),
];

/** The differences between the three operations. */
export interface ProfileOperation {
  readonly name: string;
  readonly type: 'SERVER' | 'CLIENT';
  readonly inWarehouse: boolean;
  /** Whether the answer carries the PEM texts, apart from what `Immediately` and the faults say. */
  readonly answersAtOnce: (given: Parameters, service: Service) => boolean;
  /** The answer's members beside `Identifier`, for `Immediately` 1 or 2. */
  readonly members: (record: IssuedRecord, whole: boolean, service: Service) => Readonly<Record<string, unknown>>;
}

/** Runs one of them. */
export function runProfileOperation(operation: ProfileOperation, given: Parameters, service: Service): ActionOutcome {
  const found = earlierCertificate(given, 'CustomIdentifier', service) ?? planOf(operation, given, service);
  if ('code' in found) return refused(found);
  const isHeldBack = service.faults.strikes('withoutCertificate') || !operation.answersAtOnce(given, service);
  const immediately = isHeldBack ? 0 : integerOf(given, 'Immediately', 0);
  const record =
    'der' in found ? found : issueCertificate(found.parent, { ...found, pending: immediately === 0 }, service);
  if ('code' in record) return refused(record);
  const members = immediately === 0 ? {} : operation.members(record, immediately === 2, service);
  return { kind: 'answered', body: { Identifier: record.identifier, ...members } };
}

function planOf(
  operation: ProfileOperation,
  given: Parameters,
  service: Service,
): (Omit<IssuePlan, 'pending'> & { readonly parent: Authority }) | Problem {
  const authority = issuingParent(given.get('ParentIdentifier') ?? '', service, 'Allowed');
  if ('code' in authority) return authority;
  const asked = requestOf(given, 'Csr', authority.keyFamily);
  if ('code' in asked) return asked;
  const request = withUsedSubject(asked, 'Csr', service);
  if ('code' in request) return request;
  const objection = keyObjection(request, given.get('Algorithm'));
  if (objection !== undefined) return objection;
  const period = readPeriod(given, authority, service.now());
  if ('code' in period) return period;
  const profile = { type: operation.type, defaults: operation.type === 'CLIENT' ? 'Client' : 'Located' } as const;
  const applied = applyProfile({ request, given, authority }, profile, service);
  if ('code' in applied) return applied;
  return {
    parent: authority,
    action: operation.name,
    type: operation.type,
    inWarehouse: operation.inWarehouse,
    ...labelsOf(given),
    customIdentifier: given.get('CustomIdentifier'),
    request,
    ...applied,
    serialNumber: undefined,
    notBefore: period.notBefore,
    notAfter: period.notAfter,
    withCrl: integerOf(given, 'EnableCrl', 0) === 1,
    constraints: { ca: false, critical: true },
  };
}

/** Members of the answers for servers and clients, in the form that the choice says. */
export function certificateMembers(
  record: IssuedRecord,
  whole: boolean,
  service: Service,
): Readonly<Record<string, unknown>> {
  const { current } = service.faults;
  const certificate = { X509Certificate: presentPem(certificatePem(record), current) };
  if (current.olderReply) return { ...certificate, ...(whole ? issuerMembers(record, service) : {}) };
  return {
    ...certificate,
    SerialNumber: record.serialNumber,
    ...(whole ? chainMember(record, service) : {}),
  };
}

/** `CertificateChain`. */
export function chainMember(
  record: IssuedRecord,
  { faults: { current } }: Service,
): { readonly CertificateChain: string } {
  return { CertificateChain: presentChain(authorityChain(record.parent, current.chainWithRoot), current) };
}

/** The issuing CA and the root apart, as some answers have them. */
export function issuerMembers(
  record: IssuedRecord,
  { faults: { current } }: Service,
): Readonly<Record<string, string>> {
  return {
    ParentX509Certificate: presentPem(record.parent.certificatePem, current),
    RootX509Certificate: presentPem(rootOf(record.parent).certificatePem, current),
  };
}
