// The simulator as a process of its own, over HTTPS as the real service is.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Agent, request } from 'undici';

const main = fileURLToPath(new URL('../../../simulator/main.ts', import.meta.url));

interface Told {
  readonly endpoint: string;
  readonly adminUrl: string;
  readonly accessKey: { readonly accessKeyId: string; readonly accessKeySecret: string };
  readonly tlsCaPem: string;
}

/** A running simulator and its admin interface. */
export class SimulatorProcess {
  readonly endpoint: string;
  readonly accessKey: Told['accessKey'];
  /** PEM of the CA that a caller must trust. */
  readonly caBundle: string;
  readonly #child: ChildProcess;
  readonly #adminUrl: string;
  readonly #agent: Agent;

  private constructor(child: ChildProcess, { endpoint, adminUrl, accessKey, tlsCaPem }: Told) {
    this.endpoint = endpoint;
    this.accessKey = accessKey;
    this.caBundle = tlsCaPem;
    this.#child = child;
    this.#adminUrl = adminUrl;
    this.#agent = new Agent({ connect: { ca: tlsCaPem } });
  }

  /** Starts it and waits for the line that says where it is. */
  static async start(): Promise<SimulatorProcess> {
    const parameters = ['--disable-warning=ExperimentalWarning', main, '--json', '--protocol', 'HTTPS'];
    const child = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'inherit'] });
    process.once('exit', () => child.kill());
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    return new SimulatorProcess(child, JSON.parse(line) as Told);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Forgets calls and certificates, so that it is as quick as at its start; answers come after so many milliseconds. */
  async reset(latencyMilliseconds = 0): Promise<void> {
    await this.#admin('POST', 'reset', {});
    await this.#admin('POST', 'faults', { latencyMilliseconds });
  }

  /** Calls since the last reset, by action. */
  async calls(): Promise<Readonly<Record<string, number>>> {
    return (await this.#admin('GET', 'counters')) as Readonly<Record<string, number>>;
  }

  async stop(): Promise<void> {
    await this.#agent.close();
    this.#child.kill();
  }

  async #admin(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
    const { statusCode, body: reply } = await request(`${this.#adminUrl}/${path}`, {
      method,
      body: body === undefined ? null : JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
      dispatcher: this.#agent,
    });
    if (statusCode !== 200) throw new Error(`The simulator answered ${statusCode} to ${path}.`);
    return reply.json();
  }
}
