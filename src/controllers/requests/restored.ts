// Requests that came back without their Certificate: restored from a backup, copied from another cluster, or left behind.
// cert-manager approves them again, and nobody would use what is issued for them.
import type { ReadOwningCertificate } from './kinds/owning-certificate.ts';
import type { RestoredCause } from './kinds/provenance.ts';
import type { Request } from './kinds/request.ts';
import { restoredMessage } from './messages.ts';

/** Whether a request waits for what it lacks; `failed`: that depends on a Certificate that cannot be read now. */
export type RestoredFinding =
  | { readonly kind: 'inUse' }
  | {
      readonly kind: 'restored';
      readonly cause: RestoredCause;
      readonly message: string;
      readonly lookAgainMs?: number;
    }
  | { readonly kind: 'failed'; readonly message: string };

const inUse: RestoredFinding = { kind: 'inUse' };
// What may change about the Certificate is not watched.
const lookAgainMs = 5 * 60_000;

/**
 * Whether a request lacks the Certificate that it was made for. Costs a read of the Certificate only where somebody else than
 * cert-manager created the object: a copy may carry the owner of the original.
 */
export async function findRestored(
  request: Request,
  read: ReadOwningCertificate,
  signal: AbortSignal,
): Promise<RestoredFinding> {
  const { provenance, revision } = request;
  if (provenance === undefined) return inUse;
  const restored = (cause: RestoredCause): RestoredFinding => ({
    kind: 'restored',
    cause,
    message: restoredMessage(request, provenance.certificateName, cause),
    // The watch tells of a new controller.
    ...(cause === 'NoController' ? {} : { lookAgainMs }),
  });
  const { controller, certificateName, isFirstHand } = provenance;
  if (controller === undefined) return restored('NoController');
  if (controller.name !== certificateName) return restored('OtherCertificate');
  if (isFirstHand) return inUse;
  const found = await read(request.certificate, signal);
  if (found.kind === 'failed') return found;
  const { certificate } = found;
  if (certificate.uid === undefined) return restored('CertificateGone');
  if (certificate.uid !== controller.uid) return restored('OtherCertificate');
  const isOver = revision !== undefined && certificate.revision !== undefined && certificate.revision >= revision;
  return isOver ? restored('RevisionOver') : inUse;
}
