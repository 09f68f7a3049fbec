// What becomes of the cases that are about the chart and the manifest made of it.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readManifests } from '../cluster.ts';
import type { Cluster, Manifest } from '../cluster.ts';
import { chart, helm } from '../helm.ts';
import { caseFile } from './read.ts';

const manifestFile = fileURLToPath(new URL('../../../deploy/install.yaml', import.meta.url));

type Outcomes = Readonly<Record<string, string>>;

interface PodTemplate {
  readonly containers: readonly [
    { readonly args: readonly string[]; readonly image: string; readonly env?: readonly { readonly name: string }[] },
  ];
}

/** The outcomes of a case by the name of the check; undefined for the cases that are not about charts. */
export async function chartOutcomes(name: string, cluster: Cluster): Promise<Outcomes | undefined> {
  switch (name) {
    case 'chart-as-dependency':
      return inFolder(async (folder) => asDependency(name, folder));
    case 'openshift-users':
      return {
        'the defaults': await usersOf([]),
        'values.yaml': await usersOf(['--values', caseFile(name, 'values.yaml')]),
        'a user of the namespace': await usersOf(['--set', 'podSecurityContext.runAsUser=1000680000']),
      };
    case 'long-release-names':
      return longNames();
    case 'kustomize-namespace':
      return inFolder(async (folder) => kustomized(name, folder, cluster));
    case 'proxy-of-the-environment':
      return { 'values.yaml': await variablesOf(caseFile(name, 'values.yaml')) };
    default:
      return undefined;
  }
}

async function asDependency(name: string, folder: string): Promise<Outcomes> {
  await cp(caseFile(name, 'Chart.yaml'), join(folder, 'Chart.yaml'));
  await cp(caseFile(name, 'values.yaml'), join(folder, 'values.yaml'));
  await cp(chart, join(folder, 'charts', 'alibaba-pca-issuer'), { recursive: true });
  const rendered = async (...settings: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await helm(['template', 'platform', folder, ...settings]);
    if (code !== 0) return `refused: ${stderr}`;
    const kinds = readManifests(stdout).map(({ kind }) => kind);
    return kinds.includes('Deployment') ? 'rendered, with the operator' : `rendered, with ${kinds.length} objects`;
  };
  const switched = {
    'enabled: true': await rendered(),
    'enabled: false': await rendered('--set', 'alibaba-pca-issuer.enabled=false'),
  };
  await writeFile(join(folder, 'values.yaml'), '{}\n');
  return {
    ...switched,
    'no values': await rendered(),
    'tags and a further value': await rendered('--set', 'tags.pki=true,alibaba-pca-issuer.replicaCount=1'),
    'a misspelt value beside it': await rendered('--set', 'alibaba-pca-issuer.enable=true'),
  };
}

async function usersOf(settings: readonly string[]): Promise<string> {
  const text = await templated('pca', settings);
  const users = [...text.matchAll(/^ +(?:runAsUser|runAsGroup|fsGroup): .*$/gm)].map(([line]) => line.trim());
  return users.length === 0 ? 'names no user' : [...new Set(users)].toSorted().join(', ');
}

async function variablesOf(values: string): Promise<string> {
  const { containers } = podOf(readManifests(await templated('pca', ['--values', values])));
  return containers[0].env?.map(({ name }) => name).join(', ') ?? 'no variable';
}

async function longNames(): Promise<Outcomes> {
  const longest = async (release: string, ...settings: readonly string[]): Promise<string> => {
    const services = readManifests(await templated(release, settings)).filter(({ kind }) => kind === 'Service');
    const length = Math.max(...services.map(({ metadata }) => metadata.name.length));
    return length > 63 ? `a Service with ${length} characters` : 'every Service has at most 63 characters';
  };
  return {
    'a release of 3 characters': await longest('pca'),
    'a release of 37 characters': await longest('x'.repeat(37)),
    'a release of 45 characters': await longest('team-payments-production-eu-central-1-issuers'),
    'a release of 53 characters': await longest('x'.repeat(53)),
    'fullnameOverride of 63 characters': await longest('pca', '--set', `fullnameOverride=${'x'.repeat(63)}`),
  };
}

async function kustomized(name: string, folder: string, cluster: Cluster): Promise<Outcomes> {
  await cp(caseFile(name, 'kustomization.yaml'), join(folder, 'kustomization.yaml'));
  await cp(manifestFile, join(folder, 'install.yaml'));
  const manifests = readManifests(await cluster.kubectl(['kustomize', folder]));
  const { containers } = podOf(manifests);
  const [{ metadata }] = readManifests(await readFile(manifestFile, 'utf8')).filter(
    ({ kind }) => kind === 'Namespace',
  ) as [Manifest];
  const namespaces = manifests.map((each) => each.metadata.namespace).filter((each) => each !== undefined);
  const subjects = manifests.flatMap((each) => (each['subjects'] ?? []) as readonly { readonly namespace?: string }[]);
  const isNamespace = (argument: string): boolean => argument.includes('namespace') && argument.includes(metadata.name);
  return {
    'namespaces of the objects': [...new Set(namespaces)].toSorted().join(', '),
    'namespaces of the subjects': [...new Set(subjects.map(({ namespace }) => String(namespace)))]
      .toSorted()
      .join(', '),
    'arguments with the old namespace': containers[0].args.filter(isNamespace).join(' ') || 'none',
    image: containers[0].image,
  };
}

function podOf(manifests: readonly Manifest[]): PodTemplate {
  const deployment = manifests.find(({ kind }) => kind === 'Deployment') as unknown as {
    readonly spec: { readonly template: { readonly spec: PodTemplate } };
  };
  return deployment.spec.template.spec;
}

async function templated(release: string, settings: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await helm(['template', release, chart, ...settings]);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

async function inFolder<Result>(act: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'pca-case-'));
  try {
    return await act(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
