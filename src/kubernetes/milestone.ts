// Something that comes about once, such as that a collection was listed, and that others wait for.

/** One such thing. */
export class Milestone {
  #isReached = false;
  readonly #waiting = new Set<() => void>();

  get isReached(): boolean {
    return this.#isReached;
  }

  /** It has come about; further calls change nothing. */
  reach(): void {
    this.#isReached = true;
    for (const end of this.#waiting) end();
  }

  /** Resolves with true when it has come about, or with false when the signal aborts first. */
  async wait(signal: AbortSignal): Promise<boolean> {
    if (this.#isReached || signal.aborted) return this.#isReached;
    return new Promise((resolve) => {
      const end = (): void => {
        signal.removeEventListener('abort', end);
        this.#waiting.delete(end);
        resolve(this.#isReached);
      };
      signal.addEventListener('abort', end, { once: true });
      this.#waiting.add(end);
    });
  }
}
