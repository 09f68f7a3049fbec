// NO_PROXY as Go reads it, which the kubelet, cert-manager and most programs of a cluster are written in.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseNoProxy } from '../../../src/alibaba/proxies/no-proxy.ts';
import { goesDirectly } from '../../support/proxy-process.ts';

const name = fc
  .array(fc.constantFrom('a', 'b', 'cas', 'notcas'), { maxLength: 3 })
  .map((labels) => [...labels, 'example'].join('.'));
const ipv4 = fc.constantFrom('10.0.0.1', '10.0.0.255', '10.1.0.1', '192.168.0.1', '127.0.0.1', '127.9.9.9', '0.0.0.0');
const ipv6 = fc.constantFrom('fd00::1', 'fd00::ffff', 'fe80::1', '::1', '::ffff:10.0.0.1', '::');
const port = fc.constantFrom('', ':443', ':8443');
const bits = fc.integer({ min: -1, max: 130 });
const joined = (...parts: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...parts).map((texts) => texts.join(''));
const entry = fc.oneof(
  joined(fc.constantFrom('', '.', '*.', '*', 'X'), name, port),
  joined(ipv4, port),
  fc.tuple(fc.oneof(ipv4, ipv6), bits).map(([address, length]) => `${address}/${length}`),
  ipv6,
  joined(fc.constant('['), ipv6, fc.constant(']'), fc.constantFrom(':443', ':8443')),
  fc.constantFrom('', '*', 'localhost', 'localhost:443', '10.0.0', ':443', '.', 'https://cas.example'),
);
const host = fc.oneof(
  name,
  ipv4,
  ipv6.map((address) => `[${address}]`),
  fc.constant('localhost'),
);
const asked = fc.record({
  noProxy: fc.tuple(fc.array(entry, { maxLength: 4 }), fc.constantFrom(',', ', ')).map(([all, by]) => all.join(by)),
  url: joined(fc.constant('https://'), host, port),
});

const own = ({ noProxy, url }: { readonly noProxy: string; readonly url: string }): boolean => {
  const { hostname, port: given } = new URL(url);
  return parseNoProxy(noProxy)({ host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(given || 443) });
};

test('is read alike', async () => {
  const all = fc.sample(asked, { numRuns: 20_000 });
  const read = await goesDirectly(all);
  const different = all
    .map((each, index) => ({ ...each, own: own(each), go: read[index] }))
    .filter((each) => each.own !== each.go);
  expect(different.slice(0, 10)).toEqual([]);
  // Both answers are frequent enough to say something.
  expect(read.filter(Boolean).length).toBeGreaterThan(1_000);
  expect(read.filter((isDirect) => !isDirect).length).toBeGreaterThan(1_000);
}, 600_000);
