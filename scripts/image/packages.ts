// The npm packages of a bundle, as their own package.json and the lock file describe them.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { root } from '../command.ts';
import type { Checksum, Component } from './component.ts';

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly integrity?: string } | undefined>>;
}

/** Describes the packages in these folders, which are relative to the repository. */
export async function describePackages(folders: readonly string[]): Promise<readonly Component[]> {
  return Promise.all(
    folders.map(async (folder): Promise<Component> => {
      const { name, version, license } = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8')) as {
        readonly name: string;
        readonly version: string;
        readonly license?: string;
      };
      return {
        type: 'library',
        name,
        version,
        purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
        license,
        licenseText: await licenseTextOf(join(root, folder)),
        checksums: await publishedChecksums(folder),
        files: [],
      };
    }),
  );
}

/** The checksums that the lock file holds of a package; throws when it does not hold the package. */
export async function publishedChecksums(folder: string): Promise<readonly Checksum[]> {
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as LockFile;
  const integrity = lock.packages[folder]?.integrity;
  if (integrity === undefined)
    throw new Error(`package-lock.json has no integrity for ${folder}. Run npm install and try again.`);

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
