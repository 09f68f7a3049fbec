// The Certificate behind a CertificateRequest, read only where an answer depends on it; it is never watched.
import { certificatePath } from '../crds/cert-manager.ts';
import { parseDuration } from '../issuing/duration.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { LiveRequest } from './live-request.ts';

/** `seconds` is undefined when there is no Certificate or it leaves the choice to cert-manager. */
export type RenewBefore =
  { readonly kind: 'ok'; readonly seconds: number | undefined } | { readonly kind: 'failed'; readonly message: string };

/** Reads spec.renewBefore of the Certificate that owns the request, with one GET. */
export async function readRenewBefore(
  kubernetes: KubernetesClient,
  certificate: LiveRequest['certificate'],
  signal: AbortSignal,
): Promise<RenewBefore> {
  if (certificate === undefined) return { kind: 'ok', seconds: undefined };
  const { namespace, name } = certificate;
  const result = await kubernetes.get<{ readonly spec?: { readonly renewBefore?: string } }>(
    certificatePath(certificate),
    { signal },
  );
  if (result.kind === 'failed') {
    if (result.failure.class === 'NotFound') return { kind: 'ok', seconds: undefined };
    const message = `Certificate "${namespace}/${name}" could not be read for its renewBefore: ${result.failure.message}.`;
    return { kind: 'failed', message };
  }
  const { renewBefore } = result.body.spec ?? {};
  const parsed = renewBefore === undefined ? undefined : parseDuration(renewBefore);
  return { kind: 'ok', seconds: parsed?.kind === 'ok' ? parsed.seconds : undefined };
}
