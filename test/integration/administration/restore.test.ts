// The drill: 10 Certificates with 30 old requests are lost and come back from a backup, in the orders in which tools restore.
// Nothing is paid for that no Secret holds. One order usually; every one with TEST_FULL=1.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Manifest } from '../../support/cluster.ts';
import { NotYet, until } from '../../support/wait.ts';
import { certificate, World } from '../../support/world.ts';
import { Shop } from './shop.ts';
import type { Backup } from './shop.ts';

const isFull = process.env['TEST_FULL'] === '1';
const names = Array.from({ length: 10 }, (_, n) => `web${n}`);
// It is in the backup and not restored: its requests come back without it.
const restoredNames = names.slice(1);

let world: World;
beforeAll(async () => {
  world = await World.start({});
});
afterAll(async () => world?.stop());

interface Order {
  readonly name: string;
  readonly restore: (shop: Shop, backup: Backup) => Promise<void>;
  /** Whether the requests stay until somebody deletes them. */
  readonly areHeld: boolean;
  /** Whether cert-manager then asks anew for certificates that the Secrets have. */
  readonly asksAnew: boolean;
}

const isRestored = ({ metadata }: Manifest): boolean => restoredNames.includes(metadata.name);

const orders: readonly Order[] = [
  {
    name: 'in the order of Velero: Secrets, issuers, requests, Certificates',
    restore: async (shop, backup) => {
      await shop.restore([...backup.Secret, ...backup.AlibabaPCAIssuer, ...backup.CertificateRequest]);
      await shop.restore(backup.Certificate.filter(isRestored));
    },
    areHeld: true,
    asksAnew: false,
  },
  {
    name: 'requests first and Secrets last, so that cert-manager asks for each certificate anew',
    restore: async (shop, backup) => {
      await shop.restore([...backup.AlibabaPCAIssuer, ...backup.CertificateRequest]);
      await shop.restore(backup.Secret.filter(({ metadata }) => metadata.name === 'access-key'));
      await shop.restore(backup.Certificate.filter(isRestored));
      await allAskedAnew(shop);
      await shop.restore(backup.Secret.filter(({ metadata }) => metadata.name !== 'access-key'));
    },
    areHeld: true,
    asksAnew: true,
  },
  {
    name: 'with kubectl, and the UIDs of the lost owners',
    restore: async (shop, backup) => {
      await shop.kubectlApply([...backup.Secret, ...backup.AlibabaPCAIssuer, ...backup.CertificateRequest]);
      await shop.kubectlApply(backup.Certificate.filter(isRestored));
    },
    areHeld: false,
    asksAnew: false,
  },
  {
    name: 'without the requests',
    restore: async (shop, backup) => {
      await shop.restore([...backup.Secret, ...backup.AlibabaPCAIssuer]);
      await shop.restore(backup.Certificate.filter(isRestored));
    },
    areHeld: false,
    asksAnew: false,
  },
];

/** cert-manager has found no Secrets, and wants to issue. */
async function allAskedAnew(shop: Shop): Promise<void> {
  await until('cert-manager to ask anew', async () => {
    const secrets = (await shop.list('Secret')).map(
      ({ metadata }) => metadata.labels?.['cert-manager.io/next-private-key'],
    );
    const asked = secrets.filter((label) => label === 'true').length;
    if (asked < restoredNames.length) throw new NotYet(`${asked} keys`);
    return true;
  });
}

function heldMessage(shop: Shop, request: string): string {
  const { namespace } = shop;
  const owner = request.replace(/-\d+$/, '');
  return `Held: this request was restored or copied without Certificate "${namespace}/${owner}", which is not among its ownerReferences. Nobody would use a certificate for it, so none is bought. Delete it: kubectl delete certificaterequest ${request} -n ${namespace}. As long as it exists, cert-manager cannot make a request of this name.`;
}

