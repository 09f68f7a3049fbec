// Which requests a second reader has to take as well, and what it has to say of them: those whose signatures are of a form that
// hardly anybody uses (docs/adr/0004-csr-and-leaf-with-our-own-der-reader.md).
import type { NamedAlgorithm } from './second-reader.ts';
import type { SignatureAlgorithm } from '../signature-algorithm.ts';

/** A request as DER that nobody but our own reader has taken yet, and the algorithm of its signature as that one reads it. */
export interface Unseconded {
  readonly der: Buffer;
  readonly algorithm: SignatureAlgorithm;
}

/** Names the algorithm of the signature of a request given as DER; undefined where it is none to this reader. */
export type SecondReader = (der: Buffer) => NamedAlgorithm | undefined;

/** Gets the second reader; rejects where it cannot be loaded. */
export type LoadSecondReader = () => Promise<SecondReader>;

/** Loads @peculiar/x509, on first need: it is large, and next to no process has a use for it. */
export const loadSecondReader: LoadSecondReader = async () => (await import('./second-reader.ts')).readSecond;

/** Whether the second reader takes the request as well, and names the same algorithm. */
export function isSeconded({ der, algorithm }: Unseconded, readSecond: SecondReader): boolean {
  const { family, digest, saltLength } = algorithm;
  const expected = {
    RSA: saltLength === undefined ? 'RSASSA-PKCS1-v1_5' : 'RSA-PSS',
    ECC: 'ECDSA',
    Ed25519: 'Ed25519',
    SM2: undefined,
    other: undefined,
  }[family];
  const named = readSecond(der);
  return named !== undefined && named.name === expected && named.hash?.replace('-', '').toLowerCase() === digest;
}
