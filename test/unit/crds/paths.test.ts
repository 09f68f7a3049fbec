// Names in paths: whatever somebody wrote into a reference stays one segment of the path.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { certificatePath, certificateRequestPath } from '../../../src/crds/cert-manager.ts';
import { signingRequestPath } from '../../../src/crds/certificate-signing-request.ts';
import { issuerKinds, issuerPath } from '../../../src/crds/issuer.ts';

const [kind] = issuerKinds;

const paths = [
  ['CertificateRequest', (name: string) => certificateRequestPath({ namespace: name, name })],
  ['Certificate', (name: string) => certificatePath({ namespace: name, name })],
  ['CertificateSigningRequest', signingRequestPath],
  ['issuer', (name: string) => issuerPath(kind, { namespace: name, name })],
] as const;

test('a name with the signs of a query is none', () => {
  expect(certificatePath({ namespace: 'shop', name: 'x?watch=true#y/../z' })).toBe(
    '/apis/cert-manager.io/v1/namespaces/shop/certificates/x%3Fwatch%3Dtrue%23y%2F..%2Fz',
  );
});

test.each(paths)('whatever the name of a %s is, the path has as many segments', (_, pathOf) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
      const path = pathOf(name);
      expect([
        path.split('/').length,
        /^[\w./%~!*'()-]+$/.test(path),
        decodeURIComponent(path.split('/').at(-1) ?? ''),
      ]).toEqual([pathOf('plain').split('/').length, true, name]);
    }),
  );
});
