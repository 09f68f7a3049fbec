// Who signed a certificate: the same as node:crypto says, and of the very octets that were read.
import { constants, generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fingerprintOf, isIssuedBy, readCertificate } from '../../../../src/issuing/x509/certificate.ts';
import type { ReadCertificate } from '../../../../src/issuing/x509/certificate.ts';
import { nativeObjects } from '../../../support/native-objects.ts';
import { bits, caExtension, extension, integer, nameOf, oid, pemOf, sequence, tlv } from '../../../support/der.ts';

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const ecdsaWithSHA256 = sequence(oid('2a8648ce3d040302'));
const validity = sequence(tlv(0x17, Buffer.from('260101000000Z')), tlv(0x17, Buffer.from('460101000000Z')));

/** DER of a certificate of CA `ca`. */
function certificate(
  subject: string,
  { publicKey }: KeyPair,
  proof: { readonly algorithm?: Buffer; readonly sign: (body: Buffer) => Buffer },
  extensions: readonly Buffer[] = [caExtension],
): Buffer {
  const { algorithm = ecdsaWithSHA256 } = proof;
  const body = sequence(
    Buffer.from('a003020102', 'hex'),
    integer(1n),
    algorithm,
    nameOf(['ca']),
    validity,
    nameOf([subject]),
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(...extensions)),
  );
  return sequence(body, algorithm, bits(proof.sign(body)));
}

function read(der: Buffer): ReadCertificate {
  const result = readCertificate(der);
  if (result.kind === 'malformed') throw new Error(result.message);
  return result.value;
}

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 });
const ed25519 = generateKeyPairSync('ed25519');
const sm2 = generateKeyPairSync('ec', { namedCurve: 'SM2' });
const nothing = tlv(0x05);

const ecdsa = (last: string, ...parameters: readonly Buffer[]): Buffer =>
  sequence(oid(`2a8648ce3d0403${last}`), ...parameters);
const pkcs1 = (last: string, ...parameters: readonly Buffer[]): Buffer =>
  sequence(oid(`2a864886f70d0101${last}`), ...parameters);
const sha2 = (last: number): Buffer => sequence(oid(`60864801650304020${last}`), nothing);
const pssWith = (hash: number, mask: number, salt: number): Buffer =>
  sequence(
    oid('2a864886f70d01010a'),
    sequence(
      tlv(0xa0, sha2(hash)),
      tlv(0xa1, sequence(oid('2a864886f70d010108'), sha2(mask))),
      tlv(0xa2, integer(BigInt(salt))),
    ),
  );
