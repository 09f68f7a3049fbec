// Parameters that several operations have, and what is read from them.
import type { IssuedRecord } from '../issuing/ledger.ts';
import { listItems } from '../protocol/parameters.ts';
import type { ParameterRule, Parameters } from '../protocol/parameters.ts';
import { problem } from '../protocol/problem.ts';
import type { Problem } from '../protocol/problem.ts';
import { readCertificationRequest } from '../x509/signing-request.ts';
import type { CertificationRequest } from '../x509/signing-request.ts';
import type { Authority } from '../issuing/authority.ts';
import type { Service } from './action.ts';

/** `Identifier`, required, of the operations about one certificate. */
export const identifierParameter: ParameterRule = {
  name: 'Identifier',
  type: 'string',
  required: true,
  maximumLength: 64,
};

/** Resource group and tags. */
export const labelParameters: readonly ParameterRule[] = [
  { name: 'ResourceGroupId', type: 'string', maximumLength: 64 },
  { name: 'Tags.N.Key', type: 'string', required: true, maximumLength: 128 },
  { name: 'Tags.N.Value', type: 'string', maximumLength: 128, maximumItems: 100 },
];

/** CRL, custom identifier and labels of the server and client operations over a CSR. */
export const csrCertificateParameters: readonly ParameterRule[] = [
  { name: 'EnableCrl', type: 'integer', minimum: 0, maximum: 1 },
  { name: 'CustomIdentifier', type: 'string', maximumLength: 64 },
  ...labelParameters,
];

/** Resource group and tags as the ledger keeps them. */
export function labelsOf(given: Parameters): Pick<IssuedRecord, 'tags' | 'resourceGroupId'> {
  return {
    tags: listItems(given, 'Tags').map((item) => ({
      Key: given.get(`Tags.${item}.Key`) ?? '',
      Value: given.get(`Tags.${item}.Value`) ?? '',
    })),
    resourceGroupId: given.get('ResourceGroupId'),
  };
}

/** The certificate issued earlier under the custom identifier in parameter `name`, as the choice treats it. */
export function earlierCertificate(
  given: Parameters,
  name: 'customIdentifier' | 'CustomIdentifier',
  { ledger, faults }: Service,
): IssuedRecord | Problem | undefined {
  const customIdentifier = given.get(name);
  const earlier = customIdentifier === undefined ? undefined : ledger.byCustomIdentifier(customIdentifier);
  if (earlier === undefined || faults.current.duplicateIdentifier === 'Accept') return undefined;
  return faults.current.duplicateIdentifier === 'ReturnEarlier'
    ? earlier
    : problem('ParamRepeat', `The parameter ${name} is repeated.`);
}

/** The CSR in parameter `name`, or why it cannot be used with keys of that family. */
export function requestOf(
  given: Parameters,
  name: 'Csr' | 'CsrPemString',
  family?: Authority['keyFamily'],
): CertificationRequest | Problem {
  const read = readCertificationRequest(given.get(name) ?? '');
  if (read.kind !== 'read') return problem(`InvalidParameter.${name}`, `The CSR cannot be used: ${read.message}.`);
  return family !== undefined && read.request.keyFamily !== family
    ? problem(`InvalidParameter.${name}`, `The key must be of the CA's family ${family}.`)
    : read.request;
}
