// What README.md and docs/install.md tell people to type for an image can be typed as it is printed.
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

import { root } from '../../../scripts/command.ts';
import { allArchitectures } from '../../../scripts/image/architecture.ts';
import { imageDirectory, operatorImage } from '../../../scripts/image/images.ts';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const { version, scripts } = JSON.parse(read('package.json')) as {
  readonly version: string;
  readonly scripts: Readonly<Record<string, string>>;
};
const dockerfileArguments = [...read('Dockerfile').matchAll(/^ARG (\w+)/gm)].map(([, name]) => name);
const pushed = `REGISTRY/${operatorImage.name}:${version}`;
const archive = join(relative(root, imageDirectory), `${operatorImage.name}-${version}.tar`);

/** The commands of each code block, without the prompt, each on one line. */
function blocksOf(path: string): readonly (readonly string[])[] {
  return [...read(path).matchAll(/^```(?:sh|console)\n([\s\S]*?)^```$/gm)].map(([, text = '']) =>
    text
      .replaceAll(/\\\n\s*/g, '')
      .split('\n')
      .map((line) => line.replace(/^\$ /, '')),
  );
}

const buildBlocks = (path: string): readonly (readonly string[])[] =>
  blocksOf(path).filter((block) => block.some((line) => /docker (?:buildx )?build/.test(line)));

describe.each(['README.md', 'docs/install.md'])('%s', (path) => {
  it('builds the image with one command, without a step before or an argument', () => {
    expect(buildBlocks(path)[0]?.slice(0, 2)).toEqual([`docker build -t ${pushed} .`, `docker push ${pushed}`]);
  });

  it('has no other step before a build, and no argument that the Dockerfile lacks', () => {
    for (const [first = ''] of buildBlocks(path)) {
      expect(first).toMatch(/^docker (?:buildx )?build [^&;|]* \.$/);
      const given = [...first.matchAll(/--build-arg (\w+)=/g)].map(([, name]) => name);
      expect(given.filter((name) => !dockerfileArguments.includes(name))).toEqual([]);
    }
  });
});

describe('docs/install.md', () => {
  const commands = blocksOf('docs/install.md').flat();

  it('pushes without Docker the archive that is written, under the same name', () => {
    expect(Object.keys(scripts)).toContain('image');
    const from = commands.indexOf('npm run image');
    expect([from > 0, commands[from + 1]]).toEqual([
      true,
      `skopeo copy --all oci-archive:${archive} docker://${pushed}`,
    ]);
    expect(commands.filter((line) => line.includes('tar -xf')).map((line) => line.includes(archive))).toEqual([true]);
    expect(commands.filter((line) => line.startsWith('crane push ')).map((line) => line.endsWith(pushed))).toEqual([
      true,
    ]);
  });

  it('builds with one command for each architecture that the image without Docker is for', () => {
    const platforms = allArchitectures.map((architecture) => `linux/${architecture}`).join(',');
    expect(commands).toContain(`docker buildx build --platform ${platforms} -t ${pushed} --push .`);
  });

  it('names the tag of the build image that the Dockerfile has', () => {
    const tag = /^ARG BUILD_IMAGE=(\S+)@/m.exec(read('Dockerfile'))?.[1] ?? 'none';
    const given = commands.flatMap((line) => /BUILD_IMAGE=REGISTRY\/(\S+)/.exec(line)?.[1] ?? []);
    expect(given).toEqual([tag]);
  });
});
