// What `npm run release` writes, for this machine's processors, and the steps of the workflow that publish it: each as it stands,
// with programs in the place of those that would talk to others.
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { unpackTar } from 'modern-tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

import { buildGoProgram } from '../../../control-plane/driver/go-build.ts';
import { actionlintProgram, helmProgram } from '../../../control-plane/driver/programs.ts';
import { root } from '../../../scripts/command.ts';
import { ownArchitectures } from '../../../scripts/image/architecture.ts';
import { buildRelease } from '../../../scripts/release/release.ts';
import type { Release } from '../../../scripts/release/release.ts';

const runFile = promisify(execFile);
const registry = 'registry.example.com/team';
// Helm and actionlint are built the first time.
const buildMs = 900_000;

interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

it('the workflows are what GitHub understands', { timeout: buildMs }, async () => {
  const actionlint = await buildGoProgram(actionlintProgram);
  const folder = join(root, '.github', 'workflows');
  const files = (await readdir(folder)).map((file) => join(folder, file));
  const options = ['-no-color', '-shellcheck=', '-pyflakes='];
  const { stdout } = await runFile(actionlint, [...options, ...files]).catch((error: unknown) => {
    const { stdout: complaints } = error as { readonly stdout: string };
    return { stdout: complaints };
  });
  expect(stdout).toBe('');
});

describe.runIf(process.platform === 'linux' && ownArchitectures.length > 0)('a release', () => {
  let folder: string;
  let directory: string;
  let release: Release;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pca-release-'));
    directory = join(folder, 'release');
    const source = 'https://git.example.com/team/issuer';
    const settings = { directory, registry, source, revision: 'abc', architectures: ownArchitectures };
    release = await buildRelease(settings);
  }, buildMs);
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('has a chart and a manifest that name the published image by its digest', async () => {
    const helm = await buildGoProgram(helmProgram);
    const { stdout } = await runFile(helm, ['template', 'x', join(directory, release.chart)], { maxBuffer: 2 ** 24 });
    const imagesOf = (text: string): readonly string[] => [
      ...new Set([...text.matchAll(/^\s+image: "?([^"\n]+)"?$/gm)].map(([, image = '']) => image)),
    ];
    const image = `${registry}/alibaba-pca-issuer@${release.digest}`;
    expect(imagesOf(stdout)).toEqual([image]);
    expect(imagesOf(await readFile(join(directory, 'install.yaml'), 'utf8'))).toEqual([image]);
  });

  it('has the CRDs by themselves', async () => {
    const documents = parseAllDocuments(await readFile(join(directory, 'crds.yaml'), 'utf8'));
    expect(documents.map((each) => (each.toJS() as { readonly kind: string } | null)?.kind)).toEqual(
      Array.from({ length: 2 }, () => 'CustomResourceDefinition'),
    );
  });

  it('has a bundle for clusters without the Internet with all that they need, and checksums of it', async () => {
    const bundle = release.files.find((file) => file.endsWith('-airgap.tar.gz')) ?? 'none';
    const entries = await unpackTar(gunzipSync(await readFile(join(directory, bundle))));
    const unpacked = join(folder, 'unpacked');
    await mkdir(unpacked);
    for (const { header, data } of entries) await writeFile(join(unpacked, header.name.split('/')[1]!), data!);
    const names = await readdir(unpacked);
    const papers = release.platforms.flatMap(({ billOfMaterials }) => [
      billOfMaterials,
      billOfMaterials.replace('.cdx.json', '.licenses.txt'),
    ]);
    expect(names.toSorted()).toEqual(
      ['README.md', 'checksums.txt', 'crds.yaml', 'install.yaml', release.archive, release.chart, ...papers].toSorted(),
    );
    const { stdout } = await runFile('sha256sum', ['--check', 'checksums.txt'], { cwd: unpacked });
    expect(stdout.trim().split('\n')).toHaveLength(names.length - 1);
    const steps = await readFile(join(unpacked, 'README.md'), 'utf8');
    for (const file of [release.archive, release.chart]) expect(steps).toContain(file);
  });

  it('is published by the steps of the workflow as they stand', async () => {
    const { jobs } = parse(await readFile(join(root, '.github/workflows/release.yml'), 'utf8')) as {
      readonly jobs: { readonly publish: { readonly steps: readonly Step[] } };
    };
    const programs = await recordingPrograms(folder, {
      helm: 'echo "Pushed: x" >&2; [ "$1" != push ] || echo "Digest: sha256:chart" >&2',
      skopeo: `[ "$1" != inspect ] || cat '${join(directory, 'index-of-the-image')}'`,
      cosign: 'true',
      gh: 'true',
    });
    await writeFile(
      join(directory, 'index-of-the-image'),
      await indexOf(join(directory, release.archive), release.digest),
    );
    const outputs = new Map<string, string>();
    for (const step of jobs.publish.steps) if (step.run !== undefined) await follow(step, directory, programs, outputs);

    const image = `${registry}/alibaba-pca-issuer`;
    const chart = `${registry}/charts/alibaba-pca-issuer@sha256:chart`;
    const commands = (await readFile(programs.log, 'utf8')).trim().split('\n');
    expect(commands.filter((line) => !line.includes('login'))).toEqual([
      `skopeo copy --all --preserve-digests oci-archive:${release.archive} docker://${image}:${release.version}`,
      `skopeo inspect --raw docker://${image}:${release.version}`,
      `helm push ${release.chart} oci://${registry}/charts`,
      `cosign sign --yes --recursive ${image}@${release.digest}`,
      `cosign sign --yes ${chart}`,
      ...release.platforms.map(
        ({ digest, billOfMaterials }) =>
          `cosign attest --yes --type cyclonedx --predicate ${billOfMaterials} ${image}@${digest}`,
      ),
      `gh release create v${release.version} --repo team/issuer --verify-tag --title ${release.version} --notes-file notes.md ${release.files.join(' ')}`,
    ]);
    expect(commands.filter((line) => line.includes('login')).join('\n')).not.toContain('the-token');
  });
});

