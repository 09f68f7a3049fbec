// The chart as it is published: with the image's registry and digest in its values, and in its Chart.yaml what Artifact Hub
// shows. In the repository it knows neither. Pure.
import { parseDocument } from 'yaml';

import type { Change } from './changelog.ts';

/** What is published, and where. */
export interface Published {
  readonly version: string;
  /** Image without a tag. */
  readonly image: string;
  /** Of its index. */
  readonly digest: string;
  readonly platforms: readonly string[];
  /** Address of the repository with the sources; undefined where there is none. */
  readonly source: string | undefined;
  readonly changes: readonly Change[];
}

/** The picture that Artifact Hub and the site of docs/ show, in the repository. */
export const icon = 'docs/public/icon.svg';

/** values.yaml with the published image; comments stay. */
export function publishedValues(values: string, { image, digest }: Published): string {
  const document = parseDocument(values);
  document.setIn(['image', 'repository'], image);
  document.setIn(['image', 'digest'], digest);
  return document.toString({ lineWidth: 0 });
}

/** Chart.yaml with versions, addresses and annotations. */
export function publishedChart(
  chart: string,
  { version, image, digest, platforms, source, changes }: Published,
): string {
  const document = parseDocument(chart);
  document.set('version', version);
  document.set('appVersion', version);
  if (source !== undefined) {
    document.set('home', source);
    document.set('sources', [source]);
    document.set('icon', `${source}/raw/v${version}/${icon}`);
  }
  const annotations = {
    changes: changes.map(({ kind, description }) => ({ kind, description })),
    containsSecurityUpdates: changes.some(({ kind }) => kind === 'security'),
    images: [{ name: 'alibaba-pca-issuer', image: `${image}:${version}@${digest}`, platforms }],
    prerelease: /^0\.|-/.test(version),
  };
  // Artifact Hub reads each as YAML in a string, of which JSON is one form.
  for (const [name, value] of Object.entries(annotations))
    document.setIn(['annotations', `artifacthub.io/${name}`], JSON.stringify(value));
  return document.toString({ lineWidth: 0 });
}
