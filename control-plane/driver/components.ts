// The condition for each component to count as ready, and the order in which cert-manager starts.
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { get } from 'node:https';
import { join } from 'node:path';

import { installDefinitions, requestToken, webhookRefuses } from './admin.ts';
import type { ApiClient } from './api-client.ts';
import { certManagerNamespace, namespaceObject, readCertManagerObjects } from './cert-manager-objects.ts';
import type { CertManagerObjects } from './cert-manager-objects.ts';
import type { ComponentDefinition, ComponentName } from './component.ts';
import { etcdIsHealthy } from './etcd-gateway.ts';
import { certManagerReadyFile, commandOf, kubeconfigFile, pkiFile, serverOf } from './instance.ts';
import type { Instance } from './instance.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { runOrThrow } from './run.ts';

const probeTimeoutMs = 5000;

/** How to run a component of the instance and how to see that it serves. */
export function defineComponent(instance: Instance, name: ComponentName, api: ApiClient): ComponentDefinition {
  const { binaries, directory } = instance;
  return {
    name,
    command: commandOf(instance, name),
    logFile: join(directory, 'logs', `${name}.log`),
    guard: [binaries.program, 'guard'],
    exitsWithParent: !binaries.foreign || !(name === 'etcd' || name === 'kube-apiserver'),
    ...readinessOf(instance, name, api),
  };
}

type Readiness = Pick<ComponentDefinition, 'isReady' | 'beforeStart'>;

function readinessOf(instance: Instance, name: ComponentName, api: ApiClient): Readiness {
  switch (name) {
    case 'etcd':
      return { isReady: async () => etcdIsHealthy(`http://127.0.0.1:${instance.ports.etcd}`) };
    case 'kube-apiserver':
      return { isReady: async () => (await api.send('GET', '/readyz')).status === 200 };
    case 'kube-controller-manager':
      return { isReady: async () => isHealthy(instance.ports.controllerManager, pkiFile(instance, 'ca.crt')) };
    case 'cert-manager':
      return {
        beforeStart: async () => {
          await rm(certManagerReadyFile(instance), { force: true });
        },
        isReady: async () => existsSync(certManagerReadyFile(instance)),
      };
    case 'cert-manager-webhook':
      return { isReady: async () => webhookRefuses(api) };
  }
}

/** Installs cert-manager's objects and starts its two programs through `start`, as much as possible at the same time. */
export async function startCertManager(
  instance: Instance,
  api: ApiClient,
  start: (name: ComponentName) => Promise<void>,
  onStep: (step: string) => void,
): Promise<void> {
  const objects = await readCertManagerObjects(instance.binaries.program);
  const install = async (): Promise<void> => {
    await installDefinitions(api, await runOrThrow([instance.binaries.program, 'cert-manager-crds']));
    onStep('cert-manager definitions are established');
  };
  const register = async (): Promise<void> => {
    const caPem = await readFile(pkiFile(instance, 'ca.crt'), 'utf8');
    const url = `https://127.0.0.1:${instance.ports.webhook}`;
    await Promise.all(objects.webhooks(url, caPem).map(async (each) => api.put(each)));
  };
  const installed = install();
  const identified = createIdentities(instance, api, objects);
  await Promise.all([
    installed,
    register(),
    // Its probe asks for a refusal, which needs the definitions and the registration: nothing to wait for here.
    identified.then(async () => start('cert-manager-webhook')),
    // Started before its definitions are served, it would sleep between its attempts to read them.
    Promise.all([identified, installed]).then(async () => start('cert-manager')),
  ]);
}

async function createIdentities(instance: Instance, api: ApiClient, { identities }: CertManagerObjects): Promise<void> {
  await api.put(namespaceObject());
  await Promise.all(identities.map(async (each) => api.put(each)));
  for (const name of ['cert-manager', 'cert-manager-webhook']) {
    const token = await requestToken(api, certManagerNamespace, name);
    await writeKubeconfig(kubeconfigFile(instance, name), serverOf(instance), pkiFile(instance, 'ca.crt'), { token });
  }
}

/** Whether a component of the instance on this machine answers its probe; rejects when nobody listens. */
export async function isHealthy(port: number, caFile: string): Promise<boolean> {
  const ca = await readFile(caFile);
  return new Promise((resolve, reject) => {
    const url = `https://127.0.0.1:${port}/healthz`;
    get(url, { ca, agent: false, timeout: probeTimeoutMs }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    }).once('error', reject);
  });
}
