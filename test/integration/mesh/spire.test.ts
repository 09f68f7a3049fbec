// The real SPIRE with a CA of PCA: its server asks cert-manager, its agent attests workloads, and these speak mutual TLS.
// The manifests are those of docs/mesh/spire.md.
import { X509Certificate } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { conditionsOf, reference } from '../../support/cluster.ts';
import type { Manifest } from '../../support/cluster.ts';
import { buildMs, neighbourProgram } from '../../support/neighbours/program.ts';
import { knownResult } from '../../support/neighbours/results.ts';
import type { MeshForm, MeshResult } from '../../support/neighbours/results.ts';
import { certificateSecret, trustedRoots } from '../../support/neighbours/roots.ts';
import {
  serverConfiguration,
  spireIssuer,
  spireServerAccount,
  spireServerObjects,
} from '../../support/neighbours/spire/manifests.ts';
import { spirePrograms } from '../../support/neighbours/spire/programs.ts';
import { handshakesOf, SpireAgent } from '../../support/neighbours/spire/spire-agent.ts';
import { SpireServer } from '../../support/neighbours/spire/spire-server.ts';
import { isTested } from '../../support/neighbours/turn.ts';
import { until } from '../../support/wait.ts';
import { certificate, issuerApiVersion, secret, World } from '../../support/world.ts';
import { metric } from '../faults/scene.ts';

const bought = ['cas_deposit-cn-sim0001', 'cas_deposit-cn-sim0002', 'cas_deposit-cn-sim0003'];
const [first = '', second = '', third = ''] = bought;
const spire = { apiVersion: issuerApiVersion, kind: 'AlibabaPCAClusterIssuer', name: 'spire' };
let world: World;
let kubeconfig: string;

const hasSpire = await isTested('spire');

beforeAll(async () => {
  if (!hasSpire) return;
  await Promise.all(spirePrograms.map(async (program) => neighbourProgram(program)));
  world = await World.start({ flags: ['--retry-max-delay=2s'], simulator: { instances: bought } });
  const { cluster, controlPlane, namespace, simulator } = world;
  await cluster.apply([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: spireServerAccount.namespace } },
    secret(namespace, 'access-key', simulator.accessKey),
    ...spireServerObjects(),
  ]);
  kubeconfig = await controlPlane.kubeconfigForServiceAccount(spireServerAccount.namespace, spireServerAccount.name);
}, 2 * buildMs);

afterAll(async () => {
  await world?.stop();
});

/** Applies the issuer of the page and waits until it is ready in this form. */
async function applyIssuer(instanceIds: readonly string[], name = 'spire', spec = {}): Promise<void> {
  const issuer = spireIssuer(world.simulator, instanceIds, spec);
  await world.cluster.apply({ ...issuer, metadata: { name } });
  await world.cluster.waitForCondition({ ...spire, name }, { type: 'Ready', status: 'True' });
}

/** A server with files of its own; `edit` changes its configuration. */
async function serverIn(folder: string, edit = (configuration: string) => configuration): Promise<SpireServer> {
  const directory = join(world.controlPlane.directory, folder);
  return SpireServer.prepare({ directory, kubeconfig, configuration: edit(serverConfiguration()) });
}

/** The requests that SPIRE has made and not deleted. */
async function requests(): Promise<readonly Manifest[]> {
  const { namespace } = spireServerAccount;
  return world.cluster.list({ apiVersion: 'cert-manager.io/v1', kind: 'CertificateRequest', namespace });
}

/** Which request each used instance was used for, as the issuer's status has it. */
async function instancesUsed(): Promise<readonly { readonly instanceId: string; readonly requestUID: string }[]> {
  const issuer = await world.cluster.get(spire);
  const status = issuer?.['status'] as
    { readonly externalCA?: { readonly instances: readonly { instanceId: string; requestUID: string }[] } } | undefined;
  return status?.externalCA?.instances ?? [];
}

/** How many instances were used up. */
const costs = (): number =>
  world.simulator.issued().filter(({ action }) => action === 'CreateExternalCACertificate').length;

function expectKnown(form: MeshForm, seen: MeshResult): void {
  expect(seen).toEqual(knownResult(form, seen));
}

describe.runIf(hasSpire)('by default', () => {
  it("SPIRE's request is refused before anything is paid, and SPIRE's log has the message", async () => {
    await applyIssuer([first], 'strict', { externalCA: { instanceIds: [first] } });
    const server = await serverIn('strict', (text) => text.replace('issuer_name = "spire"', 'issuer_name = "strict"'));
    const { ended } = await server.process.launch();
    expect(await ended).toEqual({ code: 1, signal: null });
    expect(await server.process.logs()).toMatch(
      /Created CertificateRequest has failed.*CreateExternalCACertificate has no parameter for alternative names.*set spec\.externalCA\.names of the issuer to Drop/,
    );
    expect(world.simulator.issued()).toEqual([]);
    const reason = 'NameNotSupported';
    const labels = ['issuer="strict"', `reason="${reason}"`];
    expect(await metric(world.operator, 'pca_issuer_certificate_requests_refused_total', ...labels)).toBe(1);
    expectKnown('spire-default', { result: `\`${reason}\`, no call` });
    await world.cluster.delete({ ...spire, name: 'strict' });
  });
});

