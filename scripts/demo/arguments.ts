// What the demo says about its command line and about the environment's KUBECONFIG. Pure.
import type { Told } from '../task/run-task.ts';

/** What was asked for. */
export type DemoArguments = Told<'demo'>;

/** What is wrong with the options together, as a sentence without its full stop. */
export function findDemoFault({ cluster, kubeconfig, mesh }: DemoArguments): string | undefined {
  if (cluster && mesh) return '--mesh and --cluster are two demos: leave out one of them';
  const own = cluster ? '--cluster' : '--mesh';
  return (cluster || mesh) && kubeconfig !== undefined
    ? `${own} starts a cluster of its own: leave out --kubeconfig, or ${own}`
    : undefined;
}

/** A line for people who expect KUBECONFIG to choose the cluster; undefined when there is nothing to say. */
export function ignoredKubeconfigNotice(demo: DemoArguments, kubeconfig: string | undefined): string | undefined {
  return demo.kubeconfig !== undefined || kubeconfig === undefined || kubeconfig === ''
    ? undefined
    : `KUBECONFIG is set and ignored: the demo starts a control plane of its own. To use your cluster: npm run demo -- --kubeconfig ${kubeconfig}`;
}
