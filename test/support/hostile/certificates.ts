// Answers of the right form whose certificates are dear to read, or are not the ones that were asked for.
import { randomBytes } from 'node:crypto';
import { Pkcs10CertificateRequest } from '../certificates.ts';
import { body, withCertificates } from './answers.ts';
import type { Exchange } from './endpoint.ts';
import { saying } from './hostility.ts';
import type { Hostility } from './hostility.ts';
import { oddChain } from './odd-chain.ts';

/** The key that the certificate must carry, as SubjectPublicKeyInfo; any, where nobody asks for a certificate. */
function keyOf({ parameters }: Exchange): Buffer {
  const csr = parameters.get('Csr');
  return csr === null ? Buffer.from('3000', 'hex') : Buffer.from(new Pkcs10CertificateRequest(csr).publicKey.rawData);
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function nested(levels: number): Buffer {
  const heads: Buffer[] = [];
  for (let level = 0, size = 0; level < levels; level += 1) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(size);
    const head = Buffer.concat([Buffer.of(0x30, 0x84), length]);
    heads.unshift(head);
    size += head.length;
  }
  return Buffer.concat(heads);
}

const both = (text: string): Hostility['answer'] => body(async (exchange) => withCertificates(exchange, text, text));
const noCertificate =
  /cannot be read|is no(?:t a)? certificate|damaged|malformed|larger than|not what was asked for|holds no|looked/;
const shortBlock = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n';

/** These. */
export const certificates: readonly Hostility[] = [
  {
    kind: 'a chain of 32 certificates with odd RSA keys',
    answer: body(async (exchange) => {
      const { leaf, above } = oddChain(keyOf(exchange));
      const [first = '', ...rest] = above;
      return exchange.action === 'DescribeCACertificate'
        ? withCertificates(exchange, first, rest)
        : withCertificates(exchange, leaf, above.join(''));
    }),
    requestSays: noCertificate,
  },
  saying('one PEM block of 400 KB', both(pem(randomBytes(300_000))), noCertificate),
  saying('one PEM block of 3 MB', both(pem(randomBytes(1_000_000))), noCertificate),
  saying('many PEM blocks', both(shortBlock.repeat(7_000)), noCertificate),
  saying('more PEM blocks than are read', both(shortBlock.repeat(25_000)), noCertificate),
  saying('PEM blocks that never end', both('-----BEGIN CERTIFICATE-----\nAA==\n'.repeat(12_000)), noCertificate),
  saying(
    'certificates that are noise',
    [1, 100, 1_000].map((size) => both(pem(randomBytes(size)))),
    noCertificate,
  ),
  saying('DER nested five thousand deep', both(pem(nested(5_000))), noCertificate),
  {
    kind: "the CA's own certificate instead of the request's",
    at: 'issuing',
    answer: body(async (exchange) => {
      const { above } = oddChain(keyOf(exchange));
      return withCertificates(exchange, above[0]!, '');
    }),
    requestSays: /not what was asked for/,
  },
];
