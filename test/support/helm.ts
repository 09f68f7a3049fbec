// The real Helm on the chart of this repository.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { buildGoProgram } from '../../control-plane/driver/go-build.ts';
import { helmProgram } from '../../control-plane/driver/programs.ts';
import { readManifests } from './cluster.ts';
import type { Manifest } from './cluster.ts';
import { hangLimitMs } from './wait.ts';

/** Folder of the chart. */
export const chart = fileURLToPath(new URL('../../helm/alibaba-pca-issuer', import.meta.url));
/** Longest time of {@link buildHelm}, which takes minutes once on a machine. */
export const buildMs = 600_000;

/** How a run of Helm ended. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let building: Promise<string> | undefined;

/** The path of Helm, which is built the first time. */
export async function buildHelm(): Promise<string> {
  building ??= buildGoProgram(helmProgram);
  return building;
}

/** Runs Helm; never rejects for what Helm refuses. */
export async function helm(args: readonly string[], input = ''): Promise<Finished> {
  const program = await buildHelm();
  return new Promise((resolve) => {
    const options = { maxBuffer: 16 * 1024 * 1024, timeout: hangLimitMs };
    const child = execFile(program, [...args], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : 1, stdout, stderr });
    });
    child.stdin?.end(input);
  });
}

async function template(values: object, namespace: string): Promise<Finished> {
  const args = ['template', 'pca', chart, '--namespace', namespace, '--values', '-'];
  return helm(args, JSON.stringify(values));
}

/** The YAML of release `pca`; throws Helm's own message where it refuses the values. */
export async function renderYaml(values: object = {}, namespace = 'issuers'): Promise<string> {
  const { code, stdout, stderr } = await template(values, namespace);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

/** The objects of release `pca` in namespace `issuers`, without those that `helm test` makes. */
export async function render(values: object = {}): Promise<readonly Manifest[]> {
  return readManifests(await renderYaml(values)).filter((object) => !isTest(object));
}

/** The objects that `helm test` makes of it. */
export async function renderTests(values: object = {}): Promise<readonly Manifest[]> {
  return readManifests(await renderYaml(values)).filter(isTest);
}

function isTest({ metadata }: Manifest): boolean {
  return metadata.annotations?.['helm.sh/hook'] === 'test';
}

/** Helm's message where it refuses the values, else `rendered`. */
export async function refusal(values: object): Promise<string> {
  const { code, stderr } = await template(values, 'issuers');
  return code === 0 ? 'rendered' : stderr.trim();
}
