// Names and labels of all objects, for whatever name of a release Helm admits.
import { beforeAll, describe, expect, it } from 'vitest';

import { readManifests } from '../support/cluster.ts';
import type { Manifest } from '../support/cluster.ts';
import { buildHelm, buildMs, chart, helm, refusal } from '../support/helm.ts';
import { sampleOf } from '../support/sample.ts';

beforeAll(buildHelm, buildMs);

// What Kubernetes asks of them (apimachinery's validation.go): DNS labels of RFC 1035 for Services, names of path segments
// for the objects of RBAC, DNS subdomains for all others.
const label = /^(?=.{1,63}$)[a-z]([-a-z0-9]*[a-z0-9])?$/;
const subdomain = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const segment = /^(?!\.{1,2}$)[^/%]+$/;
const labelValue = /^(?=.{0,63}$)([A-Za-z0-9]([-\w.]*[A-Za-z0-9])?)?$/;

function isAdmitted({ kind, metadata: { name } }: Manifest): boolean {
  // YAML takes 7, 1e3 and true for something else unless they are quoted.
  if (typeof name !== 'string') return false;
  if (kind === 'Service') return label.test(name);
  if (['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'].includes(kind)) return segment.test(name);
  // The name of a Job is a label of its pods as well.
  return subdomain.test(name) && (kind !== 'Job' || name.length <= 63);
}

/** The values of all labels and selectors, wherever they stand. */
function labelsIn(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, child]) =>
    (name === 'labels' || name === 'matchLabels') && typeof child === 'object'
      ? Object.values(child as Readonly<Record<string, unknown>>)
      : labelsIn(child),
  );
}

const spec = { parentIdentifier: 'ca', credentials: { rrsa: {} } };
const everything = {
  clusterIssuers: [{ name: 'a', spec }],
  metrics: { serviceMonitor: { enabled: true } },
  networkPolicy: { enabled: true },
};

/** What the API server would refuse of a release, or of what Helm says where it refuses. */
async function refused(release: string, values: object = {}, namespace = 'issuers'): Promise<readonly string[]> {
  const args = ['template', release, chart, '--namespace', namespace, '--values', '-'];
  const { code, stdout, stderr } = await helm(args, JSON.stringify({ ...everything, ...values }));
  if (code !== 0) return [stderr];
  const objects = readManifests(stdout);
  return [
    ...objects.filter((object) => !isAdmitted(object)).map(({ kind, metadata }) => `${kind} ${metadata.name}`),
    ...objects
      .filter(({ metadata }) => metadata.namespace !== undefined && metadata.namespace !== namespace)
      .map(({ kind, metadata }) => `${kind} in ${metadata.namespace}`),
    ...objects
      .flatMap(labelsIn)
      .filter((value) => typeof value !== 'string' || !labelValue.test(value))
      .map(String),
  ];
}

const lengths = Array.from({ length: 53 }, (_, index) => index + 1);
// Beside the plain name, those at whose cut anywhere there is no letter, with and without the chart's own name in them.
const shapes: readonly ((length: number) => string)[] = [
  (length) => 'r'.repeat(length),
  (length) => '7'.repeat(length),
  (length) => 'r.'.repeat(length).slice(0, length - 1) + 'r',
  (length) => 'r--'.repeat(length).slice(0, length - 1) + 'r',
  (length) => `alibaba-pca-issuer-${'r'.repeat(length)}`.slice(0, length - 1) + 'r',
  (length) => `alibaba-pca-issuer.${'7.'.repeat(length)}`.slice(0, length - 1) + '7',
];
const releases = shapes.map((shape) => lengths.map(shape));

describe('every object has a name that the API server takes', () => {
  it.each([['r'.repeat(53), '7.r'], ...releases.map((each) => sampleOf(each, 2))].map((each) => ({ each })))(
    'for releases of all lengths: $each',
    async ({ each }) => {
      const faults: Record<string, readonly string[]> = {};
      for (const release of each) {
        const found = await refused(release);
        if (found.length > 0) faults[release] = found;
      }
      expect(faults).toEqual({});
    },
  );

  it.each([
    [{ fullnameOverride: 'r'.repeat(63) }],
    [{ fullnameOverride: `${'n'.repeat(54)}-${'m'.repeat(8)}` }],
    [{ fullnameOverride: `7${'.r'.repeat(31)}` }],
    [{ nameOverride: 'r'.repeat(63) }],
    [{ nameOverride: `${'r.'.repeat(31)}7` }],
    [{ nameOverride: `${'r-'.repeat(31)}r`, fullnameOverride: `${'r-'.repeat(31)}r` }],
  ])('for %j', async (values) => {
    expect(await refused('r', values)).toEqual([]);
  });

  it.each(['7', '1e3', 'true', 'null'])('for what YAML may take for no string: %s', async (word) => {
    expect([
      await refused(word, { serviceAccount: { name: word } }, word),
      await refused(word, { fullnameOverride: word, nameOverride: word }, word),
    ]).toEqual([[], []]);
  });
});

describe('two releases', () => {
  it.each([
    [`${'r'.repeat(52)}s`, `${'r'.repeat(52)}t`],
    ['a.b', 'a-b'],
    [`a.${'b'.repeat(48)}.c`, `a.${'b'.repeat(48)}-c`],
    ['alibaba-pca-issuer', 'alibaba-pca-issuer-2'],
  ])('%s and %s share no object but those that there can be one of', async (first, second) => {
    const objectsOf = async (release: string): Promise<readonly string[]> => {
      const args = ['template', release, chart, '--namespace', 'issuers', '--values', '-'];
      const { stdout } = await helm(args, JSON.stringify({ ...everything, clusterIssuers: [] }));
      return readManifests(stdout).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    };
    const others = await objectsOf(second);
    expect((await objectsOf(first)).filter((name) => others.includes(name)).toSorted()).toEqual([
      'ClusterRole cert-manager-controller-approve:pca-alibabacloud-com',
      'ClusterRoleBinding cert-manager-controller-approve:pca-alibabacloud-com',
      'CustomResourceDefinition alibabapcaclusterissuers.pca.alibabacloud.com',
      'CustomResourceDefinition alibabapcaissuers.pca.alibabacloud.com',
    ]);
  });
});

it.each([
  { fullnameOverride: 'PCA' },
  { fullnameOverride: 'pca_issuer' },
  { fullnameOverride: 'pca-' },
  { fullnameOverride: 'pca..issuer' },
  { nameOverride: 'PCA issuer' },
  { nameOverride: '.pca' },
])('Helm refuses what no object can be called: %j', async (values) => {
  expect(await refusal(values)).toContain('does not match pattern');
});