describe.runIf(hasSpire)('with the issuer of the page', () => {
  let server: SpireServer;

  beforeAll(async () => {
    await applyIssuer([first]);
    server = await serverIn('spire');
    await server.process.start();
  });

  afterAll(async () => {
    await server?.process.kill();
  });

  it('workloads speak mutual TLS by SVIDs that lead to the root of PCA', async () => {
    const rootPem = world.simulator.rootPem('sim-sub-ecc-p256');
    const agent = await SpireAgent.prepare({ directory: join(world.controlPlane.directory, 'agent'), server, rootPem });
    await using agentProcess = agent.process;
    const web = await agent.workload('web');
    const shop = await agent.workload('shop');
    await agentProcess.start();
    const served = await agent.serve(web, shop);
    await using _ = served.process;
    const asked = await agent.ask(shop, served.address, web);
    const [answered] = await handshakesOf(served);
    expect([asked.id, asked.peer, answered?.id, answered?.peer]).toEqual([shop.id, web.id, web.id, shop.id]);
    const root = new X509Certificate(rootPem);
    expect(asked.bundle).toEqual([goName(root)]);
    expect(asked.chain.length).toBeGreaterThan(0);
    await expect(agent.ask(web, served.address, web)).rejects.toThrow(/remote error: tls: bad certificate/);
    expectKnown('spire-drop', { result: 'issued', signedBy: 'SPIRE', peers: asked.protocol });
  });

  it('the bundle of SPIRE, the status of the issuer and ca.crt of a Certificate are the same root', async () => {
    const { cluster, namespace, simulator } = world;
    const wanted = certificate(namespace, 'client', {
      issuerRef: { group: 'pca.alibabacloud.com', kind: spire.kind, name: spire.name },
    });
    await cluster.apply([wanted]);
    await cluster.waitForCondition(reference(wanted), { type: 'Ready', status: 'True' });
    const { 'ca.crt': fromSecret } = await certificateSecret(cluster, namespace, 'client');
    const roots = [
      await server.run(['bundle', 'show'], { format: 'pem' }),
      await trustedRoots(cluster, spire),
      fromSecret,
    ];
    expect(roots).toEqual(roots.map(() => simulator.rootPem('sim-sub-ecc-p256')));
  });

  it('a restart finds the key on disk, and costs no instance', async () => {
    const before = await server.authority('active');
    await server.process.restart();
    expect(await server.authority('active')).toBe(before);
    expect(costs()).toBe(1);
  });

  it('each further CA of SPIRE costs one', async () => {
    await applyIssuer([first, second]);
    await server.run(['localauthority', 'x509', 'prepare']);
    expect(costs()).toBe(2);
    const prepared = (await server.authority('prepared')) ?? '';
    await server.run(['localauthority', 'x509', 'activate'], { authorityID: prepared });
    expect(await server.authority('active')).toBe(prepared);
    const folder = join(world.controlPlane.directory, 'minted');
    await mkdir(folder);
    await server.run(['x509', 'mint'], { spiffeID: 'spiffe://example.org/new', write: folder });
    const chain = (await readFile(join(folder, 'svid.pem'), 'utf8')).split(/(?<=-----END CERTIFICATE-----\n)/);
    const [svid, issuer] = chain.filter((pem) => pem.trim() !== '').map((pem) => new X509Certificate(pem));
    const last = world.simulator.issued().at(-1);
    expect(issuer?.serialNumber.toLowerCase()).toBe(last?.serialNumber);
    expect(svid?.subjectAltName).toBe('URI:spiffe://example.org/new');
    expect(await requests()).toEqual([]);
  });
});

describe.runIf(hasSpire)('when no instance is left', () => {
  it('one that is added goes to the request that SPIRE waits for, not to those that it gave up', async () => {
    world.simulator.reset();
    await applyIssuer([first]);
    const used = await serverIn('used');
    await used.process.start();
    await used.process.stop();
    const server = await serverIn('late');
    await using process = server.process;
    const askers = new Set<string>();
    for (const turn of ['first', 'second', 'third']) {
      await process.kill();
      await process.launch();
      const asker = await until(`the ${turn} request to say that no instance is left`, async () =>
        (await requests()).find((request) => !askers.has(uidOf(request)) && isWithoutInstance(request)),
      );
      askers.add(uidOf(asker));
      // The time of creation has whole seconds, and SPIRE's own pause between two requests is longer.
      const nextSecond = Date.parse(String(asker.metadata['creationTimestamp'])) + 1_000;
      await until('another second to begin', () => Date.now() >= nextSecond);
    }
    await applyIssuer([first, third]);
    await until('SPIRE to have its CA', async () => server.isHealthy());
    const { requestUID } = (await instancesUsed()).find(({ instanceId }) => instanceId === third) ?? {};
    expect(requestUID).toBe([...askers].at(-1));
    expect(costs()).toBe(2);
    await until('SPIRE to have deleted all of them', async () => (await requests()).length === 0);
    expectKnown('spire-late', { result: 'waits, then issued to the one that asks last', signedBy: 'SPIRE' });
  });
});

const uidOf = ({ metadata }: Manifest): string => metadata.uid ?? '';

function isWithoutInstance(request: Manifest): boolean {
  return conditionsOf(request).some(({ message = '' }) => message.includes('used or promised to other requests'));
}

/** The subject as Go writes it. */
function goName({ subject }: X509Certificate): string {
  return subject.split('\n').toReversed().join(',');
}
