// The shared libraries that a program needs, taken from this machine, with the Debian packages they come from.
import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';

import { run, runOrThrow } from '../../control-plane/driver/run.ts';
import type { Component } from './component.ts';
import type { ImageFile } from '../../control-plane/driver/oci/layer.ts';

/** The files to pack and the packages they belong to. */
export interface Libraries {
  readonly files: readonly ImageFile[];
  readonly components: readonly Component[];
}

interface Library {
  readonly file: ImageFile;
  /** Undefined for a file that no package of dpkg owns. */
  readonly owner: string | undefined;
}

/** Reads the libraries that the dynamic loader finds for a program; throws when it does not find one. */
export async function readLibraries(program: string): Promise<Libraries> {
  const paths = librariesIn(await runOrThrow(['ldd', program]));
  const libraries = await Promise.all(paths.map(readLibrary));
  const owners = [...new Set(libraries.map(({ owner, file }) => owner ?? file.path))].toSorted();
  const components = await Promise.all(
    owners.map(async (name) => {
      const own = libraries.filter(({ owner, file }) => (owner ?? file.path) === name).map(({ file }) => file);
      return own[0]?.path === name ? strayLibrary(name, own) : debianPackage(name, own);
    }),
  );
  return { files: libraries.map(({ file }) => file), components };
}

/** The absolute paths in what ldd prints; throws when a library was not found. */
export function librariesIn(output: string): readonly string[] {
  const missing = /^\s*(\S+) => not found/m.exec(output)?.[1];
  if (missing !== undefined)
    throw new Error(`Node needs the library ${missing}, which this machine does not have. Install it and try again.`);

  return [...output.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map(([, path = '']) => path).toSorted();
}

async function readLibrary(path: string): Promise<Library> {
  const content = await readFile(path);
  return { file: { path: path.slice(1), executable: true, content }, owner: await ownerOf(path) };
}

// A package may list its file under the other of the two names that a merged /usr gives it.
async function ownerOf(path: string): Promise<string | undefined> {
  const names = new Set(
    [path, await realpath(path)].flatMap((each) => [each, each.replace(/^\/usr/, ''), `/usr${each}`]),
  );
  const { stdout } = await run(['dpkg-query', '--search', ...names]).catch(() => ({ stdout: '' }));
  return /^([^:\s]+)/m.exec(stdout)?.[1];
}

async function debianPackage(name: string, files: readonly ImageFile[]): Promise<Component> {
  const format = '${Version} ${Architecture}';
  const [version = '', architecture = ''] = (
    await runOrThrow(['dpkg-query', '--show', `--showformat=${format}`, name])
  ).split(' ');
  return {
    type: 'library',
    name,
    version,
    purl: `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}`,
    license: undefined,
    licenseText: await readFile(`/usr/share/doc/${name}/copyright`, 'utf8'),
    checksums: [],
    files: checksumsOf(files),
  };
}

function strayLibrary(name: string, files: readonly ImageFile[]): Component {
  const licenseText = `${name} was taken from the machine that built the image, which does not say whose it is.\n`;
  const unknown = { version: 'unknown', purl: undefined, license: undefined, checksums: [] };
  return { type: 'library', name, licenseText, ...unknown, files: checksumsOf(files) };
}

/** Path and checksum of each file. */
export function checksumsOf(files: readonly ImageFile[]): Component['files'] {
  return files.map(({ path, content }) => ({
    path: `/${path}`,
    checksum: { alg: 'SHA-256', content: createHash('sha256').update(content).digest('hex') },
  }));
}
