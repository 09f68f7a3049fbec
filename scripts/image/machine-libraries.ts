// The libraries of this machine, and what dpkg knows of them where there is dpkg.
import { readFile, realpath } from 'node:fs/promises';

import { run, runOrThrow } from '../../control-plane/driver/run.ts';
import type { LibrarySource } from './libraries.ts';

/** They serve an image of this machine's own architecture. */
export const machineLibraries: LibrarySource = {
  name: 'this machine',
  read: async (path) => readFile(path).catch(() => undefined),
  ownerOf,
  describePackage: async (name) => {
    const format = '${Version} ${Architecture}';
    const [version = '', architecture = ''] = (
      await runOrThrow(['dpkg-query', '--show', `--showformat=${format}`, name])
    ).split(' ');
    const licenseText = await readFile(`/usr/share/doc/${name}/copyright`, 'utf8');
    return { name, version, architecture, licenseText, checksums: [] };
  },
};

// A package may list its file under the other of the two names that a merged /usr gives it.
async function ownerOf(path: string): Promise<string | undefined> {
  const names = new Set(
    [path, await realpath(path)].flatMap((each) => [each, each.replace(/^\/usr/, ''), `/usr${each}`]),
  );
  const { stdout } = await run(['dpkg-query', '--search', ...names]).catch(() => ({ stdout: '' }));
  return /^([^:\s]+)/m.exec(stdout)?.[1];
}
