// Every regular expression of the sources, from their syntax trees, and every place where one is made from a text.
import { readFileSync } from 'node:fs';
import { parseAst } from 'vitest/node';

/** A regular expression as it is written. */
export interface PatternSource {
  /** The file, from the repository's root. */
  readonly path: string;
  readonly pattern: RegExp;
}

/** The regular expressions of one file. */
export interface PatternsOfFile {
  readonly literals: readonly PatternSource[];
  /** Expressions that make a pattern from something else than a literal, as they are written. */
  readonly dynamic: readonly string[];
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

// These make a pattern of a text that they are given.
const implicit: ReadonlySet<string> = new Set(['match', 'matchAll', 'search']);

/** The regular expressions of a file; throws for a text that cannot be parsed. */
export function patternsOf(path: string, text = readFileSync(path, 'utf8')): PatternsOfFile {
  const literals: PatternSource[] = [];
  const dynamic: string[] = [];
  const nodes = [...nodesOf(parseAst(text, { lang: 'ts' }, path))];
  const named = new Set(nodes.flatMap((node) => (isPattern(node['init']) ? nameOf(node['id']) : [])));
  for (const node of nodes) {
    if (isPattern(node)) {
      const { pattern, flags } = node['regex'] as { readonly pattern: string; readonly flags: string };
      literals.push({ path, pattern: new RegExp(pattern, flags) });
    }
    if (isDynamic(node, named)) dynamic.push(text.slice(node.start, node.end));
  }
  return { literals, dynamic };
}

function isDynamic({ type, callee, arguments: given }: Node, named: ReadonlySet<string>): boolean {
  if ((type !== 'CallExpression' && type !== 'NewExpression') || !isNode(callee)) return false;
  if (nameOf(callee)[0] === 'RegExp') return true;
  const method = callee.type === 'MemberExpression' ? nameOf(callee['property'])[0] : undefined;
  if (method === undefined || !implicit.has(method)) return false;
  const [first] = given as readonly unknown[];
  return !isPattern(first) && !nameOf(first).some((name) => named.has(name));
}

function* nodesOf(value: unknown): Generator<Node> {
  if (typeof value !== 'object' || value === null) return;
  if (isNode(value)) yield value;
  for (const part of Object.values(value)) yield* nodesOf(part);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Node>).type === 'string';
}

function isPattern(value: unknown): boolean {
  return isNode(value) && value.type === 'Literal' && value['regex'] !== undefined;
}

function nameOf(value: unknown): readonly string[] {
  return isNode(value) && value.type === 'Identifier' ? [String(value['name'])] : [];
}
