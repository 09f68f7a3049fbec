// Writes results to CertificateRequests: one server-side apply each, only to the object that was read, never twice.
import {
  certificateRequestConditions,
  certificateRequestKind,
  certificateRequestPath,
  certManagerApiVersion,
  conditionOf,
  terminalState,
  type CertificateRequest,
} from '../crds/cert-manager.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { withCondition } from '../kubernetes/conditions.ts';
import type { KubernetesFailure } from '../kubernetes/failure.ts';
import type { RequestStatus } from './certificate-request-status.ts';
import type { WriteOutcome } from './live-request.ts';

/** `gone` when the object does not exist any more or is another one under the same name. */
export type ReadOutcome =
  | { readonly kind: 'read'; readonly request: CertificateRequest }
  | { readonly kind: 'gone' }
  | { readonly kind: 'failed'; readonly failure: KubernetesFailure };

const maxConflicts = 5;

/** Reads and writes requests as `fieldManager`; `now` is the wall clock. */
export class RequestWriter {
  readonly #kubernetes: KubernetesClient;
  readonly #fieldManager: string;
  readonly #now: () => Date;

  constructor(kubernetes: KubernetesClient, fieldManager: string, now: () => Date) {
    this.#kubernetes = kubernetes;
    this.#fieldManager = fieldManager;
    this.#now = now;
  }

  /** The request as the API server has it now. */
  async read(
    reference: { readonly namespace: string; readonly name: string; readonly uid: string },
    signal: AbortSignal,
  ): Promise<ReadOutcome> {
    const result = await this.#kubernetes.get<CertificateRequest>(certificateRequestPath(reference), { signal });
    if (result.kind === 'failed') {
      return result.failure.class === 'NotFound' ? { kind: 'gone' } : { kind: 'failed', failure: result.failure };
    }
    return result.body.metadata.uid === reference.uid ? { kind: 'read', request: result.body } : { kind: 'gone' };
  }

  /**
   * Applies `status`. The resourceVersion of the read is the only precondition that the API server honours here, so a
   * conflict means to read again, compare the UID and apply the same result.
   */
  async write(request: CertificateRequest, status: RequestStatus, signal: AbortSignal): Promise<WriteOutcome> {
    let current = request;
    for (let conflicts = 0; ; conflicts += 1) {
      const result = await this.#kubernetes.applyStatus(
        certificateRequestPath(current.metadata),
        this.#body(current, status),
        {
          fieldManager: this.#fieldManager,
          signal,
        },
      );
      if (result.kind === 'ok') return { kind: 'written' };
      if (result.failure.class === 'NotFound') return { kind: 'gone' };
      if (result.failure.class !== 'Conflict' || conflicts === maxConflicts) {
        return { kind: 'failed', failure: result.failure };
      }
      const read = await this.read(request.metadata, signal);
      if (read.kind !== 'read') return read;
      if (terminalState(read.request) !== undefined) {
        // An earlier write whose answer was lost; for any other end there is nothing to write to.
        const isOurs = status.certificate !== undefined && read.request.status?.certificate === status.certificate;
        return { kind: isOurs ? 'written' : 'gone' };
      }
      current = read.request;
    }
  }

  #body(request: CertificateRequest, status: RequestStatus): object {
    const { condition, failure: _failure, ...fields } = status;
    const present = conditionOf(request, certificateRequestConditions.ready);
    return {
      apiVersion: certManagerApiVersion,
      kind: certificateRequestKind,
      metadata: { resourceVersion: request.metadata.resourceVersion },
      status: { conditions: [withCondition(present, condition, this.#now())], ...fields },
    };
  }
}
