// deploy/install.yaml: the chart with its default values, rendered by the real Helm, for people who install with kubectl.
import { execa } from 'execa';

import { stringify } from 'yaml';

const release = 'alibaba-pca-issuer';
const header = '# Generated from helm/alibaba-pca-issuer by `npm run generate -- --with-helm`; do not edit.\n';

const namespace = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: release, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
};

/** The manifest: a namespace and everything that the chart makes in it. Rejects with Helm's own message. */
export async function renderInstallManifest(helm: string, chart: string): Promise<string> {
  const { stdout } = await execa(helm, ['template', release, chart, '--namespace', release, '--skip-tests'], {
    stripFinalNewline: false,
    timeout: 60_000,
  });
  return `${header}---\n${stringify(namespace)}${stdout}`;
}
