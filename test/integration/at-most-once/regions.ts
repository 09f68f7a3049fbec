// Two regions on the wire, with CAs of their own, and issuers that fail over from the first to the second.
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { defaultAuthorities } from '../../../simulator/issuing/default-authorities.ts';
import { startSimulator } from '../../../simulator/simulator.ts';
import type { SimulatorHandle } from '../../../simulator/simulator.ts';
import { conditionsOf } from '../../support/cluster.ts';
import type { Manifest, ObjectReference } from '../../support/cluster.ts';
import { patientLease, setLeaseHolder } from '../../support/lease.ts';
import { Network } from '../../support/network.ts';
import { loopbackHosts } from '../../support/operator-process.ts';
import { SteppedOperator } from '../../support/stepped-operator.ts';
import { NotYet, until } from '../../support/wait.ts';
import { issuerApiVersion, World } from '../../support/world.ts';
import { requestFor } from './operations.ts';
import type { MadeRequest } from './operations.ts';
import { spkiOf, verify } from './proof.ts';

/** Longer than the grace period of an issuer, and the time that a late call is waited for after a silence. */
export const patienceMs = 280_000;

/** A request, with what its certificate must carry. */
export interface Asked extends MadeRequest {
  readonly name: string;
  readonly uid: string;
}

/** How many certificates there are for the key of a request, by region. */
export interface Paid {
  readonly first: number;
  readonly second: number;
}

/** The regions and the operator of now. */
export class Regions {
  readonly world: World;
  readonly first: SimulatorHandle;
  readonly second: SimulatorHandle;
  readonly #operators: SteppedOperator[] = [];

  private constructor(world: World, second: SimulatorHandle) {
    this.world = world;
    this.first = world.simulator;
    this.second = second;
  }

  /** Starts them; each scene has a CA of its own in both. */
  static async start(scenes: readonly string[]): Promise<Regions> {
    const authorities = [
      ...defaultAuthorities,
      ...scenes.map((scene) => ({
        identifier: caOf(scene),
        algorithm: 'ECC_256' as const,
        kind: 'SUB_ROOT' as const,
        parent: 'sim-root-ecc',
      })),
    ];
    const world = await World.start({ operator: false, simulator: { authorities } });
    const second = await startSimulator({ authorities, accessKeys: [world.simulator.accessKey] });
    return new Regions(world, second);
  }

  /** A further operator; it issues as soon as it gets the Lease. */
  startOperator(): SteppedOperator {
    const { controlPlane, namespace, operatorKubeconfig } = this.world;
    const flags = [
      `--kubeconfig=${operatorKubeconfig}`,
      `--cluster-resource-namespace=${namespace}`,
      `--leader-election-namespace=${namespace}`,
      '--health-address=127.0.0.1:0',
      loopbackHosts,
      '--log-level=debug',
      '--issuer-check-interval=3s',
      '--secret-check-interval=1s',
      '--retry-base-delay=200ms',
      '--retry-max-delay=1s',
      '--pca-timeout=4s',
      '--shutdown-timeout=3s',
      ...patientLease,
    ];
    const operator = new SteppedOperator(flags, join(controlPlane.directory, `region-${this.#operators.length}.log`));
    this.#operators.push(operator);
    return operator;
  }

  /** The one that runs; a new one where there is none. */
  get runningOperator(): SteppedOperator {
    const last = this.#operators.at(-1);
    return last === undefined || last.hasEnded ? this.startOperator() : last;
  }

  /** Kills the operator, and nobody waits for its Lease. */
  async killOperator(): Promise<void> {
    await this.#operators.at(-1)?.kill();
    await setLeaseHolder(this.world, '');
  }

  async stop(): Promise<void> {
    await Promise.all(this.#operators.filter(({ hasEnded }) => !hasEnded).map(async (operator) => operator.kill()));
    await Promise.all([this.world.stop(), this.second.close()]);
  }
}

function caOf(scene: string): string {
  return `${scene.toLowerCase()}-sub`;
}

/** One issuer, the ways to its two CAs, and its requests. */
export class FailoverScene {
  readonly firstWay: Network;
  readonly secondWay: Network;
  readonly #regions: Regions;
  readonly #ca: string;
  readonly namespace: string;

  private constructor(
    regions: Regions,
    ca: string,
    { namespace, ways }: { readonly namespace: string; readonly ways: readonly [Network, Network] },
  ) {
    this.#regions = regions;
    this.#ca = ca;
    this.namespace = namespace;
    [this.firstWay, this.secondWay] = ways;
  }

