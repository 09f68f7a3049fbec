// The Dockerfile says the same as the image that is built without it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { root } from '../../../scripts/command.ts';
import { operatorImage, settingsOf } from '../../../scripts/image/images.ts';

interface Instruction {
  readonly name: string;
  readonly value: string;
}

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string };
const instructions = read(readFileSync(join(root, 'Dockerfile'), 'utf8'));
const stages = instructions.flatMap(({ name }, index) => (name === 'FROM' ? [index] : []));
const last = instructions.slice(stages.at(-1));
const wanted = settingsOf(operatorImage, version, 'unknown');

function read(text: string): readonly Instruction[] {
  return text
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', value = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
      return { name, value };
    });
}

const valuesOf = (name: string, among: readonly Instruction[] = last): readonly string[] =>
  among.filter((each) => each.name === name).map(({ value }) => value);

describe('the Dockerfile', () => {
  it('builds in one stage and ships another, both from bases that the caller chooses', () => {
    expect(valuesOf('FROM', instructions)).toEqual(['${BUILD_IMAGE} AS build', '${BASE_IMAGE}']);
    // No default for what is shipped: a tag would be another image tomorrow.
    expect(valuesOf('ARG', instructions.slice(0, stages[0]))).toEqual(['BUILD_IMAGE=node:24', 'BASE_IMAGE']);
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
    expect(valuesOf('ENV')).toEqual(Object.entries(wanted.environment).map(([name, value]) => `${name}=${value}`));
    expect(valuesOf('EXPOSE')).toEqual(wanted.ports.map(String));
  });

  it('has the same labels', () => {
    const defaults = new Map(valuesOf('ARG').map((each) => each.split('=') as [string, string]));
    const labels = valuesOf('LABEL').flatMap((value) =>
      [...value.matchAll(/(\S+)="([^"]*)"/g)].map(([, name = '', text = '']) => [
        name,
        text.replaceAll(/\$\{(\w+)\}/g, (_, argument: string) => defaults.get(argument) ?? ''),
      ]),
    );
    expect(Object.fromEntries(labels)).toEqual(wanted.labels);
  });
});
