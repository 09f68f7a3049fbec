// Layers and archives: what is in them, that it hangs together by its digests, and that nothing else decides the bytes.
import { createHash } from 'node:crypto';
import { unpackTar } from 'modern-tar';
import { describe, expect, it } from 'vitest';

import { packImage } from '../../../control-plane/driver/oci/archive.ts';
import type { ImageSettings } from '../../../control-plane/driver/oci/archive.ts';
import { packLayer } from '../../../control-plane/driver/oci/layer.ts';
import type { ImageFile } from '../../../control-plane/driver/oci/layer.ts';

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const files: readonly ImageFile[] = [
  { path: 'nodejs/bin/node', executable: true, content: text('program') },
  { path: 'app/main.js', executable: false, content: text('script') },
  { path: 'app-data', executable: false, content: text('') },
];
const settings: ImageSettings = {
  reference: 'localhost/try:1',
  user: '1:2',
  entryPoint: ['/nodejs/bin/node', '/app/main.js'],
  environment: { A: 'b' },
  ports: [8080],
  labels: { c: 'd' },
};
const digestOf = (content: Uint8Array): string => `sha256:${createHash('sha256').update(content).digest('hex')}`;

describe('a layer', () => {
  it('has every folder before its files, and root as the owner of all, without times', async () => {
    const entries = await unpackTar(await packLayer(files), { strict: true });
    const entry = (name: string, type: string, mode: number, size: number): object => ({
      name,
      type,
      mode,
      size,
      uid: 0,
      gid: 0,
      mtime: new Date(0),
    });
    expect(
      entries.map(({ header: { name, type, mode, size, uid, gid, mtime } }) => ({
        name,
        type,
        mode,
        size,
        uid,
        gid,
        mtime,
      })),
    ).toEqual([
      entry('app-data', 'file', 0o644, 0),
      entry('app/', 'directory', 0o755, 0),
      entry('app/main.js', 'file', 0o644, 6),
      entry('nodejs/', 'directory', 0o755, 0),
      entry('nodejs/bin/', 'directory', 0o755, 0),
      entry('nodejs/bin/node', 'file', 0o755, 7),
    ]);
  });

  it('is the same whatever the order of its files', async () => {
    expect(await packLayer(files.toReversed())).toEqual(await packLayer(files));
  });

  it('holds the later of two files with one path', async () => {
    const [first] = files;
    const later = { ...first!, content: text('later') };
    expect(await packLayer([first!, later])).toEqual(await packLayer([later]));
  });
});

describe('an archive', () => {
  async function open(): Promise<
    Awaited<ReturnType<typeof packImage>> & {
      readonly blob: (name: string) => Uint8Array;
      readonly names: readonly string[];
    }
  > {
    const shared = await packLayer([]);
    const packed = await packImage(
      [
        { architecture: 'amd64', layers: [await packLayer(files), shared] },
        { architecture: 'arm64', layers: [await packLayer(files.slice(1)), shared] },
      ],
      settings,
    );
    const entries = await unpackTar(packed.bytes, { strict: true });
    const byName = new Map(entries.map(({ header, data }) => [header.name, data]));
    return { ...packed, names: [...byName.keys()], blob: (name) => byName.get(name) ?? text('') };
  }
  const json = (content: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(content));
  const path = (digest: string): string => `blobs/${digest.replace(':', '/')}`;

  it('has blobs under their digests, and what architectures share once', async () => {
    const { names, blob } = await open();
    const blobs = names.filter((name) => name.startsWith('blobs/'));
    // Two configurations, two manifests, three layers and the index of architectures.
    expect(blobs).toHaveLength(8);
    expect(blobs.map((name) => path(digestOf(blob(name))))).toEqual(blobs);
  });

  it('leads through one image to the manifest of each architecture', async () => {
    const { digest, manifests, blob } = await open();
    expect(json(blob('oci-layout'))).toEqual({ imageLayoutVersion: '1.0.0' });
    expect(json(blob('index.json'))).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [
        {
          mediaType: 'application/vnd.oci.image.index.v1+json',
          digest,
          size: blob(path(digest)).length,
          annotations: {
            'io.containerd.image.name': 'localhost/try:1',
            'org.opencontainers.image.ref.name': '1',
          },
        },
      ],
    });
    expect(json(blob(path(digest)))).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: manifests.map((each) => ({
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        digest: each.digest,
        size: blob(path(each.digest)).length,
        platform: { architecture: each.architecture, os: 'linux' },
      })),
    });
    expect(manifests.map(({ architecture }) => architecture)).toEqual(['amd64', 'arm64']);
  });

  it.each(['amd64', 'arm64'] as const)('leads from the manifest of %s to its configuration and layers', async (of) => {
    const { manifests, blob } = await open();
    const own = of === 'amd64' ? files : files.slice(1);
    const layers = [await packLayer(own), await packLayer([])].map(digestOf);
    const { digest = '' } = manifests.find(({ architecture }) => architecture === of) ?? {};
    const manifest = json(blob(path(digest))) as {
      readonly config: { readonly digest: string };
      readonly layers: readonly { readonly digest: string; readonly size: number; readonly mediaType: string }[];
    };
    expect(manifest.layers.map((layer) => layer.digest)).toEqual(layers);
    expect(manifest.layers.map(({ size }) => size)).toEqual(layers.map((each) => blob(path(each)).length));
    expect(json(blob(path(manifest.config.digest)))).toEqual({
      architecture: of,
      os: 'linux',
      config: {
        User: '1:2',
        ExposedPorts: { '8080/tcp': {} },
        Env: ['A=b'],
        Entrypoint: ['/nodejs/bin/node', '/app/main.js'],
        WorkingDir: '/',
        Labels: { c: 'd' },
      },
      rootfs: { type: 'layers', diff_ids: layers },
    });
  });
});
