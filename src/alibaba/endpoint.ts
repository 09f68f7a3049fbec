// Which host answers for a region. The map is the one of Alibaba's own SDK for version 2020-06-30; Alibaba's documents
// contradict it for cn-hongkong, ap-southeast-3 and ap-southeast-5 (documented: cas.<region>.aliyuncs.com), and VPC hosts
// are in the documents alone, so a host given by the issuer always wins.

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
  readonly host?: string;
  readonly protocol?: 'HTTP' | 'HTTPS';
  readonly caBundle?: string;
}

const centralHost = 'cas.aliyuncs.com';

/** Regions which the SDK's map sends to the central host; every other region has a host of its own by the SDK's rule. */
const centralRegions: ReadonlySet<string> = new Set(
  (
    'cn-hangzhou ap-northeast-2-pop ap-southeast-3 ap-southeast-5 cn-beijing cn-beijing-finance-1 cn-beijing-finance-pop ' +
    'cn-beijing-gov-1 cn-beijing-nu16-b01 cn-chengdu cn-edge-1 cn-fujian cn-haidian-cm12-c01 cn-hangzhou-bj-b01 ' +
    'cn-hangzhou-finance cn-hangzhou-internal-prod-1 cn-hangzhou-internal-test-1 cn-hangzhou-internal-test-2 ' +
    'cn-hangzhou-internal-test-3 cn-hangzhou-test-306 cn-hongkong cn-hongkong-finance-pop cn-huhehaote ' +
    'cn-huhehaote-nebula-1 cn-north-2-gov-1 cn-qingdao cn-qingdao-nebula cn-shanghai cn-shanghai-et15-b01 ' +
    'cn-shanghai-et2-b01 cn-shanghai-finance-1 cn-shanghai-inner cn-shanghai-internal-test-1 cn-shenzhen ' +
    'cn-shenzhen-finance-1 cn-shenzhen-inner cn-shenzhen-st4-d01 cn-shenzhen-su18-b01 cn-wuhan cn-wulanchabu ' +
    'cn-yushanfang cn-zhangbei cn-zhangbei-na61-b01 cn-zhangjiakou cn-zhangjiakou-na62-a01 cn-zhengzhou-nebula-1 ' +
    'eu-west-1 eu-west-1-oxs rus-west-1-pop us-east-1 us-west-1'
  ).split(' '),
);

/** The endpoint for an issuer's settings: the given host, else the SDK's host for the region; HTTPS unless told otherwise. */
export function endpointFor(settings: EndpointSettings): PcaEndpoint {
  return {
    host: settings.host ?? (centralRegions.has(settings.region) ? centralHost : `cas.${settings.region}.aliyuncs.com`),
    protocol: settings.protocol ?? 'HTTPS',
    caBundle: settings.caBundle,
    region: settings.region,
  };
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
