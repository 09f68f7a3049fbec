// The ConfigMap in which an issuer publishes what its clients must trust. It is made, kept as it should be, and owned by its
// issuer, with which it goes; one that somebody else made is never touched.
import { issuerKind, apiVersion as ownVersion } from '../../../crds/issuer.ts';
import type { Issuer } from '../../../crds/issuer.ts';
import { patchTypes } from '../../../kubernetes/client.ts';
import type { KubernetesClient } from '../../../kubernetes/client.ts';
import type { KubernetesFailure } from '../../../kubernetes/failure.ts';
import type { OwnerReference } from '../../../kubernetes/objects.ts';
import type { IssuerProblem } from '../reasons.ts';

/** Where a bundle is published. */
export interface BundlePlace {
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
}

/** The label of every such ConfigMap, for those that look for them. */
const bundleLabel = 'pca.alibabacloud.com/trust-bundle';

interface ConfigMap {
  readonly metadata: {
    readonly uid: string;
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly OwnerReference[];
  };
  readonly data?: Readonly<Record<string, string>>;
}

type Client = Pick<KubernetesClient, 'get' | 'create' | 'patch' | 'delete'>;

const labels = { [bundleLabel]: 'true', 'app.kubernetes.io/managed-by': 'alibaba-pca-issuer' } as const;

/** Publishes bundles. Every write is of the one version that was read, so that nobody else's object is written to. */
export class PublishedBundle {
  readonly #kubernetes: Client;
  readonly #fieldManager: string;

  constructor(kubernetes: Client, fieldManager: string) {
    this.#kubernetes = kubernetes;
    this.#fieldManager = fieldManager;
  }

  /** Whether the ConfigMap is as it should be; also false where nobody can tell. */
  async isPublished(issuer: Issuer, place: BundlePlace, bundle: string, signal: AbortSignal): Promise<boolean> {
    const read = await this.#kubernetes.get<ConfigMap>(pathOf(place), { signal });
    return read.kind === 'ok' && isOwned(read.body, issuer) && isAsWanted(read.body, place, bundle);
  }

  /** Has the ConfigMap hold this bundle; undefined once the API server has confirmed that it does. */
  async publish(
    issuer: Issuer,
    place: BundlePlace,
    bundle: string,
    signal: AbortSignal,
  ): Promise<IssuerProblem | undefined> {
    const read = await this.#kubernetes.get<ConfigMap>(pathOf(place), { signal });
    if (read.kind === 'ok') return this.#correct(issuer, place, { bundle, present: read.body }, signal);
    if (read.failure.class !== 'NotFound') return problemOf(read.failure, place);
    // Without data: what creation writes belongs to another manager than what is applied, and would outlive a change of the key.
    const made = await this.#kubernetes.create<ConfigMap>(
      collectionOf(place),
      { ...bareConfigMap, metadata: { name: place.name, ...metadataOf(issuer) } },
      { signal, query: { fieldManager: this.#fieldManager } },
    );
    return made.kind === 'ok'
      ? this.#correct(issuer, place, { bundle, present: made.body }, signal)
      : problemOf(made.failure, place);
  }

  /** Deletes a ConfigMap of this issuer that is not its place any more; the failure where that has to be tried again. */
  async remove(issuer: Issuer, place: BundlePlace, signal: AbortSignal): Promise<IssuerProblem | undefined> {
    const read = await this.#kubernetes.get<ConfigMap>(pathOf(place), { signal });
    const removed =
      read.kind === 'ok' && isOwned(read.body, issuer)
        ? await this.#kubernetes.delete(pathOf(place), read.body.metadata.uid, { signal })
        : read;
    // Where the right was taken away, the ConfigMap is the administrator's by now; it goes with the issuer at the latest.
    return removed.kind === 'ok' || gone.has(removed.failure.class) ? undefined : problemOf(removed.failure, place);
  }

  async #correct(
    issuer: Issuer,
    place: BundlePlace,
    { bundle, present }: { readonly bundle: string; readonly present: ConfigMap },
    signal: AbortSignal,
  ): Promise<IssuerProblem | undefined> {
    if (!isOwned(present, issuer)) return { reason: 'ConfigMapTaken', message: takenMessage(place) };
    if (isAsWanted(present, place, bundle)) return undefined;
    const { resourceVersion } = present.metadata;
    const applied = await this.#kubernetes.patch<ConfigMap>(
      pathOf(place),
      {
        ...bareConfigMap,
        metadata: { name: place.name, resourceVersion, ...metadataOf(issuer) },
        data: { [place.key]: bundle },
      },
      patchTypes.apply,
      { signal, query: { fieldManager: this.#fieldManager, force: 'true' } },
    );
    return applied.kind === 'ok' ? undefined : problemOf(applied.failure, place);
  }
}

const bareConfigMap = { apiVersion: 'v1', kind: 'ConfigMap' } as const;
const gone: ReadonlySet<KubernetesFailure['class']> = new Set(['NotFound', 'Forbidden', 'Conflict']);

// An owner in another namespace would be none, but one of the cluster may own what is in a namespace. Deletion of the issuer does
// not wait for the ConfigMap (blockOwnerDeletion), which would need a right on its finalizers.
function metadataOf({ metadata, ...issuer }: Issuer): {
  readonly labels: Readonly<Record<string, string>>;
  readonly ownerReferences: readonly OwnerReference[];
} {
  const kind = issuerKind(issuer.kind)?.kind ?? kindOf(metadata);
  const owner = { apiVersion: ownVersion, kind, name: metadata.name, uid: metadata.uid, controller: true };
  return { labels, ownerReferences: [owner] };
}

/** Items of a list carry no kind. */
function kindOf({ namespace }: Issuer['metadata']): string {
  return namespace === undefined ? 'AlibabaPCAClusterIssuer' : 'AlibabaPCAIssuer';
}

function isOwned({ metadata }: ConfigMap, issuer: Issuer): boolean {
  return (metadata.ownerReferences ?? []).some(
    ({ uid, controller }) => uid === issuer.metadata.uid && controller === true,
  );
}

function isAsWanted({ data = {}, metadata }: ConfigMap, { key }: BundlePlace, bundle: string): boolean {
  const isLabelled = Object.entries(labels).every(([name, value]) => metadata.labels?.[name] === value);
  return data[key] === bundle && isLabelled;
}

function collectionOf({ namespace }: BundlePlace): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps`;
}

function pathOf(place: BundlePlace): string {
  return `${collectionOf(place)}/${encodeURIComponent(place.name)}`;
}

function takenMessage({ namespace, name }: BundlePlace): string {
  return `ConfigMap "${namespace}/${name}", named by spec.trust.publishTo, exists, and this issuer did not make it, so it is left as it is. Name another ConfigMap, or delete this one: it is then made anew.`;
}

function problemOf(failure: KubernetesFailure, { namespace, name }: BundlePlace): IssuerProblem {
  const configMap = `ConfigMap "${namespace}/${name}", named by spec.trust.publishTo`;
  if (failure.class === 'Forbidden' || failure.class === 'Unauthorized') {
    return {
      reason: 'ConfigMapForbidden',
      message: `The operator may not write ${configMap}: ${failure.message}. Grant its ServiceAccount a Role in namespace "${namespace}" with apiGroups [""], resources ["configmaps"], verbs ["get", "create", "patch", "delete"] (Helm: add the namespace to configMapAccess.namespaces).`,
    };
  }
  return {
    reason: 'ConfigMapNotWritten',
    message: `${configMap}, could not be written: ${failure.message}. Nothing is issued until it is, since clients would not trust it. It is tried again automatically.`,
  };
}
