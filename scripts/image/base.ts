// The lower layer of every image: Node, what it needs to start, and nothing that could start anything else.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';

import type { Architecture } from '../../control-plane/driver/oci/archive.ts';
import type { ImageFile } from '../../control-plane/driver/oci/layer.ts';
import { ownArchitecture } from './architecture.ts';
import type { Component } from './component.ts';
import { fetchLibraries } from './fetched-libraries.ts';
import { checksumsOf, readLibraries } from './libraries.ts';
import type { Libraries } from './libraries.ts';
import { machineLibraries } from './machine-libraries.ts';
import { readNode } from './node-program.ts';
import type { NodeProgram } from './node-program.ts';

/** Files and software of the lower layer. */
export interface Base {
  readonly files: readonly ImageFile[];
  readonly components: readonly Component[];
}

/** The user of every image; a number, for `runAsNonRoot` cannot judge a name. */
export const user = 65_532;
/** Where Node lies in the image, as in the distroless images. */
export const nodePath = 'nodejs/bin/node';

/** Reads it from this machine, and for another architecture from npm and Debian; throws when something is not to be had. */
export async function readBase(architecture: Architecture): Promise<Base> {
  const program = await readNode(architecture);
  const node: ImageFile = { path: nodePath, executable: true, content: program.content };
  const { files, components, ofProgram } = await librariesOf(program, architecture);
  const all = [describeNode(program, node, ofProgram), ...components];
  const notices = all.map(({ name, licenseText }) =>
    text(`usr/share/doc/${name.replaceAll('/', '_')}/copyright`, licenseText),
  );
  return { files: [node, ...files, ...settings(), ...notices], components: all };
}

async function librariesOf({ content }: NodeProgram, architecture: Architecture): Promise<Libraries> {
  if (architecture === ownArchitecture && process.platform === 'linux')
    return readLibraries(content, architecture, machineLibraries);

  const folder = await mkdtemp(join(tmpdir(), 'pca-libraries-'));
  try {
    return await readLibraries(content, architecture, await fetchLibraries(architecture, folder));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function settings(): readonly ImageFile[] {
  return [
    text('etc/passwd', `root:x:0:0:root:/:/nologin\nnonroot:x:${user}:${user}:nonroot:/:/nologin\n`),
    text('etc/group', `root:x:0:\nnonroot:x:${user}:\n`),
    // Without it some versions of the C library ask DNS before /etc/hosts.
    text('etc/nsswitch.conf', 'hosts: files dns\n'),
    // Those that Node trusts: taken from the machine, they could hold an authority that only this machine trusts.
    text('etc/ssl/certs/ca-certificates.crt', `${rootCertificates.join('\n')}\n`),
  ];
}

function describeNode(
  { version, licenseText, checksums }: NodeProgram,
  file: ImageFile,
  dependsOn: readonly string[],
): Component {
  const purl = `pkg:generic/node@${version}`;
  const facts = { ref: purl, type: 'platform', name: 'node', purl, license: 'MIT' } as const;
  return { ...facts, version, licenseText, checksums, files: checksumsOf([file]), dependsOn };
}

function text(path: string, content: string): ImageFile {
  return { path, executable: false, content: new TextEncoder().encode(content) };
}
