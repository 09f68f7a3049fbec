// The command line of the demo, and what it says about the environment's KUBECONFIG. Pure.
import { parseArgs } from 'node:util';

/** What was asked for. */
export interface DemoArguments {
  /** Leave everything running until Ctrl-C. */
  readonly keep: boolean;
  /** Use this cluster instead of a control plane of the demo's own. */
  readonly kubeconfig: string | undefined;
  /** Install the chart into a cluster with pods of the demo's own. */
  readonly cluster: boolean;
}

/** Text of `--help`. */
export const usage = `Usage: npm run demo [-- OPTIONS]

  --keep             leave everything running until Ctrl-C
  --kubeconfig FILE  use this cluster, which must have cert-manager; only what the demo made there is removed
  --cluster          install the chart with Helm into a cluster of one node with pods, which needs root on Linux
`;

/** Reads the arguments; a wrong one comes back as a sentence. */
export function parseDemoArguments(
  parameters: readonly string[],
):
  | { readonly kind: 'run'; readonly demo: DemoArguments }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string } {
  try {
    const { values } = parseArgs({
      args: [...parameters],
      options: {
        keep: { type: 'boolean', default: false },
        kubeconfig: { type: 'string' },
        cluster: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false, short: 'h' },
      },
    });
    if (values.help) return { kind: 'help' };
    if (values.kubeconfig === '') return { kind: 'wrong', message: '--kubeconfig needs the path of a file.' };
    if (values.cluster && values.kubeconfig !== undefined)
      return { kind: 'wrong', message: '--cluster starts a cluster of its own: leave out --kubeconfig, or --cluster.' };

    const { keep, kubeconfig, cluster } = values;
    return { kind: 'run', demo: { keep, kubeconfig, cluster } };
  } catch (error) {
    return { kind: 'wrong', message: error instanceof Error ? error.message : String(error) };
  }
}

/** A line for people who expect KUBECONFIG to choose the cluster; undefined when there is nothing to say. */
export function ignoredKubeconfigNotice(demo: DemoArguments, kubeconfig: string | undefined): string | undefined {
  return demo.kubeconfig !== undefined || kubeconfig === undefined || kubeconfig === ''
    ? undefined
    : `KUBECONFIG is set and ignored: the demo starts a control plane of its own. To use your cluster: npm run demo -- --kubeconfig ${kubeconfig}`;
}
