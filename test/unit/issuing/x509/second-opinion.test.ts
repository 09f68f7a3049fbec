// Which requests need a second opinion, what becomes of those that do, and that the others would have had the same.
import { constants, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readSecondedRequest, readSigningRequest } from '../../../../src/issuing/signing-request.ts';
import { readCsr } from '../../../../src/issuing/x509/csr.ts';
import { isSeconded } from '../../../../src/issuing/x509/request/second-opinion.ts';
import type { LoadSecondReader } from '../../../../src/issuing/x509/request/second-opinion.ts';
import { readSecond } from '../../../../src/issuing/x509/request/second-reader.ts';
import { randomRequest } from '../../../integration/differential/random-requests.ts';
import { bits, integer, nameOf, oid, pemOf, sequence, tlv } from '../../../support/der.ts';
import { requestFields } from '../../../support/issuing.ts';

const runs = Number(process.env['SECOND_OPINION_RUNS'] ?? (process.env['TEST_FULL'] === '1' ? 50_000 : 3_000));
const timeout = 10_000 + runs * 20;

interface Form {
  readonly key: KeyPair;
  /** DER of AlgorithmIdentifier. */
  readonly algorithm: Buffer;
  readonly digest: string | undefined;
  readonly saltLength?: number;
}

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const onCurve = (namedCurve: string): KeyPair => generateKeyPairSync('ec', { namedCurve });
const [p224, p256, p384, p521] = [onCurve('P-224'), onCurve('P-256'), onCurve('P-384'), onCurve('P-521')];
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const digests = ['sha256', 'sha384', 'sha512'];
const nothing = tlv(0x05);
const ecdsa = (key: KeyPair, digest: number): Form => ({
  key,
  algorithm: sequence(oid(`2a8648ce3d04030${digest + 2}`)),
  digest: digests[digest],
});
const pkcs1 = (digest: number, ...parameters: readonly Buffer[]): Form => ({
  key: rsa,
  algorithm: sequence(oid(`2a864886f70d01010${'bcd'[digest] ?? ''}`), ...parameters),
  digest: digests[digest],
});
const hash = (digest: number): Buffer => sequence(oid(`60864801650304020${digest + 1}`), nothing);
const pss = (digest: number): Form => {
  const saltLength = [32, 48, 64][digest] ?? 0;
  const parameters = sequence(
    tlv(0xa0, hash(digest)),
    tlv(0xa1, sequence(oid('2a864886f70d010108'), hash(digest))),
    tlv(0xa2, integer(BigInt(saltLength))),
  );
  return { key: rsa, algorithm: sequence(oid('2a864886f70d01010a'), parameters), digest: digests[digest], saltLength };
};
const ed25519: Form = { key: generateKeyPairSync('ed25519'), algorithm: sequence(oid('2b6570')), digest: undefined };

const usual = [0, 1, 2].flatMap((digest): readonly (readonly [string, Form])[] => {
  const name = digests[digest] ?? '';
  return [
    [`ECDSA, P-224, ${name}`, ecdsa(p224, digest)],
    [`ECDSA, P-256, ${name}`, ecdsa(p256, digest)],
    [`ECDSA, P-384, ${name}`, ecdsa(p384, digest)],
    [`ECDSA, P-521, ${name}`, ecdsa(p521, digest)],
    [`RSA, ${name}`, pkcs1(digest, nothing)],
    [`RSA, ${name}, without NULL`, pkcs1(digest)],
  ];
});
const unusual: readonly (readonly [string, Form])[] = [
  ['Ed25519', ed25519],
  ...[0, 1, 2].map((digest) => [`RSASSA-PSS, ${digests[digest] ?? ''}`, pss(digest)] as const),
];

function requestOf({ key, algorithm, digest, saltLength }: Form): Buffer {
  const spki = key.publicKey.export({ type: 'spki', format: 'der' });
  const body = sequence(integer(0n), nameOf(['a.example']), spki, tlv(0xa0));
  const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
  const proof = sign(digest, body, saltLength === undefined ? key.privateKey : { key: key.privateKey, ...padding });
  return sequence(body, algorithm, bits(proof));
}

const fieldsOf = (der: Buffer) => requestFields(pemOf(der, 'CERTIFICATE REQUEST'));
const unloadable: LoadSecondReader = async () => {
  throw new Error('The second reader is not there.');
};

describe('a usual request', () => {
  it.each(usual)('is taken by our own reader alone: %s', async (_, form) => {
    const der = requestOf(form);
    expect(await readSecondedRequest(fieldsOf(der), undefined, unloadable)).toMatchObject({ kind: 'ok' });
  });

  it.each(usual)('would have been seconded: %s', (_, form) => {
    const der = requestOf(form);
    const read = readCsr(pemOf(der, 'CERTIFICATE REQUEST'));
    expect(read.kind === 'ok' && isSeconded({ der, algorithm: read.algorithm }, readSecond)).toBe(true);
  });

  it('would have been seconded, whatever else is in it', { timeout }, () => {
    const taken = { usual: 0, unusual: 0 };
    for (let number = 1; number <= runs; number += 1) {
      const { der, how } = randomRequest(number);
      const read = readCsr(pemOf(der, 'CERTIFICATE REQUEST'));
      if (read.kind === 'unseconded') taken.unusual += 1;
      if (read.kind !== 'ok') continue;
      taken.usual += 1;
      if (!isSeconded({ der, algorithm: read.algorithm }, readSecond))
        throw new Error(`number ${number} (${how}): ${JSON.stringify([read.algorithm, readSecond(der)])}`);
    }
    expect(taken.usual).toBeGreaterThan(runs / 10);
    expect(taken.unusual).toBeGreaterThan(0);
  });
});

describe('an unusual request', () => {
  it.each(unusual)('is taken only with a second opinion: %s', async (_, form) => {
    const fields = fieldsOf(requestOf(form));
    const alone = readSigningRequest(fields);
    expect(alone.kind).toBe('unseconded');
    const { request, proof } = alone.kind === 'refused' ? {} : alone;
    expect(await readSecondedRequest(fields)).toEqual({ kind: 'ok', request, proof });
  });

  const fields = fieldsOf(requestOf(ed25519));

  it.each([
    ['takes it for none', undefined],
    ['names another algorithm', { name: 'ECDSA', hash: undefined }],
    ['names a digest', { name: 'Ed25519', hash: 'SHA-512' }],
  ])('is refused where the second reader %s', async (_, named) => {
    expect(await readSecondedRequest(fields, undefined, async () => () => named)).toEqual({
      kind: 'refused',
      refusal: {
        reason: 'InvalidCSR',
        field: 'spec.request',
        message:
          'spec.request: the certificate request (CSR) cannot be used: it is not a PKCS#10 certificate request. Create the CertificateRequest again with a signed PKCS#10 request in PEM.',
      },
    });
  });

  it('is not refused where the second reader cannot be loaded: that says nothing about the request', async () => {
    await expect(readSecondedRequest(fields, undefined, unloadable)).rejects.toThrow('The second reader is not there.');
  });

  it('is refused before, where our own reader refuses it', async () => {
    const der = requestOf(ed25519);
    der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
    expect(await readSecondedRequest(fieldsOf(der), undefined, unloadable)).toMatchObject({ kind: 'refused' });
  });
});
