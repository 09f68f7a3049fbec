// Which npm package needs which, as CycloneDX's own tool for npm finds it among those that are installed.
import { join } from 'node:path';

import { run } from '../../control-plane/driver/run.ts';
import { root } from '../command.ts';

interface Described {
  readonly 'bom-ref': string;
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
  readonly [field: string]: unknown;
}

/** The packages of the product, whatever of them is bundled. */
export interface DependencyGraph {
  /** `bom-ref` of the product. */
  readonly root: string;
  readonly components: readonly Described[];
  /** From a `bom-ref` to those of what it needs itself. */
  readonly needs: ReadonlyMap<string, readonly string[]>;
}

interface Document {
  readonly metadata: { readonly component: Described };
  readonly components: readonly Described[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}

const tool = 'node_modules/@cyclonedx/cyclonedx-npm/bin/cyclonedx-npm-cli.js';
const options = ['--omit', 'dev', '--flatten-components', '--output-reproducible', '--spec-version', '1.6'];
const pathProperty = 'cdx:npm:package:path';
// The product itself says these, or says them otherwise.
const ours = new Set(['bom-ref', 'type', 'group', 'name', 'version', 'purl', 'licenses', 'hashes', 'components']);

/** Runs the tool; throws with what it says when it fails. */
export async function readDependencyGraph(): Promise<DependencyGraph> {
  const command = [process.execPath, join(root, tool), ...options, '--', join(root, 'package.json')];
  const { code, stdout, stderr } = await run(command);
  if (code !== 0) throw new Error(`cyclonedx-npm ended with status ${code}: ${stderr}`);
  const document = JSON.parse(stdout) as Document;
  return {
    root: document.metadata.component['bom-ref'],
    components: document.components,
    needs: new Map(document.dependencies.map(({ ref, dependsOn = [] }) => [ref, dependsOn])),
  };
}

/** The `bom-ref` of the package in a folder; throws for one that the product does not need. */
export function refOf({ components }: DependencyGraph, folder: string): string {
  const found = components.find(({ properties = [] }) =>
    properties.some(({ name, value }) => name === pathProperty && value === folder),
  );
  if (found === undefined)
    throw new Error(`${folder} is bundled, but is no dependency of the product in package.json.`);
  return found['bom-ref'];
}

/** What the tool knows of a package beyond its name, version, licence and checksums. */
export function moreOf({ components }: DependencyGraph, ref: string): Readonly<Record<string, unknown>> {
  const found = components.find((each) => each['bom-ref'] === ref) ?? {};
  return Object.fromEntries(Object.entries(found).filter(([name]) => !ours.has(name)));
}

/**
 * Those of `bundled` that a package needs, sorted; of one that is not bundled, because nothing of it is used, those that it
 * needs in turn.
 */
export function neededAmong(
  { needs }: DependencyGraph,
  ref: string,
  bundled: { readonly has: (ref: string) => boolean },
): readonly string[] {
  const found = new Set<string>();
  const seen = new Set([ref]);
  const visit = (from: string): void => {
    for (const next of needs.get(from) ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      if (bundled.has(next)) found.add(next);
      else visit(next);
    }
  };
  visit(ref);
  return [...found].toSorted();
}
