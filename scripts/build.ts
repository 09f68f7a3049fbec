// Builds what is shipped: src/main.ts and its dependencies as a few files in dist/, without node_modules.
// What next to no pod needs must stay in files that it does not load: the library for kubeconfigs, the second reader of unusual
// requests, and the subcommands.
import type { BuildOptions, Metafile, Plugin } from 'esbuild';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTask } from './task/run-task.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const shipped = 'dist';
const lazyFolders = [
  'node_modules/@kubernetes/client-node/',
  'node_modules/commander/',
  'node_modules/yaml/',
  'node_modules/@peculiar/',
  'node_modules/asn1js/',
  'node_modules/pvtsutils/',
  'node_modules/pvutils/',
  'node_modules/reflect-metadata/',
  'node_modules/tsyringe/',
  'src/program/',
  'src/cluster-reading/',
  'src/plan-command/',
  'src/capacity-command/',
  'src/command-line/',
  'src/apply-command/',
  'src/doctor-command/',
  'src/migrate-command/',
];
const neverShipped = ['simulator/', 'test/', 'control-plane/', 'scripts/', 'bench/'];

// Dependencies written as CommonJS call require() for Node's own modules.
const banner =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

// The whole of undici takes 12 MiB more and 90 files more at every start, for fetch, caches, mocks and web sockets. What the sources
// import beyond these is an error of the build.
const partsOfUndici = `
import Agent from 'undici/lib/dispatcher/agent.js';
import Client from 'undici/lib/dispatcher/client.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import buildConnector from 'undici/lib/core/connect.js';
import connect from 'undici/lib/api/api-connect.js';
import request from 'undici/lib/api/api-request.js';
Object.assign(Dispatcher.prototype, { connect, request });
export { Agent, buildConnector, Client, Pool };
`;

// Every connection of ours is told not to use HTTP/2, and Node's own module for it takes 9 MiB.
const noHttp2 = "module.exports = () => { throw new Error('There is no HTTP/2 here.'); };";

// Alibaba's library loads what reads credentials of its own and XML, of which no call of ours makes use: 5 MiB and 70 files.
const unusedByAlibaba = /\/@alicloud\/(?:credentials|tea-xml)\/dist\/(?:src\/)?client\.js$/;

const onlyWhatIsUsed: Plugin = {
  name: 'only-what-is-used',
  setup: (build) => {
    build.onResolve({ filter: /^undici$/ }, ({ importer }) =>
      importer.startsWith(join(root, 'src')) ? { path: 'undici', namespace: 'parts' } : undefined,
    );
    build.onLoad({ filter: /^undici$/, namespace: 'parts' }, () => ({ contents: partsOfUndici, resolveDir: root }));
    build.onLoad({ filter: /\/undici\/lib\/dispatcher\/client-h2\.js$/ }, () => ({ contents: noHttp2 }));
    build.onLoad({ filter: unusedByAlibaba }, () => ({ contents: 'module.exports = {};' }));
  },
};

/** How the sources of any commit become files for Node. */
export const bundling = {
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  // Names stay readable in stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  banner: { js: banner },
  define: { 'process.env.NODE_ENV': '"production"' },
  logLevel: 'silent',
} satisfies BuildOptions;

/** What was built. */
export interface Bundle {
  /** Bytes that are loaded at start. */
  readonly startBytes: number;
  /** Source files, of libraries too, of which something is in them. */
  readonly startModules: number;
  /** Bytes that are loaded only for a kubeconfig, a subcommand or an unusual request. */
  readonly lazyBytes: number;
  /** Folders of the packages in it, relative to the repository, sorted. */
  readonly packages: readonly string[];
}

/** Folder below `dist` with the images, which a new bundle leaves alone. */
export const imageFolder = 'image';
const releaseFolder = 'release';

/**
 * Builds the bundle afresh, into dist/ unless another folder is named, whose contents but for images and releases are removed; throws
 * when something is in it that must not be shipped or not be loaded at start. With `sourceMap`, which is for measurements,
 * each file has one beside it.
 */
export async function buildBundle(folder = shipped, { sourceMap = false } = {}): Promise<Bundle> {
  const target = resolve(root, folder);
  const metafile = await bundleEntry('src/main.ts', target, { sourceMap });
  const entry = join(relative(root, target), 'main.js');
  const complaints = [...findMisplaced(metafile, entry), ...findBrokenImports(metafile)];
  if (complaints.length > 0) throw new Error(`The bundle is wrong:\n${complaints.join('\n')}`);
  const atStart = loadedAtStart(metafile, entry);
  const bytes = (wanted: boolean): number =>
    Object.entries(metafile.outputs)
      .filter(([file]) => atStart.has(file) === wanted)
      .reduce((sum, [, output]) => sum + output.bytes, 0);
  const modules = new Set([...atStart].flatMap((file) => Object.keys(metafile.outputs[file]?.inputs ?? {})));
  return {
    startBytes: bytes(true),
    startModules: modules.size,
    lazyBytes: bytes(false),
    packages: packagesOf(metafile),
  };
}

/**
 * Bundles one entry point and its dependencies, with their licences, into a folder whose other contents but for images and releases are
 * removed. A file that is as it should be is left alone, so that who runs the same bundle meanwhile notices nothing. The entry
 * becomes main.js only if its own file is called main.ts.
 */
