// `npm run image`: writes the images of operator and simulator to dist/image/ as OCI archives, each with its bill of
// materials and its licences, without a container engine. `-- --revision SHA` goes into the labels.
import { relative } from 'node:path';
import { parseArgs } from 'node:util';

import { root } from './command.ts';
import { buildImages, operatorImage, simulatorImage } from './image/images.ts';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { revision: { type: 'string', default: 'unknown' } } });
  for (const image of await buildImages([operatorImage, simulatorImage], values)) {
    console.log(`${image.reference} ${image.digest} (${Math.round(image.bytes / 1024 / 1024)} MiB)`);
    for (const file of [image.archive, image.billOfMaterials, image.licenses]) console.log(`  ${relative(root, file)}`);
  }
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
