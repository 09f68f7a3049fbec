// What is left of a request that is gone: nothing, or a certificate that was paid for and has no request any more.
import type { IssuedCertificate } from '../issuing/issued-certificate.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { Attempts } from './attempts.ts';
import type { CallTurns } from './call-turns.ts';
import { issuerKey, issuerLabels, parseIssuerKey, type IssuerIdentity } from './issuer-key.ts';
import { type OpenRequest, requestKey } from './open-request.ts';
import type { Revocations } from './revocations.ts';

/** What releasing works with. */
export interface ReleaseDependencies {
  readonly attempts: Attempts;
  readonly turns: Pick<CallTurns, 'leave'>;
  readonly revocations: Pick<Revocations, 'offer'>;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** Forgets a request that left the store; a reconcile that still works on it does so itself at its end. */
export function releaseAttempt(on: ReleaseDependencies, request: OpenRequest): void {
  const attempt = on.attempts.get(request.metadata.uid);
  if (attempt === undefined || attempt.busy) return;
  const identity = request.issuer === undefined ? undefined : parseIssuerKey(request.issuer);
  on.turns.leave(request.metadata.uid);
  const certificate = attempt.verdict?.certificate;
  if (certificate !== undefined && identity !== undefined)
    reportWithoutRequest(on, { key: requestKey(request.metadata), uid: request.metadata.uid }, certificate, identity);
  on.attempts.forget(request.metadata.uid);
}

/** A certificate was paid for and its request is gone: it is revoked or kept, and the log and a counter say so. */
export function reportWithoutRequest(
  on: ReleaseDependencies,
  { key, uid }: { readonly key: string; readonly uid: string },
  certificate: IssuedCertificate,
  identity: IssuerIdentity,
): void {
  const { serialNumber, identifier } = certificate;
  on.metrics.count('pca_issuer_certificates_without_request_total', issuerLabels(identity));
  const fate = identifier === undefined ? 'kept' : on.revocations.offer(identity, identifier);
  const advice =
    fate === 'revoked'
      ? 'it is revoked, because spec.revocationPolicy of the issuer is RequestGone.'
      : 'revoke it in the PCA console if it is not wanted (spec.revocationPolicy RequestGone does so by itself).';
  on.logger.warn(
    { request: key, uid, issuer: issuerKey(identity), serialNumber, identifier },
    `A certificate was issued but its request is gone; ${advice}`,
  );
}
