// The driver's requests to the API server as administrator, with the waiting that a starting server needs.
import { randomBytes } from 'node:crypto';

import { field, messageOf } from './api-client.ts';
import type { ApiClient } from './api-client.ts';
import { certManagerNamespace, webhookLabel } from './cert-manager-objects.ts';
import { waitUntil } from './wait.ts';

const tokenSeconds = 365 * 24 * 60 * 60;
// A controller makes the account, which takes moments unless the machine is busy.
const serviceAccountLimits = { timeoutMs: 60_000, pollMs: 100 };

/** A token of the service account; waits a little for an account that is only just being created. */
export async function requestToken(api: ApiClient, namespace: string, name: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: tokenSeconds },
  };
  let token: unknown;
  await waitUntil(
    async () => {
      const answer = await api.send('POST', path, body);
      if (answer.status >= 300) throw new Error(messageOf(answer));
      token = field(answer.body, 'status', 'token');
      return true;
    },
    () => `The service account ${namespace}/${name} gave no token`,
    serviceAccountLimits,
  );
  return String(token);
}

/** Creates a namespace with a random suffix and returns its name. */
export async function createNamespace(api: ApiClient, prefix: string, spareWebhook: boolean): Promise<string> {
  const name = `${prefix}-${randomBytes(4).toString('hex')}`;
  const labels = spareWebhook ? { [webhookLabel]: 'off' } : {};
  await api.expect('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
  return name;
}

/** Creates the custom resource definitions of a YAML stream and waits until all are served. */
export async function installDefinitions(api: ApiClient, yaml: string): Promise<void> {
  const collection = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const documents = yaml.split(/^---$/m).filter((document) => document.includes('kind: CustomResourceDefinition'));
  await Promise.all(
    documents.map(async (body) => {
      const name = /^ {2}name: "?([^"\s]+)/m.exec(body)?.[1] ?? '';
      await api.put({ collection, name, body });
      await waitUntil(
        async () => isEstablished(await api.expect('GET', `${collection}/${name}`)),
        () => `The definition ${name} was not established`,
      );
    }),
  );
}

/** Whether the API server calls cert-manager's webhook and it answers: it must refuse an invalid certificate request. */
export async function webhookRefuses(api: ApiClient): Promise<boolean> {
  const path = `/apis/cert-manager.io/v1/namespaces/${certManagerNamespace}/certificaterequests?dryRun=All`;
  const answer = await api.send('POST', path, {
    apiVersion: 'cert-manager.io/v1',
    kind: 'CertificateRequest',
    metadata: { generateName: 'probe-' },
    spec: { request: Buffer.from('no request').toString('base64'), issuerRef: { name: 'none' } },
  });
  return answer.status >= 400 && messageOf(answer).includes('denied the request');
}

function isEstablished(definition: unknown): boolean {
  const conditions = field(definition, 'status', 'conditions');
  return (
    Array.isArray(conditions) &&
    conditions.some((each) => field(each, 'type') === 'Established' && field(each, 'status') === 'True')
  );
}
