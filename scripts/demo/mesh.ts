// The demo of a mesh: istiod and the agents of two workloads, all of whose certificates are PCA's, and mutual TLS between the
// workloads, before and after a renewal. The manifests are those of docs/mesh.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { buildGoProgram } from '../../control-plane/driver/go-build.ts';
import type { BuildProgress } from '../../control-plane/driver/go-build.ts';
import { reference } from '../../test/support/cluster.ts';
import { IstioAgent } from '../../test/support/neighbours/istio/agent.ts';
import type { Identity } from '../../test/support/neighbours/istio/agent.ts';
import { prepareIstio } from '../../test/support/neighbours/istio/chart.ts';
import { handshake } from '../../test/support/neighbours/istio/handshake.ts';
import { Istiod } from '../../test/support/neighbours/istio/istiod.ts';
import { applyDocumented, documentedValues } from '../../test/support/neighbours/istio/manifests.ts';
import { istioAgentProgram, istiodProgram } from '../../test/support/neighbours/istio/programs.ts';
import { World } from '../../test/support/world.ts';
import { buildBundle } from '../build.ts';
import { buildState } from './cluster.ts';
import { describeCertificate, verifyChain } from './proof.ts';
import type { Tell } from '../progress.ts';
import type { Stage } from './scene.ts';
import { named } from './undo.ts';

const namespace = 'shop';
const workloads = ['web', 'api'] as const;
// istiod's own key is RSA, and its certificate is of the same CA.
const issuingCA = 'sim-sub-rsa-2048';

/** The workloads of the mesh, each with its agent. */
export type Agents = Readonly<Record<(typeof workloads)[number], IstioAgent>>;

type Identities = Readonly<Record<keyof Agents, Identity>>;

/** Starts cluster, simulator and operator. Programs that were not built yet are built, which takes minutes. */
export async function prepareWorld({ progress, undo, directory }: Stage): Promise<World> {
  for (const program of [istiodProgram, istioAgentProgram])
    await progress.step(`program ${program.name}`, async (tell) => buildGoProgram(program, told(tell)));
  return progress.step('API server, cert-manager, simulator of PCA, operator', async (tell) => {
    await buildBundle();
    const starting = World.start({
      controlPlane: { directory: join(directory, 'control-plane'), onBuildProgress: told(tell) },
    });
    // Interrupted in the middle, it is stopped once it has started.
    undo.defer(
      named('cluster, simulator and operator', async () => {
        const world = await starting.catch(() => undefined);
        await world?.stop();
      }),
    );
    return starting;
  });
}

/** Applies the issuer of the guide and starts istiod, which is ready when it has a certificate of PCA. */
export async function prepareIstiod({ progress, undo }: Stage, world: World): Promise<Istiod> {
  await progress.step('CustomResourceDefinitions of Istio', async () => prepareIstio(world));
  await progress.step('kubectl apply -f docs/mesh/manifests/istio-ra-issuer.yaml', async () => {
    const [issuer] = (await applyDocumented(world, 'istio-ra-issuer.yaml', issuingCA)).filter(
      ({ kind }) => kind === 'AlibabaPCAClusterIssuer',
    );
    if (issuer === undefined) throw new Error('docs/mesh/manifests/istio-ra-issuer.yaml has no issuer.');
    await world.cluster.waitForCondition(reference(issuer), { type: 'Ready', status: 'True' });
  });
  return progress.step("istiod with the chart's RBAC; its certificate is PCA's", async () => {
    const values = await documentedValues('istio-ra-values.yaml', world.simulator.rootPem(issuingCA));
    const istiod = await Istiod.start(world, { name: 'istiod', values });
    undo.defer(named('istiod', async () => istiod.stop()));
    return istiod;
  });
}

