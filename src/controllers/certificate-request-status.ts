// Pure: what is to be done with a CertificateRequest, and every condition that is written to one.
import { approval, terminalState, type CertificateRequest } from '../crds/cert-manager.ts';
import type { IssuedCertificate } from '../issuing/issued-certificate.ts';

/** The next thing to do for a request whose group is ours. */
export type NextStep = 'nothing' | 'deny' | 'sign';

/** Decides from the object alone; nothing is done before approval and nothing after an end. Denied wins. */
export function nextStep(request: CertificateRequest): NextStep {
  if (terminalState(request) !== undefined || request.metadata.deletionTimestamp !== undefined) return 'nothing';
  switch (approval(request)) {
    case 'Undecided':
      return 'nothing';
    case 'Denied':
      return 'deny';
    case 'Approved':
      return 'sign';
  }
}

/** The Ready condition as it is to be written, before its transition time is known. */
export interface ReadyCondition {
  readonly type: 'Ready';
  readonly status: 'True' | 'False';
  readonly reason: 'Issued' | 'Pending' | 'Failed' | 'Denied';
  readonly message: string;
}

/** What a failure is dated by. */
interface Created {
  readonly creationTimestamp: string;
}

/** A status to write: the condition with the fields that go with it, in one apply. */
export interface RequestStatus {
  readonly condition: ReadyCondition;
  readonly certificate?: string;
  readonly ca?: string;
  readonly failureTime?: string;
  /** Why it failed, as one word in CamelCase; only kinds of requests with a place for it show it. */
  readonly failure?: string;
}

/** Success: chain and ca with the condition. Both are PEM texts and become base64; `notices` are further sentences. */
export function issuedStatus(
  certificate: IssuedCertificate,
  operation: string,
  notices: readonly string[],
): RequestStatus {
  const identifier = certificate.identifier === undefined ? '' : `, PCA identifier ${certificate.identifier}`;
  return {
    condition: {
      type: 'Ready',
      status: 'True',
      reason: 'Issued',
      message: [
        `Issued by Alibaba Cloud PCA with ${operation}: serial number ${certificate.serialNumber}${identifier}.`,
        ...notices,
      ].join(' '),
    },
    certificate: base64(certificate.chain),
    ca: base64(certificate.ca),
  };
}

/**
 * A permanent failure. `failureTime` never lies before the request's creation plus one second: an earlier one makes
 * cert-manager create the request again at once and for ever.
 */
export function failedStatus(
  request: Created,
  { message, reason }: { readonly message: string; readonly reason: string },
  now: Date,
): RequestStatus {
  return {
    failure: reason,
    condition: { type: 'Ready', status: 'False', reason: 'Failed', message },
    failureTime: failureTime(request, now),
  };
}

/** The end of a denied request. */
export function deniedStatus(request: Created, now: Date): RequestStatus {
  const message = 'The CertificateRequest was denied by an approval controller, so no certificate is issued for it.';
  return {
    condition: { type: 'Ready', status: 'False', reason: 'Denied', message },
    failureTime: failureTime(request, now),
  };
}

/** Waiting, for whatever `message` says. */
export function pendingStatus(message: string): RequestStatus {
  return { condition: { type: 'Ready', status: 'False', reason: 'Pending', message } };
}

function failureTime({ creationTimestamp }: Created, now: Date): string {
  const earliest = Date.parse(creationTimestamp) + 1_000;
  return `${new Date(Math.max(now.getTime(), earliest)).toISOString().slice(0, 19)}Z`;
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
