/** Asking cert-manager for the next certificate of a Certificate, as `cmctl renew` does. */
import { type Cluster, conditionsOf, type Manifest } from './cluster.ts';
import { NotYet, until } from './wait.ts';

/**
 * Asks for the next revision once the present one is wholly done. A Certificate is Ready before cert-manager has ended
 * the issuance: whoever asks in between is answered with the certificate that is there already. For the same reason the
 * change is refused, and tried again, when somebody else wrote the Certificate since it was read.
 */
export async function renew(
  cluster: Cluster,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<void> {
  const certificate = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', namespace, name };
  await until(`${name} to be asked for anew`, async () => {
    const present = await cluster.get(certificate);
    if (present === undefined || !isIssued(present)) throw new NotYet(present?.['status'] ?? 'no status');
    const { generation, resourceVersion } = present.metadata;
    const issuing = {
      type: 'Issuing',
      status: 'True',
      reason: 'ManuallyTriggered',
      message: 'Certificate re-issuance manually triggered',
      lastTransitionTime: new Date().toISOString(),
      observedGeneration: generation,
    };
    const conditions = [...conditionsOf(present).filter(({ type }) => type !== 'Issuing'), issuing];
    return cluster.patch(certificate, { metadata: { resourceVersion }, status: { conditions } }, 'status');
  });
}

/** Whether a Certificate is Ready in its present generation and no issuance is under way. */
export function isIssued(certificate: Manifest): boolean {
  const conditions = conditionsOf(certificate);
  const { nextPrivateKeySecretName } = (certificate['status'] ?? {}) as { readonly nextPrivateKeySecretName?: string };
  return (
    nextPrivateKeySecretName === undefined &&
    conditions.every(({ type, status }) => type !== 'Issuing' || status !== 'True') &&
    conditions.some(
      ({ type, status, observedGeneration }) =>
        type === 'Ready' && status === 'True' && observedGeneration === certificate.metadata.generation,
    )
  );
}
