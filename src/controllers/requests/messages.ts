// Every text that a request is given: what happened, to what, and what to do now.
import { signingRequestKind } from '../../crds/certificate-signing-request.ts';
import { describeCommand, describeIssuer } from '../../crds/issuer-ref.ts';
import type { IssuerIdentity } from '../../crds/issuer-ref.ts';
import type { IssuedCertificate } from '../../issuing/issued-certificate.ts';
import { formatMoment } from '../../timing/moment.ts';
import type { RestoredCause } from './kinds/provenance.ts';
import type { Request } from './kinds/request.ts';

/** The certificate is there. `notices` are further sentences. */
export function issuedMessage(certificate: IssuedCertificate, action: string, notices: readonly string[]): string {
  const identifier = certificate.identifier === undefined ? '' : `, PCA identifier ${certificate.identifier}`;
  const serial = `serial number ${certificate.serialNumber}${identifier}`;
  return [`Issued by Alibaba Cloud PCA with ${action}: ${serial}.`, ...notices].join(' ');
}

/** The end of a denied request. */
export const deniedMessage =
  'The CertificateRequest was denied by an approval controller, so no certificate is issued for it.';

/** The request names no kind of ours. */
export function unknownKindMessage(kind: string | undefined): string {
  return `issuerRef.kind is ${kind ?? '(none)'}, but group pca.alibabacloud.com has only the kinds AlibabaPCAIssuer and AlibabaPCAClusterIssuer. Correct issuerRef of the Certificate.`;
}

/** Why a CertificateSigningRequest is not for any issuer, though its signer is in our group. */
export function unknownSignerMessage(signerName: string): string {
  return `spec.signerName is ${signerName}, but signers of group pca.alibabacloud.com are named alibabapcaissuers.pca.alibabacloud.com/NAMESPACE.NAME and alibabapcaclusterissuers.pca.alibabacloud.com/NAME. It cannot be changed: make a new request.`;
}

/** Why a request waits: its issuer does not exist. */
export function issuerMissingMessage(issuer: IssuerIdentity, requestKind: string): string {
  const orElse =
    requestKind === signingRequestKind
      ? 'and this request continues automatically; or make a new request with another spec.signerName.'
      : 'or correct issuerRef; this request then continues automatically.';
  return `Waiting for ${describeIssuer(issuer)}, which does not exist. Create it, ${orElse}`;
}

/** Why a request waits: its issuer is not ready. Names the reason only, so that one fault is one write per request. */
export function issuerNotReadyMessage(issuer: IssuerIdentity, reason: string): string {
  return `Waiting for ${describeIssuer(issuer)}, which is not ready (${reason}). See: ${describeCommand(issuer)}. This request then continues automatically.`;
}

/** Why a request waits: passing trouble with the cloud. `longestPause` is a text such as `5m`. */
export function troubleMessage(message: string, longestPause: string): string {
  return `Not issued yet: ${message} It is tried again automatically, with growing pauses of at most ${longestPause}.`;
}

/** Why a request waits: the limit on calls, or an endpoint that does not answer. */
export function turnMessage(operation: string, endpointHeld: boolean): string {
  if (endpointHeld)
    return `Waiting for its turn: several calls of ${operation} had no answer, so one at a time is tried until PCA answers again. If this lasts, check spec.region and spec.endpoint of the issuer and the network.`;

  return `Waiting for its turn: more requests than Alibaba Cloud lets this account make with ${operation} per second. No action is needed.`;
}

/** Why a request waits although it is decided: its status is refused. */
export function notWrittenMessage(result: 'issued' | 'failed', message: string): string {
  const what = result === 'issued' ? 'The certificate was issued and is kept' : 'The request is refused';
  return `${what}, but the status of this request cannot be written: ${message}. It is tried again automatically; nothing is issued a second time.`;
}

/** Why a request waits: a limit in spec.issuanceLimits, used up by `most` certificates until `freeAt` (wall clock, ms). */
export function limitMessage(
  { field, most, freeAt }: { readonly field: string; readonly most: number; readonly freeAt: number },
  { object, certificate }: Pick<Request, 'object' | 'certificate'>,
): string {
  const until = `It continues automatically at ${formatMoment(new Date(freeAt))}.`;
  if (field === 'reissuesPerHour')
    return `Held: Certificate "${object.namespace ?? ''}/${certificate?.name ?? ''}" got ${certificates(most)} within an hour, which looks like a loop. Mostly cert-manager sees its Secrets late and takes what was issued for missing: look whether cert-manager or the API server is overloaded, and restart cert-manager. Or find what else re-issues it (renewBefore close to the duration, two Certificates with one secretName, a Secret that something changes). Or raise spec.issuanceLimits.reissuesPerHour of the issuer (0: no limit). ${until}`;

  return `Held: spec.issuanceLimits.${field} of the issuer allows ${certificates(most)} and ${most === 1 ? 'it was' : 'these were'} issued. Raise it if more are wanted. ${until}`;
}

