// The settings that every queue and loop shares: pauses, deadlines, the fence, and the wait at the end.
import { beforeEach, describe, expect, it } from 'vitest';
import type { ControllerOptions, ReconcileResult } from '../../../../src/kubernetes/controller.ts';
import type { Standing } from '../../../../src/controllers/issuers/controller.ts';
import type { WorkQueue } from '../../../../src/kubernetes/work-queue.ts';
import {
  openLoop,
  openQueue,
  sharingOfIssuers,
  sharingOfRequests,
  sharingOfRevocations,
} from '../../../../src/operator/loops/loop.ts';
import type { LoopParts } from '../../../../src/operator/loops/loop.ts';
import { createMetrics } from '../../../../src/runtime/metrics.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { keptLog, metricLines, optionsFor, turn } from '../log.ts';

const flags = ['--retry-base-delay=2s', '--retry-max-delay=10s', '--pca-timeout=5s', '--shutdown-timeout=7s'];
let clock: FakeClock;
let mayAct: boolean;
let parts: LoopParts;

beforeEach(() => {
  clock = new FakeClock(() => 1);
  mayAct = true;
  parts = {
    options: optionsFor(...flags),
    clock,
    mayAct: () => mayAct,
    metrics: createMetrics(),
    logger: keptLog().logger,
  };
});

describe('a queue', () => {
  it('pauses as the options say', () => {
    const queue = openQueue('test', parts);
    expect(Array.from({ length: 4 }, () => queue.addRateLimited('a'))).toEqual([2_000, 4_000, 8_000, 10_000]);
  });

  it('may have a longest pause of its own', () => {
    const queue = openQueue('test', parts, { maxDelayMs: 3_000 });
    expect(Array.from({ length: 3 }, () => queue.addRateLimited('a'))).toEqual([2_000, 3_000, 3_000]);
  });

  it('may have flows that take turns', async () => {
    const queue = openQueue('test', parts, { flowOf: (key) => key.slice(0, 1) });
    for (const key of ['a1', 'a2', 'b1']) queue.add(key);
    const { signal } = new AbortController();
    expect([await queue.next(signal), await queue.next(signal), await queue.next(signal)]).toEqual(['a1', 'b1', 'a2']);
  });

  it('is measured under its name', async () => {
    const queue = openQueue('test', parts);
    queue.add('a');
    clock.advance(3_000);
    await queue.next(new AbortController().signal);
    expect(await metricLines(parts.metrics, /^workqueue_queue_duration_seconds_sum/)).toEqual([
      'workqueue_queue_duration_seconds_sum{name="test"} 3',
    ]);
  });
});

describe('the workers for issuers', () => {
  const standing = new Map<string, Standing>();
  const issuer = (namespace: string, name: string | number): string => `AlibabaPCAIssuer/${namespace}/${name}`;
  const clusterIssuer = (name: string | number): string => `AlibabaPCAClusterIssuer//${name}`;

  beforeEach(() => standing.clear());

  /** Which of these keys eight workers are given at once. */
  async function given(keys: readonly string[]): Promise<readonly string[]> {
    const queue = openQueue(
      'issuer',
      parts,
      sharingOfIssuers(8, (key) => standing.get(key) ?? 'unknown'),
    );
    for (const key of keys) queue.add(key);
    return take(queue, 8);
  }

  it('are not all those of one namespace, whose issuers do not delay those of others', async () => {
    const many = Array.from({ length: 60 }, (_, index) => issuer('many', index));
    expect(await given([...many, issuer('one', 'pca')])).toEqual([many[0], issuer('one', 'pca'), many[1], many[2]]);
  });

  it('are not all those of silent endpoints, whoever names them', async () => {
    const silent = Array.from({ length: 60 }, (_, index) => issuer(`silent-${index}`, 'pca'));
    for (const key of silent) standing.set(key, 'silent');
    const well = issuer('silent-7', 'well');
    standing.set(well, 'answers');
    expect(await given([...silent, well, clusterIssuer('new')])).toEqual([
      ...silent.slice(0, 3),
      well,
      clusterIssuer('new'),
    ]);
  });

  it('leave two for those that are known to answer', async () => {
    const fresh = Array.from({ length: 60 }, (_, index) => issuer(`new-${index}`, 'pca'));
    const well = [clusterIssuer(1), clusterIssuer(2), clusterIssuer(3)];
    for (const key of well) standing.set(key, 'answers');
    const keys = await given([...fresh, ...well]);
    expect([keys.length, keys.filter((key) => well.includes(key)).length]).toEqual([8, 2]);
  });
});

