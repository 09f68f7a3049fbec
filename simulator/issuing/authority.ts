// The simulated certification authorities: their keys are random at each start, their identifiers are stable.
import { createPublicKey, generateKeyPair, randomBytes, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { keyIdentifier, signatureAlgorithm, signCertificate } from '../x509/certificate.ts';
import type { Signer } from '../x509/certificate.ts';
import { readBitString, readChildren, readElement } from '../x509/der-reader.ts';
import {
  authorityKeyIdentifier,
  basicConstraints,
  crlDistributionPoints,
  extension,
  extensionType,
  keyUsage,
  keyUsageBit,
  subjectKeyIdentifier,
} from '../x509/extensions.ts';
import { attributeType, encodeName, showName } from '../x509/names.ts';
import type { NameAttribute } from '../x509/names.ts';
import { toPem } from '../x509/pem.ts';

/** Key algorithms in Alibaba's notation (`FullAlgorithm`). SM2 is not simulated. */
export type KeyAlgorithm = 'RSA_2048' | 'RSA_4096' | 'ECC_256' | 'ECC_384';

/** One CA to be made at the start. */
export interface AuthoritySeed {
  readonly identifier: string;
  /** The region in which it exists, where hosts name one (regions.ts); default every region. */
  readonly region?: string;
  readonly algorithm: KeyAlgorithm;
  readonly kind: 'ROOT' | 'SUB_ROOT';
  /** Identifier of the CA above, which must come earlier in the list; required for SUB_ROOT. */
  readonly parent?: string;
  readonly status?: AuthorityStatus;
  /** `iTrusChina` marks a compliance CA. */
  readonly issuerType?: 'local' | 'iTrusChina' | 'external';
  /** Days from now to the CA's end; above -30, since every CA began 30 days ago. Default 30 years for a root, 20 for a sub CA. */
  readonly days?: number;
  /** Longest validity in days that the CA may give (`CertMaxTime`); default none. */
  readonly certMaxTimeDays?: number;
  /** How many certificates may be issued; default 1,000,000. */
  readonly quota?: number;
  /** How many further sub CAs may stand below a sub CA (`pathLenConstraint`); default 0. Roots have no limit. */
  readonly pathLength?: number;
  /** Province and city in the CA's subject; default none. */
  readonly state?: string;
  readonly locality?: string;
}

/** The states of a CA. */
export const authorityStatuses = ['ISSUE', 'FORBIDDEN', 'REVOKE'] as const;

/** `ISSUE` is active, `FORBIDDEN` switched off, `REVOKE` revoked. */
export type AuthorityStatus = (typeof authorityStatuses)[number];

/** One CA with its key. `status`, `quota`, `subscriptionEnd` and `issuedCount` change while the simulator runs. */
export interface Authority {
  readonly identifier: string;
  readonly region: string | undefined;
  readonly algorithm: KeyAlgorithm;
  readonly keyFamily: 'RSA' | 'ECC';
  readonly kind: 'ROOT' | 'SUB_ROOT';
  readonly parent: Authority | undefined;
  readonly issuerType: 'local' | 'iTrusChina' | 'external';
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly certMaxTimeDays: number | undefined;
  readonly signer: Signer;
  readonly certificatePem: string;
  /** Lower-case hex. */
  readonly serialNumber: string;
  readonly subject: string;
  readonly crlUrl: string;
  readonly attributes: readonly NameAttribute[];
  /** Sub CAs that may stand below; undefined for a root, which has no limit. */
  readonly pathLength: number | undefined;
  /** What it was made from. */
  readonly seed: AuthoritySeed;
  /** State, quota and subscription at the start, to which a reset returns. */
  readonly initial: Pick<Authority, 'status' | 'quota' | 'subscriptionEnd'>;
  /** Extensions that every certificate of this CA carries. */
  readonly authorityKeyExtension: Buffer;
  readonly crlExtension: Buffer;
  status: AuthorityStatus;
  quota: number;
  /** When the subscription ends, after which nothing is issued; undefined: with the CA. */
  subscriptionEnd: Date | undefined;
  issuedCount: number;
}

interface Keys {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const generate = promisify(generateKeyPair);
const day = 86_400_000;
const signingHashes = { RSA_2048: 'sha256', RSA_4096: 'sha256', ECC_256: 'sha256', ECC_384: 'sha384' } as const;

/** A CA to be made anew under an identifier that may be known already. */
export interface AuthorityRenewal extends AuthoritySeed {
  /** With the key that it has, as in a renewal. */
  readonly keepsKey?: boolean;
}

/**
 * Makes the keys and certificates of all CAs, beside or instead of those in `present`; throws when a seed names a parent that
 * does not come before it.
 */
export async function createAuthorities(
  seeds: readonly AuthorityRenewal[],
  now: Date,
  present: ReadonlyMap<string, Authority> = new Map(),
): Promise<Map<string, Authority>> {
  const keys = await Promise.all(seeds.map(async (seed) => keysOf(seed, present.get(seed.identifier))));
  const authorities = new Map(present);
  for (const [index, seed] of seeds.entries()) {
    const parent = seed.parent === undefined ? undefined : authorities.get(seed.parent);
    const pair = keys[index];
    if (pair === undefined || (seed.kind === 'SUB_ROOT' && parent === undefined))
      throw new Error(`CA ${seed.identifier}: its parent ${seed.parent ?? '(none)'} must come before it in the list`);

    authorities.set(seed.identifier, createAuthority(seed, parent, pair, now));
  }
  return authorities;
}

async function keysOf({ algorithm, keepsKey }: AuthorityRenewal, present: Authority | undefined): Promise<Keys> {
  if (keepsKey !== true || present === undefined) return generateKeys(algorithm);
  const { key } = present.signer;
  return { privateKey: key, publicKey: createPublicKey(key) };
}

/** A key pair of that algorithm, with random key. */
export async function generateKeys(algorithm: KeyAlgorithm): Promise<Keys> {
  switch (algorithm) {
    case 'RSA_2048':
      return generate('rsa', { modulusLength: 2048 });
    case 'RSA_4096':
      return generate('rsa', { modulusLength: 4096 });
    case 'ECC_256':
      return generate('ec', { namedCurve: 'P-256' });
    case 'ECC_384':
      return generate('ec', { namedCurve: 'P-384' });
  }
}

/** Makes a CA with these keys; it began 30 days ago. */
export function createAuthority(seed: AuthoritySeed, parent: Authority | undefined, keys: Keys, now: Date): Authority {
  const isRoot = seed.kind === 'ROOT';
  const attributes = attributesOf(seed);
  const keyInfo = keys.publicKey.export({ type: 'spki', format: 'der' });
  const signer = createSigner(seed.algorithm, keys.privateKey, keyInfo, encodeName(attributes));
  const notBefore = new Date(Math.floor(now.getTime() / 1000) * 1000 - 30 * day);
  const notAfter = new Date(notBefore.getTime() + 30 * day + (seed.days ?? (isRoot ? 30 : 20) * 365.25) * day);
  const serialNumber = randomSerialNumber();
  const pathLength = isRoot ? undefined : (seed.pathLength ?? 0);
  const initial = {
    status: seed.status ?? 'ISSUE',
    quota: seed.quota ?? 1_000_000,
    subscriptionEnd: undefined,
  } as const;
  const issuer = parent?.signer ?? signer;
  const authorityKeyExtension = extension(
    extensionType.authorityKeyIdentifier,
    false,
    authorityKeyIdentifier(signer.keyIdentifier),
  );
  const certificate = signCertificate(issuer, {
    serialNumber,
    subject: signer.name,
    subjectPublicKeyInfo: keyInfo,
    notBefore,
    notAfter,
    extensions: [
      extension(extensionType.basicConstraints, true, basicConstraints(true, pathLength)),
      extension(extensionType.keyUsage, true, keyUsage([keyUsageBit.keyCertSign, keyUsageBit.crlSign])),
      extension(extensionType.subjectKeyIdentifier, false, subjectKeyIdentifier(signer.keyIdentifier)),
      parent?.authorityKeyExtension ?? authorityKeyExtension,
    ],
  });
  const crlUrl = `http://crl.simulator.example/${seed.identifier}.crl`;
  return {
    identifier: seed.identifier,
    region: seed.region,
    seed,
    algorithm: seed.algorithm,
    keyFamily: keyFamilyOf(seed.algorithm),
    kind: seed.kind,
    parent,
    issuerType: seed.issuerType ?? 'local',
    notBefore,
    notAfter: new X509Certificate(certificate).validToDate,
    certMaxTimeDays: seed.certMaxTimeDays,
    signer,
    certificatePem: toPem('CERTIFICATE', certificate),
    serialNumber: showSerialNumber(serialNumber),
    subject: showName(attributes),
    crlUrl,
    attributes,
    pathLength,
    initial,
    authorityKeyExtension,
    crlExtension: extension(extensionType.crlDistributionPoints, false, crlDistributionPoints(crlUrl)),
    ...initial,
    issuedCount: 0,
  };
}

function attributesOf({ identifier, state, locality }: AuthoritySeed): readonly NameAttribute[] {
  return [
    { type: attributeType.country, value: 'CN' },
    ...(state === undefined ? [] : [{ type: attributeType.state, value: state }]),
    ...(locality === undefined ? [] : [{ type: attributeType.locality, value: locality }]),
    { type: attributeType.organization, value: 'PCA Simulator' },
    { type: attributeType.commonName, value: `Simulated ${identifier}` },
  ];
}

/** A signer for the key, its identifier hashed from the public key's bits. */
export function createSigner(algorithm: KeyAlgorithm, key: KeyObject, keyInfo: Buffer, name: Buffer): Signer {
  const hash = signingHashes[algorithm];
  return {
    key,
    hash,
    algorithm: signatureAlgorithm(keyFamilyOf(algorithm), hash),
    name,
    keyIdentifier: keyIdentifier(publicKeyBits(keyInfo)),
  };
}

/** The bits of the public key inside a SubjectPublicKeyInfo. */
export function publicKeyBits(keyInfo: Buffer): Buffer {
  return readBitString(readChildren(readElement(keyInfo))[1], 'public key');
}

function keyFamilyOf(algorithm: KeyAlgorithm): 'RSA' | 'ECC' {
  return algorithm.startsWith('RSA') ? 'RSA' : 'ECC';
}

/** Sixteen random bytes, positive and never starting with a zero byte. */
export function randomSerialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

/** Lower-case hex without leading zeros, as `SerialNumber` shows it. */
export function showSerialNumber(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/^0+(?=.)/, '');
}

/** The CA's own PEM and those above it in signing order, with or without the root. */
export function authorityChain(authority: Authority, includeRoot: boolean): readonly string[] {
  const chain: string[] = [];
  for (let next: Authority | undefined = authority; next !== undefined; next = next.parent)
    if (includeRoot || next.kind !== 'ROOT') chain.push(next.certificatePem);

  return chain;
}

/** The root above a CA, or the CA itself. */
export function rootOf(authority: Authority): Authority {
  let root = authority;
  while (root.parent !== undefined) root = root.parent;
  return root;
}
