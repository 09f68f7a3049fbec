// The one way to Alibaba PCA: a call with a deadline, given up at once when its caller wants, answered with a value, never
// with an exception. Nothing is retried here: who calls knows whether a certificate may exist.
import type { Call, PcaCall, PcaOutcome } from './call.ts';
import type { AccessKey } from './credentials/access-key.ts';
import type { PcaEndpoint } from './endpoint.ts';
import { clientFailure, failureOf, requestIdOf } from './errors.ts';
import type { FailedCall, PcaFailure } from './errors.ts';
import { redactorOf } from './redaction.ts';
import type { Clock } from '../timing/clock.ts';
import { startDeadline } from '../timing/deadline.ts';
import type { Waited } from '../timing/deadline.ts';
import { openWireClient } from './wire-exchange.ts';
import type { WireClient, WireReply } from './wire-exchange.ts';

/** Where calls go, and how long one may take. */
export interface PcaClientOptions {
  readonly endpoint: PcaEndpoint;
  /** How long one call may take altogether. */
  readonly timeoutMs: number;
  readonly userAgent: string;
  /** The clock of the process unless a test gives another. */
  readonly clock?: Pick<Clock, 'monotonic' | 'startTimer'>;
}

/**
 * Calls Alibaba PCA, or STS, at one endpoint. A call resolves at the latest after the timeout, and at once when its signal
 * aborts; one that had been sent by then goes on at the service, so its failure says `mayHaveIssued`. Cheap to make:
 * connections are shared by the whole process.
 */
export function pcaCall(options: PcaClientOptions): Call {
  const open = clientOpener(options);
  return async (call, { signal, accessKey }) => {
    const redact = redactorOf([accessKey?.accessKeySecret, accessKey?.securityToken, ...quotedParameters(call)]);
    const about = { action: call.action, host: options.endpoint.host, redact };
    using deadline = startDeadline(options.timeoutMs, signal, options.clock);
    const opened = await deadline.wait(open(accessKey));
    if (opened.kind === 'thrown') return failed(clientFailure('ClientUnavailable', { ...about, sent: false }));
    if (opened.kind !== 'value') return failed(clientFailure(opened.kind, { ...about, sent: false }));
    const exchange = opened.value.send(call);
    const answered = await deadline.wait(exchange.reply);
    if (answered.kind === 'value') return outcomeOf(answered.value, { ...about, sent: true });
    exchange.abandon();
    return failed(failureBehind(answered, { ...about, sent: true }));
  };
}

/** Opens the library's client for an access key, and keeps the last one: keys change seldom. */
function clientOpener(options: PcaClientOptions): (accessKey: AccessKey | undefined) => Promise<WireClient> {
  let last: { readonly accessKey: AccessKey | undefined; readonly client: Promise<WireClient> } | undefined;
  return async (accessKey) => {
    if (last === undefined || !isSameKey(last.accessKey, accessKey))
      last = { accessKey, client: openWireClient({ ...options, accessKey }) };

    const used = last;
    try {
      return await used.client;
    } catch (thrown) {
      if (last === used) last = undefined;
      throw thrown;
    }
  };
}

function isSameKey(one: AccessKey | undefined, other: AccessKey | undefined): boolean {
  return (
    one?.accessKeyId === other?.accessKeyId &&
    one?.accessKeySecret === other?.accessKeySecret &&
    one?.securityToken === other?.securityToken
  );
}

type Unanswered = Exclude<Waited<never>, { readonly kind: 'value' }>;

function failureBehind(waited: Unanswered, about: FailedCall): PcaFailure {
  return waited.kind === 'thrown' ? failureOf(waited.thrown, about) : clientFailure(waited.kind, about);
}

function outcomeOf(reply: WireReply, about: FailedCall): PcaOutcome {
  const facts = { httpStatus: reply.status, requestId: requestIdOf(reply.requestId, about.redact) };
  if (reply.status >= 300) return failed(clientFailure('UnexpectedRedirect', about, facts));
  const body = jsonObject(reply.text);
  if (body === undefined) {
    const detail = reply.text.trim() === '' ? 'the body is empty' : 'the body is not a JSON object';
    return failed(clientFailure('MalformedReply', about, { ...facts, detail }));
  }
  return { kind: 'ok', body, requestId: requestIdOf(body['RequestId'], about.redact) ?? facts.requestId };
}

function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

function failed(failure: PcaFailure): PcaOutcome {
  return { kind: 'failed', failure };
}

/** Whole CSRs, which some messages of the client library quote (Alibaba: Csr, CsrPemString), and the bearer token of STS. */
function quotedParameters({ parameters }: PcaCall): readonly (string | undefined)[] {
  return [parameters['Csr'], parameters['CsrPemString'], parameters['OIDCToken']];
}