function certificates(count: number): string {
  return count === 1 ? '1 certificate' : `${count} certificates`;
}

/**
 * Why a request waits: its Certificate just got one. `isContent`: cert-manager says that the Certificate has what it needs.
 * `last`: when it got one, `until`: how long it waits at most; wall clock, ms.
 */
export function askedAgainMessage(
  { namespace, name }: NonNullable<Request['certificate']>,
  { isContent, last, until }: { readonly isContent: boolean; readonly last: number; readonly until: number },
): string {
  const latest = formatMoment(new Date(until));
  const got = `Held: Certificate "${namespace}/${name}" got a certificate at ${formatMoment(new Date(last))} already`;
  if (isContent)
    return `${got}, and cert-manager says that it is Ready and not to be renewed yet, so nothing is paid for another one. That happens when cert-manager sees the Secret late. If you want another one all the same: cmctl renew ${name} -n ${namespace}. It continues automatically when the Certificate needs it, and at ${latest} at the latest.`;

  return `${got}. cert-manager may not have seen the Secret yet, so it is given time until ${latest}; then this continues automatically. No action is needed.`;
}

/** Why a request waits: earlier ones of the same owner ended with this reason. */
export function ownerHeldMessage(
  { object, certificate }: Pick<Request, 'object' | 'certificate'>,
  reason: string,
  until: Date,
): string {
  const owner =
    certificate === undefined
      ? `${object.kind} "${object.name}"`
      : `Certificate "${certificate.namespace}/${certificate.name}"`;
  return `Held: the last request of ${owner} failed with ${reason}, and a further try may cost a certificate again. See its message, and correct the Certificate, or the issuer if that is at fault. It continues automatically at ${formatMoment(until)}, or when the issuer's spec changes.`;
}

/** Why a request waits: cert-manager made it for a Certificate that has no use for it. `name`: of that Certificate. */
export function restoredMessage(
  { object, revision }: Pick<Request, 'object' | 'revision'>,
  name: string,
  cause: RestoredCause,
): string {
  const { namespace = '' } = object;
  const certificate = `Certificate "${namespace}/${name}"`;
  const restored = {
    NoController: `was restored or copied without ${certificate}, which is not among its ownerReferences`,
    CertificateGone: `was restored or copied without ${certificate}, which does not exist`,
    OtherCertificate: `was restored or copied without its own ${certificate}: its ownerReferences name another object`,
    RevisionOver: `is for revision ${revision} of ${certificate}, which has had that revision: it was restored from a backup`,
  }[cause];
  // Names end with the revision, so only later ones can be wanted.
  const inTheWay =
    cause === 'RevisionOver' ? '' : ' As long as it exists, cert-manager cannot make a request of this name.';
  return `Held: this request ${restored}. Nobody would use a certificate for it, so none is bought. Delete it: kubectl delete certificaterequest ${object.name} -n ${namespace}.${inTheWay}`;
}

/** Why a request failed: its client has asked for the same CA again. `newer`: namespace and name of that request. */
export function supersededMessage(newer: string): string {
  return `CertificateRequest "${newer}" is newer and asks for the same CA (same requester, subject and names), so it gets the next free instance in spec.externalCA.instanceIds of the issuer. This request had none and is given up: no instance was used for it. If its certificate is wanted as well, add an instance to the issuer and create the request again.`;
}

/** The end of a failure's message: only some changes of a Certificate, and none of an issuer or a request, end the pause. */
export function renewalAdvice(certificate: Request['certificate']): string {
  if (certificate === undefined) return '';
  const { namespace, name } = certificate;
  return ` cert-manager may wait for an hour or more before it asks again; to ask at once: cmctl renew ${name} -n ${namespace}.`;
}

