import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { readCpuProfile, readHeapProfile } from '../../../../scripts/profile/read-profile.ts';
import { processorTime, profileReport } from '../../../../scripts/profile/report.ts';
import { sourceFinder } from '../../../../scripts/profile/source-maps.ts';

const at = (functionName: string) => ({ functionName, url: '', lineNumber: 0, columnNumber: 0 });

it('reads a CPU profile: a sample lasts until the next one', () => {
  const profile = {
    nodes: [
      { id: 1, callFrame: at('(root)'), children: [2, 3] },
      { id: 2, callFrame: at('a') },
      { id: 3, callFrame: at('b') },
    ],
    samples: [2, 3, 2, 2],
    timeDeltas: [0, 100, 20, 3],
  };
  expect(readCpuProfile(profile)).toEqual({
    frame: at('(root)'),
    weight: 0,
    children: [
      { frame: at('a'), weight: 103, children: [] },
      { frame: at('b'), weight: 20, children: [] },
    ],
  });
});

it('reads a heap profile', () => {
  const leaf = { callFrame: at('a'), selfSize: 7, children: [] };
  expect(readHeapProfile({ head: { callFrame: at('(root)'), selfSize: 0, children: [leaf] } })).toEqual({
    frame: at('(root)'),
    weight: 0,
    children: [{ frame: at('a'), weight: 7, children: [] }],
  });
});

it('writes shares per certificate, and leaves out what is not worth a line', () => {
  const leaf = (name: string, weight: number) => ({ frame: at(name), weight, children: [] });
  const root = { ...leaf('(root)', 0), children: [leaf('(garbage collector)', 30_000), leaf('native', 90_000)] };
  expect(
    profileReport(root, () => undefined, processorTime, 10)
      .split('\n')
      .slice(0, 5),
  ).toEqual([
    'Processor time of the main thread: 12.000 ms per certificate',
    '',
    'owner                        itself            and what it called',
    "V8's and Node's native code  75.0 %  9.000 ms              75.0 %  9.000 ms",
    'garbage collection           25.0 %  3.000 ms              25.0 %  3.000 ms',
  ]);
});

it('finds the source of a function in a bundle', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'pca-test-'));
  try {
    writeFileSync(join(directory, 'inner.ts'), 'export function inner(n: number): number {\n  return n + 1;\n}\n');
    writeFileSync(join(directory, 'outer.ts'), "import { inner } from './inner.ts';\nconsole.log(inner(1));\n");
    const outfile = join(directory, 'out.js');
    await build({
      entryPoints: [join(directory, 'outer.ts')],
      bundle: true,
      outfile,
      sourcemap: 'linked',
      minifyWhitespace: true,
    });
    const column = readFileSync(outfile, 'utf8').indexOf('function inner');
    const find = sourceFinder();
    const place = { functionName: 'inner', lineNumber: 0, columnNumber: column };
    expect(find({ ...place, url: pathToFileURL(outfile).href })).toBe('inner.ts');
    expect(find({ ...place, url: pathToFileURL(join(directory, 'other.js')).href })).toBeUndefined();
  } finally {
    rmSync(directory, { recursive: true });
  }
});