export async function bundleEntry(entryPoint: string, target: string, { sourceMap = false } = {}): Promise<Metafile> {
  // Not needed by `--help`.
  const { build } = await import('esbuild');
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entryPoint],
    outdir: target,
    chunkNames: 'chunks/[name]-[hash]',
    ...bundling,
    plugins: [onlyWhatIsUsed],
    metafile: true,
    sourcemap: sourceMap ? 'linked' : false,
    sourcesContent: false,
    write: false,
  });
  const files = new Map<string, string | Uint8Array>(outputFiles.map(({ path, contents }) => [path, contents]));
  files.set(join(target, 'package.json'), '{ "type": "module" }\n');
  files.set(join(target, 'THIRD_PARTY_LICENSES'), await licenses(packagesOf(metafile)));
  await replaceFiles(target, files);
  return metafile;
}

async function replaceFiles(target: string, files: ReadonlyMap<string, string | Uint8Array>): Promise<void> {
  for (const [path, contents] of files) {
    const present = await readFile(path).catch(() => undefined);
    if (present?.equals(Buffer.from(contents)) === true) continue;
    await mkdir(dirname(path), { recursive: true });
    const fresh = `${path}.${process.pid}`;
    await writeFile(fresh, contents);
    await rename(fresh, path);
  }
  const keptFolders = [imageFolder, releaseFolder].map((folder) => join(target, folder));
  const isKept = (path: string): boolean =>
    keptFolders.includes(path) || files.has(path) || [...files.keys()].some((file) => file.startsWith(`${path}/`));
  for (const entry of await readdir(target, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const isElsewhere = keptFolders.some((folder) => path.startsWith(`${folder}/`));
    if (!isElsewhere && !isKept(path)) await rm(path, { recursive: true, force: true });
  }
}

/** Folders of the packages that a bundle holds something of, relative to the repository, sorted. */
export function packagesOf({ inputs }: Pick<Metafile, 'inputs'>): readonly string[] {
  const packages = new Set<string>();
  for (const input of Object.keys(inputs)) {
    const found = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input);
    if (found !== null) packages.add(found[0]);
  }
  return [...packages].toSorted();
}

/** The files that must not be in the bundle, or not in the part that is loaded at start, each with the reason. */
export function findMisplaced(
  metafile: Pick<Metafile, 'inputs' | 'outputs'>,
  entry = `${shipped}/main.js`,
): readonly string[] {
  const foreign = Object.keys(metafile.inputs)
    .filter((input) => neverShipped.some((folder) => input.startsWith(folder)))
    .map((input) => `${input} must not be shipped.`);
  const early = [...loadedAtStart(metafile, entry)]
    .flatMap((output) => Object.keys(metafile.outputs[output]?.inputs ?? {}))
    .filter((input) => lazyFolders.some((folder) => withinCheckout(input).startsWith(folder)))
    .map((input) => `${input} would be loaded at every start; import it dynamically.`);
  return [...foreign, ...early];
}

// What esbuild adds for `using` and the like.
const ofEsbuild = '<runtime>';

// It takes the whole module, in the form that Node and the bundle give it alike.
const takesWholeModule = 'src/alibaba/signing.ts';

/**
 * The imports of our own files that do not work in the bundle though they do without it, each with the reason: what is not in the
 * bundle, and the names of a CommonJS module that is imported dynamically, of which esbuild gives the default export alone.
 */
export function findBrokenImports({ inputs }: Pick<Metafile, 'inputs'>): readonly string[] {
  return Object.entries(inputs)
    .filter(([file]) => file.startsWith('src/'))
    .flatMap(([file, { imports }]) =>
      imports.flatMap(({ path, kind, external }) => {
        if (external === true && !isBuiltin(path) && path !== ofEsbuild)
          return [`${file} imports ${path}, which is not in the bundle: install it as a dependency.`];
        if (kind !== 'dynamic-import' || inputs[path]?.format !== 'cjs' || file === takesWholeModule) return [];
        return [
          `${file} imports ${path} dynamically, whose names are missing in the bundle: import a file of src/ that imports it.`,
        ];
      }),
    );
}

/** The path of an input; the folder of the packages may be a link to that of another checkout. */
function withinCheckout(input: string): string {
  const start = input.indexOf('node_modules/');
  return start === -1 ? input : input.slice(start);
}

function loadedAtStart(metafile: Pick<Metafile, 'outputs'>, entry: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file) || metafile.outputs[file] === undefined) return;
    seen.add(file);
    for (const { path, kind } of metafile.outputs[file].imports) if (kind !== 'dynamic-import') visit(path);
  };
  visit(entry);
  return seen;
}

async function licenses(packages: readonly string[]): Promise<string> {
  const sections: string[] = [];
  for (const directory of packages) sections.push(await licenseOf(join(root, directory)));
  return sections.join(`\n${'-'.repeat(80)}\n\n`);
}

async function licenseOf(directory: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as Readonly<
    Record<string, unknown>
  >;
  const files = (await readdir(directory)).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file)).toSorted();
  const texts = await Promise.all(files.map(async (file) => readFile(join(directory, file), 'utf8')));
  return [`${String(name)} ${String(version)} (${String(license)})`, '', ...texts, ''].join('\n');
}

async function main(): Promise<number> {
  const started = performance.now();
  try {
    const { startBytes, lazyBytes } = await buildBundle();
    const kilobytes = (bytes: number): string => `${Math.round(bytes / 1024)} KiB`;
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(
      `${shipped}/main.js: ${kilobytes(startBytes)} loaded at start, ${kilobytes(lazyBytes)} only for a kubeconfig, a subcommand or an unusual request (${seconds} s)`,
    );
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

if (import.meta.main) await runTask('build', { run: main });
