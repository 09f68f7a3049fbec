// Answers where the asker looks, in its time, with default flags: a refusal is not kept waiting by anything, the issuer tells of it
// when the request is gone, and a lost answer is looked for although its issuer is held.
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { conditionsOf, hasCondition } from '../../support/cluster.ts';
import type { Manifest } from '../../support/cluster.ts';
import { NotYet, until } from '../../support/wait.ts';
import { World } from '../../support/world.ts';
import { certificateIn } from '../at-most-once/asker.ts';
import { requestFor } from '../at-most-once/operations.ts';
import { metric, Scene } from './scene.ts';

const operation = 'CreateCustomCertificate';
const kind = 'CertificateSigningRequest';
const badDuration = { 'experimental.cert-manager.io/request-duration': 'soon' };
let world: World;

beforeAll(async () => {
  world = await World.start({});
});
afterAll(async () => world.stop());
afterEach(() => world.simulator.setFaults({ heldActions: [] }));

/** Asks with approved requests of these names; answers when that was (ms). */
async function ask(
  { namespace }: Scene,
  names: readonly string[],
  annotations: Readonly<Record<string, string>> = {},
): Promise<number> {
  for (const name of names) {
    const { manifest } = await requestFor(operation, { namespace, name, issuer: 'pca', kind });
    await world.cluster.apply({ ...manifest, metadata: { ...manifest.metadata, annotations } });
  }
  await world.cluster.kubectl(['certificate', 'approve', ...names]);
  return Date.now();
}

async function found(name: string): Promise<Manifest | undefined> {
  return world.cluster.get({ apiVersion: 'certificates.k8s.io/v1', kind, name });
}

async function refused(name: string): Promise<string> {
  return until(`${name} to be refused`, async () => {
    const request = await found(name);
    return request && conditionsOf(request).find(({ type }) => type === 'Failed')?.reason;
  });
}

async function served(names: readonly string[]): Promise<void> {
  await until(`${names.length} requests to be served`, async () => {
    const requests = await Promise.all(names.map(found));
    const without = requests.filter((request) => request === undefined || certificateIn(request) === undefined);
    if (without.length > 0) throw new NotYet(`${without.length} are not`);
    return true;
  });
}

it('a refusal waits for no queue and no back-off, and the issuer tells of it when the request is gone', async () => {
  const scene = await Scene.set(world, 'refusals');
  const { namespace } = scene;
  const others = Array.from({ length: 8 }, (_, index) => `${namespace}-held-${index}`);
  world.simulator.setFaults({ heldActions: [operation] });
  await ask(scene, others);
  await scene.called(1);
  const refusals = [1, 2, 3].map((index) => `${namespace}-refused-${index}`);
  const reasons = [];
  for (const name of refusals) {
    const at = await ask(scene, [name], badDuration);
    reasons.push(await refused(name));
    process.stdout.write(`refused ${Date.now() - at} ms after the approval\n`);
    await world.cluster.delete({ apiVersion: 'certificates.k8s.io/v1', kind, name });
  }
  const whileHeld = await Promise.all(others.map(found));
  const retries = await metric(world.operator, 'workqueue_retries_total', 'name="certificatesigningrequest"');
  world.simulator.setFaults({ heldActions: [] });
  await served(others);
  const counted = await metric(
    world.operator,
    'pca_issuer_certificate_requests_refused_total',
    `issuer_namespace="${namespace}"`,
    'reason="InvalidDuration"',
  );
  const events = await until('the event of the issuer', async () => {
    const all = await world.cluster.list({ apiVersion: 'events.k8s.io/v1', kind: 'Event', namespace });
    const told = all.filter(({ reason }) => reason === 'RequestFailed').map(({ note }) => note);
    return told.length > 0 && told;
  });
  expect({
    reasons,
    answeredBefore: whileHeld.filter((request) => request !== undefined && certificateIn(request) !== undefined).length,
    retries,
    counted,
    events,
  }).toEqual({
    reasons: refusals.map(() => 'InvalidDuration'),
    answeredBefore: 0,
    retries: 0,
    counted: 3,
    events: [
      `CertificateSigningRequest "${refusals[0] ?? ''}" failed with InvalidDuration: spec.duration: "soon" is not a duration; write hours, minutes and seconds, such as 2160h or 1h30m.`,
    ],
  });
});

it('lost answers are looked for while their issuer is held, also where its check gets no answer', async () => {
  const scene = await Scene.set(world, 'lost');
  // So many without an answer hold an endpoint.
  const names = Array.from({ length: 5 }, (_, index) => `${scene.namespace}-${index}`);
  world.simulator.setFaults({ cutAfterIssuing: names.length, heldActions: ['DescribeCACertificate'] });
  const at = await ask(scene, names);
  await served(names);
  process.stdout.write(`served ${Date.now() - at} ms after the approval\n`);
  const issuer = await world.cluster.get(scene.issuer);
  expect({
    calls: scene.calls(),
    certificates: world.simulator.issued().length,
    isReady: issuer !== undefined && hasCondition(issuer, { type: 'Ready', status: 'True' }),
  }).toEqual({ calls: names.length, certificates: names.length, isReady: false });
});
