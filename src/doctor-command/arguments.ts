// The command line of `alibaba-pca-issuer doctor`: flags as one table, and how they are read.
import { choiceFault, listFlags, readFlags } from '../command-line/flags.ts';
import type { Flag, Given } from '../command-line/flags.ts';
import { issuerKinds } from '../crds/issuer.ts';
import type { IssuerIdentity } from '../crds/issuer-ref.ts';
import { parseDuration } from '../issuing/duration.ts';
import type { ObjectName } from './facts.ts';

const flags = {
  issuer: {
    type: 'string',
    value: 'NAMESPACE/NAME',
    help: 'Look at this AlibabaPCAIssuer and its requests only; NAME alone is an AlibabaPCAClusterIssuer.',
  },
  request: {
    type: 'string',
    value: 'NAMESPACE/NAME',
    help: 'Say in five lines why this CertificateRequest, or the latest one of this Certificate, is not ready; NAME alone is a CertificateSigningRequest.',
  },
  'with-credentials': {
    type: 'boolean',
    help: "Read the Secrets of issuers and ask PCA with them, as the operator does. In the operator's pod that is the default; elsewhere you need the right to read the Secrets.",
  },
  kubeconfig: {
    type: 'string',
    value: 'FILE',
    help: "Kubeconfig file; without one the ServiceAccount of the operator's pod. Environment: PCA_ISSUER_KUBECONFIG.",
  },
  context: { type: 'string', value: 'NAME', help: 'Context of the kubeconfig. Default: its current one.' },
  namespace: {
    type: 'string',
    short: 'n',
    value: 'NAME',
    help: "The operator's namespace. Default: wherever a Deployment has the chart's label.",
  },
  deployment: {
    type: 'string',
    value: 'NAMESPACE/NAME',
    help: "The operator's Deployment, where it has not the chart's label.",
  },
  'cert-manager': {
    type: 'string',
    value: 'NAMESPACE/NAME',
    help: "ServiceAccount of cert-manager's controller. Default: that of its Deployment, else cert-manager/cert-manager.",
  },
  metrics: {
    type: 'string',
    value: 'URL',
    help: "Address of the leader's /metrics, such as that of a port-forward. Default in the operator's pod: its own.",
  },
  timeout: { type: 'string', value: 'DURATION', help: 'Longest time for all of it. Default: 60s.' },
  output: { type: 'string', short: 'o', value: 'table|json|yaml', help: 'Format of the output. Default: table.' },
  help: { type: 'boolean', short: 'h', help: 'Show this text.' },
} as const satisfies Record<string, Flag>;

/** Forms of the output. */
export type OutputForm = 'table' | 'json' | 'yaml';

/** What the doctor is asked. Empty texts are not given. */
export interface DoctorArguments {
  readonly issuer: IssuerIdentity | undefined;
  /** `namespace` is undefined for a CertificateSigningRequest. */
  readonly request: { readonly namespace: string | undefined; readonly name: string } | undefined;
  readonly withCredentials: boolean;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly namespace: string | undefined;
  readonly deployment: ObjectName | undefined;
  readonly certManager: ObjectName | undefined;
  readonly metrics: string | undefined;
  readonly timeoutMs: number;
  readonly output: OutputForm;
}

/** The outcome of reading a command line; `invalid` says which flag is at fault and what to write. */
export type ReadArguments =
  | { readonly kind: 'doctor'; readonly arguments: DoctorArguments }
  | { readonly kind: 'help' }
  | { readonly kind: 'invalid'; readonly message: string };

const manual = `alibaba-pca-issuer doctor: look at everything that certificates from PCA depend on, and say what to mend

Reads the cluster: CRDs, operator, Lease, rights, approval, issuers, requests, istiod; tries the way to PCA and STS. Asks the
API server who may do what. It changes nothing and shows no secret.

Usage: alibaba-pca-issuer doctor [flags]

Examples:
  kubectl exec -n alibaba-pca-issuer deploy/alibaba-pca-issuer -- /nodejs/bin/node /app/main.js doctor
  alibaba-pca-issuer doctor --kubeconfig ~/.kube/config --issuer shop/pca --with-credentials
  alibaba-pca-issuer doctor --kubeconfig ~/.kube/config --request shop/web

Flags:
`;

