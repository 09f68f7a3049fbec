// Certificates: ordinary ones, odd ones, and changed ones. Nobody checks their signatures here, only what is read in them.
import { bits, integer, sequence, tlv } from '../../support/der.ts';
import { Chance, changedOctets, changedTree, objectId } from './random-der.ts';
import { extensionOf, keyIdentifier, keys, mainExtensions, randomName } from './random-parts.ts';
import type { Oddness } from './random-parts.ts';

/** A certificate; `how`: the way it was made. */
export interface CertificateCase {
  readonly kind: 'certificate';
  readonly how: string;
  readonly der: Buffer;
}

/** The certificate that belongs to this number. */
export function randomCertificate(number: number): CertificateCase {
  const chance = new Chance(number);
  const oddness = chance.pick([0, 0, 0.03, 0.1, 0.3]);
  const { spki, algorithm } = keys[chance.pick(['P-256', 'P-256', 'P-384', 'RSA', 'Ed25519'] as const)];
  const extensions = [...mainExtensions(chance, oddness), ...furtherExtensions(chance, oddness, spki)];
  const odd = <Item>(usual: Item, ...others: readonly [Item, ...Item[]]): Item =>
    chance.is(oddness) ? chance.pick(others) : usual;
  const body = sequence(
    ...odd(
      version('020102'),
      version('020101'),
      version('020100'),
      [],
      version('020103'),
      version('0201ff'),
      version('0201020500'),
    ),
    odd(
      integer(1n << 120n),
      tlv(0x02, Buffer.of(0x85, 1)),
      integer(0n),
      tlv(0x02, Buffer.of(0, 1)),
      integer(1n << 200n),
    ),
    odd(algorithm, sequence(objectId('1.2.840.113549.1.1.5'), tlv(0x05))),
    randomName(chance, oddness),
    sequence(time(chance, oddness), time(chance, oddness), ...odd<readonly Buffer[]>([], [tlv(0x05)])),
    randomName(chance, oddness),
    odd(spki, changedTree(spki, chance)),
    ...odd<readonly Buffer[]>([], [tlv(0x81, Buffer.of(0, 1))], [tlv(0xa1, tlv(0x05))], [tlv(0x82, Buffer.of(0, 1))]),
    ...(extensions.length === 0
      ? []
      : [tlv(0xa3, sequence(...extensions), ...odd<readonly Buffer[]>([], [tlv(0x05)]))]),
    ...odd<readonly Buffer[]>([], [tlv(0x05)]),
  );
  const way = chance.below(100);
  const changed = way < 40 ? body : way < 90 ? changedTree(body, chance) : changedOctets(body, chance);
  const how = way < 40 ? 'as made' : way < 90 ? 'elements changed' : 'octets changed';
  const proof = odd(bits(Buffer.alloc(64, 1)), tlv(0x04, Buffer.alloc(4)), tlv(0x03, Buffer.of(3, 8)), tlv(0x03));
  const der = sequence(changed, algorithm, proof, ...odd<readonly Buffer[]>([], [tlv(0x05)]));
  return { kind: 'certificate', how: `oddness ${oddness}, ${how}`, der };
}

const version = (hex: string): readonly Buffer[] => [tlv(0xa0, Buffer.from(hex, 'hex'))];

function time(chance: Chance, oddness: Oddness): Buffer {
  const usual = [
    tlv(0x17, Buffer.from('260101000000Z')),
    tlv(0x17, Buffer.from('491231235959Z')),
    tlv(0x17, Buffer.from('500101000000Z')),
    tlv(0x17, Buffer.from('690101000000Z')),
    tlv(0x18, Buffer.from('20500101000000Z')),
    tlv(0x18, Buffer.from('99991231235959Z')),
  ] as const;
  const odd = [
    '2601010000Z',
    '260101000000+0100',
    '260101000060Z',
    '260229000000Z',
    '261301000000Z',
    '20260101000000.5Z',
    '00000101000000Z',
    '20260101000000Z',
    '26010100000Z',
    '',
    '2601010000000Z',
    '280229000000Z',
  ] as const;
  return chance.is(oddness) ? tlv(chance.pick([0x17, 0x18]), Buffer.from(chance.pick(odd))) : chance.pick(usual);
}

function furtherExtensions(chance: Chance, oddness: Oddness, spki: Buffer): readonly Buffer[] {
  const identifier = keyIdentifier(spki);
  const uri = tlv(0x86, Buffer.from('http://pki.example/ca.crl'));
  const critical = (): boolean | undefined => (chance.is(oddness) ? true : undefined);
  const numbers = (tag: number): Buffer => tlv(tag, chance.octets(1 + chance.below(chance.is(oddness) ? 10 : 2)));
  const hosts = tlv(0xa0, sequence(tlv(0x82, Buffer.from(chance.pick(['example.com', '.example.com', 'a..b', ''])))));
  const range = tlv(
    0xa1,
    sequence(tlv(0x87, Buffer.from(chance.pick(['0a000000ff000000', '0a000000ff00ff00', '0a']), 'hex'))),
  );
  const mail = tlv(0xa1, sequence(tlv(0x81, Buffer.from(chance.pick(['a@b.example', 'b.example', '@', 'a b'])))));
  const web = tlv(
    0xa0,
    sequence(
      tlv(0x86, Buffer.from(chance.pick(['b.example', '.b.example', '10.0.0.1', 'b.']))),
      tlv(0x80, Buffer.of(0)),
    ),
  );
  const directory = tlv(0xa0, sequence(tlv(0xa4, randomName(chance, 0))));
  return chance.some(
    [
      extensionOf('2.5.29.14', tlv(0x04, identifier), critical()),
      extensionOf('2.5.29.35', sequence(tlv(0x80, identifier)), critical()),
      extensionOf(
        '2.5.29.35',
        chance.pick([sequence(), sequence(tlv(0xa1), tlv(0x82, Buffer.of(1))), tlv(0x80, identifier)]),
      ),
      extensionOf('1.3.6.1.5.5.7.1.1', sequence(sequence(objectId('1.3.6.1.5.5.7.48.1'), uri)), critical()),
      extensionOf('2.5.29.31', sequence(sequence(tlv(0xa0, tlv(0xa0, uri))))),
      extensionOf(
        '2.5.29.32',
        sequence(
          sequence(objectId('2.5.29.32.0')),
          sequence(objectId(chance.pick(['1.2.3', '2.5.29.32.0', '1.2.2147483648']))),
        ),
      ),
      extensionOf(
        '2.5.29.30',
        sequence(...chance.some([hosts, range, mail, web, directory], 0.4)),
        chance.is(0.5) ? true : undefined,
      ),
      extensionOf('2.5.29.36', sequence(...chance.some([numbers(0x80), numbers(0x81)], 0.6))),
      extensionOf('2.5.29.33', sequence(sequence(objectId('1.2.3'), objectId('1.2.4')))),
      extensionOf('2.5.29.54', numbers(0x02)),
      extensionOf('1.3.6.1.4.1.11129.2.4.2', tlv(0x04, chance.octets(8))),
      extensionOf('1.2.3.4', tlv(0x05), chance.is(0.5) ? true : undefined),
    ],
    0.12,
  );
}
