// Every choice of values on a real API server: strict decoding, every object admitted, the same text at each rendering.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ControlPlane } from '../../control-plane/driver/control-plane.ts';
import { readManifests } from '../support/cluster.ts';
import { buildHelm, buildMs, chart, helm, renderYaml } from '../support/helm.ts';
import { sampleOf } from '../support/sample.ts';
import { until } from '../support/wait.ts';
import { choices } from './values-matrix.ts';

const path = (relative: string): string => fileURLToPath(new URL(`../../${relative}`, import.meta.url));

interface ValueSchema {
  readonly type?: string | readonly string[];
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, ValueSchema>>;
  readonly items?: ValueSchema;
  readonly additionalProperties?: unknown;
}

const schema = JSON.parse(readFileSync(join(chart, 'values.schema.json'), 'utf8')) as ValueSchema & {
  readonly definitions: Readonly<Record<string, ValueSchema>>;
};

let controlPlane: ControlPlane;

beforeAll(async () => {
  const [started] = await Promise.all([ControlPlane.start(), buildHelm()]);
  controlPlane = started;
  const apply = ['apply', '--server-side', '-f'];
  await controlPlane.kubectl([...apply, '-'], {
    input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: named }),
  });
  await controlPlane.kubectl([...apply, path('deploy/install.yaml'), '-f', path('test/helm/monitoring-crds.yaml')]);
  await until('the kinds to be served', async () => {
    const { stdout } = await controlPlane.kubectl(['api-resources', '-o', 'name'], { allowFailure: true });
    return (
      ['servicemonitors.', 'podmonitors.', 'prometheusrules.'].every((kind) => stdout.includes(kind)) &&
      stdout.includes('alibabapcaissuers.')
    );
  });
}, buildMs);

// What pods name has to exist where they are admitted: the ServiceAccounts of `helm test`, and a RuntimeClass.
const named = [
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'pca-alibaba-pca-issuer-test', namespace: 'default' } },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'pca-issuer-test', namespace: 'kube-public' } },
  { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name: 'gvisor' }, handler: 'gvisor' },
];

afterAll(async () => {
  await controlPlane?.stop();
});

const reference = ({ kind, metadata }: { readonly kind: string; readonly metadata: { readonly name: string } }) =>
  `${kind} ${metadata.name}`;

describe('the choices', () => {
  it('set every value to something other than its default', () => {
    const isSet = (value: unknown, names: readonly string[]): boolean => {
      const [name, ...deeper] = names;
      if (name === undefined) return value !== undefined;
      return typeof value === 'object' && value !== null && isSet((value as Record<string, unknown>)[name], deeper);
    };
    const unset = leaves(schema, []).filter(
      (names) => !choices.some(([, values]) => isSet(values, names) && !hasDefault(names, values)),
    );
    expect(unset.map((names) => names.join('.'))).toEqual([]);
  });

  it.each(choices)(
    '%s: rendered the same twice, no object twice, and all admitted by the API server',
    async (_, values) => {
      const [yaml, second] = await Promise.all([renderYaml(values, 'default'), renderYaml(values, 'default')]);
      expect(second).toBe(yaml);
      const all = readManifests(yaml).map((manifest) => `${reference(manifest)} ${manifest.metadata.namespace ?? ''}`);
      expect(new Set(all).size).toBe(all.length);
      // Strict decoding is on by default: a field that Kubernetes does not know would be an error.
      const args = ['apply', '--server-side', '--force-conflicts', '--dry-run=server', '-o', 'json', '-f', '-'];
      const { stdout } = await controlPlane.kubectl(args, { input: yaml });
      const { items } = JSON.parse(stdout) as { readonly items: readonly Parameters<typeof reference>[0][] };
      expect(items.map(reference).toSorted()).toEqual(readManifests(yaml).map(reference).toSorted());
    },
  );

  it('pass helm lint in strict mode', async () => {
    const sample = sampleOf(choices, 8);
    const results = [];
    for (const [name, values] of sample) {
      const { code } = await helm(['lint', '--strict', chart, '--values', '-'], JSON.stringify(values));
      results.push([name, code]);
    }
    expect(results).toEqual(sample.map(([name]) => [name, 0]));
  });
});

describe('values.schema.json', () => {
  it('is closed wherever a typo could hide; what is open is a part of Kubernetes that the API server checks', () => {
    expect([
      ...openObjects(schema, []),
      ...Object.entries(schema.definitions).flatMap(([name, definition]) => openObjects(definition, [name])),
    ]).toEqual(['global', 'affinity.nodeAffinity', 'affinity.podAffinity', 'affinity.podAntiAffinity']);
  });
});

function leaves({ properties = {} }: ValueSchema, path: readonly string[]): readonly (readonly string[])[] {
  return Object.entries(properties).flatMap(([name, child]) => {
    if (name === 'global') return [];
    const own = [...path, name];
    return 'default' in child ? [own] : leaves(child, own);
  });
}

function hasDefault(names: readonly string[], values: unknown): boolean {
  const child = names.reduce<ValueSchema | undefined>((at, name) => at?.properties?.[name], schema);
  const value = names.reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], values);
  return JSON.stringify(value) === JSON.stringify(child?.default);
}

function openObjects(child: ValueSchema, path: readonly string[]): readonly string[] {
  const deeper = [
    ...Object.entries(child.properties ?? {}).flatMap(([name, property]) => openObjects(property, [...path, name])),
    ...(child.items === undefined ? [] : openObjects(child.items, [...path, '[]'])),
  ];
  return child.type === 'object' && child.additionalProperties === undefined ? [path.join('.'), ...deeper] : deeper;
}