/** The text of `doctor --help`. */
export function doctorHelp(): string {
  const codes =
    'Exit codes: 0 no error was found (warnings do not count), or the request is ready; 3 at least one error was found, or the request is not ready; 2 wrong usage, or not all could be looked at.';
  return `${manual}${listFlags(flags)}\n\n${codes}\n`;
}

type Parsed = Given<typeof flags>;

const defaultTimeout = '60s';
const longestTimeoutMs = 3_600_000;
const named = /^([^/\s]+)\/([^/\s]+)$/;
const single = /^[^/\s]+$/;

/** Reads a command line without the word `doctor`. */
export function readArguments(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ReadArguments {
  const parsed = readFlags('doctor', flags, argv);
  if (typeof parsed === 'string') return { kind: 'invalid', message: parsed };
  if (parsed.help === true) return { kind: 'help' };
  const message =
    choiceFault('output', flags.output, parsed.output) ?? nameFault(parsed) ?? timeFault(parsed) ?? urlFault(parsed);
  if (message !== undefined) return { kind: 'invalid', message };
  return { kind: 'doctor', arguments: argumentsOf(parsed, environment) };
}

function argumentsOf(parsed: Parsed, environment: Readonly<Record<string, string | undefined>>): DoctorArguments {
  return {
    issuer: issuerOf(parsed.issuer),
    request:
      parsed.request === undefined
        ? undefined
        : (objectOf(parsed.request) ?? { namespace: undefined, name: parsed.request }),
    withCredentials: parsed['with-credentials'] ?? false,
    kubeconfig: given(parsed.kubeconfig ?? environment['PCA_ISSUER_KUBECONFIG']),
    context: given(parsed.context),
    namespace: given(parsed.namespace),
    deployment: objectOf(parsed.deployment),
    certManager: objectOf(parsed['cert-manager']),
    metrics: given(parsed.metrics),
    timeoutMs: millisecondsOf(parsed.timeout) ?? 0,
    output: (parsed.output ?? 'table') as OutputForm,
  };
}

function given(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function objectOf(text: string | undefined): ObjectName | undefined {
  const [, namespace, name] = named.exec(text ?? '') ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}

function issuerOf(text: string | undefined): IssuerIdentity | undefined {
  if (text === undefined) return undefined;
  const [ofNamespace, ofCluster] = issuerKinds;
  const object = objectOf(text);
  return object === undefined
    ? { kind: ofCluster, namespace: undefined, name: text }
    : { kind: ofNamespace, ...object };
}

function nameFault(parsed: Parsed): string | undefined {
  for (const name of ['issuer', 'request', 'deployment', 'cert-manager'] as const) {
    const value = parsed[name];
    const mayBeSingle = name === 'issuer' || name === 'request';
    if (value === undefined || named.test(value) || (mayBeSingle && single.test(value))) continue;
    return `--${name} is ${JSON.stringify(value)} but must be NAMESPACE/NAME${mayBeSingle ? ' or NAME' : ''}.`;
  }
  return parsed.issuer !== undefined && parsed.request !== undefined ? 'Give either --issuer or --request.' : undefined;
}

function timeFault({ timeout }: Parsed): string | undefined {
  return millisecondsOf(timeout) === undefined
    ? `--timeout is ${JSON.stringify(timeout)} but must be a duration from 1s to 1h, such as 90s.`
    : undefined;
}

function millisecondsOf(timeout = defaultTimeout): number | undefined {
  const read = parseDuration(timeout);
  const ms = read.kind === 'ok' ? read.seconds * 1_000 : 0;
  return ms >= 1_000 && ms <= longestTimeoutMs ? ms : undefined;
}

function urlFault({ metrics }: Parsed): string | undefined {
  if (metrics === undefined || metrics === '') return undefined;
  const url = URL.parse(metrics);
  const isUsable = url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  // Not repeated: it might hold a password.
  return isUsable ? undefined : '--metrics must be a URL without a password, such as http://127.0.0.1:8080/metrics.';
}
