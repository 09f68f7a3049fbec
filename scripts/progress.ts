// Steps of a long script, shown by listr2: with their running time on a terminal, as plain lines elsewhere.
import { unlessInterrupted } from './demo/undo.ts';

/** Tells how far a step is, in a few words. */
export type Tell = (state: string) => void;

/** One step; `run` may tell more than its name while it takes long. */
export interface Step<Result> {
  readonly name: string;
  readonly run: (tell: Tell) => Result | Promise<Result>;
}

/** How steps are shown. */
export interface Showing {
  /** How many run at once. */
  readonly atOnce?: number;
  /** Ends the steps for whoever waits for them; what they began is left to its cleaning up. */
  readonly signal?: AbortSignal | undefined;
}

/** Runs steps and shows them; answers what became of each, in their order. */
export async function showSteps<Result>(
  steps: readonly Step<Result>[],
  { atOnce = 1, signal }: Showing = {},
): Promise<readonly PromiseSettledResult<Result>[]> {
  // Not needed by `--help`.
  const { Listr } = await import('listr2');
  const isTerminal = process.stdout.isTTY;
  const results = new Map<number, PromiseSettledResult<Result>>();
  const shown = steps.map(({ name, run }, index) => ({
    title: name,
    task: async (_context: unknown, task: { title: string; output: string }) => {
      const started = performance.now();
      const clock = setInterval(() => {
        if (isTerminal) task.title = `${name} (${seconds(performance.now() - started)})`;
      }, 1000);
      try {
        const running = Promise.resolve(run(tellOnce((state) => (task.output = state))));
        const value = await (signal === undefined ? running : unlessInterrupted(signal, running));
        results.set(index, { status: 'fulfilled', value });
      } catch (reason) {
        results.set(index, { status: 'rejected', reason });
        throw reason;
      } finally {
        clearInterval(clock);
        task.title = `${name} [${seconds(performance.now() - started)}]`;
      }
    },
  }));
  await new Listr(shown, {
    concurrent: atOnce === 1 ? false : atOnce,
    exitOnError: false,
    // The scripts clean up after a signal themselves.
    registerSignalListeners: false,
    renderer: 'default',
    rendererOptions: { collapseErrors: false },
    fallbackRenderer: 'simple',
  }).run();
  return steps.map((_, index) => results.get(index) as PromiseSettledResult<Result>);
}

/** Runs one step and shows it; its result comes back, or its error. */
export async function showStep<Result>(
  name: string,
  run: Step<Result>['run'],
  showing?: Showing,
): Promise<Awaited<Result>> {
  const [result] = await showSteps([{ name, run }], showing);
  if (result?.status === 'fulfilled') return result.value as Awaited<Result>;
  throw result?.reason;
}

/** What is told again is not shown again. */
function tellOnce(show: Tell): Tell {
  let last = '';
  return (state) => {
    if (state !== last) show(state);
    last = state;
  };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** The progress of a script from its first step to its last. */
export class Progress {
  readonly #signal: AbortSignal | undefined;
  readonly #started = performance.now();

  /** `signal` ends steps early, but for what is done at the end. */
  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** Seconds since the start, as text. */
  get total(): string {
    return seconds(performance.now() - this.#started);
  }

  /** Runs a step and shows it. */
  async step<Result>(name: string, run: Step<Result>['run']): Promise<Awaited<Result>> {
    return showStep(name, run, { signal: this.#signal });
  }

  /** Runs a step that no interruption ends. */
  async lastStep<Result>(name: string, run: Step<Result>['run']): Promise<Awaited<Result>> {
    return showStep(name, run);
  }

  /** Prints lines as they are. */
  say(text: string): void {
    process.stdout.write(`${text}\n`);
  }
}
