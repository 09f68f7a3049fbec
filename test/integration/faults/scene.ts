// What every test of a fault does: an issuer that is ready, Certificates, what became of them, and what it cost.
import { compose } from '../../../src/alibaba/call.ts';
import { withAccessKey } from '../../../src/alibaba/credentials/with-access-key.ts';
import { pcaCall } from '../../../src/alibaba/pca-client.ts';
import { HttpTransport } from '../../../src/alibaba/transport.ts';
import { clientCertificates } from '../../../src/issuing/certificate-store.ts';
import { conditionsOf, hasCondition } from '../../support/cluster.ts';
import type { Manifest, ObjectReference } from '../../support/cluster.ts';
import type { Wanted } from '../../support/issuances.ts';
import type { OperatorProcess } from '../../support/operator-process.ts';
import { NotYet, until } from '../../support/wait.ts';
import type { WaitOptions } from '../../support/wait.ts';
import { certificate, issuerApiVersion } from '../../support/world.ts';
import type { World } from '../../support/world.ts';

const ready = { type: 'Ready', status: 'True' };
const certManager = 'cert-manager.io/v1';

/** One namespace of a world with an issuer `pca`. */
export class Scene {
  readonly world: World;
  readonly namespace: string;

  private constructor(world: World, namespace: string) {
    this.world = world;
    this.namespace = namespace;
  }

  /** Makes namespace and issuer; waits for the issuer unless there is nobody yet to check it. */
  static async set(
    world: World,
    prefix: string,
    options: { readonly spec?: Readonly<Record<string, unknown>>; readonly unattended?: boolean } = {},
  ): Promise<Scene> {
    world.simulator.reset();
    const scene = new Scene(world, await world.createNamespace(prefix));
    await world.cluster.apply(world.issuer(scene.namespace, 'pca', options.spec));
    if (options.unattended !== true) await scene.issuerReady();
    return scene;
  }

  /** Waits until the issuer is ready. */
  async issuerReady(): Promise<void> {
    await this.world.cluster.waitForCondition(this.issuer, ready);
  }

  get issuer(): ObjectReference {
    return { apiVersion: issuerApiVersion, kind: 'AlibabaPCAIssuer', namespace: this.namespace, name: 'pca' };
  }

  /** The first request of a Certificate. */
  request(name: string): ObjectReference {
    return { apiVersion: certManager, kind: 'CertificateRequest', namespace: this.namespace, name: `${name}-1` };
  }

  /** Asks for Certificates. */
  async ask(...names: readonly string[]): Promise<void> {
    await Promise.all(names.map((name) => this.world.cluster.apply(certificate(this.namespace, name))));
  }

  /** Asks for a Certificate, whose call arrives at PCA and is not answered before `release`. */
  async askAndHold(name: string): Promise<void> {
    this.world.simulator.setFaults({ heldActions: ['CreateCustomCertificate'] });
    const before = this.calls();
    await this.ask(name);
    await this.called(before + 1);
  }

  /** PCA answers. */
  release(): void {
    this.world.simulator.setFaults({ heldActions: [] });
  }

  /** Waits until a Certificate is Ready. */
  async issued(name: string, options: WaitOptions = {}): Promise<Manifest> {
    return this.world.cluster.waitForCondition({ ...this.request(name), kind: 'Certificate', name }, ready, options);
  }

  /** Waits until the request of a Certificate is there and approved. */
  async approved(name: string): Promise<Manifest> {
    return this.world.cluster.waitForCondition(this.request(name), { type: 'Approved', status: 'True' });
  }

  /** Waits until the request's Ready condition says so, and returns its text. */
  async waits(name: string, text: RegExp, options: WaitOptions = {}): Promise<string> {
    const found = await this.world.cluster.waitFor(
      this.request(name),
      `Ready=False with ${String(text)}`,
      (request) => hasCondition(request, { type: 'Ready', status: 'False' }) && text.test(readyMessage(request)),
      options,
    );
    return readyMessage(found);
  }

  /** Waits for a warning about the request and returns its text. */
  async warned(name: string, reason: string, text: RegExp): Promise<string> {
    return until(`an event ${reason} about ${name}`, async () => {
      const events = await this.world.cluster.list({
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        namespace: this.namespace,
      });
      const found = events.find(
        (event) =>
          event['reason'] === reason &&
          (event['regarding'] as { name?: string }).name === `${name}-1` &&
          text.test(String(event['note'])),
      );
      if (found === undefined) throw new NotYet(events.map((event) => [event['reason'], event['note']]));
      return String(found['note']);
    });
  }

  /** Serial numbers of the certificates that PCA issued. */
  serialNumbers(): readonly string[] {
    return this.world.simulator.issued().map(({ serialNumber }) => serialNumber.toUpperCase());
  }

  /** These Certificates have got theirs, no request has two of them, and PCA was called once for each request. */
  async paidOnce(...names: readonly string[]): Promise<void> {
    await this.world.issuances({ ...this.#wanted(names), calledOnce: true });
  }

  /** These Certificates have got theirs and no request has two, though PCA may have been called again for one. */
  async paid(...names: readonly string[]): Promise<void> {
    await this.world.issuances(this.#wanted(names));
  }

  #wanted(names: readonly string[]): Wanted {
    return { namespace: this.namespace, certificates: Object.fromEntries(names.map((name) => [name, 1])) };
  }

  /** How many calls of this action arrived. */
  calls(action = 'CreateCustomCertificate'): number {
    return this.world.simulator.calls().filter((call) => call.action === action).length;
  }

  /** Waits until so many calls of the action arrived. */
  async called(times: number, action = 'CreateCustomCertificate'): Promise<void> {
    await until(
      `${times} calls of ${action}`,
      () => {
        if (this.calls(action) < times) throw new NotYet(`${this.calls(action)} calls`);
        return true;
      },
      { everyMs: 5 },
    );
  }
}

function readyMessage(request: Manifest): string {
  return conditionsOf(request).find(({ type }) => type === 'Ready')?.message ?? '';
}

/** The sum of the operator's samples of a metric whose line contains all these texts. */
export async function metric(operator: OperatorProcess, name: string, ...labels: readonly string[]): Promise<number> {
  const lines = (await operator.metrics()).split('\n');
  return lines
    .filter((line) => new RegExp(`^${name}[{ ]`).test(line) && labels.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** Whether this replica holds the Lease. */
export async function leads(operator: OperatorProcess): Promise<boolean> {
  return (await metric(operator, 'leader_election_master_status')) === 1;
}

/** Somebody revokes a certificate in PCA, by PCA's identifier. */
export async function revoke(world: World, identifier: string, store = clientCertificates): Promise<void> {
  const call = compose(
    pcaCall({
      endpoint: { host: world.simulator.endpoint, protocol: 'HTTP', caBundle: undefined, region: 'cn-hangzhou' },
      timeoutMs: 60_000,
      userAgent: 'test',
      transport: new HttpTransport(),
    }),
    withAccessKey({ ...world.simulator.accessKey, securityToken: undefined }),
  );
  const outcome = await call(store.revoke(identifier), { signal: new AbortController().signal });
  if (outcome.kind === 'failed') throw new Error(outcome.failure.message);
}
