// Turns whatever a call met into a PcaFailure: classified by the error table, worded for a human, free of secrets.
// Errors of the network have no classes to test for, so they are recognised by their fields, but for those of a proxy.
import { rowFor } from './error-table.ts';
import type { ErrorRow, PcaErrorClass } from './error-table.ts';
import { ProxyFailure } from './proxies/failure.ts';
import type { Redact } from './redaction.ts';

/**
 * The party that failed: PCA itself, or one whose credentials a call to PCA needed: STS, the metadata service of ECS, or the API
 * server, of which a token was asked.
 */
export type FailedService = 'PCA' | 'STS' | 'Metadata' | 'Kubernetes';

/** One failed call. `message` is a sentence or three, at most 500 characters; `mayHaveIssued` = look before trying again. */
export interface PcaFailure {
  readonly service: FailedService;
  readonly class: PcaErrorClass;
  readonly code: string;
  readonly httpStatus: number | undefined;
  readonly requestId: string | undefined;
  readonly message: string;
  /** From the service's AccessDeniedDetail: the RAM action that is not allowed, and whose policy lacks it. */
  readonly accessDenied: { readonly action: string | undefined; readonly principal: string | undefined } | undefined;
  readonly mayHaveIssued: boolean;
}

/** A failure that our own client found, by the code of its row in the error table. */
export type ClientFault =
  | 'Cancelled'
  | 'NotActing'
  | 'DeadlineExceeded'
  | 'MalformedReply'
  | 'UnexpectedRedirect'
  | 'ClientUnavailable'
  | 'OIDCTokenUnreadable'
  | 'ServiceAccountNotFound'
  | 'ServiceAccountReplaced'
  | 'TokenRequestForbidden'
  | 'TokenRequestRefused'
  | 'TokenRequestFailed'
  | 'TokenForAPIServer'
  | 'InstanceRoleNotAttached'
  | 'MetadataTokenRefused'
  | 'MetadataUnreadable'
  | 'MetadataFailed'
  | 'UnexpectedFailure';

/** What the classification needs to know of the call. `sent` = the request may have left this process. */
export interface FailedCall {
  readonly action: string;
  readonly host: string;
  /** Undefined: the one whose action it is. */
  readonly service?: FailedService;
  readonly sent: boolean;
  readonly redact: Redact;
}

/** Facts of an answer that carry over into the failure. */
export interface AnswerFacts {
  readonly httpStatus?: number | undefined;
  readonly requestId?: string | undefined;
  /** Why, in a few words of our own. */
  readonly detail?: string | undefined;
}

interface ServiceAnswer {
  readonly httpStatus: number;
  readonly code: string;
  readonly text: string;
  readonly requestId: string | undefined;
  readonly accessDenied: PcaFailure['accessDenied'];
}

// Names of the library that sends, in words that more people know.
const shownCodes: ReadonlyMap<string, string> = new Map([
  ['UND_ERR_SOCKET', 'ECONNRESET'],
  ['UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT'],
]);
const noInstance = {
  class: 'ExternalCA',
  meaning: 'there is no such instance',
  advice: 'Check spec.externalCA.instanceIds, the region and the account.',
} as const;
const messageLimit = 500;
const textLimit = 240;
const nameLimit = 120;
const readAction = /^(?:Describe|List|Get)/;
// Who hands out credentials makes nothing that stays.
const stsAction = /^(?:AssumeRole|GetCallerIdentity)/;
// NotFound means the CA for every other action. These are asked about one certificate.
const certificateActions: ReadonlySet<string> = new Set([
  'DescribeClientCertificate',
  'DescribeWarehouseCert',
  'CreateRevokeClientCertificate',
  'RevokeWHClientCertificate',
  'DeleteClientCertificate',
]);
// And these about a bought instance.
const instanceActions: ReadonlySet<string> = new Set(['GetCAInstanceStatus', 'CreateExternalCACertificate']);

/** The failure behind anything that the network threw. Never throws itself. */
export function networkFailure(thrown: unknown, call: FailedCall): PcaFailure {
  try {
    return recognised(thrown, call);
  } catch {
    return clientFailure('UnexpectedFailure', call);
  }
}

/** The failure behind an answer with a status of 400 or more, by its body; the request id of the header where it has none. */
export function refusal(
  answer: { readonly status: number; readonly requestId?: string; readonly body: Readonly<Record<string, unknown>> },
  call: FailedCall,
): PcaFailure {
  return answeredFailure(serviceAnswer(answer, call.redact), call);
}

/** The failure behind something that our own client found. */
export function clientFailure(fault: ClientFault, call: FailedCall, facts: AnswerFacts = {}): PcaFailure {
  return failure(rowFor('Client', fault) ?? unknownRow(), call, { code: fault, ...facts });
}

/** A request id in the service's form, or undefined: it goes into messages, so nothing else may pass for one. */
export function requestIdOf(value: unknown, redact: Redact): string | undefined {
  if (typeof value !== 'string' || !/^[A-Za-z0-9-]{1,64}$/.test(value)) return undefined;
  return redact(value, nameLimit) === value ? value : undefined;
}

function recognised(thrown: unknown, call: FailedCall): PcaFailure {
  const code = textOf(fieldOf(thrown, 'code')) ?? codeByName(fieldOf(thrown, 'name'));
  if (code === undefined || !/^[A-Za-z0-9_.]{1,80}$/.test(code)) return clientFailure('UnexpectedFailure', call);
  const detail = thrown instanceof ProxyFailure ? thrown.message : undefined;
  return failure(transportRow(thrown, code) ?? unknownRow(), call, { code: shownCodes.get(code) ?? code, detail });
}

