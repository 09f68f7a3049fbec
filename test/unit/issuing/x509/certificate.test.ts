// Certificates that cert-manager could not read are no certificates here.
import { X509Certificate } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCertificate } from '../../../../src/issuing/x509/certificate.ts';
import { randomCertificate } from '../../../integration/differential/random-certificates.ts';
import { makeHierarchy } from '../../../support/certificates.ts';
import { bits, caExtension, extension, integer, nameOf, oddKey, oid, sequence, tlv } from '../../../support/der.ts';

const runs = Number(process.env['CERTIFICATE_RUNS'] ?? (process.env['TEST_FULL'] === '1' ? 100_000 : 5_000));
const timeout = 10_000 + runs * 20;

const { spki } = oddKey(1024, 65_537n);
const usualAlgorithm = sequence(oid('2a864886f70d01010b'), tlv(0x05));
const other = sequence(oid('2a864886f70d01010c'), tlv(0x05));
const version3 = Buffer.from('a003020102', 'hex');
const validity = sequence(tlv(0x17, Buffer.from('260101000000Z')), tlv(0x17, Buffer.from('460101000000Z')));
const identifier = Buffer.alloc(20, 7);

/** A certificate of these parts; `ok`, or the fault. */
function fault(parts: {
  readonly version?: Buffer;
  readonly serial?: Buffer;
  readonly subject?: Buffer;
  readonly key?: Buffer;
  /** In both places, unless `outer` is another. */
  readonly algorithm?: Buffer;
  readonly outer?: Buffer;
  readonly between?: readonly Buffer[];
  readonly extensions?: readonly Buffer[];
  readonly signature?: Buffer;
}): string {
  const { version = version3, serial = integer(1n), subject = nameOf(['x']), key = spki } = parts;
  const { algorithm = usualAlgorithm, outer = algorithm } = parts;
  const { between = [], extensions = [], signature = bits(Buffer.alloc(128, 1)) } = parts;
  const wrapped = extensions.length === 0 ? [] : [tlv(0xa3, sequence(...extensions))];
  const body = sequence(version, serial, algorithm, nameOf(['ca']), validity, subject, key, ...between, ...wrapped);
  const read = readCertificate(sequence(body, outer, signature));
  return read.kind === 'ok' ? read.kind : read.message;
}

const flagged = (id: string, value: Buffer): Buffer =>
  sequence(oid(id), Buffer.from('0101ff', 'hex'), tlv(0x04, value));
const uri = tlv(0x86, Buffer.from('http://pki.example/a'));

/** What notBefore is read as, written with this tag. */
function timeRead(tag: number, text: string): Date | string {
  const times = sequence(tlv(tag, Buffer.from(text, 'latin1')), tlv(0x17, Buffer.from('460101000000Z')));
  const body = sequence(version3, integer(1n), usualAlgorithm, nameOf(['ca']), times, nameOf(['x']), spki);
  const read = readCertificate(sequence(body, usualAlgorithm, bits(Buffer.alloc(128, 1))));
  return read.kind === 'ok' ? read.value.facts.notBefore : read.message;
}

