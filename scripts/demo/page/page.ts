// The page of `npm run demo -- --keep`: what the cluster and the simulator hold, live, and faults to turn on.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { watchCluster } from './cluster-objects.ts';
import type { ClusterObjects } from './cluster-objects.ts';
import { faultChange, faultsOn } from './faults.ts';
import { renderPage } from './html.ts';
import { callRows, certificateRow, issuerRow, requestRow } from './rows.ts';
import { servePage } from './server.ts';
import type { PageServer } from './server.ts';
import { SimulatorAdmin } from './simulator-admin.ts';
import type { PageState } from './state.ts';
import { summaryOf } from './summary.ts';

/** What the page is about. */
export interface PageScene {
  readonly kubeconfig: string;
  /** Of the simulator, without a slash at its end. */
  readonly adminUrl: string;
  /** Identifier of the CA that issues. */
  readonly issuingCA: string;
  readonly namespace: string;
  /** Name of the issuer in that namespace. */
  readonly issuer: string;
  /** Spec of a Certificate of that issuer, of which others are made. */
  readonly certificateSpec: object;
}

/** Opens it; `close` ends server and watches. */
export async function openPage(scene: PageScene): Promise<PageServer> {
  const [objects, style, script] = await Promise.all([
    watchCluster(scene.kubeconfig),
    own('page.css'),
    own('client.js'),
  ]);
  const simulator = new SimulatorAdmin(scene.adminUrl, scene.issuingCA);
  const { namespace, issuer, kubeconfig } = scene;
  try {
    const server = await servePage({
      page: renderPage({ namespace, issuer, kubeconfig, style, script }),
      state: async () => look(objects, simulator),
      setFault: async (id, on) => {
        const change = faultChange(id, on);
        if (change !== undefined) await simulator.change(change);
        return change !== undefined;
      },
      ask: async () => ask(objects, scene),
    });
    return {
      url: server.url,
      close: async () => {
        await server.close();
        await objects.stop();
      },
    };
  } catch (error) {
    await objects.stop();
    throw error;
  }
}

async function own(file: string): Promise<string> {
  return readFile(new URL(file, import.meta.url), 'utf8');
}

const silentSimulator = { calls: [], faults: [], trouble: 'The simulator does not answer.' };

async function look(objects: ClusterObjects, simulator: SimulatorAdmin): Promise<PageState> {
  const seen = await Promise.all([simulator.calls(), simulator.state()]).then(
    ([calls, state]) => ({ calls, faults: faultsOn(state), trouble: '' }),
    () => silentSimulator,
  );
  const shown = {
    issuers: [...objects.list('issuers'), ...objects.list('clusterIssuers')].map(issuerRow),
    certificates: objects.list('certificates').map(certificateRow),
    requests: objects.list('requests').map(requestRow),
    calls: callRows(seen.calls),
  };
  return {
    tables: shown,
    summary: summaryOf(shown, seen.calls.length),
    faults: seen.faults,
    trouble: objects.trouble() || seen.trouble,
  };
}

async function ask(objects: ClusterObjects, { namespace, certificateSpec }: PageScene): Promise<string> {
  const name = `asked-${randomBytes(3).toString('hex')}`;
  await objects.createCertificate({
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name, namespace },
    spec: {
      ...certificateSpec,
      secretName: `${name}-tls`,
      commonName: `${name}.example.com`,
      dnsNames: [`${name}.example.com`],
    },
  } as { readonly metadata: { readonly namespace: string } });
  return name;
}
