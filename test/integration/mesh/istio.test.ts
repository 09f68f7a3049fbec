// Istio's own control plane and agents with certificates of this issuer, in each of the ways that the guide describes. One of
// them, drawn by SEED, in an everyday run; all of them with TEST_FULL=1.
import { X509Certificate } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { reference } from '../../support/cluster.ts';
import type { ObjectReference } from '../../support/cluster.ts';
import { IstioAgent, publishedRoot } from '../../support/neighbours/istio/agent.ts';
import type { Identity } from '../../support/neighbours/istio/agent.ts';
import { prepareIstio } from '../../support/neighbours/istio/chart.ts';
import { handshake } from '../../support/neighbours/istio/handshake.ts';
import { Istiod } from '../../support/neighbours/istio/istiod.ts';
import type { IstiodSettings } from '../../support/neighbours/istio/istiod.ts';
import { applyDocumented, documentedValues, istioNamespace } from '../../support/neighbours/istio/manifests.ts';
import { buildMs, neighbourProgram } from '../../support/neighbours/program.ts';
import { knownResult } from '../../support/neighbours/results.ts';
import type { MeshForm, MeshResult } from '../../support/neighbours/results.ts';
import { certificateSecret, trustedRoots } from '../../support/neighbours/roots.ts';
import { isTested, largeNeighbours } from '../../support/neighbours/turn.ts';
import { renew } from '../../support/renewal.ts';
import { sampleOf } from '../../support/sample.ts';
import { NotYet, until } from '../../support/wait.ts';
import { certificate, World } from '../../support/world.ts';
import { certificatesOf } from '../conformance/validations.ts';

const isFull = process.env['TEST_FULL'] === '1';
const hasIstio = await isTested('istio');
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const ready = { type: 'Ready', status: 'True' };
const idElsewhere = 'spiffe://elsewhere.example/ns/shop/sa/store';
const spiffe = (account: string): string => `spiffe://cluster.local/ns/${namespace}/sa/${account}`;
const authority = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', namespace: istioNamespace, name: 'cacerts' };

const scenarios: readonly { readonly name: string; readonly run: () => Promise<void> }[] = [
  {
    name: 'istiod is a registration authority for a cluster issuer',
    run: async () => registrationAuthority({ files: 'istio-ra', parent: 'sim-sub-rsa-2048', settings: { name: 'ra' } }),
  },
  {
    name: 'istiod is a registration authority for an issuer of its namespace',
    run: async () =>
      registrationAuthority({
        files: 'istio-ra-namespaced',
        parent: 'sim-sub-rsa-2048',
        settings: { name: 'namespaced' },
      }),
  },
  {
    name: 'istiod is a registration authority and all keys are on elliptic curves',
    run: async () =>
      registrationAuthority({
        files: 'istio-ra-ecc',
        parent: 'sim-sub-ecc-p256',
        settings: { name: 'ecc', mounts: { 'istiod-tls': 'var/run/secrets/istiod/tls' } },
      }),
  },
  { name: 'istiod is a CA below PCA', run: intermediateAuthority },
];

let world: World;
let namespace: string;
const stops: (() => Promise<void>)[] = [];

beforeAll(
  async () => {
    if (!hasIstio) return;
    for (const program of largeNeighbours.istio) await neighbourProgram(program);
    world = await World.start({});
    await prepareIstio(world);
  },
  2 * buildMs + 300_000,
);
afterAll(async () => world?.stop());
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

const drawn = sampleOf(scenarios, 1, seed).map(({ name, run }) => [name, run] as const);

it.runIf(hasIstio).each(drawn)(`%s${isFull ? '' : ` (SEED=${seed})`}`, async (_, run) => {
  world.simulator.reset();
  namespace = await world.cluster.createNamespace('shop');
  await world.cluster.apply(
    ['web', 'store', 'stranger'].map((name) => ({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name, namespace },
    })),
  );
  await run();
});

