// Certificate requests: ordinary ones, odd ones, and changed ones that are signed anew, so that only their content decides.
import { constants, sign } from 'node:crypto';
import { bits, integer, sequence, tlv } from '../../support/der.ts';
import { usageWords } from './contradiction.ts';
import { Chance, changedOctets, changedTree, objectId } from './random-der.ts';
import { extensionOf, keyIdentifier, keys, mainExtensions, randomName } from './random-parts.ts';
import type { Oddness } from './random-parts.ts';

type Spec = Pick<RequestCase, 'usages' | 'isCA'>;

/** A request and the spec that carries it; `how`: the way it was made. */
export interface RequestCase {
  readonly kind: 'request';
  readonly how: string;
  readonly der: Buffer;
  readonly usages: readonly string[];
  readonly isCA: boolean;
}

const repeated = [...usageWords, 'server auth', 'client auth'];
const usualSpecs: readonly [Spec, ...Spec[]] = [
  { usages: [], isCA: false },
  { usages: ['digital signature', 'key encipherment'], isCA: true },
  { usages: ['client auth', 'server auth', 'digital signature', 'key encipherment'], isCA: false },
  { usages: ['client auth', 'digital signature', 'client auth'], isCA: false },
  { usages: ['cert sign', 'crl sign'], isCA: true },
];

/** What happens to a request after it was made, and how often in a hundred. `resigned`: before it is signed. */
const ways: readonly {
  readonly how: string;
  readonly share: number;
  readonly change: (der: Buffer, chance: Chance) => Buffer;
  readonly resigned: boolean;
}[] = [
  { how: 'as made', share: 55, change: (der) => der, resigned: true },
  { how: 'elements changed, signed anew', share: 30, change: changedTree, resigned: true },
  { how: 'octets changed, signed anew', share: 7, change: changedOctets, resigned: true },
  { how: 'elements changed after signing', share: 4, change: changedTree, resigned: false },
  { how: 'octets changed after signing', share: 4, change: changedOctets, resigned: false },
];
const wayOf = ways.flatMap((way) => Array.from({ length: way.share }, () => way));

/** The request that belongs to this number. */
export function randomRequest(number: number): RequestCase {
  const chance = new Chance(number);
  const oddness = chance.pick([0, 0, 0.03, 0.1, 0.3]);
  const name = chance.is(0.85)
    ? 'P-256'
    : chance.pick(['P-384', 'P-521', 'RSA', 'RSA', 'RSA 512', 'RSA SHA-1', 'Ed25519'] as const);
  const { how, change, resigned } = wayOf[chance.below(100)] ?? { how: '', change: changedTree, resigned: true };
  const made = bodyOf(chance, oddness, keys[name].spki);
  const body = resigned ? change(made, chance) : made;
  const whole = signed(body, name, chance, oddness);
  return {
    kind: 'request',
    how: `${name}, oddness ${oddness}, ${how}`,
    der: resigned ? whole : change(whole, chance),
    ...(chance.is(0.7) ? chance.pick(usualSpecs) : { usages: chance.some(repeated, 0.3), isCA: chance.is(0.25) }),
  };
}

function bodyOf(chance: Chance, oddness: Oddness, spki: Buffer): Buffer {
  const version = chance.is(oddness) ? BigInt(chance.below(3)) : 0n;
  const list = tlv(0xa0, ...attributes(chance, oddness, spki));
  return sequence(integer(version), randomName(chance, oddness), spki, list);
}

function signed(body: Buffer, name: keyof typeof keys, chance: Chance, oddness: Oddness): Buffer {
  const { privateKey, digest, algorithm: usual } = keys[name];
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: chance.pick([32, 32, 20, 64]) };
  const isPss = name === 'RSA' && chance.is(0.5);
  const algorithm = isPss ? pssAlgorithm(chance, chance.pick([0, 0.3])) : oddAlgorithm(usual, chance, oddness);
  const proof = sign(digest, body, isPss ? { key: privateKey, ...pss } : privateKey);
  return sequence(body, algorithm, bits(proof), ...(chance.is(oddness / 3) ? [tlv(0x05)] : []));
}

const extensionRequest = '1.2.840.113549.1.9.14';
const attributeOf = (type: string, ...values: readonly Buffer[]): Buffer =>
  sequence(objectId(type), tlv(0x31, ...values));

