// An image as an OCI archive: a tar with the layout of the OCI image specification, which container engines load and
// registries take without a change. Pure: the same layers and settings give the same bytes.
import { createHash } from 'node:crypto';
import { packTar } from 'modern-tar';

/** The settings with which an engine runs the image. */
export interface ImageSettings {
  /** Name and tag by which an engine finds it after loading, in full. */
  readonly reference: string;
  readonly user: string;
  readonly entryPoint: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly ports: readonly number[];
  readonly labels: Readonly<Record<string, string>>;
}

/** A processor architecture, as indexes of images call it, and Debian too. */
export type Architecture = 'amd64' | 'arm64';

/** The layers of an image for one architecture, lowest first. */
export interface PlatformLayers {
  readonly architecture: Architecture;
  readonly layers: readonly Uint8Array[];
}

/** An archive and the digests by which registries know the image. */
export interface ImageArchive {
  readonly bytes: Uint8Array;
  /** Of the index of all architectures, `sha256:…`. */
  readonly digest: string;
  /** Of the manifest of each architecture. */
  readonly manifests: readonly { readonly architecture: Architecture; readonly digest: string }[];
}

interface Blob {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly content: Uint8Array;
}

const mediaType = (name: string): string => `application/vnd.oci.image.${name}`;

/** Packs an image for each of the architectures, all with the same settings. */
export async function packImage(platforms: readonly PlatformLayers[], settings: ImageSettings): Promise<ImageArchive> {
  const packed = platforms.map(({ architecture, layers }) => packManifest(layers, architecture, settings));
  const image = jsonBlob(mediaType('index.v1+json'), {
    schemaVersion: 2,
    mediaType: mediaType('index.v1+json'),
    manifests: packed.map(({ manifest, platform }) => ({ ...descriptor(manifest), platform })),
  });
  const index = {
    schemaVersion: 2,
    mediaType: mediaType('index.v1+json'),
    manifests: [
      {
        ...descriptor(image),
        annotations: {
          'io.containerd.image.name': settings.reference,
          'org.opencontainers.image.ref.name': settings.reference.slice(settings.reference.lastIndexOf(':') + 1),
        },
      },
    ],
  };
  // What architectures share is there once.
  const blobs = new Map([...packed.flatMap((each) => each.blobs), image].map((each) => [each.digest, each]));
  const bytes = await packTar([
    entry('oci-layout', encode({ imageLayoutVersion: '1.0.0' })),
    entry('index.json', encode(index)),
    ...[...blobs.values()].map(({ digest, content }) => entry(`blobs/${digest.replace(':', '/')}`, content)),
  ]);
  const manifests = packed.map(({ platform, manifest }) => ({
    architecture: platform.architecture,
    digest: manifest.digest,
  }));
  return { bytes, digest: image.digest, manifests };
}

function packManifest(
  layers: readonly Uint8Array[],
  architecture: Architecture,
  settings: ImageSettings,
): {
  readonly platform: { readonly architecture: Architecture; readonly os: 'linux' };
  readonly manifest: Blob;
  readonly blobs: readonly Blob[];
} {
  const platform = { architecture, os: 'linux' } as const;
  // Not compressed: the bytes a compressor writes change with its version, and the digest with them.
  const layerBlobs = layers.map((content) => blob(mediaType('layer.v1.tar'), content));
  const config = jsonBlob(mediaType('config.v1+json'), {
    ...platform,
    config: {
      User: settings.user,
      ExposedPorts: Object.fromEntries(settings.ports.map((port) => [`${port}/tcp`, {}])),
      Env: Object.entries(settings.environment).map(([name, value]) => `${name}=${value}`),
      Entrypoint: settings.entryPoint,
      WorkingDir: '/',
      Labels: settings.labels,
    },
    rootfs: { type: 'layers', diff_ids: layerBlobs.map(({ digest }) => digest) },
  });
  const manifest = jsonBlob(mediaType('manifest.v1+json'), {
    schemaVersion: 2,
    mediaType: mediaType('manifest.v1+json'),
    config: descriptor(config),
    layers: layerBlobs.map(descriptor),
  });
  return { platform, manifest, blobs: [config, ...layerBlobs, manifest] };
}

function blob(type: string, content: Uint8Array): Blob {
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  return { mediaType: type, digest, size: content.length, content };
}

function jsonBlob(type: string, value: object): Blob {
  return blob(type, encode(value));
}

function descriptor({ mediaType: type, digest, size }: Blob): object {
  return { mediaType: type, digest, size };
}

function encode(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function entry(name: string, body: Uint8Array): NonNullable<Parameters<typeof packTar>[0][number]> {
  return { header: { name, size: body.length, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0, type: 'file' }, body };
}
