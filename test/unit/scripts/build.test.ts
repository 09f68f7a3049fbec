// What the build refuses to ship.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

import { findBrokenImports, findMisplaced } from '../../../scripts/build.ts';

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

describe('an import of our own files', () => {
  const imports = (kind: 'dynamic-import' | 'import-statement', path: string, external = false) => ({
    bytes: 1,
    imports: [external ? { path, kind, external } : { path, kind }],
  });
  const yaml = 'node_modules/yaml/dist/index.js';
  type Inputs = Parameters<typeof findBrokenImports>[0]['inputs'];
  const library: Inputs = { [yaml]: { bytes: 1, imports: [], format: 'cjs' } };

  it.each<[string, Inputs, readonly string[]]>([
    [
      'of a CommonJS package, dynamically',
      { 'src/a.ts': imports('dynamic-import', yaml), ...library },
      [
        `src/a.ts imports ${yaml} dynamically, whose names are missing in the bundle: import a file of src/ that imports it.`,
      ],
    ],
    [
      'of a package that is not there',
      { 'src/a.ts': imports('dynamic-import', 'pino-pretty', true) },
      ['src/a.ts imports pino-pretty, which is not in the bundle: install it as a dependency.'],
    ],
    ['of a CommonJS package, statically', { 'src/a.ts': imports('import-statement', yaml), ...library }, []],
    ['of a module of Node', { 'src/a.ts': imports('import-statement', 'node:fs', true) }, []],
    ['of the whole module', { 'src/alibaba/signing.ts': imports('dynamic-import', yaml), ...library }, []],
  ])('%s', (_what, inputs, complaints) => {
    expect(findBrokenImports({ inputs })).toEqual(complaints);
  });

  it('is judged by what esbuild tells of it', async () => {
    const folder = fileURLToPath(new URL('../../..', import.meta.url));
    const { metafile } = await build({
      absWorkingDir: folder,
      stdin: {
        contents: "const { parse } = await import('yaml'); try { await import('absent'); } catch {}",
        sourcefile: 'src/a.ts',
        resolveDir: folder,
      },
      bundle: true,
      format: 'esm',
      platform: 'node',
      logLevel: 'silent',
      metafile: true,
      write: false,
    });
    expect(findBrokenImports(metafile)).toEqual([
      expect.stringMatching(/^src\/a\.ts imports \S*node_modules\/yaml\/dist\/index\.js dynamically, /),
      'src/a.ts imports absent, which is not in the bundle: install it as a dependency.',
    ]);
  });
});
