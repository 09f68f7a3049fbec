// cert-manager's CertificateRequests: as they were watched or read live, and written with one server-side apply each, only to the
// object that was seen, never over an end.
import {
  certificateRequestConditions,
  certificateRequestKind,
  certificateRequestPath,
  certificateRevisionAnnotation,
  certManagerApiVersion,
  conditionOf,
  owningCertificateName,
  terminalState,
} from '../../../crds/cert-manager.ts';
import type { CertificateRequest } from '../../../crds/cert-manager.ts';
import { referencedIssuer } from '../../../crds/issuer-ref.ts';
import type { KubernetesClient } from '../../../kubernetes/client.ts';
import { withCondition } from '../../../kubernetes/conditions.ts';
import type { Clock } from '../../../timing/clock.ts';
import { unknownKindMessage } from '../messages.ts';
import { provenanceOf } from './provenance.ts';
import { firstMoment, sameObject } from './request.ts';
import type { Request, RequestKind, RequestRead, RequestReference, WriteOutcome } from './request.ts';
import { isCertificateIn, isSameLeaf, nextStep, requestStatus } from './status.ts';
import type { RequestStatus } from './status.ts';
import type { WatchedRequests } from './watched-requests.ts';

const maxConflicts = 5;

type Watched = Pick<WatchedRequests<CertificateRequest>, 'get' | 'spend'>;

/** Reads and writes CertificateRequests as one field manager. */
export class CertificateRequests implements RequestKind {
  readonly #kubernetes: Pick<KubernetesClient, 'get' | 'applyStatus'>;
  readonly #fieldManager: string;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #watched: Watched;

  constructor(
    kubernetes: Pick<KubernetesClient, 'get' | 'applyStatus'>,
    fieldManager: string,
    { clock, watched }: { readonly clock: Pick<Clock, 'now'>; readonly watched: Watched },
  ) {
    this.#kubernetes = kubernetes;
    this.#fieldManager = fieldManager;
    this.#clock = clock;
    this.#watched = watched;
  }

  /** The request as the watch brought it; undefined where it must be read. */
  watched(uid: string): Request | undefined {
    const object = this.#watched.get(uid);
    return object === undefined ? undefined : this.#request(object);
  }

  /** Something was done about the request. */
  spend(uid: string): void {
    this.#watched.spend(uid);
  }

  /** The request as the API server has it now. */
  async read(reference: RequestReference, signal: AbortSignal): Promise<RequestRead> {
    const read = await this.#get(reference, signal);
    return read.kind === 'read' ? { kind: 'read', request: this.#request(read.object) } : read;
  }

  async #get({ namespace = '', name, uid }: RequestReference, signal: AbortSignal) {
    const path = certificateRequestPath({ namespace, name });
    return sameObject(await this.#kubernetes.get<CertificateRequest>(path, { signal }), uid);
  }

  #request(object: CertificateRequest): Request {
    const { namespace, name, uid, creationTimestamp, annotations } = object.metadata;
    const { issuerRef, request: csr, duration, isCA = false, usages } = object.spec;
    const owner = owningCertificateName(object);
    return {
      object: { apiVersion: certManagerApiVersion, kind: certificateRequestKind, namespace, name, uid },
      creationTimestamp,
      approvedAt: firstMoment(
        conditionOf(object, certificateRequestConditions.approved)?.lastTransitionTime,
        creationTimestamp,
      ),
      step: nextStep(object),
      issuer: referencedIssuer(issuerRef, namespace),
      unknownIssuer: unknownKindMessage(issuerRef.kind),
      fields: { uid, request: csr, duration, isCA, usages },
      message: conditionOf(object, certificateRequestConditions.ready)?.message,
      certificate: owner === undefined ? undefined : { namespace, name: owner },
      revision: revisionOf(annotations),
      leftCertificate: leftCertificateOf(object.status),
      provenance: provenanceOf(object),
      holds: (certificate) => isCertificateIn(object.status?.certificate, certificate),
      write: async (outcome, signal) => this.#write(object, requestStatus(outcome, object.metadata), signal),
      // Who may create CertificateRequests in a namespace may use its issuers; cluster issuers are for everybody.
      authorize: async () => ({ kind: 'allowed' }),
    };
  }

  /**
   * Applies `status`. The resourceVersion of the read is the only precondition that the API server honours here, so a
   * conflict means to read again, compare the UID and apply the same result.
   */
  async #write(request: CertificateRequest, status: RequestStatus, signal: AbortSignal): Promise<WriteOutcome> {
    let current = request;
    for (let conflicts = 0; ; conflicts += 1) {
      const result = await this.#kubernetes.applyStatus(
        certificateRequestPath(current.metadata),
        this.#body(current, status),
        { fieldManager: this.#fieldManager, signal },
      );
      if (result.kind === 'ok') return { kind: 'written' };
      if (result.failure.class === 'NotFound') return { kind: 'gone' };
      if (result.failure.class !== 'Conflict' || conflicts === maxConflicts)
        return { kind: 'failed', failure: result.failure };

      const read = await this.#get(request.metadata, signal);
      if (read.kind !== 'read') return read;
      // An earlier write whose answer was lost; for any other end there is nothing to write to.
      if (terminalState(read.object) !== undefined) return { kind: isEndOf(status, read.object) ? 'written' : 'ended' };

      current = read.object;
    }
  }

  #body(request: CertificateRequest, { condition, ...fields }: RequestStatus): object {
    const present = conditionOf(request, certificateRequestConditions.ready);
    return {
      apiVersion: certManagerApiVersion,
      kind: certificateRequestKind,
      metadata: { resourceVersion: request.metadata.resourceVersion },
      status: { conditions: [withCondition(present, condition, this.#clock.now())], ...fields },
    };
  }
}

function leftCertificateOf(status: CertificateRequest['status']): string | undefined {
  const { certificate = '' } = status ?? {};
  return certificate === '' ? undefined : Buffer.from(certificate, 'base64').toString('utf8');
}

/** Whether the request has come to this very end, or holds the same certificate with another chain. */
function isEndOf({ condition, certificate, failureTime }: RequestStatus, request: CertificateRequest): boolean {
  const { status } = request;
  if (certificate !== undefined) return isSameLeaf(status?.certificate, certificate);
  const ready = conditionOf(request, certificateRequestConditions.ready);
  return (
    status?.failureTime === failureTime && ready?.reason === condition.reason && ready.message === condition.message
  );
}

function revisionOf(annotations: CertificateRequest['metadata']['annotations']): number | undefined {
  const revision = Number(annotations?.[certificateRevisionAnnotation]);
  return Number.isInteger(revision) && revision > 0 ? revision : undefined;
}
