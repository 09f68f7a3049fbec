// How an operator reads issuers that were stored by CRDs older or newer than itself.
import { describe, expect, it } from 'vitest';
import { readIssuer } from '../../../src/crds/issuer-reading.ts';
import { issuerSpec } from '../../support/issuing.ts';

const complete = issuerSpec();
const metadata = { name: 'pca', uid: 'u', resourceVersion: '7', creationTimestamp: '2026-11-23T00:00:00Z' };
const understood = { metadata, spec: complete, unknownFields: [] };

describe('an issuer', () => {
  it('of older CRDs gets the defaults that those lack', () => {
    const { verification: _verification, patience: _patience, issuanceLimits: _limits, ...older } = complete;
    expect(readIssuer({ metadata, spec: older })).toEqual(understood);
  });

  it('of the present CRDs stays what it is', () => {
    const status = { observedGeneration: -1, conditions: [] };
    expect(readIssuer({ metadata, spec: complete, status })).toEqual({ ...understood, status });
  });

  it('of newer CRDs has no spec where a value is not known', () => {
    expect(readIssuer({ metadata, spec: { ...complete, operation: 'CreateFromTheFuture' } })).toEqual({
      metadata,
      spec: undefined,
      faults: [expect.stringMatching(/^spec\.operation must be one of .*, but is "CreateFromTheFuture"\.$/)],
    });
  });

  it('of newer CRDs is read without the fields that are not known', () => {
    const newer = { ...complete, dualRoot: true, trust: { ...complete.trust, pin: 'x' } };
    expect(readIssuer({ metadata, spec: newer })).toEqual({
      ...understood,
      unknownFields: ['spec.dualRoot', 'spec.trust.pin'],
    });
  });

  it('without anything in it is read all the same', () => {
    expect(readIssuer({ metadata })).toEqual({
      metadata,
      spec: undefined,
      faults: ['spec must be an object, but is null.'],
    });
  });

  it('counts as one without status where the status is none', () => {
    expect(readIssuer({ metadata, spec: complete, status: { conditions: 'many' } })).toEqual(understood);
  });
});
