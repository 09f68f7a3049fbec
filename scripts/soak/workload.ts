// What is asked for during a soak: Certificates that live and are renewed, Certificates that come and go, and requests without one.
import { requestFor } from '../../test/integration/at-most-once/operations.ts';
import { conditionsOf } from '../../test/support/cluster.ts';
import type { Manifest } from '../../test/support/cluster.ts';
import { isIssued, renewNow, renewUnderWay } from '../../test/support/renewal.ts';
import { NotYet, until } from '../../test/support/wait.ts';
import { certificate, issuerApiVersion } from '../../test/support/world.ts';
import type { World } from '../../test/support/world.ts';

/** The issuers of a soak, each for an operation of its own. */
export const issuers = { pca: 'CreateCustomCertificate', server: 'CreateServerCertificateWithCsr' } as const;

const living = 12;
const renewals = 6;
const replaced = 2;
const requestsEach = 6;
const settleMs = 300_000;
const ready = { type: 'Ready', status: 'True' };

/** Everything that is asked for in one namespace. */
export class Workload {
  readonly done: Record<string, number> = {};
  readonly #world: World;
  readonly #namespace: string;
  readonly #random: () => number;
  readonly #names = new Set<string>();
  #made = 0;

  private constructor(world: World, namespace: string, random: () => number) {
    this.#world = world;
    this.#namespace = namespace;
    this.#random = random;
  }

  /** Makes namespace and issuers, and the Certificates that live on. */
  static async start(world: World, random: () => number): Promise<Workload> {
    const workload = new Workload(world, await world.createNamespace('soak'), random);
    for (const name of Object.keys(issuers)) {
      await world.cluster.apply(workload.issuer(name, {}));
      await world.cluster.waitForCondition(workload.issuerReference(name), ready);
    }
    for (let index = 0; index < living; index += 1) await workload.#makeCertificate();
    await workload.settled();
    return workload;
  }

  get namespace(): string {
    return this.#namespace;
  }

  /** The manifest of an issuer; `spec` adds to or replaces members of the base. */
  issuer(name: string, spec: Readonly<Record<string, unknown>>): Manifest {
    const operation = issuers[name as keyof typeof issuers];
    // Here the same Certificates are renewed all the time.
    const base = { operation, issuanceLimits: { reissuesPerHour: 0 } };
    return this.#world.issuer(this.#namespace, name, { ...base, ...spec });
  }

