// The failures that another entry of spec.failover stands in for: those of the CA and of the endpoint. docs/failover.md lists them.
import type { PcaErrorClass } from '../../../alibaba/error-table.ts';
import type { IssuerReason } from '../reasons.ts';

/** Reasons of Ready, each with why another CA or region helps. */
export const failoverReasons = {
  PCAUnavailable:
    'Endpoint: PCA gives no answer (name, connection, TLS, deadline), or answers with a server error. Only when that has lasted for 30 s, or for several issuing calls in a row. An answer that refuses or throttles a call does not count.',
  STSUnavailable:
    'Endpoint: the STS of the region, without which no call can be made, gives no answer. Only when that has lasted for 30 s.',
  ActionUnavailable: 'Endpoint: the region does not offer the operation.',
  IssuingCANotActive: 'CA: it was revoked or forbidden in PCA.',
  IssuingCAExpired: 'CA: its certificate has expired, or one above it.',
  IssuingCAPathInvalid: 'CA: clients would refuse every certificate of it.',
  IssuingCAExhausted: 'CA: it has no certificates left.',
  IssuingCAUnusable: 'CA: PCA does not know it any more, or does not let the account use it.',
  CapacityExhausted: 'CA: no certificates are left, or the subscription ended.',
} as const satisfies Readonly<Partial<Record<IssuerReason, string>>>;

/** Failures of an endpoint that did not answer; of any other it did, so that nobody is to stand in for it. */
const silences: ReadonlySet<PcaErrorClass> = new Set(['Transient', 'OutcomeUnknown', 'Cancelled']);

/** Whether another entry stands in for this. `failure`: that of the call behind it, where there was one. */
export function isFailedOver(reason: IssuerReason, failure?: PcaErrorClass): boolean {
  if (!Object.hasOwn(failoverReasons, reason)) return false;
  const isSilence = reason === 'PCAUnavailable' || reason === 'STSUnavailable';
  return !isSilence || failure === undefined || silences.has(failure);
}
