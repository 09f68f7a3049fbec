// What must be undone at the end, whichever way the end comes. Knows neither clusters nor processes.
interface Undoing {
  readonly name: string;
  readonly undo: () => Promise<void>;
}

/** A stack of things to undo, last first. */
export class UndoStack {
  readonly #stack: Undoing[] = [];

  /** Remembers how to undo what was just done. */
  push(name: string, undo: () => Promise<void>): void {
    this.#stack.push({ name, undo });
  }

  /** Undoes everything; what fails does not stop the rest, and is answered in sentences. */
  async undoAll(): Promise<readonly string[]> {
    const failures: string[] = [];
    for (let next = this.#stack.pop(); next !== undefined; next = this.#stack.pop()) {
      try {
        await next.undo();
      } catch (error) {
        failures.push(`Could not remove: ${next.name} (${error instanceof Error ? error.message : String(error)})`);
      }
    }
    return failures;
  }
}

/** Thrown through the demo when the user ends it. */
export class Interrupted extends Error {
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`);
    this.name = 'Interrupted';
    this.signal = signal;
  }
}

/** Resolves with the first of the signals that ask a process to end; later ones find the cleaning up under way. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      controller.abort(new Interrupted(signal));
    });
  }
  return controller.signal;
}

/** The result of `work`, or the interruption if that comes first; `work` itself is left to its cleaning up. */
export async function unlessInterrupted<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  let onAbort = (): void => {};
  const interrupted = new Promise<never>((_, reject) => {
    onAbort = () => {
      reject(signal.reason as Interrupted);
    };
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, interrupted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
