// Names, extensions and keys for requests and certificates, ordinary ones and odd ones.
import { createHash, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { sequence, tlv } from '../../support/der.ts';
import { objectId } from './random-der.ts';
import type { Chance } from './random-der.ts';

/** How often something odd is chosen, from 0 to 1. */
export type Oddness = number;

interface KeyPair {
  readonly spki: Buffer;
  readonly privateKey: KeyObject;
  /** DER of the ordinary signature algorithm, and the digest of it; undefined for Ed25519. */
  readonly algorithm: Buffer;
  readonly digest: string | undefined;
}

const nothing = tlv(0x05);

function pairOf(
  { publicKey, privateKey }: { readonly publicKey: KeyObject; readonly privateKey: KeyObject },
  algorithm: Buffer,
  digest: string | undefined,
): KeyPair {
  return { spki: publicKey.export({ type: 'spki', format: 'der' }), privateKey, algorithm, digest };
}

const ecdsa = (hash: number): Buffer => sequence(objectId(`1.2.840.10045.4.3.${hash}`));

/** Made once: making keys is what would cost most. */
export const keys = {
  'P-256': pairOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }), ecdsa(2), 'sha256'),
  'P-384': pairOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }), ecdsa(3), 'sha384'),
  'P-521': pairOf(generateKeyPairSync('ec', { namedCurve: 'P-521' }), ecdsa(4), 'sha512'),
  RSA: pairOf(
    generateKeyPairSync('rsa', { modulusLength: 2048 }),
    sequence(objectId('1.2.840.113549.1.1.11'), nothing),
    'sha256',
  ),
  'RSA 512': pairOf(
    generateKeyPairSync('rsa', { modulusLength: 512 }),
    sequence(objectId('1.2.840.113549.1.1.11'), nothing),
    'sha256',
  ),
  'RSA SHA-1': pairOf(
    generateKeyPairSync('rsa', { modulusLength: 2048 }),
    sequence(objectId('1.2.840.113549.1.1.5'), nothing),
    'sha1',
  ),
  Ed25519: pairOf(generateKeyPairSync('ed25519'), sequence(objectId('1.3.101.112')), undefined),
} as const;

const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();
const utf32 = (text: string): Buffer =>
  Buffer.concat(
    Array.from(text, (character) => {
      const octets = Buffer.alloc(4);
      octets.writeUInt32BE(character.codePointAt(0) ?? 0);
      return octets;
    }),
  );

const words = [
  'a.example',
  'Example Ltd.',
  'system:masters',
  'x',
  'Ärzte',
  '漢字',
  'a*b',
  'A&B',
  "O'Neill, (x)+/?=:-",
] as const;
const oddWords = [
  '',
  'a_b@c',
  'bank.example\0.evil',
  'a\u001b[31m',
  'a\r\nb',
  'a\u0085b',
  '\u2028',
  '😀',
  'ï»¿a',
  '\ufeffa',
  '\ufffe',
  '7 7',
  '\u202egnp',
] as const;

