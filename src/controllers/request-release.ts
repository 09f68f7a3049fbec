// What is left of a request that is gone: nothing, or a certificate that was paid for and has no request any more.
import type { IssuedCertificate } from '../issuing/issued-certificate.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { Attempts, Verdict } from './attempts.ts';
import type { CallTurns } from './call-turns.ts';
import { issuerKey, issuerLabels, parseIssuerKey, type IssuerIdentity } from '../crds/issuer-ref.ts';
import type { RequestAdapter } from './live-request.ts';
import { type OpenRequest, requestKey } from './open-request.ts';
import type { Revocations } from './revocations.ts';

const readMilliseconds = 30_000;
// Where nobody can tell whether a certificate is in use, it is not revoked.
const keepAll: Pick<Revocations, 'offer'> = { offer: () => 'kept' };

/** What releasing works with. */
export interface ReleaseDependencies {
  readonly attempts: Attempts;
  readonly turns: Pick<CallTurns, 'leave'>;
  readonly revocations: Pick<Revocations, 'offer'>;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** Forgets a request that left the store; a reconcile that still works on it does so itself at its end. */
export function releaseAttempt(on: ReleaseDependencies, adapter: RequestAdapter, request: OpenRequest): void {
  const attempt = on.attempts.get(request.metadata.uid);
  if (attempt === undefined || attempt.busy) return;
  on.turns.leave(request.metadata.uid);
  on.attempts.forget(request.metadata.uid);
  const identity = request.issuer === undefined ? undefined : parseIssuerKey(request.issuer);
  if (attempt.verdict !== undefined && identity !== undefined)
    void settleUnwritten(on, adapter, request, { identity, verdict: attempt.verdict });
}

// The last write has failed as far as anybody here knows. When only its answer was lost, the certificate is in use.
async function settleUnwritten(
  on: ReleaseDependencies,
  adapter: RequestAdapter,
  { metadata }: OpenRequest,
  { identity, verdict }: { readonly identity: IssuerIdentity; readonly verdict: Verdict },
): Promise<void> {
  const { certificate, status, result } = verdict;
  if (certificate === undefined) return;
  const request = { key: requestKey(metadata), uid: metadata.uid };
  const read = await adapter.read(metadata, AbortSignal.timeout(readMilliseconds));
  if (read.kind === 'read' && read.request.writtenCertificate === status.certificate) {
    on.metrics.count('pca_issuer_certificate_requests_total', { ...issuerLabels(identity), result });
    on.logger.info({ request: request.key, uid: request.uid, issuer: issuerKey(identity) }, status.condition.message);
    return;
  }
  const revocations = read.kind === 'failed' ? keepAll : on.revocations;
  reportWithoutRequest({ ...on, revocations }, request, certificate, identity);
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
