// A machine that refuses what a node needs says so before anything is started or installed.
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';

import { findObstacle } from '../../control-plane/driver/node/node-cluster.ts';

const module = fileURLToPath(new URL('../../control-plane/driver/node/requirements.ts', import.meta.url));
const program = `import(${JSON.stringify(module)}).then(({ findObstacle }) => console.log(findObstacle()));`;

describe.runIf(findObstacle() === undefined)('a root user', () => {
  it('without the right to make namespaces, as in a container, is told so', async () => {
    const command = ['--bounding-set=-sys_admin', '--inh-caps=-sys_admin', process.execPath, '--eval', program];
    const { stdout } = await execa('setpriv', command);
    expect(stdout).toBe(
      'it may not make namespaces or cgroups, as is usual in a container. Use a virtual machine, or run npm run demo, which needs no pods.',
    );
  });
});
