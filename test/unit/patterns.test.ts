// Every regular expression of the sources takes time in proportion to its text, whatever anybody writes into that text:
// most of what they are applied to comes from endpoints, requests and clusters, and one thread serves everybody.
import { globSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { customResourceDefinition } from '../../src/crds/custom-resource-definition.ts';
import { issuerKinds } from '../../src/crds/issuer.ts';
import { cpuMs } from '../support/cpu-time.ts';
import { readPattern } from '../support/pattern-grammar.ts';
import { shapesOf, textOf } from '../support/pattern-shapes.ts';
import type { Shape } from '../support/pattern-shapes.ts';
import { patternsOf } from '../support/pattern-sources.ts';

const files = globSync('src/**/*.ts')
  .toSorted()
  .map((path) => patternsOf(path));
const literals = files.flatMap((file) => file.literals);
const schemas = issuerKinds.map((kind) => customResourceDefinition(kind));

/** Where a pattern is made of a text, and the patterns that come of it. */
const dynamic: Readonly<Record<string, readonly RegExp[]>> = {
  "new RegExp(schema.pattern, 'u')": textsOf(schemas, 'pattern').map((text) => new RegExp(text, 'u')),
};
const made = Object.values(dynamic).flatMap((patterns) => patterns.map((pattern) => ({ path: 'a schema', pattern })));

const budgetMs = 20;
// Of a quadratic search the last length takes minutes, and of one that is worse each but the first two takes for ever. So a length
// at which it is found out for certain comes before, also where the one before that is measured while others disturb.
const shortLengths = [24, 28, 256, 1_024, 8_192, 32_768];
const longest = 1_048_576;
// A linear search of the others takes less than half the budget, so what exceeds it each time of these is no disturbance.
const shortTries = 3;
const dearestShapes = 4;
const pairLengths = [24, 28, 256, 8_192];
// Every match that is replaced costs something, so a million of them say nothing about the search.
const mostReplaced = 131_072;

describe('the patterns', () => {
  it('are found, and those that are made of a text are known here', () => {
    const expressions = files.flatMap((file) => file.dynamic);
    expect([literals.length > 40, made.length > 0, expressions]).toEqual([true, true, Object.keys(dynamic)]);
  });

  it.each([...literals, ...made])('$pattern of $path are linear', ({ pattern }) => {
    expect(faultsOf(pattern)).toEqual([]);
  });
});

describe('the check', () => {
  it.each([
    /\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi,
    /\\+r/g,
    /[.\s]+$/,
    /[^a-z0-9]+$/,
    /\/+$/,
    /^(a+)+$/,
    /^(a|a)*b/,
    /^\s*,?\s*x/,
    /begin[^]*end/,
    /(?:ab?)+c/,
    /a*a*b/,
    // Each match is quick to find; that behind each there is no other is not.
    /a(?:[^]*b)?/g,
  ])('finds %s out', (pattern) => {
    expect(faultsOf(pattern).length).toBeGreaterThan(0);
  });

  it.each([/(?<name>a)/, /[a&&b]/v, /\p{Lu}{2}(?i:a)/u])('refuses %s, whose syntax it does not know', (pattern) => {
    expect(() => readPattern(pattern)).toThrow(pattern.source);
  });

  it.each([
    ['const a = /a+/g; x.match(a); x.replace(/b/, ""); x.search(/c/);', ['/a+/g', '/b/', '/c/'], []],
    [
      'new RegExp(a); RegExp("b"); x.match(y); x.matchAll(`c`);',
      [],
      ['new RegExp(a)', 'RegExp("b")', 'x.match(y)', 'x.matchAll(`c`)'],
    ],
    ['// /a/\nconst b = "/b/" + 4 / 2 / 1;', [], []],
  ])('reads %s', (text, patterns, expressions) => {
    const read = patternsOf('a.ts', text);
    expect([read.literals.map(({ pattern }) => String(pattern)), read.dynamic]).toEqual([patterns, expressions]);
  });
});

/** The first shapes for which a pattern takes too long. */
function faultsOf(pattern: RegExp): readonly string[] {
  const { structural, pairs } = shapesOf(pattern);
  const tried: { readonly shape: Shape; readonly ms: number }[] = [];
  for (const shape of structural) {
    const { ms, fault } = tryOn(pattern, shape, shortLengths);
    if (fault !== undefined) return [fault];
    tried.push({ shape, ms });
  }
  // What costs most of these costs most of the longest as well.
  const dearest = tried.toSorted((one, other) => other.ms - one.ms).slice(0, dearestShapes);
  return [
    ...firstFault(dearest, ({ shape }) => tryOn(pattern, shape, [longest]).fault),
    ...firstFault(pairs, (shape) => tryOn(pattern, shape, pairLengths).fault),
  ];
}

function firstFault<Tried>(all: readonly Tried[], faultOf: (tried: Tried) => string | undefined): readonly string[] {
  for (const each of all) {
    const fault = faultOf(each);
    if (fault !== undefined) return [fault];
  }
  return [];
}

/** What a pattern takes for texts of a shape, up to the first length that is too much. */
function tryOn(pattern: RegExp, shape: Shape, lengths: readonly number[]): { ms: number; fault: string | undefined } {
  const all = new RegExp(pattern.source, `${pattern.flags.replace('g', '')}g`);
  let ms = 0;
  for (const length of lengths) {
    const text = textOf(shape, length);
    const tries = length === longest ? undefined : shortTries;
    pattern.lastIndex = 0;
    const searched = cpuMs(() => pattern.test(text), budgetMs, tries);
    const replaced =
      searched > budgetMs || length > mostReplaced ? 0 : cpuMs(() => text.replace(all, ''), budgetMs, tries);
    ms = Math.max(searched, replaced);
    if (ms > budgetMs && !isProportional(pattern, shape, length, searched))
      return { ms, fault: `${Math.round(ms)} ms for ${length} characters of ${JSON.stringify(shape)}` };
  }
  return { ms, fault: undefined };
}

/**
 * Whether more than the budget is only due to a processor that others slow down: half the text then takes half as long, which it
 * does not in a search that looks at anything twice.
 */
function isProportional(pattern: RegExp, shape: Shape, length: number, ms: number): boolean {
  const half = textOf(shape, length / 2);
  return length === longest && ms < 2 * budgetMs && cpuMs(() => pattern.test(half), 0) > 0.4 * ms;
}

/** The texts that a value holds under a name, however deep. */
function textsOf(value: unknown, name: string): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) =>
    key === name && typeof part === 'string' ? [part] : textsOf(part, name),
  );
}
