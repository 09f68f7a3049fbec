// Hostile bytes: for any input the outcome is a value. ISSUING_FUZZ_RUNS sets the number of runs per target.
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { parseDuration } from '../../../src/issuing/duration.ts';
import { verifyIssued } from '../../../src/issuing/issued-certificate.ts';
import { readIssuingCA } from '../../../src/issuing/issuing-ca.ts';
import { clientCertificates, warehouseCertificates } from '../../../src/issuing/certificate-store.ts';
import { readIssuedList } from '../../../src/issuing/lookup.ts';
import {
  externalCACertificate,
  readExternalCA,
  readInstanceStatus,
} from '../../../src/issuing/operations/external-ca-certificate.ts';
import { issuingOperations } from '../../../src/issuing/operations/index.ts';
import { readSigningRequest } from '../../../src/issuing/signing-request.ts';
import { describedCA, encoded, makeCsr, makeHierarchy } from '../../support/certificates.ts';
import { fulfil, issuingCA, now, plan, reply, requestFields, signingRequest } from '../../support/issuing.ts';

const runs = Number(process.env['ISSUING_FUZZ_RUNS'] ?? 2000);
const seed = Number(process.env['ISSUING_FUZZ_SEED'] ?? 4);
const timeout = 10_000 + runs * 10;

const hierarchy = await makeHierarchy('P-256', new Date('2026-01-01T00:00:00Z'));
const ca = issuingCA(hierarchy);
const csr = await makeCsr('P-256', {
  subject: [{ O: ['One', 'Two'] }, { CN: ['a.example'] }],
  names: [
    { kind: 'dns', value: 'a.example' },
    { kind: 'ip', value: '10.0.0.1' },
    { kind: 'dn', value: 'CN=a' },
  ],
  keyUsages: ['digitalSignature'],
  extendedKeyUsages: ['1.3.6.1.5.5.7.3.1'],
  isCA: false,
});
const plain = await makeCsr('P-256', {
  subject: [{ CN: ['a.example'] }],
  names: [{ kind: 'dns', value: 'a.example' }],
});
const planned = plan(signingRequest(plain), ca);
const leaf = await fulfil(planned, hierarchy.issuing);

const derOf = (pem: string) => Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
const pemOf = (der: Buffer, label: string) =>
  `-----BEGIN ${label}-----\n${der.toString('base64')}\n-----END ${label}-----\n`;

/** A valid original with a few octets changed, inserted or removed. */
function mutated(original: Buffer): fc.Arbitrary<Buffer> {
  const edit = fc.record({
    at: fc.nat({ max: original.length - 1 }),
    kind: fc.constantFrom('set', 'insert', 'remove', 'cut'),
    octet: fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0x00, 0x30, 0x80, 0x84, 0xa0, 0xff)),
  });
  return fc.array(edit, { minLength: 1, maxLength: 4 }).map((edits) =>
    edits.reduce<Buffer>((bytes, { at, kind, octet }) => {
      if (kind === 'cut') return bytes.subarray(0, Math.max(1, bytes.length - (at % 32)));
      const tail = bytes.subarray(kind === 'insert' ? at : at + 1);
      return Buffer.concat([bytes.subarray(0, at), kind === 'remove' ? Buffer.alloc(0) : Buffer.of(octet), tail]);
    }, original),
  );
}

const garbage = fc.uint8Array({ maxLength: 300 }).map((octets) => Buffer.from(octets));
const anyDer = (original: string) => fc.oneof({ weight: 4, arbitrary: mutated(derOf(original)) }, garbage);
const anyText = (original: string) =>
  fc.oneof(mutated(Buffer.from(original)), garbage).map((bytes) => bytes.toString('latin1'));

function always<T>(arbitrary: fc.Arbitrary<T>, check: (value: T) => void): void {
  fc.assert(fc.property(arbitrary, check), { numRuns: runs, seed });
}

describe('hostile bytes', () => {
  test(
    'a changed CSR is refused: no change keeps the signature, and none is known by the proof of another',
    { timeout },
    () => {
      const original = derOf(csr);
      const proven = createHash('sha256').update(original).digest('base64');
      always(anyDer(csr), (der) => {
        const read = readSigningRequest(
          requestFields(pemOf(der, 'CERTIFICATE REQUEST'), { usages: ['digital signature', 'server auth'] }),
          proven,
        );
        expect(read.kind).toBe(der.equals(original) ? 'ok' : 'refused');
      });
    },
  );

  test('a changed PEM or any spec.request gives a value', { timeout }, () => {
    always(fc.oneof(anyText(csr).map(encoded), fc.string({ maxLength: 400 })), (request) => {
      expect(['ok', 'refused']).toContain(readSigningRequest(requestFields('', { request })).kind);
    });
  });

  test('a changed leaf is never verified', { timeout }, () => {
    const original = derOf(leaf);
    always(anyDer(leaf), (der) => {
      const answer = reply(pemOf(der, 'CERTIFICATE'), hierarchy.issuing.pem);
      const { kind } = verifyIssued({ plan: planned, reply: answer, ca, trust: 'Root', now });
      expect(kind).toBe(der.equals(original) ? 'verified' : 'mismatch');
    });
  });

  test('a changed chain is refused or makes no difference', { timeout }, () => {
    const expected = verifyIssued({ plan: planned, reply: reply(leaf), ca, trust: 'Root', now });
    always(anyText(hierarchy.issuing.pem + hierarchy.root.pem), (chain) => {
      const result = verifyIssued({ plan: planned, reply: reply(leaf, chain), ca, trust: 'Root', now });
      if (result.kind === 'verified') expect(result).toEqual(expected);
    });
  });

  test('any body of an answer gives a value', { timeout }, () => {
    const valid = describedCA(hierarchy).Certificate;
    const fields = fc.constantFrom(
      ...Object.keys(valid),
      'List',
      'TotalCount',
      'CertMaxTime',
      'CertChain',
      'Certificate',
      'X509Certificate',
      'Content',
      'InstanceStatusList',
      'CertificateList',
      'CertList',
    );
    const body = fc.oneof(
      fc.anything(),
      fc.dictionary(fields, fc.anything()).map((changes) => ({ Certificate: { ...valid, ...changes }, ...changes })),
    );
    always(body, (value) => {
      expect(['ok', 'malformed']).toContain(readIssuingCA(value).kind);
      expect(['ok', 'malformed']).toContain(readIssuedList(value).kind);
      for (const store of [clientCertificates, warehouseCertificates]) {
        expect(['issued', 'pending', 'malformed']).toContain(store.read(value).kind);
        expect(['ok', 'malformed']).toContain(store.readList(value).kind);
      }
      for (const operation of [...Object.values(issuingOperations), externalCACertificate])
        expect(['issued', 'pending', 'malformed']).toContain(operation.read(value).kind);

      expect(['issued', 'pending', 'malformed']).toContain(readExternalCA(value).kind);
      expect(['free', 'used', 'lost', 'malformed']).toContain(readInstanceStatus(value, 'a').kind);
    });
  });

  test('any duration gives a value', { timeout }, () => {
    const letters = fc.string({ unit: fc.constantFrom(...Array.from('0123456789.+-hmsnuµ ')), maxLength: 80 });
    always(fc.oneof(letters, fc.string()), (text) => {
      const duration = parseDuration(text);
      expect(duration.kind === 'malformed' || Number.isSafeInteger(duration.seconds)).toBe(true);
    });
  });
});
