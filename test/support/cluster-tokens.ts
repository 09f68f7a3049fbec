// Tokens of a test cluster's ServiceAccounts, and a simulated STS that verifies them with the cluster's own keys.
import type { SimulatorHandle } from '../../simulator/simulator.ts';
import type { Cluster } from './cluster.ts';
import { readProduct } from './product.ts';

/** The audience that STS takes unless another is agreed on. */
export const stsAudience = 'sts.aliyuncs.com';

/** Makes the cluster an OIDC provider of the account, under this ARN. */
export async function trustClusterTokens(
  { cluster, simulator }: { readonly cluster: Cluster; readonly simulator: SimulatorHandle },
  arn: string,
): Promise<void> {
  const raw = async (path: string): Promise<unknown> => JSON.parse(await cluster.kubectl(['get', '--raw', path]));
  const { keys } = (await raw('/openid/v1/jwks')) as { readonly keys: [] };
  const { issuer } = (await raw('/.well-known/openid-configuration')) as { readonly issuer: string };
  simulator.setOidcProvider({ arn, issuer, clientIds: [stsAudience], keys });
}

/** A new token of the operator's ServiceAccount. */
export async function operatorToken(cluster: Cluster, audience = stsAudience): Promise<string> {
  const { serviceAccount } = await readProduct();
  const { name, namespace } = serviceAccount;
  const args = ['create', 'token', name, '--namespace', namespace, '--audience', audience];
  return (await cluster.kubectl(args)).trim();
}
