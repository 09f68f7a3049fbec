// A request as the reconcile sees it, whichever of the two kinds it is: cert-manager's CertificateRequest or
// Kubernetes' CertificateSigningRequest.
import type { IssuerIdentity } from '../../../crds/issuer-ref.ts';
import type { IssuedCertificate } from '../../../issuing/issued-certificate.ts';
import type { RequestFields } from '../../../issuing/signing-request.ts';
import type { Regarding } from '../../../kubernetes/events.ts';
import type { KubernetesFailure } from '../../../kubernetes/failure.ts';
import type { Outcome } from '../decision.ts';
import type { Provenance } from './provenance.ts';
import type { NextStep } from './status.ts';

/** There is nothing to write to: `gone`, the object was deleted or replaced; `ended`, somebody else wrote another end. */
export type WriteOutcome =
  | { readonly kind: 'written' }
  | { readonly kind: 'ended' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'failed'; readonly failure: KubernetesFailure };

/** Whether the requester may use the issuer; `message` of `denied` says what to grant. */
export type Authorization =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'denied'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };

/** One request, read live or as it was watched. */
export interface Request {
  readonly object: Regarding;
  readonly creationTimestamp: string;
  /** When it was approved, before which nobody called for it; when it was made, where that is not known. */
  readonly approvedAt: Date;
  readonly step: NextStep;
  /** undefined when it names no kind of ours. */
  readonly issuer: IssuerIdentity | undefined;
  /** Why it names no issuer of ours and what to do; for a request whose `issuer` is undefined. */
  readonly unknownIssuer: string;
  readonly fields: RequestFields;
  /** The text of its Ready condition. */
  readonly message: string | undefined;
  /** The Certificate behind it. */
  readonly certificate: { readonly namespace: string; readonly name: string } | undefined;
  /** Revision of that Certificate that the request is for, from 1; undefined where it is not known. */
  readonly revision: number | undefined;
  /** PEM in its status, although it has no end. */
  readonly leftCertificate: string | undefined;
  /** For a request that cert-manager made for a Certificate, or a copy of it. */
  readonly provenance: Provenance | undefined;
  /** Whether its status already holds this certificate. */
  holds(certificate: IssuedCertificate): boolean;
  /** Writes what was decided, to this object only and never over an end. */
  write(outcome: Outcome, signal: AbortSignal): Promise<WriteOutcome>;
  authorize(signal: AbortSignal): Promise<Authorization>;
}

/** What is remembered of a request with the call that went out for it, since the request may be gone before the answer. */
export type CallingRequest = Pick<Request, 'object' | 'creationTimestamp' | 'approvedAt' | 'certificate' | 'revision'>;

/** The same of a request that an earlier process may have called for, with what it would have asked for. */
export type InheritedRequest = CallingRequest & Pick<Request, 'fields'>;

/** A request, or why there is none: `gone` when the object does not exist any more or is another one of that name. */
export type RequestRead =
  | { readonly kind: 'read'; readonly request: Request }
  | { readonly kind: 'gone' }
  | { readonly kind: 'failed'; readonly failure: KubernetesFailure };

/** How a request is found. */
export interface RequestReference {
  /** undefined for kinds without namespace. */
  readonly namespace?: string;
  readonly name: string;
  readonly uid: string;
}

/** Reads requests of one kind. */
export interface RequestReader {
  /** The request as the API server has it now. */
  read(reference: RequestReference, signal: AbortSignal): Promise<RequestRead>;
}

/** One kind of request. */
export interface RequestKind extends RequestReader {
  /** The request as the watch brought it, where nobody else can have answered it since; else it must be read. */
  watched(uid: string): Request | undefined;
  /** Something was done about the request: it is read from now on. */
  spend(uid: string): void;
}

/** A read of the API server as the object that was meant: one that is missing or has another UID is gone. */
export function sameObject<T extends { readonly metadata: { readonly uid: string } }>(
  result: KubernetesResultOf<T>,
  uid: string,
): { readonly kind: 'read'; readonly object: T } | Exclude<RequestRead, { readonly kind: 'read' }> {
  if (result.kind === 'failed')
    return result.failure.class === 'NotFound' ? { kind: 'gone' } : { kind: 'failed', failure: result.failure };

  return result.body.metadata.uid === uid ? { kind: 'read', object: result.body } : { kind: 'gone' };
}

type KubernetesResultOf<T> =
  { readonly kind: 'ok'; readonly body: T } | { readonly kind: 'failed'; readonly failure: KubernetesFailure };

/** The moment of the first of these texts that is one; the last must be. */
export function firstMoment(...texts: readonly (string | undefined)[]): Date {
  return new Date(texts.find((text) => text !== undefined && !Number.isNaN(Date.parse(text))) ?? Number.NaN);
}
