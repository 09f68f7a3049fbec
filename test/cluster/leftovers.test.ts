// Whatever ends a cluster, nothing of it stays on the machine: no process, mount, interface, route, rule or setting.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { findObstacle, NodeCluster } from '../../control-plane/driver/node/node-cluster.ts';
import { prepareMachine } from '../../control-plane/driver/node/requirements.ts';
import { leftForNextStart, namespacesOf, noTraces, readMachineSettings, tracesOf } from '../support/machine-traces.ts';
import type { MachineSettings, TracedCluster } from '../support/machine-traces.ts';
import { runPausePod } from '../support/pause-pod.ts';
import { NotYet, until } from '../support/wait.ts';

const script = fileURLToPath(new URL('../support/cluster-process.ts', import.meta.url));
const buildMs = 900_000;

describe.runIf(findObstacle() === undefined)('a cluster', () => {
  let before: MachineSettings;
  let killed: TracedCluster;

  beforeAll(async () => {
    await prepareMachine();
    before = await readMachineSettings();
  }, buildMs);

  it(
    'is gone soon after the process that started it was killed',
    async () => {
      const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
      onTestFinished(() => {
        child.kill('SIGKILL');
      });
      killed = await new Promise((resolve, reject) => {
        child.once('close', () => {
          reject(new Error('The process ended before its cluster was ready.'));
        });
        createInterface({ input: child.stdout }).once('line', (line) => {
          resolve(JSON.parse(line) as TracedCluster);
        });
      });
      const namespaces = await namespacesOf(killed);
      const running = await tracesOf(killed, namespaces);
      // Otherwise an empty list in the end would prove nothing.
      expect(running.processes.length).toBeGreaterThan(10);
      expect([running.interfaces, running.routes.length > 0]).toEqual([[killed.name], true]);
      expect(new Set([...namespaces].map((namespace) => namespace.split(':')[0]))).toEqual(
        new Set(['pid', 'mnt', 'net', 'ipc', 'uts']),
      );
      child.kill('SIGKILL');
      await until('no trace of it', async () => {
        const traces = await tracesOf(killed, namespaces);
        if (JSON.stringify(traces) !== JSON.stringify(noTraces)) throw new NotYet(traces);
        return true;
      });
      expect(await readMachineSettings()).toEqual(before);
    },
    buildMs,
  );

  it('is gone when it has stopped, with what the killed one has left', async () => {
    const cluster = await NodeCluster.start();
    onTestFinished(async () => {
      await cluster.stop();
    });
    await runPausePod(cluster);
    const namespaces = await namespacesOf(cluster);
    expect((await tracesOf(cluster, namespaces)).processes.length).toBeGreaterThan(10);
    await cluster.stop();
    expect(await tracesOf(cluster, namespaces)).toEqual(noTraces);
    expect(await readMachineSettings()).toEqual(before);
    expect([...(await leftForNextStart(cluster)), ...(await leftForNextStart(killed))]).toEqual([]);
  });
});
