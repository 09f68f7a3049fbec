// The shared libraries that a program needs, with the Debian packages they come from.
import { createHash } from 'node:crypto';

import type { Architecture } from '../../control-plane/driver/oci/archive.ts';
import type { ImageFile } from '../../control-plane/driver/oci/layer.ts';
import { architectureNames } from './architecture.ts';
import type { Component } from './component.ts';
import { readElf } from './elf.ts';

/** The files to pack and the packages they belong to. */
export interface Libraries {
  readonly files: readonly ImageFile[];
  readonly components: readonly Component[];
  /** The `ref` of each package that the program needs itself. */
  readonly ofProgram: readonly string[];
}

/** Libraries of one architecture and what is known of them: of this machine, or of packages that were fetched. */
export interface LibrarySource {
  /** What it is, for messages. */
  readonly name: string;
  /** Content of the file at an absolute path, as it would be in an installed system; undefined where there is none. */
  readonly read: (path: string) => Promise<Uint8Array | undefined>;
  /** The package that a file belongs to; undefined for a file of no package. */
  readonly ownerOf: (path: string) => Promise<string | undefined>;
  readonly describePackage: (name: string) => Promise<Package>;
}

/** A package of a library source, but for its files. */
type Package = Pick<Component, 'name' | 'version' | 'licenseText' | 'checksums'> & { readonly architecture: string };

interface Library {
  readonly file: ImageFile;
  /** Name of its package, or its path. */
  readonly owner: string;
  readonly isStray: boolean;
  readonly needed: readonly string[];
}

/** Finds what the dynamic loader would load for a program, the loader too; throws when something is not there. */
export async function readLibraries(
  program: Uint8Array,
  architecture: Architecture,
  source: LibrarySource,
): Promise<Libraries> {
  const { interpreter = '', needed } = readElf(program);
  const found = await findLibraries({ interpreter, needed }, architecture, source);
  const libraries = [...found.values()].toSorted((left, right) => (left.file.path < right.file.path ? -1 : 1));
  const packages = new Map<string, Component>();
  for (const { owner, isStray } of libraries) {
    const files = libraries.filter((each) => each.owner === owner).map(({ file }) => file);
    if (packages.has(owner)) continue;
    packages.set(
      owner,
      isStray ? strayLibrary(owner, files) : debianComponent(await source.describePackage(owner), files),
    );
  }
  const refsOf = (names: readonly string[]): readonly string[] => [
    ...new Set(names.flatMap((name) => packages.get(found.get(name)?.owner ?? '')?.ref ?? [])),
  ];
  const components = [...packages].map(([owner, component]) => ({
    ...component,
    dependsOn: refsOf(libraries.filter((each) => each.owner === owner).flatMap((each) => each.needed))
      .filter((ref) => ref !== component.ref)
      .toSorted(),
  }));
  return {
    files: libraries.map(({ file }) => file),
    components: components.toSorted((left, right) => (left.name < right.name ? -1 : 1)),
    ofProgram: refsOf([fileName(interpreter), ...needed]).toSorted(),
  };
}

async function findLibraries(
  { interpreter, needed }: { readonly interpreter: string; readonly needed: readonly string[] },
  architecture: Architecture,
  source: LibrarySource,
): Promise<ReadonlyMap<string, Library>> {
  const found = new Map<string, Library>();
  // Both names of a merged /usr, the shorter first: it is where the loader looks in either case.
  const folders = ['/lib', '/usr/lib'].flatMap((folder) => [
    `${folder}/${architectureNames[architecture].triplet}`,
    folder,
  ]);
  const find = async (name: string, paths: readonly string[]): Promise<void> => {
    if (found.has(name)) return;
    for (const path of paths) {
      const content = await source.read(path);
      const elf = content === undefined ? undefined : readElf(content);
      if (content === undefined || elf?.architecture !== architecture) continue;
      const owner = await source.ownerOf(path);
      found.set(name, {
        file: { path: path.slice(1), executable: true, content },
        owner: owner ?? path,
        isStray: owner === undefined,
        needed: elf.needed,
      });
      for (const next of elf.needed) await find(next, pathsOf(next));
      return;
    }
    throw new Error(`Node for ${architecture} needs the library ${name}, which ${source.name} does not have.`);
  };
  const pathsOf = (name: string): readonly string[] => folders.map((folder) => `${folder}/${name}`);
  // First, for libraries name it too, and it has to be where the program says.
  await find(fileName(interpreter), [interpreter]);
  for (const name of needed) await find(name, pathsOf(name));
  return found;
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function strayLibrary(path: string, files: readonly ImageFile[]): Component {
  const licenseText = `${path} was taken from the machine that built the image, which does not say whose it is.\n`;
  const unknown = { version: 'unknown', purl: undefined, license: undefined, checksums: [], dependsOn: [] };
  return { ref: path, type: 'library', name: path, licenseText, ...unknown, files: checksumsOf(files) };
}

function debianComponent({ architecture, ...described }: Package, files: readonly ImageFile[]): Component {
  const [name, version] = [described.name, described.version].map(encodeURIComponent);
  const purl = `pkg:deb/debian/${name}@${version}?arch=${architecture}`;
  const facts = { ref: purl, type: 'library', purl, license: undefined, dependsOn: [] } as const;
  return { ...facts, ...described, files: checksumsOf(files) };
}

/** Path and checksum of each file. */
export function checksumsOf(files: readonly ImageFile[]): Component['files'] {
  return files.map(({ path, content }) => ({ path: `/${path}`, checksum: sha256Of(content) }));
}

/** SHA-256 of these bytes. */
export function sha256Of(content: Uint8Array): Component['checksums'][number] {
  return { alg: 'SHA-256', content: createHash('sha256').update(content).digest('hex') };
}
