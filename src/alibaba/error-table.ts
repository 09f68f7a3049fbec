// The one table from what a call met (the service's code, the HTTP status, the transport, our own client) to its class and to
// whether a certificate may exist all the same. docs/conditions-and-errors.md lists the same rows. Those about getting credentials
// are in credentials/error-rows.ts, those about proxies in proxies/error-rows.ts.
import { credentialCodes, credentialFaults } from './credentials/error-rows.ts';
import { proxyRows } from './proxies/error-rows.ts';

/** What a failure means for us; each class has one effect on request and issuer, see `errorClasses`. */
export type PcaErrorClass =
  | 'Throttled'
  | 'Transient'
  | 'OutcomeUnknown'
  | 'Credentials'
  | 'Permission'
  | 'IssuingCA'
  | 'ExternalCA'
  | 'Capacity'
  | 'ActionUnavailable'
  | 'EndpointNotAllowed'
  | 'Duplicate'
  | 'RequestRejected'
  | 'Cancelled'
  | 'Unknown';

/** One row: the first row of its source whose pattern matches decides. A pattern is a whole name, or one with `*` for any text. */
export interface ErrorRow {
  readonly source: 'Code' | 'Status' | 'Transport' | 'Client';
  readonly patterns: readonly string[];
  readonly class: PcaErrorClass;
  /** For a call that creates something; reads issue nothing whatever happens to them. */
  readonly mayHaveIssued: boolean;
  /** What happened, as the middle of a sentence; replaces the service's own text where that would echo our request. */
  readonly meaning: string;
  /** What to do now; empty where no action is needed. */
  readonly advice: string;
  /** The service's text is not repeated. */
  readonly silent?: true;
}

/** What each class means for the request and for the issuer. */
export const errorClasses: Readonly<Record<PcaErrorClass, { readonly request: string; readonly issuer: string }>> = {
  Throttled: {
    request: 'tried again with back-off; nothing was issued',
    issuer: 'stays ready; the rate of calls is halved',
  },
  Transient: { request: 'tried again with back-off; nothing was issued', issuer: 'stays ready' },
  OutcomeUnknown: { request: 'looked up before it is tried again; a certificate may exist', issuer: 'stays ready' },
  Credentials: {
    request: 'waits for the issuer',
    issuer: 'not ready until the credentials or the clock are corrected',
  },
  Permission: { request: 'waits for the issuer', issuer: 'not ready until the RAM policy allows the action' },
  IssuingCA: { request: 'waits for the issuer', issuer: 'not ready until the CA can be used' },
  ExternalCA: {
    request: 'a CA certificate: tried again with back-off; nothing was issued',
    issuer: 'stays ready; only its CA certificates wait, until spec.externalCA is corrected',
  },
  Capacity: { request: 'waits for the issuer', issuer: 'not ready until quota, balance or subscription is renewed' },
  ActionUnavailable: { request: 'waits for the issuer', issuer: 'not ready: wrong endpoint or withdrawn operation' },
  EndpointNotAllowed: { request: 'waits for the issuer', issuer: 'not ready until its endpoint is an allowed one' },
  Duplicate: { request: 'the certificate of the same identifier is looked up and adopted', issuer: 'stays ready' },
  RequestRejected: { request: 'fails permanently', issuer: 'stays ready' },
  Cancelled: {
    request: 'not told; looked up before it is tried again if the call had been sent',
    issuer: 'stays ready',
  },
  Unknown: { request: 'tried again with back-off, then reported; never failed', issuer: 'stays ready' },
};

const policyAdvice = 'Allow the action in the policy of the RAM identity.';
const strange = 'the answer does not come from Alibaba PCA';
const strangeAdvice = 'Check endpoint and protocol: something else may answer there.';
const networkAdvice = 'Check the endpoint, DNS, network policies and the egress of the operator.';
const hostAdvice = 'Name another host, or have the administrator name the address in --issuer-hosts.';
const plainHttpAdvice =
  'Set protocol to HTTPS, or have the administrator allow plain HTTP with --plain-http-endpoints (Helm: plainHttpEndpoints).';
