// The Secret that an issuer names, read by its name: the access key in it, and whether it has changed.
import type { Issuer } from '../crds/issuer.ts';
import { accessKeyFromSecret, type AccessKey } from '../alibaba/credentials/access-key.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { KubernetesFailure, KubernetesResult } from '../kubernetes/failure.ts';
import type { IssuerProblem } from './issuer-sessions.ts';

/** Where Secrets are read. */
export interface SecretDependencies {
  readonly kubernetes: KubernetesClient;
  /** Namespace of the Secrets of cluster-scoped issuers. */
  readonly clusterResourceNamespace: string;
}

/** The access key with the resourceVersion of its Secret, or what the issuer's condition says. */
export type SecretReading =
  | { readonly kind: 'ok'; readonly accessKey: AccessKey; readonly version: string }
  | { readonly kind: 'problem'; readonly problem: IssuerProblem };

/** How an issuer names its Secret. */
export interface SecretRef {
  readonly name: string;
  readonly keys: Parameters<typeof accessKeyFromSecret>[1];
}

/** The Secret that an issuer names and the path of the field; undefined for one that needs none. */
export function secretRefOf({ spec }: Issuer): { readonly ref: SecretRef; readonly path: string } | undefined {
  const { secretRef, assumeRole } = spec.credentials;
  if (secretRef !== undefined) return { ref: secretRef, path: 'spec.credentials.secretRef' };
  if (assumeRole === undefined) return undefined;
  return { ref: assumeRole.secretRef, path: 'spec.credentials.assumeRole.secretRef' };
}

/** Reads the access key of the Secret that the issuer names at `path`. */
export async function readAccessKey(
  issuer: Issuer,
  { ref, path }: { readonly ref: SecretRef; readonly path: string },
  dependencies: SecretDependencies,
  signal: AbortSignal,
): Promise<SecretReading> {
  const namespace = namespaceOf(issuer, dependencies);
  const secret = `Secret "${namespace}/${ref.name}"`;
  const result = await readSecret(issuer, ref, dependencies, signal);
  if (result.kind === 'failed') {
    return { kind: 'problem', problem: secretProblem(result.failure, { secret, namespace, path }) };
  }
  const read = accessKeyFromSecret(result.body.data ?? {}, ref.keys);
  if (read.kind === 'ok') {
    return { kind: 'ok', accessKey: read.accessKey, version: result.body.metadata.resourceVersion };
  }
  const message = `${secret}, named by ${path}, holds no usable access key: ${read.message}`;
  return { kind: 'problem', problem: { reason: 'SecretInvalid', message } };
}

/** Whether the issuer's Secret is still the one of `version`; one that cannot be read has changed. */
export async function isSameSecret(
  issuer: Issuer,
  version: string,
  dependencies: SecretDependencies,
  signal: AbortSignal,
): Promise<boolean> {
  const named = secretRefOf(issuer);
  if (named === undefined) return true;
  const result = await readSecret(issuer, named.ref, dependencies, signal);
  return result.kind === 'ok' && result.body.metadata.resourceVersion === version;
}

interface Secret {
  readonly metadata: { readonly resourceVersion: string };
  readonly data?: Readonly<Record<string, string>>;
}

async function readSecret(
  issuer: Issuer,
  { name }: SecretRef,
  dependencies: SecretDependencies,
  signal: AbortSignal,
): Promise<KubernetesResult<Secret>> {
  const namespace = namespaceOf(issuer, dependencies);
  return dependencies.kubernetes.get<Secret>(`/api/v1/namespaces/${namespace}/secrets/${name}`, { signal });
}

function namespaceOf(issuer: Issuer, { clusterResourceNamespace }: SecretDependencies): string {
  return issuer.metadata.namespace ?? clusterResourceNamespace;
}

function secretProblem(
  failure: KubernetesFailure,
  { secret, namespace, path }: { readonly secret: string; readonly namespace: string; readonly path: string },
): IssuerProblem {
  if (failure.class === 'NotFound') {
    return {
      reason: 'SecretNotFound',
      message: `${secret}, named by ${path}, does not exist. Create it with the access key; the issuer is checked again by itself.`,
    };
  }
  if (failure.class === 'Forbidden' || failure.class === 'Unauthorized') {
    return {
      reason: 'SecretForbidden',
      message: `The operator may not read ${secret}: ${failure.message}. Grant its ServiceAccount a Role in namespace "${namespace}" with apiGroups [""], resources ["secrets"], verbs ["get"] (Helm: add the namespace to secretAccess.namespaces).`,
    };
  }
  return {
    reason: 'SecretUnreadable',
    message: `${secret} could not be read: ${failure.message}. The issuer is checked again by itself.`,
  };
}
