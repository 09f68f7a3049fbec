// What GitOps tools think of objects: kstatus itself, and the health check for Argo CD that the documentation gives.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

import { buildGoProgram } from '../../control-plane/driver/go-build.ts';
import { healthProgram } from '../../control-plane/driver/programs.ts';

const page = fileURLToPath(new URL('../../docs/conditions-and-errors.md', import.meta.url));
const fencedYaml = /```yaml\n([^`]+)```/;

/** Longest time of the first use on a machine, which builds the program. */
export const buildMs = 600_000;

/** The verdicts of kstatus and Argo CD about each object, such as `InProgress Progressing`. */
export async function healthOf(objects: readonly object[]): Promise<readonly string[]> {
  const program = await buildGoProgram(healthProgram);
  const directory = await mkdtemp(join(tmpdir(), 'health-'));
  try {
    const script = join(directory, 'health.lua');
    await writeFile(script, await documentedCheck());
    const said = await run(program, script, objects.map((object) => JSON.stringify(object)).join('\n'));
    return said.trim().split('\n');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The Lua script of the ConfigMap in the documentation, which must serve both kinds. */
async function documentedCheck(): Promise<string> {
  const [, text = ''] = fencedYaml.exec(await readFile(page, 'utf8')) ?? [];
  const { data } = parse(text) as { readonly data: Readonly<Record<string, string>> };
  const names = ['AlibabaPCAIssuer', 'AlibabaPCAClusterIssuer'].map(
    (kind) => `resource.customizations.health.pca.alibabacloud.com_${kind}`,
  );
  const [script, other] = names.map((name) => data[name]);
  if (script === undefined || script !== other) throw new Error(`The page has no such check: ${names.join(', ')}`);
  return script;
}

async function run(program: string, script: string, input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, [script], (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(error);
    });
    child.stdin?.end(input);
  });
}
