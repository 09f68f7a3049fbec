/** CreateCustomCertificate (2020-06-30): a certificate over a CSR, its subject and extensions passed through. */
import { type Authority, authorityChain } from '../issuing/authority.ts';
import { issueLeaf } from '../issuing/leaf.ts';
import { certificatePem, type IssuedRecord } from '../issuing/ledger.ts';
import { applyPassthrough, dnsNamesOf, passthroughParameters } from '../issuing/passthrough.ts';
import { presentChain, presentPem } from '../issuing/presentation.ts';
import { readValidity, validityObjection } from '../issuing/validity.ts';
import { integerOf, listItems, type Parameters } from '../protocol/parameters.ts';
import { problem, type Problem } from '../protocol/problem.ts';
import { extensionType } from '../x509/extensions.ts';
import { readCertificationRequest } from '../x509/signing-request.ts';
import { refused, type Action, type ActionOutcome, type Service } from './action.ts';

export const createCustomCertificate: Action = {
  name: 'CreateCustomCertificate',
  version: '2020-06-30',
  issues: true,
  parameters: [
    { name: 'ParentIdentifier', type: 'string', required: true, maximumLength: 64 },
    { name: 'Csr', type: 'string', required: true, maximumLength: 65_536 },
    { name: 'Validity', type: 'string', required: true, maximumLength: 64 },
    { name: 'Immediately', type: 'integer', minimum: 0, maximum: 2 },
    { name: 'EnableCrl', type: 'integer', minimum: 0, maximum: 1 },
    { name: 'ResourceGroupId', type: 'string', maximumLength: 64 },
    // Lower-case, unlike the other operations' CustomIdentifier.
    { name: 'customIdentifier', type: 'string', maximumLength: 64 },
    { name: 'Tags.N.Key', type: 'string', required: true, maximumLength: 128 },
    { name: 'Tags.N.Value', type: 'string', maximumLength: 128, maximumItems: 100 },
    ...passthroughParameters,
  ],
  run(given, service) {
    const customIdentifier = given.get('customIdentifier');
    const earlier = customIdentifier === undefined ? undefined : service.ledger.byCustomIdentifier(customIdentifier);
    const { duplicateIdentifier } = service.faults.current;
    if (earlier !== undefined && duplicateIdentifier === 'ParamRepeat') {
      return refused(problem('ParamRepeat', 'The parameter customIdentifier is repeated.'));
    }
    if (earlier !== undefined && duplicateIdentifier === 'ReturnEarlier') return answer(earlier, given, service);
    const parent = issuingParent(given.get('ParentIdentifier') ?? '', service);
    if ('code' in parent) return refused(parent);
    const issued = issue(parent, given, service);
    if ('code' in issued) return refused(issued);
    service.ledger.add(issued);
    parent.issuedCount += 1;
    return answer(issued, given, service);
  },
};

function issuingParent(identifier: string, { authorities, faults }: Service): Authority | Problem {
  const parent = authorities.get(identifier);
  if (parent === undefined) return problem('NotFound', 'The specified CA certificate does not exist.');
  if (parent.kind === 'ROOT') {
    return problem('InvalidParameter.ParentIdentifier', 'Certificates are issued by subordinate CAs only.');
  }
  if (parent.issuerType === 'iTrusChina') {
    return problem('InvalidParameter.ParentIdentifier', 'This operation is not available for compliance CAs.');
  }
  if (parent.status !== 'ISSUE') return problem('CertificateExpired', 'The CA certificate is not active.');
  if (faults.current.quotaExhausted || parent.issuedCount >= parent.quota) {
    return problem('InsufficientQuota', 'The number of certificates of the CA is used up.');
  }
  return parent;
}

function issue(parent: Authority, given: Parameters, service: Service): IssuedRecord | Problem {
  const now = service.now();
  const read = readCertificationRequest(given.get('Csr') ?? '');
  if (read.kind !== 'read') return problem('InvalidParameter.Csr', `The CSR cannot be used: ${read.message}.`);
  const { request } = read;
  if (request.keyFamily !== parent.keyFamily) {
    return problem('InvalidParameter.Csr', `The key must be of the CA's family ${parent.keyFamily}.`);
  }
  const validity = readValidity(given.get('Validity') ?? '', now);
  if (validity.kind === 'refused') return problem('InvalidParameter.Validity', validity.message);
  const objection = validityObjection(parent, validity.notBefore, validity.notAfter);
  if (objection !== undefined) return problem('InvalidParameter.Validity', objection);
  const passed = applyPassthrough(given, request, service.faults.current.csrExtensions === 'Used');
  if (passed.kind === 'refused') return problem('InvalidParameter.ApiPassthrough', passed.message);
  const leaf = issueLeaf(parent, {
    request,
    subject: passed.subject,
    extensions: passed.extensions,
    serialNumber: passed.serialNumber,
    notBefore: validity.notBefore,
    notAfter: validity.notAfter,
    withCrl: integerOf(given, 'EnableCrl', 0) === 1,
    wrongKey: service.faults.strikes('wrongKey'),
    wrongName: service.faults.strikes('wrongName'),
  });
  if (service.ledger.hasSerialNumber(parent, leaf.serialNumber)) {
    return problem('ParamRepeat', 'The serial number was used before.');
  }
  return {
    ...leaf,
    customIdentifier: given.get('customIdentifier'),
    parent,
    names:
      passed.names.length > 0
        ? passed.names
        : dnsNamesOf(request.extensions.get(extensionType.subjectAlternativeName)?.value),
    keyFamily: request.keyFamily,
    type: 'END_ENTITY',
    notBefore: validity.notBefore,
    notAfter: validity.notAfter,
    issuedAt: now,
    availableAt: new Date(
      now.getTime() + (integerOf(given, 'Immediately', 0) === 0 ? service.faults.current.pendingMilliseconds : 0),
    ),
    tags: listItems(given, 'Tags').map((item) => ({
      Key: given.get(`Tags.${item}.Key`) ?? '',
      Value: given.get(`Tags.${item}.Value`) ?? '',
    })),
    resourceGroupId: given.get('ResourceGroupId'),
    status: 'ISSUE',
    modifiedAt: now,
  };
}

function answer(record: IssuedRecord, given: Parameters, { faults }: Service): ActionOutcome {
  const immediately = faults.strikes('withoutCertificate') ? 0 : integerOf(given, 'Immediately', 0);
  const { current } = faults;
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
