// The ServiceAccount that an issuer names: whether it is there and still the same one, and tokens of it for STS. The operator
// asks the API server for each (TokenRequest); nobody keeps one.
import type { TokenReading } from '../../../alibaba/credentials/new-credentials.ts';
import type { TokenSource } from '../../../alibaba/credentials/session-request.ts';
import type { ClientFault } from '../../../alibaba/errors.ts';
import type { CredentialSource } from '../../../crds/credential-source.ts';
import type { Issuer } from '../../../crds/issuer.ts';
import type { KubernetesClient } from '../../../kubernetes/client.ts';
import type { KubernetesFailure, KubernetesFailureClass, KubernetesResult } from '../../../kubernetes/failure.ts';
import type { IssuerProblem } from '../reasons.ts';

type Named = Extract<CredentialSource, { readonly kind: 'serviceAccount' }>;

/** The ServiceAccount, or what the issuer's condition says. */
export type ServiceAccountReading =
  | { readonly kind: 'ok'; readonly namespace: string; readonly uid: string }
  | { readonly kind: 'problem'; readonly problem: IssuerProblem };

interface ServiceAccount {
  readonly metadata: { readonly uid: string };
}

/** Reads the ServiceAccounts of issuers; those of cluster-scoped issuers are in `clusterResourceNamespace`. */
export class ServiceAccounts {
  readonly #kubernetes: Pick<KubernetesClient, 'get'>;
  readonly #clusterResourceNamespace: string;

  constructor(kubernetes: Pick<KubernetesClient, 'get'>, clusterResourceNamespace: string) {
    this.#kubernetes = kubernetes;
    this.#clusterResourceNamespace = clusterResourceNamespace;
  }

  /** Reads the ServiceAccount that the issuer names. */
  async read(issuer: Issuer, { ref, path }: Named, signal: AbortSignal): Promise<ServiceAccountReading> {
    const namespace = this.#namespaceOf(issuer);
    const result = await this.get(issuer, ref.name, signal);
    if (result.kind === 'ok') return { kind: 'ok', namespace, uid: result.body.metadata.uid };
    const account = `ServiceAccount "${namespace}/${ref.name}"`;
    return { kind: 'problem', problem: accountProblem(result.failure, { account, namespace, path }) };
  }

  /** The object of a name, where the issuer's ServiceAccounts are. */
  async get(issuer: Issuer, name: string, signal: AbortSignal): Promise<KubernetesResult<ServiceAccount>> {
    return this.#kubernetes.get<ServiceAccount>(pathOf(this.#namespaceOf(issuer), name), { signal });
  }

  #namespaceOf(issuer: Issuer): string {
    return issuer.metadata.namespace ?? this.#clusterResourceNamespace;
  }
}

// The shortest that the API server gives; STS is asked at once.
const tokenSeconds = 600;

interface TokenRequest {
  readonly status?: { readonly token?: unknown };
}

interface Claims {
  readonly iss?: unknown;
  readonly 'kubernetes.io'?: { readonly serviceaccount?: { readonly uid?: unknown } };
}

const faults: Readonly<Record<KubernetesFailureClass, ClientFault>> = {
  NotFound: 'ServiceAccountNotFound',
  Forbidden: 'TokenRequestForbidden',
  Unauthorized: 'TokenRequestForbidden',
  Invalid: 'TokenRequestRefused',
  Defect: 'TokenRequestRefused',
  Conflict: 'TokenRequestFailed',
  Throttled: 'TokenRequestFailed',
  Transient: 'TokenRequestFailed',
  Cancelled: 'TokenRequestFailed',
};
// What else the failure says must find room beside it.
const longestDetail = 260;

/** A new token of a ServiceAccount; bound to no object, for one audience, and refused where the API server itself is that. */
export async function requestToken(
  kubernetes: Pick<KubernetesClient, 'create'>,
  { namespace, name, uid, audience }: Extract<TokenSource, { readonly kind: 'serviceAccount' }>,
  signal: AbortSignal,
): Promise<TokenReading> {
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { audiences: [audience], expirationSeconds: tokenSeconds },
  };
  const result = await kubernetes.create<TokenRequest>(`${pathOf(namespace, name)}/token`, body, { signal });
  if (result.kind === 'failed')
    return failed(faults[result.failure.class], result.failure.message.slice(0, longestDetail));
  const { token } = result.body.status ?? {};
  const claims = typeof token === 'string' ? claimsOf(token) : undefined;
  if (typeof token !== 'string' || claims === undefined)
    return failed('TokenRequestFailed', 'the answer holds no token');
  // By default an API server takes tokens for its own issuer.
  if (claims.iss === audience) return failed('TokenForAPIServer', `the audience "${audience}" is its own issuer`);
  if (claims['kubernetes.io']?.serviceaccount?.uid !== uid)
    return failed('ServiceAccountReplaced', `the token is not of UID ${uid}`);
  return { kind: 'ok', token };
}

function failed(fault: ClientFault, detail: string): TokenReading {
  return { kind: 'failed', fault, detail };
}

/** What a token says; it comes from the API server, so nobody need check its signature. */
function claimsOf(token: string): Claims | undefined {
  const [, payload = '', signature] = token.split('.');
  if (signature === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null ? claims : undefined;
  } catch {
    // The parser's own message quotes the token.
    return undefined;
  }
}

function pathOf(namespace: string, name: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts/${encodeURIComponent(name)}`;
}

function accountProblem(
  failure: KubernetesFailure,
  { account, namespace, path }: { readonly account: string; readonly namespace: string; readonly path: string },
): IssuerProblem {
  if (failure.class === 'NotFound') {
    return {
      reason: 'ServiceAccountNotFound',
      message: `${account}, named by ${path}, does not exist. Create it, and name it in the trust policy of the role; the issuer is checked again automatically.`,
    };
  }
  if (failure.class === 'Forbidden' || failure.class === 'Unauthorized') {
    return {
      reason: 'ServiceAccountForbidden',
      message: `The operator may not read ${account}: ${failure.message}. Grant its ServiceAccount a Role in namespace "${namespace}" with apiGroups [""], resources ["serviceaccounts"], verbs ["get"], and resources ["serviceaccounts/token"], verbs ["create"] (Helm: add the namespace to serviceAccountTokens.namespaces).`,
    };
  }
  return {
    reason: 'ServiceAccountUnreadable',
    message: `${account} could not be read: ${failure.message}. The issuer is checked again automatically.`,
  };
}
