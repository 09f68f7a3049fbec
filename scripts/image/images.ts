// The two images of this repository, from bundle to archive: the operator, and the simulator of PCA for trying it out.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

import { buildBundle, bundleEntry, imageFolder, packagesOf } from '../build.ts';
import { root } from '../command.ts';
import { packImage } from '../../control-plane/driver/oci/archive.ts';
import type { ImageSettings } from '../../control-plane/driver/oci/archive.ts';
import type { Architecture } from '../../control-plane/driver/oci/archive.ts';
import { allArchitectures } from './architecture.ts';
import { nodePath, readBase, user } from './base.ts';
import { billOfMaterials, licenseList } from './bill-of-materials.ts';
import type { Component } from './component.ts';
import { packLayer } from '../../control-plane/driver/oci/layer.ts';
import type { ImageFile } from '../../control-plane/driver/oci/layer.ts';
import { describePackages } from './packages.ts';

/** A kind of image, before it is built. */
export interface ImageDefinition {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Flags of Node before the script. */
  readonly nodeFlags: readonly string[];
  readonly ports: readonly number[];
  /** Bundles into the folder and answers the folders of the packages in the bundle. */
  readonly bundle: (folder: string) => Promise<readonly string[]>;
}

/** An image on disk, with what is written beside it. Paths are absolute. */
export interface BuiltImage {
  readonly reference: string;
  /** Of the index of all architectures. */
  readonly digest: string;
  readonly archive: string;
  readonly bytes: number;
  readonly platforms: readonly BuiltPlatform[];
}

/** What there is of an image for one architecture. */
export interface BuiltPlatform {
  readonly architecture: Architecture;
  /** Of its manifest. */
  readonly digest: string;
  readonly billOfMaterials: string;
  readonly licenses: string;
}

/** Where images are written. */
export const imageDirectory = join(root, 'dist', imageFolder);

/** The operator, as the Dockerfile builds it. */
export const operatorImage: ImageDefinition = {
  name: 'alibaba-pca-issuer',
  title: 'alibaba-pca-issuer',
  description: 'cert-manager external issuer for Alibaba Cloud Private CA (PCA)',
  nodeFlags: ['--max-semi-space-size=4', '--heap-growing-percent=60', '--max-old-space-size-percentage=60'],
  ports: [8080],
  bundle: async (folder) => (await buildBundle(folder)).packages,
};

/** The simulator, on port 8080 of every address. */
export const simulatorImage: ImageDefinition = {
  name: 'alibaba-pca-simulator',
  title: 'alibaba-pca-simulator',
  description: 'Simulator of Alibaba Cloud Private CA (PCA), for tests only',
  nodeFlags: [],
  ports: [8080],
  bundle: async (folder) => packagesOf(await bundleEntry('simulator/main.ts', folder)),
};

/** Builds images into a folder, on one base; `revision` is that of the sources, for the labels. */
export async function buildImages(
  definitions: readonly ImageDefinition[],
  {
    directory = imageDirectory,
    revision = 'unknown',
    architectures = allArchitectures,
  }: {
    readonly directory?: string;
    readonly revision?: string;
    readonly architectures?: readonly Architecture[];
  } = {},
): Promise<readonly BuiltImage[]> {
  await mkdir(directory, { recursive: true });
  const bases: PackedBase[] = [];
  for (const architecture of architectures) {
    const { components, files } = await readBase(architecture);
    bases.push({ architecture, components, layer: await packLayer(files) });
  }
  const built: BuiltImage[] = [];
  for (const definition of definitions) built.push(await buildImage(definition, { bases, directory, revision }));

  return built;
}

/** What an engine is told about an image; the reference is its name and version as an engine completes it. */
export function settingsOf(definition: ImageDefinition, version: string, revision: string): ImageSettings {
  return {
    reference: `${defaultRegistry}/${definition.name}:${version}`,
    user: `${user}:${user}`,
    entryPoint: [`/${nodePath}`, ...definition.nodeFlags, '/app/main.js'],
    environment: {
      NODE_ENV: 'production',
      UV_THREADPOOL_SIZE: nameThreads,
      MALLOC_ARENA_MAX: '1',
      MALLOC_MMAP_THRESHOLD_: '32768',
      IMAGE_REVISION: revision,
    },
    ports: definition.ports,
    labels: {
      'org.opencontainers.image.title': definition.title,
      'org.opencontainers.image.description': definition.description,
      'org.opencontainers.image.licenses': license,
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.revision': revision,
    },
  };
}

const license = 'Apache-2.0';
// Half of the threads resolve names, of which silent DNS servers hold some for long (src/alibaba/name-lookups.ts).
const nameThreads = '64';
// What the reference grammar puts before a name without a registry, such as the chart's.
const defaultRegistry = 'docker.io/library';

interface PackedBase {
  readonly architecture: Architecture;
  readonly components: readonly Component[];
  readonly layer: Uint8Array;
}

async function buildImage(
  definition: ImageDefinition,
  from: { readonly bases: readonly PackedBase[]; readonly directory: string; readonly revision: string },
): Promise<BuiltImage> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { readonly version: string };
  const path = (suffix: string): string => join(from.directory, `${definition.name}-${version}${suffix}`);
  const bundle = join(from.directory, `${definition.name}.bundle`);
  try {
    const npm = await describePackages(await definition.bundle(bundle));
    const appLayer = await packLayer(await filesBelow(bundle));
    const settings = settingsOf(definition, version, from.revision);
    const layers = from.bases.map(({ architecture, layer }) => ({ architecture, layers: [layer, appLayer] }));
    const { bytes, digest, manifests } = await packImage(layers, settings);
    const archive = path('.tar');
    await writeFile(archive, bytes);
    const platforms = await Promise.all(
      manifests.map(async (manifest): Promise<BuiltPlatform> => {
        const base = from.bases.find(({ architecture }) => architecture === manifest.architecture)?.components ?? [];
        const components = [...base, ...npm.components];
        const runtime = base.filter(({ type }) => type === 'platform').map(({ ref }) => ref);
        const papers = {
          billOfMaterials: path(`-${manifest.architecture}.cdx.json`),
          licenses: path(`-${manifest.architecture}.licenses.txt`),
        };
        const described = { name: definition.name, version, digest: manifest.digest, license };
        const bill = billOfMaterials({ ...described, dependsOn: [...runtime, ...npm.ofProduct] }, components);
        await writeFile(papers.billOfMaterials, `${JSON.stringify(bill, null, 2)}\n`);
        await writeFile(papers.licenses, licenseList(components));
        return { ...manifest, ...papers };
      }),
    );
    return { reference: settings.reference, digest, archive, bytes: bytes.length, platforms };
  } finally {
    await rm(bundle, { recursive: true, force: true });
  }
}

async function filesBelow(folder: string): Promise<readonly ImageFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        return { path: `app/${relative(folder, path)}`, executable: false, content: await readFile(path) };
      }),
  );
}
