// The one way to Alibaba PCA: a call with a deadline, given up at once when its caller wants, answered with a value, never
// with an exception. Nothing is retried here: who calls knows whether a certificate may exist.
import type { AccessKey } from './credentials/access-key.ts';
import type { PcaEndpoint } from './endpoint.ts';
import { clientFailure, failureOf, requestIdOf } from './errors.ts';
import type { FailedCall, PcaFailure } from './errors.ts';
import { patienceOf } from './patience.ts';
import type { Waited } from './patience.ts';
import { redactorOf } from './redaction.ts';
import { openWireClient } from './wire-exchange.ts';
import type { WireClient, WireReply } from './wire-exchange.ts';

/** One call of an RPC operation; parameters are flat, in wire names, e.g. `Tags.1.Key`. */
export interface PcaCall {
  readonly action: string;
  readonly version: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The reply's JSON object, or a classified failure. */
export type PcaOutcome =
  | { readonly kind: 'ok'; readonly body: Readonly<Record<string, unknown>>; readonly requestId: string | undefined }
  | { readonly kind: 'failed'; readonly failure: PcaFailure };

/** What a client needs; clients are cheap and share their connections, so a changed key means a new client. */
export interface PcaClientOptions {
  readonly endpoint: PcaEndpoint;
  /** Undefined for the one operation that takes no signature, AssumeRoleWithOIDC. */
  readonly accessKey: AccessKey | undefined;
  /** How long one call may take altogether. */
  readonly timeoutMilliseconds: number;
  readonly userAgent: string;
}

/** Calls Alibaba PCA at one endpoint with one access key. */
export class PcaClient {
  readonly #options: PcaClientOptions;
  #wire: Promise<WireClient> | undefined;

  constructor(options: PcaClientOptions) {
    this.#options = options;
  }

  /**
   * Makes one call. Resolves at the latest after the client's timeout, and at once when `signal` aborts; a call that had been
   * sent by then goes on at the service, so its failure says `mayHaveIssued`.
   */
  async call(call: PcaCall, options: { readonly signal: AbortSignal }): Promise<PcaOutcome> {
    const { accessKey, endpoint, timeoutMilliseconds } = this.#options;
    const redact = redactorOf([accessKey?.accessKeySecret, accessKey?.securityToken, ...quotedParameters(call)]);
    const about = { action: call.action, host: endpoint.host, redact };
    const patience = patienceOf(options.signal, timeoutMilliseconds);
    try {
      const opened = await patience.wait(this.#open());
      if (opened.kind !== 'value') return this.#unopened(opened, { ...about, sent: false });
      const exchange = opened.value.send(call);
      const answered = await patience.wait(exchange.reply);
      if (answered.kind === 'value') return outcomeOf(answered.value, { ...about, sent: true });
      exchange.abandon();
      return failed(failureBehind(answered, { ...about, sent: true }));
    } finally {
      patience.end();
    }
  }

  #open(): Promise<WireClient> {
    this.#wire ??= openWireClient(this.#options);
    return this.#wire;
  }

  #unopened(waited: Unanswered, about: FailedCall): PcaOutcome {
    if (waited.kind !== 'thrown') return failed(failureBehind(waited, about));
    this.#wire = undefined;
    return failed(clientFailure('ClientUnavailable', about));
  }
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
