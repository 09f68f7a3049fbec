// Which packages need which, of those that are bundled.
import { describe, expect, it } from 'vitest';

import { moreOf, neededAmong, refOf } from '../../../scripts/image/dependency-graph.ts';
import type { DependencyGraph } from '../../../scripts/image/dependency-graph.ts';

const graph: DependencyGraph = {
  root: 'product',
  components: [
    {
      'bom-ref': 'b',
      name: 'b',
      author: 'somebody',
      properties: [{ name: 'cdx:npm:package:path', value: 'node_modules/b' }],
    },
  ],
  needs: new Map([
    ['product', ['b', 'a']],
    ['a', ['unused']],
    ['unused', ['c', 'd', 'a']],
    ['c', ['e']],
  ]),
};

describe('the graph of dependencies', () => {
  it('goes through packages of which nothing is bundled, and ends at those of which something is', () => {
    expect(neededAmong(graph, 'product', new Set(['a', 'b', 'c']))).toEqual(['a', 'b']);
    expect(neededAmong(graph, 'a', new Set(['a', 'b', 'c', 'e']))).toEqual(['c']);
    expect(neededAmong(graph, 'a', new Set(['d', 'e']))).toEqual(['d', 'e']);
    expect(neededAmong(graph, 'e', new Set(['a']))).toEqual([]);
  });

  it('knows a package by its folder', () => {
    expect(refOf(graph, 'node_modules/b')).toBe('b');
    expect(() => refOf(graph, 'node_modules/z')).toThrow(
      'node_modules/z is bundled, but is no dependency of the product in package.json.',
    );
  });

  it('leaves to us what we say ourselves', () => {
    expect(Object.keys(moreOf(graph, 'b'))).toEqual(['author', 'properties']);
  });
});
