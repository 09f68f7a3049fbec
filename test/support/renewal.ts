// Asking cert-manager for the next certificate of a Certificate, as `cmctl renew` does.
import { conditionsOf } from './cluster.ts';
import type { Cluster, Manifest, ObjectReference } from './cluster.ts';
import { NotYet, until } from './wait.ts';

interface CertificateName {
  readonly namespace: string;
  readonly name: string;
}

/** How the message of a failed request ends, where a Certificate stands behind it. */
export function adviceToRenew({ namespace, name }: CertificateName): string {
  return ` cert-manager may wait for an hour or more before it asks again; to ask at once: cmctl renew ${name} -n ${namespace}.`;
}

/**
 * Asks for the next revision once the present one is wholly done. A Certificate is Ready before cert-manager has ended
 * the issuance: whoever asks in between is answered with the certificate that is there already. For the same reason the
 * change is refused, and tried again, when somebody else wrote the Certificate since it was read. Answers the revision
 * that is asked for.
 */
export async function renew(cluster: Cluster, certificate: CertificateName): Promise<number> {
  return until(`${certificate.name} to be asked for anew`, async () => renewNow(cluster, certificate));
}

/** The same in one attempt, which fails while an issuance is under way; answers the revision that it asks for. */
export async function renewNow(cluster: Cluster, { namespace, name }: CertificateName): Promise<number> {
  const certificate = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', namespace, name };
  const present = await cluster.get(certificate);
  if (present === undefined || !isIssued(present)) throw new NotYet(present?.['status'] ?? 'no status');
  return trigger(cluster, certificate, present);
}

/** The same whatever the Certificate is at, as `cmctl renew` does it: what an issuance under way was begun for does not count any more. */
export async function renewUnderWay(cluster: Cluster, { namespace, name }: CertificateName): Promise<number> {
  const certificate = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', namespace, name };
  return until(`the issuance of ${name} to be asked for`, async () => {
    const present = await cluster.get(certificate);
    if (present === undefined) throw new NotYet('no Certificate');
    return trigger(cluster, certificate, present);
  });
}

async function trigger(cluster: Cluster, certificate: ObjectReference, present: Manifest): Promise<number> {
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
  await cluster.patch(certificate, { metadata: { resourceVersion }, status: { conditions } }, 'status');
  const { revision = 0 } = present['status'] as { readonly revision?: number };
  return revision + 1;
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