describe('a time', () => {
  const century = (text: string) => `${Number(text.slice(0, 2)) >= 50 ? '19' : '20'}${text}`;
  const dated = (full: string) => {
    const iso = full.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6.000Z');
    const time = new Date(iso);
    return !Number.isNaN(time.getTime()) && time.toISOString() === iso ? time : 'notBefore is not a time';
  };
  const two = (max: number) => fc.integer({ min: 0, max }).map((value) => String(value).padStart(2, '0'));
  const rest = fc.tuple(two(14), two(33), two(25), two(61), two(61)).map((parts) => `${parts.join('')}Z`);

  it('is what a calendar has, in the one form of its type', () => {
    fc.assert(
      fc.property(two(99), two(99), rest, (high, low, end) => {
        expect(timeRead(0x17, low + end)).toEqual(dated(century(low + end)));
        expect(timeRead(0x18, high + low + end)).toEqual(dated(high + low + end));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [0x17, '2601010000Z'],
    [0x17, '260101000000+0000'],
    [0x17, '26010100000 Z'],
    [0x17, '260101000000z'],
    [0x17, '20260101000000Z'],
    [0x18, '260101000000Z'],
    [0x18, '20260101000000.5Z'],
    [0x18, '2026010100000:Z'],
    [0x0c, '260101000000Z'],
    [0x17, ''],
  ])('with the tag %d is not %j', (tag, text) => {
    expect(timeRead(tag, text)).toBe('notBefore is not a time');
  });
});

describe('a certificate', () => {
  it.each<[string, Parameters<typeof fault>[0], string]>([
    ['as usual', { extensions: [caExtension] }, 'ok'],
    ['with a negative serial number', { serial: tlv(0x02, Buffer.of(0x85)) }, 'the serial number is negative'],
    ['with the serial number 0, which Go takes', { serial: integer(0n) }, 'ok'],
    ['of version 4', { version: Buffer.from('a003020103', 'hex') }, 'the version is not 1, 2 or 3'],
    [
      'of version 1 with extensions, which Go passes over',
      { version: Buffer.alloc(0), extensions: [caExtension] },
      'the body of the certificate has parts that its version does not have',
    ],
    [
      'with something between key and extensions',
      { between: [tlv(0x05)], extensions: [caExtension] },
      'the body of the certificate has parts that its version does not have',
    ],
    ['with unique identifiers', { between: [tlv(0x81, Buffer.of(0, 1)), tlv(0x82, Buffer.of(0, 1))] }, 'ok'],
    ['with a unique identifier of no octets', { between: [tlv(0x81)] }, 'a unique identifier is not a bit string'],
    [
      'with a unique identifier of more unused bits than an octet has',
      { between: [tlv(0x82, Buffer.of(8, 1))] },
      'a unique identifier is not a bit string',
    ],
    [
      'with a key of a rare algorithm, whose parameters are none',
      { key: sequence(sequence(oid('2a0304'), oid('2b81')), bits(Buffer.alloc(65, 4))) },
      'the public key is not an object identifier',
    ],
    [
      'with a key on a rare curve that is no bit string',
      { key: sequence(sequence(oid('2a8648ce3d0201'), oid('2a811ccf5501822d')), tlv(0x86, Buffer.alloc(65, 4))) },
      'the public key has the wrong type',
    ],
    [
      'with parameters of its algorithm that are none',
      { algorithm: sequence(oid('2a0304'), tlv(0x05, Buffer.of(0))) },
      'the algorithm of the signature has a NULL that is none',
    ],
    [
      'with another algorithm under the signature than beside it',
      { outer: other },
      'the algorithm of the signature is another in the body than beside it',
    ],
    ['with no signature', { signature: tlv(0x04) }, 'the signature has the wrong type'],
    [
      'with @ in a PrintableString',
      { subject: sequence(tlv(0x31, sequence(oid('550403'), tlv(0x13, Buffer.from('a@b'))))) },
      'attribute CN of the subject has characters that its type of string does not have',
    ],
    [
      'with a UniversalString',
      { subject: sequence(tlv(0x31, sequence(oid('550403'), tlv(0x1c, Buffer.from('00000061', 'hex'))))) },
      'attribute CN of the subject is not text of a type that cert-manager reads; use UTF8String',
    ],
    [
      'with an RSA key without NULL',
      { key: sequence(sequence(oid('2a864886f70d010101')), bits(sequence(integer(7n), integer(3n)))) },
      'the algorithm of the RSA key has other parameters than NULL',
    ],
    [
      'with a key on a curve that Go does not know, for which the CA is refused by name',
      { key: sequence(sequence(oid('2a8648ce3d0201'), oid('2a811ccf5501822d')), bits(Buffer.alloc(65, 4))) },
      'ok',
    ],
    [
      'with a critical subjectKeyIdentifier',
      { extensions: [flagged('551d0e', tlv(0x04, identifier))] },
      'extension 2.5.29.14 is marked critical',
    ],
    [
      'with an authorityKeyIdentifier that is none',
      { extensions: [extension('551d23', tlv(0x80, identifier))] },
      'extension authorityKeyIdentifier has the wrong type',
    ],
    [
      'with authorityInfoAccess that is none',
      { extensions: [extension('2b06010505070101', sequence(uri))] },
      'extension authorityInfoAccess has the wrong type',
    ],
    [
      'with distribution points that Go does not read',
      { extensions: [extension('551d1f', sequence(sequence(tlv(0xa0, tlv(0xa1, uri)))))] },
      'extension cRLDistributionPoints has the wrong type',
    ],
    [
      'with the same policy twice',
      { extensions: [extension('551d20', sequence(sequence(oid('2a03')), sequence(oid('2a03'))))] },
      'extension certificatePolicies names a policy twice',
    ],
    [
      'with a policy made of a UUID',
      { extensions: [extension('551d20', sequence(sequence(oid('69818080808080808080808080808080808001'))))] },
      'ok',
    ],
    [
      'with policy constraints that are none',
      { extensions: [extension('551d24', sequence(tlv(0x82, Buffer.of(1))))] },
      'extension policyConstraints has parts of no known kind',
    ],
    [
      'with a long inhibitAnyPolicy',
      { extensions: [extension('551d36', integer(1n << 70n))] },
      'extension inhibitAnyPolicy is too large',
    ],
    [
      'with empty name constraints',
      { extensions: [extension('551d1e', sequence(tlv(0xa0)))] },
      'extension nameConstraints is empty',
    ],
    [
      'with a mask in name constraints that is none',
      {
        extensions: [
          extension('551d1e', sequence(tlv(0xa0, sequence(tlv(0x87, Buffer.from('0a000000ff00ff00', 'hex')))))),
        ],
      },
      'extension nameConstraints has a name that is none',
    ],
    ['without a usage', { extensions: [extension('551d25', sequence())] }, 'extension extendedKeyUsage names no usage'],
    [
      'without a key usage',
      { extensions: [extension('551d0f', Buffer.from('030100', 'hex'))] },
      'extension keyUsage names no usage',
    ],
    [
      'with an empty list of names',
      { extensions: [extension('551d11', sequence())] },
      'the list of alternative names is empty',
    ],
  ])('%s', (_, parts, expected) => {
    expect(fault(parts)).toBe(expected);
  });

  it('of a CA is read with the identifiers of its keys', async () => {
    const { root } = await makeHierarchy('P-256', new Date('2026-01-01T00:00:00Z'));
    const der = Buffer.from(root.pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
    expect(readCertificate(der).kind).toBe('ok');
    const body = sequence(
      version3,
      integer(1n),
      usualAlgorithm,
      nameOf(['ca']),
      validity,
      nameOf(['x']),
      spki,
      tlv(
        0xa3,
        sequence(extension('551d0e', tlv(0x04, identifier)), extension('551d23', sequence(tlv(0x80, identifier)))),
      ),
    );
    const read = readCertificate(sequence(body, usualAlgorithm, bits(Buffer.alloc(128, 1))));
    expect(read.kind === 'ok' && read.value.facts.keyIdentifiers).toEqual({ own: identifier, issuers: identifier });
  });

  it('has a key of which it is not asked again whether it is one, where a signature was checked with it', () => {
    const offCurve = Buffer.concat([Buffer.of(4), Buffer.alloc(64, 1)]);
    const key = sequence(sequence(oid('2a8648ce3d0201'), oid('2a8648ce3d030107')), bits(offCurve));
    const body = sequence(version3, integer(1n), usualAlgorithm, nameOf(['ca']), validity, nameOf(['x']), key);
    const der = sequence(body, usualAlgorithm, bits(Buffer.alloc(128, 1)));
    const malformed = { kind: 'malformed', message: 'the public key is not a valid key of its algorithm' };
    expect(readCertificate(der)).toEqual(malformed);
    expect(readCertificate(der, spki)).toEqual(malformed);
    expect(readCertificate(der, key)).toMatchObject({ kind: 'ok', value: { facts: { spki: key } } });
  });

  it('is none to node:crypto only where it is none here', { timeout }, () => {
    let taken = 0;
    for (let number = 1; number <= runs; number += 1) {
      const { der, how } = randomCertificate(number);
      if (readCertificate(der).kind === 'malformed') continue;
      taken += 1;
      expect(() => new X509Certificate(der), `number ${number} (${how})`).not.toThrow();
    }
    expect(taken).toBeGreaterThan(runs / 10);
  });
});