/** Every one of these requests says why it waits, or that it does not. */
async function allTold(shop: Shop, requests: readonly string[]): Promise<void> {
  await until('every old request to be answered', async () => {
    const told = await shop.messages();
    const silent = requests.filter((name) => (told.get(name) ?? '') === '');
    if (silent.length > 0) throw new NotYet(`silent: ${silent.join(', ')}`);
    return true;
  });
}

/** cert-manager has asked anew for these Certificates, and nothing is paid for what their Secrets have. */
async function allContent(shop: Shop, names: readonly string[]): Promise<void> {
  await until('each request for a Certificate that is Ready to be held', async () => {
    const held = [...(await shop.messages()).values()].filter((message) =>
      message.includes('and cert-manager says that it is Ready and not to be renewed yet, so nothing is paid'),
    );
    if (held.length < names.length) throw new NotYet(`${held.length} are held`);
    return true;
  });
}

/** The garbage collector has taken those whose owner never comes back. */
async function allGone(shop: Shop, requests: readonly string[]): Promise<void> {
  await until('the old requests to be gone', async () => {
    const left = await shop.messages();
    return requests.every((name) => !left.has(name));
  });
}

/** Another Certificate gets its own while the restored requests are there: they keep nobody waiting. */
async function issueAnother(shop: Shop, name: string): Promise<void> {
  await world.cluster.apply(certificate(shop.namespace, name));
  await shop.allIssued([name]);
}

describe.each(isFull ? orders : orders.slice(0, 1))('restored $name', ({ restore, areHeld, asksAnew }) => {
  test('no certificate is paid for that no Secret needs, and all Certificates are ready in the end', async () => {
    const shop = await Shop.open(world, 'restore', names, 3);
    const backup = await shop.backUp();
    const old = backup.CertificateRequest.map(({ metadata }) => metadata.name);
    await shop.lose(backup);
    world.simulator.reset();

    await restore(shop, backup);
    await (areHeld ? allTold(shop, old) : allGone(shop, old));
    await issueAnother(shop, 'another');
    const expected = areHeld ? old.map((name) => [name, heldMessage(shop, name)]) : [];
    const told = [...(await shop.messages())].filter(([name]) => old.includes(name));
    expect({
      areEnough: old.length >= 30,
      paid: await shop.paid('another'),
      told: Object.fromEntries(told),
    }).toEqual({
      areEnough: true,
      paid: { all: 0, used: 0 },
      told: Object.fromEntries(expected) as unknown,
    });

    // As the message says.
    for (const name of areHeld ? old : []) await world.cluster.delete(shop.reference('CertificateRequest', name));
    await (asksAnew ? allContent(shop, restoredNames) : shop.allIssued(restoredNames));
    expect(await shop.paid('another')).toEqual({ all: 0, used: 0 });

    // cert-manager can make requests of these names again.
    world.simulator.reset();
    await shop.renewAll(restoredNames.slice(0, 2), { underWay: asksAnew });
    expect((await shop.paid()).used).toBe(2);
  });
});

test.runIf(isFull)(
  'old requests that come back beside their Certificate are held, and the next one is issued',
  async () => {
    const shop = await Shop.open(world, 'revisions', ['web'], 3);
    const { CertificateRequest } = await shop.backUp();
    const old = CertificateRequest.filter(({ metadata }) => ['web-1', 'web-2'].includes(metadata.name));
    for (const { metadata } of old) await world.cluster.delete(shop.reference('CertificateRequest', metadata.name));
    world.simulator.reset();
    await shop.kubectlApply(old);
    await allTold(
      shop,
      old.map(({ metadata }) => metadata.name),
    );
    await shop.renewAll(['web']);
    const held = (revision: number): string =>
      `Held: this request is for revision ${revision} of Certificate "${shop.namespace}/web", which has had that revision: it was restored from a backup. Nobody would use a certificate for it, so none is bought. Delete it: kubectl delete certificaterequest web-${revision} -n ${shop.namespace}.`;
    const told = await shop.messages();
    expect({ paid: (await shop.paid()).used, told: ['web-1', 'web-2'].map((name) => told.get(name)) }).toEqual({
      paid: 1,
      told: [held(1), held(2)],
    });
  },
);
