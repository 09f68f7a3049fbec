// Counts what other processes issued: the finished requests that are listed at the start and watched by a standby.
import { apiGroup } from '../crds/issuer.ts';
import {
  certificateRequestConditions,
  type CertificateRequest,
  conditionOf,
  owningCertificateName,
  terminalState,
} from '../crds/cert-manager.ts';
import type { IssuanceLedger } from './issuance-ledger.ts';
import { issuerKey, referencedIssuer } from '../crds/issuer-ref.ts';

/** Counts each issued request of our group in `ledger`, at the time when it became Ready. */
export function issuedCounter(ledger: Pick<IssuanceLedger, 'count'>): (request: CertificateRequest) => void {
  return (request) => {
    const { issuerRef } = request.spec;
    if (issuerRef.group !== apiGroup || terminalState(request) !== 'Issued') return;
    const { uid, namespace } = request.metadata;
    const identity = referencedIssuer(issuerRef, namespace);
    const at = Date.parse(conditionOf(request, certificateRequestConditions.ready)?.lastTransitionTime ?? '');
    if (identity === undefined || Number.isNaN(at)) return;
    ledger.count(uid, { issuer: issuerKey(identity), namespace, certificate: owningCertificateName(request) }, at);
  };
}
