// The page of the benchmarks and its plots, as content by path relative to the repository, from the files of figures.
import type { PodFigures } from '../pods.ts';
import type { BenchmarkResult } from '../result.ts';
import { benchmarkPage } from './page.ts';
import { plots } from './plots.ts';
import type { ProfileFigures } from './profile.ts';

/** Renders them; `read` returns the content of a path relative to the repository. */
export function renderBenchmarks(read: (path: string) => string): Readonly<Record<string, string>> {
  const result = JSON.parse(read('docs/benchmarks.json')) as BenchmarkResult;
  const pods = JSON.parse(read('docs/benchmarks-pods.json')) as PodFigures;
  const profile = JSON.parse(read('docs/benchmarks-profile.json')) as ProfileFigures;
  const drawn = Object.entries(plots(result)).map(([name, svg]) => [`docs/${name}`, svg]);
  return { 'docs/benchmarks.md': benchmarkPage(result, pods, profile), ...Object.fromEntries(drawn) };
}
