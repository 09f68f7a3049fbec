// What must be undone at the end, whichever way the end comes. Knows neither clusters nor processes.
/** Something to undo, whose failure says what is left. */
export function named(name: string, undo: () => Promise<void>): () => Promise<void> {
  return async () => {
    try {
      await undo();
    } catch (error) {
      throw new Error(`Could not remove: ${name} (${messageOf(error)})`, { cause: error });
    }
  };
}

/** Undoes everything, last first; what fails does not stop the rest, and is answered in sentences. */
export async function undoAll(stack: AsyncDisposableStack): Promise<readonly string[]> {
  try {
    await stack.disposeAsync();
    return [];
  } catch (error) {
    return failuresIn(error);
  }
}

/** In the order in which they came: each further one suppresses those before it. */
function failuresIn(error: unknown): readonly string[] {
  if (error instanceof SuppressedError) return [...failuresIn(error.suppressed), ...failuresIn(error.error)];
  return [messageOf(error)];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
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
