// Counts what costs most about a certificate, and leaves memory behind that only a full collection frees.
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { vi } from 'vitest';

/** How many public keys are imported, and certificates parsed by node:crypto's own reader, while `work` runs. */
export function nativeObjects(work: () => void): { readonly keys: number; readonly certificates: number } {
  const keys = vi.spyOn(crypto, 'createPublicKey');
  const certificates = vi.spyOn(crypto, 'X509Certificate');
  syncBuiltinESMExports();
  try {
    work();
    return { keys: keys.mock.calls.length, certificates: certificates.mock.calls.length };
  } finally {
    keys.mockRestore();
    certificates.mockRestore();
    syncBuiltinESMExports();
  }
}
