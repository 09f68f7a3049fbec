// The host that answers for a region.
import { expect, test } from 'vitest';
import { endpointFor, isAlibabaCloud, serviceOf } from '../../../src/alibaba/endpoint.ts';

const central = 'cas.aliyuncs.com';

test.each([
  ['cn-hangzhou', central],
  ['cn-shanghai', central],
  ['us-east-1', central],
  ['cn-hongkong', central],
  ['ap-southeast-3', central],
  ['ap-southeast-5', central],
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

test('what the issuer says of the endpoint wins over the map', () => {
  const settings = {
    region: 'cn-hongkong',
    host: 'cas-vpc.cn-hongkong.aliyuncs.com:8443',
    protocol: 'HTTP',
    caBundle: 'PEM',
  } as const;
  expect(endpointFor(settings)).toEqual(settings);
});

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
