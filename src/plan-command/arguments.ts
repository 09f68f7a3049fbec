// The command line of `alibaba-pca-issuer plan` as the settings of a plan.
import { readCommandLine } from '../command-line/reading.ts';
import type { OutputForm, Values } from '../command-line/flags.ts';
import { planManual } from './manual.ts';

/** The settings of a plan. Times are as given or undefined; `bare` holds the flags about bare CSRs. */
export interface PlanArguments {
  readonly files: readonly string[];
  readonly output: OutputForm;
  /** As given. */
  readonly namespace: string | undefined;
  /** The cluster to read, undefined where there is to be none; empty texts are not given. */
  readonly cluster: { readonly kubeconfig: string; readonly context: string } | undefined;
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

/** The outcome of reading a command line; `wrong` says which flag is at fault and what to write. */
export type ReadArguments =
  | { readonly kind: 'plan'; readonly arguments: PlanArguments }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string };

/** Reads a command line without the word `plan`. */
export function readArguments(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ReadArguments {
  const read = readCommandLine(planManual, argv);
  if (read.kind !== 'run') return read;
  const { values } = read;
  if (values.filename.filter((file) => file === '-').length > 1)
    return { kind: 'wrong', message: 'Standard input can be read only once. Give -f - once.' };
  return {
    kind: 'plan',
    arguments: {
      files: values.filename,
      output: values.output,
      namespace: values.namespace,
      cluster: clusterOf(values, environment),
      operation: values.operation,
      caKeyFamily: values['ca-key-family'],
      caNotBefore: values['ca-not-before'],
      caNotAfter: values['ca-not-after'],
      clusterUid: values['cluster-uid'],
      now: values.now,
      bare: { duration: values.duration, usages: values.usages, isCA: values['is-ca'] },
    },
  };
}

/** Files are planned without any cluster unless one is named. */
function clusterOf(
  { filename, kubeconfig, context = '' }: Values<typeof planManual.flags>,
  environment: Readonly<Record<string, string | undefined>>,
): PlanArguments['cluster'] {
  if (kubeconfig !== undefined) return { kubeconfig, context };
  return filename.length > 0 ? undefined : { kubeconfig: environment['PCA_ISSUER_KUBECONFIG'] ?? '', context };
}
