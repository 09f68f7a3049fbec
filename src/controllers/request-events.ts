// The events that are recorded on requests, each reason with its type; docs/conditions-and-errors.md lists them.
import type { EventToRecord, Regarding } from '../kubernetes/events.ts';

/** Reason of an event on a request, with its type and when it is recorded. */
export const requestEventReasons = {
  Issued: { type: 'Normal', meaning: 'The certificate was issued and written.' },
  Failed: { type: 'Warning', meaning: 'The request failed for good; the message says what to correct.' },
  WaitingForApproval: {
    type: 'Warning',
    meaning: 'Nobody has approved or denied the request for a while; the same event is recorded on its issuer.',
  },
  IssuerNotFound: { type: 'Warning', meaning: 'issuerRef names an issuer that does not exist.' },
  IssuerNotReady: { type: 'Warning', meaning: 'The issuer exists but is not ready; its own condition says why.' },
  RetryableError: { type: 'Warning', meaning: 'Passing trouble; the request is tried again by itself.' },
  ResultNotWritten: {
    type: 'Warning',
    meaning:
      "The API server, or an admission policy or webhook of it, refuses the request's status; it is tried again.",
  },
  WaitingForTurn: { type: 'Normal', meaning: "The account's limit on calls makes the request wait." },
  PatienceExceeded: {
    type: 'Warning',
    meaning:
      "Passing trouble lasts longer than spec.patience.duration; the message says what the present certificate's end is.",
  },
  IssuanceLimitReached: { type: 'Warning', meaning: "A limit in the issuer's spec.issuanceLimits is used up." },
  ReissueLoop: { type: 'Warning', meaning: 'One Certificate is issued again and again; it is held for a while.' },
  UnknownIssuerKind: { type: 'Warning', meaning: 'The request names our group but a kind that does not exist in it.' },
} as const;

/** Name of a reason. */
export type RequestEventReason = keyof typeof requestEventReasons;

/** An event on a request in the form that the recorder takes. */
export function requestEvent(regarding: Regarding, reason: RequestEventReason, note: string): EventToRecord {
  return { regarding, type: requestEventReasons[reason].type, reason, action: 'Issue', note };
}
