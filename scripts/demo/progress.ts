// One line per step with its time; on a terminal a long step shows how far it is on that line.
/** Tells how far a step is, in a few words. */
export type Tell = (state: string) => void;

/** Where lines go. */
export interface Screen {
  readonly isTTY: boolean;
  write(text: string): void;
}

const nameWidth = 58;
const clearLine = '\r\u001B[K';

/** The demo's progress on a screen. */
export class Progress {
  readonly #screen: Screen;
  readonly #now: () => number;
  readonly #started: number;

  /** `now` is a monotonic clock in milliseconds. */
  constructor(screen: Screen, now: () => number) {
    this.#screen = screen;
    this.#now = now;
    this.#started = now();
  }

  /** Seconds since the start, as text. */
  get total(): string {
    return seconds(this.#now() - this.#started);
  }

  /** Runs a step and prints its line; `work` may tell more for the line, and its result comes back. */
  async step<Result>(name: string, work: (tell: Tell) => Result | Promise<Result>): Promise<Result> {
    const started = this.#now();
    let lastTold = '';
    const tell: Tell = (state) => {
      if (state !== lastTold) {
        lastTold = state;
        this.#screen.write(this.#screen.isTTY ? `${clearLine}  …  ${name}: ${state}` : `  …  ${name}: ${state}\n`);
      }
    };
    if (this.#screen.isTTY) this.#screen.write(`  …  ${name}`);
    const end = (mark: string): void => {
      const line = `  ${mark}  ${name.padEnd(nameWidth)} ${seconds(this.#now() - started).padStart(8)}\n`;
      this.#screen.write(this.#screen.isTTY ? `${clearLine}${line}` : line);
    };
    try {
      const result = await work(tell);
      end('✓');
      return result;
    } catch (error) {
      end('✗');
      throw error;
    }
  }

  /** Prints lines as they are. */
  say(text: string): void {
    this.#screen.write(`${text}\n`);
  }
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
