// Which requests go first where not all can: those that nobody has a certificate for, or not for long.
import type { Attempt } from './attempts.ts';
import type { CallRank } from './call-turns.ts';
import type { LiveRequest } from './live-request.ts';
import type { ReadOwningCertificate } from './owning-certificate.ts';

const nearExpiryMilliseconds = 24 * 3_600_000;

/** The rank of a request that has to wait; reads its Certificate where that decides. */
export async function rankOf(
  request: Pick<LiveRequest, 'certificate' | 'revision'>,
  attempt: Pick<Attempt, 'calls'>,
  on: { readonly owningCertificate: ReadOwningCertificate; readonly now: () => Date },
  signal: AbortSignal,
): Promise<CallRank> {
  if (attempt.calls > 0) return 'Retry';
  if (request.certificate === undefined || request.revision === 1) return 'Urgent';
  const read = await on.owningCertificate(request.certificate, signal);
  if (read.kind === 'failed') return 'Renewal';
  const end = read.certificate.notAfter?.getTime() ?? Number.NEGATIVE_INFINITY;
  return end - on.now().getTime() < nearExpiryMilliseconds ? 'Urgent' : 'Renewal';
}
