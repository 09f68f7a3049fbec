// `npm run cluster`: a Kubernetes cluster of one node with cert-manager and the images of operator and simulator, on this
// machine, until Ctrl-C. Needs root on Linux. Leaves nothing behind.
import type { NodeCluster } from '../control-plane/driver/node/node-cluster.ts';
import { Interrupted, interruption, unlessInterrupted } from './demo/undo.ts';
import { showStep } from './progress.ts';
import { runTask } from './task/run-task.ts';

const exitCode = { success: 0, failed: 1, cannotRun: 3 } as const;

async function open(signal: AbortSignal): Promise<NodeCluster> {
  const { NodeCluster } = await import('../control-plane/driver/node/node-cluster.ts');
  const { tellNowAndThen } = await import('./go-programs.ts');
  const { buildImages, operatorImage, simulatorImage } = await import('./image/images.ts');
  const { ownArchitectures } = await import('./image/architecture.ts');
  const images = buildImages([operatorImage, simulatorImage], { architectures: ownArchitectures });
  // Awaited below; until then its failure must not count as unhandled.
  images.catch(() => {});
  // What has begun is ended once it is there, so neither step ends early.
  const cluster = await showStep('cluster of one node, with cert-manager', async (tell) => {
    signal.addEventListener('abort', () => tell('interrupted: it is stopped once it has started'), { once: true });
    return NodeCluster.start({
      onStep: tell,
      onBuildProgress: (program, built) => {
        tellNowAndThen(program, tell)(built);
      },
    });
  });
  if (signal.aborted) return cluster;
  await showStep('images of operator and simulator', async (tell) => {
    for (const { archive, reference } of await images) {
      await cluster.loadImage(archive);
      tell(`${reference} is loaded`);
    }
  });
  return cluster;
}

function say(line: string): void {
  console.log(line);
}

async function isObstacle(error: unknown): Promise<boolean> {
  const { GoMissingError } = await import('../control-plane/driver/go-build.ts');
  const { NodeUnavailableError } = await import('../control-plane/driver/node/node-cluster.ts');
  return error instanceof NodeUnavailableError || error instanceof GoMissingError;
}

async function main(): Promise<number> {
  const signal = interruption();
  const opening = open(signal);
  try {
    const cluster = await unlessInterrupted(signal, opening);
    say(`
The cluster is ready. In another terminal:
  export KUBECONFIG=${cluster.kubeconfig}
  kubectl get nodes
  helm install alibaba-pca-issuer helm/alibaba-pca-issuer --namespace alibaba-pca-issuer --create-namespace \\
    --set 'issuerHosts={simulator.default.svc:8080}' --set plainHttpEndpoints=true
  kubectl create deployment simulator --image=alibaba-pca-simulator:0.1.0 -- /nodejs/bin/node /app/main.js --host 0.0.0.0 --port 8080
  kubectl expose deployment simulator --port=8080
  kubectl logs deployment/simulator     an access key and CAs for docs/quick-start.md, 2; the spec of its issuer needs as well
                                        endpoint: { host: 'simulator.default.svc:8080', protocol: HTTP }
Pods reach this machine at ${cluster.hostAddress}; this machine reaches pods and Services at their addresses.
Ctrl-C ends it and removes all of it.`);
    await unlessInterrupted(signal, new Promise<never>(() => {}));
    return exitCode.success;
  } catch (error) {
    if (error instanceof Interrupted) {
      say('\nStopping.');
      // What was still starting is stopped once it has started; what failed to has removed itself.
      const opened = await opening.catch(() => undefined);
      await opened?.stop();
      return exitCode.success;
    }
    console.error(error instanceof Error ? error.message : String(error));
    return (await isObstacle(error)) ? exitCode.cannotRun : exitCode.failed;
  }
}

await runTask('cluster', { run: async () => process.exit(await main()) });
