// Every field of a log line beside time, level and msg: one name and one form for one thing, whoever writes the line.

/** Forms of a field: an issuer as `Kind/namespace/name`, the namespace of the cluster-scoped kind being empty. */
interface Forms {
  readonly text: string;
  readonly number: number;
  readonly list: readonly string[];
  readonly issuer: `${string}/${string}/${string}`;
}

interface Field {
  readonly form: keyof Forms;
  readonly meaning: string;
}

/** Every field with its form and meaning. */
export const logFields = {
  request: { form: 'text', meaning: 'The request: `namespace/name`, or the name of a CertificateSigningRequest.' },
  uid: { form: 'text', meaning: 'UID of the request.' },
  issuer: {
    form: 'issuer',
    meaning: 'The issuer: `Kind/namespace/name`; the namespace of an AlibabaPCAClusterIssuer is empty.',
  },
  reason: { form: 'text', meaning: 'Why, as [conditions and errors](conditions-and-errors.md) list it.' },
  operation: { form: 'text', meaning: 'Operation of PCA, such as `CreateCustomCertificate`.' },
  requestId: { form: 'text', meaning: "Alibaba Cloud's RequestId of the call whose answer holds the certificate." },
  serialNumber: { form: 'text', meaning: 'Serial number of the certificate, in lower-case hex.' },
  identifier: { form: 'text', meaning: "PCA's identifier of the certificate." },
  customIdentifier: { form: 'text', meaning: 'The identifier that the operator gave PCA with a call.' },
  names: { form: 'number', meaning: 'How many subject alternative names the certificate has.' },
  notAfter: { form: 'text', meaning: 'End of the certificate, such as `2027-01-31T09:30:00Z`.' },
  secondsFromApproval: {
    form: 'number',
    meaning:
      'Seconds from the approval of the request until its certificate was written to it. Kubernetes keeps approvals to the second.',
  },
  failure: { form: 'text', meaning: 'Class of a failure of the API server.' },
  controller: { form: 'text', meaning: 'Controller of a reconcile, as the metrics have it.' },
  key: { form: 'text', meaning: 'What a reconcile was about.' },
  stack: { form: 'text', meaning: 'Stack of an exception.' },
  resource: { form: 'text', meaning: 'Resource that is watched.' },
  kind: { form: 'text', meaning: 'Kind of trouble of a watch, as the metrics have it.' },
  role: { form: 'text', meaning: 'The RAM role whose credentials were renewed.' },
  validSeconds: { form: 'number', meaning: 'For how many more seconds credentials are valid.' },
  rules: { form: 'list', meaning: 'Names of the rules of `--issuer-rules`.' },
  server: { form: 'text', meaning: 'Address of the API server, or of the receiver of traces.' },
  namespace: { form: 'text', meaning: "The operator's own namespace." },
  port: { form: 'number', meaning: 'Port of the probes.' },
  lease: { form: 'text', meaning: 'Name of the Lease.' },
  missing: { form: 'list', meaning: 'Resources that are not listed yet.' },
  secondsSinceStart: { form: 'number', meaning: 'Seconds since the process started.' },
  end: { form: 'text', meaning: 'How the operator ended: stopped, or lost its Lease.' },
  proxy: { form: 'text', meaning: 'Proxy on the way to Alibaba Cloud, without its password.' },
  except: { form: 'text', meaning: 'Hosts that are called without the proxy, as NO_PROXY names them.' },
  version: { form: 'text', meaning: 'Version of the operator.' },
  revision: { form: 'text', meaning: 'Commit that the image was built of.' },
  node: { form: 'text', meaning: 'Version of Node.js.' },
  unused: { form: 'list', meaning: 'Variables of the environment that look like settings and are none.' },
  signal: { form: 'text', meaning: 'The signal that ends the process.' },
} as const satisfies Readonly<Record<string, Field>>;

type Catalogue = typeof logFields;

/** Fields of one line. */
export type LogFields = { readonly [Name in keyof Catalogue]?: Forms[Catalogue[Name]['form']] | undefined };
