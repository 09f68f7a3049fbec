// Which differences of a certificate a request may bring about, and which show that the CA is wrong for all.
import { expect, it } from 'vitest';
import { mismatchCauses } from '../../../src/issuing/certificate-differences.ts';
import type { MismatchReason } from '../../../src/issuing/certificate-differences.ts';

/** What a CA makes of a request depends on the request; who signed it and what stands above it does not. */
const causes: Readonly<Record<MismatchReason, 'request' | 'issuer'>> = {
  NotSignedByCA: 'issuer',
  ChainBroken: 'issuer',
  CertificateMalformed: 'request',
  KeyMismatch: 'request',
  CAFlagMismatch: 'request',
  PathLengthMismatch: 'request',
  CertificateExpired: 'request',
  SubjectMismatch: 'request',
  AlternativeNamesMismatch: 'request',
  KeyUsageMismatch: 'request',
  ExtendedKeyUsageMismatch: 'request',
  ValidityMismatch: 'request',
};

it('a request can cause all but what is about the CA itself', () => {
  expect(mismatchCauses).toEqual(causes);
});
