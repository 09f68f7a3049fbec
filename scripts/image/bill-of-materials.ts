// The bill of materials (CycloneDX 1.6) and the list of licences of an image. Pure.
import type { Component } from './component.ts';

/** The image that is described. */
export interface DescribedImage {
  readonly name: string;
  readonly version: string;
  /** Of its manifest, `sha256:…`. */
  readonly digest: string;
  readonly license: string;
  /** The `ref` of each component that it is directly made of. */
  readonly dependsOn: readonly string[];
}

/** A CycloneDX document; it names no time, and its serial number follows from the image, so that the same image has the same. */
export function billOfMaterials(image: DescribedImage, components: readonly Component[]): object {
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: serialNumberOf(image.digest),
    version: 1,
    metadata: {
      component: {
        'bom-ref': image.name,
        type: 'container',
        name: image.name,
        version: image.version,
        hashes: [{ alg: 'SHA-256', content: image.digest.replace('sha256:', '') }],
        licenses: [{ expression: image.license }],
      },
    },
    components: components.map(describe),
    dependencies: [
      { ref: image.name, dependsOn: image.dependsOn },
      ...components.map(({ ref, dependsOn }) => ({ ref, dependsOn })),
    ],
  };
}

/** A UUID of version 8, whose other bits are those of the digest (RFC 9562, section 5.8). */
function serialNumberOf(digest: string): string {
  const [a, b, c, d, e] = /^sha256:(.{8})(.{4}).(.{3}).(.{3})(.{12})/.exec(digest)?.slice(1) ?? [];
  return `urn:uuid:${a}-${b}-8${c}-8${d}-${e}`;
}

/** One section per component: name, version, licence and its full text. */
export function licenseList(components: readonly Component[]): string {
  return components
    .map(({ name, version, license, licenseText }) =>
      [`${name} ${version}${license === undefined ? '' : ` (${license})`}`, '', licenseText.trimEnd(), ''].join('\n'),
    )
    .join(`\n${'-'.repeat(80)}\n\n`);
}

function describe(component: Component): object {
  const { ref, type, name, version, purl, license, checksums, files, more } = component;
  return {
    'bom-ref': ref,
    type,
    name,
    version,
    ...(purl === undefined ? {} : { purl }),
    ...(checksums.length === 0 ? {} : { hashes: checksums }),
    ...(license === undefined ? {} : { licenses: [{ expression: license }] }),
    ...more,
    ...(files.length === 0
      ? {}
      : { components: files.map(({ path, checksum }) => ({ type: 'file', name: path, hashes: [checksum] })) }),
  };
}
