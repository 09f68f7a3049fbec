// What the cases play on: a control plane, the simulator, networks that can be lost, and one operator after another.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { conditionsOf } from '../../support/cluster.ts';
import type { Manifest, ObjectReference } from '../../support/cluster.ts';
import { Network } from '../../support/network.ts';
import { setLeaseHolder } from '../../support/lease.ts';
import { loopbackHosts } from '../../support/operator-process.ts';
import { SteppedOperator } from '../../support/stepped-operator.ts';
import { NotYet, until } from '../../support/wait.ts';
import { issuerApiVersion, World } from '../../support/world.ts';
import { preload } from '../faults/clock-preload.ts';
import { requestFor, specFor } from './operations.ts';
import type { MadeRequest, RequestKindName } from './operations.ts';

const instanceIds = ['cas_deposit-cn-sim0001', 'cas_deposit-cn-sim0002'];
const leaseTimes = ['--lease-duration=8s', '--lease-renew-deadline=6s', '--lease-retry-period=500ms'];
// An endpoint that has not answered yet gets a sixteenth of them, and every request of a scene must be held with a call in hand.
const enoughPlaces = '--max-concurrent-requests=128';
const quickRetries = ['--retry-base-delay=200ms', '--retry-max-delay=1s', '--pca-timeout=5s', '--shutdown-timeout=3s'];

/** A request on the stage. */
export interface Played extends MadeRequest {
  readonly operation: string;
  readonly uid: string;
}

/** The parts of an issuer's spec that a scene adds, or changes later, by the operation of the issuer. */
export type SpecOf = (operation: string) => Readonly<Record<string, unknown>>;

/** The stage; `operator` is the one that issues now. */
export class Stage {
  readonly world: World;
  readonly apiServer: Network;
  readonly pca: Network;
  readonly #namespace: string;
  readonly #flags: readonly string[];
  readonly #operators: SteppedOperator[] = [];
  readonly #passed: { ms: number };
  #scene = 0;
  #objects: readonly Manifest[] = [];

  private constructor(
    world: World,
    networks: { readonly apiServer: Network; readonly pca: Network },
    settings: { readonly namespace: string; readonly flags: readonly string[]; readonly passed: { ms: number } },
  ) {
    this.world = world;
    this.apiServer = networks.apiServer;
    this.pca = networks.pca;
    this.#namespace = settings.namespace;
    this.#flags = settings.flags;
    this.#passed = settings.passed;
  }

  static async start(): Promise<Stage> {
    const passed = { ms: 0 };
    const world = await World.start({ simulator: { now: () => new Date(Date.now() + passed.ms) } });
    await world.operator.stop();
    const { controlPlane, simulator } = world;
    const [apiServer, pca] = await Promise.all(
      [controlPlane.server, simulator.url].map((url) => Network.start(Number(new URL(url).port))),
    );
    if (apiServer === undefined || pca === undefined) throw new Error('there are two networks');
    const text = await readFile(join(controlPlane.directory, 'operator.kubeconfig'), 'utf8');
    const kubeconfig = join(controlPlane.directory, 'broken-network.kubeconfig');
    const server = `https://127.0.0.1:${apiServer.port}`;
    await writeFile(kubeconfig, text.replaceAll(controlPlane.server, server), { mode: 0o600 });
    const flags = [
      `--kubeconfig=${kubeconfig}`,
      `--cluster-resource-namespace=${world.namespace}`,
      `--leader-election-namespace=${world.namespace}`,
      '--health-address=127.0.0.1:0',
      loopbackHosts,
      '--log-level=debug',
      ...leaseTimes,
      ...quickRetries,
      enoughPlaces,
    ];
    const namespace = await world.createNamespace('at-most-once');
    return new Stage(world, { apiServer, pca }, { namespace, flags, passed });
  }

  /** The operator of the last scene where it still runs, else a new one. */
  get operator(): SteppedOperator {
    const last = this.#operators.at(-1);
    return last === undefined || last.hasEnded ? this.startOperator() : last;
  }

  /** A further operator, whose clock is so far ahead; it issues as soon as it gets the Lease. */
  startOperator({ clockAheadMs = 0 }: { readonly clockAheadMs?: number } = {}): SteppedOperator {
    const log = join(this.world.controlPlane.directory, `stepped-operator-${this.#operators.length}.log`);
    const offMs = this.#passed.ms + clockAheadMs;
    const operator = new SteppedOperator(this.#flags, log, offMs === 0 ? {} : preload({ offMs }));
    this.#operators.push(operator);
    return operator;
  }

  /** So much time passes, for PCA and for operators that start from now on; what is in the cluster is older by as much. */
  letTimePass(ms: number): void {
    this.#passed.ms += ms;
  }

  /** Writes another holder into the Lease, or none. */
  async setLeaseHolder(holderIdentity: string): Promise<void> {
    await setLeaseHolder(this.world, holderIdentity);
  }

  /** Makes ready issuers, anew for each scene, because what their instances were used for is kept in their status. */
  async openScene(operations: readonly string[], specOf: SpecOf = () => ({})): Promise<void> {
    await this.closeScene();
    this.world.simulator.reset();
    this.#scene += 1;
    void this.operator;
    const { cluster } = this.world;
    this.#objects = operations.map((operation) =>
      this.world.issuer(this.#namespace, this.#name(operation), {
        endpoint: { host: `127.0.0.1:${this.pca.port}`, protocol: 'HTTP' },
        ...specFor(operation, instanceIds),
        ...specOf(operation),
      }),
    );
    await cluster.apply(this.#objects);
    await this.issuersReady(operations);
  }

