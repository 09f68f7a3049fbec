// docs/administration.md on a real API server: every block of it, in order, as a user runs it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readManifests, reference } from '../../support/cluster.ts';
import { X509Certificate } from '../../support/certificates.ts';
import { PageShell } from '../../support/page-shell.ts';
import { blocksOf, commandsOf, judge } from '../../support/pages.ts';
import { renew } from '../../support/renewal.ts';
import { NotYet, until } from '../../support/wait.ts';
import { certificate, World } from '../../support/world.ts';
import { Shop } from './shop.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const page = await readFile(join(root, 'docs/administration.md'), 'utf8');
const blocks = blocksOf(page).filter(({ language }) => language === 'sh');
const isElsewhere = (index: number): boolean => judge(commandsOf(blocks[index]!).join('\n')) === 'elsewhere';
const subordinate = { algorithm: 'ECC_256', kind: 'SUB_ROOT' } as const;
const ofRoot = { algorithm: 'ECC_256', kind: 'ROOT' } as const;
const names = ['web', 'api', 'old'];

let world: World;
let shop: Shop;
let shell: PageShell;

beforeAll(async () => {
  const authorities = [
    { identifier: 'root-one', ...ofRoot },
    { identifier: 'root-two', ...ofRoot },
    { identifier: 'sim-sub-ecc-p256', parent: 'root-one', ...subordinate },
    { identifier: 'NEW_CA', parent: 'root-two', ...subordinate },
  ];
  world = await World.start({ simulator: { authorities } });
  shop = await Shop.open(world, 'shop', names);
  shell = await PageShell.open(join(world.controlPlane.directory, 'page'), world.cluster.kubeconfig, {
    kubectl: world.controlPlane.kubectlPath,
  });
});
afterAll(async () => world?.stop());

/** Runs the block that begins like this, in the namespace of this test. */
async function run(begin: string): Promise<string> {
  const block = blocks.find(({ text }) => text.startsWith(begin));
  if (block === undefined) throw new Error(`The page has no block that begins with "${begin}".`);
  const { code, output } = await shell.run(block.text.replaceAll('-n shop', `-n ${shop.namespace}`));
  if (code !== 0) throw new Error(`${begin}… failed: ${output}`);
  return output;
}

/** The subjects of issuer and root in the Secret of a Certificate. */
async function chainOf(name: string): Promise<{ readonly issuer: string; readonly root: string }> {
  const secret = await world.cluster.get(shop.reference('Secret', name));
  const data = (secret?.['data'] ?? {}) as Readonly<Record<string, string>>;
  const [leaf, ca] = ['tls.crt', 'ca.crt'].map(
    (key) => new X509Certificate(Buffer.from(data[key] ?? '', 'base64').toString()),
  );
  return { issuer: leaf?.issuer ?? '', root: ca?.subject ?? '' };
}

test('every block is run below, or names what it runs rightly', () => {
  const begins = blocks.map(({ text }, index) => [text.split(' ').slice(0, 3).join(' '), isElsewhere(index)]);
  expect(begins).toEqual([
    ['velero backup create', true],
    ['kubectl get alibabapcaissuers', false],
    ['velero restore create', true],
    ['for kind in', false],
    ['kubectl get events', false],
    ['kubectl get certificaterequests', false],
    ['kubectl scale deployment', false],
    ['kubectl delete certificaterequests', false],
    ['kubectl patch alibabapcaissuer', false],
    ['cmctl renew --all', true],
  ]);
});

test('what was backed up is restored without a certificate', async () => {
  const backup = await shop.backUp();
  await run('kubectl get alibabapcaissuers');
  await shop.lose(backup);
  world.simulator.reset();
  await run('for kind in');
  await shop.allIssued(names);
  expect(world.simulator.issued()).toEqual([]);

  await shop.restore(backup.CertificateRequest);
  await until('the requests to be held', async () => {
    const told = [...(await shop.messages()).values()];
    if (!told.every((message) => message.startsWith('Held: '))) throw new NotYet(told);
    return told.length === names.length;
  });
  await until('the events to be there', async () => {
    const events = await run('kubectl get events');
    const missing = names.filter((name) => !events.includes(`certificaterequest/${name}-1`));
    if (missing.length > 0) throw new NotYet(events);
    return true;
  });
  await world.cluster.apply(certificate(shop.namespace, 'new'));
  await shop.allIssued(['new']);
  await run('kubectl get certificaterequests');
  expect([[...(await shop.messages()).keys()], world.simulator.issued().length]).toEqual([['new-1'], 1]);
});

test('a CA is rotated: calls under way end at the old one, and each Certificate changes at its own renewal', async () => {
  world.simulator.reset();
  const old = await chainOf('web');
  world.simulator.setFaults({ heldActions: ['CreateCustomCertificate'] });
  await renew(world.cluster, { namespace: shop.namespace, name: 'web' });
  await until('the call to be under way', () =>
    world.simulator.calls().some(({ action }) => action === 'CreateCustomCertificate'),
  );
  await run('kubectl patch alibabapcaissuer');
  world.simulator.setFaults({ heldActions: [] });
  await shop.allIssued(names);
  const underWay = await chainOf('web');
  await shop.renewAll(['api']);
  const renewed = await chainOf('api');
  expect({
    underWay,
    untouched: await chainOf('old'),
    isNewRoot: renewed.root !== old.root,
    paid: world.simulator.issued().map(({ parentIdentifier }) => parentIdentifier),
  }).toEqual({ underWay: old, untouched: old, isNewRoot: true, paid: ['sim-sub-ecc-p256', 'NEW_CA'] });
});

test('a clone answers no request of the original, and issues from the CA that it was given', async () => {
  await world.operator.stop();
  const manifests = readManifests(await readFile(join(root, 'deploy/install.yaml'), 'utf8'));
  const deployment = manifests.find(({ kind }) => kind === 'Deployment');
  if (deployment === undefined) throw new Error('There is no Deployment.');
  await world.cluster.apply(deployment);
  await world.cluster.apply(certificate(shop.namespace, 'open'));
  const open = shop.reference('CertificateRequest', 'open-1');
  const original = await world.cluster.waitForCondition(open, { type: 'Approved', status: 'True' });
  world.simulator.reset();

  await run('kubectl scale deployment');
  await run('kubectl delete certificaterequests');
  const own = { spec: { parentIdentifier: 'sim-sub-ecc-p256' } };
  await world.cluster.patch(shop.reference('AlibabaPCAIssuer', 'pca'), own);
  await world.startOperator();
  await shop.allIssued(['open']);
  const [scaled, made] = [await world.cluster.get(reference(deployment)), await world.cluster.get(open)];
  expect({
    replicas: (scaled?.['spec'] as { readonly replicas?: number } | undefined)?.replicas,
    isAnother: made?.metadata.uid !== original.metadata.uid,
    paid: world.simulator.issued().map(({ parentIdentifier }) => parentIdentifier),
  }).toEqual({ replicas: 0, isAnother: true, paid: ['sim-sub-ecc-p256'] });
});
