// Request parameters against the table an action declares. Stricter than the real gateway: a parameter that the
// action does not know, or knows in another case, is refused, so that a client's typo cannot pass unseen.
import { problem } from './problem.ts';
import type { Problem } from './problem.ts';

/** One declared parameter; `N` in the name stands for an index from 1, as Alibaba's documents write it. */
export interface ParameterRule {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean';
  /** Must be given; with an `N` in the name: in every item of that list that is given. */
  readonly required?: true;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maximumLength?: number;
  readonly pattern?: RegExp;
  readonly values?: readonly string[];
  /** Most items of the innermost list of the name. */
  readonly maximumItems?: number;
}

/** The index of a list's items; a name such as `NonRepudiation` has none. */
const itemMark = /\.N(?=\.|$)/;

/** The checked parameters by wire name. */
export type Parameters = ReadonlyMap<string, string>;

/** Checks name, type, limits, list indexes and presence. */
export function checkParameters(
  rules: readonly ParameterRule[],
  given: ReadonlyMap<string, string>,
): { readonly kind: 'ok' } | { readonly kind: 'refused'; readonly problem: Problem } {
  const byName = ruleIndex(rules);
  for (const [name, value] of given) {
    const rule = byName.get(ruleName(name));
    const objection = rule === undefined ? unknownParameter(rules, name) : valueObjection(rule, name, value);
    if (objection !== undefined) return { kind: 'refused', problem: objection };
  }
  const objection = listObjection(rules, given) ?? missingObjection(rules, given);
  return objection === undefined ? { kind: 'ok' } : { kind: 'refused', problem: objection };
}

const indexes = new WeakMap<readonly ParameterRule[], ReadonlyMap<string, ParameterRule>>();

function ruleIndex(rules: readonly ParameterRule[]): ReadonlyMap<string, ParameterRule> {
  const known = indexes.get(rules) ?? new Map(rules.map((rule) => [rule.name, rule]));
  indexes.set(rules, known);
  return known;
}

function ruleName(name: string): string {
  return name.replace(/\.[1-9]\d{0,3}(?=\.|$)/g, '.N');
}

function unknownParameter(rules: readonly ParameterRule[], name: string): Problem {
  const shape = ruleName(name).toLowerCase();
  const meant = rules.find((rule) => rule.name.toLowerCase() === shape);
  const hint = meant === undefined ? '' : ` Did you mean "${meant.name}"?`;
  return problem('InvalidParameter', `The specified parameter "${name}" is not valid.${hint}`);
}

function valueObjection(rule: ParameterRule, name: string, value: string): Problem | undefined {
  const wrong = typeObjection(rule, value) ?? limitObjection(rule, value);
  return wrong === undefined
    ? undefined
    : problem(`InvalidParameter.${lastPart(rule.name)}`, `The parameter "${name}" ${wrong}.`);
}

function typeObjection(rule: ParameterRule, value: string): string | undefined {
  if (value === '') return 'must not be empty';
  if (rule.type === 'integer' && !/^-?\d{1,15}$/.test(value)) return 'must be an integer';
  if (rule.type === 'boolean' && value !== 'true' && value !== 'false') return 'must be true or false';
  return undefined;
}

function limitObjection(rule: ParameterRule, value: string): string | undefined {
  if (rule.values !== undefined && !rule.values.includes(value)) return `must be one of ${rule.values.join(', ')}`;
  if (rule.pattern !== undefined && !rule.pattern.test(value)) return 'has the wrong form';
  if (rule.maximumLength !== undefined && value.length > rule.maximumLength)
    return `must have at most ${rule.maximumLength} characters`;

  if (rule.minimum !== undefined && Number(value) < rule.minimum) return `must be at least ${rule.minimum}`;
  return rule.maximum !== undefined && Number(value) > rule.maximum ? `must be at most ${rule.maximum}` : undefined;
}

function listObjection(rules: readonly ParameterRule[], given: ReadonlyMap<string, string>): Problem | undefined {
  for (const prefix of new Set(rules.map(listPrefix).filter((prefix) => prefix !== undefined))) {
    const items = listItems(given, prefix);
    const most = rules.find((rule) => listPrefix(rule) === prefix && rule.maximumItems !== undefined)?.maximumItems;
    if (items.some((item, position) => item !== position + 1))
      return problem('InvalidParameter', `The items of "${prefix}" must be numbered from 1 without gaps.`);

    if (most !== undefined && items.length > most)
      return problem(`InvalidParameter.${lastPart(prefix)}`, `"${prefix}" must have at most ${most} items.`);
  }
  return undefined;
}

function missingObjection(rules: readonly ParameterRule[], given: ReadonlyMap<string, string>): Problem | undefined {
  for (const rule of rules) {
    if (rule.required !== true) continue;
    const prefix = listPrefix(rule);
    const names =
      prefix === undefined
        ? [rule.name]
        : listItems(given, prefix).map((item) => rule.name.replace(itemMark, `.${item}`));
    const missing = names.find((name) => !given.has(name));
    if (missing !== undefined) {
      return problem(
        `MissingParameter.${lastPart(rule.name)}`,
        `The input parameter "${missing}" that is mandatory for processing this request is not supplied.`,
      );
    }
  }
  return undefined;
}

function listPrefix(rule: ParameterRule): string | undefined {
  const at = rule.name.search(itemMark);
  return at < 0 ? undefined : rule.name.slice(0, at);
}

function lastPart(name: string): string {
  return name.replace(/\.N$/, '').split('.').at(-1) ?? name;
}

/** The indexes given for a list, ascending; `prefix` without the trailing dot. */
export function listItems(given: ReadonlyMap<string, string>, prefix: string): number[] {
  const items = new Set<number>();
  for (const name of given.keys()) {
    if (!name.startsWith(`${prefix}.`)) continue;
    items.add(Number(name.slice(prefix.length + 1).split('.', 1)[0]));
  }
  return [...items].sort((left, right) => left - right);
}

/** The values of a list of plain strings, in order. */
export function listValues(given: ReadonlyMap<string, string>, prefix: string): string[] {
  return listItems(given, prefix).map((item) => given.get(`${prefix}.${item}`) ?? '');
}

/** The integer given under that name, or the default. */
export function integerOf(given: Parameters, name: string, otherwise: number): number {
  const value = given.get(name);
  return value === undefined ? otherwise : Number(value);
}
