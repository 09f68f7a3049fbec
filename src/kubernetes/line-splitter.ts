// Splits a byte stream into lines without decoding it; a line may be cut anywhere, also inside a character.
/** What one chunk completed. */
export interface SplitLines {
  /** Complete lines without their end; empty lines are left out. They may share memory with the chunk. */
  readonly lines: readonly Buffer[];
  /** True when a line exceeds the limit; the stream is of no use after that. */
  readonly overflow: boolean;
}

const lineFeed = 0x0a;

/** Collects chunks of one stream. */
export class LineSplitter {
  readonly #largestLineBytes: number;
  #parts: Buffer[] = [];
  #pendingBytes = 0;

  /** `largestLineBytes` bounds the memory that a stream without line ends can take. */
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
    let start = 0;
    for (let end = buffer.indexOf(lineFeed); end !== -1; end = buffer.indexOf(lineFeed, start)) {
      if (this.#pendingBytes + end - start > this.#largestLineBytes) return { lines, overflow: true };
      const line = this.#take(buffer.subarray(start, end));
      if (line.length > 0) lines.push(line);
      start = end + 1;
    }
    if (start < buffer.length) {
      this.#parts.push(buffer.subarray(start));
      this.#pendingBytes += buffer.length - start;
    }
    return { lines, overflow: this.#pendingBytes > this.#largestLineBytes };
  }

  #take(last: Buffer): Buffer {
    if (this.#parts.length === 0) return last;
    const line = Buffer.concat([...this.#parts, last], this.#pendingBytes + last.length);
    this.#parts = [];
    this.#pendingBytes = 0;
    return line;
  }
}
