// The trees that are profiled, their bundles with source maps: this one, and another commit beside it.
import { join } from 'node:path';
import { describeTree } from '../bench/circumstances.ts';
import { buildBaseline } from '../bench/contestants/baseline.ts';
import type { BuiltTree } from '../bench/contestants/own.ts';
import { buildBundle, bundling } from '../build.ts';
import { root } from '../command.ts';

/** This tree, its bundle in a folder below the given one. */
export async function thisTree(folder: string): Promise<Required<BuiltTree>> {
  const target = join(folder, 'bundle');
  await buildBundle(target, { sourceMap: true });
  return { name: 'now', description: describeTree(), directory: root, bundle: join(target, 'main.js') };
}

/** A commit's tree. What its own scripts bundle has no source map, so it is bundled once more, whole, which costs the same. */
export async function treeOf(commit: string, say: (text: string) => void): Promise<Required<BuiltTree>> {
  const tree = buildBaseline(commit, say);
  const { build } = await import('esbuild');
  const outdir = join(tree.directory, 'with-source-map');
  await build({
    absWorkingDir: tree.directory,
    entryPoints: ['src/main.ts'],
    outdir,
    ...bundling,
    sourcemap: true,
  });
  return { ...tree, bundle: join(outdir, 'main.js') };
}
