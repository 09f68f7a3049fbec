// The settings of the executable as one table: flag, environment variable, type, default and help side by side.
// Parsed and validated once at start, then handed down as plain values; nothing below reads process.env.
import { parseArgs } from 'node:util';
import { expectation, readValue } from './setting.ts';
import type { Setting } from './setting.ts';

/** Every setting of the executable; the flag is `--<name>`, the environment variable `PCA_ISSUER_<NAME>`. */
export const settings = {
  kubeconfig: {
    type: 'text',
    default: '',
    help: "Kubeconfig file; empty: the pod's own ServiceAccount.",
  },
  context: { type: 'text', default: '', help: 'Context of the kubeconfig; empty: its current one.' },
  'cluster-resource-namespace': {
    type: 'text',
    default: '',
    help: "Namespace of the Secrets and ServiceAccounts that AlibabaPCAClusterIssuers name; empty: the operator's own namespace.",
  },
  'issuer-ambient-credentials': {
    type: 'switch',
    default: 'false',
    help: "Let AlibabaPCAIssuers use the operator's own RAM role (credentials.rrsa); AlibabaPCAClusterIssuers always may.",
  },
  'issuer-ecs-role': {
    type: 'switch',
    default: 'false',
    help: "Let AlibabaPCAIssuers use the RAM role of the operator's node (credentials.ecsRole); AlibabaPCAClusterIssuers always may.",
  },
  'ecs-metadata-address': {
    type: 'text',
    default: '100.100.100.200',
    help: 'Address of the metadata service of ECS, for credentials.ecsRole; another one only for tests, as an IP address with an optional port.',
  },
  'ecs-metadata-v1': {
    type: 'switch',
    default: 'false',
    help: 'Ask the metadata service without a token (IMDSv1) where it gives none.',
  },
  'issuer-hosts': {
    type: 'text',
    default:
      'cas.aliyuncs.com,cas.*.aliyuncs.com,cas-vpc.*.aliyuncs.com,sts.aliyuncs.com,sts.*.aliyuncs.com,sts-vpc.*.aliyuncs.com',
    help: 'Hosts that issuers may name for PCA and STS, separated by commas; * stands for one label, at the beginning for any number. :port after a host, or :* for any, unless the port is 443 or 80.',
  },
  'issuer-rules': {
    type: 'text',
    default: '',
    help: 'File with rules, in YAML or JSON: which issuers may use which identities, roles, hosts and CAs, with which limits. Empty: no rules; --issuer-ambient-credentials and --issuer-ecs-role decide.',
  },
  'refused-networks': {
    type: 'text',
    default: '',
    help: "Networks that no host of an issuer may lead to, separated by commas, such as 10.96.0.0/12: the cluster's Services and pods. Loopback, link-local and metadata addresses are always refused, unless --issuer-hosts names the address.",
  },
  'plain-http-endpoints': {
    type: 'switch',
    default: 'false',
    help: "Let issuers call endpoints without TLS (protocol HTTP) beyond the operator's own loopback. Credentials and tokens can be read on the way.",
  },
  'proxy-ca-bundle': {
    type: 'text',
    default: '',
    help: "PEM certificates of CAs to trust, instead of the system's, for a proxy in HTTPS_PROXY that is itself reached over TLS (https://…).",
  },
  'leader-elect': {
    type: 'switch',
    default: 'true',
    help: 'Take part in the election of the replica that issues; without it every replica issues.',
  },
  'leader-election-namespace': {
    type: 'text',
    default: '',
    help: "Namespace of the election's Lease; empty: the operator's own namespace.",
  },
  'leader-election-name': { type: 'text', default: 'alibaba-pca-issuer', help: "Name of the election's Lease." },
  'lease-duration': {
    type: 'duration',
    default: '15s',
    help: 'Time after the last renewal until another replica may take the Lease; the Lease stores it in whole seconds.',
  },
  'lease-renew-deadline': {
    type: 'duration',
    default: '10s',
    help: 'Time without a renewal until the leader stops acting; must be shorter than --lease-duration.',
  },
  'lease-retry-period': {
    type: 'duration',
    default: '2s',
    help: 'Interval at which the leader renews the Lease and the other replicas check it; must be shorter than --lease-renew-deadline.',
  },
  'health-address': {
    type: 'address',
    default: ':8080',
    help: 'Address of /healthz, /readyz and /metrics, as [host]:port.',
  },
  'metrics-address': {
    type: 'address',
    default: '',
    mayBeEmpty: true,
    help: 'Address of /metrics alone, as [host]:port, over TLS and only for bearer tokens whose user may get it (TokenReview, SubjectAccessReview); empty: /metrics stays at --health-address, for everybody.',
  },
  'metrics-certificate-directory': {
    type: 'text',
    default: '',
    help: 'Directory with tls.crt and tls.key for --metrics-address; they are read again when they change.',
  },
  'log-level': {
    type: 'choice',
    default: 'info',
    choices: ['trace', 'debug', 'info', 'warn', 'error'],
    help: 'Lowest level that is logged.',
  },
  'log-format': {
    type: 'choice',
    default: 'json',
    choices: ['json', 'text'],
    help: 'Format of log lines; text is for people at a terminal.',
  },
  tracing: {
    type: 'switch',
    default: 'false',
    help: 'Send a trace of each finished request as OTLP over HTTP in JSON, as the variables OTEL_EXPORTER_OTLP_… say.',
  },
  'certificate-signing-requests': {
    type: 'switch',
    default: 'true',
    help: 'Also sign Kubernetes CertificateSigningRequests whose signerName names an AlibabaPCAIssuer or AlibabaPCAClusterIssuer.',
  },
  'max-concurrent-requests': {
    type: 'count',
    default: '64',
    help: 'Number of CertificateRequests processed at the same time; 64 suffice at a cloud latency of 200 ms.',
  },
  'issuer-check-interval': {
    type: 'duration',
    default: '5m',
    help: 'Interval between checks of a ready issuer against PCA, varied at random by up to a tenth.',
  },
  'secret-check-interval': {
    type: 'duration',
    default: '15s',
    help: 'Interval between reads of the Secret or ServiceAccount of an issuer that is ready or that a fault holds; if it changed, the issuer is checked at once.',
  },
  'approval-warning-after': {
    type: 'duration',
    default: '60s',
    mayBeZero: true,
    help: 'Time until an event warns that a request is neither approved nor denied; 0s: never.',
  },
  'call-limits': {
    type: 'text',
    default: '',
    help: 'Calls per second for each account, as a comma-separated list of action=start/floor/ceiling, such as CreateCustomCertificate=100/1/1000,*=10/1/1000; empty: the published limits.',
  },
  'pca-timeout': {
    type: 'duration',
    default: '30s',
    help: 'Time limit for one call to PCA; for a check of an issuer 10s at most.',
  },
  'retry-base-delay': {
    type: 'duration',
    default: '1s',
    help: 'First delay after passing trouble; doubled each time, with jitter.',
  },
  'retry-max-delay': { type: 'duration', default: '5m', help: 'Longest delay after passing trouble.' },
  'shutdown-timeout': {
    type: 'duration',
    default: '20s',
    help: 'Longest wait for calls in flight at shutdown; keep it below terminationGracePeriodSeconds.',
  },
} as const satisfies Record<string, Setting>;

