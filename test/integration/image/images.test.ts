// The images as they are built here, for both architectures where this machine can fetch the other one: the same twice, with
// Node and the bundle and nothing to start anything else.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { unpackTar } from 'modern-tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Architecture } from '../../../control-plane/driver/oci/archive.ts';
import { bundleEntry } from '../../../scripts/build.ts';
import { root } from '../../../scripts/command.ts';
import { buildImages, operatorImage, simulatorImage } from '../../../scripts/image/images.ts';
import type { BuiltImage } from '../../../scripts/image/images.ts';
import { allArchitectures, architectureNames, ownArchitectures } from '../../../scripts/image/architecture.ts';
import { readElf } from '../../../scripts/image/elf.ts';

interface Component {
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
  readonly purl?: string;
  readonly hashes?: readonly { readonly content: string }[];
  readonly components?: readonly { readonly name: string; readonly hashes: readonly { readonly content: string }[] }[];
}

interface Bill {
  readonly serialNumber: string;
  readonly metadata: { readonly component: { readonly 'bom-ref': string } };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

const canBuild = process.platform === 'linux' && ownArchitectures.length > 0;
// Ubuntu keeps packages of other architectures elsewhere, and others have none.
const isDebian = canBuild && /^ID=debian$/m.test(await readFile('/etc/os-release', 'utf8').catch(() => ''));
const architectures = isDebian ? allArchitectures : ownArchitectures;
const elfMagic = Buffer.from('7f454c46', 'hex');
// Fetching, bundling and packing three images, on a machine that others keep busy as well.
const buildMs = 600_000;

interface FileInImage {
  readonly mode: number | undefined;
  readonly content: Uint8Array;
}

describe.runIf(canBuild)('the images', () => {
  let directory: string;
  let first: BuiltImage;
  let simulator: BuiltImage;
  let second: BuiltImage;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pca-image-'));
    const into = (name: string): { readonly directory: string; readonly architectures: typeof architectures } => ({
      directory: join(directory, name),
      architectures,
    });
    [first, simulator] = (await buildImages([operatorImage, simulatorImage], into('first'))) as [
      BuiltImage,
      BuiltImage,
    ];
    [second] = (await buildImages([operatorImage], into('second'))) as [BuiltImage];
  }, buildMs);
  afterAll(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  it('are the same when they are built again, archive and papers', async () => {
    expect(second.digest).toBe(first.digest);
    const filesOfImage = (image: BuiltImage): readonly string[] => [
      image.archive,
      ...image.platforms.flatMap(({ billOfMaterials, licenses }) => [billOfMaterials, licenses]),
    ];
    for (const [index, file] of filesOfImage(second).entries())
      expect((await readFile(file)).equals(await readFile(filesOfImage(first)[index]!))).toBe(true);
  });

  it('are for each architecture', () => {
    for (const image of [first, simulator])
      expect(image.platforms.map(({ architecture }) => architecture)).toEqual(architectures);
  });

  it('share their lower layer', async () => {
    for (const { architecture } of first.platforms) {
      const [own = '', others = ''] = await Promise.all(
        [first, simulator].map(async (image) => (await layersOf(image, architecture))[0]?.digest),
      );
      expect(own).toBe(others);
      expect(own).toMatch(/^sha256:[0-9a-f]{64}$/);
    }
  });

  describe.each(architectures)('for %s', (architecture) => {
    let files: ReadonlyMap<string, FileInImage>;
    let bill: Bill;
    let licenses: string;

    beforeAll(async () => {
      const platform = first.platforms.find((each) => each.architecture === architecture)!;
      files = await filesOf(first, architecture);
      bill = JSON.parse(await readFile(platform.billOfMaterials, 'utf8')) as Bill;
      licenses = await readFile(platform.licenses, 'utf8');
    });

    it('run on these processors, and hold what Node needs', () => {
      const { triplet } = architectureNames[architecture];
      const programs = [...files].filter(([, { content }]) => elfMagic.equals(content.subarray(0, 4)));
      expect(programs.map(([path, { content }]) => [path, readElf(content).architecture])).toEqual(
        programs.map(([path]) => [path, architecture]),
      );
      const { interpreter = '' } = readElf(files.get('nodejs/bin/node')!.content);
      expect([...files.keys()]).toContain(interpreter.slice(1));
      const missing = programs
        .flatMap(([, { content }]) => readElf(content).needed)
        .filter((name) => !files.has(`lib/${triplet}/${name}`) && !interpreter.endsWith(`/${name}`));
      expect(missing).toEqual([]);
    });

    it('hold no program but Node, and for it the loader and libraries', () => {
      const executable = [...files].filter(([, { mode = 0 }]) => (mode & 0o111) !== 0).map(([path]) => path);
      const known =
        /^nodejs\/bin\/node$|^(?:usr\/)?lib(?:64)?\/(?:(?:x86_64|aarch64)-linux-gnu\/)?(?:lib[a-z_+]+|ld-linux-(?:x86-64|aarch64))\.so\.\d+$/;
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
      const listed = bill.components.map(({ name, version }) => `${name} ${version}`);
      expect([...new Set(owners)].filter((owner) => !listed.includes(owner))).toEqual([]);
      const npm = bill.components.filter(({ purl }) => purl?.startsWith('pkg:npm/'));
      expect(npm).toHaveLength(new Set(owners).size);
    });

    it('list every file of the lower layer that is no text of ours, and a checksum of everything', () => {
      const listed = bill.components.flatMap(({ components: parts = [] }) => parts.map(({ name }) => name.slice(1)));
      const binaries = [...files].filter(([, { mode = 0 }]) => (mode & 0o111) !== 0).map(([path]) => path);
      expect(listed.toSorted()).toEqual(binaries.toSorted());
      const without = bill.components.filter(
        ({ hashes = [], components: parts = [] }) => [...hashes, ...parts.flatMap((part) => part.hashes)].length === 0,
      );
      expect(without).toEqual([]);
    });

    it('come with the licences of everything in them', () => {
      expect(bill.components.filter(({ name, version }) => !licenses.includes(`${name} ${version}`))).toEqual([]);
    });

    it('have a bill of materials whose graph leads from the image to everything in it', () => {
      const needs = new Map(bill.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
      const reached = new Set<string>();
      const visit = (ref: string): void => {
        if (reached.has(ref)) return;
        reached.add(ref);
        for (const next of needs.get(ref) ?? []) visit(next);
      };
      visit(bill.metadata.component['bom-ref']);
      const refs = [bill.metadata.component['bom-ref'], ...bill.components.map((each) => each['bom-ref'])];
      expect([...reached].toSorted()).toEqual(refs.toSorted());
      expect([...needs.keys()].toSorted()).toEqual(refs.toSorted());
    });

    it('have a bill of materials that is of the form, to the letter', async () => {
      const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
      expect(await validator.validate(JSON.stringify(bill))).toBeNull();
    });

    it.runIf(canRun(architecture))('start with their own Node and libraries', async () => {
      const folder = join(directory, `files-${architecture}`);
      for (const [path, { mode = 0o644, content }] of files) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), content, { mode });
      }
      const script = [...operatorImage.nodeFlags, '/app/main.js', '--help'];
      const { stdout } = await (ownArchitectures.includes(architecture)
        ? promisify(execFile)('chroot', [folder, '/nodejs/bin/node', ...script])
        : // It takes what its prefix lacks from this machine, which has no libraries for these processors.
          promisify(execFile)(emulators[architecture], [
            '-L',
            folder,
            join(folder, 'nodejs/bin/node'),
            ...script.map((each) => each.replace('/app', join(folder, 'app'))),
          ]));
      expect(stdout).toMatch(/^Usage: alibaba-pca-issuer /m);
    });

    it('have a bill of materials with a serial number of its own', () => {
      const form = /^urn:uuid:[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/;
      expect(bill.serialNumber).toMatch(form);
    });
  });
});

