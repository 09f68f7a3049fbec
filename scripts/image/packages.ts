// The npm packages of a bundle: described by CycloneDX's tool for npm, with their licences, and their checksums from the lock file.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { root } from '../command.ts';
import type { Checksum, Component } from './component.ts';
import { moreOf, neededAmong, readDependencyGraph, refOf } from './dependency-graph.ts';

/** The part of a bill of materials that npm knows. */
export interface NpmPart {
  readonly components: readonly Component[];
  /** The `ref` of each package that the product itself needs. */
  readonly ofProduct: readonly string[];
}

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly integrity?: string } | undefined>>;
}

/** What the lock file pins. */
export interface LockedPackage {
  readonly version: string;
  /** As npm writes it, `sha512-…`. */
  readonly integrity: string;
}

/** Describes the packages in these folders, which are relative to the repository, and which of them each needs. */
export async function describePackages(folders: readonly string[]): Promise<NpmPart> {
  const graph = await readDependencyGraph();
  const refs = new Map(folders.map((folder) => [refOf(graph, folder), folder]));
  const components = await Promise.all(
    [...refs].map(async ([ref, folder]): Promise<Component> => {
      const { name, version, license } = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8')) as {
        readonly name: string;
        readonly version: string;
        readonly license?: string;
      };
      return {
        ref,
        type: 'library',
        name,
        version,
        purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
        license,
        licenseText: await licenseTextOf(join(root, folder)),
        checksums: await publishedChecksums(folder),
        files: [],
        dependsOn: neededAmong(graph, ref, refs),
        more: moreOf(graph, ref),
      };
    }),
  );
  return { components, ofProduct: neededAmong(graph, graph.root, refs) };
}

/** The package in a folder as the lock file pins it; throws when it does not. */
export async function lockedPackage(folder: string): Promise<LockedPackage> {
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as LockFile;
  const { version, integrity } = lock.packages[folder] ?? {};
  if (version === undefined || integrity === undefined)
    throw new Error(`package-lock.json has no integrity for ${folder}. Run npm install and try again.`);

  return { version, integrity };
}

/** The checksums that the lock file holds of a package; throws when it does not hold the package. */
export async function publishedChecksums(folder: string): Promise<readonly Checksum[]> {
  const { integrity } = await lockedPackage(folder);
  return integrity.split(' ').flatMap((each) => {
    const [algorithm, value = ''] = each.split(/-(.*)/s);
    return algorithm === 'sha512' ? [{ alg: 'SHA-512', content: Buffer.from(value, 'base64').toString('hex') }] : [];
  });
}

async function licenseTextOf(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => /^(licen[cs]e|copying|notice)/i.test(name)).toSorted();
  const texts = await Promise.all(names.map(async (name) => readFile(join(folder, name), 'utf8')));
  return texts.join('\n');
}
