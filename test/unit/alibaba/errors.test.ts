// Every row of the error table: answers of the service, and errors in the shape in which the network throws them.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { errorClasses, errorTable } from '../../../src/alibaba/error-table.ts';
import type { PcaErrorClass } from '../../../src/alibaba/error-table.ts';
import type { PcaFailure } from '../../../src/alibaba/errors.ts';
import { clientFailure, networkFailure, refusal } from '../../../src/alibaba/errors.ts';
import { redactorOf } from '../../../src/alibaba/redaction.ts';

const call = {
  action: 'CreateCustomCertificate',
  host: 'cas.aliyuncs.com',
  sent: true,
  redact: redactorOf(['PLANTEDsecret']),
};

function answered(code: string | undefined, status: number, rest: object = {}, about = call): PcaFailure {
  const named = code === undefined ? {} : { Code: code };
  return refusal({ status, body: { ...named, Message: 'text.', RequestId: 'RID-1', ...rest } }, about);
}

function verdict({ class: errorClass, mayHaveIssued }: PcaFailure): readonly [PcaErrorClass, boolean] {
  return [errorClass, mayHaveIssued];
}

const answers: readonly (readonly [code: string | undefined, status: number, PcaErrorClass, issued: boolean])[] = [
  ['Throttling', 400, 'Throttled', false],
  ['Throttling.User', 400, 'Throttled', false],
  ['Throttling.Api', 429, 'Throttled', false],
  ['Rejected.Throttling', 400, 'Throttled', false],
  ['Throttling.User', 503, 'Throttled', false],
  ['FlowControlError', 400, 'Throttled', false],
  ['InternalError', 500, 'OutcomeUnknown', true],
  ['InternalError', 400, 'OutcomeUnknown', true],
  ['ServiceUnavailable', 503, 'OutcomeUnknown', true],
  ['OperationDenied.SystemUpgrading', 400, 'Transient', false],
  ['DeductQuotaFailed', 400, 'Transient', false],
  ['DeductQuotaFailed', 500, 'OutcomeUnknown', true],
  ['InvalidStatus.UpdateProtection', 400, 'Transient', false],
  ['InvalidStatus.DeleteProtection', 400, 'Transient', false],
  ['SignatureNonceUsed', 400, 'OutcomeUnknown', true],
  ['InvalidTimeStamp.Expired', 400, 'Credentials', false],
  ['InvalidTimeStamp.Format', 400, 'Credentials', false],
  ['SignatureDoesNotMatch', 403, 'Credentials', false],
  ['IncompleteSignature', 400, 'Credentials', false],
  ['InvalidAccessKeyId.NotFound', 404, 'Credentials', false],
  ['InvalidAccessKeyId.Inactive', 400, 'Credentials', false],
  ['InvalidSecurityToken.Expired', 400, 'Credentials', false],
  ['NoPermission', 403, 'Permission', false],
  ['Forbidden.RAM', 403, 'Permission', false],
  ['Forbidden', 400, 'Permission', false],
  ['PermissionDenied', 400, 'Permission', false],
  ['AccessDenied.NoAuth', 400, 'Permission', false],
  ['InvalidAction', 404, 'ActionUnavailable', false],
  ['InvalidAction.NotFound', 404, 'ActionUnavailable', false],
  ['InvalidApi.NotFound', 404, 'ActionUnavailable', false],
  ['InvalidVersion', 403, 'ActionUnavailable', false],
  ['UnsupportedHTTPMethod', 400, 'ActionUnavailable', false],
  ['InsufficientQuota', 400, 'Capacity', false],
  ['InsufficientBalance', 400, 'Capacity', false],
  ['OrderExpired', 400, 'Capacity', false],
  ['ParamRepeat', 400, 'Duplicate', true],
  ['NameRepeat', 400, 'Duplicate', true],
  ['AlreadyExists.Identifier', 400, 'Duplicate', true],
  ['NotFound', 400, 'IssuingCA', false],
  ['CertificateExpired', 400, 'IssuingCA', false],
  ['InvalidParameter.Csr', 400, 'RequestRejected', false],
  ['InvalidParameter', 500, 'OutcomeUnknown', true],
  ['InvaildParameterSource', 400, 'RequestRejected', false],
  ['MissingParameter', 400, 'RequestRejected', false],
  ['InvalidSource.Content.Malformed', 400, 'RequestRejected', false],
  ['ParseCertificateFailed', 400, 'RequestRejected', false],
  ['CertificateFormatException', 400, 'RequestRejected', false],
  ['CreateCsrFailed', 400, 'RequestRejected', false],
  ['DataTooLongException', 400, 'RequestRejected', false],
  ['CertificateChainNotMatch', 400, 'RequestRejected', false],
  ['NeverHeardOf', 400, 'Unknown', true],
  ['NeverHeardOf', 429, 'Throttled', false],
  ['NeverHeardOf', 502, 'OutcomeUnknown', true],
  [undefined, 403, 'Unknown', true],
  [undefined, 500, 'OutcomeUnknown', true],
];

