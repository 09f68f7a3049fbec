// Whose limits calls count against. The name is what strangers share a limit by, so it is made of what is proven alone: an
// account's number is one where Alibaba Cloud itself said it and counts the calls, and everything else is for its endpoint.
import { createHash } from 'node:crypto';
import { serviceOf } from '../endpoint.ts';
import type { PcaEndpoint } from '../endpoint.ts';

/**
 * The name: the account's number at Alibaba Cloud, `<number> at <endpoint>` elsewhere, or, where no number is known, a digest
 * of `credentials` (what tells callers of one service apart, without secrets) and of the service. Fit to be shown.
 */
export function accountName(endpoint: PcaEndpoint, number: string | undefined, credentials: readonly string[]): string {
  const service = serviceOf(endpoint);
  if (number === undefined) {
    const digest = createHash('sha256').update(JSON.stringify([service, ...credentials]));
    return `key-${digest.digest('hex').slice(0, 16)}`;
  }
  return service === 'Alibaba Cloud' ? number : `${number} at ${service}`;
}
