import { describe, expect, test } from 'vitest';

import { assessIssuingCA, describeIssuingCACall, readIssuingCA } from '../../../src/issuing/issuing-ca.ts';
import { issuingOperations } from '../../../src/issuing/operations/index.ts';
import { describedCA, makeHierarchy } from '../../support/certificates.ts';
import { issuingCA, now } from '../../support/issuing.ts';

const hierarchy = await makeHierarchy('P-256', new Date('2026-01-01T00:00:00Z'));
const id = '1ed4068c-6f1b-6deb-8e32-3f8439a851cb';
const ca = {
  identifier: id,
  status: 'ISSUE',
  type: 'SUB_ROOT',
  keyFamily: 'ECC',
  issuerType: 'local',
  subject: 'CN=Test Issuing CA P-256',
  notBefore: new Date('2026-01-01T00:00:00Z'),
  notAfter: new Date('2035-12-30T00:00:00Z'),
  maxValiditySeconds: undefined,
  remainingCertificates: 40,
  totalCertificates: undefined,
  certificate: hierarchy.issuing.pem,
  chain: [hierarchy.issuing.pem, hierarchy.root.pem],
};

describe('reading a CA', () => {
  test('the call asks for one CA', () => {
    expect(describeIssuingCACall(id)).toEqual({
      action: 'DescribeCACertificate',
      version: '2020-06-30',
      parameters: { Identifier: id },
    });
  });

  test.each<[string, Readonly<Record<string, unknown>>, object]>([
    ['as PCA writes it', {}, {}],
    [
      'numbers as texts',
      { BeforeDate: '1767225600000', AfterDate: '2082585600000', CertRemainingCount: '7' },
      { remainingCertificates: 7 },
    ],
    ['a longest lifetime in days', { CertMaxTime: 90 }, { maxValiditySeconds: 7_776_000 }],
    ['no longest lifetime', { CertMaxTime: 0 }, {}],
    ['figures that count nothing', { CertMaxTime: -1, CertRemainingCount: -1 }, { remainingCertificates: undefined }],
    [
      'fractions of days and certificates',
      { CertMaxTime: 0.5, CertRemainingCount: '1.5' },
      { remainingCertificates: undefined },
    ],
    ['an end after that of its certificate', { AfterDate: 253_402_300_800_000 }, {}],
    ['a begin before that of its certificate', { BeforeDate: 1 }, {}],
    [
      'without what it may leave out',
      {
        BeforeDate: undefined,
        AfterDate: null,
        IssuerType: '',
        SubjectDN: undefined,
        CertRemainingCount: undefined,
        CaCertChain: '',
      },
      { remainingCertificates: undefined, chain: [] },
    ],
    [
      'PEMs with literal backslash-n',
      {
        X509Certificate: hierarchy.issuing.pem.trim().replaceAll('\n', '\\n'),
        CaCertChain: hierarchy.root.pem.replaceAll('\n', '\\n'),
      },
      { chain: [hierarchy.root.pem] },
    ],
  ])('%s', (_, changes, expected) => {
    expect(readIssuingCA(describedCA(hierarchy, changes))).toEqual({ kind: 'ok', ca: { ...ca, ...expected } });
  });

  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'the answer to DescribeCACertificate holds no certificate'],
    ['a list', [], 'the answer to DescribeCACertificate holds no certificate'],
    ['no status', describedCA(hierarchy, { Status: undefined }), 'the answer to DescribeCACertificate has no Status'],
    [
      'a damaged certificate',
      describedCA(hierarchy, { X509Certificate: hierarchy.issuing.pem.slice(0, 200) }),
      'X509Certificate of the CA cannot be read: a PEM block is damaged',
    ],
    [
      'a chain that is none',
      describedCA(hierarchy, { CaCertChain: 'none' }),
      'CaCertChain of the CA cannot be read: a text holds no PEM certificate',
    ],
  ])('%s is malformed', (_, body, message) => {
    expect(readIssuingCA(body)).toEqual({ kind: 'malformed', message });
  });
});

describe('assessing a CA', () => {
  const custom = issuingOperations.CreateCustomCertificate;
  const assess = (changes: Readonly<Record<string, unknown>>, at = now) =>
    assessIssuingCA(issuingCA(hierarchy, changes), custom, at);

  test('an active sub CA is usable', () => {
    expect(assess({})).toEqual({ kind: 'usable' });
    expect(assess({ CertRemainingCount: undefined })).toEqual({ kind: 'usable' });
  });

  test.each<[string, Readonly<Record<string, unknown>>, string, string]>([
    [
      'a root',
      { CertificateType: 'ROOT' },
      'IssuingCAIsRoot',
      `CA "${id}" is a root CA, and PCA issues certificates from subordinate CAs only. Set spec.parentIdentifier to a subordinate CA.`,
    ],
    [
      'a compliance CA',
      { IssuerType: 'iTrusChina' },
      'OperationRefusedByCA',
      `CA "${id}" is a compliance CA (IssuerType iTrusChina), from which CreateCustomCertificate cannot issue. Set spec.operation to one that it supports, or spec.parentIdentifier to a private CA.`,
    ],
    [
      'an SM2 CA',
      { Algorithm: 'SM2' },
      'IssuingCAKeyNotSupported',
      `CA "${id}" has a key of family SM2, whose certificates cert-manager cannot verify. Set spec.parentIdentifier to a CA with an RSA or ECC key.`,
    ],
    [
      'a revoked CA',
      { Status: 'REVOKE' },
      'IssuingCANotActive',
      `CA "${id}" is not active (Status REVOKE, not ISSUE). Activate it in PCA, or set spec.parentIdentifier to another CA.`,
    ],
    [
      'an expired CA',
      { AfterDate: now.getTime() },
      'IssuingCAExpired',
      `CA "${id}" expired at 2026-11-23T10:00:00Z. Renew it in PCA, or set spec.parentIdentifier to another CA.`,
    ],
    [
      'a CA of tomorrow',
      { BeforeDate: now.getTime() + 1000 },
      'IssuingCANotYetValid',
      `CA "${id}" is not valid before 2026-11-23T10:00:01Z. Wait until then, check the clock of this machine, or set spec.parentIdentifier to another CA.`,
    ],
    [
      'a CA without quota',
      { CertRemainingCount: 0 },
      'IssuingCAExhausted',
      `CA "${id}" has no certificates left. Buy or assign more certificates to it in PCA.`,
    ],
  ])('%s is unusable', (_, changes, reason, message) => {
    expect(assess(changes)).toEqual({ kind: 'unusable', reason, message });
  });
});
