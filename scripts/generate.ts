// `npm run generate` writes everything that follows from another file; `-- --check` compares and says what to run.
// `--with-helm` adds deploy/install.yaml, for which Helm is built once; without it neither Go nor Helm is needed.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { buildGoProgram } from '../control-plane/driver/go-build.ts';
import { helmProgram } from '../control-plane/driver/programs.ts';
import { renderFiles } from './generate/files.ts';
import { renderInstallManifest } from './generate/install-manifest.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const { values: flags } = parseArgs({
  options: { check: { type: 'boolean', default: false }, 'with-helm': { type: 'boolean', default: false } },
});
const command = `npm run generate${flags['with-helm'] ? ' -- --with-helm' : ''}`;
const files = renderFiles(read);

if (flags.check) {
  const outdated = await outdatedFiles();
  if (outdated.length > 0) {
    console.error(`Not up to date: ${outdated.join(', ')}.\nRun: ${command}`);
    process.exitCode = 1;
  }
} else {
  write(files);
  // After the others: Helm renders the chart as it is on disk.
  if (flags['with-helm']) write(await installManifest());
}

async function outdatedFiles(): Promise<readonly string[]> {
  const wanted = { ...files, ...(flags['with-helm'] ? await installManifest() : {}) };
  return Object.entries(wanted)
    .filter(([path, content]) => current(path) !== content)
    .map(([path]) => path);
}

async function installManifest(): Promise<Readonly<Record<string, string>>> {
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
