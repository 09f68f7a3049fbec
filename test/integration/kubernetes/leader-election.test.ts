// The Lease on a real API server: one acts at a time, hand-over at release is quick, and without a server nobody acts.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ControlPlane } from '../../../control-plane/driver/control-plane.ts';
import { KubernetesClient } from '../../../src/kubernetes/client.ts';
import { connectWithKubeconfig } from '../../../src/kubernetes/connection.ts';
import { LeaderElector } from '../../../src/kubernetes/leader-election.ts';
import { systemClock } from '../../../src/timing/clock.ts';
import { Cluster } from '../../support/cluster.ts';
import { until } from '../../support/wait.ts';

let controlPlane: ControlPlane;
let cluster: Cluster;
let client: KubernetesClient;
let namespace: string;
const candidates: Candidate[] = [];
// Long enough that no stall of a busy machine costs a Lease that nobody took, since each lost one is waited for.
const times = { leaseDurationSeconds: 8, renewDeadlineSeconds: 6, retryPeriodSeconds: 0.3 };

beforeAll(async () => {
  controlPlane = await ControlPlane.start({ certManager: false });
  cluster = new Cluster({ kubeconfig: controlPlane.kubeconfig, kubectl: controlPlane.kubectlPath });
  client = new KubernetesClient(await connectWithKubeconfig(controlPlane.kubeconfig), { userAgent: 'test' });
});
afterAll(async () => {
  await Promise.all(candidates.map((candidate) => candidate.stop()));
  cluster.close();
  await client.close();
  await controlPlane.stop();
});
beforeEach(async () => {
  namespace = await cluster.createNamespace('election');
});

/** One replica; `hang` makes it a process that is stopped: no timer, no request, no release. */
class Candidate {
  readonly elector: LeaderElector;
  readonly end: Promise<'released' | 'lost'>;
  readonly #stop = new AbortController();
  leading = false;
  #frozenAt: number | undefined;
  #hung = false;

  constructor(identity: string, leaseDurationSeconds = times.leaseDurationSeconds) {
    const monotonic = (): number => this.#frozenAt ?? performance.now();
    const unlessHung = <Result>(call: () => Promise<Result>): Promise<Result> =>
      this.#frozenAt === undefined ? call() : new Promise<Result>(() => {});
    this.elector = new LeaderElector({
      client: {
        get: (path, options) => unlessHung(() => client.get(path, options)),
        create: (path, body, options) => unlessHung(() => client.create(path, body, options)),
        replace: (path, body, options) => unlessHung(() => client.replace(path, body, options)),
      },
      namespace,
      name: 'lease',
      identity,
      ...times,
      leaseDurationSeconds,
      clock: { ...systemClock, monotonic },
    });
    this.end = this.elector.run(this.#stop.signal, async (leadership) => {
      this.leading = true;
      await new Promise<void>((resolve) => leadership.addEventListener('abort', () => resolve()));
      this.leading = false;
    });
    candidates.push(this);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    if (!this.#hung) await this.end;
  }

  hang(): void {
    this.#frozenAt = performance.now();
    this.#hung = true;
  }

  wake(): void {
    this.#frozenAt = undefined;
  }
}

const lease = (): { apiVersion: string; kind: string; name: string; namespace: string } => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  name: 'lease',
  namespace,
});

async function holder(): Promise<unknown> {
  const found = await cluster.get(lease());
  return (found?.['spec'] as { holderIdentity?: string } | undefined)?.holderIdentity;
}

it('makes one of two the leader, and the other takes over as soon as it releases', async () => {
  // Nobody here would wait for the end of such a Lease.
  const first = new Candidate('first', 600);
  await until('the first to lead', () => first.leading);
  const second = new Candidate('second');
  let both = 0;
  const watching = setInterval(() => {
    if (first.elector.isLeader && second.elector.isLeader) both += 1;
  }, 1);
  await first.stop();
  expect(await first.end).toBe('released');
  await until('the second to lead', () => second.leading);
  clearInterval(watching);
  expect([both, await holder()]).toEqual([0, 'second']);
});

it('lets the other take over after a process that hangs, whose fence is down when it wakes', async () => {
  const first = new Candidate('first');
  await until('the first to lead', () => first.leading);
  const second = new Candidate('second');
  first.hang();
  await until('the second to lead', () => second.leading);
  first.wake();
  expect([first.elector.isLeader, second.elector.isLeader]).toEqual([false, true]);
});

it('takes the Lease again when it was deleted underneath, or leaves it to the other, but never both', async () => {
  const first = new Candidate('first');
  await until('the first to lead', () => first.leading);
  const second = new Candidate('second');
  let both = 0;
  const watching = setInterval(() => {
    if (first.elector.isLeader && second.elector.isLeader) both += 1;
  }, 1);
  await cluster.delete(lease());
  await until('the Lease to be there again', async () => (await holder()) !== undefined);
  const named = await holder();
  await until('the named one to lead', () => (named === 'first' ? first : second).elector.isLeader);
  await until('one leader', () => [first, second].filter(({ elector }) => elector.isLeader).length === 1);
  clearInterval(watching);
  expect(both).toBe(0);
});

it('stops leading within the renew deadline when the API server is gone', async () => {
  const first = new Candidate('first');
  await until('the first to lead', () => first.leading);
  await controlPlane.component('kube-apiserver').kill();
  const last = performance.now() + times.renewDeadlineSeconds * 1_000;
  // Asked after the clock, so that a pause of this process makes nobody late.
  const isFenced = (): boolean => {
    const now = performance.now();
    const { isLeader } = first.elector;
    if (isLeader && now > last) tooLong += 1;
    return !isLeader;
  };
  let tooLong = 0;
  await until('the fence to fall', isFenced);
  expect(tooLong).toBe(0);
  expect(await first.end).toBe('lost');
  expect(first.leading).toBe(false);
  await controlPlane.component('kube-apiserver').start();
  // The Lease outlived the server, and with it the one that led: another may have it once its time is over.
  const second = new Candidate('second');
  await until('the second to lead', () => second.leading);
  expect(first.elector.isLeader).toBe(false);
});
