// Renders a chart out of a Go module's source, when the program that links the module is built.
import { cp, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parseAllDocuments } from 'yaml';

import { errorCode } from './build-lock.ts';
import { runOrThrow } from './run.ts';

/** A chart in a Go module, and what it is rendered with. */
export interface ModuleChart {
  readonly module: string;
  /** Folder of the chart in the module. */
  readonly from: string;
  /** File of the rendered objects, a JSON list. */
  readonly to: string;
  readonly release: string;
  readonly namespace: string;
  /** Arguments of `--set`. */
  readonly values: readonly string[];
}

/** The objects of a chart, rendered with this Helm, as a JSON list. */
export async function renderChart(helm: string, folder: string, settings: ModuleChart): Promise<string> {
  const { release, namespace, values } = settings;
  const copy = await mkdtemp(join(tmpdir(), 'module-chart-'));
  try {
    await cp(folder, copy, { recursive: true });
    await nameChart(copy);
    const sets = values.map((value) => `--set=${value}`);
    const rendered = await runOrThrow([helm, 'template', release, copy, `--namespace=${namespace}`, ...sets]);
    const objects = parseAllDocuments(rendered).map((document) => document.toJS() as unknown);
    return JSON.stringify(objects.filter((object) => object !== null));
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

// Charts that get their version when they are released may lie in the source as a template of Chart.yaml.
async function nameChart(folder: string): Promise<void> {
  try {
    await rename(join(folder, 'Chart.template.yaml'), join(folder, 'Chart.yaml'));
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}
