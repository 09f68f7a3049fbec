// The cases of test/cases: what people suffered from elsewhere, as inputs and the outcome that each of them must have.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { readManifests } from '../cluster.ts';
import type { Manifest } from '../cluster.ts';

/** One case, as its `case.yaml` has it. */
export interface Case {
  /** Name of its folder. */
  readonly name: string;
  /** What the case is about, in a few words. */
  readonly title: string;
  /** Public threads, such as `cert-manager#3274`. */
  readonly sources: readonly string[];
  /** What people suffered from. */
  readonly suffered: string;
  /** The outcome of each input, in the words of {@link Seen}, by what {@link keyOf} answers or the chart check's name. */
  readonly expected: Readonly<Record<string, string>>;
  /** What `plan` must say, where that is not what the operator says, and why. */
  readonly plan?: Readonly<Record<string, { readonly expected: string; readonly because: string }>>;
  /** Whether its Certificates are renewed once they are issued. */
  readonly renew?: boolean;
  /** Tests that show the case, or a part of it that no input can. */
  readonly tests?: readonly { readonly file: string; readonly test: string }[];
}

/** What a run showed, by case and input. */
export type Results = Readonly<Record<string, Readonly<Record<string, Seen>>>>;

/** What a run showed of one input. */
export interface Seen {
  readonly seen: string;
  /** What `plan` says of the same input; undefined where it plans nothing. */
  readonly plan?: string;
}

const folder = fileURLToPath(new URL('../../cases', import.meta.url));

/** The file with what the last recorded run showed. */
export const resultsFile = join(folder, 'seen.json');

/** A file of a case. */
export function caseFile(name: string, file: string): string {
  return join(folder, name, file);
}

/** Every case, in the order of their names. */
export const cases: readonly Case[] = readdirSync(folder)
  .filter((name) => existsSync(caseFile(name, 'case.yaml')))
  .toSorted()
  .map((name) => ({ name, ...(parse(readFileSync(caseFile(name, 'case.yaml'), 'utf8')) as Omit<Case, 'name'>) }));

/** The issuers that the cases name. */
export const sharedIssuers = (fill: Fill): readonly Manifest[] => read(caseFile('_issuers', 'issuers.yaml'), fill);

/** The objects of a case, none where it has no inputs. */
export function inputsOf(name: string, fill: Fill): readonly Manifest[] {
  const file = caseFile(name, 'inputs.yaml');
  return existsSync(file) ? read(file, fill) : [];
}

/** What stands for the capitals in the inputs that only a run knows, longest first. */
export type Fill = readonly (readonly [placeholder: string, value: string])[];

function read(file: string, fill: Fill): readonly Manifest[] {
  const filled = (value: unknown): unknown => {
    if (typeof value === 'string') return fill.reduce((text, [name, real]) => text.replaceAll(name, real), value);
    if (Array.isArray(value)) return value.map(filled);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, filled(each)]));
  };
  return filled(readManifests(readFileSync(file, 'utf8'))) as readonly Manifest[];
}

/** Names an input: `Certificate shop/web`. */
export function keyOf({ kind, metadata: { name, namespace } }: Manifest): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}
