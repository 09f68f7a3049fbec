// Admission by schema: the same defaults and the same refusals as the API server's.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { admit } from '../../../src/crds/admission.ts';
import { issuerSpecSchema } from '../../../src/crds/issuer-schema/spec.ts';
import type { Schema } from '../../../src/crds/schema.ts';
import { issuerSpec } from '../../support/issuing.ts';

const valid = { parentIdentifier: '1ed4068c-6f1b-6deb-8e32-3f8439a851cb', credentials: { secretRef: { name: 'pca' } } };
const other = {
  type: 'object',
  description: 'What the spec has no example of.',
  properties: {
    count: { type: 'integer', description: 'Count.', minimum: 1, maximum: 3, default: 2 },
    list: {
      type: 'array',
      description: 'List.',
      minItems: 1,
      maxItems: 2,
      'x-kubernetes-list-type': 'atomic',
      items: { type: 'string', description: 'Item.', pattern: '^a+$' },
    },
    at: { type: 'string', description: 'Moment.', format: 'date-time' },
  },
} as const satisfies Schema;

describe('admit', () => {
  it('fills in every default of an issuer', () => {
    expect(admit(issuerSpecSchema, valid, 'spec')).toEqual({ kind: 'admitted', value: issuerSpec(), unknown: [] });
  });

  it('keeps what is given, takes null for absent and drops what the schema does not know', () => {
    const value = {
      ...valid,
      region: 'ap-southeast-1',
      validity: null,
      trust: { source: 'IssuingCA', rot: 1 },
      xy: {},
    };
    expect(admit(issuerSpecSchema, value, 'spec')).toEqual({
      kind: 'admitted',
      value: issuerSpec({ region: 'ap-southeast-1', trust: { source: 'IssuingCA' } }),
      unknown: ['spec.xy', 'spec.trust.rot'],
    });
  });

  const tag = { key: 'a', value: '' };
  it.each([
    [null, ['spec must be an object, but is null.']],
    [[], ['spec must be an object, but is a list.']],
    [{}, ['spec.parentIdentifier is required.', 'spec.credentials is required.']],
    [{ ...valid, credentials: { secretRef: {} } }, ['spec.credentials.secretRef.name is required.']],
    [{ ...valid, region: 7 }, ['spec.region must be a string, but is the number 7.']],
    [{ ...valid, endpoint: 'x' }, ['spec.endpoint must be an object, but is a string.']],
    [
      { ...valid, trust: { source: 'Leaf' } },
      ['spec.trust.source must be one of Root, IssuingCA, AllActiveRoots, Static, but is "Leaf".'],
    ],
    [{ ...valid, region: 'x'.repeat(33) }, ['spec.region must have at most 32 characters, but has 33.']],
    [
      {
        ...valid,
        createCustomCertificate: {
          enableCrl: 'yes',
          tags: [tag, { key: 'b' }, tag],
          criticals: ['KeyUsage', 'KeyUsage'],
        },
      },
      [
        'spec.createCustomCertificate.enableCrl must be true or false, but is a string.',
        'spec.createCustomCertificate.tags[1].value is required.',
        'spec.createCustomCertificate.tags[2] repeats an earlier item; each may occur once.',
        'spec.createCustomCertificate.criticals[1] repeats an earlier item; each may occur once.',
      ],
    ],
    [{ ...valid, validity: { backdate: '0' } }, ['spec.validity.backdate must have at least 2 characters, but has 1.']],
  ])('rejects %j and names each field', (value, faults) => {
    expect(admit(issuerSpecSchema, value, 'spec')).toEqual({ kind: 'rejected', faults });
  });

  it.each([
    [{ count: 0 }, 'x.count must be at least 1, but is 0.'],
    [{ count: 4 }, 'x.count must be at most 3, but is 4.'],
    [{ count: 1.5 }, 'x.count must be a whole number, but is the number 1.5.'],
    [{ list: [] }, 'x.list must have at least 1 items, but has 0.'],
    [{ list: ['a', 'a', 'aa'] }, 'x.list must have at most 2 items, but has 3.'],
    [{ list: ['b'] }, 'x.list[0] must match ^a+$.'],
    [{ list: [null] }, 'x.list[0] must be a string, but is null.'],
    [{ at: 'now' }, 'x.at must be a time, such as 2027-01-31T09:30:00Z.'],
  ])('rejects %j by the bounds of the schema', (value, fault) => {
    expect(admit(other, value, 'x')).toEqual({ kind: 'rejected', faults: [fault] });
  });

  it('gives a value for anything, and admits what it admitted unchanged', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.anything(), fc.record({ count: fc.integer(), list: fc.array(fc.constant('a')) })),
        (value) => {
          const once = admit(other, value, 'x');
          if (once.kind === 'admitted')
            expect(admit(other, once.value, 'x')).toEqual({ kind: 'admitted', value: once.value, unknown: [] });
        },
      ),
    );
  });
});
