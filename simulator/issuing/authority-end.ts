// A CA whose certificate ends soon, or has ended: the same key and state with another certificate.
import { createPublicKey } from 'node:crypto';
import { createAuthority } from './authority.ts';
import type { Authority } from './authority.ts';

/** The CA with a certificate that ends so many days from now; more than 30 days ago is not possible. */
export function withEnd(authority: Authority, days: number, now: Date): Authority {
  const { seed, parent, signer, initial, status, quota, subscriptionEnd, issuedCount } = authority;
  const keys = { privateKey: signer.key, publicKey: createPublicKey(signer.key) };
  const made = createAuthority({ ...seed, days }, parent, keys, now);
  return { ...made, initial, status, quota, subscriptionEnd, issuedCount };
}