function answeredFailure(answer: ServiceAnswer, call: FailedCall): PcaFailure {
  const { code, httpStatus, requestId, accessDenied } = answer;
  return failure(answerRow(answer, call.action), call, {
    code,
    httpStatus,
    requestId,
    detail: answer.text,
    accessDenied,
  });
}

// The code decides, since the service's statuses are unreliable; but nothing fails a request for good on a 5xx.
function answerRow(answer: ServiceAnswer, action: string): ErrorRow {
  const byCode = rowFor('Code', answer.code);
  const byStatus = rowFor('Status', String(answer.httpStatus));
  if (byCode === undefined) return byStatus ?? unknownRow();
  if (byCode.class === 'IssuingCA' && certificateActions.has(action))
    return { ...unknownRow(), meaning: 'there is no such certificate', mayHaveIssued: false };

  if (byCode.class === 'IssuingCA' && instanceActions.has(action)) return { ...byCode, ...noInstance };
  const yields = byCode.class === 'RequestRejected' || byCode.class === 'Transient';
  return yields && answer.httpStatus >= 500 ? (byStatus ?? byCode) : byCode;
}

// What is no HTTP at all gives an error of the parser that has no code.
function codeByName(name: unknown): string | undefined {
  return name === 'HTTPParserError' ? 'HPE_INVALID' : undefined;
}

// A failure of connect or of name resolution came before the first byte of the request, whatever its code.
function transportRow(thrown: unknown, code: string): ErrorRow | undefined {
  const row = rowFor('Transport', code);
  return row?.mayHaveIssued === true && failedToConnect(thrown) ? rowFor('Transport', 'ConnectFailed') : row;
}

function failedToConnect(thrown: unknown): boolean {
  const attempts = fieldOf(thrown, 'errors');
  if (Array.isArray(attempts) && attempts.length > 0) return attempts.every(failedToConnect);
  const syscall = fieldOf(thrown, 'syscall');
  return syscall === 'connect' || syscall === 'getaddrinfo';
}

function serviceAnswer(
  { status, body: data, requestId }: Parameters<typeof refusal>[0],
  redact: Redact,
): ServiceAnswer {
  return {
    httpStatus: status,
    code: codeOf(fieldOf(data, 'Code') ?? fieldOf(data, 'code'), redact),
    text: redact(textOf(fieldOf(data, 'Message') ?? fieldOf(data, 'message')) ?? '', textLimit),
    requestId: requestIdOf(fieldOf(data, 'RequestId') ?? fieldOf(data, 'requestId') ?? requestId, redact),
    accessDenied: accessDeniedOf(fieldOf(data, 'AccessDeniedDetail') ?? fieldOf(data, 'accessDeniedDetail'), redact),
  };
}

function codeOf(value: unknown, redact: Redact): string {
  const code = textOf(value);
  return code !== undefined && /^[A-Za-z0-9_.-]{1,100}$/.test(code) && redact(code, nameLimit) === code
    ? code
    : 'NoCode';
}

function accessDeniedOf(detail: unknown, redact: Redact): PcaFailure['accessDenied'] {
  if (typeof detail !== 'object' || detail === null) return undefined;
  const name = (field: string): string | undefined => {
    const text = redact(textOf(fieldOf(detail, field)) ?? '', nameLimit);
    return text === '' ? undefined : text;
  };
  const action = name('AuthAction');
  const principal = name('AuthPrincipalDisplayName') ?? name('AuthPrincipalOwnerId');
  return action === undefined && principal === undefined ? undefined : { action, principal };
}

function failure(
  row: ErrorRow,
  call: FailedCall,
  facts: AnswerFacts & { readonly code: string; readonly accessDenied?: PcaFailure['accessDenied'] },
): PcaFailure {
  const service = call.service ?? (stsAction.test(call.action) ? 'STS' : 'PCA');
  const reads = service !== 'PCA' || readAction.test(call.action);
  return {
    service,
    class: reads && row.class === 'OutcomeUnknown' ? 'Transient' : row.class,
    code: facts.code,
    httpStatus: facts.httpStatus,
    requestId: facts.requestId,
    message: call.redact(sentences(row, call, facts), messageLimit),
    accessDenied: facts.accessDenied,
    mayHaveIssued: row.mayHaveIssued && call.sent && !reads,
  };
}

function sentences(row: ErrorRow, call: FailedCall, facts: Parameters<typeof failure>[2]): string {
  const status = facts.httpStatus === undefined ? [] : [`HTTP ${facts.httpStatus}`];
  const requestId = facts.requestId === undefined ? [] : [`RequestId ${facts.requestId}`];
  const said = row.silent || !facts.detail ? '' : `: ${facts.detail.replace(/(?<![.\s])[.\s]+$/, '')}`;
  const head = `${call.action} at ${call.host} failed, ${row.meaning} (${[facts.code, ...status, ...requestId].join(', ')})${said}.`;
  return [head, deniedSentence(facts.accessDenied), row.advice].filter((part) => part !== '').join(' ');
}

function deniedSentence(denied: PcaFailure['accessDenied']): string {
  if (denied === undefined) return '';
  return `Denied: ${denied.action ?? 'the action'} for ${denied.principal ?? 'this identity'}.`;
}

function unknownRow(): ErrorRow {
  const row = rowFor('Client', '');
  if (row === undefined) throw new Error('the error table has lost its last row');
  return row;
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[field] : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
