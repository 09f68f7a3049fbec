// The Dockerfile without Docker: each COPY and RUN as it stands, in a folder that takes the place of each stage's root, with only
// those files of the repository that .dockerignore admits. What it cannot show is whether the base images can be had.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve, sep } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { buildBundle } from '../../../scripts/build.ts';
import { root } from '../../../scripts/command.ts';
import { readDockerfile, readIgnorePatterns } from '../../support/dockerfile.ts';
import type { Instruction } from '../../support/dockerfile.ts';

// npm fetches and unpacks every dependency.
const replayMs = 600_000;

interface Stage {
  readonly folder: string;
  readonly environment: Record<string, string>;
  workingDirectory: string;
  entryPoint: readonly string[];
}

/** One stage after the other; a stage is found by its name or its number. */
class Replay {
  readonly stages = new Map<string, Stage>();
  readonly #directory: string;
  readonly #context: string;
  #stage: Stage | undefined;

  constructor(directory: string) {
    this.#directory = directory;
    this.#context = join(directory, 'context');
  }

  /** Lays out what a builder would be sent. */
  async admit(patterns: readonly string[]): Promise<void> {
    expect(patterns[0]).toBe('*');
    for (const pattern of patterns.slice(1)) {
      const path = pattern.slice(1);
      await cp(join(root, path), join(this.#context, path), { recursive: true });
    }
  }

  async follow({ name, value }: Instruction): Promise<void> {
    if (name === 'FROM') return this.#from(value);
    // What comes before the first stage are its arguments.
    if (this.#stage === undefined || name === 'ARG') return undefined;
    if (name === 'WORKDIR') this.#stage.workingDirectory = value;
    else if (name === 'COPY') await this.#copy(this.#stage, value);
    else if (name === 'RUN') await this.#run(this.#stage, value);
    else if (name === 'ENV') this.#setEnvironment(this.#stage, value);
    else if (name === 'ENTRYPOINT') this.#stage.entryPoint = JSON.parse(value) as readonly string[];
    else if (!['LABEL', 'USER', 'EXPOSE'].includes(name)) throw new Error(`This replay knows no ${name}.`);
    return undefined;
  }

  async #from(value: string): Promise<void> {
    const name = / AS (\S+)$/.exec(value)?.[1] ?? String(this.stages.size);
    const folder = join(this.#directory, 'stages', name);
    await mkdir(folder, { recursive: true });
    this.#stage = { folder, environment: {}, workingDirectory: '/', entryPoint: [] };
    this.stages.set(name, this.#stage);
  }

  async #copy(stage: Stage, value: string): Promise<void> {
    const words = value.split(' ');
    const from = words[0]?.startsWith('--from=') === true ? words.shift()!.slice('--from='.length) : undefined;
    const source = from === undefined ? this.#context : this.stages.get(from)!.folder;
    const target = resolve(stage.workingDirectory, words.pop()!);
    const intoFolder = value.endsWith('/');
    for (const path of words) {
      // A folder is copied by what is in it, a file by itself into a target that ends with a slash.
      const isFolder = path.endsWith('/') || (await readdir(join(source, path)).catch(() => undefined)) !== undefined;
      const place = intoFolder && !isFolder ? join(target, path) : target;
      await cp(join(source, path), join(stage.folder, place), { recursive: true });
    }
  }

  async #run({ folder, workingDirectory, environment }: Stage, command: string): Promise<void> {
    await promisify(execFile)('sh', ['-c', command], {
      cwd: join(folder, workingDirectory),
      env: { PATH: withoutModules(), HOME: process.env['HOME'], ...environment },
    });
  }

  #setEnvironment({ environment }: Stage, value: string): void {
    const [name = '', text = ''] = value.split(/=(.*)/s);
    // The one argument has this value where none is given.
    environment[name] = text.replace('${REVISION}', 'unknown');
  }
}

/** Without the programs of this clone's node_modules. */
function withoutModules(): string {
  const entries = (process.env['PATH'] ?? '').split(delimiter);
  const usual = entries.filter((entry) => !entry.split(sep).includes('node_modules'));
  // A machine may have no other Node.
  return [...usual, dirname(process.execPath)].join(delimiter);
}

describe('the Dockerfile, line by line', () => {
  let directory: string;
  let replay: Replay;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pca-dockerfile-'));
    replay = new Replay(directory);
    await replay.admit(readIgnorePatterns());
    for (const instruction of readDockerfile()) await replay.follow(instruction);
  }, replayMs);
  afterAll(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  it('ships the bundle of this tree, and nothing else', async () => {
    const expected = join(directory, 'expected');
    await buildBundle(expected);
    const filesBelow = async (folder: string): Promise<readonly string[]> =>
      (await readdir(folder, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length))
        .toSorted();
    const shipped = replay.stages.get('1')!.folder;
    expect(await filesBelow(shipped)).toEqual((await filesBelow(expected)).map((path) => `/app${path}`));
    for (const path of await filesBelow(expected))
      expect((await readFile(join(shipped, 'app', path))).equals(await readFile(join(expected, path)))).toBe(true);
  });

  it('starts it with its entry point', async () => {
    const { folder, entryPoint, environment } = replay.stages.get('1')!;
    const [node = '', ...parameters] = entryPoint;
    expect(node).toBe('/nodejs/bin/node');
    const script = parameters.map((each) => (each.startsWith('/') ? join(folder, each) : each));
    const { stdout } = await promisify(execFile)(process.execPath, [...script, '--help'], { env: environment });
    expect(stdout).toMatch(/^Usage: alibaba-pca-issuer /m);
  });
});
