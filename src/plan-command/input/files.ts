// The files of a plan: what `-f` names, read into documents.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { readDocuments } from './documents.ts';
import type { FileContents, InputDocument } from './documents.ts';

/** Where files are. Both reject when there is none, or none that may be read; `-` is standard input. */
export interface Files {
  /** The manifests in a folder, in the order of their names; a file is itself. */
  readonly files: (name: string) => Promise<readonly string[]>;
  readonly read: (file: string) => Promise<Buffer>;
}

/** The files of this machine. */
export const ownFiles: Files = {
  files: manifestsIn,
  read: async (file) => (file === '-' ? buffer(process.stdin) : readFile(file)),
};

/** Not those in folders below it; as kubectl reads a folder. */
async function manifestsIn(name: string): Promise<readonly string[]> {
  if (name === '-' || !(await stat(name)).isDirectory()) return [name];
  const found = (await readdir(name)).filter((entry) => /\.(?:ya?ml|json)$/.test(entry)).toSorted();
  if (found.length === 0) throw new Error('a folder without .yaml, .yml or .json');
  return found.map((entry) => join(name, entry));
}

/** The documents in the files of these names; each fault names its file. */
export async function documentsIn(names: readonly string[], { files, read }: Files): Promise<FileContents> {
  const documents: InputDocument[] = [];
  const faults: string[] = [];
  for (const given of names) {
    const name = given === '-' ? 'standard input' : given;
    try {
      for (const file of await files(given)) {
        const contents = readDocuments(given === '-' ? name : file, await read(file));
        documents.push(...contents.documents);
        faults.push(...contents.faults);
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      faults.push(`${name} cannot be read (${why}). Check its name and permissions.`);
    }
  }
  return { documents, faults };
}
