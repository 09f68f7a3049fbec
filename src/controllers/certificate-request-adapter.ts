// cert-manager's CertificateRequests for the reconcile.
import {
  certificateRequestConditions,
  certificateRevisionAnnotation,
  certificateRequestKind,
  certManagerApiVersion,
  conditionOf,
  owningCertificateName,
  type CertificateRequest,
} from '../crds/cert-manager.ts';
import { nextStep } from './certificate-request-status.ts';
import { referencedIssuer } from '../crds/issuer-ref.ts';
import type { LiveRequest, RequestAdapter } from './live-request.ts';
import type { RequestWriter } from './request-writer.ts';

/** Reads and writes CertificateRequests through `writer`. */
export function certificateRequestAdapter(writer: RequestWriter): RequestAdapter {
  return {
    async read({ namespace = '', name, uid }, signal) {
      const read = await writer.read({ namespace, name, uid }, signal);
      return read.kind === 'read' ? { kind: 'read', request: liveRequest(read.request, writer) } : read;
    },
  };
}

function liveRequest(request: CertificateRequest, writer: RequestWriter): LiveRequest {
  const { namespace, name, uid, creationTimestamp } = request.metadata;
  const { issuerRef, request: csr, duration, isCA = false, usages } = request.spec;
  const owner = owningCertificateName(request);
  return {
    object: { apiVersion: certManagerApiVersion, kind: certificateRequestKind, namespace, name, uid },
    creationTimestamp,
    step: nextStep(request),
    issuer: referencedIssuer(issuerRef, namespace),
    issuerKind: issuerRef.kind ?? '(none)',
    fields: { uid, request: csr, duration, isCA, usages },
    message: conditionOf(request, certificateRequestConditions.ready)?.message,
    writtenCertificate: request.status?.certificate,
    certificate: owner === undefined ? undefined : { namespace, name: owner },
    revision: revisionOf(request.metadata.annotations),
    write: (status, signal) => writer.write(request, status, signal),
    // Who may create CertificateRequests in a namespace may use its issuers; cluster issuers are for everybody.
    authorize: async () => ({ kind: 'allowed' }),
  };
}

function revisionOf(annotations: CertificateRequest['metadata']['annotations']): number | undefined {
  const revision = Number(annotations?.[certificateRevisionAnnotation]);
  return Number.isInteger(revision) && revision > 0 ? revision : undefined;
}
