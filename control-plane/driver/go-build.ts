// Builds a Go program once per content and keeps the executable in the user's cache folder, outside the repository.
// Safe with several processes building at once: one builds, the others wait, and the result appears by a rename.
import { createHash } from 'node:crypto';
import { access, copyFile, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { errorCode, withLock } from './build-lock.ts';
import { goToolchain, runGo } from './go-command.ts';
import type { GoToolchain } from './go-command.ts';
import { renderChart } from './module-chart.ts';
import type { ModuleChart } from './module-chart.ts';

export { GoMissingError } from './go-command.ts';

const unusedLimitMs = 14 * 24 * 60 * 60 * 1000;

/** Files of a linked module that are copied next to the executable, because `go:embed` cannot reach them. */
export interface ModuleFiles {
  readonly module: string;
  readonly from: string;
  readonly to: string;
}

/** A main package and how to link it. */
export interface GoProgram {
  readonly name: string;
  /** Directory of the go.mod. */
  readonly directory: string;
  readonly package: string;
  /** Used instead of go.mod, with the .sum beside it; its name ends with .mod. */
  readonly moduleFile?: string;
  readonly ldflags?: string;
  readonly tags?: readonly string[];
  /** Whether it is linked with C, for which the machine needs a compiler; without unless stated. */
  readonly cgo?: boolean;
  readonly moduleFiles?: readonly ModuleFiles[];
  /** Charts of linked modules that are rendered next to the executable, and the Helm that renders them, which is built first. */
  readonly charts?: { readonly helm: GoProgram; readonly rendered: readonly ModuleChart[] };
}

/** How many of the packages that had to be compiled are done. */
export interface BuildProgress {
  readonly done: number;
  readonly total: number;
  readonly current: string;
}

/** Path of the program's executable, built now if no build of the same content exists. */
export async function buildGoProgram(
  program: GoProgram,
  onProgress: (progress: BuildProgress) => void = () => {},
): Promise<string> {
  const folder = await folderFor(program);
  if (!(await isComplete(program, folder))) {
    await mkdir(join(folder, '..'), { recursive: true });
    await withLock(`${folder}.lock`, async () => {
      if (!(await isComplete(program, folder))) await buildInto(program, folder, onProgress);
    });
  }
  const now = new Date();
  await utimes(folder, now, now);
  return join(folder, program.name);
}

/** Whether a build of the same content exists. */
export async function isBuilt(program: GoProgram): Promise<boolean> {
  return isComplete(program, await folderFor(program));
}

async function buildInto(
  program: GoProgram,
  folder: string,
  onProgress: (progress: BuildProgress) => void,
): Promise<void> {
  await removeUnused(join(folder, '..'));
  const temporary = `${folder}.building-${process.pid}`;
  await mkdir(temporary, { recursive: true });
  try {
    await compile(program, join(temporary, program.name), onProgress);
    for (const files of program.moduleFiles ?? []) await copyModuleFiles(program, files, temporary);
    await renderCharts(program, temporary, onProgress);
    await rename(temporary, folder);
  } catch (error) {
    if (!(await isComplete(program, folder))) throw error;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function compile(
  program: GoProgram,
  output: string,
  onProgress: (progress: BuildProgress) => void,
): Promise<void> {
  const flags = [
    ...moduleFlags(program),
    '-trimpath',
    '-ldflags',
    ldflags(program),
    `-tags=${(program.tags ?? []).join(',')}`,
  ];
  onProgress({ done: 0, total: 0, current: 'modules' });
  const listing = ['list', ...flags, '-deps', '-f', '{{if .Stale}}{{.ImportPath}}{{end}}', program.package];
  const stale = await runGo(program.directory, listing, program);
  const total = stale.split('\n').filter((line) => line !== '').length;
  let done = 0;
  const onErrorLine = (line: string): void => {
    done = Math.min(done + 1, total);
    onProgress({ done, total, current: line });
  };
  const building = ['build', '-v', ...flags, '-o', output, program.package];
  await runGo(program.directory, building, { ...program, onErrorLine });
  onProgress({ done: total, total, current: program.name });
}

async function copyModuleFiles(program: GoProgram, files: ModuleFiles, folder: string): Promise<void> {
  const { directory } = await goModuleFolder(program, files.module);
  const from = join(directory, files.from);
  const to = join(folder, files.to);
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from)) {
    // The module cache is read-only, and a copied tree with its modes could not be removed.
    await copyFile(join(from, name), join(to, name));
  }
}

async function renderCharts(
  program: GoProgram,
  folder: string,
  onProgress: (progress: BuildProgress) => void,
): Promise<void> {
  if (program.charts === undefined) return;
  const helm = await buildGoProgram(program.charts.helm, onProgress);
  for (const chart of program.charts.rendered) {
    const { directory } = await goModuleFolder(program, chart.module);
    await writeFile(join(folder, chart.to), await renderChart(helm, join(directory, chart.from), chart));
  }
}

/** Folder and version of a Go module that a program is made of. */
export async function goModuleFolder(
  program: GoProgram,
  module: string,
): Promise<{ readonly directory: string; readonly version: string }> {
  const listed = await runGo(program.directory, [
    'list',
    ...moduleFlags(program),
    '-m',
    '-f',
    '{{.Dir}}\n{{.Version}}',
    module,
  ]);
  const [directory = '', version = ''] = listed.split('\n');
  return { directory, version };
}

function moduleFlags({ moduleFile }: GoProgram): readonly string[] {
  return moduleFile === undefined ? [] : [`-modfile=${moduleFile}`];
}

function ldflags(program: GoProgram): string {
  return ['-s', '-w', program.ldflags ?? ''].join(' ').trim();
}

async function folderFor(program: GoProgram): Promise<string> {
  const files = await sources(program.directory, program.moduleFile);
  // A package below the module's directory has its files there.
  const own = program.package.startsWith('./') ? await sources(join(program.directory, program.package)) : [];
  const hash = contentHash(program, await goToolchain(program.directory), [...files, ...own]);
  return join(cacheDirectory(), program.name, hash);
}

function contentHash(
  program: GoProgram,
  toolchain: GoToolchain,
  files: readonly (readonly [name: string, content: string])[],
): string {
  const { moduleFiles = [], charts, tags = [], cgo = false } = program;
  const settings = [program.package, ldflags(program), moduleFiles, tags, cgo, charts?.rendered];
  const described = JSON.stringify([settings, toolchain, files]);
  return createHash('sha256').update(described).digest('hex').slice(0, 20);
}

async function sources(directory: string, moduleFile = 'go.mod'): Promise<ReadonlyMap<string, string>> {
  const ofModule = [moduleFile, moduleFile.replace(/mod$/, 'sum')];
  const names = (await readdir(directory)).filter((name) => name.endsWith('.go') || ofModule.includes(name));
  const contents = new Map<string, string>();
  for (const name of names.toSorted()) contents.set(name, await readFile(join(directory, name), 'utf8'));
  return contents;
}

function cacheDirectory(): string {
  const { ALIBABA_PCA_ISSUER_CACHE: own, XDG_CACHE_HOME: xdg } = process.env;
  return own !== undefined && own !== ''
    ? own
    : join(xdg !== undefined && xdg !== '' ? xdg : join(homedir(), '.cache'), 'alibaba-pca-issuer');
}

async function isComplete(program: GoProgram, folder: string): Promise<boolean> {
  try {
    await access(join(folder, program.name));
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

// An executable of this size per edit of the sources would fill a disk.
async function removeUnused(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > unusedLimitMs) await rm(path, { recursive: true, force: true });
  }
}
