// What `alibaba-pca-issuer doctor` is for and what can be said to it.
import { clusterFlags, outputFlag } from '../command-line/flags.ts';
import type { Manual } from '../command-line/flags.ts';
import { issuerKinds } from '../crds/issuer.ts';
import type { IssuerIdentity } from '../crds/issuer-ref.ts';
import { parseDuration } from '../issuing/duration.ts';
import type { ObjectName } from '../cluster-reading/right.ts';

const namespacedName = { kind: 'value', value: 'NAMESPACE/NAME', read: objectOf, mustBe: 'NAMESPACE/NAME' } as const;
const anyName = { kind: 'value', value: 'NAMESPACE/NAME', mustBe: 'NAMESPACE/NAME or NAME' } as const;

/** The manual of `doctor`. */
export const doctorManual = {
  command: 'alibaba-pca-issuer doctor',
  summary: 'Looks at everything that certificates from PCA depend on, and says what to mend',
  details: `Reads the cluster: CRDs, operator, Lease, rights, approval, issuers, requests, istiod; tries the way to PCA and STS. Asks the
API server who may do what. It changes nothing and shows no secret.`,
  flags: {
    issuer: {
      ...anyName,
      read: issuerOf,
      help: 'look at this AlibabaPCAIssuer and its requests only; NAME alone is an AlibabaPCAClusterIssuer',
    },
    request: {
      ...anyName,
      read: requestOf,
      help: 'say in five lines why this CertificateRequest, or the latest one of this Certificate, is not ready; NAME alone is a CertificateSigningRequest',
    },
    'with-credentials': {
      kind: 'switch',
      help: "read the Secrets of issuers and ask PCA with them, as the operator does; in the operator's pod that is the default, elsewhere you need the right to read the Secrets",
    },
    ...clusterFlags,
    namespace: {
      kind: 'text',
      short: 'n',
      value: 'NAME',
      help: "the operator's namespace; default wherever a Deployment has the chart's label",
    },
    deployment: { ...namespacedName, help: "the operator's Deployment, where it has not the chart's label" },
    'cert-manager': {
      ...namespacedName,
      help: "ServiceAccount of cert-manager's controller; default that of its Deployment, else cert-manager/cert-manager",
    },
    metrics: {
      kind: 'value',
      value: 'URL',
      read: urlOf,
      mustBe: 'a URL without a password, such as http://127.0.0.1:8080/metrics',
      isSecret: true,
      help: "address of the leader's /metrics, such as that of a port-forward; default in the operator's pod its own",
    },
    timeout: {
      kind: 'value',
      value: 'DURATION',
      read: millisecondsOf,
      mustBe: 'a duration from 1s to 1h, such as 90s',
      default: '60s',
      help: 'longest time for all of it',
    },
    output: outputFlag,
  },
  examples: {
    'kubectl exec -n alibaba-pca-issuer deploy/alibaba-pca-issuer -- /nodejs/bin/node /app/main.js doctor':
      "as the operator's pod",
    '--kubeconfig ~/.kube/config --issuer shop/pca --with-credentials': 'one issuer, and the way to PCA',
    '--kubeconfig ~/.kube/config --request shop/web': 'one Certificate',
  },
  exitCodes: {
    0: 'no error was found (warnings do not count), or the request is ready',
    2: 'wrong usage, or not all could be looked at',
    3: 'at least one error was found, or the request is not ready',
  },
} as const satisfies Manual;

function objectOf(text: string): ObjectName | undefined {
  const [, namespace, name] = /^([^/\s]+)\/([^/\s]+)$/.exec(text) ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}

function isSingle(text: string): boolean {
  return /^[^/\s]+$/.test(text);
}

function issuerOf(text: string): IssuerIdentity | undefined {
  const [ofNamespace, ofCluster] = issuerKinds;
  if (isSingle(text)) return { kind: ofCluster, namespace: undefined, name: text };
  const object = objectOf(text);
  return object && { kind: ofNamespace, ...object };
}

/** `namespace` is undefined for a CertificateSigningRequest. */
function requestOf(text: string): { readonly namespace: string | undefined; readonly name: string } | undefined {
  return isSingle(text) ? { namespace: undefined, name: text } : objectOf(text);
}

function urlOf(text: string): string | undefined {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
    ? text
    : undefined;
}

function millisecondsOf(text: string): number | undefined {
  const read = parseDuration(text);
  const ms = read.kind === 'ok' ? read.seconds * 1_000 : 0;
  return ms >= 1_000 && ms <= 3_600_000 ? ms : undefined;
}
