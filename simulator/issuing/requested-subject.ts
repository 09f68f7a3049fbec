// The subject that a CSR asks for, where it is used: with or without its attributes that have no value, or not at all.
import type { Service } from '../actions/action.ts';
import { problem } from '../protocol/problem.ts';
import type { Problem } from '../protocol/problem.ts';
import { hasEmptyAttribute, withoutEmptyAttributes } from '../x509/names.ts';
import type { CertificationRequest } from '../x509/signing-request.ts';

/** The request with the subject that is used of it, or why the CSR in this parameter is refused. */
export function withUsedSubject(
  request: CertificationRequest,
  parameter: 'Csr' | 'CsrPemString',
  { faults: { current } }: Pick<Service, 'faults'>,
): CertificationRequest | Problem {
  const { subject } = request;
  if (!hasEmptyAttribute(subject) || current.emptyAttributes === 'Copied') return request;
  if (current.emptyAttributes === 'Dropped') return { ...request, subject: withoutEmptyAttributes(subject) };
  return problem(`InvalidParameter.${parameter}`, 'The subject of the CSR has an attribute without a value.');
}
