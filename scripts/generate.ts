// `npm run generate` writes everything that follows from another file; `-- --check` compares and says what to run.
// `--with-helm` adds deploy/install.yaml, for which Helm is built once; without it neither Go nor Helm is needed.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { runTask } from './task/run-task.ts';
import type { Told } from './task/run-task.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

async function main({ check, 'with-helm': withHelm }: Told<'generate'>): Promise<number> {
  const { renderFiles } = await import('./generate/files.ts');
  const files = renderFiles(read);
  if (!check) {
    write(files);
    // After the others: Helm renders the chart as it is on disk.
    if (withHelm) write(await installManifest());
    return 0;
  }
  const wanted = { ...files, ...(withHelm ? await installManifest() : {}) };
  const outdated = Object.keys(wanted).filter((path) => current(path) !== wanted[path]);
  if (outdated.length === 0) return 0;
  console.error(`Not up to date: ${outdated.join(', ')}.\nRun: npm run generate${withHelm ? ' -- --with-helm' : ''}`);
  return 1;
}

async function installManifest(): Promise<Readonly<Record<string, string>>> {
  const { buildGoProgram } = await import('../control-plane/driver/go-build.ts');
  const { helmProgram } = await import('../control-plane/driver/programs.ts');
  const { renderInstallManifest } = await import('./generate/install-manifest.ts');
  const helm = await buildGoProgram(helmProgram);
  return { 'deploy/install.yaml': await renderInstallManifest(helm, join(root, 'helm/alibaba-pca-issuer')) };
}

function write(contents: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(contents)) {
    if (current(path) !== content) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
      console.log(path);
    }
  }
}

function current(path: string): string | undefined {
  try {
    return read(path);
  } catch {
    return undefined;
  }
}

await runTask('generate', { run: main });