/** istiod has each certificate made by this issuer. */
async function registrationAuthority(form: {
  readonly files: MeshForm;
  readonly parent: string;
  readonly settings: Omit<IstiodSettings, 'values'>;
}): Promise<void> {
  const issuer = await applyReady(`${form.files}-issuer.yaml`, form.parent);
  const rootPem = await trustedRoots(world.cluster, issuer);
  const istiod = await startIstiod({
    ...form.settings,
    values: await documentedValues(`${form.files}-values.yaml`, rootPem),
  });
  const elsewhere = await identityElsewhere(form.files, issuer, form.parent);
  expect([rootPem, await publishedRoot(world, namespace), elsewhere.root]).toEqual(
    Array.from({ length: 3 }, () => world.simulator.rootPem(form.parent)),
  );

  const { web, store } = await twoWorkloads(istiod);
  const first = { web: await web.identity(), store: await store.identity() };
  expect(factsOf(first.web)).toEqual({
    names: `URI:${spiffe('web')}`,
    key: form.parent.includes('rsa') ? 'rsa' : 'ec',
    seconds: 600,
    issuedByPca: true,
    reachesRoot: true,
    root: rootPem.trim(),
  });
  const second = { web: await web.identity(first.web), store: await store.identity(first.store) };
  const peers = await protocolOf(first, second);
  expect(
    await handshake(
      { identity: second.web, expects: spiffe('stranger') },
      { identity: second.store, expects: spiffe('web') },
    ),
  ).toEqual({ refused: `the server: URI:${spiffe('store')} instead of ${spiffe('stranger')}` });
  expect(
    await handshake(
      { identity: second.web, expects: spiffe('store') },
      { identity: elsewhere, expects: spiffe('web') },
    ),
  ).toEqual({ refused: `the server: URI:${idElsewhere} instead of ${spiffe('store')}` });
  expect(
    await handshake(
      { identity: elsewhere, expects: spiffe('store') },
      { identity: second.store, expects: spiffe('web') },
    ),
  ).toEqual({ refused: `the client: URI:${idElsewhere} instead of ${spiffe('web')}` });
  await expectForeignRefused(istiod);
  expect((await world.issuances()).faults()).toEqual([]);
  expectKnown(form.files, { result: 'issued', signedBy: 'PCA', peers });
}

/** istiod issues by itself, below a CA certificate of PCA's, which is renewed meanwhile. */
async function intermediateAuthority(): Promise<void> {
  const parent = 'sim-sub-ecc-issuing-cas';
  const issuer = await applyReady('istio-ca.yaml', parent);
  const rootPem = await trustedRoots(world.cluster, issuer);
  const istiod = await startIstiod({ name: 'ca', values: {}, mounts: { cacerts: 'etc/cacerts' } });
  const { pid } = istiod;
  const { 'ca.crt': root } = await certificateSecret(world.cluster, istioNamespace, 'cacerts');
  expect([rootPem, await publishedRoot(world, namespace), root]).toEqual(
    Array.from({ length: 3 }, () => world.simulator.rootPem(parent)),
  );

  const { web, store } = await twoWorkloads(istiod);
  const first = { web: await web.identity(), store: await store.identity() };
  const [, firstCA] = certificatesOf(first.web.chain);
  const revision = await renew(world.cluster, authority);
  await world.cluster.waitFor(
    authority,
    `revision ${revision}`,
    ({ status }) => (status as { readonly revision?: number } | undefined)?.revision === revision,
  );
  await istiod.refreshMounts();
  const second = {
    web: await identityBelowAnother(web, firstCA?.serialNumber),
    store: await identityBelowAnother(store, firstCA?.serialNumber),
  };
  expect([first.web, second.web].map(factsOf)).toEqual(
    Array.from({ length: 2 }, () => ({
      names: `URI:${spiffe('web')}`,
      key: 'rsa',
      // istiod dates its own certificates two minutes back.
      seconds: 720,
      issuedByPca: false,
      reachesRoot: true,
      root: rootPem.trim(),
    })),
  );
  const peers = await protocolOf(first, second);
  expect({ pid: istiod.pid, paid: world.simulator.issued().length }).toEqual({ pid, paid: 2 });
  expectKnown('istio-intermediate', { result: 'issued', signedBy: 'istiod', peers });
}

function expectKnown(form: MeshForm, seen: MeshResult): void {
  expect(seen).toEqual(knownResult(form, seen));
}

/** Applies a file until all of it is ready, and answers its issuer. */
async function applyReady(file: string, parent: string): Promise<ObjectReference> {
  const applied = await applyDocumented(world, file, parent);
  for (const each of applied.filter(({ kind }) => kind.startsWith('AlibabaPCA') || kind === 'Certificate'))
    await world.cluster.waitForCondition(reference(each), ready);
  const issuer = applied.find(({ kind }) => kind.startsWith('AlibabaPCA'));
  if (issuer === undefined) throw new Error(`${file} has no issuer.`);
  return reference(issuer);
}

