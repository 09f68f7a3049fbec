// Every row of the error table, with the errors in the shape in which the client library throws them.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { errorClasses, errorTable } from '../../../src/alibaba/error-table.ts';
import type { PcaErrorClass } from '../../../src/alibaba/error-table.ts';
import { clientFailure, failureOf } from '../../../src/alibaba/errors.ts';
import { redactorOf } from '../../../src/alibaba/redaction.ts';

const call = {
  action: 'CreateCustomCertificate',
  host: 'cas.aliyuncs.com',
  sent: true,
  redact: redactorOf(['PLANTEDsecret']),
};

function thrown(code: string | undefined, statusCode: number, rest: object = {}): Error {
  const data = {
    ...(code === undefined ? {} : { Code: code }),
    Message: 'text.',
    RequestId: 'RID-1',
    ...rest,
    statusCode,
  };
  return Object.assign(new Error(`${code}: code: ${statusCode}, text. request id: RID-1`), {
    code: `${code}`,
    statusCode,
    data,
  });
}

function verdict(error: unknown, about = call): readonly [PcaErrorClass, boolean] {
  const { class: errorClass, mayHaveIssued } = failureOf(error, about);
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
    expect(verdict(thrown(code, status))).toEqual([errorClass, issued]);
  },
);

const faults: readonly (readonly [name: string, error: unknown, PcaErrorClass, issued: boolean])[] = [
  ['ECONNREFUSED', { code: 'ECONNREFUSED' }, 'Transient', false],
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
  ["the library's timeout", { name: 'RequestTimeoutError' }, 'OutcomeUnknown', true],
  ['no credentials', { code: 'InvalidCredentials' }, 'Credentials', false],
  ['not JSON', new SyntaxError('Unexpected token'), 'OutcomeUnknown', true],
  ['not an object', new Error('The value is not a object'), 'OutcomeUnknown', true],
  ['undefined', undefined, 'OutcomeUnknown', true],
];

test.each(faults)('%s is classified', (_name, error, errorClass, issued) => {
  expect(verdict(error)).toEqual([errorClass, issued]);
});

describe('what the call was', () => {
  const read = { ...call, action: 'DescribeCACertificate' };

  test('a read has no unknown outcome and issues nothing', () => {
    const errors = [
      thrown('InternalError', 500),
      { code: 'ECONNRESET' },
      thrown('NeverHeardOf', 400),
      thrown('NotFound', 400),
    ];
    expect(errors.map((error) => verdict(error, read))).toEqual([
      ['Transient', false],
      ['Transient', false],
      ['Unknown', false],
      ['IssuingCA', false],
    ]);
  });

  test('an unknown certificate is not an unknown CA', () => {
    expect(verdict(thrown('NotFound', 400), { ...call, action: 'DescribeClientCertificate' })).toEqual([
      'Unknown',
      false,
    ]);
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
  expect(failureOf(thrown('NoPermission', 403, { AccessDeniedDetail: detail }), call)).toEqual({
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
  const error = thrown('SignatureDoesNotMatch', 400, { Message: 'server string to sign is:POST\n/\n\nhost:x' });
  expect(failureOf(error, call).message).toBe(
    'CreateCustomCertificate at cas.aliyuncs.com failed, the signature does not match (SignatureDoesNotMatch, HTTP 400, ' +
      'RequestId RID-1). Check the access key secret that belongs to this access key id.',
  );
});

test('a code or request id of another form is not repeated', () => {
  const failure = failureOf(thrown('PLANTEDsecret', 400, { RequestId: 'a b' }), call);
  expect([failure.code, failure.requestId, failure.message.includes('PLANTED')]).toEqual(['NoCode', undefined, false]);
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
  const hostile = Object.defineProperty({}, 'data', {
    get: () => {
      throw new Error('trap');
    },
  });
  expect(verdict(hostile)).toEqual(['OutcomeUnknown', true]);
  fc.assert(fc.property(fc.anything(), (value) => failureOf(value, call).message.length <= 500));
});