/** How much is at stake: the life left to the certificate that is in use; empty where that is not known. */
export function remainingLife(certificate: Request['certificate'], notAfter: Date | undefined, now: Date): string {
  if (certificate === undefined || notAfter === undefined) return '';
  const name = `Certificate "${certificate.namespace}/${certificate.name}"`;
  return notAfter.getTime() > now.getTime()
    ? ` The present certificate of ${name} is valid until ${formatMoment(notAfter)}.`
    : ` The present certificate of ${name} has expired (${formatMoment(notAfter)}).`;
}

/** Why a request still waits, or failed, after trouble that lasted longer than the issuer's patience. */
export function patienceMessage(message: string, duration: string, fails: boolean): string {
  const fate = fails
    ? `spec.patience.onExceeded of the issuer is Fail. ${askAgain}`
    : 'It is still tried automatically; somebody should look into it.';
  return `Not issued for longer than spec.patience.duration of the issuer (${duration}): ${message} ${fate}`;
}

/** Why a request waits: the certificate that PCA gave it went to another request with the same key. */
export function takenMessage({ serialNumber }: IssuedCertificate): string {
  return `The certificate with serial number ${serialNumber} was found by its key and given to another request with the same key, so this one gets another. A key of its own for each request avoids that.`;
}

/** Why a request failed: its certificate was revoked by somebody before it was written. */
export function revokedMessage(identifier: string): string {
  return `Certificate ${identifier} was issued for this request but revoked in PCA before it was written here, so it is not used. If nobody meant to revoke it, find out who did in PCA's console. ${askAgain}`;
}

/** Why a request still waits: PCA has its certificate, and the CA's list does not. */
export function notListedMessage(earlier: EarlierCertificate): string {
  return `PCA says that a certificate${named(earlier)} exists already, but it is not found with CA "${earlier.parentIdentifier}" yet.`;
}

/** Why a request failed: PCA has its certificate, and nobody can tell where. */
export function untraceableMessage(earlier: EarlierCertificate): string {
  return `PCA says that a certificate${named(earlier)} exists already, but it is not found with CA "${earlier.parentIdentifier}". That happens when spec.parentIdentifier, spec.operation, spec.region or spec.endpoint of the issuer was changed while no operator ran. Look for it in PCA's console, and revoke it if it is not wanted. ${askAgain}`;
}

/** Why a request failed: PCA has not finished its certificate for a day. `message` is a sentence. */
export function unfinishedMessage(message: string): string {
  return `An earlier call for this request did not come to a certificate that can be used within a day: ${message} Look for it in PCA's console, and revoke it if it is not wanted. ${askAgain}`;
}

/** Why a request failed: nobody can look for its certificate any more where it was called for. `failure` is a sentence. */
export function outOfReachMessage(earlier: EarlierCertificate, failure: string): string {
  return `A certificate${named(earlier)} may have been issued by CA "${earlier.parentIdentifier}", which the issuer named before and which cannot be asked any more: ${failure} Look for it in PCA's console, and revoke it if it is not wanted. ${askAgain}`;
}

/** What is left to do about a certificate of a CA that the issuer names no longer. */
export const unusedElsewhere =
  'The issuer has been changed since it was called for, so it was not revoked: do it in the PCA console if it is not wanted.';

/** A certificate that an earlier call made or may have made; `identifier` is ours, where the operation takes one. */
interface EarlierCertificate {
  readonly identifier: string | undefined;
  readonly parentIdentifier: string;
}

const askAgain = 'This request is given up; a new one is needed.';

function named({ identifier }: EarlierCertificate): string {
  return identifier === undefined ? ' of this request' : ` with the custom identifier ${identifier} of this request`;
}

/** What becomes of a certificate that was paid for and is not used. */
export function unusedMessage(message: string, revokes: boolean): string {
  return revokes
    ? `${message} It is being revoked (spec.revocationPolicy of the issuer).`
    : `${message} It was not revoked; spec.revocationPolicy RequestGone of the issuer does so.`;
}

/**
 * What an issuer is told of a request that failed; `count`: of how many since the last time. What a tenant asked for stays in its
 * namespace, and with its issuer.
 */
