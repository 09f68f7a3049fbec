// The bill of materials (CycloneDX 1.6) and the list of licences of an image. Pure.
import type { Component } from './component.ts';

/** The image that is described. */
export interface DescribedImage {
  readonly name: string;
  readonly version: string;
  /** Of its manifest, `sha256:…`. */
  readonly digest: string;
  readonly license: string;
}

/** A CycloneDX document; it names no time, so that the same image has the same document. */
export function billOfMaterials(image: DescribedImage, components: readonly Component[]): object {
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
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
  };
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
  const { type, name, version, purl, license, checksums, files } = component;
  return {
    'bom-ref': purl ?? name,
    type,
    name,
    version,
    ...(purl === undefined ? {} : { purl }),
    ...(checksums.length === 0 ? {} : { hashes: checksums }),
    ...(license === undefined ? {} : { licenses: [{ expression: license }] }),
    ...(files.length === 0
      ? {}
      : { components: files.map(({ path, checksum }) => ({ type: 'file', name: path, hashes: [checksum] })) }),
  };
}
