// Whether an issuer can issue: its Secret is readable, PCA answers, the CA is an active sub CA that suits the operation.
import type { Issuer, IssuerSpec } from '../crds/issuer.ts';
import { assessIssuingCA, describeIssuingCACall, readIssuingCA, type IssuingCA } from '../issuing/issuing-ca.ts';
import { issuingOperations } from '../issuing/operations/index.ts';
import { accessKeyFromSecret, type AccessKey } from '../alibaba/access-key.ts';
import { endpointFor, type PcaEndpoint } from '../alibaba/endpoint.ts';
import type { PcaFailure } from '../alibaba/errors.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { KubernetesFailure, KubernetesResult } from '../kubernetes/failure.ts';
import type { Lookups } from './lookups.ts';
import { issuerProblemOf } from './pca-failure.ts';
import type { IssuerProblem, IssuerSession } from './issuer-sessions.ts';
import type { PcaCaller } from './pca-caller.ts';

/** What a check needs from outside. */
export interface CheckDependencies {
  readonly kubernetes: KubernetesClient;
  /** Namespace of the Secrets of cluster-scoped issuers. */
  readonly clusterResourceNamespace: string;
  readonly connect: (endpoint: PcaEndpoint, accessKey: AccessKey) => PcaCaller;
  /** The lookups of this process; those of an account and a CA are kept from check to check. */
  readonly lookups: Lookups;
  /** Wall clock. */
  readonly now: () => Date;
}

type SecretDependencies = Pick<CheckDependencies, 'kubernetes' | 'clusterResourceNamespace'>;

/** `ready` carries the session; `notReady` the reason and message of the issuer's Ready condition. */
export type CheckResult =
  | { readonly kind: 'ready'; readonly session: IssuerSession }
  | { readonly kind: 'notReady'; readonly problem: IssuerProblem; readonly ca: IssuingCA | undefined };

/** Checks one issuer object; never throws, `signal` ends it early with `notReady`. */
export async function checkIssuer(
  issuer: Issuer,
  dependencies: CheckDependencies,
  signal: AbortSignal,
): Promise<CheckResult> {
  const { spec } = issuer;
  const credentials = await readAccessKey(issuer, dependencies, signal);
  if (credentials.kind === 'problem') return { kind: 'notReady', problem: credentials.problem, ca: undefined };

  const endpoint = endpointFor({ region: spec.region, ...spec.endpoint });
  const client = dependencies.connect(endpoint, credentials.accessKey);
  const outcome = await client.call(describeIssuingCACall(spec.parentIdentifier), { signal });
  if (outcome.kind === 'failed') {
    return { kind: 'notReady', problem: checkProblem(outcome.failure, spec), ca: undefined };
  }
  const read = readIssuingCA(outcome.body);
  if (read.kind === 'malformed') {
    const message = `PCA described CA "${spec.parentIdentifier}" in a form that cannot be read: ${read.message} (RequestId ${outcome.requestId ?? 'unknown'}). Check spec.endpoint; the issuer is checked again by itself.`;
    return { kind: 'notReady', problem: { reason: 'UnreadableAnswer', message }, ca: undefined };
  }
  const operation = issuingOperations[spec.operation];
  const assessed = assessIssuingCA(read.ca, operation, dependencies.now());
  if (assessed.kind === 'unusable') {
    return { kind: 'notReady', problem: { reason: assessed.reason, message: assessed.message }, ca: read.ca };
  }
  return {
    kind: 'ready',
    session: {
      uid: issuer.metadata.uid,
      generation: issuer.metadata.generation ?? 0,
      spec,
      ca: read.ca,
      client,
      secretVersion: credentials.version,
      account: credentials.accessKey.accessKeyId,
      endpoint: `${endpoint.protocol} ${endpoint.host}`,
      lookup: dependencies.lookups.of(client, {
        endpoint,
        account: credentials.accessKey.accessKeyId,
        parentIdentifier: spec.parentIdentifier,
        store: operation.store,
      }),
    },
  };
}

type Credentials =
  | { readonly kind: 'ok'; readonly accessKey: AccessKey; readonly version: string }
  | { readonly kind: 'problem'; readonly problem: IssuerProblem };

async function readAccessKey(
  issuer: Issuer,
  dependencies: CheckDependencies,
  signal: AbortSignal,
): Promise<Credentials> {
  const { namespace, name } = secretOf(issuer, dependencies);
  const secret = `Secret "${namespace}/${name}"`;
  const result = await readSecret(issuer, dependencies, signal);
  if (result.kind === 'failed') return { kind: 'problem', problem: secretProblem(result.failure, secret, namespace) };

  const read = accessKeyFromSecret(result.body.data ?? {}, issuer.spec.credentials.secretRef.keys);
  if (read.kind === 'ok')
    return { kind: 'ok', accessKey: read.accessKey, version: result.body.metadata.resourceVersion };
  const message = `${secret}, named by spec.credentials.secretRef, holds no usable access key: ${read.message}`;
  return { kind: 'problem', problem: { reason: 'SecretInvalid', message } };
}

interface Secret {
  readonly metadata: { readonly resourceVersion: string };
  readonly data?: Readonly<Record<string, string>>;
}

async function readSecret(
  issuer: Issuer,
  dependencies: SecretDependencies,
  signal: AbortSignal,
): Promise<KubernetesResult<Secret>> {
  const { namespace, name } = secretOf(issuer, dependencies);
  return dependencies.kubernetes.get<Secret>(`/api/v1/namespaces/${namespace}/secrets/${name}`, { signal });
}

function secretOf(
  issuer: Issuer,
  { clusterResourceNamespace }: SecretDependencies,
): { readonly namespace: string; readonly name: string } {
  const { name } = issuer.spec.credentials.secretRef;
  return { namespace: issuer.metadata.namespace ?? clusterResourceNamespace, name };
}

/** Whether the issuer's Secret is still the one of `version`; one that cannot be read has changed. */
export async function isSameSecret(
  issuer: Issuer,
  version: string,
  dependencies: SecretDependencies,
  signal: AbortSignal,
): Promise<boolean> {
  const result = await readSecret(issuer, dependencies, signal);
  return result.kind === 'ok' && result.body.metadata.resourceVersion === version;
}

function secretProblem(failure: KubernetesFailure, secret: string, namespace: string): IssuerProblem {
  if (failure.class === 'NotFound') {
    return {
      reason: 'SecretNotFound',
      message: `${secret}, named by spec.credentials.secretRef, does not exist. Create it with the access key; the issuer is checked again by itself.`,
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

function checkProblem(failure: PcaFailure, spec: IssuerSpec): IssuerProblem {
  return (
    issuerProblemOf(failure, spec) ?? {
      reason: 'PCAUnavailable',
      message: `PCA could not be asked about CA "${spec.parentIdentifier}": ${failure.message} The issuer is checked again by itself; if this lasts, check spec.region, spec.endpoint and the network.`,
    }
  );
}