const tlsAdvice = 'Check the protocol and, for a private CA, the caBundle of the endpoint.';

/** Every known failure. Sources: the service's public code lists, the observed behaviour of the client library. */
export const errorTable: readonly ErrorRow[] = [
  row('Code', 'Throttled', ['*Throttling*', 'FlowControlError'], 'the account calls faster than Alibaba Cloud allows'),
  row('Code', 'OutcomeUnknown', ['InternalError*', 'ServiceUnavailable*'], 'the service had an internal error', '', {
    issued: true,
  }),
  row(
    'Code',
    'Transient',
    [
      'OperationDenied.SystemUpgrading',
      'DeductQuotaFailed',
      'InvalidStatus.UpdateProtection',
      'InvalidStatus.DeleteProtection',
    ],
    'the service cannot do this at the moment',
  ),
  // We send each nonce once: a used one means that something on the way sent the request twice, and the first may have counted.
  row('Code', 'OutcomeUnknown', ['SignatureNonceUsed'], 'the service has already seen this request', '', {
    issued: true,
  }),
  row(
    'Code',
    'Credentials',
    ['InvalidTimeStamp*'],
    'the service does not accept the time of the request',
    "Correct the clock of the node: it may differ from Alibaba Cloud's by at most 15 minutes.",
    { silent: true },
  ),
  row(
    'Code',
    'Credentials',
    ['SignatureDoesNotMatch', 'IncompleteSignature', 'InvalidSignature*'],
    'the signature does not match',
    'Check the access key secret that belongs to this access key id.',
    { silent: true },
  ),
  row(
    'Code',
    'Credentials',
    ['InvalidAccessKeyId*', 'InvalidSecurityToken*', 'MissingAccessKeyId', 'MissingSecurityToken'],
    'the access key is unknown, disabled or expired',
    'Use a valid one.',
    { silent: true },
  ),
  ...credentialCodes,
  row(
    'Code',
    'Permission',
    ['NoPermission*', 'Forbidden', 'Forbidden.*', 'PermissionDenied*', 'AccessDenied*'],
    'the RAM identity is not allowed to do this',
    policyAdvice,
  ),
  row(
    'Code',
    'ActionUnavailable',
    ['InvalidAction', 'InvalidAction.*', 'InvalidApi.*', 'InvalidVersion*', 'UnsupportedHTTPMethod'],
    'this endpoint does not offer the operation',
    'Check region and endpoint, or choose another operation: this one may have been withdrawn.',
  ),
  row(
    'Code',
    'Capacity',
    ['InsufficientQuota*', 'InsufficientBalance*', 'OrderExpired*'],
    'the CA has no certificates left or its subscription ended',
    'Renew the subscription or assign more certificates to the CA.',
  ),
  row(
    'Code',
    'Duplicate',
    ['ParamRepeat*', 'NameRepeat*', 'AlreadyExists*'],
    'what it would make exists already',
    'The certificate is looked for before the next call.',
    { issued: true },
  ),
  row(
    'Code',
    'IssuingCA',
    ['NotFound', 'NotFound.*', 'CertificateExpired'],
    'the issuing CA does not exist or has expired',
    'Check parentIdentifier, the region and the account.',
  ),
  row(
    'Code',
    'RequestRejected',
    [
      'InvalidParameter*',
      'InvaildParameterSource',
      'MissingParameter*',
      'InvalidSource.Content.Malformed',
      'ParseCertificateFailed',
      'CertificateFormatException',
      'CreateCsrFailed',
      'DataTooLongException',
      'CertificateChainNotMatch',
    ],
    'the service rejects the request',
  ),
  row('Status', 'Throttled', ['429'], 'the account calls faster than Alibaba Cloud allows'),
  row('Status', 'OutcomeUnknown', ['5*'], 'the service had an internal error', '', { issued: true }),
  row('Transport', 'EndpointNotAllowed', ['AddressRefused'], 'its host leads to a refused address', hostAdvice),
  row(
    'Transport',
    'EndpointNotAllowed',
    ['PlainHTTPRefused'],
    'its protocol is HTTP, but it leads beyond this machine, and credentials would go there in clear',
    plainHttpAdvice,
  ),
  row('Transport', 'Transient', ['ECONNREFUSED'], 'the connection was refused', networkAdvice),
  row('Transport', 'Transient', ['ENOTFOUND', 'EAI_*'], 'the host name could not be resolved', networkAdvice),
  // These never leave the machine: no route, no local port, no descriptor.
  row(
    'Transport',
    'Transient',
    ['EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EMFILE', 'ENFILE', 'ConnectFailed', 'UND_ERR_CONNECT_TIMEOUT'],
    'no connection could be made',
    networkAdvice,
  ),
  row(
    'Transport',
    'Transient',
    [
      'DEPTH_ZERO_*',
      'SELF_SIGNED_*',
      'UNABLE_TO_*',
      'CERT_*',
      'CRL_*',
      'ERR_TLS_CERT_*',
      'HOSTNAME_MISMATCH',
      'INVALID_CA',
      'INVALID_PURPOSE',
      'ERR_SSL_WRONG_VERSION_NUMBER',
      'ERR_SSL_PACKET_LENGTH_TOO_LONG',
      'ERR_SSL_UNSUPPORTED_PROTOCOL',
      'ERR_SSL_*HANDSHAKE*',
      'ERR_SSL_*PROTOCOL_VERSION',
      'ERR_SSL_NO_PROTOCOLS_AVAILABLE',
      'ERR_OSSL_PEM_*',
    ],
    'no trusted TLS connection could be made',
    tlsAdvice,
  ),
  ...proxyRows,
  row('Transport', 'Transient', ['UND_ERR_INVALID_ARG'], 'the request could not be sent', 'Check the endpoint.'),
  row('Transport', 'OutcomeUnknown', ['HPE_*', 'UND_ERR_HEADERS_OVERFLOW'], strange, strangeAdvice, { issued: true }),
  // These may also come in the middle of a connection.
  row('Transport', 'OutcomeUnknown', ['EPROTO', 'ERR_SSL_*'], 'the TLS connection failed', tlsAdvice, { issued: true }),
  row('Transport', 'OutcomeUnknown', ['*'], 'the connection failed before an answer came', networkAdvice, {
    issued: true,
  }),
  row('Client', 'Cancelled', ['Cancelled'], 'the caller cancelled the call', '', { issued: true }),
  row('Client', 'Cancelled', ['NotActing'], 'the operator hands over to another replica and sent nothing'),
  row('Client', 'OutcomeUnknown', ['DeadlineExceeded'], 'no answer came in time', networkAdvice, { issued: true }),
  row('Client', 'OutcomeUnknown', ['MalformedReply', 'UnexpectedRedirect'], strange, strangeAdvice, { issued: true }),
  row('Client', 'Transient', ['ClientUnavailable'], 'the client library could not be loaded or set up'),
  ...credentialFaults,
  row('Client', 'OutcomeUnknown', ['UnexpectedFailure'], 'the client library failed unexpectedly', '', {
    issued: true,
  }),
  row('Client', 'Unknown', ['*'], 'the service answered with an unknown code', '', { issued: true }),
];

/** The first row of a source whose pattern fits, if there is one. */
export function rowFor(source: ErrorRow['source'], name: string): ErrorRow | undefined {
  return errorTable.find((row) => row.source === source && row.patterns.some((pattern) => fits(pattern, name)));
}

function fits(pattern: string, name: string): boolean {
  const parts = pattern.split('*');
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return name === pattern;
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
  let from = first.length;
  for (const part of rest) {
    const at = name.indexOf(part, from);
    if (at === -1 || at + part.length > name.length - last.length) return false;
    from = at + part.length;
  }
  return true;
}

function row(
  source: ErrorRow['source'],
  errorClass: PcaErrorClass,
  patterns: readonly string[],
  ...[meaning, advice = '', marks = {}]: [meaning: string, advice?: string, marks?: { issued?: true; silent?: true }]
): ErrorRow {
  return {
    source,
    patterns,
    class: errorClass,
    mayHaveIssued: marks.issued ?? false,
    meaning,
    advice,
    ...(marks.silent ? { silent: true } : {}),
  };
}
