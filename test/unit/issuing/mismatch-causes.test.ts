// Which differences of a certificate show that the CA is wrong for all: who signed it, and what stands above it. What a CA
// makes of a request depends on the request.
import { expect, it } from 'vitest';
import { mismatchCauses } from '../../../src/issuing/certificate-differences.ts';

it('a request can cause all but what is about the CA itself', () => {
  const ofIssuer = Object.entries(mismatchCauses).flatMap(([reason, cause]) => (cause === 'issuer' ? [reason] : []));
  expect(ofIssuer).toEqual(['ChainBroken', 'NotSignedByCA']);
});
