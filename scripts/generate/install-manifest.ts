// deploy/install.yaml: the chart with its default values, rendered by the real Helm, for people who install with kubectl.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { stringify } from 'yaml';

const runFile = promisify(execFile);
const release = 'alibaba-pca-issuer';
const header = '# Generated from helm/alibaba-pca-issuer by `npm run generate -- --with-helm`; do not edit.\n';

const namespace = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: release, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
};

/** The manifest: a namespace and everything that the chart makes in it. Rejects with Helm's own message. */
export async function renderInstallManifest(helm: string, chart: string): Promise<string> {
  const { stdout } = await runFile(helm, ['template', release, chart, '--namespace', release], {
    maxBuffer: 16 * 1024 * 1024,
    timeout: 60_000,
  });
  return `${header}---\n${stringify(namespace)}${stdout}`;
}