describe('the workers for requests', () => {
  it('are not all those of the issuers of one namespace, but may be those of an issuer of the cluster', async () => {
    const requestOf = (key: string) => {
      const [issuer, namespace] = key.split(' ');
      return { issuer, metadata: { namespace: namespace ?? '' } };
    };
    const given = async (keys: readonly string[]): Promise<number> => {
      const queue = openQueue('request', parts, sharingOfRequests(8, requestOf));
      for (const key of keys) queue.add(key);
      return (await take(queue, 8)).length;
    };
    const of = (issuer: string) => Array.from({ length: 20 }, (_, index) => `${issuer} shop-${index} ${index}`);
    expect([
      await given(of('AlibabaPCAIssuer/shop/pca')),
      await given(of('AlibabaPCAClusterIssuer//pca')),
      await given([...of('AlibabaPCAIssuer/shop/pca'), 'AlibabaPCAIssuer/one/pca one 1']),
    ]).toEqual([7, 8, 8]);
  });

  it('go round issuers and namespaces', async () => {
    const requests = new Map([
      ['a/1', { issuer: 'x', metadata: { namespace: 'a' } }],
      ['a/2', { issuer: 'x', metadata: { namespace: 'a' } }],
      ['b/1', { issuer: 'x', metadata: { namespace: 'b' } }],
      ['c', { issuer: undefined, metadata: {} }],
    ]);
    const queue = openQueue(
      'request',
      parts,
      sharingOfRequests(64, (key) => requests.get(key)),
    );
    for (const key of [...requests.keys(), 'gone']) queue.add(key);
    expect(await take(queue, 9)).toEqual(['a/1', 'b/1', 'c', 'a/2', 'gone']);
  });
});

it('a namespace has not all workers for revocations', async () => {
  const queue = openQueue('revocation', parts, sharingOfRevocations(2));
  for (const key of ['AlibabaPCAIssuer/a/pca#1', 'AlibabaPCAIssuer/a/other#2', 'AlibabaPCAIssuer/b/pca#3'])
    queue.add(key);

  expect(await take(queue, 2)).toEqual(['AlibabaPCAIssuer/a/pca#1', 'AlibabaPCAIssuer/b/pca#3']);
});

/** What so many workers are given at once. */
async function take(queue: WorkQueue, workers: number): Promise<readonly string[]> {
  const idle = new AbortController();
  const keys = Promise.all(Array.from({ length: workers }, async () => queue.next(idle.signal)));
  idle.abort();
  return (await keys).filter((key) => key !== undefined);
}

describe('a loop', () => {
  /** A loop with one key, after its reconcile has begun. */
  async function started(reconcile: ControllerOptions['reconcile']) {
    const queue = openQueue('test', parts);
    const loop = openLoop(queue, parts, { name: 'test', concurrency: 1, reconcile });
    const stop = new AbortController();
    queue.add('a');
    const ended = loop.run(stop.signal);
    await turn();
    return { queue, loop, stop, ended };
  }

  it('gives a reconcile the time of a call to PCA and a minute', async () => {
    const signals: AbortSignal[] = [];
    const hanging = Promise.withResolvers<ReconcileResult>();
    const { stop, ended } = await started((_key, signal) => {
      signals.push(signal);
      return hanging.promise;
    });
    clock.advance(64_999);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    clock.advance(1);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    hanging.resolve({ kind: 'done' });
    stop.abort();
    await ended;
  });

  it('waits for the calls in flight at its end as long as the options say', async () => {
    const signals: AbortSignal[] = [];
    const hanging = Promise.withResolvers<ReconcileResult>();
    const { stop, ended } = await started((_key, signal) => {
      signals.push(signal);
      signal.addEventListener('abort', () => hanging.resolve({ kind: 'done' }));
      return hanging.promise;
    });
    stop.abort();
    await turn();
    clock.advance(6_999);
    await turn();
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    clock.advance(1);
    await ended;
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it('does nothing while another replica may act, and loses no key', async () => {
    mayAct = false;
    const keys: string[] = [];
    const { stop, ended } = await started(async (key) => {
      keys.push(key);
      return { kind: 'done' };
    });
    expect(keys).toEqual([]);
    mayAct = true;
    clock.advance(1_000);
    await turn();
    expect(keys).toEqual(['a']);
    stop.abort();
    await ended;
  });
});
