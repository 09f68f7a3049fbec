// What the build refuses to ship.
import { describe, expect, it } from 'vitest';

import { findMisplaced } from '../../../scripts/build.ts';

type Metafile = Parameters<typeof findMisplaced>[0];
const library = 'node_modules/@kubernetes/client-node/dist/index.js';

function output(
  inputs: readonly string[],
  imports: Metafile['outputs'][string]['imports'] = [],
): Metafile['outputs'][string] {
  const entries = inputs.map((input) => [input, { bytesInOutput: 1 }] as const);
  return { bytes: 1, inputs: Object.fromEntries(entries), imports, exports: [] };
}

function metafile(inputs: readonly string[], outputs: Metafile['outputs']): Metafile {
  return { inputs: Object.fromEntries(inputs.map((input) => [input, { bytes: 1, imports: [] }])), outputs };
}

const chunk = 'dist/chunks/a.js';

describe('the bundle', () => {
  it('may hold the Kubernetes library in a file that is imported dynamically', () => {
    const outputs = {
      'dist/main.js': output(['src/main.ts'], [{ path: chunk, kind: 'dynamic-import' }]),
      [chunk]: output([library]),
    };
    expect(findMisplaced(metafile(['src/main.ts', library], outputs))).toEqual([]);
  });

  it.each([
    ['in the entry', { 'dist/main.js': output(['src/main.ts', library]) }],
    [
      'in a file that the entry imports',
      {
        'dist/main.js': output(['src/main.ts'], [{ path: chunk, kind: 'import-statement' }]),
        [chunk]: output([library]),
      },
    ],
  ] as const)('is refused with the Kubernetes library %s', (_where, outputs) => {
    expect(findMisplaced(metafile(['src/main.ts', library], outputs))).toEqual([
      `${library} would be loaded at every start; import it dynamically.`,
    ]);
  });

  it('is refused with a library of another checkout as well', () => {
    const input = `../other/${library}`;
    expect(findMisplaced(metafile([input], { 'dist/main.js': output([input]) }))).toEqual([
      `${input} would be loaded at every start; import it dynamically.`,
    ]);
  });

  it.each([
    'node_modules/yaml/dist/index.js',
    'node_modules/commander/lib/command.js',
    'src/program/program.ts',
    'src/cluster-reading/reader.ts',
    'src/plan-command/rendering.ts',
    'src/capacity-command/capacity.ts',
    'src/migrate-command/moving.ts',
  ])('is refused with %s, which only a subcommand needs, in the entry', (input) => {
    expect(findMisplaced(metafile([input], { 'dist/main.js': output(['src/main.ts', input]) }))).toEqual([
      `${input} would be loaded at every start; import it dynamically.`,
    ]);
  });

  it.each([
    '@peculiar/x509',
    '@peculiar/asn1-schema',
    'asn1js',
    'pvtsutils',
    'pvutils',
    'reflect-metadata',
    'tsyringe',
  ])('is refused with %s, which only the second reader of unusual requests needs, in the entry', (name) => {
    const input = `node_modules/${name}/index.js`;
    expect(findMisplaced(metafile([input], { 'dist/main.js': output([input]) }))).toEqual([
      `${input} would be loaded at every start; import it dynamically.`,
    ]);
  });

  it.each(['simulator/simulator.ts', 'test/support/wait.ts', 'control-plane/driver/ports.ts'])(
    'is refused with %s in it',
    (input) => {
      expect(findMisplaced(metafile([input], { 'dist/main.js': output([input]) }))).toEqual([
        `${input} must not be shipped.`,
      ]);
    },
  );
});