const emulators = { amd64: 'qemu-x86_64-static', arm64: 'qemu-aarch64-static' } as const;

/** Whether programs of an architecture run here: this machine's own as root, others where QEMU is installed. */
function canRun(architecture: Architecture): boolean {
  if (ownArchitectures.includes(architecture)) return process.getuid?.() === 0;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, emulators[architecture])));
}

interface Layer {
  readonly digest: string;
  readonly content: Uint8Array;
}

async function layersOf(image: BuiltImage, architecture: Architecture): Promise<readonly Layer[]> {
  const entries = new Map(
    (await unpackTar(await readFile(image.archive))).map(({ header, data }) => [header.name, data]),
  );
  const blob = (digest = ''): Uint8Array => entries.get(`blobs/${digest.replace(':', '/')}`) ?? new Uint8Array();
  const platform = image.platforms.find((each) => each.architecture === architecture);
  const { layers } = JSON.parse(new TextDecoder().decode(blob(platform?.digest))) as {
    readonly layers: readonly { readonly digest: string }[];
  };
  return layers.map(({ digest }) => ({ digest, content: blob(digest) }));
}

async function filesOf(image: BuiltImage, architecture: Architecture): Promise<ReadonlyMap<string, FileInImage>> {
  const found = new Map<string, FileInImage>();
  for (const { content: layer } of await layersOf(image, architecture)) {
    for (const { header, data: content } of await unpackTar(layer, { strict: true }))
      if (header.type === 'file' && content !== undefined) found.set(header.name, { mode: header.mode, content });
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
