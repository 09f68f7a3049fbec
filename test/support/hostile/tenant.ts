// A tenant whose issuers name endpoints that mean harm: one at the issuer's check, one at issuing. The tenant has what the
// chart gives to whoever may edit issuers in a namespace, and no more.
import { conditionsOf } from '../cluster.ts';
import type { Manifest, ObjectReference } from '../cluster.ts';
import { NotYet, until } from '../wait.ts';
import { issuerApiVersion, secret } from '../world.ts';
import type { World } from '../world.ts';
import { HostileEndpoint } from './endpoint.ts';
import { planted } from './hostility.ts';
import type { Hostility } from './hostility.ts';
import { certificateRequests } from './requests.ts';

const user = 'mallory';
const requestsOfTenant = 4;

// A request waits for an issuer that several calls made not ready; why, the issuer says.
const waitsForIssuer = /, which is not ready \((?:PCAUnavailable|CertificateRefused)\)\. See: kubectl describe /;

// The test's own endpoint may be late once where the machine is busy, and a request is not told anew of the same class of trouble.
// Issuers are: at their check nothing else counts than what is meant.
const late = /, no answer came in time \(DeadlineExceeded\)\. /;

/** A namespace with up to two hostile issuers. */
export class HostileTenant {
  readonly #world: World;
  readonly #namespace: string;
  readonly #hostility: Hostility;
  readonly #atCheck: HostileEndpoint | undefined;
  readonly #atIssuing: HostileEndpoint | undefined;

  private constructor(
    world: World,
    namespace: string,
    hostility: Hostility,
    endpoints: readonly (HostileEndpoint | undefined)[],
  ) {
    this.#world = world;
    this.#namespace = namespace;
    this.#hostility = hostility;
    [this.#atCheck, this.#atIssuing] = endpoints;
  }

  /** Opens the endpoints, and makes issuers and requests that name them. */
  static async settle(world: World, hostility: Hostility): Promise<HostileTenant> {
    const { answer, at } = hostility;
    const simulator = world.simulator.endpoint;
    const isDescription = (action: string): boolean => action === 'DescribeCACertificate';
    const endpoints = await Promise.all([
      at === 'issuing' ? undefined : HostileEndpoint.start({ simulator, answer, isGenuine: () => false }),
      at === 'check' ? undefined : HostileEndpoint.start({ simulator, answer, isGenuine: isDescription }),
    ]);
    const namespace = await world.createNamespace('hostile');
    const tenant = new HostileTenant(world, namespace, hostility, endpoints);
    await tenant.#furnish();
    return tenant;
  }

  /** Waits until both endpoints have done their harm so often. */
  async struck(): Promise<void> {
    const { kind, times = 1 } = this.#hostility;
    const endpoints = [this.#atCheck, this.#atIssuing].filter((endpoint) => endpoint !== undefined);
    await until(`${kind} to be answered ${times} times`, () => {
      const harmed = endpoints.map((endpoint) => endpoint.harmed.length);
      if (harmed.some((count) => count < times)) throw new NotYet(harmed);
      return true;
    });
  }

  /** Waits until issuers and requests say what they should; answers with all that their owner reads. */
  async told(): Promise<readonly string[]> {
    const { issuerSays, requestSays } = this.#hostility;
    const told: string[] = [];
    if (this.#atCheck !== undefined) told.push(await this.#says(this.#issuer('check'), issuerSays));
    if (this.#atIssuing === undefined) return told;
    const said = await this.#says(this.#request(0), requestSays, late);
    told.push(said);
    if (waitsForIssuer.test(said)) told.push(await this.#says(this.#issuer('issuing')));
    return told;
  }

  /** Closes the endpoints; what the tenant made stays and meets a closed door. */
  async leave(): Promise<void> {
    await Promise.all([this.#atCheck?.stop(), this.#atIssuing?.stop()]);
  }

  #issuer(name: string): ObjectReference {
    return { apiVersion: issuerApiVersion, kind: 'AlibabaPCAIssuer', namespace: this.#namespace, name };
  }

  #request(index: number): ObjectReference {
    return {
      apiVersion: 'cert-manager.io/v1',
      kind: 'CertificateRequest',
      namespace: this.#namespace,
      name: `hostile-${index}`,
    };
  }

  async #furnish(): Promise<void> {
    const { cluster } = this.#world;
    await cluster.apply([
      secret(this.#namespace, 'planted', planted),
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: user, namespace: this.#namespace },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'alibaba-pca-issuer-edit' },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
      },
    ]);
    const issuers = [...this.#issuerAt('check', this.#atCheck), ...this.#issuerAt('issuing', this.#atIssuing)];
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: issuers });
    await until('the tenant to be let in', async () =>
      cluster.kubectl(['create', `--as=${user}`, '--validate=false', '-f', '-'], list),
    );
    if (this.#atIssuing === undefined) return;
    const issuer = { namespace: this.#namespace, name: 'issuing' };
    await cluster.apply(await certificateRequests(issuer, 'hostile', requestsOfTenant));
  }

  #issuerAt(name: string, endpoint: HostileEndpoint | undefined): readonly Manifest[] {
    if (endpoint === undefined) return [];
    return [
      this.#world.issuer(this.#namespace, name, {
        endpoint: { host: endpoint.host, protocol: 'HTTP' },
        credentials: { secretRef: { name: 'planted' } },
      }),
    ];
  }

  async #says(what: ObjectReference, wanted: RegExp | 'ready' = /./, also = waitsForIssuer): Promise<string> {
    const found = await this.#world.cluster.waitFor(what, String(wanted), (object) => {
      const { status, message = '' } = readyOf(object);
      return wanted === 'ready' ? status === 'True' : [wanted, waitsForIssuer, also].some((text) => text.test(message));
    });
    return readyOf(found).message ?? '';
  }
}

function readyOf(object: Manifest): Partial<ReturnType<typeof conditionsOf>[number]> {
  return conditionsOf(object).find(({ type }) => type === 'Ready') ?? {};
}
