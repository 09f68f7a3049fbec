// Where the calls of an issuer go, and why none goes anywhere.
import { caBundleFault } from '../../../alibaba/ca-bundle.ts';
import { stsEndpointFor } from '../../../alibaba/credentials/sts.ts';
import { endpointFor } from '../../../alibaba/endpoint.ts';
import type { PcaEndpoint } from '../../../alibaba/endpoint.ts';
import type { IssuerHosts } from '../../../alibaba/issuer-hosts.ts';
import { vpcRegions } from '../../../alibaba/regions.ts';
import type { Issuer } from '../../../crds/issuer.ts';
import type { PodIdentity } from '../../../runtime/pod-identity.ts';
import type { IssuerProblem } from '../reasons.ts';

/** PCA and STS of an issuer, or what its condition says. */
export type IssuerEndpoints =
  | { readonly kind: 'ok'; readonly pca: PcaEndpoint; readonly sts: PcaEndpoint }
  | { readonly kind: 'problem'; readonly problem: IssuerProblem };

/** The endpoints that an issuer's calls go to. Pure. */
export function endpointsOf(
  { spec }: Issuer,
  { hosts, podIdentity }: { readonly hosts: Pick<IssuerHosts, 'allows'>; readonly podIdentity: PodIdentity },
): IssuerEndpoints {
  const refused = hostProblem(spec, hosts) ?? caBundleProblem(spec);
  if (refused !== undefined) return { kind: 'problem', problem: refused };
  const pca = endpointFor({ region: spec.region, network: spec.network, ...spec.endpoint });
  if (pca === undefined) return { kind: 'problem', problem: networkProblem(spec) };
  return { kind: 'ok', pca, sts: stsEndpointFor(spec, podIdentity) };
}

/** The host that the issuer names though it may not. */
function hostProblem(spec: Issuer['spec'], hosts: Pick<IssuerHosts, 'allows'>): IssuerProblem | undefined {
  const named = { 'spec.endpoint.host': spec.endpoint.host, 'spec.stsEndpoint.host': spec.stsEndpoint?.host };
  for (const [field, host] of Object.entries(named)) {
    if (host === undefined || hosts.allows(host)) continue;
    const message = `${field} names "${host}", which is none of the hosts that issuers may name. Correct it, or remove it to use Alibaba Cloud's own endpoint of the region; or have the administrator allow the host with the operator's --issuer-hosts (Helm: issuerHosts).`;
    return { reason: 'EndpointNotAllowed', message };
  }
  return undefined;
}

/** The CA bundle of an endpoint that TLS could not read. */
function caBundleProblem(spec: Issuer['spec']): IssuerProblem | undefined {
  const named = {
    'spec.endpoint.caBundle': spec.endpoint.caBundle,
    'spec.stsEndpoint.caBundle': spec.stsEndpoint?.caBundle,
  };
  for (const [field, caBundle] of Object.entries(named)) {
    const fault = caBundle === undefined ? undefined : caBundleFault(caBundle);
    if (fault !== undefined) return { reason: 'InvalidSettings', message: `${field}: ${fault}` };
  }
  return undefined;
}

function networkProblem({ region }: Issuer['spec']): IssuerProblem {
  const message = `spec.network is VPC, but no VPC host of PCA is known in spec.region "${region}", only in ${vpcRegions.join(', ')}. Set spec.network to Public, or name in spec.endpoint.host the host that your VPC reaches.`;
  return { reason: 'InvalidSettings', message };
}
