// `npm run release`: writes everything that a release publishes to dist/release/. Publishes nothing.
import { join } from 'node:path';

import { root } from './command.ts';
import { runTask } from './task/run-task.ts';
import type { Told } from './task/run-task.ts';

async function main({ registry, source, revision }: Told<'release'>): Promise<number> {
  try {
    const { buildRelease } = await import('./release/release.ts');
    const { allArchitectures } = await import('./image/architecture.ts');
    const directory = join(root, 'dist', 'release');
    const release = await buildRelease({ directory, registry, source, revision, architectures: allArchitectures });
    console.log(`${release.image}:${release.version}@${release.digest}`);
    for (const file of release.files) console.log(`  dist/release/${file}`);
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

await runTask('release', { run: main });
