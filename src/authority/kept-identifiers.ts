// What is kept of a list while it is read. Anybody's endpoint may write the list, and it may be as long as it likes: of a long
// one only that is kept for which somebody waits.

const mostKept = 5_000;
// Of certificates with one key, or with an identifier that should be the only one.
const mostOfOne = 256;

/** PCA's identifiers of listed certificates, by what they are looked for. */
export class KeptIdentifiers {
  readonly #waitedFor: () => Iterable<string>;
  /** A name has one as a rule, for which an array would take as much again. */
  readonly #kept = new Map<string, string | string[]>();
  #size = 0;
  /** Set from the moment on at which no others are kept. */
  #only: ReadonlySet<string> | undefined;

  /** `waitedFor`: what somebody looks for now. */
  constructor(waitedFor: () => Iterable<string>) {
    this.#waitedFor = waitedFor;
  }

  /** How many identifiers are kept. */
  get size(): number {
    return this.#size;
  }

  /** Keeps a certificate of the list; false where so many have the same name that the list cannot be true. */
  add(name: string, identifier: string): boolean {
    if (this.#only === undefined && this.#size >= mostKept) this.#only = new Set(this.#waitedFor());
    if (this.#only?.has(name) === false) return true;
    const known = this.#kept.get(name);
    if (known !== undefined && typeof known !== 'string' && known.length >= mostOfOne) return false;
    this.#kept.set(name, known === undefined ? identifier : [known, identifier].flat());
    this.#size += 1;
    return true;
  }

  /** Whether what is kept is all that the list holds of this name, so that nothing means absent. */
  isWhole(name: string): boolean {
    return this.#only?.has(name) ?? true;
  }

  /** The identifiers of this name, in the order of the list. */
  of(name: string): readonly string[] {
    return [this.#kept.get(name) ?? []].flat();
  }
}