  issuerReference(name: string) {
    return { apiVersion: issuerApiVersion, kind: 'AlibabaPCAIssuer', namespace: this.#namespace, name };
  }

  /** One round: some are renewed, some replaced, some requests come and some of them go at once. */
  async round(): Promise<void> {
    const names = [...this.#names].sort(() => this.#random() - 0.5);
    for (const name of names.slice(0, renewals)) await this.#renew(name);
    for (const name of names.slice(renewals).slice(0, replaced)) {
      await this.#delete('Certificate', name);
      this.#names.delete(name);
      await this.#makeCertificate();
    }
    for (let index = 0; index < requestsEach; index += 1) {
      const name = await this.#makeRequest();
      if (this.#random() < 0.3) await this.#delete('CertificateRequest', name);
    }
  }

  /** Takes half of all Certificates and all requests away in the middle of their work, and makes as many anew. */
  async purge(): Promise<void> {
    for (const name of [...this.#names].filter(() => this.#random() < 0.5)) {
      await this.#delete('Certificate', name);
      this.#names.delete(name);
      await this.#makeCertificate();
    }
    const requests = await this.#list('CertificateRequest');
    for (const { metadata } of requests) await this.#delete('CertificateRequest', metadata.name);
  }

  /** Waits until every Certificate is issued and every request has come to an end, or is held for one that is issued. */
  async settled(): Promise<void> {
    const check = async (): Promise<true> => {
      const certificates = await this.#list('Certificate');
      const issued = new Set(certificates.filter(isIssued).map(({ metadata }) => metadata.name));
      const open = certificates.filter((each) => !isIssued(each));
      const waiting = (await this.#list('CertificateRequest')).filter(
        (each) => !isEnded(each.status) && !(isHeldRequest(each) && issued.has(certificateOf(each) ?? '')),
      );
      if (open.length + waiting.length === 0) return true;
      for (const certificate of open) if (isHeld(certificate, waiting)) await this.#askAllTheSame(certificate);
      const shown = [...open, ...waiting].map((each) => `${each.metadata.name} ${JSON.stringify(conditionsOf(each))}`);
      const counts = `${open.length} Certificates and ${waiting.length} requests are open`;
      throw new NotYet(`${counts}: ${shown.slice(0, 3).join('; ')}`);
    };
    await until('everything to be issued', check, { deadlineMs: settleMs });
  }

  /** Does what the message of a held request says to whoever wants another certificate nevertheless. */
  async #askAllTheSame({ metadata }: Manifest): Promise<void> {
    await renewUnderWay(this.#world.cluster, { namespace: this.#namespace, name: metadata.name });
    this.count('held requests that were asked for again');
  }

  /** Names of requests that failed for good: nothing here deserves that. */
  async failed(): Promise<readonly string[]> {
    const requests = await this.#list('CertificateRequest');
    const failed = requests.filter((each) =>
      conditionsOf(each).some(({ type, reason }) => type === 'Ready' && reason === 'Failed'),
    );
    return failed.map((each) => `${each.metadata.name} failed: ${JSON.stringify(conditionsOf(each))}`);
  }

  /** Counts something that was done. */
  count(what: string): void {
    this.done[what] = (this.done[what] ?? 0) + 1;
  }

  /** Does it once the API server lets it. */
  async persist<Result>(what: string, act: () => Promise<Result>): Promise<Result> {
    const { result } = await until(what, async () => ({ result: await act() }));
    return result;
  }

  async #makeCertificate(): Promise<void> {
    const name = `c-${this.#made++}`;
    const manifest = certificate(this.#namespace, name, { revisionHistoryLimit: 2 });
    await this.persist(`${name} to be made`, async () => this.#world.cluster.apply(manifest));
    this.#names.add(name);
    this.count('Certificates made');
  }

  async #makeRequest(): Promise<string> {
    const issuer = this.#random() < 0.5 ? 'pca' : 'server';
    const name = `r-${this.#made++}`;
    const operation = issuers[issuer];
    const { manifest } = await requestFor(operation, { namespace: this.#namespace, name, issuer });
    await this.persist(`${name} to be made`, async () => this.#world.cluster.apply(manifest));
    this.count('requests made without a Certificate');
    return name;
  }

  async #renew(name: string): Promise<void> {
    const attempt = renewNow(this.#world.cluster, { namespace: this.#namespace, name });
    // One that is being issued is not asked for again.
    const asked = await attempt.then(
      () => true,
      () => false,
    );
    if (asked) this.count('renewals');
  }

  async #delete(kind: 'Certificate' | 'CertificateRequest', name: string): Promise<void> {
    const what = { apiVersion: 'cert-manager.io/v1', kind, namespace: this.#namespace, name };
    await this.persist(`${name} to be deleted`, async () => this.#world.cluster.delete(what));
    this.count(`${kind}s deleted`);
  }

  async #list(kind: 'Certificate' | 'CertificateRequest'): Promise<readonly Manifest[]> {
    const what = { apiVersion: 'cert-manager.io/v1', kind, namespace: this.#namespace };
    return this.persist(`the ${kind}s`, async () => this.#world.cluster.list(what));
  }
}

/** Whether the operator holds a request of a Certificate that has what it needs, as where its request was deleted meanwhile. */
function isHeld({ metadata }: Manifest, requests: readonly Manifest[]): boolean {
  return requests.some((request) => certificateOf(request) === metadata.name && isHeldRequest(request));
}

function isHeldRequest(request: Manifest): boolean {
  return conditionsOf(request).some(({ message }) => message?.startsWith('Held: Certificate '));
}

function certificateOf({ metadata }: Manifest): string | undefined {
  return metadata.annotations?.['cert-manager.io/certificate-name'];
}

function isEnded(status: unknown): boolean {
  const { conditions = [] } = (status ?? {}) as {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string }[];
  };
  return conditions.some(
    ({ type, status: value, reason }) =>
      (type === 'Ready' && (value === 'True' || reason === 'Failed' || reason === 'Denied')) ||
      (type === 'Denied' && value === 'True'),
  );
}
