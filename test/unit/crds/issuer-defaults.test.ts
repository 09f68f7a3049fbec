// How an operator reads issuers that were stored by CRDs older or newer than itself.
import { describe, expect, it } from 'vitest';

import type { Issuer } from '../../../src/crds/issuer.ts';
import { withDefaults } from '../../../src/crds/issuer-defaults.ts';
import { issuerSpec } from '../../support/issuing.ts';

const complete = issuerSpec();

function issuer(spec: unknown): Issuer {
  const metadata = { name: 'pca', uid: 'u', resourceVersion: '7', creationTimestamp: '2026-11-23T00:00:00Z' };
  return { metadata, spec: spec as Issuer['spec'] };
}

describe('an issuer', () => {
  it('of older CRDs gets the defaults that those lack', () => {
    const { verification: _verification, patience: _patience, issuanceLimits: _limits, ...older } = complete;
    expect(withDefaults(issuer(older))).toEqual(issuer(complete));
  });

  it('of the present CRDs stays what it is', () => {
    expect(withDefaults(issuer(complete))).toEqual(issuer(complete));
  });

  it('of newer CRDs, with a value that this operator does not know, is left for the operator to complain of', () => {
    const newer = issuer({ ...complete, operation: 'CreateFromTheFuture' });
    expect(withDefaults(newer)).toBe(newer);
  });
});
