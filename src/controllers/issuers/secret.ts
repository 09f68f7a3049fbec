// The Secret that an issuer names, read by its name: the access key in it.
import { accessKeyFromSecret } from '../../alibaba/credentials/access-key.ts';
import type { AccessKey } from '../../alibaba/credentials/access-key.ts';
import type { CredentialSource } from '../../crds/credential-source.ts';
import type { Issuer } from '../../crds/issuer.ts';
import type { KubernetesClient } from '../../kubernetes/client.ts';
import type { KubernetesFailure, KubernetesResult } from '../../kubernetes/failure.ts';
import type { IssuerProblem } from './reasons.ts';

/** The access key with the resourceVersion of its Secret, or what the issuer's condition says. */
export type SecretReading =
  | { readonly kind: 'ok'; readonly accessKey: AccessKey; readonly version: string }
  | { readonly kind: 'problem'; readonly problem: IssuerProblem };

type Named = Extract<CredentialSource, { readonly kind: 'secret' }>;

/** Reads the Secrets of issuers; those of cluster-scoped issuers are in `clusterResourceNamespace`. */
export class IssuerSecrets {
  readonly #kubernetes: Pick<KubernetesClient, 'get'>;
  readonly #clusterResourceNamespace: string;

  constructor(kubernetes: Pick<KubernetesClient, 'get'>, clusterResourceNamespace: string) {
    this.#kubernetes = kubernetes;
    this.#clusterResourceNamespace = clusterResourceNamespace;
  }

  /** Reads the access key of the Secret that the issuer names. */
  async readAccessKey(issuer: Issuer, { ref, path }: Named, signal: AbortSignal): Promise<SecretReading> {
    const namespace = this.#namespaceOf(issuer);
    const secret = `Secret "${namespace}/${ref.name}"`;
    const result = await this.get(issuer, ref.name, signal);
    if (result.kind === 'failed')
      return { kind: 'problem', problem: secretProblem(result.failure, { secret, namespace, path }) };

    const read = accessKeyFromSecret(result.body.data ?? {}, ref.keys);
    if (read.kind === 'ok')
      return { kind: 'ok', accessKey: read.accessKey, version: result.body.metadata.resourceVersion };

    const message = `${secret}, named by ${path}, holds no usable access key: ${read.message}`;
    return { kind: 'problem', problem: { reason: 'SecretInvalid', message } };
  }

  /** The object of a name, where the issuer's Secrets are. */
  async get(issuer: Issuer, name: string, signal: AbortSignal): Promise<KubernetesResult<Secret>> {
    const path = `/api/v1/namespaces/${encodeURIComponent(this.#namespaceOf(issuer))}/secrets/${encodeURIComponent(name)}`;
    return this.#kubernetes.get<Secret>(path, { signal });
  }

  #namespaceOf(issuer: Issuer): string {
    return issuer.metadata.namespace ?? this.#clusterResourceNamespace;
  }
}

interface Secret {
  readonly metadata: { readonly resourceVersion: string };
  readonly data?: Readonly<Record<string, string>>;
}

function secretProblem(
  failure: KubernetesFailure,
  { secret, namespace, path }: { readonly secret: string; readonly namespace: string; readonly path: string },
): IssuerProblem {
  if (failure.class === 'NotFound') {
    return {
      reason: 'SecretNotFound',
      message: `${secret}, named by ${path}, does not exist. Create it with the access key; the issuer is checked again automatically.`,
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
    message: `${secret} could not be read: ${failure.message}. The issuer is checked again automatically.`,
  };
}
