// A chain that is dear to verify: certificates of one name, each signed by the next, with RSA keys whose public exponents
// are as long as their moduli. No library makes such keys, so the bytes are made here.
import { createHash, generateKeyPairSync } from 'node:crypto';
import { bits, integer, inverse, raised, sequence, tlv } from '../der.ts';

const modulusBits = 3072;
const modulusBytes = modulusBits / 8;
const aboveLeaf = 31;

interface OddKey {
  readonly publicExponent: bigint;
  readonly privateExponent: bigint;
}

interface OddKeys {
  readonly modulus: bigint;
  readonly keys: readonly OddKey[];
}

let made: readonly [signer: OddKeys, above: readonly string[]] | undefined;

/** PEMs of a leaf with this key (DER of SubjectPublicKeyInfo) and of the CA certificates above it. */
export function oddChain(leafKey: Buffer): { readonly leaf: string; readonly above: readonly string[] } {
  made ??= makeAbove();
  const [{ modulus, keys }, above] = made;
  const leaf = certificate({ serial: 1_000, subject: name('leaf'), spki: leafKey, isCA: false }, keys[0]!, modulus);
  return { leaf, above };
}

function makeAbove(): readonly [OddKeys, readonly string[]] {
  const {
    n = '',
    p = '',
    q = '',
  } = generateKeyPairSync('rsa', { modulusLength: modulusBits }).privateKey.export({
    format: 'jwk',
  });
  const modulus = numberOf(Buffer.from(n, 'base64url'));
  const order = (numberOf(Buffer.from(p, 'base64url')) - 1n) * (numberOf(Buffer.from(q, 'base64url')) - 1n);
  const keys: OddKey[] = [];
  // A few bits below the modulus: OpenSSL refuses longer exponents.
  for (let publicExponent = (1n << 3063n) + 1n; keys.length <= aboveLeaf; publicExponent += 2n) {
    const privateExponent = inverse(publicExponent, order);
    if (privateExponent !== undefined) keys.push({ publicExponent, privateExponent });
  }
  const above = keys
    .slice(0, aboveLeaf)
    .map(({ publicExponent }, index) =>
      certificate(
        { serial: index + 1, subject: name('x'), spki: publicKey(modulus, publicExponent), isCA: true },
        keys[index + 1]!,
        modulus,
      ),
    );
  return [{ modulus, keys }, above];
}

const rsaEncryption = Buffer.from('300d06092a864886f70d0101010500', 'hex');
const sha256WithRsa = Buffer.from('300d06092a864886f70d01010b0500', 'hex');
const sha256Prefix = Buffer.from('3031300d060960864801650304020105000420', 'hex');
const version3 = Buffer.from('a003020102', 'hex');
const caExtensions = Buffer.from('a3133011300f0603551d130101ff040530030101ff', 'hex');
const commonName = Buffer.from('0603550403', 'hex');

function certificate(
  to: { readonly serial: number; readonly subject: Buffer; readonly spki: Buffer; readonly isCA: boolean },
  signer: OddKey,
  modulus: bigint,
): string {
  const validity = sequence(tlv(0x17, Buffer.from('260101000000Z')), tlv(0x17, Buffer.from('460101000000Z')));
  const extensions = to.isCA ? caExtensions : Buffer.alloc(0);
  const body = [
    version3,
    integer(BigInt(to.serial)),
    sha256WithRsa,
    name('x'),
    validity,
    to.subject,
    to.spki,
    extensions,
  ];
  const toBeSigned = sequence(...body);
  const digest = Buffer.concat([sha256Prefix, createHash('sha256').update(toBeSigned).digest()]);
  const padding = Buffer.alloc(modulusBytes - 3 - digest.length, 0xff);
  const padded = Buffer.concat([Buffer.of(0, 1), padding, Buffer.of(0), digest]);
  const signature = bytesOf(raised(numberOf(padded), signer.privateExponent, modulus), modulusBytes);
  const der = sequence(toBeSigned, sha256WithRsa, bits(signature));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function publicKey(modulus: bigint, exponent: bigint): Buffer {
  return sequence(rsaEncryption, bits(sequence(integer(modulus), integer(exponent))));
}

function name(text: string): Buffer {
  return sequence(tlv(0x31, sequence(commonName, tlv(0x0c, Buffer.from(text)))));
}

function numberOf(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`);
}

function bytesOf(value: bigint, size: number): Buffer {
  return Buffer.from(value.toString(16).padStart(size * 2, '0'), 'hex');
}
