// Writes DER, and certificates of any content and size, to show to readers what no honest party would make.
import { createHash, generateKeyPairSync, generatePrimeSync, sign } from 'node:crypto';

/** An element with this identifier octet. */
export function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tag), lengthOf(content.length), content]);
}

/** A SEQUENCE. */
export function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(0x30, ...parts);
}

/** A positive INTEGER. */
export function integer(value: bigint): Buffer {
  const hex = value.toString(16);
  const octets = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return tlv(0x02, (octets[0] ?? 0) < 0x80 ? octets : Buffer.concat([Buffer.of(0), octets]));
}

/** A BIT STRING of whole octets. */
export function bits(octets: Buffer): Buffer {
  return tlv(0x03, Buffer.of(0), octets);
}

/** An OBJECT IDENTIFIER from its content in hex. */
export function oid(hex: string): Buffer {
  return tlv(0x06, Buffer.from(hex, 'hex'));
}

/** A Name of these attributes, of the type whose content is `type` in hex (default: CN). */
export function nameOf(values: readonly string[], type = '550403'): Buffer {
  return sequence(...values.map((value) => tlv(0x31, sequence(oid(type), tlv(0x0c, Buffer.from(value))))));
}

/** An extension, by the content of its identifier in hex. */
export function extension(id: string, value: Buffer): Buffer {
  return sequence(oid(id), tlv(0x04, value));
}

/** DER as PEM. */
export function pemOf(der: Buffer, label = 'CERTIFICATE'): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** An RSA key of any size and exponent; `sign` gives the signature of RSASSA-PKCS1-v1_5 with SHA-256. */
export interface OddKey {
  /** DER of SubjectPublicKeyInfo. */
  readonly spki: Buffer;
  sign(message: Buffer): Buffer;
}

const rsaEncryption = sequence(oid('2a864886f70d010101'), tlv(0x05));
const sha256WithRSA = sequence(oid('2a864886f70d01010b'), tlv(0x05));
const primeBits = 512;

/** Makes such a key, with many small primes, as no library would. `exponent` is raised until it fits. */
export function oddKey(modulusBits: number, exponent: bigint): OddKey {
  const primes = Array.from({ length: modulusBits / primeBits }, () => generatePrimeSync(primeBits, { bigint: true }));
  const modulus = primes.reduce((product, prime) => product * prime, 1n);
  let fitting = exponent | 1n;
  while (primes.some((prime) => inverse(fitting, prime - 1n) === undefined)) fitting += 2n;
  const parts = primes.map((prime) => ({
    prime,
    power: inverse(fitting, prime - 1n) ?? 0n,
    share: (modulus / prime) * (inverse(modulus / prime, prime) ?? 0n),
  }));
  const size = modulusBits / 8;
  return {
    spki: sequence(rsaEncryption, bits(sequence(integer(modulus), integer(fitting)))),
    sign(message) {
      const digest = createHash('sha256').update(message).digest();
      const tail = Buffer.concat([Buffer.from('003031300d060960864801650304020105000420', 'hex'), digest]);
      const padded = BigInt(`0x0001${'ff'.repeat(size - 2 - tail.length)}${tail.toString('hex')}`);
      const signature = parts.reduce((sum, { prime, power, share }) => sum + raised(padded, power, prime) * share, 0n);
      return Buffer.from((signature % modulus).toString(16).padStart(2 * size, '0'), 'hex');
    },
  };
}

/** A certificate of any content, signed by `signer` or with octets that are no signature. */
export function oddCertificate(parts: {
  readonly serial: number;
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly spki: Buffer;
  readonly extensions?: readonly Buffer[];
  readonly signer?: OddKey;
}): Buffer {
  const { extensions = [], signer } = parts;
  const body = sequence(
    Buffer.from('a003020102', 'hex'),
    integer(BigInt(parts.serial)),
    sha256WithRSA,
    parts.issuer,
    sequence(tlv(0x17, Buffer.from('260101000000Z')), tlv(0x17, Buffer.from('460101000000Z'))),
    parts.subject,
    parts.spki,
    ...(extensions.length === 0 ? [] : [tlv(0xa3, sequence(...extensions))]),
  );
  return sequence(body, sha256WithRSA, bits(signer?.sign(body) ?? Buffer.alloc(256, 1)));
}

const requester = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ecdsaWithSHA256 = sequence(oid('2a8648ce3d040302'));

/** A certificate request of any content, with a good signature unless it has a key of its own. */
export function oddRequest(parts: {
  readonly subject?: Buffer;
  readonly spki?: Buffer;
  readonly extensions?: readonly Buffer[];
  /** Further attributes. */
  readonly attributes?: readonly Buffer[];
}): Buffer {
  const { subject = nameOf(['a.example']), spki, extensions = [], attributes = [] } = parts;
  const own = requester.publicKey.export({ type: 'spki', format: 'der' });
  const requested = sequence(oid('2a864886f70d01090e'), tlv(0x31, sequence(...extensions)));
  const body = sequence(
    integer(0n),
    subject,
    spki ?? own,
    tlv(0xa0, ...(extensions.length === 0 ? [] : [requested]), ...attributes),
  );
  if (spki !== undefined) return sequence(body, sha256WithRSA, bits(Buffer.alloc(256, 1)));
  return sequence(body, ecdsaWithSHA256, bits(sign('sha256', body, requester.privateKey)));
}

/** The extension that makes a CA. */
export const caExtension = extension('551d13', Buffer.from('30030101ff', 'hex'));

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  const hex = length.toString(16);
  const octets = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.of(0x80 | octets.length), octets]);
}

/** `base` to that power, by the modulus. */
export function raised(base: bigint, power: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let [square, rest] = [base % modulus, power]; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

/** The inverse by the modulus; undefined where there is none. */
export function inverse(value: bigint, modulus: bigint): bigint | undefined {
  let [r0, r1, s0, s1] = [modulus, value % modulus, 0n, 1n];
  while (r1 > 0n) {
    const quotient = r0 / r1;
    [r0, r1, s0, s1] = [r1, r0 - quotient * r1, s1, s0 - quotient * s1];
  }
  return r0 === 1n ? (s0 + modulus) % modulus : undefined;
}
