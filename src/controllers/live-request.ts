// A request as the reconcile sees it, read live, whichever of the two kinds it is: cert-manager's CertificateRequest or
// Kubernetes' CertificateSigningRequest.
import type { RequestFields } from '../issuing/signing-request.ts';
import type { Regarding } from '../kubernetes/events.ts';
import type { KubernetesFailure } from '../kubernetes/failure.ts';
import type { NextStep, RequestStatus } from './certificate-request-status.ts';
import type { IssuerIdentity } from '../crds/issuer-ref.ts';

/** `gone`: the object was deleted, replaced or ended by somebody else, so there is nothing to write to. */
export type WriteOutcome =
  | { readonly kind: 'written' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'failed'; readonly failure: KubernetesFailure };

/** Whether the requester may use the issuer; `message` of `denied` says what to grant. */
export type Authorization =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'denied'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };

/** One request that was read live. */
export interface LiveRequest {
  readonly object: Regarding;
  readonly creationTimestamp: string;
  readonly step: NextStep;
  /** undefined when it names no kind of ours. */
  readonly issuer: IssuerIdentity | undefined;
  /** The kind as the request spells it. */
  readonly issuerKind: string;
  readonly fields: RequestFields;
  /** The text of its Ready condition. */
  readonly message: string | undefined;
  /** `status.certificate` as it was read. */
  readonly writtenCertificate: string | undefined;
  /** The Certificate behind it. */
  readonly certificate: { readonly namespace: string; readonly name: string } | undefined;
  /** Revision of that Certificate that the request is for, from 1; undefined where it is not known. */
  readonly revision: number | undefined;
  /** Writes a result, to this object only and never over an end. */
  write(status: RequestStatus, signal: AbortSignal): Promise<WriteOutcome>;
  authorize(signal: AbortSignal): Promise<Authorization>;
}

/** A request, or why there is none. */
export type LiveRead =
  | { readonly kind: 'read'; readonly request: LiveRequest }
  | { readonly kind: 'gone' }
  | { readonly kind: 'failed'; readonly failure: KubernetesFailure };

/** One kind of request. */
export interface RequestAdapter {
  read(
    reference: { readonly namespace?: string; readonly name: string; readonly uid: string },
    signal: AbortSignal,
  ): Promise<LiveRead>;
}
