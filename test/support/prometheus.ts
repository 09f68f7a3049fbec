// Prometheus itself, in a process of its own, which scrapes an operator and answers queries by its HTTP API.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort } from '../../control-plane/driver/ports.ts';
import { prometheusProgram } from '../../control-plane/driver/programs.ts';
import { neighbourProgram } from './neighbours/program.ts';
import { until } from './wait.ts';

/** Labels of a series, and its values as pairs of a Unix time in seconds and a number. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [seconds: number, value: number])[];
}

/** From when to when, as Unix times in seconds, and the step between, in seconds. */
export interface Range {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

interface Answer<Data> {
  readonly status: string;
  readonly error?: string;
  readonly data: Data;
}
interface Found {
  readonly result: readonly {
    readonly metric: Readonly<Record<string, string>>;
    readonly value?: readonly [number, string];
    readonly values?: readonly (readonly [number, string])[];
  }[];
}

// Only ends a query that hangs.
const answerMs = 30_000;
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A Prometheus with one target. */
export class Prometheus {
  readonly #address: string;
  readonly #child: ChildProcess;
  readonly #directory: string;

  private constructor(parts: { readonly address: string; readonly child: ChildProcess; readonly directory: string }) {
    this.#address = parts.address;
    this.#child = parts.child;
    this.#directory = parts.directory;
  }

  /** Builds it unless it is built, and starts it; it scrapes `target` (`host:port`) each second and adds `labels`. */
  static async start(target: string, labels: Readonly<Record<string, string>>): Promise<Prometheus> {
    const program = await neighbourProgram(prometheusProgram);
    const directory = await mkdtemp(join(tmpdir(), 'prometheus-'));
    const configuration = {
      global: { scrape_interval: '1s', scrape_timeout: '1s' },
      scrape_configs: [{ job_name: 'operator', static_configs: [{ targets: [target], labels }] }],
    };
    const file = join(directory, 'prometheus.yaml');
    await writeFile(file, JSON.stringify(configuration));
    const address = `127.0.0.1:${await freePort()}`;
    await using log = await open(join(directory, 'log'), 'a');
    const child = spawn(
      program,
      [`--config.file=${file}`, `--storage.tsdb.path=${join(directory, 'data')}`, `--web.listen-address=${address}`],
      { stdio: ['ignore', log.fd, log.fd] },
    );
    running.add(child);
    child.once('exit', () => running.delete(child));
    const prometheus = new Prometheus({ address: `http://${address}`, child, directory });
    try {
      await until('Prometheus to have scraped', async () => (await prometheus.instant('up == 1')).length === 1);
    } catch (error) {
      const said = await readFile(join(directory, 'log'), 'utf8');
      await prometheus.stop();
      throw new Error(`${String(error)}\n${said}`, { cause: error });
    }
    return prometheus;
  }

  /** The series of a query now, or at a Unix time in seconds; throws what Prometheus says of one that is wrong. */
  async instant(query: string, time?: number): Promise<readonly Series[]> {
    return this.#series('query', { query, ...(time === undefined ? {} : { time: String(time) }) });
  }

  /** The series of a query over a range; throws what Prometheus says of one that is wrong. */
  async range(query: string, { start, end, step }: Range): Promise<readonly Series[]> {
    return this.#series('query_range', { query, start: String(start), end: String(end), step: String(step) });
  }

  /** The values of a label among the series that `selector` chooses. */
  async labelValues(label: string, selector: string): Promise<readonly string[]> {
    return this.#ask(`label/${label}/values`, { 'match[]': selector });
  }

  /** Stops it and removes what it stored. */
  async stop(): Promise<void> {
    if (running.has(this.#child)) {
      const ended = new Promise((resolve) => this.#child.once('exit', resolve));
      this.#child.kill('SIGKILL');
      await ended;
    }
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #series(path: string, parameters: Readonly<Record<string, string>>): Promise<readonly Series[]> {
    const { result } = await this.#ask<Found>(path, parameters);
    return result.map(({ metric, value, values = value === undefined ? [] : [value] }) => ({
      labels: metric,
      values: values.map(([seconds, text]) => [seconds, Number(text)] as const),
    }));
  }

  async #ask<Data>(path: string, parameters: Readonly<Record<string, string>>): Promise<Data> {
    const url = `${this.#address}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`;
    const response = await fetch(url, { signal: AbortSignal.timeout(answerMs) });
    const { status, error, data } = (await response.json()) as Answer<Data>;
    if (status !== 'success') throw new Error(`Prometheus says of ${parameters['query'] ?? path}: ${error ?? status}`);
    return data;
  }
}
