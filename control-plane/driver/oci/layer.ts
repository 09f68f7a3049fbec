// A file system layer as a tar that depends on nothing but the files: sorted, without times, owned by root. Pure.
import { packTar } from 'modern-tar';

/** One file of a layer. */
export interface ImageFile {
  /** Path from the root of the image, without a leading slash. */
  readonly path: string;
  readonly executable: boolean;
  readonly content: Uint8Array;
}

// The same for every entry, so that the same files always give the same bytes.
const fixed = { mtime: new Date(0), uid: 0, gid: 0 };

/** Packs the files with the folders above them; of two files with one path the later one counts. */
export async function packLayer(files: readonly ImageFile[]): Promise<Uint8Array> {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const folders = new Set([...byPath.keys()].flatMap(foldersAbove));
  const entries = [
    ...[...folders].map((name) => ({ header: { ...fixed, name, size: 0, mode: 0o755, type: 'directory' as const } })),
    ...[...byPath.values()].map(({ path, executable, content }) => ({
      header: { ...fixed, name: path, size: content.length, mode: executable ? 0o755 : 0o644, type: 'file' as const },
      body: content,
    })),
  ];
  return packTar(entries.toSorted((left, right) => (left.header.name < right.header.name ? -1 : 1)));
}

function foldersAbove(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => `${parts.slice(0, index + 1).join('/')}/`);
}