/** A workload of another trust domain, to whom the same issuer has given a certificate. */
async function identityElsewhere(form: string, { kind, name }: ObjectReference, parent: string): Promise<Identity> {
  const secretName = `elsewhere-${form}`;
  const wanted = certificate(istioNamespace, secretName, {
    dnsNames: undefined,
    uris: [idElsewhere],
    usages: ['digital signature', 'key encipherment', 'server auth', 'client auth'],
    privateKey: parent.includes('rsa') ? { algorithm: 'RSA', size: 2048 } : { algorithm: 'ECDSA', size: 256 },
    issuerRef: { group: 'pca.alibabacloud.com', kind, name },
  });
  await world.cluster.apply([wanted]);
  await world.cluster.waitForCondition(reference(wanted), ready);
  const {
    'tls.crt': chain,
    'tls.key': key,
    'ca.crt': root,
  } = await certificateSecret(world.cluster, istioNamespace, secretName);
  return { chain, key, root, leaf: new X509Certificate(chain) };
}

async function startIstiod(settings: IstiodSettings): Promise<Istiod> {
  const istiod = await Istiod.start(world, settings);
  stops.push(async () => istiod.stop());
  return istiod;
}

async function startAgent(
  istiod: Istiod,
  serviceAccount: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<IstioAgent> {
  const agent = await IstioAgent.launch(world, { namespace, serviceAccount, istiod, environment });
  stops.push(async () => agent.kill());
  return agent;
}

async function twoWorkloads(istiod: Istiod): Promise<{ readonly web: IstioAgent; readonly store: IstioAgent }> {
  const [web, store] = await Promise.all([startAgent(istiod, 'web'), startAgent(istiod, 'store')]);
  return { web, store };
}

/** Whoever claims to be of another trust domain than the token says gets nothing, and nothing is paid for. */
async function expectForeignRefused(istiod: Istiod): Promise<void> {
  const stranger = await startAgent(istiod, 'stranger', { TRUST_DOMAIN: 'elsewhere.example' });
  await until('the stranger to be refused', async () => {
    const logs = await stranger.logs();
    if (!/InvalidArgument/.test(logs)) throw new NotYet(logs.slice(-1_000));
    return true;
  });
  await stranger.kill();
  expect(
    world.simulator
      .issued()
      .filter(({ pem }) => certificatesOf(pem).some((each) => each.subjectAltName?.includes('stranger') === true)),
  ).toEqual([]);
  expectKnown('istio-other-domain', { result: 'refused by istiod, no call' });
}

async function identityBelowAnother(agent: IstioAgent, serialNumber: string | undefined): Promise<Identity> {
  return until('a certificate below the new CA', async () => {
    const identity = await agent.identity();
    if (certificatesOf(identity.chain)[1]?.serialNumber === serialNumber) throw new NotYet('the CA before');
    return identity;
  });
}

type Pair = Readonly<Record<'web' | 'store', Identity>>;

/** What they speak in every combination of old and new certificates, as they meet while two workloads renew. */
async function protocolOf(first: Pair, second: Pair): Promise<string> {
  const pairs = [first, second].flatMap(({ web }) => [first, second].map(({ store }) => ({ web, store })));
  const seen = await Promise.all(
    pairs.flatMap(({ web, store }) => [
      handshake({ identity: web, expects: spiffe('store') }, { identity: store, expects: spiffe('web') }),
      handshake({ identity: store, expects: spiffe('web') }, { identity: web, expects: spiffe('store') }),
    ]),
  );
  expect(seen).toEqual(Array.from({ length: 8 }, () => ({ protocol: 'TLSv1.3' })));
  return 'TLS 1.3, before, while and after they renewed';
}

function factsOf({ leaf, chain, root }: Identity): object {
  const issued = new Set(world.simulator.issued().map(({ serialNumber }) => serialNumber.toUpperCase()));
  // With the root last or without it, as Istio has it.
  const [, ...above] = certificatesOf(chain);
  const path = [leaf, ...above.filter(({ subject, issuer }) => subject !== issuer), ...certificatesOf(root)];
  return {
    names: leaf.subjectAltName,
    key: leaf.publicKey.asymmetricKeyType,
    seconds: (leaf.validToDate.getTime() - leaf.validFromDate.getTime()) / 1_000,
    issuedByPca: issued.has(leaf.serialNumber),
    reachesRoot: path.every((each, index) => each.verify((path[index + 1] ?? each).publicKey)),
    // Where istiod writes it without its last line end, it is the same.
    root: root.trim(),
  };
}