function attributes(chance: Chance, oddness: Oddness, spki: Buffer): readonly Buffer[] {
  const text = tlv(0x0c, Buffer.from('secret'));
  const others = [
    attributeOf('1.2.840.113549.1.9.7', text),
    attributeOf('1.2.840.113549.1.9.2', text),
    attributeOf('1.3.6.1.4.1.311.13.2.3', tlv(0x16, Buffer.from('10.0.20348.2'))),
    attributeOf(
      '1.3.6.1.4.1.311.13.2.2',
      sequence(integer(1n), tlv(0x1e, Buffer.from('0043', 'hex')), bits(Buffer.alloc(0))),
    ),
    attributeOf('1.3.6.1.4.1.311.21.20', sequence(integer(5n), text)),
  ];
  const extensions = sequence(...mainExtensions(chance, oddness), ...furtherExtensions(chance, oddness, spki));
  const odd = [
    attributeOf('1.3.6.1.4.1.311.2.1.14', extensions),
    attributeOf('1.2.3.4.5', text),
    attributeOf(extensionRequest),
    attributeOf(extensionRequest, extensions, extensions),
    attributeOf(extensionRequest, sequence(extensionOf('2.5.29.14', tlv(0x04, keyIdentifier(spki))))),
    sequence(objectId(extensionRequest), tlv(0x31, extensions), tlv(0x05)),
    sequence(objectId(extensionRequest), extensions),
    tlv(0x31, extensions),
    sequence(),
  ];
  return [
    ...(chance.is(0.9) ? [attributeOf(extensionRequest, extensions)] : []),
    ...chance.some(others, 0.1),
    ...chance.some(odd, oddness / 3),
  ];
}

function furtherExtensions(chance: Chance, oddness: Oddness, spki: Buffer): readonly Buffer[] {
  const identifier = tlv(0x04, keyIdentifier(spki));
  const harmless = [
    extensionOf('2.5.29.14', identifier),
    extensionOf('1.3.6.1.4.1.311.20.2', tlv(0x1e, Buffer.from('00570065', 'hex'))),
    extensionOf('1.3.6.1.4.1.311.21.7', sequence(objectId('1.3.6.1.4.1.311.21.8.1'), integer(100n))),
    extensionOf('1.3.6.1.4.1.311.21.10', sequence(sequence(objectId('1.3.6.1.5.5.7.3.1')))),
    extensionOf('1.2.840.113549.1.9.15', sequence(sequence(objectId('2.16.840.1.101.3.4.1.42')))),
  ];
  const odd = [
    extensionOf('1.3.6.1.5.5.7.1.24', sequence(integer(5n))),
    extensionOf('2.5.29.32', sequence(sequence(objectId('1.2.3.4')))),
    extensionOf('2.5.29.30', sequence(tlv(0xa0, sequence(tlv(0x82, Buffer.from('example.com')))))),
    extensionOf('1.2.3.4', tlv(0x05), true),
    extensionOf('1.2.3.5', tlv(0x05)),
    extensionOf('2.5.29.14', identifier, true),
    extensionOf('1.2.2147483648', tlv(0x05)),
  ];
  return [...chance.some(harmless, 0.1), ...chance.some(odd, oddness / 2)];
}

/** RSASSA-PSS with its parameters, in the usual form or near it. */
function pssAlgorithm(chance: Chance, oddness: Oddness): Buffer {
  const oddly = <Item>(usual: Item, ...others: readonly [Item, ...Item[]]): Item =>
    chance.is(oddness) ? chance.pick(others) : usual;
  const hash = (last: string): Buffer =>
    sequence(objectId(`2.16.840.1.101.3.4.2.${last}`), ...oddly([tlv(0x05)], [], [tlv(0x04)]));
  const chosen = oddly('1', '2', '3', '4');
  const mask = sequence(objectId(oddly('1.2.840.113549.1.1.8', '1.2.3.4')), oddly(hash(chosen), hash('2'), hash('3')));
  return sequence(
    objectId('1.2.840.113549.1.1.10'),
    sequence(
      ...oddly([tlv(0xa0, hash(chosen))], []),
      ...oddly([tlv(0xa1, mask)], []),
      ...oddly([tlv(0xa2, integer(32n))], [], [tlv(0xa2, integer(20n))], [tlv(0xa2, integer(64n))]),
      ...oddly<readonly Buffer[]>([], [tlv(0xa3, integer(1n))], [tlv(0xa3, integer(2n))], [tlv(0x05)]),
    ),
  );
}

function oddAlgorithm(usual: Buffer, chance: Chance, oddness: Oddness): Buffer {
  if (!chance.is(oddness)) return usual;
  return chance.pick<() => Buffer>([
    () => changedTree(usual, chance),
    () => sequence(objectId('1.2.840.113549.1.1.11')),
    () => sequence(objectId('1.2.840.113549.1.1.11'), tlv(0x05), tlv(0x05)),
    () => sequence(objectId('1.2.840.10045.4.3.2'), tlv(0x05)),
    () => sequence(objectId('1.2.840.10045.4.3.4')),
    () => sequence(objectId('1.3.101.112'), tlv(0x05)),
    () => sequence(objectId('1.3.101.113')),
  ])();
}
