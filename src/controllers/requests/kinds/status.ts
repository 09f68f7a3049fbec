// Pure: what is to be done with a CertificateRequest, and the status that a decision becomes.
import { approval, terminalState } from '../../../crds/cert-manager.ts';
import type { CertificateRequest } from '../../../crds/cert-manager.ts';
import type { IssuedCertificate } from '../../../issuing/issued-certificate.ts';
import { formatMoment } from '../../../timing/moment.ts';
import type { Outcome } from '../decision.ts';

/** The next thing to do for a request whose group is ours; `await`: nobody has approved or denied it yet. */
export type NextStep = 'nothing' | 'await' | 'deny' | 'sign';

/** Decides from the object alone; nothing is done before approval and nothing after an end. Denied wins. */
export function nextStep(request: CertificateRequest): NextStep {
  if (terminalState(request) !== undefined || request.metadata.deletionTimestamp !== undefined) return 'nothing';
  switch (approval(request)) {
    case 'Undecided':
      return 'await';
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

/** A status to write: the condition with the fields that go with it, in one apply; certificates are PEM in base64. */
export interface RequestStatus {
  readonly condition: ReadyCondition;
  readonly certificate?: string;
  readonly ca?: string;
  readonly failureTime?: string;
}

/** The status for a decision about a request that was created then. */
export function requestStatus(
  decision: Outcome,
  { creationTimestamp }: { readonly creationTimestamp: string },
): RequestStatus {
  const { message } = decision;
  switch (decision.kind) {
    case 'issued': {
      const { chain, ca } = decision.certificate;
      const condition = { type: 'Ready', status: 'True', reason: 'Issued', message } as const;
      return { condition, certificate: base64(chain), ca: base64(ca) };
    }
    case 'failed':
      return { condition: notReady('Failed', message), failureTime: failureTime(creationTimestamp, decision.at) };
    case 'denied':
      return { condition: notReady('Denied', message), failureTime: failureTime(creationTimestamp, decision.at) };
    case 'waiting':
      return { condition: notReady('Pending', message) };
  }
}

/** Whether `status.certificate` holds this certificate, whatever chain stands below it. */
export function isCertificateIn(written: string | undefined, certificate: IssuedCertificate): boolean {
  return isSameLeaf(written, base64(certificate.chain));
}

/** Whether two chains, PEM in base64, are of one certificate: another version may write another chain below it. */
export function isSameLeaf(one: string | undefined, other: string): boolean {
  return one !== undefined && leafOf(one) === leafOf(other);
}

function leafOf(chain: string): string {
  return Buffer.from(chain, 'base64').toString('utf8').split('-----END', 1)[0] ?? '';
}

function notReady(reason: 'Pending' | 'Failed' | 'Denied', message: string): ReadyCondition {
  return { type: 'Ready', status: 'False', reason, message };
}

// A time before the request's creation plus one second makes cert-manager create the request again at once and for ever.
function failureTime(creationTimestamp: string, at: Date): string {
  const earliest = Date.parse(creationTimestamp) + 1_000;
  return formatMoment(new Date(Math.max(at.getTime(), earliest)));
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
