// Stands in for the node of a cluster without one: runs the containers of Jobs as processes of this machine.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import type { ControlPlane } from '../../control-plane/driver/control-plane.ts';

/** A Job that was run. */
export interface JobRun {
  readonly name: string;
  readonly code: number;
  readonly output: string;
}

interface Job {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly serviceAccountName: string;
        readonly containers: readonly [{ readonly args: readonly string[] }];
      };
    };
  };
}

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const everyMs = 100;

/**
 * Runs each new Job once, with the rights of its ServiceAccount and with the sources in place of the image, until the
 * signal aborts. What was run is appended to `runs`.
 */
export async function runJobs(controlPlane: ControlPlane, signal: AbortSignal, runs: JobRun[]): Promise<void> {
  const seen = new Set<string>();
  while (!signal.aborted) {
    const { items } = (await controlPlane.api.expect('GET', '/apis/batch/v1/jobs')) as {
      readonly items: readonly Job[];
    };
    for (const job of items.filter(({ metadata }) => !seen.has(metadata.uid))) {
      seen.add(job.metadata.uid);
      const run = await runJob(controlPlane, job);
      runs.push(run);
      await report(controlPlane, job, run.code === 0);
    }
    await sleep(everyMs);
  }
}

async function runJob(controlPlane: ControlPlane, { metadata, spec }: Job): Promise<JobRun> {
  const { serviceAccountName, containers } = spec.template.spec;
  const kubeconfig = await controlPlane.kubeconfigForServiceAccount(metadata.namespace, serviceAccountName);
  // As the kubelet reads them.
  const args = containers[0].args.map((arg) => arg.replaceAll('$$(', '$('));
  const env = { PATH: process.env['PATH'] ?? '', PCA_ISSUER_KUBECONFIG: kubeconfig };
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { env, cwd: join(main, '../..') }, (error, stdout, stderr) => {
      resolve({ name: metadata.name, code: error === null ? 0 : 1, output: `${stdout}${stderr}` });
    });
  });
}

async function report(controlPlane: ControlPlane, { metadata }: Job, succeeded: boolean): Promise<void> {
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const path = `/apis/batch/v1/namespaces/${metadata.namespace}/jobs/${metadata.name}/status`;
  const types = succeeded ? ['SuccessCriteriaMet', 'Complete'] : ['FailureTarget', 'Failed'];
  const condition = { status: 'True', reason: 'Ran', message: '', lastProbeTime: now, lastTransitionTime: now };
  const status = {
    startTime: now,
    conditions: types.map((type) => ({ type, ...condition })),
    ...(succeeded ? { succeeded: 1, completionTime: now } : { failed: 1 }),
  };
  // Helm may have given up on it and deleted it.
  await controlPlane.api.send('PATCH', path, { status }, 'application/merge-patch+json');
}
