// What `alibaba-pca-issuer plan` is for and what can be said to it.
import { clusterFlags, outputFlag } from '../command-line/flags.ts';
import type { Manual } from '../command-line/flags.ts';

const moment = {
  kind: 'value',
  value: 'TIME',
  read: readMoment,
  mustBe: 'a time such as 2027-01-31T09:30:00Z',
} as const;

/** The manual of `plan`. */
export const planManual = {
  command: 'alibaba-pca-issuer plan',
  summary: 'Shows the call to PCA that a request would cause, or why it is refused',
  details: `Reads Certificates, CertificateRequests, Kubernetes CertificateSigningRequests and CSRs in PEM, together with the issuers
that they name, from files or from a cluster, and plans them with the operator's own code. Changes nothing, and never
touches the cloud. Without -f, what is in the cluster is planned; with -f and --kubeconfig, issuers that the files lack
are read from the cluster.`,
  flags: {
    filename: {
      kind: 'texts',
      short: 'f',
      value: 'FILE',
      help: 'YAML or JSON manifests, a folder of them, or a CSR in PEM; - is standard input',
    },
    output: outputFlag,
    namespace: {
      kind: 'text',
      short: 'n',
      value: 'NAME',
      help: 'the only namespace of the cluster to plan; of files, the namespace of documents without one, "default" unless given',
    },
    ...clusterFlags,
    operation: {
      kind: 'text',
      value: 'NAME',
      help: 'operation of PCA to plan for when no issuer is given; default CreateCustomCertificate',
    },
    'ca-key-family': {
      kind: 'choice',
      choices: ['RSA', 'ECC'],
      help: "family of the issuing CA's key; default what the issuer's status says, else that of the request's key",
    },
    'ca-not-before': { ...moment, help: 'start of the issuing CA' },
    'ca-not-after': {
      ...moment,
      help: "end of the issuing CA; default what the issuer's status says, else 100 years from now",
    },
    'cluster-uid': {
      kind: 'text',
      value: 'UID',
      help: "UID of the namespace kube-system, from which the caller's identifier is derived; default that of the cluster",
    },
    now: { ...moment, help: 'time to plan for; default now' },
    duration: { kind: 'text', value: 'DURATION', help: 'lifetime for a bare CSR; default 2160h' },
    usages: {
      kind: 'value',
      value: 'WORD,…',
      read: (text) => text.split(',').map((word) => word.trim()),
      mustBe: 'words of cert-manager',
      help: "usages for a bare CSR, in cert-manager's words; default digital signature,key encipherment",
    },
    'is-ca': { kind: 'switch', help: 'ask for a CA certificate with a bare CSR' },
  },
  examples: {
    '-f certificate.yaml -f issuer.yaml': 'two files, without a cluster',
    '-f deploy/ --kubeconfig ~/.kube/config': 'a folder, with the issuers of a cluster',
    '--kubeconfig ~/.kube/config -n shop': 'what is in a namespace',
    "-f web.csr --duration 720h --usages 'digital signature,server auth'": 'a CSR',
  },
  exitCodes: {
    0: 'every request was planned',
    2: 'wrong usage, or files or parts of the cluster cannot be read; what can be is planned',
    3: 'at least one request is refused, or an issuer cannot be used',
  },
} as const satisfies Manual;

const momentForm = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

function readMoment(text: string): Date | undefined {
  const moment = new Date(momentForm.test(text) ? text.toUpperCase() : Number.NaN);
  return Number.isNaN(moment.getTime()) ? undefined : moment;
}