/** Starts the agents of two workloads. */
export async function prepareAgents({ progress, undo }: Stage, world: World, istiod: Istiod): Promise<Agents> {
  return progress.step(`agents of ${workloads.join(' and ')}, as beside Envoy`, async () => {
    await world.cluster.apply([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      ...workloads.map((name) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } })),
    ]);
    const [web, api] = await Promise.all(
      workloads.map(async (serviceAccount) => {
        const agent = await IstioAgent.launch(world, { namespace, serviceAccount, istiod });
        undo.defer(named(`the agent of ${serviceAccount}`, async () => agent.kill()));
        return agent;
      }),
    );
    if (web === undefined || api === undefined) throw new Error('An agent is missing.');
    return { web, api };
  });
}

/** Lets the workloads talk to each other, renew, and talk again; shows certificate and chain. */
export async function showMesh(stage: Stage, world: World, agents: Agents): Promise<void> {
  const { progress, directory } = stage;
  const first = await progress.step('certificates from PCA, through istiod', async () => identitiesOf(agents));
  await talk(stage, first);
  await progress.step('a peer with another SPIFFE ID is refused', async () => {
    const met = await handshake(
      { identity: first.web, expects: spiffeId('stranger') },
      { identity: first.api, expects: spiffeId('web') },
    );
    if (!('refused' in met)) throw new Error('A peer with another SPIFFE ID than the expected one was accepted.');
  });
  const second = await progress.step('renewed, with new keys', async () => identitiesOf(agents, first));
  await talk(stage, second);
  const { web } = second;
  const secret = { data: { 'tls.crt': base64(withoutRoot(web)), 'tls.key': base64(web.key) } };
  const chain = await progress.step("openssl verify: chain up to the simulator's root", async () => {
    return verifyChain(secret, world.simulator.rootPem(issuingCA), directory);
  });
  const issuers = await world.cluster.kubectl(['get', 'alibabapcaclusterissuers']);
  progress.say(`\n$ kubectl get alibabapcaclusterissuers\n${issuers.trimEnd()}`);
  progress.say(`\nThe certificate of ${spiffeId('web')}, as openssl shows it:`);
  progress.say(await describeCertificate(secret));
  progress.say(`\nChain: ${chain}`);
}

/** Keeps the logs of what runs in the mesh in the folder. */
export async function keepMeshLogs(
  directory: string,
  logs: Readonly<Record<string, { logs(): Promise<string> }>>,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const [name, process] of Object.entries(logs))
    await writeFile(join(directory, `${name}.log`), await process.logs().catch(String));
}

async function talk({ progress }: Stage, { web, api }: Identities): Promise<void> {
  await progress.step('web and api: TLS 1.3, each checks the other', async () => {
    for (const [server, client] of [
      [
        { identity: web, expects: spiffeId('api') },
        { identity: api, expects: spiffeId('web') },
      ],
      [
        { identity: api, expects: spiffeId('web') },
        { identity: web, expects: spiffeId('api') },
      ],
    ] as const) {
      const met = await handshake(server, client);
      if ('refused' in met) throw new Error(`The workloads refused each other: ${met.refused}`);
      if (met.protocol !== 'TLSv1.3') throw new Error(`The workloads talked ${met.protocol ?? 'nothing'}.`);
    }
  });
}

async function identitiesOf(agents: Agents, before?: Identities): Promise<Identities> {
  const next = async (name: keyof Agents): Promise<Identity> =>
    agents[name].identity(...(before === undefined ? [] : [before[name]]));
  const [web, api] = await Promise.all([next('web'), next('api')]);
  return { web, api };
}

function spiffeId(serviceAccount: string): string {
  return `spiffe://cluster.local/ns/${namespace}/sa/${serviceAccount}`;
}

function told(tell: Tell): (progress: BuildProgress) => void {
  return (progress) => {
    tell(buildState(progress));
  };
}

// The agent appends what its peers trust, which no peer needs to be told.
function withoutRoot({ chain, root }: Identity): string {
  return chain.replace(root.trim(), '').trimEnd() + '\n';
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
