// The paths of Kubernetes' API, read. Pure.

/** What a path names. */
export interface ResourcePath {
  /** Group, version and plural, such as `cert-manager.io/v1/certificaterequests`. */
  readonly collection: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
}

/** Reads a path without its query; undefined when it names no resource. */
export function readResourcePath(path: string): ResourcePath | undefined {
  const [, root, ...segments] = path.split('/').map(decodeURIComponent);
  const version = segments.slice(0, root === 'api' ? 1 : 2);
  const rest = segments.slice(version.length);
  if ((root !== 'api' && root !== 'apis') || rest[0] === undefined) return undefined;
  const isNamespaced = rest[0] === 'namespaces' && rest.length >= 3;
  const [plural = '', name, subresource] = isNamespaced ? rest.slice(2) : rest;
  const namespace = isNamespaced ? rest[1] : undefined;
  return { collection: [...version, plural].join('/'), namespace, name, subresource };
}
