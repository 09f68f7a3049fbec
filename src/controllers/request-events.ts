// The events that are recorded on CertificateRequests, each reason with its type; docs/conditions-and-errors.md lists them.
import { certificateRequestKind, certManagerApiVersion, type CertificateRequest } from '../crds/cert-manager.ts';

/** Reason of an event on a CertificateRequest, with its type and when it is recorded. */
export const requestEventReasons = {
  Issued: { type: 'Normal', meaning: 'The certificate was issued and written.' },
  Failed: { type: 'Warning', meaning: 'The request failed for good; the message says what to correct.' },
  IssuerNotFound: { type: 'Warning', meaning: 'issuerRef names an issuer that does not exist.' },
  IssuerNotReady: { type: 'Warning', meaning: 'The issuer exists but is not ready; its own condition says why.' },
  RetryableError: { type: 'Warning', meaning: 'Passing trouble; the request is tried again by itself.' },
  WaitingForTurn: { type: 'Normal', meaning: "The account's limit on calls makes the request wait." },
  UnknownIssuerKind: { type: 'Warning', meaning: 'issuerRef has our group but a kind that does not exist in it.' },
} as const;

/** Name of a reason. */
export type RequestEventReason = keyof typeof requestEventReasons;

/** An event on `request` in the form that the recorder takes. */
export function requestEvent(
  request: CertificateRequest,
  reason: RequestEventReason,
  note: string,
): {
  readonly regarding: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
  };
  readonly type: 'Normal' | 'Warning';
  readonly reason: RequestEventReason;
  readonly action: string;
  readonly note: string;
} {
  const { name, namespace, uid } = request.metadata;
  return {
    regarding: { apiVersion: certManagerApiVersion, kind: certificateRequestKind, name, namespace, uid },
    type: requestEventReasons[reason].type,
    reason,
    action: 'Issue',
    note,
  };
}
