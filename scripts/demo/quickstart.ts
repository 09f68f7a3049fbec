// The objects of deploy/examples/quickstart/, pointed at the simulator instead of the real service. Pure but for reading.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { readManifests } from '../../test/support/cluster.ts';
import type { Manifest } from '../../test/support/cluster.ts';
import { root } from '../command.ts';

/** Where the simulator is, with whose key it is called, and which CA issues. */
export interface SimulatedService {
  readonly host: string;
  readonly protocol: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly parentIdentifier: string;
}

const folder = 'deploy/examples/quickstart';
const issuerKinds = new Set(['AlibabaPCAIssuer', 'AlibabaPCAClusterIssuer']);

/** Reads the folder's manifests in the order of their files. */
export async function readQuickstart(): Promise<readonly Manifest[]> {
  const files = (await readdir(join(root, folder))).filter((name) => name.endsWith('.yaml')).toSorted();
  const texts = await Promise.all(files.map(async (name) => readFile(join(root, folder, name), 'utf8')));
  return texts.flatMap(readManifests);
}

/** The spec of the folder's Certificate, of which further ones are made, and the name of its issuer. */
export async function readQuickstartPattern(): Promise<{ readonly issuer: string; readonly certificateSpec: object }> {
  const certificateSpec = (await readQuickstart()).find(({ kind }) => kind === 'Certificate')?.['spec'] as
    { readonly issuerRef: { readonly name: string } } | undefined;
  if (certificateSpec === undefined) throw new Error(`${folder} has no Certificate.`);
  return { issuer: certificateSpec.issuerRef.name, certificateSpec };
}

/** Reads the example at the top of README.md: an issuer and a Certificate, with the namespace that it names. */
export async function readReadmeExample(): Promise<{
  readonly objects: readonly Manifest[];
  readonly namespace: string;
}> {
  const page = await readFile(join(root, 'README.md'), 'utf8');
  const objects = readManifests(/^```yaml\n([\s\S]*?)^```$/m.exec(page)?.[1] ?? '');
  const namespace = objects[0]?.metadata.namespace;
  if (namespace === undefined) throw new Error('README.md has no example in a namespace.');
  return { objects, namespace };
}

/** The Secret with the simulator's access key that an issuer among the objects names. */
export function secretFor(
  objects: readonly Manifest[],
  { accessKeyId, accessKeySecret }: Pick<SimulatedService, 'accessKeyId' | 'accessKeySecret'>,
): Manifest {
  const issuer = objects.find(({ kind }) => issuerKinds.has(kind));
  const spec = issuer?.['spec'] as { readonly credentials: { readonly secretRef: { readonly name: string } } };
  const { namespace } = issuer?.metadata ?? {};
  const metadata = { name: spec.credentials.secretRef.name, ...(namespace === undefined ? {} : { namespace }) };
  return { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { accessKeyId, accessKeySecret } };
}

/** Puts the objects into a namespace, with the simulator's address, CA and access key in the places a user edits. */
export function pointAtSimulator(
  manifests: readonly Manifest[],
  namespace: string,
  service: SimulatedService,
): readonly Manifest[] {
  return manifests.map((manifest) => {
    const placed = { ...manifest, metadata: { ...manifest.metadata, namespace } };
    if (manifest.kind === 'Secret') {
      const { accessKeyId, accessKeySecret } = service;
      return { ...placed, stringData: { accessKeyId, accessKeySecret } };
    }
    return issuerKinds.has(manifest.kind) ? { ...placed, spec: specFor(manifest, service) } : placed;
  });
}

/** The Secret that the Certificate among the objects asks for. */
export function secretNameOf(manifests: readonly Manifest[]): string {
  const spec = manifests.find(({ kind }) => kind === 'Certificate')?.['spec'] as
    { readonly secretName?: string } | undefined;
  if (spec?.secretName === undefined) throw new Error(`${folder} has no Certificate with a secretName.`);
  return spec.secretName;
}

function specFor(manifest: Manifest, service: SimulatedService): object {
  const { host, protocol, parentIdentifier } = service;
  return { ...(manifest['spec'] as object), parentIdentifier, endpoint: { host, protocol } };
}
