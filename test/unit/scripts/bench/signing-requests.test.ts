import { describe, expect, it } from 'vitest';
import { signingRequest } from '../../../../scripts/bench/stage/signing-requests.ts';
import { extensionType, subjectAlternativeName } from '../../../../simulator/x509/extensions.ts';
import { readCertificationRequest } from '../../../../simulator/x509/signing-request.ts';

describe('signingRequest', () => {
  it.each([
    ['P-256', 1],
    ['RSA-2048', 1],
    ['P-256', 100],
  ] as const)('makes a request for %s and %d names that the simulator accepts', (key, names) => {
    const request = signingRequest({ key, names }, 'r-7', 7);
    const read = readCertificationRequest(Buffer.from(request, 'base64').toString());
    if (read.kind !== 'read') throw new Error(read.message);
    const labels = Array.from({ length: names }, (_, index) => (index === 0 ? 'r-7' : `r-7-${index}`));
    const values = labels.map((label) => ({ type: 'dNSName' as const, value: `${label}.example.com` }));
    expect(read.request.extensions).toEqual(
      new Map([[extensionType.subjectAlternativeName, { critical: false, value: subjectAlternativeName(values) }]]),
    );
  });

  it('never makes the same one twice', () => {
    const shape = { key: 'P-256', names: 1 } as const;
    expect(signingRequest(shape, 'same', 0)).not.toBe(signingRequest(shape, 'same', 0));
  });
});