  /** Changes the spec of each issuer by a merge patch. */
  async changeIssuers(operations: readonly string[], specOf: SpecOf): Promise<void> {
    for (const operation of operations)
      await this.world.cluster.patch(this.#issuer(operation), { spec: specOf(operation) });
  }

  /** Waits until the operator has found each issuer ready as it is now. */
  async issuersReady(operations: readonly string[]): Promise<void> {
    await Promise.all(
      operations.map(async (operation) =>
        this.world.cluster.waitFor(this.#issuer(operation), 'ready as it is', (issuer) =>
          conditionsOf(issuer).some(
            ({ type, status, observedGeneration }) =>
              type === 'Ready' && status === 'True' && observedGeneration === issuer.metadata.generation,
          ),
        ),
      ),
    );
  }

  /** One approved request for each operation, of another name with `suffix`. */
  async request(
    operations: readonly string[],
    { suffix = '', kind }: { readonly suffix?: string; readonly kind?: RequestKindName | undefined } = {},
  ): Promise<readonly Played[]> {
    const played = await Promise.all(
      operations.map(async (operation) => {
        const issuer = this.#name(operation);
        const name = `${issuer}${suffix}`;
        const made = await requestFor(operation, { namespace: this.#namespace, name, issuer, kind });
        const [created] = await this.world.cluster.apply(made.manifest);
        if (kind === 'CertificateSigningRequest') await this.world.cluster.kubectl(['certificate', 'approve', name]);
        return { ...made, operation, uid: created?.metadata.uid ?? '' };
      }),
    );
    this.#objects = [...this.#objects, ...played.map(({ manifest }) => manifest)];
    return played;
  }

  /** Deletes the issuers. */
  async withdrawIssuers(operations: readonly string[]): Promise<void> {
    for (const operation of operations) await this.world.cluster.delete(this.#issuer(operation));
  }

  /** Deletes requests. */
  async withdraw(played: readonly Played[]): Promise<void> {
    for (const { manifest } of played) {
      const { apiVersion, kind, metadata } = manifest;
      await this.world.cluster.delete({ apiVersion, kind, namespace: this.#namespace, name: metadata.name });
    }
  }

  /** The requests as they are; those that are gone are missing. */
  async present(played: readonly Played[]): Promise<readonly Manifest[]> {
    const all = await this.#all(played);
    return all.filter(({ metadata }) => played.some(({ uid }) => uid === metadata.uid));
  }

  /** Every object of the kind that these are of. */
  async #all(played: readonly Played[]): Promise<readonly Manifest[]> {
    const [first] = played;
    if (first === undefined) return [];
    const { apiVersion, kind, metadata } = first.manifest;
    return this.world.cluster.list({ apiVersion, kind, ...metadata });
  }

  /** Waits until they are Ready, and answers them as they are then. */
  async ready(played: readonly Played[]): Promise<readonly Manifest[]> {
    return until(`${played.length} requests to be Ready`, async () => this.#ready(played), {
      everyMs: 100,
    });
  }

  async #ready(played: readonly Played[]): Promise<readonly Manifest[]> {
    const wanted = played.map(({ manifest }) => manifest.metadata.name);
    const all = await this.#all(played);
    const found = wanted.map((name) => all.find(({ metadata }) => metadata.name === name));
    const requests = found.filter((request) => request !== undefined && isReady(request));
    if (requests.length === wanted.length) return requests.filter((request) => request !== undefined);
    throw new NotYet(found.map((request) => request && [request.metadata.name, readyOf(request)?.message]));
  }

  /** Whether they are Ready now. */
  async areReady(played: readonly Played[]): Promise<boolean> {
    return this.#ready(played).then(
      () => true,
      () => false,
    );
  }

  /** Deletes what the scene made. */
  async closeScene(): Promise<void> {
    this.apiServer.become('whole');
    this.pca.become('whole');
    for (const { apiVersion, kind, metadata } of this.#objects.toReversed())
      await this.world.cluster.delete({ apiVersion, kind, namespace: this.#namespace, name: metadata.name });

    this.#objects = [];
  }

  /** Ends every operator, so that the next scene begins with a fresh one. */
  async dismissOperators(): Promise<void> {
    await this.#killAll();
    this.#passed.ms = 0;
    await this.setLeaseHolder('');
  }

  async stop(): Promise<void> {
    await this.#killAll();
    await Promise.all([this.apiServer.stop(), this.pca.stop()]);
    await this.world.stop();
  }

  async #killAll(): Promise<void> {
    await Promise.all(this.#operators.filter(({ hasEnded }) => !hasEnded).map((operator) => operator.kill()));
  }

  #issuer(operation: string): ObjectReference {
    const kind = 'AlibabaPCAIssuer';
    return { apiVersion: issuerApiVersion, kind, namespace: this.#namespace, name: this.#name(operation) };
  }

  #name(operation: string): string {
    return `${operation.toLowerCase()}-${this.#scene}`;
  }
}

function readyOf(request: Manifest): { readonly status: string; readonly message?: string } | undefined {
  return conditionsOf(request).find(({ type }) => type === 'Ready');
}

/** A CertificateSigningRequest, which is in no namespace, has no such condition: its certificate is the end. */
function isReady(request: Manifest): boolean {
  if (request.metadata.namespace !== undefined) return readyOf(request)?.status === 'True';
  return (request['status'] as { readonly certificate?: string } | undefined)?.certificate !== undefined;
}
