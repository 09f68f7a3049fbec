// The product's version, as the package says it; it names us to the API server and to Alibaba Cloud.
import manifest from '../../package.json' with { type: 'json' };

/** Version of the product, such as `0.1.0`. */
export const productVersion: string = manifest.version;

/** How the product names itself in requests. */
export const userAgent = `alibaba-pca-issuer/${productVersion}`;

/** The commit that the image was built of, where its builder named it. */
export function sourceRevision({ IMAGE_REVISION: revision }: Readonly<Record<string, string | undefined>>): {
  readonly revision?: string;
} {
  return revision === undefined || revision === '' || revision === 'unknown' ? {} : { revision };
}
