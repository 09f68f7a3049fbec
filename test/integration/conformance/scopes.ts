// The two scopes of issuers, each with an issuer for every kind of certificate that the suites ask for.
import type { Manifest, ObjectReference } from '../../support/cluster.ts';
import { issuerApiVersion, secret } from '../../support/world.ts';
import type { World } from '../../support/world.ts';
import type { Wanted } from './cases.ts';

/** A scope, by the kind of its issuers. */
export type Scope = 'AlibabaPCAIssuer' | 'AlibabaPCAClusterIssuer';

/** Both of them. */
export const scopes: readonly Scope[] = ['AlibabaPCAIssuer', 'AlibabaPCAClusterIssuer'];

/** Group of our issuers, as an issuerRef names it. */
export const issuerGroup = 'pca.alibabacloud.com';

/** Names of the issuers: by the family of keys, and for CAs. */
export type IssuerName = 'rsa' | 'ecc' | 'authority';

/** The issuer for what is wanted. */
export function issuerFor({ isCA = false, privateKey }: Pick<Wanted, 'isCA' | 'privateKey'>): IssuerName {
  if (isCA) return 'authority';
  return (privateKey?.algorithm ?? 'RSA') === 'RSA' ? 'rsa' : 'ecc';
}

/** Makes an issuer of that scope and waits until it is ready; `spec` adds to the base of {@link World.issuer}. */
export async function createIssuer(
  world: World,
  { scope, namespace, name }: { readonly scope: Scope; readonly namespace: string; readonly name: string },
  spec: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const [manifest, reference] = issuerOf(world, { scope, namespace, name }, spec);
  await world.cluster.apply(manifest);
  await world.cluster.waitForCondition(reference, { type: 'Ready', status: 'True' });
}

function issuerOf(
  world: World,
  { scope, namespace, name }: { readonly scope: Scope; readonly namespace: string; readonly name: string },
  spec: Readonly<Record<string, unknown>>,
): [Manifest, ObjectReference] {
  const type = { apiVersion: issuerApiVersion, kind: scope };
  if (scope === 'AlibabaPCAIssuer') return [world.issuer(namespace, name, spec), { ...type, namespace, name }];
  const manifest = world.issuer(namespace, name, { credentials: { secretRef: { name: 'cluster-key' } }, ...spec });
  return [
    { ...manifest, kind: scope, metadata: { name } },
    { ...type, name },
  ];
}

/** Makes the three issuers of a scope; the one for CAs spends `instanceIds`, one for each certificate. */
export async function createIssuers(
  world: World,
  scope: Scope,
  namespace: string,
  instanceIds: readonly string[],
): Promise<void> {
  await world.cluster.apply(secret(world.namespace, 'cluster-key', world.simulator.accessKey));
  const specs: Readonly<Record<IssuerName, Readonly<Record<string, unknown>>>> = {
    rsa: { parentIdentifier: 'sim-sub-rsa-2048' },
    ecc: { parentIdentifier: 'sim-sub-ecc-p256' },
    authority: { parentIdentifier: 'sim-sub-rsa-2048', externalCA: { instanceIds } },
  };
  await Promise.all(
    Object.entries(specs).map(async ([name, spec]) => createIssuer(world, { scope, namespace, name }, spec)),
  );
}

/** The simulated CA whose root is above what an issuer issues. */
export const issuingCAs: Readonly<Record<IssuerName, string>> = {
  rsa: 'sim-sub-rsa-2048',
  ecc: 'sim-sub-ecc-p256',
  authority: 'sim-sub-rsa-issuing-cas',
};