test.each(answers)(
  'the service answering %s with %d is %s (may have issued: %s)',
  (code, status, errorClass, issued) => {
    expect(verdict(answered(code, status))).toEqual([errorClass, issued]);
  },
);

const faults: readonly (readonly [name: string, error: unknown, PcaErrorClass, issued: boolean])[] = [
  ['ECONNREFUSED', { code: 'ECONNREFUSED' }, 'Transient', false],
  ['an address that is refused', { code: 'AddressRefused' }, 'EndpointNotAllowed', false],
  ['ENOTFOUND', { code: 'ENOTFOUND' }, 'Transient', false],
  ['EAI_AGAIN', { code: 'EAI_AGAIN' }, 'Transient', false],
  ['EHOSTUNREACH', { code: 'EHOSTUNREACH' }, 'Transient', false],
  ['EMFILE', { code: 'EMFILE' }, 'Transient', false],
  ['an expired certificate', { code: 'CERT_HAS_EXPIRED' }, 'Transient', false],
  ['an unknown issuer', { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }, 'Transient', false],
  ['a wrong name', { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'Transient', false],
  ['a handshake failure', { code: 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE' }, 'Transient', false],
  ['a TLS failure at any time', { code: 'EPROTO' }, 'OutcomeUnknown', true],
  ['a timeout of connect', { code: 'ETIMEDOUT', syscall: 'connect' }, 'Transient', false],
  ['timeouts of all addresses', { code: 'ETIMEDOUT', errors: [{ syscall: 'connect' }] }, 'Transient', false],
  ['a timeout of read', { code: 'ETIMEDOUT', syscall: 'read' }, 'OutcomeUnknown', true],
  ['ECONNRESET', { code: 'ECONNRESET', syscall: 'read' }, 'OutcomeUnknown', true],
  ['EPIPE', { code: 'EPIPE' }, 'OutcomeUnknown', true],
  ['a connection that could not be made in time', { code: 'UND_ERR_CONNECT_TIMEOUT' }, 'Transient', false],
  ['a connection that the other side closed', { code: 'UND_ERR_SOCKET' }, 'OutcomeUnknown', true],
  ['a proxy that refuses', { code: 'ProxyRefused' }, 'Transient', false],
  ['plain HTTP beyond this machine', { code: 'PlainHTTPRefused' }, 'EndpointNotAllowed', false],
  ['a host that no request can be made for', { code: 'UND_ERR_INVALID_ARG' }, 'Transient', false],
  ['what is not HTTP', { code: 'HPE_INVALID_CONSTANT' }, 'OutcomeUnknown', true],
  ['what is not HTTP at all', { name: 'HTTPParserError', code: undefined }, 'OutcomeUnknown', true],
  ['undefined', undefined, 'OutcomeUnknown', true],
];

test.each(faults)('%s is classified', (_name, error, errorClass, issued) => {
  expect(verdict(networkFailure(error, call))).toEqual([errorClass, issued]);
});

describe('what the call was', () => {
  const read = { ...call, action: 'DescribeCACertificate' };

  test('a read has no unknown outcome and issues nothing', () => {
    const failures = [
      answered('InternalError', 500, {}, read),
      networkFailure({ code: 'ECONNRESET' }, read),
      answered('NeverHeardOf', 400, {}, read),
      answered('NotFound', 400, {}, read),
    ];
    expect(failures.map(verdict)).toEqual([
      ['Transient', false],
      ['Transient', false],
      ['Unknown', false],
      ['IssuingCA', false],
    ]);
  });

  test('an unknown certificate is not an unknown CA', () => {
    const about = { ...call, action: 'DescribeClientCertificate' };
    expect(verdict(answered('NotFound', 400, {}, about))).toEqual(['Unknown', false]);
  });

  test.each(['GetCAInstanceStatus', 'CreateExternalCACertificate'])(
    'what %s does not find is the instance, not the CA',
    (action) => {
      const { class: name, message, mayHaveIssued } = answered('NotFound', 404, {}, { ...call, action });
      expect([name, message, mayHaveIssued]).toEqual([
        'ExternalCA',
        `${action} at cas.aliyuncs.com failed, there is no such instance (NotFound, HTTP 404, RequestId RID-1): text. Check spec.externalCA.instanceIds, the region and the account.`,
        false,
      ]);
    },
  );

  test.each<[string, PcaFailure['service']]>([
    ['CreateCustomCertificate', 'PCA'],
    ['GetCAInstanceStatus', 'PCA'],
    ['AssumeRole', 'STS'],
    ['AssumeRoleWithOIDC', 'STS'],
    ['GetCallerIdentity', 'STS'],
  ])('a failure of %s is one of %s, whatever it met', (action, service) => {
    const about = { ...call, action };
    const failures = [
      answered('Throttling.User', 400, {}, about),
      networkFailure({ code: 'ECONNREFUSED' }, about),
      clientFailure('DeadlineExceeded', about),
    ];
    expect(failures.map((failure) => failure.service)).toEqual([service, service, service]);
  });

  test('what was not sent has issued nothing', () => {
    expect(clientFailure('Cancelled', { ...call, sent: false }).mayHaveIssued).toBe(false);
  });
});

test('a denial names action and principal, in the failure and in its message', () => {
  const detail = {
    AuthAction: 'yundun-cert:CreateCustomCertificate',
    AuthPrincipalDisplayName: 'cert-issuer',
    PolicyType: 'x',
  };
  expect(answered('NoPermission', 403, { AccessDeniedDetail: detail })).toEqual({
    service: 'PCA',
    class: 'Permission',
    code: 'NoPermission',
    httpStatus: 403,
    requestId: 'RID-1',
    message:
      'CreateCustomCertificate at cas.aliyuncs.com failed, the RAM identity is not allowed to do this (NoPermission, HTTP 403, RequestId RID-1): text. ' +
      'Denied: yundun-cert:CreateCustomCertificate for cert-issuer. Allow the action in the policy of the RAM identity.',
    accessDenied: { action: 'yundun-cert:CreateCustomCertificate', principal: 'cert-issuer' },
    mayHaveIssued: false,
  });
});

test('a signature error does not repeat the request that the service echoes', () => {
  const failure = answered('SignatureDoesNotMatch', 400, { Message: 'server string to sign is:POST\n/\n\nhost:x' });
  expect(failure.message).toBe(
    'CreateCustomCertificate at cas.aliyuncs.com failed, the signature does not match (SignatureDoesNotMatch, HTTP 400, ' +
      'RequestId RID-1). Check the access key secret that belongs to this access key id.',
  );
});

test('a code or request id of another form is not repeated', () => {
  const failure = answered('PLANTEDsecret', 400, { RequestId: 'a b' });
  expect([failure.code, failure.requestId, failure.message.includes('PLANTED')]).toEqual(['NoCode', undefined, false]);
});

test("an answer that does not tell its request id is named by its header's", () => {
  const answer = { status: 400, body: { Code: 'NotFound' } };
  expect([refusal(answer, call).requestId, refusal({ ...answer, requestId: 'RID-2' }, call).requestId]).toEqual([
    undefined,
    'RID-2',
  ]);
});

test('every row says what happened and has a class with a described effect', () => {
  const incomplete = errorTable.filter(
    (row) => row.meaning === '' || row.patterns.length === 0 || !(row.class in errorClasses),
  );
  expect(incomplete).toEqual([]);
});

test('only answers of the service fail a request for good', () => {
  expect(errorTable.filter((row) => row.class === 'RequestRejected').map((row) => row.source)).toEqual(['Code']);
});

test('anything thrown gives a failure', () => {
  const hostile = Object.defineProperty({}, 'code', {
    get: () => {
      throw new Error('trap');
    },
  });
  expect(verdict(networkFailure(hostile, call))).toEqual(['OutcomeUnknown', true]);
  fc.assert(fc.property(fc.anything(), (value) => networkFailure(value, call).message.length <= 500));
});
