// The manifests of docs/mesh/spire.md with the simulator in the places that their comments name.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import type { SimulatorHandle } from '../../../../simulator/simulator.ts';
import { readManifests } from '../../cluster.ts';
import type { Manifest } from '../../cluster.ts';

type Spec = Readonly<Record<string, unknown>>;

const read = (name: string): readonly Manifest[] =>
  readManifests(
    readFileSync(fileURLToPath(new URL(`../../../../docs/mesh/manifests/${name}.yaml`, import.meta.url)), 'utf8'),
  );

/** Namespace and name of the server's ServiceAccount. */
export const spireServerAccount = { namespace: 'spire', name: 'spire-server' };

/** The issuer, of this simulator and with these instances; its Secret is `access-key`. `spec` replaces members of its spec. */
export function spireIssuer(simulator: SimulatorHandle, instanceIds: readonly string[], spec: Spec = {}): Manifest {
  const [issuer] = read('spire-issuer');
  if (issuer === undefined) throw new Error('spire-issuer.yaml is empty.');
  const { externalCA, ...given } = issuer['spec'] as Spec & { readonly externalCA: Spec };
  return {
    ...issuer,
    spec: {
      ...given,
      parentIdentifier: 'sim-sub-ecc-p256',
      endpoint: { host: simulator.endpoint, protocol: 'HTTP' },
      credentials: { secretRef: { name: 'access-key' } },
      externalCA: { ...externalCA, instanceIds },
      ...spec,
    },
  };
}

/** What the server needs in its namespace. */
export function spireServerObjects(): readonly Manifest[] {
  return read('spire-server');
}

/** `server.conf` of the ConfigMap. */
export function serverConfiguration(): string {
  const map = spireServerObjects().find(({ kind }) => kind === 'ConfigMap');
  const configuration = (map?.['data'] as Readonly<Record<string, string>> | undefined)?.['server.conf'];
  if (configuration === undefined) throw new Error('spire-server.yaml has no server.conf.');
  return configuration;
}
