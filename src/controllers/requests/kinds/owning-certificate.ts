// The Certificate behind a CertificateRequest, read only where an answer depends on it; it is never watched.
import { certificatePath } from '../../../crds/cert-manager.ts';
import { parseDuration } from '../../../issuing/duration.ts';
import type { KubernetesClient } from '../../../kubernetes/client.ts';
import type { Request } from './request.ts';

/** What is read of a Certificate; members are undefined where there is no Certificate or it does not say. */
export interface OwningCertificate {
  readonly uid: string | undefined;
  /** status.revision: that of the certificate that is in use, from 1. */
  readonly revision: number | undefined;
  /** spec.renewBefore; undefined leaves the choice to cert-manager. */
  readonly renewBeforeSeconds: number | undefined;
  /** End of the certificate that is in use now. */
  readonly notAfter: Date | undefined;
}

/** A Certificate, or the sentence why it cannot be read now. */
export type OwningCertificateRead =
  | { readonly kind: 'ok'; readonly certificate: OwningCertificate }
  | { readonly kind: 'failed'; readonly message: string };

/** Reads the Certificate that owns a request. */
export type ReadOwningCertificate = (
  certificate: Request['certificate'],
  signal: AbortSignal,
) => Promise<OwningCertificateRead>;

const nothing: OwningCertificateRead = {
  kind: 'ok',
  certificate: { uid: undefined, revision: undefined, renewBeforeSeconds: undefined, notAfter: undefined },
};

/** A Certificate as the API server has it, with the fields that are read. */
interface CertificateObject {
  readonly metadata?: { readonly uid?: string };
  readonly spec?: { readonly renewBefore?: string };
  readonly status?: { readonly notAfter?: string; readonly revision?: number };
}

/** Reads with one GET; none where the request has no Certificate. */
export function owningCertificateReader(kubernetes: Pick<KubernetesClient, 'get'>): ReadOwningCertificate {
  return async (certificate, signal) => {
    if (certificate === undefined) return nothing;
    const { namespace, name } = certificate;
    const result = await kubernetes.get<CertificateObject>(certificatePath(certificate), { signal });
    if (result.kind === 'ok') return { kind: 'ok', certificate: readCertificate(result.body) };
    if (result.failure.class === 'NotFound') return nothing;
    const message = `Certificate "${namespace}/${name}" could not be read: ${result.failure.message}.`;
    return { kind: 'failed', message };
  };
}

function readCertificate({ metadata, spec, status }: CertificateObject): OwningCertificate {
  const parsed = spec?.renewBefore === undefined ? undefined : parseDuration(spec.renewBefore);
  const notAfter = new Date(status?.notAfter ?? Number.NaN);
  return {
    uid: metadata?.uid,
    revision: status?.revision,
    renewBeforeSeconds: parsed?.kind === 'ok' ? parsed.seconds : undefined,
    notAfter: Number.isNaN(notAfter.getTime()) ? undefined : notAfter,
  };
}
