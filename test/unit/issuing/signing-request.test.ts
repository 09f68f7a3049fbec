import { createHash, createPublicKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';

import { readSecondedRequest, readSigningRequest } from '../../../src/issuing/signing-request.ts';
import type { RequestFields } from '../../../src/issuing/signing-request.ts';
import { encoded, keyPair, makeCsr, Pkcs10CertificateRequest, withBytes } from '../../support/certificates.ts';
import type { TestName } from '../../support/certificates.ts';
import { pemOf } from '../../support/der.ts';
import { requestFields, requestUid, signingRequest } from '../../support/issuing.ts';

const p256 = await makeCsr('P-256', { subject: [{ CN: ['a.example'] }] });
const advice = 'Create the CertificateRequest again with a signed PKCS#10 request in PEM.';

function refusal(fields: RequestFields) {
  const read = readSigningRequest(fields);
  return read.kind === 'refused' ? read.refusal : read;
}

const invalidCsr = (fault: string) => ({
  reason: 'InvalidCSR',
  field: 'spec.request',
  message: `spec.request: the certificate request (CSR) cannot be used: ${fault}. ${advice}`,
});

describe('reading a request', () => {
  test('every fact of the CSR is found as it stands there', async () => {
    const names: readonly TestName[] = [
      { kind: 'dns', value: '*.a.example' },
      { kind: 'ip', value: '10.0.0.1' },
      { kind: 'ip', value: '2001:db8::1' },
      { kind: 'email', value: 'a@a.example' },
      { kind: 'uri', value: 'spiffe://a.example/ns/b' },
    ];
    const pem = await makeCsr('P-384', {
      subject: [{ C: ['CN'] }, { O: ['One', 'Two'] }, { O: ['公司'] }, { OU: ['a'] }, { OU: ['b'] }, { CN: ['x'] }],
      names,
      keyUsages: ['digitalSignature', 'decipherOnly', 'keyAgreement'],
      extendedKeyUsages: ['1.3.6.1.5.5.7.3.2', '1.3.6.1.4.1.311.10.3.3'],
      isCA: false,
    });
    const request = signingRequest(pem, {
      usages: ['digital signature', 'key agreement', 'decipher only', 'client auth', 'microsoft sgc'],
      duration: '1h30m',
    });
    const reference = new Pkcs10CertificateRequest(pem);
    const spki = Buffer.from(reference.publicKey.rawData);
    const usages = {
      keyUsages: ['digitalSignature', 'keyAgreement', 'decipherOnly'],
      extendedKeyUsages: ['1.3.6.1.5.5.7.3.2', '1.3.6.1.4.1.311.10.3.3'],
    };
    expect(request).toEqual({
      uid: requestUid,
      durationSeconds: 5400,
      isCA: false,
      usages,
      csr: {
        pem,
        publicKey: { family: 'ECC', bits: 384, name: 'P-384', spki },
        subject: {
          der: Buffer.from(reference.subjectName.toArrayBuffer()),
          attributes: [
            { rdn: 0, oid: '2.5.4.6', value: 'CN' },
            { rdn: 1, oid: '2.5.4.10', value: 'One' },
            { rdn: 1, oid: '2.5.4.10', value: 'Two' },
            { rdn: 2, oid: '2.5.4.10', value: '公司' },
            { rdn: 3, oid: '2.5.4.11', value: 'a' },
            { rdn: 4, oid: '2.5.4.11', value: 'b' },
            { rdn: 5, oid: '2.5.4.3', value: 'x' },
          ],
        },
        extensions: {
          alternativeNames: {
            names,
            unsupported: [],
          },
          ...usages,
          isCA: false,
          hasNameConstraints: false,
        },
      },
    });
  });

  test.each([
    ['P-256', { family: 'ECC', bits: 256, name: 'P-256' }],
    ['P-521', { family: 'ECC', bits: 521, name: 'P-521' }],
    ['RSA-2048', { family: 'RSA', bits: 2048, name: 'RSA 2048' }],
    ['RSA-4096', { family: 'RSA', bits: 4096, name: 'RSA 4096' }],
    ['Ed25519', { family: 'Ed25519', bits: 256, name: 'Ed25519' }],
  ] as const)('the key of a %s request is recognised', async (kind, facts) => {
    const request = signingRequest(await makeCsr(kind, { subject: [{ CN: ['a'] }] }));
    const { publicKey } = await keyPair(kind);
    const key = createPublicKey({
      key: Buffer.from(await crypto.subtle.exportKey('spki', publicKey)),
      format: 'der',
      type: 'spki',
    });
    expect(request.csr.publicKey).toEqual({ ...facts, spki: key.export({ format: 'der', type: 'spki' }) });
  });

  test.each([
    ['0.0.0.0', '0.0.0.0'],
    ['2001:0db8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['0:0:0:0:0:0:0:10', '::10'],
    ['1:0:2:0:3:0:4:0', '1:0:2:0:3:0:4:0'],
    ['10:0:0:100:0:0:0:1', '10:0:0:100::1'],
  ])('the address %s is written as %s', async (written, canonical) => {
    const request = signingRequest(await makeCsr('P-256', { names: [{ kind: 'ip', value: written }] }));
    expect(request.csr.extensions.alternativeNames.names).toEqual([{ kind: 'ip', value: canonical }]);
  });

  test('a request without usages and duration gets the defaults of cert-manager', () => {
    const { usages, durationSeconds } = signingRequest(p256);
    expect({ usages, durationSeconds }).toEqual({
      usages: { keyUsages: ['digitalSignature', 'keyEncipherment'], extendedKeyUsages: [] },
      durationSeconds: 7_776_000,
    });
    expect(signingRequest(p256, { usages: [] }).usages).toEqual(usages);
  });

  test('all words for usages are known, once each, in the order of their bits', () => {
    const usages = ['decipher only', 'encipher only', 'key agreement', 'data encipherment', 'key encipherment',
      'content commitment', 'digital signature', 'signing', 'any', 'server auth', 'client auth', 'code signing',
      'email protection', 's/mime', 'ipsec end system', 'ipsec tunnel', 'ipsec user', 'timestamping', 'ocsp signing',
      'microsoft sgc', 'netscape sgc', 'crl sign', 'cert sign']; // prettier-ignore
    expect(signingRequest(p256, { usages }).usages).toEqual({
      keyUsages: ['digitalSignature', 'contentCommitment', 'keyEncipherment', 'dataEncipherment', 'keyAgreement',
        'keyCertSign', 'cRLSign', 'encipherOnly', 'decipherOnly'], // prettier-ignore
      extendedKeyUsages: ['2.5.29.37.0', '1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.3',
        '1.3.6.1.5.5.7.3.4', '1.3.6.1.5.5.7.3.5', '1.3.6.1.5.5.7.3.6', '1.3.6.1.5.5.7.3.7', '1.3.6.1.5.5.7.3.8',
        '1.3.6.1.5.5.7.3.9', '1.3.6.1.4.1.311.10.3.3', '2.16.840.1.113730.4.1'], // prettier-ignore
    });
  });

  test('the label NEW CERTIFICATE REQUEST, CRLF and text around the block are accepted', () => {
    const odd = `Subject: CN=a\r\n${p256.replaceAll('CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST').replaceAll('\n', '\r\n')}\r\n`;
    expect(signingRequest(odd).csr).toEqual(signingRequest(p256).csr);
  });
});

describe('a CSR that was taken before', () => {
  const der = Buffer.from(p256.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  const unsigned = Buffer.from(der);
  unsigned[unsigned.length - 1] = (unsigned.at(-1) ?? 0) ^ 1;
  const fieldsOf = (octets: Buffer) => requestFields(pemOf(octets, 'CERTIFICATE REQUEST'));
  const proofOf = (octets: Buffer) => createHash('sha256').update(octets).digest('base64');

  test('is known by its own octets', () => {
    const read = readSigningRequest(fieldsOf(der));
    expect(read.kind === 'ok' && read.proof).toBe(proofOf(der));
    expect(readSigningRequest(fieldsOf(der), proofOf(der))).toEqual(read);
  });

  test('is believed: its signature is not checked again', () => {
    expect(readSigningRequest(fieldsOf(unsigned), proofOf(unsigned)).kind).toBe('ok');
  });

  test('proves nothing about another', () => {
    expect(readSigningRequest(fieldsOf(unsigned), proofOf(der)).kind).toBe('refused');
  });

  test('needs no second opinion again', async () => {
    const fields = requestFields(await makeCsr('Ed25519', { subject: [{ CN: ['a'] }] }));
    const read = await readSecondedRequest(fields);
    const proof = read.kind === 'ok' ? read.proof : undefined;
    expect(readSigningRequest(fields).kind).toBe('unseconded');
    expect(readSigningRequest(fields, proof)).toEqual(read);
  });
});

describe('refusing a request', () => {
  const der = Buffer.from(p256.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  const asPem = (bytes: Buffer, label = 'CERTIFICATE REQUEST') =>
    `-----BEGIN ${label}-----\n${bytes.toString('base64')}\n-----END ${label}-----\n`;

  test.each([
    ['nothing', '', 'it is empty'],
    ['no base64', '%%%', 'it is not valid base64'],
    ['too much', 'A'.repeat(98_308), 'it is larger than 64 KiB'],
    ['no PEM', encoded('hello'), 'it holds no PEM block "CERTIFICATE REQUEST"'],
    [
      'another PEM',
      encoded(asPem(der, 'CERTIFICATE')),
      'its PEM block is a "CERTIFICATE", not a "CERTIFICATE REQUEST"',
    ],
    ['two PEMs', encoded(p256 + p256), 'it holds more than one PEM block'],
    ['damaged base64', encoded(p256.replace('\nMI', '\nI')), 'its PEM block is not valid base64'],
    ['a cut request', encoded(asPem(der.subarray(0, -9))), 'an element is longer than what holds it'],
    ['bytes behind', encoded(asPem(Buffer.concat([der, Buffer.of(0)]))), 'bytes follow after the end'],
    ['an empty sequence', encoded(asPem(Buffer.of(0x30, 0))), 'the algorithm of the signature is missing'],
    [
      'another subject under the old signature',
      encoded(withBytes(p256, '612e6578616d706c65', '622e6578616d706c65')),
      'its signature does not match its public key, so the requester has not proven that it holds the key',
    ],
    [
      'an algorithm that is no sequence',
      encoded(withBytes(p256, '300a06082a8648ce3d040302', 'a00a06082a8648ce3d040302')),
      'the algorithm of the signature has the wrong type',
    ],
    [
      'a point off the curve',
      encoded(
        withBytes(
          p256,
          Buffer.from(signingRequest(p256).csr.publicKey.spki).toString('hex').slice(-16),
          '0000000000000000',
        ),
      ),
      'the public key is not a valid key of its algorithm',
    ],
  ])('%s instead of a CSR', (_, request, fault) => {
    expect(refusal(requestFields('', { request }))).toEqual(invalidCsr(fault));
  });

  test('a CSR signed with SHA-1', async () => {
    const pem = await makeCsr('RSA-2048-SHA1', { subject: [{ CN: ['a'] }] });
    const fault = 'it is signed with SHA-1; sign it with SHA-256, SHA-384 or SHA-512';
    expect(refusal(requestFields(pem))).toEqual(invalidCsr(fault));
  });

  test.each<[string, Partial<RequestFields>, object]>([
    [
      'an unknown usage',
      { usages: ['server auth', 'serve coffee'] },
      {
        reason: 'UnknownUsage',
        field: 'spec.usages',
        message:
          'spec.usages: unknown usage "serve coffee". Use the usages that cert-manager documents, such as "server auth", or upgrade the operator if cert-manager is newer.',
      },
    ],
    [
      'no duration',
      { duration: '90 days' },
      {
        reason: 'InvalidDuration',
        field: 'spec.duration',
        message:
          'spec.duration: "90 days" is not a duration; write hours, minutes and seconds, such as 2160h or 1h30m.',
      },
    ],
    ...(['0s', '-1h', '999ms'] as const).map((duration): [string, Partial<RequestFields>, object] => [
      `a duration of ${duration}`,
      { duration },
      {
        reason: 'InvalidDuration',
        field: 'spec.duration',
        message: `spec.duration: a certificate must be valid for at least one second, but the request asks for ${duration === '-1h' ? '-1h0m0s' : '0s'}. Ask for a longer duration.`,
      },
    ]),
  ])('%s', (_, changes, expected) => {
    expect(refusal(requestFields(p256, changes))).toEqual(expected);
  });

  test('usages of the CSR that contradict the spec', async () => {
    const pem = await makeCsr('P-256', { keyUsages: ['digitalSignature'], extendedKeyUsages: ['1.3.6.1.5.5.7.3.1'] });
    expect(refusal(requestFields(pem, { usages: ['digital signature', 'client auth'] }))).toEqual({
      reason: 'CSRContradictsSpec',
      field: 'spec.usages',
      message:
        'spec.usages: the request asks for "digital signature", "client auth", its CSR for "digital signature", "server auth". Make both the same, or leave the usages out of the CSR.',
    });
  });

  test('a CA flag of the CSR that contradicts the spec', async () => {
    const pem = await makeCsr('P-256', { isCA: true });
    expect(refusal(requestFields(pem))).toEqual({
      reason: 'CSRContradictsSpec',
      field: 'spec.isCA',
      message: 'spec.isCA: it is false, but the CSR asks for a CA certificate. Make both the same.',
    });
  });

  test.each([
    ['SM2', '06082a811ccf5501822d', 'SM2, which cert-manager cannot verify either'],
    ['an unknown curve', '06082a8648ce3d03017f', 'curve 1.2.840.10045.3.1.127'],
  ])('a key of %s, whose signature cannot be checked', (_, curve, name) => {
    expect(refusal(requestFields(withBytes(p256, '06082a8648ce3d030107', curve)))).toEqual({
      reason: 'KeyNotSupported',
      field: 'spec.request',
      message: `spec.request: the CSR's key is ${name}, so its signature cannot be checked. Choose an RSA or ECDSA key (in a Certificate: spec.privateKey).`,
    });
  });
});
