// One run of a drain, of a burst and of the reference: the same clock and the same counting for whoever is measured.
import { setTimeout as sleep } from 'node:timers/promises';
import { certificateRequestPath, conditionOf } from '../../../src/crds/cert-manager.ts';
import type { CertificateRequest } from '../../../src/crds/cert-manager.ts';
import type { Contestant, Running } from '../contestants/contestant.ts';
import { requestsPerCertificate } from '../stage/api-requests.ts';
import type { ApiRequests } from '../stage/api-requests.ts';
import { nobody } from '../stage/requests.ts';
import type { Wanted } from '../stage/requests.ts';
import type { RequestShape } from '../stage/signing-requests.ts';
import { usualShape } from '../stage/signing-requests.ts';
import { namespaces } from '../stage/stage.ts';
import type { Stage } from '../stage/stage.ts';
import { atRest, cpuPerCertificate, cpuTimes } from '../stage/usage.ts';
import type { CpuTimes } from '../stage/usage.ts';

/** What one run came to. */
export interface Run {
  readonly perSecond: number;
  /** Milliseconds of processor time for each certificate. */
  readonly cpu: CpuTimes;
  /** Requests to the API server for each certificate. */
  readonly apiRequests: ApiRequests;
}

/** A run of an issuer. */
export interface IssuingRun extends Run {
  /** Calls to the simulator for each certificate; none for a contestant that calls somebody else. */
  readonly calls: Readonly<Record<string, number>>;
}

/** A run of the bare client: applies, and before that the driver's approvals, with nothing else going on. */
export interface ReferenceRun extends Run {
  readonly approvalsPerSecond: number;
}

/** How much a run asks for. */
export interface Load {
  readonly count: number;
  readonly shape?: RequestShape;
  /** Of the simulator's answers. */
  readonly latencyMilliseconds?: number;
}

// Only ends a run in which somebody has stopped working.
const baseMs = 120_000;
const eachMs = 100;

/** The moment at which all were seen finished. */
export async function withinReason(done: Promise<number>, count: number): Promise<number> {
  const late = new AbortController();
  const deadline = baseMs + count * eachMs;
  const tooLate = sleep(deadline, undefined, { signal: late.signal }).then(() => {
    throw new Error(`Not all of ${count} requests were seen finished within ${deadline / 1_000} s.`);
  });
  tooLate.catch(() => {});
  try {
    return await Promise.race([done, tooLate]);
  } finally {
    late.abort();
  }
}

/** Requests that are approved while the contestant stands still; the clock runs from the moment at which it goes on. */
export async function drain(
  stage: Stage,
  { contestant, running }: { readonly contestant: Contestant; readonly running: Running },
  { count, shape = usualShape, latencyMilliseconds = 0 }: Load,
): Promise<IssuingRun> {
  await stage.simulator.reset(latencyMilliseconds);
  await settled(stage, running);
  running.pause();
  const made = await stage.requests.make(count, wanted(contestant, shape));
  await stage.requests.approveAll(made);
  return measured(stage, running, made, () => running.resume());
}

/** Requests that are approved while the clock runs. */
export async function burst(
  stage: Stage,
  { contestant, running }: { readonly contestant: Contestant; readonly running: Running },
  { count, shape = usualShape, latencyMilliseconds = 0 }: Load,
): Promise<IssuingRun> {
  await stage.simulator.reset(latencyMilliseconds);
  const made = await stage.requests.make(count, wanted(contestant, shape));
  await settled(stage, running);
  return measured(stage, running, made, async () => void (await stage.requests.approveAll(made)));
}

/** The bare client's applies of a status like `sample`'s to requests at which no issuer looks; no contestant runs meanwhile. */
export async function reference(
  stage: Stage,
  sample: CertificateRequest,
  { count, shape = usualShape }: Load,
): Promise<ReferenceRun> {
  const made = await stage.requests.make(count, { issuerRef: nobody, namespace: namespaces.usual, shape });
  const { approved, perSecond: approvalsPerSecond } = await stage.requests.approveAll(made);
  await stage.bareClient.hold(approved.map((request) => applyOf(request, sample)));
  const client = { pid: stage.bareClient.pid };
  const { calls: _, ...run } = await measured(stage, client, made, async () => stage.bareClient.go());
  return { ...run, approvalsPerSecond };
}

/** Requests of this kind for a contestant, in the usual namespace. */
export function wanted({ issuerRefs }: Contestant, shape: RequestShape = usualShape): Required<Wanted> {
  return { issuerRef: issuerRefs[shape.key === 'P-256' ? 'ECDSA' : 'RSA'], namespace: namespaces.usual, shape };
}

/** Waits until a contestant and the API server have nothing left to do, with `long` also not in a while. */
export async function settled(
  stage: Stage,
  { pid }: Pick<Running, 'pid'>,
  howLong: 'short' | 'long' = 'short',
): Promise<void> {
  const { contestant, apiServer, etcd } = stage.pids(pid);
  await atRest([contestant, apiServer, etcd], howLong);
}

async function measured(
  stage: Stage,
  { pid }: Pick<Running, 'pid'>,
  made: readonly CertificateRequest[],
  go: () => void | Promise<void>,
): Promise<IssuingRun> {
  const count = made.length;
  const pids = stage.pids(pid);
  await settled(stage, { pid: pids.apiServer });
  const requestsBefore = await stage.apiRequests();
  const batch = stage.watch.await(made.map(({ metadata }) => metadata.name));
  const before = cpuTimes(pids);
  const started = performance.now();
  const [end] = await Promise.all([withinReason(batch.done, count), go()]);
  // What is done after the last certificate, events and the collection of garbage for instance, belongs to it as well.
  await settled(stage, { pid }, pid === stage.bareClient.pid ? 'short' : 'long');
  const after = cpuTimes(pids);
  const calls = Object.entries(await stage.simulator.calls());
  return {
    perSecond: (count * 1_000) / (end - started),
    cpu: cpuPerCertificate(before, after, count),
    apiRequests: requestsPerCertificate(requestsBefore, await stage.apiRequests(), count),
    calls: Object.fromEntries(calls.map(([action, made]) => [action, made / count])),
  };
}

function applyOf(
  request: CertificateRequest,
  sample: CertificateRequest,
): { readonly path: string; readonly body: string } {
  const ready = conditionOf(sample, 'Ready');
  if (ready === undefined) throw new Error('The sample is not finished.');
  const { certificate, ca } = sample.status ?? {};
  const { resourceVersion } = request.metadata;
  return {
    path: certificateRequestPath(request.metadata),
    body: JSON.stringify({
      apiVersion: 'cert-manager.io/v1',
      kind: 'CertificateRequest',
      metadata: { resourceVersion },
      status: { conditions: [ready], certificate, ca },
    }),
  };
}
