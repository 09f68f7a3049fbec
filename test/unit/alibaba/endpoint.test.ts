// The host that answers for a region.
import { expect, test } from 'vitest';
import { stsEndpointFor } from '../../../src/alibaba/credentials/sts.ts';
import { endpointFor, isAlibabaCloud, serviceOf } from '../../../src/alibaba/endpoint.ts';
import { parseIssuerHosts } from '../../../src/alibaba/issuer-hosts.ts';
import { regions } from '../../../src/alibaba/regions.ts';
import { settings } from '../../../src/runtime/options.ts';
import { podIdentity } from '../../../src/runtime/pod-identity.ts';

const central = 'cas.aliyuncs.com';

test.each([
  ['cn-hangzhou', central],
  ['cn-shanghai', central],
  ['us-east-1', central],
  ['cn-hongkong', 'cas.cn-hongkong.aliyuncs.com'],
  ['ap-southeast-3', 'cas.ap-southeast-3.aliyuncs.com'],
  ['ap-southeast-5', 'cas.ap-southeast-5.aliyuncs.com'],
  ['ap-southeast-1', 'cas.ap-southeast-1.aliyuncs.com'],
  ['ap-southeast-2', 'cas.ap-southeast-2.aliyuncs.com'],
  ['ap-northeast-1', 'cas.ap-northeast-1.aliyuncs.com'],
  ['eu-central-1', 'cas.eu-central-1.aliyuncs.com'],
  ['me-central-1', 'cas.me-central-1.aliyuncs.com'],
  ['ap-south-1', 'cas.ap-south-1.aliyuncs.com'],
  ['me-east-1', 'cas.me-east-1.aliyuncs.com'],
  ['xx-new-9', 'cas.xx-new-9.aliyuncs.com'],
])('region %s is served by %s over HTTPS', (region, host) => {
  expect(endpointFor({ region })).toEqual({ host, protocol: 'HTTPS', caBundle: undefined, region });
});

test.each([
  ['cn-hangzhou', 'cas-vpc.cn-hangzhou.aliyuncs.com'],
  ['ap-southeast-1', 'cas-vpc.ap-southeast-1.aliyuncs.com'],
  ['cn-hongkong', 'cas-vpc.cn-hongkong.aliyuncs.com'],
  ['ap-southeast-3', 'cas-vpc.ap-southeast-3.aliyuncs.com'],
  ['ap-southeast-5', 'cas-vpc.ap-southeast-5.aliyuncs.com'],
  ['xx-new-9', 'cas-vpc.xx-new-9.aliyuncs.com'],
  ['eu-central-1', undefined],
  ['ap-northeast-1', undefined],
  ['cn-shanghai', undefined],
])('VPCs of region %s reach %s', (region, host) => {
  expect(endpointFor({ region, network: 'VPC' })?.host).toBe(host);
});

test("every host of the table is Alibaba Cloud's own, and one that issuers may name by default", () => {
  const hosts = parseIssuerHosts(settings['issuer-hosts'].default);
  if (hosts.kind === 'invalid') throw new Error(hosts.message);
  const ofPca = [...regions.values()].flatMap((region) => [
    region.public,
    ...(region.vpc === undefined ? [] : [region.vpc]),
  ]);
  const ofSts = [...regions.keys()].flatMap((region) =>
    (['Public', 'VPC'] as const).map((network) => stsEndpointFor({ region, network }, podIdentity({})).host),
  );
  const refused = [...ofPca, ...ofSts].filter((host) => !hosts.hosts.allows(host));
  const foreign = [
    ...ofPca.filter((host) => !isAlibabaCloud('PCA', { host, protocol: 'HTTPS' })),
    ...ofSts.filter((host) => !isAlibabaCloud('STS', { host, protocol: 'HTTPS' })),
  ];
  expect({ refused, foreign, known: regions.size }).toEqual({ refused: [], foreign: [], known: 57 });
});

test.each(['Public', 'VPC'] as const)(
  'what the issuer says of the endpoint wins over the map, in network %s',
  (network) => {
    const named = {
      region: 'cn-hongkong',
      host: 'cas-vpc.cn-hongkong.aliyuncs.com:8443',
      protocol: 'HTTP',
      caBundle: 'PEM',
    } as const;
    expect(endpointFor({ ...named, network })).toEqual(named);
  },
);

test.each([
  ['cas.aliyuncs.com', 'HTTPS', 'Alibaba Cloud'],
  ['CAS.aliyuncs.com:443', 'HTTPS', 'Alibaba Cloud'],
  ['cas-vpc.cn-hangzhou.aliyuncs.com', 'HTTPS', 'Alibaba Cloud'],
  ['cas.ap-southeast-1.aliyuncs.com', 'HTTPS', 'Alibaba Cloud'],
  ['cas.cn-shanghai-finance-1.aliyuncs.com', 'HTTPS', 'Alibaba Cloud'],
  ['cas.aliyuncs.com', 'HTTP', 'HTTP cas.aliyuncs.com'],
  ['cas.aliyuncs.com:8443', 'HTTPS', 'HTTPS cas.aliyuncs.com:8443'],
  ['cas.oss-cn-hangzhou.aliyuncs.com', 'HTTPS', 'HTTPS cas.oss-cn-hangzhou.aliyuncs.com'],
  ['cas.cn-hangzhou.fc.aliyuncs.com', 'HTTPS', 'HTTPS cas.cn-hangzhou.fc.aliyuncs.com'],
  ['alb-1.cn-hangzhou.alb.aliyuncs.com', 'HTTPS', 'HTTPS alb-1.cn-hangzhou.alb.aliyuncs.com'],
  ['cas.aliyuncs.com.Example', 'HTTPS', 'HTTPS cas.aliyuncs.com.example'],
] as const)('the service at %s over %s is %s', (host, protocol, service) => {
  expect(serviceOf({ host, protocol })).toBe(service);
});

test.each([
  ['sts.aliyuncs.com', 'HTTPS', true],
  ['sts-vpc.cn-hangzhou.aliyuncs.com', 'HTTPS', true],
  ['sts.cn-hangzhou.aliyuncs.com', 'HTTP', false],
  ['cas.aliyuncs.com', 'HTTPS', false],
  ['sts.example', 'HTTPS', false],
] as const)('STS of Alibaba Cloud itself is at %s over %s: %s', (host, protocol, expected) => {
  expect(isAlibabaCloud('STS', { host, protocol })).toBe(expected);
});
