// The certificate of an earlier try where the operation takes no identifier of ours: the one for the request's key that is
// all that was asked for. Keys may serve several requests, so whatever differs is another request's.
import { verifyIssued } from '../issuing/issued-certificate.ts';
import type { IssuePlan } from '../issuing/plan.ts';
import type { LookupOutcome } from './issued-lookup.ts';
import type { LiveRequest } from './live-request.ts';
import type { SigningContext } from './signing-outcome.ts';

// A certificate begins at the earliest a backdate (24 h at most) before its request was made; clocks may differ.
const earliestBeginMilliseconds = 25 * 3_600_000;
// A call of which nothing was heard may still be at work, and no identifier would stop a second one.
const settleMilliseconds = 10_000;

/** Looks for the certificate in a list read after `since`; `absent` is only said when the earlier call must be over. */
export async function findByKey(
  { creationTimestamp }: LiveRequest,
  plan: IssuePlan,
  { session, signal, since, now }: SigningContext & { readonly since: number; readonly now: Date },
): Promise<LookupOutcome> {
  const waited = now.getTime() - since;
  if (waited < settleMilliseconds) {
    const message = `${plan.operation.action} was called, or may have been, without an answer that was seen. It takes no identifier, so its certificate is looked for by its key, in ${Math.ceil((settleMilliseconds - waited) / 1_000)} s.`;
    return { kind: 'unsettled', message };
  }
  const from = Date.parse(creationTimestamp) - earliestBeginMilliseconds;
  const listed = await session.lookup.identifiersOf(
    plan.expected.spki,
    { since: since + settleMilliseconds, from },
    signal,
  );
  if (listed.kind !== 'ok') return listed;
  for (const identifier of listed.identifiers) {
    const read = await session.lookup.read(identifier, signal);
    if (read.kind !== 'found') return read;
    const { reply } = read;
    const trust = session.spec.trust.source;
    if (verifyIssued({ plan, reply, ca: session.ca, trust, now, adopted: true }).kind === 'verified') return read;
  }
  return { kind: 'absent' };
}
