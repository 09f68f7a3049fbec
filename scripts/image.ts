// `npm run image`: writes the images of operator and simulator to dist/image/ as OCI archives for amd64 and arm64, each with
// its bill of materials and its licences, without a container engine.
import { relative } from 'node:path';

import { root } from './command.ts';
import type { BuiltImage } from './image/images.ts';
import { showStep } from './progress.ts';
import { runTask } from './task/run-task.ts';
import type { Told } from './task/run-task.ts';

async function main({ architecture, revision }: Told<'image'>): Promise<number> {
  try {
    const { buildImages, operatorImage, simulatorImage } = await import('./image/images.ts');
    const chosen = architecture === undefined ? {} : { architectures: [architecture] };
    const images = await showStep('images of operator and simulator', async () =>
      buildImages([operatorImage, simulatorImage], { revision, ...chosen }),
    );
    for (const image of images) console.log(describe(image).join('\n'));
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

function describe({ reference, digest, bytes, archive, platforms }: BuiltImage): readonly string[] {
  return [
    `${reference} ${digest} (${Math.round(bytes / 1024 / 1024)} MiB)`,
    `  ${relative(root, archive)}`,
    ...platforms.flatMap((platform) => [
      `  ${platform.architecture} ${platform.digest}`,
      `    ${relative(root, platform.billOfMaterials)}`,
      `    ${relative(root, platform.licenses)}`,
    ]),
  ];
}

await runTask('image', { run: main });
