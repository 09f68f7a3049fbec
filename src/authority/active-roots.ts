// The active roots of an account, as many as an issuer may have its clients trust.
import type { Call, PcaOutcome } from '../alibaba/call.ts';
import { listRootsCall, readRoots } from '../issuing/trust/active-roots.ts';
import { mostTrusted } from '../issuing/trust/bundle.ts';
import { fingerprintOf } from '../issuing/x509/certificate.ts';
import type { ReadCertificate } from '../issuing/x509/certificate.ts';
import type { Clock } from '../timing/clock.ts';
import { readPages } from './listed-pages.ts';

/** The roots, by their fingerprints, or why nobody can tell. `tooMany`: more than an issuer may have its clients trust. */
export type ActiveRoots =
  | { readonly kind: 'ok'; readonly roots: readonly ReadCertificate[] }
  | { readonly kind: 'tooMany' }
  | { readonly kind: 'unreadable'; readonly message: string }
  | Extract<PcaOutcome, { readonly kind: 'failed' }>;

/** Lists the active roots with keys of this family; each page is one call. */
export async function listActiveRoots(
  call: Call,
  keyFamily: string,
  clock: Pick<Clock, 'monotonic' | 'now'>,
  signal: AbortSignal,
): Promise<ActiveRoots> {
  const roots = new Map<string, ReadCertificate>();
  const fault = await readPages(
    {
      call: async (page) => call(listRootsCall(page), { signal }),
      read: (body) => readRoots(body, keyFamily, clock.now()),
    },
    ({ root }) => {
      if (root !== undefined) roots.set(fingerprintOf(root), root);
      return roots.size > mostTrusted ? { kind: 'endless', message: tooMany } : undefined;
    },
    clock,
  );
  if (fault === undefined) {
    // PCA may list them in any order, and another order is no news.
    const sorted = [...roots].toSorted(([one], [other]) => (one < other ? -1 : 1));
    return { kind: 'ok', roots: sorted.map(([, root]) => root) };
  }
  if (fault.kind === 'failed') return fault;
  return fault.message === tooMany ? { kind: 'tooMany' } : { kind: 'unreadable', message: fault.message };
}

const tooMany = 'there are more';
