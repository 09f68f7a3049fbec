// AlibabaPCAIssuer and AlibabaPCAClusterIssuer as the code sees them: names, types that follow from the schema, readers.
import type { issuerSpecSchema } from './issuer-schema/spec.ts';
import type { issuerStatusSchema } from './issuer-schema/status.ts';
import type { TypeOf } from './schema.ts';

/** Our API group and version. */
export const apiGroup = 'pca.alibabacloud.com';
export const version = 'v1alpha1';
export const apiVersion = `${apiGroup}/${version}`;

/** The two kinds. They share spec and status and differ in where their Secrets are. */
export const issuerKinds = [
  {
    kind: 'AlibabaPCAIssuer',
    plural: 'alibabapcaissuers',
    singular: 'alibabapcaissuer',
    shortNames: ['pcai'],
    scope: 'Namespaced',
  },
  {
    kind: 'AlibabaPCAClusterIssuer',
    plural: 'alibabapcaclusterissuers',
    singular: 'alibabapcaclusterissuer',
    shortNames: ['pcaci'],
    scope: 'Cluster',
  },
] as const;

/** Everything that names one of the two kinds. */
export type IssuerKind = (typeof issuerKinds)[number];

/** An issuer's spec with all defaults filled in. */
export type IssuerSpec = TypeOf<typeof issuerSpecSchema>;

/** An issuer's status, as the operator observed it. */
export type IssuerStatus = TypeOf<typeof issuerStatusSchema>;

/** A condition of an issuer (metav1.Condition). */
export type IssuerCondition = IssuerStatus['conditions'][number];

/** An issuer of either kind; `namespace` is absent on cluster issuers. */
export interface Issuer {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly creationTimestamp: string;
    readonly generation?: number;
    readonly deletionTimestamp?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: IssuerSpec;
  readonly status?: IssuerStatus;
}

/**
 * An issuer as it was read from the cluster, whose CRDs may be of another version: without `spec` where this operator does not
 * understand it (`faults` says why, in sentences), and with the paths of fields that it does not know and has left out.
 */
export interface IssuerAsRead extends Omit<Issuer, 'spec'> {
  readonly spec: IssuerSpec | undefined;
  readonly faults?: readonly string[];
  readonly unknownFields?: readonly string[];
}

/** The kind of this name, `undefined` when it is not one of ours. */
export function issuerKind(name: string | undefined): IssuerKind | undefined {
  return issuerKinds.find(({ kind }) => kind === name);
}

/** Path of all issuers of a kind in the cluster, for list and watch. */
export function issuersPath(kind: IssuerKind): string {
  return `/apis/${apiVersion}/${kind.plural}`;
}

/** Path of one issuer, without `/status`; `namespace` is ignored for cluster issuers. */
export function issuerPath(
  kind: IssuerKind,
  issuer: { readonly namespace?: string | undefined; readonly name: string },
): string {
  const namespace = kind.scope === 'Namespaced' ? `namespaces/${encodeURIComponent(issuer.namespace ?? '')}/` : '';
  return `/apis/${apiVersion}/${namespace}${kind.plural}/${encodeURIComponent(issuer.name)}`;
}

/** The condition `Ready`, of any generation. */
export function readyCondition(issuer: Pick<Issuer, 'status'>): IssuerCondition | undefined {
  return issuer.status?.conditions.find(({ type }) => type === 'Ready');
}

/** Whether requests may be signed now: Ready is True and about the current spec. */
export function isReady(issuer: Pick<Issuer, 'metadata' | 'status'>): boolean {
  const ready = readyCondition(issuer);
  return ready?.status === 'True' && (ready.observedGeneration ?? 0) >= generationOf(issuer);
}

/** The generation of its spec; 0 where the API server gave none. */
export function generationOf({ metadata }: Pick<Issuer, 'metadata'>): number {
  return metadata.generation ?? 0;
}
