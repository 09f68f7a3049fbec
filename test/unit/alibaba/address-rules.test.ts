// The addresses that calls connect to, whatever name led there.
import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AddressRules, parseNetworks } from '../../../src/alibaba/address-rules.ts';

const rules = new AddressRules({ refused: [], allowed: [] });

describe('an address', () => {
  test.each([
    ['of this host', ['0.0.0.0', '0.1.2.3', '::']],
    ['of loopback', ['127.0.0.1', '127.255.0.1', '::1']],
    ['of link-local, with metadata services', ['169.254.169.254', '169.254.0.1', 'fe80::1', 'fe80::1%eth0', 'febf::1']],
    ["of Alibaba Cloud's metadata service", ['100.100.100.200']],
    ["of AWS's metadata service", ['fd00:ec2::254']],
    ['of many', ['224.0.0.1', '239.1.2.3', 'ff02::1', '255.255.255.255', '240.0.0.1']],
    [
      'of IPv4 within IPv6',
      [
        '::ffff:127.0.0.1',
        '::ffff:7f00:1',
        '::ffff:169.254.169.254',
        '::ffff:100.100.100.200',
        '::169.254.169.254',
        '64:ff9b::a9fe:a9fe',
      ],
    ],
    ['that is none', ['', 'localhost', '127.1', '1.2.3.4.5']],
  ])('%s is refused', (_, addresses) => {
    expect(addresses.filter((address) => rules.allows(address))).toEqual([]);
  });

  test.each([
    '8.8.8.8',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '100.100.2.3',
    '100.100.100.201',
    '2400:3200::1',
    'fd00::1',
    '64:ff9b::808:808',
  ])('%s, where PCA may be, is not', (address) => {
    expect(rules.allows(address)).toBe(true);
  });

  test("of the cluster's own networks is refused, but for those named themselves", () => {
    const own = new AddressRules({
      refused: ['10.96.0.0/12', 'fd00:10:96::/112', '10.0.0.1'],
      allowed: ['10.96.7.7', '127.0.0.1'],
    });
    const addresses = [
      '10.96.0.1',
      '10.111.255.255',
      '::ffff:10.96.0.1',
      'fd00:10:96::5',
      '10.0.0.1',
      '10.96.7.7',
      '127.0.0.1',
      '127.0.0.2',
      '10.112.0.1',
    ];
    expect(addresses.filter((address) => own.allows(address))).toEqual(['10.96.7.7', '127.0.0.1', '10.112.0.1']);
  });
});

describe('a name', () => {
  const resolve = async (of: AddressRules, all: boolean, protocol: 'HTTP' | 'HTTPS' = 'HTTPS'): Promise<unknown> =>
    new Promise((done) =>
      of.for(protocol).lookup('localhost', { all, family: 4 }, (error, found) => done(error ?? found)),
    );

  test('that leads to refused addresses alone is refused', async () => {
    const error = { code: 'AddressRefused', message: '"localhost" leads to an address that is refused' };
    expect([await resolve(rules, true), await resolve(rules, false)]).toMatchObject([error, error]);
  });

  test('leads to the others', async () => {
    const loopback = new AddressRules({ refused: [], allowed: ['127.0.0.1'] });
    expect([await resolve(loopback, true), await resolve(loopback, false)]).toEqual([
      [{ address: '127.0.0.1', family: 4 }],
      '127.0.0.1',
    ]);
  });
});

describe('without TLS', () => {
  const addresses = ['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1', '10.0.0.1', '8.8.8.8', '2400:3200::1'];
  const codes = (of: AddressRules): readonly unknown[] =>
    addresses.map((address) => (of.for('HTTP').refusal(address) as { readonly code?: string } | undefined)?.code);
  const allowed = ['127.0.0.1', '127.1.2.3', '::1', '10.0.0.1'];

  test('only loopback is connected to, where it is allowed at all', () => {
    const beyond = 'PlainHTTPRefused';
    expect([codes(new AddressRules({ refused: [], allowed })), codes(rules)]).toEqual([
      [undefined, undefined, undefined, undefined, beyond, beyond, beyond],
      [...Array.from({ length: 4 }, () => 'AddressRefused'), beyond, beyond, beyond],
    ]);
  });

  test('everything that TLS may go to is connected to where the operator says so', () => {
    expect(codes(new AddressRules({ refused: [], allowed, plainHttp: 'Anywhere' }))).toEqual(
      addresses.map(() => undefined),
    );
  });

  const names = (found: readonly string[]) => ({
    all: async () => Promise.resolve(found.map((address) => ({ address, family: 4 }))),
  });
  test.each([
    ['loopback and elsewhere', ['10.0.0.1', '127.0.0.1'], ['127.0.0.1']],
    ['elsewhere', ['10.0.0.1', '10.0.0.2'], 'PlainHTTPRefused'],
    ['nowhere that is allowed', ['169.254.169.254'], 'AddressRefused'],
    ['nowhere that is allowed and elsewhere', ['169.254.169.254', '10.0.0.1'], 'PlainHTTPRefused'],
    ['nothing', [], 'AddressRefused'],
  ])('a name that leads to %s is judged by the address', async (_, found, expected) => {
    const own = new AddressRules({ refused: [], allowed: ['127.0.0.1'], names: names(found) });
    const answer = await new Promise((done) =>
      own
        .for('HTTP')
        .lookup('pca.example', { all: true }, (error, addresses) =>
          done(error?.code ?? (addresses as readonly LookupAddress[]).map(({ address }) => address)),
        ),
    );
    expect(answer).toEqual(expected);
  });
});

describe('networks', () => {
  test('are read with or without their bits', () => {
    expect(parseNetworks(' 10.96.0.0/12, ,fd00::/8,10.0.0.1')).toEqual({
      kind: 'ok',
      networks: ['10.96.0.0/12', 'fd00::/8', '10.0.0.1'],
    });
  });

  test.each(['10.96.0.0/33', 'fd00::/129', '10.96.0/12', 'example', '10.0.0.0/', '10.0.0.0/-1'])(
    '%j is none',
    (text) => {
      expect(parseNetworks(`10.0.0.1,${text}`)).toEqual({
        kind: 'invalid',
        message: `"${text}" is no network: write it like 10.96.0.0/12 or fd00:10:96::/112.`,
      });
    },
  );

  test('that are read can be refused', () => {
    const network = fc.tuple(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), fc.integer({ min: -1, max: 130 }));
    fc.assert(
      fc.property(network, ([address, bits]) => {
        const parsed = parseNetworks(`${address}/${bits}`);
        if (parsed.kind === 'invalid' || parsed.networks.length !== 1 || isIP(address) === 0) return;
        expect(new AddressRules({ refused: parsed.networks, allowed: [] }).allows(address)).toBe(false);
      }),
    );
  });
});
