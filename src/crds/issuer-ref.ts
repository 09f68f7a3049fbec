// How an issuer of either kind is named inside the process: one text key for queues, indexes and maps.
import { issuerKind } from './issuer.ts';
import type { IssuerKind } from './issuer.ts';

/** Kind, namespace (undefined for the cluster-scoped kind) and name of an issuer. */
export interface IssuerIdentity {
  readonly kind: IssuerKind;
  readonly namespace: string | undefined;
  readonly name: string;
}

/** The identity as one text: `Kind/namespace/name`, with an empty namespace for the cluster-scoped kind. */
export function issuerKey(identity: IssuerIdentity): `${string}/${string}/${string}` {
  return `${identity.kind.kind}/${identity.namespace ?? ''}/${identity.name}`;
}

/** The identity behind a key made by `issuerKey`; undefined when the text is not such a key. */
export function parseIssuerKey(key: string): IssuerIdentity | undefined {
  const [kindName, namespace, name, ...rest] = key.split('/');
  const kind = issuerKind(kindName);
  if (kind === undefined || namespace === undefined || name === undefined || rest.length > 0) return undefined;
  return { kind, namespace: namespace === '' ? undefined : namespace, name };
}

/** The issuer that a request in `namespace` means by its issuerRef; undefined when the kind is not one of ours. */
export function referencedIssuer(
  issuerRef: { readonly kind?: string; readonly name: string },
  namespace: string,
): IssuerIdentity | undefined {
  const kind = issuerKind(issuerRef.kind);
  if (kind === undefined) return undefined;
  return { kind, namespace: kind.scope === 'Cluster' ? undefined : namespace, name: issuerRef.name };
}

/** The issuer as a user reads it in a message: `AlibabaPCAIssuer "shop/pca"`. */
export function describeIssuer({ kind, namespace, name }: IssuerIdentity): string {
  return `${kind.kind} "${namespace === undefined ? '' : `${namespace}/`}${name}"`;
}

/** The command that shows the issuer's conditions and events. */
export function describeCommand({ kind, namespace, name }: IssuerIdentity): string {
  return `kubectl describe ${kind.singular} ${name}${namespace === undefined ? '' : ` -n ${namespace}`}`;
}

/** The labels under which metrics of an issuer are kept. */
export function issuerLabels({ kind, namespace, name }: IssuerIdentity): {
  readonly issuer_kind: string;
  readonly issuer_namespace: string;
  readonly issuer: string;
} {
  return { issuer_kind: kind.kind, issuer_namespace: namespace ?? '', issuer: name };
}
