// The reference of fields in docs/issuer-reference.md: what a schema reads like.
import { describe, expect, it } from 'vitest';

import { fieldReference, specFields, statusFields } from '../../../scripts/generate/reference-fields.ts';
import { wrap } from '../../../scripts/generate/wrapped-text.ts';
import type { ObjectSchema } from '../../../src/crds/schema.ts';

const tags = {
  type: 'array',
  description: 'Tags.',
  maxItems: 2,
  'x-kubernetes-list-type': 'atomic',
  items: {
    type: 'object',
    description: 'One.',
    required: ['key'],
    properties: { key: { type: 'string', description: 'Key.', minLength: 1, maxLength: 9 } },
  },
} as const;
const root: ObjectSchema = {
  type: 'object',
  description: 'All.',
  required: ['size', 'source'],
  properties: {
    size: { type: 'integer', description: 'Size.', minimum: 1, maximum: 9 },
    isOn: { type: 'boolean', description: 'Whether.', default: false },
    names: {
      type: 'array',
      description: 'Names.',
      maxItems: 3,
      'x-kubernetes-list-type': 'set',
      items: {
        type: 'string',
        description: 'One.',
        maxLength: 5,
        'x-kubernetes-validations': [{ rule: 'a', message: 'must be a name' }],
      },
    },
    first: {
      type: 'object',
      description: 'First block.',
      properties: { tags, mode: { type: 'string', description: 'Mode.', enum: ['A', 'B', 'C'], default: 'A' } },
      'x-kubernetes-validations': [
        { rule: 'a', message: 'needs a' },
        { rule: 'b', message: 'needs b' },
      ],
    },
    second: { type: 'object', description: 'Second block.', properties: { tags } },
    source: {
      type: 'object',
      description: 'One of two.',
      properties: {
        one: { type: 'object', description: 'One.', properties: { at: at() } },
        two: { type: 'object', description: 'Two.', properties: { until: at() } },
      },
    },
  },
};

function at() {
  return { type: 'string', description: 'When.', format: 'date-time' } as const;
}

describe('the reference of fields', () => {
  it('has an entry for each field and a heading for each block', () => {
    expect(fieldReference(root, '.spec')).toBe(`All.

- \`size\` (integer, 1 to 9; required): Size.
- \`isOn\` (boolean; default \`false\`): Whether.
- \`names\` (list of at most 3 strings of at most 5 characters): Names. Refused with: "must be a name".

### .spec.first

First block.

Refused with: "needs a", "needs b".

- \`tags\` (list of at most 2 objects): Tags.
  - \`key\` (string, 1 to 9 characters; required): Key.
- \`mode\` (\`A\`, \`B\` or \`C\`; default \`A\`): Mode.

### .spec.second

Second block.

- \`tags\` (list of at most 2 objects): Tags. Its fields are those of \`.spec.first.tags[]\`.

### .spec.source

One of two. Required.

#### .spec.source.one

One.

- \`at\` (date-time): When.

#### .spec.source.two

Two.

- \`until\` (date-time): When.`);
  });

  it.each([
    ['spec', specFields],
    ['status', statusFields],
  ])('of the %s fits the width of a page', (_name, render) => {
    const long = render()
      .split('\n')
      .filter((line) => line.length > 120);
    expect(long).toEqual([]);
  });
});

describe('wrapped text', () => {
  it('breaks between words', () => {
    expect(wrap('one two three', 8)).toEqual(['one two', 'three']);
  });

  it.each(['-', '+', '*', '#', '>', '1.', '2)'])('begins no line with %s, which Markdown would read', (mark) => {
    expect(wrap(`several ${mark} words`, 8)).toEqual([`several ${mark}`, 'words']);
  });
});
