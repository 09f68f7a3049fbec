// Two replicas: who issues, how soon the other does, and that never two write.
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { OperatorProcess } from '../../support/operator-process.ts';
import { NotYet, until } from '../../support/wait.ts';
import { World } from '../../support/world.ts';
import { leads, metric, Scene } from './scene.ts';

let world: World;
let first: OperatorProcess;
let second: OperatorProcess;
let scene: Scene;
let started = 0;

beforeAll(async () => {
  world = await World.start({
    operator: false,
    flags: [
      '--retry-base-delay=50ms',
      '--retry-max-delay=1s',
      '--lease-duration=8s',
      '--lease-renew-deadline=6s',
      '--lease-retry-period=1s',
    ],
  });
});
afterAll(async () => world.stop());

/** A leader, and a second replica behind it. */
async function startBoth(flagsOfFirst: readonly string[] = []): Promise<void> {
  started += 1;
  first = await world.startReplica(`first-${started}`, { flags: flagsOfFirst });
  await until('the first to lead', () => leads(first));
  second = await world.startReplica(`second-${started}`);
  scene = await Scene.set(world, 'replicas');
}
afterEach(async () => {
  first.resume();
  await Promise.all([first.kill(), second.kill()]);
});

// Whoever begins to lead asks where the collections of requests stand, one object of each.
const listsToLead = 2;
const lists = (operator: OperatorProcess): Promise<number> =>
  metric(operator, 'rest_client_requests_total', 'method="list"');

it('SIGTERM: the call in flight is awaited and its result written, then the other issues at once, from warm caches', async () => {
  // Nobody here would wait for the end of such a Lease: the second leads because it was given back.
  await startBoth(['--lease-duration=600s', '--lease-renew-deadline=500s']);
  const before = await lists(second);
  await scene.askAndHold('in-flight');
  const ended = first.stop();
  await until('the first to be about to stop', async () =>
    (await first.logs()).includes('Stopping: the operator takes no new requests'),
  );
  scene.release();
  await scene.issued('in-flight');
  await until('the second to lead', () => leads(second));
  await scene.ask('next');
  await scene.issued('next');
  expect({
    end: await ended,
    listsOfSecond: await lists(second),
  }).toEqual({ end: { code: 0, signal: null }, listsOfSecond: before + listsToLead });
  // Whoever writes a result counts it, a moment later: the first did for the call in flight, the second for what came then.
  await until('the second to have counted all but the call in flight', async () => {
    const counted = await metric(second, 'pca_issuer_certificate_requests_total', 'result="issued"');
    const issuances = await world.issuances();
    const paid = issuances.all.filter(({ certificates }) => certificates.length > 0);
    const later = paid.filter(({ request }) => request.name !== scene.request('in-flight').name);
    if (counted !== later.length) throw new NotYet(`it counts ${counted} of these:\n${issuances.toString()}`);
    return true;
  });
  await scene.paidOnce('in-flight', 'next');
});

it('SIGKILL: the other issues when the Lease has run out', async () => {
  await startBoth();
  const before = await lists(second);
  await first.kill();
  await until('the second to lead', () => leads(second));
  await scene.ask('web');
  await scene.issued('web');
  expect(await lists(second)).toBe(before + listsToLead);
  await scene.paidOnce('web');
});

it('paused past its Lease: whoever comes back writes and calls nothing any more', async () => {
  await startBoth();
  await scene.askAndHold('web');
  first.pause();
  scene.release();
  await until('the second to lead', () => leads(second));
  await scene.issued('web');
  await scene.ask('next');
  await scene.issued('next');
  const written = await world.cluster.get(scene.request('web'));
  first.resume();
  expect(await first.ended).toEqual({ code: 1, signal: null });
  expect(await world.cluster.get(scene.request('web'))).toEqual(written);
  await scene.paid('web', 'next');
});
