// A namespace whose Certificates have a history, taken into a backup, deleted, and put back in the order of a test.
import { X509Certificate } from '../../support/certificates.ts';
import { conditionsOf } from '../../support/cluster.ts';
import type { Manifest, ObjectReference } from '../../support/cluster.ts';
import { isIssued, renew, renewUnderWay } from '../../support/renewal.ts';
import { NotYet, until } from '../../support/wait.ts';
import { certificate, issuerApiVersion } from '../../support/world.ts';
import type { World } from '../../support/world.ts';

/** What a backup holds. */
export const resources = {
  Secret: { apiVersion: 'v1', plural: 'secrets' },
  AlibabaPCAIssuer: { apiVersion: issuerApiVersion, plural: 'alibabapcaissuers' },
  Certificate: { apiVersion: 'cert-manager.io/v1', plural: 'certificates' },
  CertificateRequest: { apiVersion: 'cert-manager.io/v1', plural: 'certificaterequests' },
} as const;

/** One of the kinds in a backup. */
export type Kind = keyof typeof resources;

/** The objects of a backup, as they were read. */
export type Backup = Readonly<Record<Kind, readonly Manifest[]>>;

/** A namespace with an issuer `pca`. */
export class Shop {
  readonly namespace: string;
  readonly #world: World;

  private constructor(world: World, namespace: string) {
    this.#world = world;
    this.namespace = namespace;
  }

  /** Makes it, with these Certificates, each of which got a certificate `revisions` times. */
  static async open(world: World, prefix: string, names: readonly string[], revisions = 1): Promise<Shop> {
    const shop = new Shop(world, await world.createNamespace(prefix));
    await world.cluster.apply(world.issuer(shop.namespace, 'pca'));
    await world.cluster.apply(names.map((name) => certificate(shop.namespace, name)));
    await shop.allIssued(names);
    for (let revision = 2; revision <= revisions; revision += 1) await shop.renewAll(names);
    return shop;
  }

  /** Names an object in it. */
  reference(kind: Kind, name: string): ObjectReference {
    return { apiVersion: resources[kind].apiVersion, kind, namespace: this.namespace, name };
  }

  /** All objects of a kind in it. */
  async list(kind: Kind): Promise<readonly Manifest[]> {
    const { apiVersion } = resources[kind];
    const found = await this.#world.cluster.list({ apiVersion, kind, namespace: this.namespace });
    return found.map((object) => ({ ...object, apiVersion, kind }));
  }

  /** Waits until these Certificates have what they asked for and no issuance is under way. */
  async allIssued(names: readonly string[]): Promise<void> {
    await until(`${names.length} Certificates to be issued`, async () => {
      const issued = (await this.list('Certificate')).filter(isIssued).map(({ metadata }) => metadata.name);
      const missing = names.filter((name) => !issued.includes(name));
      if (missing.length > 0) throw new NotYet(`without: ${missing.join(', ')}`);
      return true;
    });
  }

  /** Has each of them issued once more, `underWay`: although an issuance is under way. */
  async renewAll(names: readonly string[], { underWay = false } = {}): Promise<void> {
    const { cluster } = this.#world;
    await Promise.all(
      names.map(async (name) => {
        const ask = underWay ? renewUnderWay : renew;
        const revision = await ask(cluster, { namespace: this.namespace, name });
        // cert-manager may ask once more by itself.
        await cluster.waitFor(this.reference('Certificate', name), `revision ${revision}`, (object) => {
          const { revision: present = 0 } = object['status'] as { readonly revision?: number };
          return isIssued(object) && present >= revision;
        });
      }),
    );
  }

  /** Everything in it. */
  async backUp(): Promise<Backup> {
    const [Secret, AlibabaPCAIssuer, Certificate, CertificateRequest] = await Promise.all([
      this.list('Secret'),
      this.list('AlibabaPCAIssuer'),
      this.list('Certificate'),
      this.list('CertificateRequest'),
    ]);
    return { Secret, AlibabaPCAIssuer, Certificate, CertificateRequest };
  }

  /** Deletes what is in a backup, and waits until it is gone. */
  async lose(backup: Backup): Promise<void> {
    const { cluster } = this.#world;
    for (const kind of ['Certificate', 'CertificateRequest', 'Secret', 'AlibabaPCAIssuer'] as const) {
      const names = backup[kind].map(({ metadata }) => metadata.name);
      await Promise.all(names.map(async (name) => cluster.delete(this.reference(kind, name))));
      await until(`no ${kind} to be left`, async () => (await this.list(kind)).length === 0);
    }
  }

  /** Creates these objects as Velero does: without status and owners, and with new UIDs. */
  async restore(objects: readonly Manifest[]): Promise<void> {
    for (const object of objects) {
      const { apiVersion, plural } = resources[object.kind as Kind];
      const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
      const path = `${root}/namespaces/${this.namespace}/${plural}?fieldManager=velero-server`;
      const answer = await this.#world.cluster.api.send('POST', path, withoutHistory(object));
      if (answer.status !== 201) throw new Error(`${object.kind} was refused: ${JSON.stringify(answer.body)}`);
    }
  }

  /** Applies these objects with kubectl as a backup has them: with the UIDs of their owners. */
  async kubectlApply(objects: readonly Manifest[]): Promise<void> {
    const items = objects.map((object) => {
      const { name, namespace, labels, annotations, ownerReferences } = object.metadata;
      return { ...withoutHistory(object), metadata: { name, namespace, labels, annotations, ownerReferences } };
    });
    await this.#world.cluster.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  }

  /** The text of the Ready condition by the name of the request, of those that are there. */
  async messages(): Promise<ReadonlyMap<string, string>> {
    const requests = await this.list('CertificateRequest');
    return new Map(
      requests.map((request) => [
        request.metadata.name,
        conditionsOf(request).find(({ type }) => type === 'Ready')?.message ?? '',
      ]),
    );
  }

  /**
   * Certificates that PCA issued since the simulator's last reset for requests of this namespace, but for the Certificate
   * `besides`: all of them, and those that a Secret holds.
   */
  async paid(besides = ''): Promise<{ readonly all: number; readonly used: number }> {
    const inUse = new Set((await this.list('Secret')).flatMap(serialNumbersIn));
    const certificates = (await this.#world.issuances()).all
      .filter(({ request }) => request.namespace === this.namespace && request.certificate !== besides)
      .flatMap((each) => each.certificates);
    const used = certificates.filter(({ pem }) => inUse.has(new X509Certificate(pem).serialNumber.toLowerCase()));
    return { all: certificates.length, used: used.length };
  }
}

function withoutHistory({ status: _status, ...object }: Manifest): Manifest {
  const { name, namespace, labels, annotations } = object.metadata;
  return { ...object, metadata: { name, namespace, labels, annotations } as Manifest['metadata'] };
}

function serialNumbersIn(secret: Manifest): readonly string[] {
  const { 'tls.crt': chain } = (secret['data'] ?? {}) as Readonly<Record<string, string>>;
  if (chain === undefined || chain === '') return [];
  return [new X509Certificate(Buffer.from(chain, 'base64').toString()).serialNumber.toLowerCase()];
}
