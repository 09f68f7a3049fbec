// Charts of others on kind, as their users install them: the newest of each repository, with values of docs/mesh and of this
// folder.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

import { readManifests } from '../../support/cluster.ts';
import type { Manifest } from '../../support/cluster.ts';
import type { InstalledWorld } from '../../support/installed-world.ts';

/** A chart and where it goes. */
export interface OtherChart {
  readonly repository: string;
  readonly chart: string;
  readonly namespace: string;
  readonly values?: object;
}

// Their images have to be fetched.
const timeout = '--timeout=600s';
const istio = 'https://istio-release.storage.googleapis.com/charts';
const jetstack = 'https://charts.jetstack.io';
const linkerd = 'https://helm.linkerd.io/edge';

/** A chart of Istio; its namespace is that of istiod. */
export function ofIstio(chart: string, values: object = {}): OtherChart {
  return { repository: istio, chart, namespace: 'istio-system', values };
}

/** A chart of the project cert-manager. */
export function ofCertManager(chart: string, values: object = {}): OtherChart {
  return { repository: jetstack, chart, namespace: 'cert-manager', values };
}

/** A chart of Linkerd. */
export function ofLinkerd(chart: string, values: object = {}): OtherChart {
  return { repository: linkerd, chart, namespace: 'linkerd', values };
}

/** Installs charts one after the other and waits until what each starts is ready; the result removes them again. */
export async function withCharts(world: InstalledWorld, charts: readonly OtherChart[]): Promise<AsyncDisposable> {
  for (const { repository, chart, namespace, values = {} } of charts) {
    const release = ['upgrade', '--install', chart, chart, '--repo', repository, '--create-namespace'];
    await world.helm([...release, '--wait', timeout, '--values=-'], values, namespace);
  }
  return {
    [Symbol.asyncDispose]: async () => {
      for (const { chart, namespace } of charts.toReversed())
        await world.helm(['uninstall', chart, '--wait', timeout], undefined, namespace);
    },
  };
}

/** The values of a file of this folder. */
export async function valuesOf(file: string): Promise<object> {
  return parse(await readFile(path(file), 'utf8')) as object;
}

/** The manifests of a file of this folder, those without a namespace in this one. */
export async function manifestsOf(file: string, namespace: string): Promise<readonly Manifest[]> {
  const manifests = readManifests(await readFile(path(file), 'utf8'));
  return manifests.map((manifest) => ({
    ...manifest,
    metadata: { namespace, ...manifest.metadata },
    ...(manifest.kind === 'RoleBinding'
      ? { subjects: (manifest['subjects'] as readonly object[]).map((each) => ({ namespace, ...each })) }
      : {}),
  }));
}

function path(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
