// Every text that tells why a request waits: what happened, to what, and what to do now.
import type { ExceededLimit } from './issuance-ledger.ts';
import { describeCommand, describeIssuer, type IssuerIdentity } from '../crds/issuer-ref.ts';
import type { LiveRequest } from './live-request.ts';

/** Why a request waits: its issuer does not exist. */
export function issuerMissingMessage(issuer: IssuerIdentity): string {
  return `Waiting for ${describeIssuer(issuer)}, which does not exist. Create it, or correct issuerRef; this request then continues by itself.`;
}

/** Why a request waits: its issuer is not ready. Names the reason only, so that one fault is one write per request. */
export function issuerNotReadyMessage(issuer: IssuerIdentity, reason: string): string {
  return `Waiting for ${describeIssuer(issuer)}, which is not ready (${reason}). See: ${describeCommand(issuer)}. This request then continues by itself.`;
}

/** Why a request waits: passing trouble with the cloud. `longestPause` is a text such as `5m`. */
export function troubleMessage(message: string, longestPause: string): string {
  return `Not issued yet: ${message} Tried again by itself with growing pauses of at most ${longestPause}.`;
}

/** Why a request waits: the limit on calls, or an endpoint that does not answer. */
export function turnMessage(operation: string, isEndpointHeld: boolean): string {
  if (isEndpointHeld) {
    return `Waiting for its turn: several calls of ${operation} had no answer, so one at a time is tried until PCA answers again. If this lasts, check spec.region and spec.endpoint of the issuer and the network.`;
  }
  return `Waiting for its turn: more requests than Alibaba Cloud lets this account make with ${operation} per second. Nothing needs to be done.`;
}

/** Why a request waits although it is decided: its status is refused. */
export function notWrittenMessage(result: 'issued' | 'failed', message: string): string {
  const what = result === 'issued' ? 'The certificate was issued and is kept' : 'The request is refused';
  return `${what}, but the status of this request cannot be written: ${message} Tried again by itself; nothing is issued a second time.`;
}

/** Why a request waits: the issuer's own limits. */
export function heldMessage(
  { field, most, freeAt }: ExceededLimit,
  { object, certificate }: Pick<LiveRequest, 'object' | 'certificate'>,
): string {
  const until = `It continues by itself at ${new Date(freeAt).toISOString().slice(0, 19)}Z.`;
  if (field === 'reissuesPerHour') {
    return `Held: Certificate "${object.namespace ?? ''}/${certificate?.name ?? ''}" got ${most} certificates within an hour, which looks like a loop. Find what re-issues it (renewBefore close to the duration, two Certificates with one secretName, a Secret that something changes), or raise spec.issuanceLimits.reissuesPerHour of the issuer (0: no limit). ${until}`;
  }
  return `Held: spec.issuanceLimits.${field} of the issuer allows ${most} certificates and these were issued. Raise it if more are wanted. ${until}`;
}

/** How much is at stake: the life left to the certificate that is in use; empty where that is not known. */
export function remainingLife(certificate: LiveRequest['certificate'], notAfter: Date | undefined, now: Date): string {
  if (certificate === undefined || notAfter === undefined) return '';
  const left = notAfter.getTime() - now.getTime();
  const name = `Certificate "${certificate.namespace}/${certificate.name}"`;
  const end = `${notAfter.toISOString().slice(0, 19)}Z`;
  return left > 0
    ? ` The present certificate of ${name} is valid until ${end}.`
    : ` The present certificate of ${name} has expired (${end}).`;
}

/** Why a request still waits, or failed, after trouble that lasted longer than the issuer's patience. */
export function patienceMessage(message: string, duration: string, fails: boolean): string {
  const fate = fails
    ? 'spec.patience.onExceeded of the issuer is Fail, so it is given up; cert-manager makes a new request later.'
    : 'It is still tried by itself; somebody should look into it.';
  return `Not issued for longer than spec.patience.duration of the issuer (${duration}): ${message} ${fate}`;
}
