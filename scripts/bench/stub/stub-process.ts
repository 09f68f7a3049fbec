// The stub of the API server as the driver sees it.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Agent, request } from 'undici';
import type { WhereItRuns } from '../stage/where.ts';
import type { StubOrders } from './server.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

interface Told {
  readonly url: string;
  /** PEM of the CA behind its certificate. */
  readonly ca: string;
}

/** A running stub. */
export class StubProcess {
  readonly #child: ChildProcess;
  readonly #told: Told;
  readonly #agent: Agent;

  private constructor(child: ChildProcess, told: Told) {
    this.#child = child;
    this.#told = told;
    this.#agent = new Agent({ connect: { ca: told.ca }, headersTimeout: 0 });
  }

  static async start(): Promise<StubProcess> {
    const parameters = ['--disable-warning=ExperimentalWarning', main];
    const child = spawn(process.execPath, parameters, { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    return new StubProcess(child, JSON.parse(line) as Told);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The surroundings in which an operator finds this stub instead of the API server. */
  async where(real: WhereItRuns): Promise<WhereItRuns> {
    const directory = join(real.directory, 'stub');
    await mkdir(directory, { recursive: true });
    const { url, ca } = this.#told;
    const files = { token: 'stub', namespace: real.namespace, 'ca.crt': ca, kubeconfig: kubeconfigOf(url, ca) };
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
    const { hostname, port } = new URL(url);
    const environment = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
    return {
      ...real,
      operatorKubeconfig: join(directory, 'kubeconfig'),
      pod: real.pod === undefined ? undefined : { directory, environment },
    };
  }

  /** Makes objects, by the paths of their API. */
  async make(objects: StubOrders['make']): Promise<void> {
    await this.#order('make', JSON.stringify(objects));
  }

  /** Takes away all requests for certificates, and counts from 0. */
  async clear(): Promise<void> {
    await this.#order('clear', '');
  }

  /** Resolves when so many requests were finished. */
  async finished(count: number): Promise<void> {
    await this.#order(`finished?count=${count}`, '');
  }

  async stop(): Promise<void> {
    await this.#agent.destroy();
    this.#child.kill();
  }

  async #order(order: string, body: string): Promise<void> {
    const options = { method: 'POST', body, dispatcher: this.#agent } as const;
    const { statusCode, body: reply } = await request(`${this.#told.url}/stub/${order}`, options);
    await reply.dump();
    if (statusCode !== 200) throw new Error(`The stub answered ${statusCode} to ${order}.`);
  }
}

function kubeconfigOf(server: string, ca: string): string {
  const name = 'stub';
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
    users: [{ name, user: { token: 'stub' } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  });
}
