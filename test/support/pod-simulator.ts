// The simulator of PCA as a Deployment with a Service, and its admin interface as this machine reaches it.
import type { ApiAnswer } from '../../control-plane/driver/api-client.ts';
import type { CertificateAuthority, Issued } from '../../simulator/simulator.ts';
import type { Cluster, Manifest } from './cluster.ts';
import { NotYet, until } from './wait.ts';

/** A simulator that runs in a pod. */
export interface PodSimulator {
  /** `host:port` by the name of its Service, as an issuer's spec.endpoint.host wants it. */
  readonly endpoint: string;
  readonly accessKey: { readonly accessKeyId: string; readonly accessKeySecret: string };
  readonly cas: readonly CertificateAuthority[];
  issued(): Promise<readonly Issued[]>;
  setFaults(faults: object): Promise<void>;
}

const name = 'pca';
const port = 8080;

/** Starts it in a namespace from a loaded image, and waits until it serves. */
export async function startPodSimulator(cluster: Cluster, namespace: string, image: string): Promise<PodSimulator> {
  await cluster.apply(simulatorObjects(namespace, image));
  await cluster.waitForCondition(
    { apiVersion: 'apps/v1', kind: 'Deployment', name, namespace },
    { type: 'Available', status: 'True' },
  );
  const started = await until('the simulator to print its access key', async () => {
    const log = await cluster.kubectl(['logs', `deployment/${name}`, '--namespace', namespace]);
    const line = log.split('\n').find((each) => each.startsWith('{'));
    if (line === undefined) throw new NotYet(log);
    return JSON.parse(line) as Pick<PodSimulator, 'accessKey' | 'cas'>;
  });
  // Through the API server, since not every cluster's Services are reached from outside.
  const admin = `/api/v1/namespaces/${namespace}/services/${name}:${port}/proxy/admin`;
  return {
    endpoint: `${name}.${namespace}.svc.cluster.local:${port}`,
    accessKey: started.accessKey,
    cas: started.cas,
    issued: async () => bodyOf(await cluster.api.send('GET', `${admin}/issued`), 'issued') as readonly Issued[],
    setFaults: async (faults) => {
      bodyOf(await cluster.api.send('POST', `${admin}/faults`, faults), 'faults');
    },
  };
}

function bodyOf({ status, body }: ApiAnswer, what: string): unknown {
  if (status !== 200) throw new Error(`The simulator answered ${status} about ${what}.`);
  return body;
}

/** Deployment and Service; the pod is one that Pod Security `restricted` admits. Pure. */
export function simulatorObjects(namespace: string, image: string): readonly Manifest[] {
  const labels = { app: name };
  const container = {
    name,
    image,
    args: ['--host', '0.0.0.0', '--port', String(port), '--json'],
    ports: [{ name: 'http', containerPort: port }],
    // Without any it would get next to nothing of a busy processor.
    resources: { requests: { cpu: '50m' } },
    readinessProbe: { httpGet: { path: '/admin/cas', port: 'http' }, periodSeconds: 1 },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
  };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            automountServiceAccountToken: false,
            securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
            containers: [container],
          },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace },
      spec: { selector: labels, ports: [{ name: 'http', port, targetPort: 'http' }] },
    },
  ];
}
