// The operator's image as it is built here: the same twice, with Node and the bundle and nothing to start anything else.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { unpackTar } from 'modern-tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { bundleEntry } from '../../../scripts/build.ts';
import { root } from '../../../scripts/command.ts';
import { buildImages, operatorImage, simulatorImage } from '../../../scripts/image/images.ts';
import type { BuiltImage } from '../../../scripts/image/images.ts';
import { librariesIn } from '../../../scripts/image/libraries.ts';

interface Component {
  readonly name: string;
  readonly version: string;
  readonly purl?: string;
  readonly hashes?: readonly { readonly content: string }[];
  readonly components?: readonly { readonly name: string; readonly hashes: readonly { readonly content: string }[] }[];
}

const canBuild = process.platform === 'linux' && process.arch === 'x64';
// Bundling and packing three images, on a machine that others keep busy as well.
const buildMs = 600_000;

describe.runIf(canBuild)('the images', () => {
  let directory: string;
  let first: BuiltImage;
  let simulator: BuiltImage;
  let second: BuiltImage;
  let files: ReadonlyMap<string, { readonly mode: number | undefined }>;
  let components: readonly Component[];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pca-image-'));
    const into = (name: string): { readonly directory: string } => ({ directory: join(directory, name) });
    [first, simulator] = (await buildImages([operatorImage, simulatorImage], into('first'))) as [
      BuiltImage,
      BuiltImage,
    ];
    [second] = (await buildImages([operatorImage], into('second'))) as [BuiltImage];
    files = await filesOf(first);
    ({ components } = JSON.parse(await readFile(first.billOfMaterials, 'utf8')) as {
      readonly components: readonly Component[];
    });
  }, buildMs);
  afterAll(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  it('are the same when they are built again, archive and papers', async () => {
    expect(second.digest).toBe(first.digest);
    for (const paper of ['archive', 'billOfMaterials', 'licenses'] as const)
      expect((await readFile(second[paper])).equals(await readFile(first[paper]))).toBe(true);
  });

  it('hold no program but Node, and for it the loader and libraries', () => {
    const executable = [...files].filter(([, { mode = 0 }]) => (mode & 0o111) !== 0).map(([path]) => path);
    const known =
      /^nodejs\/bin\/node$|^(?:usr\/)?lib(?:64)?\/(?:x86_64-linux-gnu\/)?(?:lib[a-z_+]+|ld-linux-x86-64)\.so\.\d+$/;
    expect(executable).toContain('nodejs/bin/node');
    expect(executable.filter((path) => !known.test(path))).toEqual([]);
  });

  it('hold no shell and no package manager under any name', () => {
    const forbidden = /(?:^|\/)(?:sh|bash|dash|busybox|apt|apt-get|dpkg|apk|npm|npx|corepack)$/;
    expect([...files.keys()].filter((path) => forbidden.test(path))).toEqual([]);
  });

  it('hold of the repository the bundle alone', () => {
    const app = [...files.keys()].filter((path) => path.startsWith('app/') && !path.startsWith('app/chunks/'));
    expect(app).toEqual(['app/THIRD_PARTY_LICENSES', 'app/main.js', 'app/package.json']);
  });

  it('have one bill of materials with every package of the bundle', async () => {
    const { inputs } = await bundleEntry('src/main.ts', join(directory, 'bundle'));
    const owners = await Promise.all(
      Object.keys(inputs)
        .filter((input) => input.includes('node_modules/'))
        .map(async (input) => ownerOf(join(root, input))),
    );
    const listed = components.map(({ name, version }) => `${name} ${version}`);
    expect([...new Set(owners)].filter((owner) => !listed.includes(owner))).toEqual([]);
    const npm = components.filter(({ purl }) => purl?.startsWith('pkg:npm/'));
    expect(npm).toHaveLength(new Set(owners).size);
  });

  it('list every file of the lower layer that is no text of ours, and a checksum of everything', () => {
    const listed = components.flatMap(({ components: parts = [] }) => parts.map(({ name }) => name.slice(1)));
    const binaries = [...files].filter(([, { mode = 0 }]) => (mode & 0o111) !== 0).map(([path]) => path);
    expect(listed.toSorted()).toEqual(binaries.toSorted());
    const without = components.filter(
      ({ hashes = [], components: parts = [] }) => [...hashes, ...parts.flatMap((part) => part.hashes)].length === 0,
    );
    expect(without).toEqual([]);
  });

  it('come with the licences of everything in them', async () => {
    const licenses = await readFile(first.licenses, 'utf8');
    expect(components.filter(({ name, version }) => !licenses.includes(`${name} ${version}`))).toEqual([]);
  });

  it('share their lower layer', async () => {
    const [own = '', others = ''] = await Promise.all([first, simulator].map(lowerLayerOf));
    expect(own).toBe(others);
    expect(own).toMatch(/^sha256:[0-9a-f]{64}$/);
  });
});

describe('what ldd prints', () => {
  it('is read as paths', () => {
    const output = `\tlinux-vdso.so.1 (0x00007f7c8bdb5000)
\tlibdl.so.2 => /lib/x86_64-linux-gnu/libdl.so.2 (0x00007f7c8bd9f000)
\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f7c8b81e000)
\t/lib64/ld-linux-x86-64.so.2 (0x00007f7c8bdb7000)
`;
    expect(librariesIn(output)).toEqual([
      '/lib/x86_64-linux-gnu/libc.so.6',
      '/lib/x86_64-linux-gnu/libdl.so.2',
      '/lib64/ld-linux-x86-64.so.2',
    ]);
  });

  it('is refused when a library was not found', () => {
    expect(() => librariesIn('\tlibstdc++.so.6 => not found\n')).toThrow(
      'Node needs the library libstdc++.so.6, which this machine does not have. Install it and try again.',
    );
  });
});

async function manifestOf(image: BuiltImage): Promise<{
  readonly layers: readonly { readonly digest: string }[];
  readonly blob: (digest: string) => Uint8Array;
}> {
  const entries = new Map(
    (await unpackTar(await readFile(image.archive))).map(({ header, data }) => [header.name, data]),
  );
  const blob = (digest: string): Uint8Array => entries.get(`blobs/${digest.replace(':', '/')}`) ?? new Uint8Array();
  const manifest = JSON.parse(new TextDecoder().decode(blob(image.digest))) as {
    readonly layers: readonly { readonly digest: string }[];
  };
  return { ...manifest, blob };
}

async function lowerLayerOf(image: BuiltImage): Promise<string> {
  return (await manifestOf(image)).layers[0]?.digest ?? '';
}

async function filesOf(image: BuiltImage): Promise<ReadonlyMap<string, { readonly mode: number | undefined }>> {
  const { layers, blob } = await manifestOf(image);
  const found = new Map<string, { readonly mode: number | undefined }>();
  for (const { digest } of layers) {
    for (const { header } of await unpackTar(blob(digest), { strict: true }))
      if (header.type === 'file') found.set(header.name, { mode: header.mode });
  }
  return found;
}

/** Name and version of the package that a file belongs to, found independently of how the build finds it. */
async function ownerOf(file: string): Promise<string> {
  for (let folder = dirname(file); folder !== '/'; folder = dirname(folder)) {
    const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => '{}');
    const { name, version } = JSON.parse(text) as { readonly name?: string; readonly version?: string };
    if (name !== undefined && version !== undefined) return `${name} ${version}`;
  }
  throw new Error(`${file} belongs to no package.`);
}
