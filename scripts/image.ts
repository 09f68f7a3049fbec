// `npm run image`: writes the images of operator and simulator to dist/image/ as OCI archives, each with its bill of
// materials and its licences, without a container engine. `-- --revision SHA` goes into the labels.
import { relative } from 'node:path';

import { root } from './command.ts';
import { showStep } from './progress.ts';
import { runTask } from './task/run-task.ts';
import type { Told } from './task/run-task.ts';

async function main(told: Told<'image'>): Promise<number> {
  try {
    const { buildImages, operatorImage, simulatorImage } = await import('./image/images.ts');
    const images = await showStep('images of operator and simulator', async () =>
      buildImages([operatorImage, simulatorImage], told),
    );
    for (const image of images) {
      console.log(`${image.reference} ${image.digest} (${Math.round(image.bytes / 1024 / 1024)} MiB)`);
      for (const file of [image.archive, image.billOfMaterials, image.licenses])
        console.log(`  ${relative(root, file)}`);
    }
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

await runTask('image', { run: main });
