// The command line of `alibaba-pca-issuer doctor` as what the doctor is asked.
import type { OutputForm } from '../command-line/flags.ts';
import { readCommandLine } from '../command-line/reading.ts';
import type { IssuerIdentity } from '../crds/issuer-ref.ts';
import type { ObjectName } from '../cluster-reading/right.ts';
import { doctorManual } from './manual.ts';

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

/** The outcome of reading a command line; `wrong` says which flag is at fault and what to write. */
export type ReadArguments =
  | { readonly kind: 'doctor'; readonly arguments: DoctorArguments }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string };

/** Reads a command line without the word `doctor`. */
export function readArguments(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ReadArguments {
  const read = readCommandLine(doctorManual, argv);
  if (read.kind !== 'run') return read;
  const { values } = read;
  if (values.issuer !== undefined && values.request !== undefined)
    return { kind: 'wrong', message: 'Give either --issuer or --request.' };
  const { PCA_ISSUER_KUBECONFIG: kubeconfig } = environment;
  return {
    kind: 'doctor',
    arguments: {
      issuer: values.issuer,
      request: values.request,
      withCredentials: values['with-credentials'],
      kubeconfig: values.kubeconfig ?? (kubeconfig === '' ? undefined : kubeconfig),
      context: values.context,
      namespace: values.namespace,
      deployment: values.deployment,
      certManager: values['cert-manager'],
      metrics: values.metrics,
      timeoutMs: values.timeout,
      output: values.output,
    },
  };
}
