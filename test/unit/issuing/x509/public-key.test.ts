// The keys that are worked with: how large they may be is decided before any signature is checked.
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeDer } from '../../../../src/issuing/x509/der.ts';
import { publicKeyOf, verifyingKey } from '../../../../src/issuing/x509/public-key.ts';
import { bits, integer, oddKey, oid, sequence, tlv } from '../../../support/der.ts';

function read(spki: Buffer): readonly [string, boolean] | string {
  const result = decodeDer(spki, publicKeyOf);
  if (result.kind === 'malformed') return result.message;
  return [result.value.facts.name, result.value.isUsable];
}

function rsa(modulus: bigint, exponent: bigint, algorithm = '2a864886f70d010101'): Buffer {
  return sequence(sequence(oid(algorithm), tlv(0x05)), bits(sequence(integer(modulus), integer(exponent))));
}

const modulus = (1n << 2047n) + 1n;
const tooLong = 'the exponent of the RSA key has more than 31 bits';
const odd = 'the exponent of the RSA key is not an odd number above 1';

describe('an RSA key', () => {
  it.each<[string, Buffer, readonly [string, boolean] | string]>([
    ['of 2048 bits', rsa(modulus, 65537n), ['RSA 2048', true]],
    ['of 8192 bits', rsa((1n << 8191n) + 1n, 65537n), ['RSA 8192', true]],
    ['of more', rsa((1n << 8192n) + 1n, 65537n), ['RSA 8193', false]],
    ['of a million bits', rsa((1n << 1_000_000n) + 1n, 65537n), ['RSA 1000001', false]],
    ['with an exponent of 31 bits', rsa(modulus, (1n << 31n) - 1n), ['RSA 2048', true]],
    ['with one of 32 bits', rsa(modulus, (1n << 31n) + 1n), tooLong],
    ['of 1024 bits', rsa((1n << 1023n) + 1n, 65537n), ['RSA 1024', true]],
    ['of fewer', rsa((1n << 1022n) + 1n, 65537n), ['RSA 1023', false]],
    ['with an even modulus', rsa(modulus + 1n, 65537n), 'the modulus of the RSA key is not a positive odd number'],
    ['with one of thousands', rsa(modulus, (1n << 3063n) + 1n), tooLong],
    ['with the exponent 1', rsa(modulus, 1n), odd],
    ['with the exponent 4', rsa(modulus, 4n), odd],
    [
      'without parameters',
      sequence(sequence(oid('2a864886f70d010101')), bits(sequence(integer(modulus), integer(3n)))),
      'the algorithm of the RSA key has other parameters than NULL',
    ],
    [
      'without exponent',
      sequence(sequence(oid('2a864886f70d010101'), tlv(0x05)), bits(sequence(integer(modulus)))),
      'the exponent of the RSA key is missing',
    ],
    [
      'of nothing',
      sequence(sequence(oid('2a864886f70d010101'), tlv(0x05)), bits(Buffer.alloc(0))),
      'the bytes end too early',
    ],
  ])('%s', (_, spki, expected) => {
    expect(read(spki)).toEqual(expected);
  });

  it('is as large as node:crypto says', () => {
    const keys = Array.from({ length: 10 }, () => oddKey(1536, 3n).spki);
    const sizes = keys.map(
      (key) => createPublicKey({ key, format: 'der', type: 'spki' }).asymmetricKeyDetails?.modulusLength,
    );
    expect(keys.map(read)).toEqual(sizes.map((size) => [`RSA ${size}`, true]));
  });
});

describe('an elliptic key', () => {
  const point = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' });
  const compressed = sequence(
    sequence(oid('2a8648ce3d0201'), oid('2a8648ce3d030107')),
    bits(Buffer.concat([Buffer.of(2 + ((point.at(-1) ?? 0) & 1)), point.subarray(-64, -32)])),
  );

  it('is read from its whole point', () => {
    expect(read(point)).toEqual(['P-256', true]);
  });

  it('is not read from a compressed one, which OpenSSL takes and Go does not', () => {
    expect(createPublicKey({ key: compressed, format: 'der', type: 'spki' }).asymmetricKeyType).toBe('ec');
    expect(read(compressed)).toBe('the public key is not an uncompressed point');
  });
});

describe('a key of a CA', () => {
  const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'der' });
  const curve = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey;
  const dsa = generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 224 }).publicKey;
  const rare = generateKeyPairSync('ec', { namedCurve: 'sect571r1' }).publicKey;

  it.each<[string, Buffer, boolean]>([
    ['RSA is used', rsa(modulus, 65537n), true],
    ['RSASSA-PSS is used', pss, true],
    ['P-384 is used', curve.export({ type: 'spki', format: 'der' }), true],
    ['RSA of more than 8192 bits is not', rsa((1n << 8192n) + 1n, 65537n), false],
    ['RSASSA-PSS of more than 8192 bits is not', rsa((1n << 8192n) + 1n, 65537n, '2a864886f70d01010a'), false],
    ['RSA with a long exponent is not', rsa(modulus, (1n << 64n) + 1n), false],
    ['DSA is not', dsa.export({ type: 'spki', format: 'der' }), false],
    ['a rare curve is not', rare.export({ type: 'spki', format: 'der' }), false],
    ['what is no key is not', Buffer.of(0x30, 0x00), false],
  ])('%s', (_, spki, isUsed) => {
    expect(verifyingKey(spki) !== undefined).toBe(isUsed);
  });
});