  /** `spec` adds to or replaces members of the issuer's; clients trust both roots unless it says otherwise. */
  static async set(
    regions: Regions,
    scene: string,
    spec: Readonly<Record<string, unknown>> = {},
  ): Promise<FailoverScene> {
    const { world, first, second } = regions;
    const ways = await Promise.all([first, second].map(async ({ url }) => Network.start(Number(new URL(url).port))));
    const namespace = await world.createNamespace(scene.toLowerCase());
    const [one, other] = ways as unknown as readonly [Network, Network];
    const made = new FailoverScene(regions, caOf(scene), { namespace, ways: [one, other] });
    const endpoint = (way: Network) => ({ host: `127.0.0.1:${way.port}`, protocol: 'HTTP' });
    const roots = [first, second].map((region) => region.rootPem('sim-root-ecc')).join('');
    await world.cluster.apply(
      world.issuer(namespace, 'pca', {
        parentIdentifier: caOf(scene),
        endpoint: endpoint(one),
        failover: [{ parentIdentifier: caOf(scene), region: 'cn-shanghai', endpoint: endpoint(other) }],
        trust: { source: 'Static', certificates: roots },
        ...spec,
      }),
    );
    return made;
  }

  /** Whether PCA has the CA in the first region issue. */
  letFirstIssue(may: boolean): void {
    this.#regions.first.setAuthority(this.#ca, { status: may ? 'ISSUE' : 'FORBIDDEN' });
  }

  /** How often certificates of the CA in the first region were listed. */
  listedAtFirst(): number {
    const { first } = this.#regions;
    const isOfCA = (parameters: Readonly<Record<string, string>>): boolean =>
      Object.values(parameters).includes(this.#ca);
    return first.calls().filter(({ action, parameters }) => action.startsWith('List') && isOfCA(parameters)).length;
  }

  /** Waits until the issuer is ready and uses this region. */
  async uses(region: 'first' | 'second'): Promise<void> {
    await this.#regions.world.cluster.waitFor(
      this.issuer,
      `ready with its ${region} region`,
      (issuer) => {
        const { failover } = (issuer['status'] ?? {}) as { readonly failover?: object };
        const isReady = conditionsOf(issuer).some(({ type, status }) => type === 'Ready' && status === 'True');
        return isReady && (failover === undefined) === (region === 'first');
      },
      { deadlineMs: patienceMs },
    );
  }

  get issuer(): ObjectReference {
    return { apiVersion: issuerApiVersion, kind: 'AlibabaPCAIssuer', namespace: this.namespace, name: 'pca' };
  }

  async request(name: string, operation = 'CreateCustomCertificate'): Promise<Asked> {
    const made = await requestFor(operation, { namespace: this.namespace, name, issuer: 'pca' });
    const [created] = await this.#regions.world.cluster.apply(made.manifest);
    return { ...made, name, uid: created?.metadata.uid ?? '' };
  }

  /** The text of the request's Ready. */
  async told({ name }: Asked): Promise<string> {
    return readyOf(await this.#read(name))?.message ?? '';
  }

  /** Waits until the request is told this; answers false where it is Ready before. */
  async isTold(asked: Asked, text: string): Promise<boolean> {
    const end = await until(
      `the request to be told "${text}"`,
      async () => {
        const told = await this.told(asked);
        if (told.includes(text)) return 'told';
        if (await this.isReady(asked)) return 'ready';
        throw new NotYet(told);
      },
      { deadlineMs: patienceMs },
    );
    return end === 'told';
  }

  /** Waits until the request is Ready; what is wrong with its certificate, or that it is verified. */
  async ready(asked: Asked): Promise<string> {
    const request = await until(
      `${asked.name} to be Ready`,
      async () => {
        const found = await this.#read(asked.name);
        const ready = readyOf(found);
        if (ready?.status !== 'True') throw new NotYet(ready?.message ?? 'nothing');
        return found;
      },
      { deadlineMs: patienceMs },
    );
    const both = [this.#regions.first, this.#regions.second];
    const issued = both.flatMap((region) => region.issued()).map(({ pem }) => new X509Certificate(pem));
    const roots = both.flatMap(({ cas }) => cas).map(({ rootPem }) => new X509Certificate(rootPem));
    return verify(request, { spki: asked.spki, issued, roots });
  }

  async isReady({ name }: Asked): Promise<boolean> {
    return readyOf(await this.#read(name))?.status === 'True';
  }

  /** What was paid for the request. */
  paid({ spki }: Asked): Paid {
    const count = (region: SimulatorHandle): number =>
      region.issued().filter(({ pem }) => spkiOf(new X509Certificate(pem)) === spki).length;
    return { first: count(this.#regions.first), second: count(this.#regions.second) };
  }

  async #read(name: string): Promise<Manifest | undefined> {
    const kind = 'CertificateRequest';
    return this.#regions.world.cluster.get({
      apiVersion: 'cert-manager.io/v1',
      kind,
      namespace: this.namespace,
      name,
    });
  }
}

function readyOf(request: Manifest | undefined): { readonly status: string; readonly message?: string } | undefined {
  return request && conditionsOf(request).find(({ type }) => type === 'Ready');
}
