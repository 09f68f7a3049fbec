// What an image is made of, for its bill of materials and its list of licences.
/** A checksum as the bill of materials names it; `content` is hexadecimal. */
export interface Checksum {
  readonly alg: 'SHA-256' | 'SHA-512';
  readonly content: string;
}

/** A piece of software with a name and a version of its own. */
export interface Component {
  /** By which others name it in the same bill of materials. */
  readonly ref: string;
  readonly type: 'application' | 'library' | 'platform';
  readonly name: string;
  readonly version: string;
  /** Package URL; undefined where the machine does not know which package a file comes from. */
  readonly purl: string | undefined;
  /** SPDX expression, undefined where only the text says it. */
  readonly license: string | undefined;
  /** Full text of licence and copyright notices. */
  readonly licenseText: string;
  /** Of the package as it was published, or none where only its files' are known. */
  readonly checksums: readonly Checksum[];
  /** The files of it that are in the image as they are. */
  readonly files: readonly { readonly path: string; readonly checksum: Checksum }[];
  /** The `ref` of each component that it needs itself. */
  readonly dependsOn: readonly string[];
  /** What else a bill of materials says of it, in CycloneDX's own fields. */
  readonly more?: Readonly<Record<string, unknown>>;
}
