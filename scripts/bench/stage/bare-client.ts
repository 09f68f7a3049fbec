// The reference of every case: how many status applies a client gets through that does nothing else.
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { BareAnswer, BareApply, BareOrder } from './bare-client-process.ts';

const script = fileURLToPath(new URL('bare-client-process.ts', import.meta.url));

/** Where the client goes and as whom. */
export interface BareClientSettings {
  readonly server: string;
  readonly token: string;
  /** PEM. */
  readonly ca: string;
  /** How many applies are under way at a time. */
  readonly inFlight: number;
}

/** A bare client in a process of its own, connected. */
export class BareClient {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(settings: BareClientSettings): Promise<BareClient> {
    const client = new BareClient(fork(script, { execArgv: ['--disable-warning=ExperimentalWarning'] }));
    await client.#tell({ kind: 'connect', ...settings });
    return client;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Hands over what {@link go} is to apply, which takes a while. */
  async hold(applies: readonly BareApply[]): Promise<void> {
    await this.#tell({ kind: 'hold', applies });
  }

  /** Applies what it holds; resolves when all is answered. */
  async go(): Promise<void> {
    await this.#tell({ kind: 'go' });
  }

  stop(): void {
    this.#child.kill();
  }

  async #tell(order: BareOrder): Promise<void> {
    const answered = once(this.#child, 'message');
    this.#child.send(order);
    const [answer] = (await answered) as [BareAnswer];
    if (answer.kind === 'failure') throw new Error(`The bare client failed: ${answer.message}`);
  }
}