const salted =
  ({ privateKey }: KeyPair, digest: string, saltLength: number) =>
  (body: Buffer) =>
    sign(digest, body, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
const by =
  ({ privateKey }: KeyPair, digest = 'sha256') =>
  (body: Buffer) =>
    sign(digest, body, privateKey);

type Signing = readonly [string, KeyPair, Buffer, (body: Buffer) => Buffer, boolean];

/** Self-signed certificates by algorithm, and whether the signature is good. */
const signings: readonly Signing[] = [
  ['ECDSA, SHA-256', ec, ecdsa('02'), by(ec), true],
  ['ECDSA, SHA-384', ec, ecdsa('03'), by(ec, 'sha384'), true],
  ['ECDSA, SHA-512, P-521', p521, ecdsa('04'), by(p521, 'sha512'), true],
  ['ECDSA, SHA-256, with NULL', ec, ecdsa('02', nothing), by(ec), true],
  ['ECDSA, SHA-224', ec, ecdsa('01'), by(ec, 'sha224'), true],
  ['ECDSA, SHA-1', ec, sequence(oid('2a8648ce3d0401')), by(ec, 'sha1'), true],
  ['ECDSA, SHA3-256', ec, sequence(oid('60864801650304030a')), by(ec, 'sha3-256'), true],
  ['ECDSA, SHA-256 that was SHA-384', ec, ecdsa('02'), by(ec, 'sha384'), false],
  ['ECDSA with an RSA key', rsa, ecdsa('02'), by(rsa), false],
  ['ECDSA without a signature', ec, ecdsa('02'), () => Buffer.alloc(0), false],
  [
    'ECDSA with octets after the signature',
    ec,
    ecdsa('02'),
    (body) => Buffer.concat([by(ec)(body), Buffer.of(0)]),
    false,
  ],
  ['RSA, SHA-256', rsa, pkcs1('0b', nothing), by(rsa), true],
  ['RSA, SHA-384', rsa, pkcs1('0c', nothing), by(rsa, 'sha384'), true],
  ['RSA, SHA-512', rsa, pkcs1('0d', nothing), by(rsa, 'sha512'), true],
  ['RSA, SHA-256, without NULL', rsa, pkcs1('0b'), by(rsa), true],
  ['RSA, SHA-256, with a number', rsa, pkcs1('0b', integer(1n)), by(rsa), true],
  ['RSA, SHA-1', rsa, pkcs1('05', nothing), by(rsa, 'sha1'), true],
  ['RSA, MD5', rsa, pkcs1('04', nothing), by(rsa, 'md5'), true],
  ['RSA, SHA-256 that was SHA-384', rsa, pkcs1('0b', nothing), by(rsa, 'sha384'), false],
  ['RSA with an ECDSA key', ec, pkcs1('0b', nothing), by(ec), false],
  ['RSA with a signature of RSASSA-PSS', rsa, pkcs1('0b', nothing), salted(rsa, 'sha256', 32), false],
  ['RSA, PKCS1-v1_5 with a key for RSASSA-PSS', pss, pkcs1('0b', nothing), salted(pss, 'sha256', 32), false],
  ['RSASSA-PSS', rsa, pssWith(1, 1, 32), salted(rsa, 'sha256', 32), true],
  ['RSASSA-PSS, another salt', rsa, pssWith(1, 1, 20), salted(rsa, 'sha256', 20), true],
  ['RSASSA-PSS with a key for it', pss, pssWith(1, 1, 32), salted(pss, 'sha256', 32), true],
  [
    'RSASSA-PSS without parameters, which is SHA-1',
    rsa,
    sequence(oid('2a864886f70d01010a'), sequence()),
    salted(rsa, 'sha1', 20),
    true,
  ],
  ['RSASSA-PSS with another salt than it says', rsa, pssWith(1, 1, 32), salted(rsa, 'sha256', 20), false],
  ['Ed25519', ed25519, sequence(oid('2b6570')), (body) => sign(undefined, body, ed25519.privateKey), true],
  ['Ed25519 with octets changed', ed25519, sequence(oid('2b6570')), () => Buffer.alloc(64, 1), false],
  ['SM2', sm2, sequence(oid('2a811ccf55018375')), by(sm2, 'sm3'), false],
  ['an unknown algorithm', ec, sequence(oid('2a0304')), by(ec), false],
];

describe('a signature', () => {
  it.each(signings)('%s', (_, keys, algorithm, signs, isGood) => {
    const der = certificate('ca', keys, { algorithm, sign: signs });
    const own = read(der);
    expect(isIssuedBy(own, own)).toBe(isGood);
    expect(accordingToNode(der, keys)).toBe(isGood);
  });

  it('is of all octets', () => {
    for (const [keys, algorithm] of [
      [ec, ecdsa('02')],
      [rsa, pkcs1('0b', nothing)],
      [rsa, pkcs1('05', nothing)],
    ] as const) {
      const digest = algorithm.equals(pkcs1('05', nothing)) ? 'sha1' : 'sha256';
      const der = certificate('ca', keys, { algorithm, sign: by(keys, digest) });
      const ca = read(der);
      const changed = Array.from({ length: der.length }, (_, at) => {
        const octets = Buffer.from(der);
        octets[at] = (octets[at] ?? 0) ^ 1;
        return octets;
      });
      const proven = changed.flatMap((octets) => {
        const result = readCertificate(octets);
        return result.kind === 'ok' && isIssuedBy(result.value, ca) ? [octets.toString('hex')] : [];
      });
      expect(proven).toEqual([]);
    }
  });
});

it('the key of a CA is imported once, however many certificates it signed', () => {
  const ca = read(certificate('ca', ec, { sign: by(ec) }));
  const leaves = ['a', 'b', 'c'].map((name) => read(certificate(name, p521, { sign: by(ec) })));
  const made = nativeObjects(() => {
    expect(leaves.map((leaf) => isIssuedBy(leaf, ca))).toEqual([true, true, true]);
  });
  expect(made).toEqual({ keys: 1, certificates: 0 });
  const unusual = read(certificate('d', p521, { algorithm: ecdsa('01'), sign: by(ec, 'sha224') }));
  expect(nativeObjects(() => expect(isIssuedBy(unusual, ca)).toBe(true))).toEqual({ keys: 0, certificates: 1 });
});

// What the product said before it checked the usual signatures by itself.
function accordingToNode(der: Buffer, { publicKey }: KeyPair): boolean {
  if (publicKey.asymmetricKeyDetails?.namedCurve === 'SM2') return false;
  try {
    return new X509Certificate(der).verify(publicKey);
  } catch {
    return false;
  }
}

it('a fingerprint is written as node:crypto writes it', () => {
  const der = certificate('ca', ec, { sign: by(ec) });
  expect(fingerprintOf({ der })).toBe(new X509Certificate(der).fingerprint256);
});

describe('a certificate that holds another one as PEM', () => {
  const [own, stranger] = [0, 1].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' })) as [KeyPair, KeyPair];
  const ca = read(certificate('ca', own, { sign: by(own) }));
  const genuine = certificate('genuine', stranger, { sign: by(own) });
  const holding = (algorithm: Buffer, signs: (body: Buffer) => Buffer): ReadCertificate =>
    read(
      certificate('odd', stranger, { algorithm, sign: signs }, [
        extension('2a0304', Buffer.from(`\n${pemOf(genuine)}`)),
      ]),
    );

  it('is not proven by the signature of that one', () => {
    expect(isIssuedBy(read(genuine), ca)).toBe(true);
    expect(isIssuedBy(holding(ecdsa('02'), by(stranger)), ca)).toBe(false);
    expect(isIssuedBy(holding(ecdsa('01'), by(stranger, 'sha224')), ca)).toBe(false);
  });

  it('is proven by its own', () => {
    expect(isIssuedBy(holding(ecdsa('02'), by(own)), ca)).toBe(true);
  });
});
