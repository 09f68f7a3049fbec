// The one way to Alibaba PCA: a call with a deadline, given up at once when its caller wants, answered with a value, never
// with an exception. Nothing is retried here: who calls knows whether a certificate may exist.
import type { Call, PcaCall, PcaOutcome } from './call.ts';
import type { AccessKey } from './credentials/access-key.ts';
import type { PcaEndpoint } from './endpoint.ts';
import { clientFailure, networkFailure, refusal, requestIdOf } from './errors.ts';
import type { FailedCall, PcaFailure } from './errors.ts';
import { readJsonReply } from './json-reply.ts';
import { redactorOf } from './redaction.ts';
import type { Clock } from '../timing/clock.ts';
import { startDeadline } from '../timing/deadline.ts';
import type { Waited } from '../timing/deadline.ts';
import { ownTurn } from '../timing/turns.ts';
import { openSigner } from './signing.ts';
import type { SignedRequest, Signer } from './signing.ts';
import type { Transport, WireReply } from './transport.ts';

/** Where calls go, and how long one may take. */
export interface PcaClientOptions {
  readonly endpoint: PcaEndpoint;
  /** How long one call may take altogether. */
  readonly timeoutMs: number;
  readonly userAgent: string;
  /** Connections are shared by all that call through it. */
  readonly transport: Transport;
  /** The clock of the process unless a test gives another. */
  readonly clock?: Pick<Clock, 'monotonic' | 'startTimer'>;
}

/**
 * Calls Alibaba PCA, or STS, at one endpoint. A call resolves at the latest after the timeout, and at once when its signal
 * aborts; one that had been sent by then goes on at the service, so its failure says `mayHaveIssued`. Cheap to make.
 */
export function pcaCall(options: PcaClientOptions): Call {
  const sign = signing(options);
  return async (call, { signal, accessKey, mayGo }) => {
    const redact = redactorOf([accessKey?.accessKeySecret, accessKey?.securityToken, ...quotedParameters(call)]);
    const about = { action: call.action, host: options.endpoint.host, redact };
    using deadline = startDeadline(options.timeoutMs, signal, options.clock);
    const signed = await deadline.wait(sign(call, accessKey));
    if (signed.kind === 'thrown') return failed(clientFailure('ClientUnavailable', { ...about, sent: false }));
    if (signed.kind !== 'value') return failed(clientFailure(signed.kind, { ...about, sent: false }));
    // Credentials and signature may have taken long; from here to the transport nothing waits.
    if (mayGo?.() === false) return failed(clientFailure('NotActing', { ...about, sent: false }));
    const answered = await deadline.wait(options.transport.send(options.endpoint, signed.value, deadline.signal));
    if (answered.kind !== 'value') return failed(failureBehind(answered, { ...about, sent: true }));
    // Whoever answers chooses what that costs: to parse, and then to read what it holds.
    await ownTurn();
    const outcome = outcomeOf(answered.value, { ...about, sent: true });
    await ownTurn();
    return outcome;
  };
}

type Sign = (call: PcaCall, accessKey: AccessKey | undefined) => Promise<SignedRequest>;

/** Opens a signer for an access key, and keeps the last one: keys change seldom. */
function signing(options: PcaClientOptions): Sign {
  let last: { readonly accessKey: AccessKey | undefined; readonly signer: Promise<Signer> } | undefined;
  return async (call, accessKey) => {
    if (last === undefined || !isSameKey(last.accessKey, accessKey))
      last = { accessKey, signer: openSigner({ ...options, accessKey }) };

    const used = last;
    try {
      return await (await used.signer).sign(call);
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
  return waited.kind === 'thrown' ? networkFailure(waited.thrown, about) : clientFailure(waited.kind, about);
}

function outcomeOf({ status, body: bytes, ...reply }: WireReply, about: FailedCall): PcaOutcome {
  const requestId = requestIdOf(reply.requestId, about.redact);
  const facts = { httpStatus: status, requestId };
  const malformed = (detail: string): PcaOutcome =>
    failed(clientFailure('MalformedReply', about, { ...facts, detail }));
  if (status >= 300 && status < 400) return failed(clientFailure('UnexpectedRedirect', about, facts));
  if (bytes === undefined) return malformed('the body is larger than any that it sends');
  const read = readJsonReply(bytes);
  if (read.kind === 'malformed') return malformed(read.detail);
  const { body } = read;
  if (status >= 400) return failed(refusal({ status, body, ...(requestId === undefined ? {} : { requestId }) }, about));
  return { kind: 'ok', body, requestId: requestIdOf(body['RequestId'], about.redact) ?? facts.requestId };
}

function failed(failure: PcaFailure): PcaOutcome {
  return { kind: 'failed', failure };
}

/** Whole CSRs, which some messages of the client library quote (Alibaba: Csr, CsrPemString), and the bearer token of STS. */
function quotedParameters({ parameters }: PcaCall): readonly (string | undefined)[] {
  return [parameters['Csr'], parameters['CsrPemString'], parameters['OIDCToken']];
}