interface Programs {
  readonly path: string;
  readonly log: string;
}

/** Programs that write down how they were called, and then do what a shell is told. */
async function recordingPrograms(folder: string, programs: Readonly<Record<string, string>>): Promise<Programs> {
  const path = join(folder, 'programs');
  const log = join(folder, 'commands.txt');
  await mkdir(path);
  for (const [name, action] of Object.entries(programs)) {
    // Who ends before the password is written breaks the pipe of whoever writes it.
    const login = 'case " $* " in *" login "*) cat >/dev/null ;; esac';
    await writeFile(join(path, name), `#!/bin/sh\necho "${name} $*" >>'${log}'\n${login}\n${action}\n`);
    await chmod(join(path, name), 0o755);
  }
  return { path, log };
}

/** Runs a step as GitHub does; its outputs are those of the steps so far, by `id.name`. */
async function follow(step: Step, directory: string, { path }: Programs, outputs: Map<string, string>): Promise<void> {
  const output = join(directory, '..', 'output.txt');
  await writeFile(output, '');
  const given = Object.entries(step.env ?? {}).map(([name, value]) => [
    name,
    value
      .replaceAll(/\$\{\{ steps\.(\w+)\.outputs\.(\w+) \}\}/g, (_, id: string, key: string) =>
        outputs.get(`${id}.${key}`)!,
      )
      .replaceAll('${{ secrets.GITHUB_TOKEN }}', 'the-token'),
  ]);
  await runFile('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.run ?? ''], {
    cwd: directory,
    env: {
      ...process.env,
      PATH: [path, process.env['PATH']].join(delimiter),
      GITHUB_OUTPUT: output,
      GITHUB_ACTOR: 'somebody',
      GITHUB_REPOSITORY: 'team/issuer',
      ...(Object.fromEntries(given) as Readonly<Record<string, string>>),
    },
  });
  for (const line of (await readFile(output, 'utf8')).split('\n')) {
    const [key = '', value = ''] = line.split(/=(.*)/s);
    if (key !== '') outputs.set(`${step.id}.${key}`, value);
  }
}

async function indexOf(archive: string, digest: string): Promise<Uint8Array> {
  const name = `blobs/${digest.replace(':', '/')}`;
  const [entry] = await unpackTar(await readFile(archive), { filter: (header) => header.name === name });
  return entry!.data!;
}