/** The value of an attribute of a name. */
function textValue(chance: Chance, oddness: Oddness): Buffer {
  const text = chance.pick(chance.is(oddness) ? oddWords : words);
  if (!chance.is(oddness)) {
    const printable = /^[A-Za-z0-9 '()+,./:=?-]*$/.test(text);
    return printable && chance.is(0.6) ? tlv(0x13, Buffer.from(text)) : tlv(0x0c, Buffer.from(text));
  }
  return chance.pick<() => Buffer>([
    () => tlv(0x13, Buffer.from(text)),
    () => tlv(0x16, Buffer.from(text)),
    () => tlv(0x12, Buffer.from(chance.is(0.5) ? '12 3' : text)),
    () => tlv(0x14, Buffer.from(text, 'latin1')),
    () => tlv(0x1e, utf16(text)),
    () =>
      tlv(0x1e, Buffer.concat([utf16(text), Buffer.from(chance.pick(['0000', 'd800', 'fffe', 'fdd0', '61']), 'hex')])),
    () => tlv(0x1c, utf32(text)),
    () => tlv(chance.pick([0x1a, 0x1b, 0x0c, 0x04, 0x80]), Buffer.from(text)),
    () => tlv(0x0c, chance.octets(3)),
    () =>
      Buffer.from(
        chance.pick(['020105', '0101ff', '0500', '3000', '06032a0304', '170d3236303130313030303030305a']),
        'hex',
      ),
  ])();
}

const attributeTypes = [
  '2.5.4.3',
  '2.5.4.10',
  '2.5.4.11',
  '2.5.4.6',
  '2.5.4.5',
  '1.2.840.113549.1.9.1',
  '0.9.2342.19200300.100.1.25',
  '2.5.4.97',
  '1.3.6.1.4.1.311.60.2.1.3',
  '2.999.1',
  '1.2.2147483647',
  '1.2.2147483648',
  '1.2.34359738367',
] as const;

/** A Name of a few attributes. */
export function randomName(chance: Chance, oddness: Oddness): Buffer {
  const types = attributeTypes.slice(0, chance.is(oddness) ? undefined : 9);
  const attribute = (): Buffer => {
    const type = objectId(types[chance.below(types.length)] ?? '2.5.4.3');
    const third = chance.is(oddness) ? [nothing] : [];
    return sequence(type, textValue(chance, oddness), ...third);
  };
  const relative = (): Buffer => {
    const members = Array.from({ length: chance.is(0.15) ? 2 : chance.is(oddness) ? 0 : 1 }, attribute);
    return tlv(0x31, ...(chance.is(oddness) ? members : members.toSorted((a, b) => a.compare(b))));
  };
  return sequence(...Array.from({ length: chance.below(4) }, relative));
}

const uris = [
  'spiffe://cluster.local/ns/a/sa/b',
  'https://a.example/x?y=1#z',
  'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
  'sip:a@b.example',
  'http://[2001:db8::1]:8080/',
  'ldap://h/dc=a?b?c',
  'mailto:a@b.example',
  'file:///a/b',
  'tag:a,2026:b',
] as const;
const oddUris = [
  'HTTP://a.example/',
  'https://a.example/%7ea b',
  'http://a.example./',
  'http://a..b/',
  '/relative',
  'x',
  'https://u:p@a.example/',
  'https://u@a.example/',
  'https://a.example/#',
  'https://a.example?',
  'http://%41/',
  'http://a%2eb/',
  'http://[::1',
  'http://[fe80::1%25eth0]/',
  'http://a:b/',
  'http://a:/',
  'http://',
  'http:',
  'https://a.example/%zz',
  'https://a.example/"<>',
  'x:/a//b',
  '1x://a',
  'https://a.example/%41?%zz',
  'https://a_b.example/',
  'https://a.example/a#b%20c',
  'x:?y',
  '*',
  'x:*',
  'http://[::ffff:1.2.3.4]/',
  'http://[1.2.3.4]/',
  'http://a/?',
  'http://a/??',
  'http://a/#b#c',
  'x:a#',
  'a:b:c',
  'http://a/\\b',
  'http://a/[b]',
  'http://a/%2f',
  'http://a/;b=c',
  'http:////a',
  'http:///a',
  'x:////a',
  'x:///',
  'x://?y',
  'http://a:80:80/',
  'http://é/',
] as const;
const hosts = [
  'a.example',
  '*.a.example',
  'A.Example',
  'xn--bcher-kva.example',
  'a_b',
  '10.0.0.1',
  'localhost',
] as const;

/** GeneralNames. */
function alternativeNames(chance: Chance, oddness: Oddness): Buffer {
  const one = (): Buffer => {
    if (!chance.is(oddness)) {
      return chance.pick<() => Buffer>([
        () => tlv(0x82, Buffer.from(chance.pick(hosts))),
        () => tlv(0x87, chance.octets(chance.pick([4, 16]))),
        () => tlv(0x81, Buffer.from('a@b.example')),
        () => tlv(0x86, Buffer.from(chance.pick(chance.is(0.5) ? uris : oddUris))),
      ])();
    }
    return chance.pick<() => Buffer>([
      () => tlv(0x82, Buffer.from(chance.pick(oddWords))),
      () => tlv(0x81, Buffer.from(chance.pick(oddWords))),
      () => tlv(0x86, Buffer.from(chance.pick(oddUris))),
      () => tlv(0x87, chance.octets(chance.below(18))),
      () => tlv(0x87, Buffer.concat([Buffer.from('00000000000000000000ffff', 'hex'), chance.octets(4)])),
      () => tlv(0xa0, objectId('1.3.6.1.4.1.311.20.2.3'), tlv(0xa0, tlv(0x0c, Buffer.from('a@b')))),
      () => tlv(0xa4, randomName(chance, 0)),
      () => tlv(0x88, Buffer.from('2a03', 'hex')),
      () => tlv(chance.pick([0xa1, 0xa2, 0xa7, 0x02, 0x0c, 0x9f, 0x8a, 0x42]), Buffer.from('a.example')),
    ])();
  };
  const count = chance.is(oddness) ? 0 : 1 + chance.below(4);
  return sequence(...Array.from({ length: count }, one));
}

/** OIDs of extended key usages: with a word of cert-manager, known to Go alone, and others. */
export const extendedUsages = [
  '2.5.29.37.0',
  '1.3.6.1.5.5.7.3.1',
  '1.3.6.1.5.5.7.3.2',
  '1.3.6.1.5.5.7.3.4',
  '1.3.6.1.4.1.311.20.2.2',
  '1.3.6.1.4.1.44924.1.6',
  '1.3.6.1.4.1.311.2.1.22',
  '1.3.6.1.4.1.311.61.1.1',
  '2.16.840.1.113730.4.1',
] as const;

const keyUsage = (chance: Chance, oddness: Oddness): Buffer =>
  Buffer.from(
    chance.pick(
      chance.is(oddness)
        ? [
            '030100',
            '03020000',
            '03020780',
            '03020080',
            '030206ff',
            '0303070080',
            '03030600c0',
            '030405a00000',
            '0304000102030000',
            '0401a0',
            '03020fa0',
          ]
        : ['030205a0', '03020780', '03020106', '0303078080', '030205a0', '030202a4'],
    ),
    'hex',
  );

const basicConstraints = (chance: Chance, oddness: Oddness): Buffer =>
  Buffer.from(
    chance.pick(
      chance.is(oddness)
        ? [
            '3003010100',
            '30060101ff020103',
            '30060101ff0201ff',
            '3003020101',
            '30080101ff0201000500',
            '30060101010201',
            '300a0101ff0205ffffffff',
            '30070101ff02020100',
            '300302017f',
            '30080101ff02047fffffff',
          ]
        : ['3000', '30030101ff', '30060101ff020100'],
    ),
    'hex',
  );

/** An extension by its dotted identifier; `critical` writes the flag, `false` against DER. */
export function extensionOf(id: string, value: Buffer, critical?: boolean): Buffer {
  const flag = critical === undefined ? [] : [tlv(0x01, Buffer.of(critical ? 0xff : 0))];
  return sequence(objectId(id), ...flag, tlv(0x04, value));
}

/** The extensions that decide about a certificate, some of them. */
export function mainExtensions(chance: Chance, oddness: Oddness): readonly Buffer[] {
  const critical = (): boolean | undefined => (chance.is(0.3) ? true : chance.is(oddness) ? false : undefined);
  const usages = chance.is(0.5)
    ? chance.some([...extendedUsages.slice(1, 3), ...extendedUsages.slice(4, 6)], 0.6)
    : chance.some([...extendedUsages, ...extendedUsages.slice(1, 3)], 0.25);
  const all = [
    extensionOf('2.5.29.17', alternativeNames(chance, oddness), critical()),
    extensionOf('2.5.29.15', keyUsage(chance, oddness), critical()),
    ...(usages.length > 0 || chance.is(oddness)
      ? [extensionOf('2.5.29.37', sequence(...usages.map(objectId)), critical())]
      : []),
    extensionOf('2.5.29.19', basicConstraints(chance, oddness), critical()),
  ];
  const chosen = chance.some(all, 0.4);
  return chance.is(oddness) ? [...chosen, ...chosen.slice(0, 1)] : chosen;
}

/** An identifier as a key has one. */
export function keyIdentifier(spki: Buffer): Buffer {
  return createHash('sha1').update(spki).digest();
}