/** Name of a setting, which is its flag without the two dashes. */
export type SettingName = keyof typeof settings;

type ValueOf<S extends Setting> = S['type'] extends 'switch'
  ? boolean
  : S['type'] extends 'count' | 'duration'
    ? number
    : string;

/** The parsed settings; durations are milliseconds. */
export type Options = { readonly [Name in SettingName]: ValueOf<(typeof settings)[Name]> };

/** The command that the command line gives; `unreadable` and `invalid` name the flag or variable at fault. */
export type ParsedOptions =
  | { readonly kind: 'run'; readonly options: Options }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'unreadable'; readonly message: string }
  | { readonly kind: 'invalid'; readonly message: string };

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The variable of a setting. */
export const environmentName = (name: string): string => `PCA_ISSUER_${name.replaceAll('-', '_').toUpperCase()}`;

/**
 * Reads flags and environment; a flag wins over its variable, a variable over the default.
 * `unreadable` when a flag is unknown or its value is missing, `invalid` when a value does not fit.
 */
export function parseOptions(argv: readonly string[], environment: Environment): ParsedOptions {
  const flags = readFlags(argv);
  if (typeof flags === 'string') return { kind: 'unreadable', message: flags };
  if (flags['help'] !== undefined) return { kind: 'help' };
  if (flags['version'] !== undefined) return { kind: 'version' };

  const values: Record<string, string | number | boolean> = {};
  for (const [name, setting] of Object.entries<Setting>(settings)) {
    const [source, text] =
      flags[name] !== undefined
        ? [`--${name}`, flags[name]]
        : [environmentName(name), environment[environmentName(name)] ?? setting.default];
    const value = readValue(setting, text);
    if (value === undefined)
      return { kind: 'invalid', message: `${source} is "${text}" but must be ${expectation(setting)}.` };

    values[name] = value;
  }
  const options = values as Options;
  const message = leaseObjection(options) ?? rulesObjection(options) ?? metricsObjection(options);
  return message === undefined ? { kind: 'run', options } : { kind: 'invalid', message };
}

