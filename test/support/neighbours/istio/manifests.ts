// The files of docs/mesh/manifests as their readers apply them, but for what each reader has of their own: CA, endpoint and
// root certificate.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

import { readManifests } from '../../cluster.ts';
import type { Manifest } from '../../cluster.ts';
import { secret } from '../../world.ts';
import type { World } from '../../world.ts';

/** Namespace of istiod. */
export const istioNamespace = 'istio-system';

const folder = fileURLToPath(new URL('../../../../docs/mesh/manifests/', import.meta.url));
const issuerKinds = new Set(['AlibabaPCAIssuer', 'AlibabaPCAClusterIssuer']);
const instanceIds = ['cas_deposit-cn-sim0001', 'cas_deposit-cn-sim0002'];

/** The parts of the values of Istio's chart that tests look at. */
export interface IstioValues {
  readonly meshConfig?: {
    readonly defaultConfig?: { readonly proxyMetadata?: Readonly<Record<string, string>> };
    readonly caCertificates?: readonly { readonly pem: string; readonly certSigners: readonly string[] }[];
  };
  readonly [member: string]: unknown;
}

/**
 * Applies a file with issuers of the simulator's CA `parentIdentifier`, and their access keys; answers what it applied.
 * `spec` adds to the issuers'.
 */
export async function applyDocumented(
  world: World,
  file: string,
  parentIdentifier: string,
  spec: object = {},
): Promise<readonly Manifest[]> {
  const manifests = readManifests(await readFile(`${folder}${file}`, 'utf8')).map((manifest) =>
    issuerKinds.has(manifest.kind) ? ofSimulator(world, manifest, parentIdentifier, spec) : manifest,
  );
  const keys = manifests
    .filter(({ kind }) => issuerKinds.has(kind))
    .map(({ metadata }) => secret(metadata.namespace ?? world.namespace, 'pca-access-key', world.simulator.accessKey));
  return world.cluster.apply([...keys, ...manifests]);
}

/** The values of a file with this root certificate, PEM. */
export async function documentedValues(file: string, rootPem: string): Promise<IstioValues> {
  const values = parse(await readFile(`${folder}${file}`, 'utf8')) as IstioValues;
  const { meshConfig } = values;
  const caCertificates = (meshConfig?.caCertificates ?? []).map((each) => ({ ...each, pem: rootPem }));
  return { ...values, meshConfig: { ...meshConfig, caCertificates } };
}

function ofSimulator(world: World, issuer: Manifest, parentIdentifier: string, more: object): Manifest {
  const { region: _, ...spec } = issuer['spec'] as {
    readonly region: string;
    readonly externalCA?: object;
  };
  return {
    ...issuer,
    spec: {
      ...spec,
      parentIdentifier,
      endpoint: { host: world.simulator.endpoint, protocol: 'HTTP' },
      ...(spec.externalCA === undefined ? {} : { externalCA: { ...spec.externalCA, instanceIds } }),
      ...more,
    },
  };
}
