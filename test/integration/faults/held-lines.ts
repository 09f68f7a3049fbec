// The lines of one watch that somebody holds back, whole, until they are let go.

/** The lines of one stream, which pass at once while nobody holds them. */
export class HeldLines {
  readonly #write: (piece: Buffer) => void;
  readonly #isHolding: () => boolean;
  #waiting: Buffer[] = [];
  /** The beginning of a line whose end has not come yet. */
  #rest = Buffer.alloc(0);

  constructor(isHolding: () => boolean, write: (piece: Buffer) => void) {
    this.#isHolding = isHolding;
    this.#write = write;
  }

  /** Takes what comes. */
  take(piece: Buffer): void {
    if (!this.#isHolding() && this.#rest.length === 0 && this.#waiting.length === 0) return this.#write(piece);
    this.#rest = Buffer.concat([this.#rest, piece]);
    for (let end = this.#rest.indexOf(10); end >= 0; end = this.#rest.indexOf(10)) {
      this.#waiting.push(this.#rest.subarray(0, end + 1));
      this.#rest = this.#rest.subarray(end + 1);
    }
    if (!this.#isHolding()) this.letGo();
  }

  /** Passes lines on up to the first for which this is true, or all there is; says whether such a line came. */
  letGo(isLast?: (line: string) => boolean): boolean {
    const last = isLast === undefined ? -1 : this.#waiting.findIndex((line) => isLast(line.toString('utf8')));
    if (isLast !== undefined && last < 0) return false;
    const passing = isLast === undefined ? this.#waiting.length : last + 1;
    for (const line of this.#waiting.splice(0, passing)) this.#write(line);
    if (isLast === undefined && this.#rest.length > 0) {
      this.#write(this.#rest);
      this.#rest = Buffer.alloc(0);
    }
    return isLast !== undefined;
  }
}
