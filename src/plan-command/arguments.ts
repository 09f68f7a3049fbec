// The command line of `alibaba-pca-issuer plan`: flags as one table, and how they are read.
import { choiceFault, listFlags, readFlags } from '../command-line/flags.ts';
import type { Flag, Given } from '../command-line/flags.ts';

const flags = {
  filename: {
    type: 'string',
    short: 'f',
    multiple: true,
    value: 'FILE',
    help: 'YAML or JSON manifests, a folder of them, or a CSR in PEM; - is standard input. May be given several times.',
  },
  output: { type: 'string', short: 'o', value: 'table|json|yaml', help: 'Format of the output. Default: table.' },
  namespace: {
    type: 'string',
    short: 'n',
    value: 'NAME',
    help: 'Namespace of documents without one. Default: default.',
  },
  operation: {
    type: 'string',
    value: 'NAME',
    help: 'Operation of PCA to plan for when no issuer is given. Default: CreateCustomCertificate.',
  },
  'ca-key-family': {
    type: 'string',
    value: 'RSA|ECC',
    help: "Family of the issuing CA's key. Default: that of the request's key.",
  },
  'ca-not-before': { type: 'string', value: 'TIME', help: 'Start of the issuing CA, such as 2026-01-31T09:30:00Z.' },
  'ca-not-after': {
    type: 'string',
    value: 'TIME',
    help: 'End of the issuing CA. Default: 100 years from now.',
  },
  'cluster-uid': {
    type: 'string',
    value: 'UID',
    help: "UID of the namespace kube-system, from which the caller's identifier is derived.",
  },
  now: { type: 'string', value: 'TIME', help: 'Time to plan for. Default: now.' },
  duration: { type: 'string', value: 'DURATION', help: 'Lifetime for a bare CSR. Default: 2160h.' },
  usages: {
    type: 'string',
    value: 'WORD,…',
    help: "Usages for a bare CSR, in cert-manager's words. Default: digital signature,key encipherment.",
  },
  'is-ca': { type: 'boolean', help: 'Ask for a CA certificate with a bare CSR.' },
  help: { type: 'boolean', short: 'h', help: 'Show this text.' },
} as const satisfies Record<string, Flag>;

/** Forms of the output. */
export type OutputForm = 'table' | 'json' | 'yaml';

/** The settings of a plan. Times are as given or undefined; `bare` holds the flags about bare CSRs. */
export interface PlanArguments {
  readonly files: readonly string[];
  readonly output: OutputForm;
  readonly namespace: string;
  readonly operation: string | undefined;
  readonly caKeyFamily: 'RSA' | 'ECC' | undefined;
  readonly caNotBefore: Date | undefined;
  readonly caNotAfter: Date | undefined;
  readonly clusterUid: string | undefined;
  readonly now: Date | undefined;
  readonly bare: {
    readonly duration: string | undefined;
    readonly usages: readonly string[] | undefined;
    readonly isCA: boolean;
  };
}

/** The outcome of reading a command line; `invalid` says which flag is at fault and what to write. */
export type ReadArguments =
  | { readonly kind: 'plan'; readonly arguments: PlanArguments }
  | { readonly kind: 'help' }
  | { readonly kind: 'invalid'; readonly message: string };

const manual = `alibaba-pca-issuer plan: show the call to PCA that a request would cause, or why it is refused

Reads Certificates, CertificateRequests, Kubernetes CertificateSigningRequests and CSRs in PEM, together with the issuers
that they name, and plans them with the operator's own code. Touches neither a cluster nor the cloud.

Usage: alibaba-pca-issuer plan -f certificate.yaml [-f issuer.yaml] [flags]

Examples:
  alibaba-pca-issuer plan -f certificate.yaml -f issuer.yaml
  kubectl get certificates -A -o yaml | alibaba-pca-issuer plan -f - -o json
  alibaba-pca-issuer plan -f web.csr --duration 720h --usages 'digital signature,server auth'

Flags:
`;

/** The text of `plan --help`. */
export function planHelp(): string {
  const codes =
    'Exit codes: 0 every request was planned; 3 at least one is refused; 2 wrong usage, or input of which not all can be planned.';
  return `${manual}${listFlags(flags)}\n\n${codes}\n`;
}

/** Reads a command line without the word `plan`. */
export function readArguments(argv: readonly string[]): ReadArguments {
  const parsed = readFlags('plan', flags, argv);
  if (typeof parsed === 'string') return { kind: 'invalid', message: parsed };
  if (parsed.help === true) return { kind: 'help' };
  const fault = filesFault(parsed.filename ?? []) ?? wordFault(parsed) ?? momentFault(parsed);
  return fault === undefined ? { kind: 'plan', arguments: argumentsOf(parsed) } : { kind: 'invalid', message: fault };
}

function argumentsOf(parsed: Parsed): PlanArguments {
  const { filename = [], output = 'table', namespace = 'default', operation } = parsed;
  return {
    files: filename,
    output: output as OutputForm,
    namespace,
    operation,
    caKeyFamily: parsed['ca-key-family'] as PlanArguments['caKeyFamily'],
    caNotBefore: momentOf(parsed['ca-not-before']),
    caNotAfter: momentOf(parsed['ca-not-after']),
    clusterUid: parsed['cluster-uid'],
    now: momentOf(parsed.now),
    bare: {
      duration: parsed.duration,
      usages: parsed.usages?.split(',').map((word) => word.trim()),
      isCA: parsed['is-ca'] ?? false,
    },
  };
}

type Parsed = Given<typeof flags>;

function filesFault(files: readonly string[]): string | undefined {
  if (files.length === 0) return 'No file is given. Name one with -f, or - for standard input.';
  return files.filter((file) => file === '-').length > 1
    ? 'Standard input can be read only once. Give -f - once.'
    : undefined;
}

function wordFault(parsed: Parsed): string | undefined {
  return (
    choiceFault('output', flags.output, parsed.output) ??
    choiceFault('ca-key-family', flags['ca-key-family'], parsed['ca-key-family'])
  );
}

function momentFault(parsed: Parsed): string | undefined {
  for (const name of ['ca-not-before', 'ca-not-after', 'now'] as const) {
    const value = parsed[name];
    if (value !== undefined && momentOf(value) === undefined)
      return `--${name} is ${JSON.stringify(value)} but must be a time such as 2027-01-31T09:30:00Z.`;
  }
  return undefined;
}

const momentForm = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

function momentOf(text: string | undefined): Date | undefined {
  if (text === undefined || !momentForm.test(text)) return undefined;
  const moment = new Date(text.toUpperCase());
  return Number.isNaN(moment.getTime()) ? undefined : moment;
}
