// What trust-manager's own chart installs.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { goModuleFolder } from '../../../../control-plane/driver/go-build.ts';
import type { GoProgram } from '../../../../control-plane/driver/go-build.ts';
import { readManifests } from '../../cluster.ts';
import type { Manifest } from '../../cluster.ts';
import { helm } from '../../helm.ts';

const program: GoProgram = {
  name: 'trust-manager',
  directory: fileURLToPath(new URL('../../../../tools/trust-manager', import.meta.url)),
  package: 'github.com/cert-manager/trust-manager/cmd/trust-manager',
};

/** Namespace in which trust-manager reads its sources unless its values name another. */
export const trustNamespace = 'cert-manager';

/** The objects of its chart with the chart's own values. */
export async function trustManagerObjects(): Promise<readonly Manifest[]> {
  const { directory } = await goModuleFolder(program, 'github.com/cert-manager/trust-manager');
  const chart = join(directory, 'deploy/charts/trust-manager');
  const { code, stdout, stderr } = await helm(['template', 'trust-manager', chart, '-n', trustNamespace]);
  if (code !== 0) throw new Error(stderr);
  return readManifests(stdout);
}
