// The CSRs of a benchmark: each with names of its own and, where keys are quick to make, a key of its own, so that nothing that
// remembers a CSR or a key has it easier than with real requests.
import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { signatureAlgorithm } from '../../../simulator/x509/certificate.ts';
import {
  bitString,
  contextual,
  objectIdentifier,
  sequence,
  set,
  unsignedInteger,
} from '../../../simulator/x509/der-writer.ts';
import { extension, extensionType, subjectAlternativeName } from '../../../simulator/x509/extensions.ts';
import { attributeType, encodeName } from '../../../simulator/x509/names.ts';
import { toPem } from '../../../simulator/x509/pem.ts';

/** What is asked for. */
export interface RequestShape {
  readonly key: 'P-256' | 'RSA-2048' | 'RSA-4096';
  /** How many DNS names. */
  readonly names: number;
}

/** What most cases ask for. */
export const usualShape: RequestShape = { key: 'P-256', names: 1 };

const extensionRequest = '1.2.840.113549.1.9.14';
// An RSA key takes up to seconds, so the requests share a few.
const sharedKeys = 4;
const pools = new Map<string, readonly KeyObject[]>();

/** Base64 of the PEM of a request, as spec.request wants it; `name` is a DNS label. */
export function signingRequest({ key, names }: RequestShape, name: string, index: number): string {
  const privateKey = keyOf(key, index);
  const information = sequence(
    unsignedInteger(Buffer.of(0)),
    encodeName([{ type: attributeType.commonName, value: `${name}.example.com` }]),
    publicKeyInfo(privateKey),
    contextual(
      0,
      'constructed',
      sequence(objectIdentifier(extensionRequest), set(sequence(alternativeNames(name, names)))),
    ),
  );
  const signed = sequence(
    information,
    signatureAlgorithm(key === 'P-256' ? 'ECC' : 'RSA', 'sha256'),
    bitString(sign('sha256', information, privateKey)),
  );
  return Buffer.from(toPem('CERTIFICATE REQUEST', signed)).toString('base64');
}

function alternativeNames(name: string, count: number): Buffer {
  const values = Array.from({ length: count }, (_, index) => (index === 0 ? name : `${name}-${index}`));
  const names = values.map((value) => ({ type: 'dNSName' as const, value: `${value}.example.com` }));
  return extension(extensionType.subjectAlternativeName, false, subjectAlternativeName(names));
}

function keyOf(kind: RequestShape['key'], index: number): KeyObject {
  if (kind === 'P-256') return makeKey(kind);
  const pool = pools.get(kind) ?? Array.from({ length: sharedKeys }, () => makeKey(kind));
  pools.set(kind, pool);
  return pool[index % pool.length] ?? makeKey(kind);
}

function makeKey(kind: RequestShape['key']): KeyObject {
  return kind === 'P-256'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    : generateKeyPairSync('rsa', { modulusLength: Number(kind.slice('RSA-'.length)) }).privateKey;
}

function publicKeyInfo(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: 'spki', format: 'der' });
}