export function failedOnIssuerMessage(
  { kind, name, namespace }: Request['object'],
  {
    reason,
    message,
    count,
    isShared,
  }: { readonly reason: string; readonly message: string; readonly count: number; readonly isShared: boolean },
): string {
  const several = count > 1 ? `${count} requests for this issuer failed with ${reason} since the last such event` : '';
  const one = `${kind} "${namespace === undefined ? '' : `${namespace}/`}${name}"`;
  const last = several === '' ? `${one} failed with ${reason}` : `${several}, the last of them ${one}`;
  const look = `See: kubectl describe ${kind.toLowerCase()} ${name}${namespace === undefined ? '' : ` -n ${namespace}`}.`;
  return isShared && namespace !== undefined ? `${last}. ${look}` : `${last}: ${message}`;
}

/** Why a renewal waits: `refusal`, because the issuer's CA has keys of another family than the one before. */
export function keyFamilyChangedMessage(refusal: string, formerFamily: string): string {
  return `Held: ${refusal} The CA that the issuer named before had ${formerFamily} keys, so this renewal is not failed. It continues automatically when the issuer names a CA with ${formerFamily} keys again; a Certificate whose spec.privateKey is changed gets a new request.`;
}

/** Why a request waits: exceptions, whose words are in the log alone. `name` is that of their class. */
export function defectMessage(name: string): string {
  return `a defect of the operator (${name}) keeps the request from being decided. Look for "A defect of the operator" in the operator's log and report what it says.`;
}

/** A request was ended by somebody else before its end was written. */
export const anotherOperatorMessage =
  'Somebody else ended the request before this operator did. If two releases of the operator run in this cluster, uninstall one of them.';

/** What becomes of a certificate that is not used and that no call of this process made. */
export const unusedAdopted =
  'It was not revoked, because an earlier call made it, perhaps that of a cluster of which this one is a copy: revoke it in the PCA console if nobody uses it.';

/** What becomes of a certificate that no call of this process made, and whose request is gone or was ended by somebody else. */
export function adoptedWithoutRequestMessage(fate: 'gone' | 'ended'): string {
  if (fate === 'gone') return `A certificate of an earlier call was found but its request is gone. ${unusedAdopted}`;
  return `A certificate of an earlier call is not used. ${unusedAdopted} ${anotherOperatorMessage}`;
}

/** What becomes of a certificate whose request is gone, or was ended by somebody else with something else. */
export function withoutRequestMessage(revokes: boolean, fate: 'gone' | 'ended' = 'gone'): string {
  const advice = revokes
    ? 'it is revoked, because spec.revocationPolicy of the issuer is RequestGone.'
    : 'revoke it in the PCA console if it is not wanted (spec.revocationPolicy RequestGone does so automatically).';
  if (fate === 'gone') return `A certificate was issued but its request is gone; ${advice}`;
  return `A certificate was paid for in vain: ${advice} ${anotherOperatorMessage}`;
}

/** The request is gone, and nobody knows yet whether the call that went out for it made a certificate. */
export const abandonedMessage =
  'The request is gone before it is known whether the call for it made a certificate, so that is looked for.';

/** The request is gone before it was looked whether an earlier operator had called for it. */
export const inheritedMessage =
  'The request is gone before it is known whether an earlier operator called for it, so that is looked for.';

/** The call for a request that is gone made no certificate. */
export const nothingMadeMessage = 'The call for a request that is gone made no certificate.';

/** The same where it is not known whether there was a call. */
export const nothingInheritedMessage = 'No earlier operator had a certificate made for a request that is gone.';

/**
 * It was not found out whether the call for a request that is gone made a certificate. `why` is a sentence; `earlier` is undefined
 * where nobody knows what an earlier operator would have called for.
 */
export function notFoundOutMessage(why: string, earlier: EarlierCertificate | undefined): string {
  const what = earlier === undefined ? ' of this request' : named(earlier);
  const where = earlier === undefined ? '' : `, under CA "${earlier.parentIdentifier}"`;
  return `It was not found out whether a certificate${what} was issued, and the request is gone: ${why} Look for it in PCA's console${where}, and revoke it if it is not wanted.`;
}

/** What becomes of a certificate whose request is gone and that is not what was asked for. `message` says that. */
export function unusedWithoutRequestMessage(message: string): string {
  return `Its request is gone. ${message}`;
}

/** The same for a CA certificate, which only somebody in the console can revoke. */
export function caWithoutRequestMessage(fate: 'gone' | 'ended'): string {
  const advice = 'revoke it in the PCA console if it is not wanted, since PCA has no call that does so.';
  if (fate === 'gone') return `A CA certificate was issued but its request is gone; ${advice}`;
  return `A CA certificate was paid for in vain: ${advice} ${anotherOperatorMessage}`;
}
