// What a benchmark needs beside the cluster: the simulator as a process of its own, and a CSR.
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../simulator/main.ts', import.meta.url));

/** A running simulator and how to reach it. */
export interface SimulatorProcess {
  readonly process: ChildProcess;
  readonly endpoint: string;
  readonly adminUrl: string;
  readonly accessKey: { readonly accessKeyId: string; readonly accessKeySecret: string };
}

/** Starts the simulator and waits for the line that says where it is. */
export async function startSimulatorProcess(): Promise<SimulatorProcess> {
  const child = spawn(process.execPath, [main, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, 'line')) as [string];
  return { process: child, ...(JSON.parse(line) as Omit<SimulatorProcess, 'process'>) };
}

/** Base64 of the PEM of a P-256 request for one DNS name, as spec.request wants it. */
export function makeRequest(): string {
  const parameters = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '/dev/null'];
  const pem = execFileSync(
    'openssl',
    ['req', '-new', ...parameters, '-subj', '/CN=bench.example.com', '-addext', 'subjectAltName=DNS:bench.example.com'],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  return pem.toString('base64');
}
