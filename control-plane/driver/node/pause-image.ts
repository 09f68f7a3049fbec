// The image that holds the namespaces of a pod: one program, and nothing else.
import { readFile, writeFile } from 'node:fs/promises';

import { packImage } from '../oci/archive.ts';
import type { Architecture } from '../oci/archive.ts';
import { packLayer } from '../oci/layer.ts';
import { pauseReference } from './configuration.ts';

/** Writes the image of the program as an archive. */
export async function writePauseImage(program: string, archive: string): Promise<void> {
  const layer = await packLayer([{ path: 'pause', executable: true, content: await readFile(program) }]);
  const architecture: Architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const { bytes } = await packImage([{ architecture, layers: [layer] }], {
    reference: pauseReference,
    user: '65532:65532',
    entryPoint: ['/pause'],
    environment: {},
    ports: [],
    labels: {},
  });
  await writeFile(archive, bytes);
}
