// Everything that a release publishes, in one folder: image, chart, manifests, papers, and one bundle of them for clusters
// without the Internet. Publishes nothing.
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';

import type { Architecture } from '../../control-plane/driver/oci/archive.ts';
import { buildGoProgram } from '../../control-plane/driver/go-build.ts';
import { helmProgram } from '../../control-plane/driver/programs.ts';
import { runOrThrow } from '../../control-plane/driver/run.ts';
import { root } from '../command.ts';
import { renderInstallManifest } from '../generate/install-manifest.ts';
import { buildImages, operatorImage } from '../image/images.ts';
import type { BuiltImage } from '../image/images.ts';
import { readChangelog, sectionOf } from './changelog.ts';
import { publishedChart, publishedValues } from './chart.ts';
import type { Published } from './chart.ts';

/** Where the release will be, and of what. */
export interface ReleaseSettings {
  readonly directory: string;
  /** Registry with the path below which image and chart lie, such as `ghcr.io/owner`. */
  readonly registry: string;
  readonly source: string | undefined;
  readonly revision: string;
  readonly architectures: readonly Architecture[];
}

/** What was written, as release.json says it; files are named without a folder. */
export interface Release {
  readonly version: string;
  readonly image: string;
  readonly digest: string;
  readonly archive: string;
  readonly chart: string;
  /** What `helm push` is told, and under which name the chart is then found. */
  readonly chartRepository: string;
  readonly chartImage: string;
  readonly platforms: readonly {
    readonly architecture: Architecture;
    readonly digest: string;
    readonly billOfMaterials: string;
  }[];
  /** What is attached to the release. */
  readonly files: readonly string[];
}

const name = operatorImage.name;
const chartFolder = join(root, 'helm', name);

/** Writes the files, into a folder that is emptied first; throws when the version has no changes in CHANGELOG.md. */
export async function buildRelease(settings: ReleaseSettings): Promise<Release> {
  const { directory, registry } = settings;
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { readonly version: string };
  const section = sectionOf(readChangelog(await readFile(join(root, 'CHANGELOG.md'), 'utf8')), version);
  await rm(directory, { recursive: true, force: true });
  const [image] = await buildImages([operatorImage], settings);
  if (image === undefined) throw new Error('No image was built.');
  const published: Published = {
    version,
    image: `${registry}/${name}`,
    digest: image.digest,
    platforms: image.platforms.map(({ architecture }) => `linux/${architecture}`),
    source: settings.source,
    changes: section.changes,
  };
  const chart = await packageChart(published, directory);
  const write = async (file: string, content: string | Uint8Array): Promise<string> => {
    await writeFile(join(directory, file), content);
    return file;
  };
  await write('notes.md', `${section.text}\n`);
  const papers = image.platforms.flatMap(({ billOfMaterials, licenses }) => [billOfMaterials, licenses]);
  const loose = [chart, 'install.yaml', 'crds.yaml', ...papers.map((path) => basename(path))];
  const bundle = `${name}-${version}-airgap.tar.gz`;
  const bundled = [basename(image.archive), ...loose, await write('README.md', airGapSteps(published, image, chart))];
  await write(bundle, await packBundle(directory, `${name}-${version}`, bundled));
  const files = [...loose, bundle, 'checksums.txt'];
  const all = [...new Set([...bundled, bundle])].toSorted();
  await write('checksums.txt', await checksums(directory, all));
  const release: Release = {
    version,
    image: published.image,
    digest: image.digest,
    archive: basename(image.archive),
    chart,
    chartRepository: `${registry}/charts`,
    chartImage: `${registry}/charts/${name}`,
    platforms: image.platforms.map(({ architecture, digest, billOfMaterials }) => ({
      architecture,
      digest,
      billOfMaterials: basename(billOfMaterials),
    })),
    files,
  };
  await write('release.json', `${JSON.stringify(release, null, 2)}\n`);
  return release;
}

/** Packages the chart, renders the manifests from it, and answers its file. */
async function packageChart(published: Published, directory: string): Promise<string> {
  const helm = await buildGoProgram(helmProgram);
  const temporary = await mkdtemp(join(tmpdir(), 'pca-chart-'));
  try {
    const folder = join(temporary, name);
    await cp(chartFolder, folder, { recursive: true });
    const edit = async (file: string, change: (text: string, to: Published) => string): Promise<void> =>
      writeFile(join(folder, file), change(await readFile(join(folder, file), 'utf8'), published));
    await edit('Chart.yaml', publishedChart);
    await edit('values.yaml', publishedValues);
    await runOrThrow([helm, 'lint', '--strict', folder]);
    await runOrThrow([helm, 'package', folder, '--destination', directory]);
    await writeFile(join(directory, 'install.yaml'), await renderInstallManifest(helm, folder));
    const crds = join(root, 'deploy', 'crds');
    const names = (await readdir(crds)).toSorted();
    const definitions = await Promise.all(names.map(async (file) => readFile(join(crds, file), 'utf8')));
    await writeFile(join(directory, 'crds.yaml'), definitions.map((text) => `---\n${text}`).join(''));
    return `${name}-${published.version}.tgz`;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function packBundle(directory: string, folder: string, files: readonly string[]): Promise<Uint8Array> {
  const fixed = { mtime: new Date(0), uid: 0, gid: 0, mode: 0o644, type: 'file' as const };
  const withChecksums = new Map<string, Uint8Array>();
  for (const file of files) withChecksums.set(file, await readFile(join(directory, file)));
  withChecksums.set('checksums.txt', new TextEncoder().encode(await checksums(directory, files)));
  const entries = [...withChecksums].map(([file, body]) => ({
    header: { ...fixed, name: `${folder}/${file}`, size: body.length },
    body,
  }));
  return gzipSync(await packTar(entries));
}

/** As `sha256sum --check` reads them. */
async function checksums(directory: string, files: readonly string[]): Promise<string> {
  const lines = await Promise.all(
    files.map(async (file) => {
      const digest = createHash('sha256').update(await readFile(join(directory, file)));
      return `${digest.digest('hex')}  ${file}\n`;
    }),
  );
  return lines.join('');
}

function airGapSteps({ version }: Published, { archive }: BuiltImage, chart: string): string {
  const local = `REGISTRY/${name}`;
  return `# ${name} ${version} without the Internet

    sha256sum --check checksums.txt
    skopeo copy --all --preserve-digests oci-archive:${basename(archive)} docker://${local}:${version}
    helm install ${name} ${chart} --namespace ${name} --create-namespace --set image.repository=${local}

The chart names the image by its digest, which such a copy keeps. Without a registry, import the image on each node instead, and
leave the digest out:

    ctr --namespace k8s.io images import ${basename(archive)}
    helm install ${name} ${chart} --namespace ${name} --create-namespace \\
      --set image.repository=docker.io/library/${name} --set image.digest= --set image.pullPolicy=Never

Without Helm, install.yaml is the chart with its default values; replace the image's name in it.
`;
}
