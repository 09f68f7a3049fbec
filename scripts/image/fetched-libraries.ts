// The libraries of another architecture: from Debian's packages, fetched with this machine's apt and its sources, whose
// signatures apt verifies, into a folder of their own. Nothing of the machine is changed, and none of it is run.
import { lstat, mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import type { Architecture } from '../../control-plane/driver/oci/archive.ts';
import { run, runOrThrow } from '../../control-plane/driver/run.ts';
import { sha256Of } from './libraries.ts';
import type { LibrarySource } from './libraries.ts';

// With what these depend on.
const wanted = ['libc6', 'libstdc++6'];
const mostLinks = 8;

interface FetchedPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly archive: string;
  /** Its files alone. */
  readonly folder: string;
}

/** Fetches the packages into a folder; throws when this machine's apt has none for the architecture. */
export async function fetchLibraries(architecture: Architecture, folder: string): Promise<LibrarySource> {
  const archives = await fetchArchives(architecture, folder);
  // One package's licence may be a link into another's.
  const together = join(folder, 'together');
  const packages = await Promise.all(
    archives.map(async (archive): Promise<FetchedPackage> => {
      const field = async (name: string): Promise<string> =>
        (await runOrThrow(['dpkg-deb', '--field', archive, name])).trim();
      const own = join(folder, 'packages', await field('Package'));
      await mkdir(dirname(own), { recursive: true });
      await runOrThrow(['dpkg-deb', '--extract', archive, own]);
      return {
        name: await field('Package'),
        version: await field('Version'),
        architecture: await field('Architecture'),
        archive,
        folder: own,
      };
    }),
  );
  for (const archive of archives) await runOrThrow(['dpkg-deb', '--extract', archive, together]);
  return {
    name: `none of Debian's packages ${packages.map(({ name }) => name).join(', ')}`,
    read: async (path) => readWithin(together, path),
    ownerOf: async (path) => ownerAmong(packages, path),
    describePackage: async (name) => {
      const found = packages.find((each) => each.name === name);
      if (found === undefined) throw new Error(`The package ${name} was not fetched.`);
      const license = await readWithin(together, `/usr/share/doc/${name}/copyright`);
      const licenseText = license === undefined ? '' : new TextDecoder().decode(license);
      const { version, architecture: builtFor, archive } = found;
      return { name, version, architecture: builtFor, licenseText, checksums: [sha256Of(await readFile(archive))] };
    },
  };
}

async function fetchArchives(architecture: Architecture, folder: string): Promise<readonly string[]> {
  const archives = join(folder, 'archives');
  await mkdir(join(folder, 'lists', 'partial'), { recursive: true });
  await mkdir(join(archives, 'partial'), { recursive: true });
  await writeFile(join(folder, 'status'), '');
  const options = Object.entries({
    'APT::Architecture': architecture,
    'APT::Architectures': architecture,
    // Written by this process, so that nobody else need be able to write there.
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
    'Debug::NoLocking': '1',
    'Dir::State::Lists': join(folder, 'lists'),
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': folder,
    'Dir::Cache::archives': archives,
  }).map(([name, value]) => `--option=${name}=${value}`);
  const apt = async (...words: readonly string[]): Promise<string> => {
    const { code, stderr } = await run(['apt-get', '--quiet', ...options, ...words], '', { LC_ALL: 'C' }).catch(
      (error: unknown) => ({ code: 1, stderr: String(error) }),
    );
    return code === 0 ? '' : stderr.trim();
  };
  // Sources of other vendors, which may be out of reach or lack the architecture, hold nothing of what is wanted.
  const updateFault = await apt('update');
  const fault = await apt('install', '--yes', '--no-install-recommends', '--download-only', ...wanted);
  if (fault !== '') {
    throw new Error(
      `This machine's apt has no packages for ${architecture}: ${[updateFault, fault].join('\n').trim()}\nBuild on Debian, or only for this machine with --architecture.`,
    );
  }
  return (await readdir(archives))
    .filter((name) => name.endsWith('.deb'))
    .toSorted()
    .map((name) => join(archives, name));
}

/** Reads a file as if the folder were the root; a package may hold it under the other name of a merged /usr. */
async function readWithin(folder: string, path: string): Promise<Uint8Array | undefined> {
  for (const name of [path, `/usr${path}`]) {
    const real = await resolveWithin(folder, name);
    const content = real === undefined ? undefined : await readFile(real).catch(() => undefined);
    if (content !== undefined) return content;
  }
  return undefined;
}

// Links may be absolute, which would lead to this machine's own files.
async function resolveWithin(folder: string, path: string): Promise<string | undefined> {
  let name = path;
  for (let links = 0; links < mostLinks; links += 1) {
    const target = await readlink(join(folder, name)).catch(() => undefined);
    if (target === undefined) return join(folder, name);
    name = resolve(dirname(name), target);
  }
  return undefined;
}

async function ownerAmong(packages: readonly FetchedPackage[], path: string): Promise<string | undefined> {
  for (const { name, folder } of packages) {
    for (const each of [path, `/usr${path}`])
      if ((await lstat(join(folder, each)).catch(() => undefined)) !== undefined) return name;
  }
  return undefined;
}
