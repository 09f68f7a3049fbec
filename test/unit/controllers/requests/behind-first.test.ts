// A thousand requests wait while one goes first after a fault of their issuer: what that costs, and that nobody is forgotten.
import { expect, test } from 'vitest';
import type { Issued } from '../../../../src/authority/certificate-authority.ts';
import { Controller } from '../../../../src/kubernetes/controller.ts';
import { WorkQueue } from '../../../../src/kubernetes/work-queue.ts';
import { failed } from '../../../support/fake-authority.ts';
import { web } from '../characterization/material.ts';
import { Rig } from './rig.ts';

const workers = 64;
const owner = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', uid: 'c' };
const names = Array.from({ length: 1_000 }, (_, index) => `many-${index}`);

/** Lets what is ready go on, until nothing is. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 300; turns += 1) await new Promise((resolve) => setImmediate(resolve));
}

test('they are hardly read meanwhile, and the next goes when the first ends without certificate', async () => {
  const reads: string[] = [];
  const first = Promise.withResolvers<Issued>();
  const second = Promise.withResolvers<Issued>();
  const rig = new Rig({
    requests: names.map((name) => web({ metadata: { uid: name, ownerReferences: [{ ...owner, name }] } }, name)),
    pca: { issue: [async () => first.promise, async () => second.promise] },
    onReach: (place, uid) => void (place === 'read' && reads.push(uid)),
  });
  const { clock, readyIssuers, authority } = rig;
  const queue = new WorkQueue({ baseDelayMs: 1_000, maxDelayMs: 300_000, clock });
  const wakeAll = (): void => {
    for (const name of names) queue.add(`shop/${name}`);
  };
  rig.recoverFromFault();
  readyIssuers.onChange(wakeAll);
  readyIssuers.onTurn((request) => {
    queue.add(request);
    return true;
  });
  const loop = new Controller({
    name: 'test',
    queue,
    concurrency: workers,
    deadlineMs: 300_000,
    drainMs: 1_000,
    reconcile: async (key) => rig.reconcile(key.split('/')[1]),
    mayAct: () => true,
    clock,
  });
  const stop = new AbortController();
  const ended = loop.run(stop.signal);
  wakeAll();
  await settled();
  for (let second = 0; second < 50; second += 1) {
    clock.advance(1_000);
    await settled();
  }
  const whileFirst = { reads: reads.length <= 2 * workers, asked: authority.asked.length };
  first.resolve(failed('Transient'));
  await settled();
  expect([whileFirst, authority.asked.length, reads.length <= 3 * workers]).toEqual([
    { reads: true, asked: 1 },
    2,
    true,
  ]);
  second.resolve(failed('Transient'));
  stop.abort();
  await settled();
  await ended;
});
