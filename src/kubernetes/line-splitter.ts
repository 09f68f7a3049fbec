// Splits a byte stream into lines without decoding it; a line may be cut anywhere, also inside a character.
/** What one chunk completed. */
export interface SplitLines {
  /** Complete lines without their end; empty lines are left out. They may share memory with the chunk. */
  readonly lines: readonly Buffer[];
  /** The bytes of each line that ended and was longer than allowed; nothing of it was kept. */
  readonly tooLong: readonly number[];
}

const lineFeed = 0x0a;

/** Collects chunks of one stream. */
export class LineSplitter {
  readonly #largestLineBytes: number;
  #parts: Buffer[] = [];
  #pendingBytes = 0;

  /** `largestLineBytes` bounds the memory that one line can take. */
  constructor(largestLineBytes: number) {
    this.#largestLineBytes = largestLineBytes;
  }

  /** Bytes of the line that has begun and not ended. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Takes the next chunk and returns the lines that it ends. */
  push(chunk: Uint8Array): SplitLines {
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const lines: Buffer[] = [];
    const tooLong: number[] = [];
    let start = 0;
    for (let end = buffer.indexOf(lineFeed); end !== -1; end = buffer.indexOf(lineFeed, start)) {
      this.#keep(buffer.subarray(start, end));
      if (this.#pendingBytes > this.#largestLineBytes) tooLong.push(this.#pendingBytes);
      else if (this.#pendingBytes > 0) lines.push(this.#line());
      this.#parts = [];
      this.#pendingBytes = 0;
      start = end + 1;
    }
    this.#keep(buffer.subarray(start));
    return { lines, tooLong };
  }

  #keep(part: Buffer): void {
    this.#pendingBytes += part.length;
    if (this.#pendingBytes > this.#largestLineBytes) this.#parts = [];
    else if (part.length > 0) this.#parts.push(part);
  }

  #line(): Buffer {
    const [first, second] = this.#parts;
    return first !== undefined && second === undefined ? first : Buffer.concat(this.#parts, this.#pendingBytes);
  }
}
