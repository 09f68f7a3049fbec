// `npm run soak`: an hour of renewals, deletions, faults and restarts under one driver; writes docs/soak.json, .md and .svg.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './command.ts';
import { runTask } from './task/run-task.ts';
import type { Told } from './task/run-task.ts';

const say = (text: string): void => console.log(text);
// Longer than anybody keeps a connection that nobody uses.
const idleMs = 75_000;

async function main({ minutes, seed, output }: Told<'soak'>): Promise<number> {
  const { buildBundle } = await import('./build.ts');
  const { describeMachine, describeTree } = await import('./bench/circumstances.ts');
  const { soak } = await import('./soak/soak.ts');
  await buildBundle();
  const findings = await soak({ minutes, seed, idleMs, say });
  const result = {
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine(),
    commit: describeTree(),
    ...findings,
  };
  writeFileSync(output ?? join(root, 'docs/soak.json'), `${JSON.stringify(result, null, 2)}\n`);
  if (output === undefined) {
    const { renderSoak } = await import('./soak/page.ts');
    const files = renderSoak((path) => readFileSync(join(root, path), 'utf8'));
    for (const [path, content] of Object.entries(files)) writeFileSync(join(root, path), content);
  }
  for (const text of [...findings.faults, ...findings.ends]) say(text);
  say(`${findings.certificates} certificates, ${findings.faults.length} faults.`);
  return findings.faults.length === 0 ? 0 : 1;
}

await runTask('soak', { run: main });
