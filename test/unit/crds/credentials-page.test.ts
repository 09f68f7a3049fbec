// docs/credentials.md: its issuers are ones that the schema takes, its values ones that the chart has.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { admit } from '../../../src/crds/admission.ts';
import { credentialSourceOf } from '../../../src/crds/credential-source.ts';
import { credentialsSchema } from '../../../src/crds/issuer-schema/credentials.ts';
import { blocksOf } from '../../support/pages.ts';

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

interface ValueSchema {
  readonly properties?: Readonly<Record<string, ValueSchema>>;
}

const values = JSON.parse(read('helm/alibaba-pca-issuer/values.schema.json')) as ValueSchema;

/** What is wrong with credentials, as the API server would find it. */
function faultsOf(credentials: unknown): readonly string[] {
  const admitted = admit(credentialsSchema, credentials, 'credentials');
  if (admitted.kind === 'rejected') return admitted.faults;
  return credentialSourceOf(admitted.value) === undefined ? ['not one source'] : admitted.unknown;
}

/** Paths of values that the chart does not have. */
function unknownValues(given: unknown, schema: ValueSchema, path = ''): readonly string[] {
  if (schema.properties === undefined || typeof given !== 'object' || given === null) return [];
  return Object.entries(given).flatMap(([name, value]) => {
    const child = schema.properties?.[name];
    return child === undefined ? [`${path}${name}`] : unknownValues(value, child, `${path}${name}.`);
  });
}

const blocks = blocksOf(read('docs/credentials.md')).filter(({ language }) => language === 'yaml');

it('has blocks', () => {
  expect(blocks.length).toBe(4);
});

it.each(blocks.map(({ text }) => [text.split('\n')[0] ?? '', text]))('the block %s is right', (_, text) => {
  const block = parse(text) as { readonly credentials?: unknown; readonly spec?: { readonly credentials: unknown } };
  const credentials = block.spec?.credentials ?? block.credentials;
  expect(credentials === undefined ? unknownValues(block, values) : faultsOf(credentials)).toEqual([]);
});
