// The Certificate behind a CertificateRequest, read only where an answer depends on it; it is never watched.
import { certificatePath } from '../../../crds/cert-manager.ts';
import { parseDuration } from '../../../issuing/duration.ts';
import type { KubernetesClient } from '../../../kubernetes/client.ts';
import type { Request } from './request.ts';

/** What is read of a Certificate; members are undefined where there is no Certificate or it does not say. */
export interface OwningCertificate {
  /** spec.renewBefore; undefined leaves the choice to cert-manager. */
  readonly renewBeforeSeconds: number | undefined;
  /** Beginning and end of the certificate that is in use now. */
  readonly notBefore: Date | undefined;
  readonly notAfter: Date | undefined;
  /** status.revision: that of the request from which the certificate in use came. */
  readonly revision: number | undefined;
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
  certificate: { renewBeforeSeconds: undefined, notBefore: undefined, notAfter: undefined, revision: undefined },
};

/** Reads with one GET; none where the request has no Certificate. */
export function owningCertificateReader(kubernetes: Pick<KubernetesClient, 'get'>): ReadOwningCertificate {
  return async (certificate, signal) => {
    if (certificate === undefined) return nothing;
    const { namespace, name } = certificate;
    const result = await kubernetes.get<{
      readonly spec?: { readonly renewBefore?: string };
      readonly status?: { readonly notBefore?: string; readonly notAfter?: string; readonly revision?: number };
    }>(certificatePath(certificate), { signal });
    if (result.kind === 'failed') {
      if (result.failure.class === 'NotFound') return nothing;
      const message = `Certificate "${namespace}/${name}" could not be read: ${result.failure.message}.`;
      return { kind: 'failed', message };
    }
    const { spec, status } = result.body;
    const parsed = spec?.renewBefore === undefined ? undefined : parseDuration(spec.renewBefore);
    return {
      kind: 'ok',
      certificate: {
        renewBeforeSeconds: parsed?.kind === 'ok' ? parsed.seconds : undefined,
        notBefore: momentOf(status?.notBefore),
        notAfter: momentOf(status?.notAfter),
        revision: status?.revision,
      },
    };
  };
}

function momentOf(text: string | undefined): Date | undefined {
  const moment = new Date(text ?? Number.NaN);
  return Number.isNaN(moment.getTime()) ? undefined : moment;
}
