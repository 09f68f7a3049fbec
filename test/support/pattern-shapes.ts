// Texts that make a backtracking search of a pattern as dear as they can: long runs, and again and again all but a match.
import { readPattern } from './pattern-grammar.ts';
import type { PatternPart } from './pattern-grammar.ts';

/** A text of any length: `head`, then `unit` over and over, then `tail`. */
export interface Shape {
  readonly head: string;
  readonly unit: string;
  readonly tail: string;
}

/** What the shapes of a pattern are: those that follow from its structure, and all pairs of its characters. */
export interface Shapes {
  readonly structural: readonly Shape[];
  readonly pairs: readonly Shape[];
}

const troublesome = ['a', ' ', '-', '.', '\\', '\n', '/', ':', '=', '\u0000', '\u202e'];
const mostCharacters = 12;
const neverMatched = '\u0001\uffff';

/** The text of a shape with about this many characters. */
export function textOf({ head, unit, tail }: Shape, length: number): string {
  const times = Math.max(1, Math.ceil((length - head.length - tail.length) / unit.length));
  return `${head}${unit.repeat(times)}${tail}`;
}

/** The shapes of a pattern; throws for one whose syntax is not known. */
export function shapesOf(pattern: RegExp): Shapes {
  const whole = readPattern(pattern);
  const characters = [...new Set([...membersIn(whole), ...troublesome])].slice(0, mostCharacters);
  const samples = [...new Set([0, 1, 2].flatMap((times) => [sample(whole, times, 0), sample(whole, times, 1)]))];
  const near = samples.flatMap((text) => [text, text.slice(0, -1), text.slice(1), text + neverMatched, ` ${text}`]);
  const pumped = repeatsIn(whole, '', '').flatMap(({ before, unit, after, stranger }) => [
    { head: before, unit, tail: '' },
    { head: '', unit, tail: stranger },
    { head: '', unit, tail: neverMatched },
    { head: before, unit, tail: stranger },
    { head: before, unit, tail: neverMatched },
    { head: before, unit, tail: `${after.slice(0, -1)}${stranger}` },
    { head: '', unit: before + unit, tail: '' },
    { head: '', unit: unit + after.slice(0, -1), tail: neverMatched },
    { head: '', unit: before + unit + after.slice(0, -1), tail: neverMatched },
  ]);
  const units = [...characters, ...near].map((unit) => ({ head: '', unit, tail: '' }));
  const pairs = characters.flatMap((one) =>
    characters.filter((other) => other !== one).map((other) => ({ head: '', unit: one + other, tail: '' })),
  );
  return { structural: distinct([...units, ...pumped]), pairs };
}

function distinct(shapes: readonly Shape[]): readonly Shape[] {
  const named = shapes
    .filter(({ unit }) => unit !== '')
    .map(({ head, unit, tail }) => [JSON.stringify([head, unit, tail]), { head, unit, tail }] as const);
  return [...new Map(named).values()];
}

function membersIn(part: PatternPart): readonly string[] {
  switch (part.kind) {
    case 'character':
      return part.members.slice(0, 8);
    case 'choice':
      return part.choices.flatMap(membersIn);
    case 'sequence':
      return part.parts.flatMap(membersIn);
    case 'repeat':
      return membersIn(part.part);
    case 'nothing':
      return part.part === undefined ? [] : membersIn(part.part);
  }
}

/** A text that the part matches, with each repetition `times` more than it must be; `turn` picks among choices. */
function sample(part: PatternPart, times: number, turn: number): string {
  switch (part.kind) {
    case 'character':
      return part.members[turn % part.members.length] ?? '';
    case 'choice': {
      const chosen = part.choices[turn % part.choices.length];
      return chosen === undefined ? '' : sample(chosen, times, turn);
    }
    case 'sequence':
      return part.parts.map((each) => sample(each, times, turn)).join('');
    case 'repeat':
      return sample(part.part, times, turn).repeat(Math.min(part.max, part.min + times));
    case 'nothing':
      return '';
  }
}

interface Repeat {
  readonly before: string;
  readonly unit: string;
  readonly after: string;
  /** A character that ends the repetition. */
  readonly stranger: string;
}

/** The repetitions in a part that may be long, each with texts that match what stands before and after it. */
function repeatsIn(part: PatternPart, before: string, after: string): readonly Repeat[] {
  switch (part.kind) {
    case 'character':
      return [];
    case 'choice':
      return part.choices.flatMap((choice) => repeatsIn(choice, before, after));
    case 'sequence': {
      const texts = part.parts.map((each) => sample(each, 1, 0));
      return part.parts.flatMap((each, index) =>
        repeatsIn(each, before + texts.slice(0, index).join(''), texts.slice(index + 1).join('') + after),
      );
    }
    case 'repeat': {
      const inner = repeatsIn(part.part, before, after);
      if (part.max <= 8) return inner;
      const units = [
        ...new Set([0, 1, 2, 3].flatMap((turn) => [sample(part.part, 0, turn), sample(part.part, 1, turn)])),
      ];
      const stranger = strangerOf(part.part);
      return [...inner, ...units.filter((unit) => unit !== '').map((unit) => ({ before, unit, after, stranger }))];
    }
    case 'nothing':
      return part.part === undefined ? [] : repeatsIn(part.part, before, after);
  }
}

function strangerOf(part: PatternPart): string {
  if (part.kind === 'character') return part.stranger ?? '';
  const inner = part.kind === 'choice' ? part.choices : part.kind === 'sequence' ? part.parts : [];
  return inner.map(strangerOf).find((text) => text !== '') ?? neverMatched;
}
