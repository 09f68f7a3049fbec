// cert-manager that sees its Secrets late asks again at once for what it has just been given. That is not paid for; what the
// Certificate needs, or somebody asks for, is.
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { conditionsOf } from '../../support/cluster.ts';
import type { ObjectReference } from '../../support/cluster.ts';
import type { PaidCertificate } from '../../support/issuances.ts';
import { isIssued } from '../../support/renewal.ts';
import { NotYet, until } from '../../support/wait.ts';
import { World } from '../../support/world.ts';
import { randomFrom, seed } from '../at-most-once/seed.ts';
import { startLateCertManager } from './late-cert-manager.ts';
import type { LateCertManager } from './late-cert-manager.ts';
import { Scene } from './scene.ts';

let world: World;
let certManager: LateCertManager;
let scene: Scene;
// So long nothing further is paid, whatever cert-manager says, less the second to which dates of certificates are rounded. On a
// starved machine it may not say Ready by then, and the next one is paid.
const heldMs = 4_000;
const mostAsked = 15;

beforeAll(async () => {
  world = await World.start({});
  certManager = await startLateCertManager(world.controlPlane);
});
afterAll(async () => {
  await world.stop();
  await certManager.stop();
});

const reference = (name: string): ObjectReference => ({ ...scene.request(name), kind: 'Certificate', name });
const begin = ({ pem }: PaidCertificate): number => new X509Certificate(pem).validFromDate.getTime();

/** How the Certificate has come to rest: nothing is under way, or its further request is held, as it is Ready or in a loop. */
async function rest(name: string): Promise<'issued' | 'held' | 'looping'> {
  return until(`${name} to come to rest`, async () => {
    const certificate = await world.cluster.get(reference(name));
    if (certificate !== undefined && isIssued(certificate)) return 'issued';
    const { revision = 0 } = (certificate?.['status'] ?? {}) as { readonly revision?: number };
    const further = await world.cluster.get({ ...scene.request(name), name: `${name}-${revision + 1}` });
    const told = further === undefined ? [] : conditionsOf(further).map(({ message = '' }) => message);
    if (revision > 0 && told.some((message) => /^Held: .* says that it is Ready/.test(message))) return 'held';
    if (told.some((message) => /^Held: .* looks like a loop/.test(message))) return 'looping';
    throw new NotYet({ status: certificate?.['status'], told });
  });
}

/** How many certificates were paid for it, and how many of them so soon after the one before that they should not have been. */
async function paid(name: string): Promise<{ readonly early: number; readonly all: number }> {
  const requests = (await world.issuances()).of(scene.namespace, name);
  const begins = requests.flatMap(({ certificates }) => certificates.map(begin)).toSorted((a, b) => a - b);
  const due = begins.filter((at, index) => index === 0 || at - (begins[index - 1] ?? 0) >= heldMs);
  return { early: begins.length - due.length, all: begins.length };
}

it(`a late view of Secrets costs nothing (seed ${seed})`, async () => {
  certManager.delay('secrets', { lowMs: 20, highMs: 80, random: randomFrom(seed) });
  scene = await Scene.set(world, 'late');
  const asked: string[] = [];
  const held: string[] = [];
  // Whether cert-manager asks again is a race, so it is run until it has done so twice.
  while (held.length < 2 && asked.length < mostAsked) {
    const names = ['first', 'second', 'third'].map((name) => `${name}-${asked.length}`);
    asked.push(...names);
    await scene.ask(...names);
    const rests = await Promise.all(names.map(async (name) => [name, await rest(name)] as const));
    held.push(...rests.filter(([, how]) => how === 'held').map(([name]) => name));
  }
  const counts = await Promise.all(asked.map(async (name) => (await paid(name)).early));
  expect(counts).toEqual(asked.map(() => 0));

  certManager.catchUp();
  const [wanted = '', broken = ''] = held;
  const before = [(await paid(wanted)).all, (await paid(broken)).all];
  // As `cmctl renew` does, whatever is under way.
  const { metadata, ...present } = (await world.cluster.get(reference(wanted))) ?? { metadata: { name: wanted } };
  const conditions = conditionsOf({ ...present, metadata } as never).map((each) =>
    each.type === 'Issuing' ? { ...each, reason: 'ManuallyTriggered' } : each,
  );
  await world.cluster.patch(reference(wanted), { status: { conditions } }, 'status');
  await world.cluster.delete({ apiVersion: 'v1', kind: 'Secret', namespace: scene.namespace, name: broken });
  await until('both to be issued anew', async () => {
    const both = await Promise.all([wanted, broken].map(async (name) => world.cluster.get(reference(name))));
    if (!both.every((each) => each !== undefined && isIssued(each)))
      throw new NotYet(both.map((each) => each?.['status']));
    return true;
  });
  expect([(await paid(wanted)).all, (await paid(broken)).all]).toEqual(before.map((count) => count + 1));
});
