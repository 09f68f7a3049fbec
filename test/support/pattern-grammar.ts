// The grammar of regular expressions as far as the sources use it; what it does not know it refuses.

/** A part of a pattern. `members`: characters that it matches, one of each sort; `stranger`: one that it does not match. */
export type PatternPart =
  | { readonly kind: 'character'; readonly members: readonly string[]; readonly stranger: string | undefined }
  | { readonly kind: 'choice'; readonly choices: readonly PatternPart[] }
  | { readonly kind: 'sequence'; readonly parts: readonly PatternPart[] }
  | { readonly kind: 'repeat'; readonly part: PatternPart; readonly min: number; readonly max: number }
  | { readonly kind: 'nothing'; readonly part: PatternPart | undefined };

// Each sort of character once: letters, digits, white space, controls, marks, and all the rest of ASCII singly.
const palette = [
  ...Array.from({ length: 0x80 }, (_, code) => String.fromCharCode(code)),
  '\u0085',
  '\u00a0',
  '\u00ad',
  '\u00b5',
  '\u2028',
  '\u2029',
  '\u202e',
  '\ufffd',
  'é',
  '漢',
  '😀',
];
const sorts = [/[a-z]/, /[A-Z]/, /[0-9]/, /[\p{Cc}]/u, /[\p{Cf}]/u, /\p{L}/u];

/** Reads a pattern; throws for syntax that is not known here. */
export function readPattern({ source, flags }: RegExp): PatternPart {
  const reader = new Reader(source, flags);
  const part = reader.choice();
  if (!reader.isAtEnd) throw new Error(`"${source}" cannot be read from character ${reader.position} on`);
  return part;
}

class Reader {
  position = 0;
  readonly #source: string;
  readonly #flags: string;

  constructor(source: string, flags: string) {
    if (/v/.test(flags)) throw new Error(`"${source}" has the flag v, which is not known here`);
    this.#source = source;
    this.#flags = flags.replaceAll(/[gy]/g, '');
  }

  get isAtEnd(): boolean {
    return this.position === this.#source.length;
  }

  choice(): PatternPart {
    const choices = [this.#sequence()];
    while (this.#take('|')) choices.push(this.#sequence());
    return { kind: 'choice', choices };
  }

  #sequence(): PatternPart {
    const parts: PatternPart[] = [];
    while (!this.isAtEnd && !this.#sees('|') && !this.#sees(')')) parts.push(this.#repeated(this.#atom()));
    return { kind: 'sequence', parts };
  }

  #repeated(part: PatternPart): PatternPart {
    const counts = this.#match(/[*+?]|\{(\d+)(,?)(\d*)\}/y);
    if (counts === undefined) return part;
    this.#take('?');
    const [sign = '', least = '', comma = '', most = ''] = counts;
    if (sign === '*' || sign === '+') return { kind: 'repeat', part, min: sign === '+' ? 1 : 0, max: Infinity };
    if (sign === '?') return { kind: 'repeat', part, min: 0, max: 1 };
    const max = comma === '' ? Number(least) : most === '' ? Infinity : Number(most);
    return { kind: 'repeat', part, min: Number(least), max };
  }

  #atom(): PatternPart {
    const assertion = this.#match(/\^|\$|\\[bB]/y);
    if (assertion !== undefined) return { kind: 'nothing', part: undefined };
    const group = this.#match(/\((\?:|\?<?[=!])?/y);
    if (group !== undefined) {
      const inner = this.choice();
      if (!this.#take(')')) throw new Error(`"${this.#source}" has a group that is not known here`);
      return group[1] === undefined || group[1] === '?:' ? inner : { kind: 'nothing', part: inner };
    }
    // A reference repeats what a group matched; for the cost of a search it is as good as nothing.
    if (this.#match(/\\[1-9]/y) !== undefined) return { kind: 'nothing', part: undefined };
    const single = this.#match(
      /\[\^?(?:\\.|[^\]\\])*\]|\\(?:[pP]\{\w+\}|x[\da-fA-F]{2}|u[\da-fA-F]{4}|u\{[\da-fA-F]+\}|.)|[^\\()[\]{}*+?|]/suy,
    );
    if (single === undefined) throw new Error(`"${this.#source}" cannot be read from character ${this.position} on`);
    return { kind: 'character', ...this.#members(single[0] ?? '') };
  }

  #members(atom: string): { readonly members: readonly string[]; readonly stranger: string | undefined } {
    const own = new RegExp(`^(?:${atom})$`, this.#flags);
    // A letter that the palette has not got stands for itself.
    const known = atom.length === 1 && !palette.includes(atom) ? [...palette, atom] : palette;
    const all = known.filter((character) => own.test(character));
    if (all.length === 0) throw new Error(`"${atom}" of "${this.#source}" matches no character that is known here`);
    const sorted = sorts.flatMap((sort) => all.find((character) => sort.test(character)) ?? []);
    const others = all.filter((character) => !sorts.some((sort) => sort.test(character)));
    return { members: [...new Set([...sorted, ...others])], stranger: known.find((character) => !own.test(character)) };
  }

  #sees(text: string): boolean {
    return this.#source.startsWith(text, this.position);
  }

  #take(text: string): boolean {
    if (!this.#sees(text)) return false;
    this.position += text.length;
    return true;
  }

  #match(token: RegExp): readonly (string | undefined)[] | undefined {
    token.lastIndex = this.position;
    const found = token.exec(this.#source);
    if (found !== null) this.position += found[0].length;
    return found ?? undefined;
  }
}
