// Where PCA answers in each region. Two sources speak of it and they contradict each other for three regions:
// docs/networks.md, whose tables are rendered from here, says for which, and why the documentation decides.

/** What is known of PCA's hosts in one region. */
export interface RegionHosts {
  readonly public: string;
  /** Reached from VPCs of the region alone; undefined where none is known. */
  readonly vpc: string | undefined;
  /** Who says so: the endpoints in PCA's documentation, or the map in Alibaba Cloud's SDK for version 2020-06-30. */
  readonly source: 'Documentation' | 'SDK';
  /** The host that the SDK's map has instead. */
  readonly contradicted?: string;
}

const centralHost = 'cas.aliyuncs.com';

/**
 * Regions of PCA's documentation (Alibaba Cloud, Certificate Management Service, "Endpoints" of PCA). It names the last three as
 * opened on request; the SDK's map sends them to the central host. VPC hosts are in the documentation alone, where one of
 * these is misprinted as `cas.vpc.`.
 */
const documented: ReadonlyMap<string, RegionHosts> = new Map([
  ['cn-hangzhou', { public: centralHost, vpc: vpcHost('cn-hangzhou'), source: 'Documentation' }],
  ['ap-southeast-1', { public: ownHost('ap-southeast-1'), vpc: vpcHost('ap-southeast-1'), source: 'Documentation' }],
  ['eu-central-1', { public: ownHost('eu-central-1'), vpc: undefined, source: 'Documentation' }],
  ...['cn-hongkong', 'ap-southeast-3', 'ap-southeast-5'].map((region): readonly [string, RegionHosts] => [
    region,
    { public: ownHost(region), vpc: vpcHost(region), source: 'Documentation', contradicted: centralHost },
  ]),
]);

/** Further regions with hosts of their own in the SDK's map (@alicloud/cas20200630, `_endpointMap`). */
const ownBySdk = ['ap-northeast-1', 'ap-south-1', 'ap-southeast-2', 'me-central-1', 'me-east-1'];

/** Further regions which that map sends to the central host; issuers cannot name its rus-west-1-pop. */
const centralBySdk = (
  'ap-northeast-2-pop cn-beijing cn-beijing-finance-1 cn-beijing-finance-pop cn-beijing-gov-1 cn-beijing-nu16-b01 ' +
  'cn-chengdu cn-edge-1 cn-fujian cn-haidian-cm12-c01 cn-hangzhou-bj-b01 cn-hangzhou-finance ' +
  'cn-hangzhou-internal-prod-1 cn-hangzhou-internal-test-1 cn-hangzhou-internal-test-2 cn-hangzhou-internal-test-3 ' +
  'cn-hangzhou-test-306 cn-hongkong-finance-pop cn-huhehaote cn-huhehaote-nebula-1 cn-north-2-gov-1 cn-qingdao ' +
  'cn-qingdao-nebula cn-shanghai cn-shanghai-et15-b01 cn-shanghai-et2-b01 cn-shanghai-finance-1 cn-shanghai-inner ' +
  'cn-shanghai-internal-test-1 cn-shenzhen cn-shenzhen-finance-1 cn-shenzhen-inner cn-shenzhen-st4-d01 ' +
  'cn-shenzhen-su18-b01 cn-wuhan cn-wulanchabu cn-yushanfang cn-zhangbei cn-zhangbei-na61-b01 cn-zhangjiakou ' +
  'cn-zhangjiakou-na62-a01 cn-zhengzhou-nebula-1 eu-west-1 eu-west-1-oxs us-east-1 us-west-1'
).split(' ');

/** The hosts of every region that either source names. */
export const regions: ReadonlyMap<string, RegionHosts> = new Map([
  ...documented,
  ...ownBySdk.map((region): readonly [string, RegionHosts] => [
    region,
    { public: ownHost(region), vpc: undefined, source: 'SDK' },
  ]),
  ...centralBySdk.map((region): readonly [string, RegionHosts] => [
    region,
    { public: centralHost, vpc: undefined, source: 'SDK' },
  ]),
]);

/** PCA's hosts in a region; one that neither source names has those of the SDK's rule, `cas[-vpc].<region>.aliyuncs.com`. */
export function hostsOf(region: string): Pick<RegionHosts, 'public' | 'vpc'> {
  return regions.get(region) ?? { public: ownHost(region), vpc: vpcHost(region) };
}

/** The regions with a known VPC host. */
export const vpcRegions: readonly string[] = [...regions].flatMap(([region, { vpc }]) =>
  vpc === undefined ? [] : [region],
);

function ownHost(region: string): string {
  return `cas.${region}.aliyuncs.com`;
}

function vpcHost(region: string): string {
  return `cas-vpc.${region}.aliyuncs.com`;
}