/** A replica must have stopped before another may act, and must have tried more than once before it stops. */
function leaseObjection(options: Options): string | undefined {
  if (options['lease-retry-period'] >= options['lease-renew-deadline'])
    return '--lease-retry-period must be shorter than --lease-renew-deadline.';
  if (options['lease-renew-deadline'] >= options['lease-duration'])
    return '--lease-renew-deadline must be shorter than --lease-duration.';
  return undefined;
}

/** Rules say which issuers may use the operator's own identities; two settings for one thing would contradict each other. */
function rulesObjection(options: Options): string | undefined {
  if (options['issuer-rules'] === '') return undefined;
  const flag = (['issuer-ambient-credentials', 'issuer-ecs-role'] as const).find((name) => options[name]);
  if (flag === undefined) return undefined;
  const identity = flag === 'issuer-ecs-role' ? 'NodeRole' : 'OperatorRole';
  return `--issuer-rules replaces --${flag}, so the two cannot be set together. Take --${flag} away, and list ${identity} in identities of the rules whose issuers may use it.`;
}

function metricsObjection(options: Options): string | undefined {
  return options['metrics-address'] !== '' && options['metrics-certificate-directory'] === ''
    ? '--metrics-address needs --metrics-certificate-directory: tokens are not taken without TLS.'
    : undefined;
}

function readFlags(argv: readonly string[]): Readonly<Record<string, string | undefined>> | string {
  try {
    const parsed = parseArgs({
      args: spelledOut(argv).map((argument) => {
        if (argument === '--help' || argument === '-h') return '--help=true';
        return argument === '--version' ? '--version=true' : argument;
      }),
      options: {
        ...Object.fromEntries([...Object.keys(settings), 'version'].map((name) => [name, { type: 'string' }] as const)),
        help: { type: 'string', short: 'h' },
      },
      allowPositionals: false,
      strict: true,
    });
    return parsed.values;
  } catch (error) {
    return `${error instanceof Error ? error.message.split('. ')[0] : String(error)}. Run with --help for the list of flags.`;
  }
}

/** The arguments with the values of switches: `--leader-elect` alone means true, as everywhere in Kubernetes. */
export function spelledOut(argv: readonly string[]): readonly string[] {
  return argv.map((argument) => {
    const setting = (settings as Record<string, Setting>)[argument.slice(2)];
    return argument.startsWith('--') && setting?.type === 'switch' ? `${argument}=true` : argument;
  });
}
