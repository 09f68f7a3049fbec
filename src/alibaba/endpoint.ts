// The endpoint of PCA for an issuer, and whether Alibaba Cloud itself answers at one.
import { hostsOf } from './regions.ts';

/** Where calls go. `host` may carry a port; `caBundle` (PEM) replaces the built-in roots for this endpoint. */
export interface PcaEndpoint {
  readonly host: string;
  readonly protocol: 'HTTP' | 'HTTPS';
  readonly caBundle: string | undefined;
  readonly region: string;
}

/** What an issuer says about its endpoint. */
export interface EndpointSettings {
  readonly region: string;
  /** Whose hosts are meant where it names none; Public where it does not say. */
  readonly network?: 'Public' | 'VPC';
  readonly host?: string;
  readonly protocol?: 'HTTP' | 'HTTPS';
  readonly caBundle?: string;
}

/**
 * The endpoint for an issuer's settings: the given host, else the region's for the network; HTTPS unless told otherwise.
 * Undefined where the region has no VPC host.
 */
export function endpointFor(settings: EndpointSettings & { readonly network?: 'Public' }): PcaEndpoint;
export function endpointFor(settings: EndpointSettings): PcaEndpoint | undefined;
export function endpointFor({ region, network, host, protocol, caBundle }: EndpointSettings): PcaEndpoint | undefined {
  const hosts = hostsOf(region);
  const found = host ?? (network === 'VPC' ? hosts.vpc : hosts.public);
  return found === undefined ? undefined : { host: found, protocol: protocol ?? 'HTTPS', caBundle, region };
}

/** How the endpoint is called where calls are counted: everything that leads to the same host. */
export function endpointName({ protocol, host }: Pick<PcaEndpoint, 'protocol' | 'host'>): string {
  return `${protocol} ${host}`;
}

// Anybody may have a host below aliyuncs.com: buckets, functions and load balancers have. These are of PCA and STS themselves.
const ownHosts = {
  PCA: /^cas(?:-vpc)?(?:\.[a-z]{2}(?:-[a-z0-9]+)+)?\.aliyuncs\.com(?::443)?$/i,
  STS: /^sts(?:-vpc)?(?:\.[a-z]{2}(?:-[a-z0-9]+)+)?\.aliyuncs\.com(?::443)?$/i,
} as const;

/** Whether Alibaba Cloud itself answers at an endpoint, which TLS proves. */
export function isAlibabaCloud(
  service: keyof typeof ownHosts,
  { host, protocol }: Pick<PcaEndpoint, 'host' | 'protocol'>,
): boolean {
  return protocol === 'HTTPS' && ownHosts[service].test(host);
}

/**
 * Who counts calls and judges credentials at an endpoint of PCA: Alibaba Cloud, whose hosts are all one service, or whoever
 * answers at this endpoint, of whom nothing follows for any other.
 */
export function serviceOf(endpoint: Pick<PcaEndpoint, 'host' | 'protocol'>): string {
  return isAlibabaCloud('PCA', endpoint) ? 'Alibaba Cloud' : `${endpoint.protocol} ${endpoint.host.toLowerCase()}`;
}
