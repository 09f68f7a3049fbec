// What a failed demo leaves the user with: the reason, where the logs are, and their last lines.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { DemoCluster } from './cluster.ts';

const tailLines = 15;

/** The state of the objects that did not become ready, as sentences of their conditions; empty when it cannot be read. */
export async function describeConditions(cluster: DemoCluster, namespace: string): Promise<string> {
  const template =
    '{range .items[*]}{.kind} {.metadata.name}:{"\\n"}{range .status.conditions[*]}    {.type}={.status} {.reason}: {.message}{"\\n"}{end}{end}';
  const kinds = 'alibabapcaissuers,certificates,certificaterequests';
  return cluster.kubectl(['get', kinds, '--namespace', namespace, '-o', `jsonpath=${template}`]).catch(() => '');
}

/** The last lines of every log file in the folder, each headed by its path. */
export async function logTails(directory: string): Promise<string> {
  const names = (await readdir(directory).catch((): string[] => [])).filter((name) => name.endsWith('.log'));
  const tails = await Promise.all(names.toSorted().map(async (name) => tail(join(directory, name))));
  return tails.join('\n');
}

async function tail(file: string): Promise<string> {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n').slice(-tailLines);
  return `${file} ends with:\n${lines.map((line) => `    ${line}`).join('\n')}`;
}
