// `npm run demo -- --cluster` as a user runs it, to its end and interrupted in the middle.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

import { findObstacle } from '../../control-plane/driver/node/node-cluster.ts';
import { prepareMachine } from '../../control-plane/driver/node/requirements.ts';
import { readMachineSettings, tracesOfStarter } from '../support/machine-traces.ts';

const script = fileURLToPath(new URL('../../scripts/demo.ts', import.meta.url));
const buildMs = 900_000;

interface Ended {
  readonly code: number | null;
  readonly lines: readonly string[];
  readonly pid: number;
}

/** Runs the demo; `onLine` sees each line as it comes. */
async function demo(onLine: (line: string, child: ChildProcess) => void = () => {}): Promise<Ended> {
  const child = spawn(process.execPath, [script, '--cluster'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const closed = new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    onLine(line, child);
  }
  return { code: await closed, lines, pid: child.pid ?? 0 };
}

describe.runIf(findObstacle() === undefined)('the demo in pods', () => {
  // The machine is compared with itself, and what reads its packet filter may have to be installed first.
  beforeAll(async () => prepareMachine(), buildMs);

  it('shows a certificate that is proven, and leaves nothing', { timeout: buildMs }, async () => {
    const settings = await readMachineSettings();
    const { code, lines, pid } = await demo();
    const steps = lines.flatMap((line) => /^(✔ .*) \[[\d.]+ s\]$/.exec(line)?.[1] ?? []);
    const readyOf = (kind: string): readonly (string | undefined)[] =>
      lines.filter((line) => line.startsWith(kind)).map((line) => line.split(/ +/)[1]);
    expect({
      code,
      steps,
      issuer: readyOf('alibabapcaissuer.pca.alibabacloud.com/'),
      certificate: readyOf('certificate.cert-manager.io/'),
      pods: readyOf('pod/'),
      chain: lines.find((line) => line.startsWith('Chain: ')),
    }).toEqual({
      code: 0,
      steps: [
        '✔ cluster of one node, cert-manager, images, simulator',
        '✔ helm install --wait: two replicas, restricted',
        '✔ kubectl apply -f deploy/examples/quickstart/',
        '✔ Certificate is Ready',
        "✔ openssl verify: chain up to the simulator's root",
        '✔ private key and certificate belong together',
        '✔ stopped and removed again',
      ],
      issuer: ['True'],
      certificate: ['True'],
      pods: ['1/1', '1/1'],
      chain: 'Chain: quickstart.example.com ← Simulated sim-sub-ecc-p256 ← Simulated sim-root-ecc',
    });
    expect([await tracesOfStarter(pid), await readMachineSettings()]).toEqual([[], settings]);
  });

  it('leaves nothing when it is interrupted while the cluster starts', { timeout: buildMs }, async () => {
    const settings = await readMachineSettings();
    let running: readonly string[] = [];
    const { code, lines, pid } = await demo((line, child) => {
      if (!line.endsWith('kube-apiserver is ready')) return;
      // Otherwise an empty list in the end would prove nothing.
      const interrupt = async (): Promise<void> => {
        running = await tracesOfStarter(child.pid ?? 0);
        child.kill('SIGINT');
      };
      void interrupt();
    });
    expect([code, lines.includes('Interrupted.'), running.length > 3]).toEqual([130, true, true]);
    expect([await tracesOfStarter(pid), await readMachineSettings()]).toEqual([[], settings]);
  });
});
