// The table of docs/mesh/README.md is of what tests saw: each form has a result, each result a form, and each form a test.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

import { meshResultsTable } from '../../../scripts/generate/mesh-results.ts';
import { meshForms, meshResults } from '../../support/neighbours/results.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const forms = Object.keys(meshForms);
const tests = globSync('test/integration/mesh/*.test.ts', { cwd: root }).map((path) =>
  readFileSync(join(root, path), 'utf8'),
);

it('each form has a result, in the order of the page', () => {
  expect(Object.keys(meshResults())).toEqual(forms);
});

it.each(forms)('a test tries %s', (form) => {
  expect(tests.filter((text) => text.includes(`'${form}'`))).toHaveLength(1);
});

it('a form without a result is shown as such', () => {
  const cell = (json: string): string | undefined => meshResultsTable(json).split('\n')[2]?.split(' | ')[3];
  expect([cell('{}'), cell('{"istio-intermediate":{"result":"issued"}}')]).toEqual(['not tried', 'issued']);
});
