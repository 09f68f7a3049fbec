// docs/alerts.md speaks of metrics, flags, values and pages that exist.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

import { consequences } from '../../../../src/controllers/requests/reasons.ts';
import { metricCatalogue } from '../../../../src/runtime/metric-catalogue.ts';
import { settings } from '../../../../src/runtime/options.ts';

const path = (relative: string): string => fileURLToPath(new URL(`../../../../${relative}`, import.meta.url));
const page = readFileSync(path('docs/alerts.md'), 'utf8');
const found = (pattern: RegExp): readonly string[] => [
  ...new Set([...page.matchAll(pattern)].map(([, name = '']) => name)),
];
const titles = (text: string): readonly string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );

it('names metrics that exist', () => {
  const names = found(/\b((?:pca_issuer|controller_runtime|rest_client|workqueue|leader_election)_\w+)/g);
  const known = Object.keys(metricCatalogue);
  expect(names.filter((name) => !known.includes(name.replace(/_bucket$/, '')))).toEqual([]);
  expect(names.length).toBeGreaterThan(20);
});

it('names flags of the operator and of the subcommands that exist', () => {
  const ofOthers = ['previous', 'request', 'issuer', 'sort-by', 'field-selector'];
  const flags = found(/(?<![\w-])--([a-z][a-z-]+)/g);
  expect(flags.filter((flag) => !(flag in settings) && !ofOthers.includes(flag))).toEqual([]);
});

it('names reasons of events that exist', () => {
  expect(found(/field-selector reason=(\w+)/g).filter((reason) => !(reason in consequences))).toEqual(['REASON']);
});

it('leads to pages and sections that exist', () => {
  const dead = found(/\]\(([^)]+)\)/g).filter((link) => {
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? 'docs/alerts.md' : `docs/${file}`;
    if (!existsSync(path(target))) return true;
    return anchor !== undefined && !titles(readFileSync(path(target), 'utf8')).includes(anchor);
  });
  expect(dead).toEqual([]);
});

it('names values that the chart has', () => {
  const schema = JSON.parse(readFileSync(path('helm/alibaba-pca-issuer/values.schema.json'), 'utf8')) as Values;
  const names = found(/`((?:metrics|networkPolicy|certManager|log)\.[\w.]+)`/g);
  expect(names.filter((name) => !hasValue(schema, name.split('.')))).toEqual([]);
  expect(names.length).toBeGreaterThan(5);
});

interface Values {
  readonly properties?: Readonly<Record<string, Values>>;
}

function hasValue(values: Values, [name, ...deeper]: readonly string[]): boolean {
  if (name === undefined) return true;
  const child = values.properties?.[name];
  return child !== undefined && hasValue(child, deeper);
}
