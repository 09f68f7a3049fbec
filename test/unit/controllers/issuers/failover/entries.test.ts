// What each entry of spec.failover makes of its issuer.
import { expect, test } from 'vitest';
import { entriesOf } from '../../../../../src/controllers/issuers/failover/entries.ts';
import type { IssuerSpec } from '../../../../../src/crds/issuer.ts';
import { issuerObject } from '../objects.ts';

const own = issuerObject();
const gateway = { host: 'pca.gateway.example', protocol: 'HTTP' } as const;
const sts = { host: 'sts.gateway.example', protocol: 'HTTP' } as const;

function entries(failover: IssuerSpec['failover'], changes: Partial<IssuerSpec> = {}) {
  const spec = { ...own.spec, region: 'cn-hangzhou', parentIdentifier: 'ca', ...changes };
  return entriesOf({ ...own, spec: failover === undefined ? spec : { ...spec, failover } }).map(
    ({ path, name, issuer: { spec: of } }) => [path, name, of.endpoint, of.stsEndpoint],
  );
}

const first = ['spec.parentIdentifier', 'CA "ca" in cn-hangzhou', { protocol: 'HTTPS' }, undefined];

test('an issuer without failover is its own only entry', () => {
  expect(entries(undefined)).toEqual([first]);
});

test('an entry without a region is reached as the issuer is', () => {
  expect(entries([{ parentIdentifier: 'ca-2' }], { endpoint: gateway, stsEndpoint: sts })).toEqual([
    ['spec.parentIdentifier', 'CA "ca" in cn-hangzhou', gateway, sts],
    ['spec.failover[0]', 'CA "ca-2" in cn-hangzhou', gateway, sts],
  ]);
});

test('one in a region of its own is reached there, or as it says', () => {
  const failover = [
    { parentIdentifier: 'ca-2', region: 'cn-shanghai' },
    { parentIdentifier: 'ca-3', region: 'cn-beijing', endpoint: gateway, stsEndpoint: sts },
  ];
  expect(entries(failover, { endpoint: gateway, stsEndpoint: sts }).slice(1)).toEqual([
    ['spec.failover[0]', 'CA "ca-2" in cn-shanghai', { protocol: 'HTTPS' }, undefined],
    ['spec.failover[1]', 'CA "ca-3" in cn-beijing', gateway, sts],
  ]);
});

test('what is named twice counts once; another address of the same CA is another entry', () => {
  const failover = [
    { parentIdentifier: 'ca' },
    { parentIdentifier: 'ca', endpoint: gateway },
    { parentIdentifier: 'ca', endpoint: { ...gateway, host: 'PCA.gateway.example' } },
  ];
  expect(entries(failover)).toEqual([first, ['spec.failover[1]', 'CA "ca" in cn-hangzhou', gateway, undefined]]);
});
