// Rows: the certificate of an earlier try, by our identifier and, where the operation takes none, by its key.
import { describes, fails, issues, lists, listsStored, says } from './cloud.ts';
import {
  adopted,
  lost,
  failed,
  issued,
  issuerHeld,
  remembers,
  seen,
  troubled,
  troubledAgain,
  waits,
} from './expected.ts';
import type { Row, Scene } from './scene.ts';
import * as texts from './texts.ts';

const custom = 'CreateCustomCertificate';
const call = `${custom} web-1`;
const extension = 'CreateCertificateWithExtension';
const byKey: NonNullable<Scene['issuer']> = { spec: { operation: extension } };
const forgotten = { remembered: seen().remembered };
const uncertain = remembers({ earlier: { unknownSince: 0 } });
const differing = texts.mismatch('c1', '', texts.otherKey);

export const earlierRows: readonly Row[] = [
  {
    name: 'after a take-over: the certificate of the earlier replica is found and adopted without a call',
    scene: {
      takenOver: true,
      cloud: { ListCert: [lists({ 'web-1': 'c1' })], DescribeClientCertificate: [describes('c1')] },
    },
    expected: seen(adopted(texts.issued(custom, 'c1')), { calls: ['ListCert 1', 'DescribeClientCertificate c1'] }),
  },
  {
    name: 'after a take-over: what is found lives shorter, since a limit of then cut it; it is adopted and the message says so',
    scene: {
      takenOver: true,
      cloud: { ListCert: [lists({ 'web-1': 'c1' })], DescribeClientCertificate: [describes('c1', { days: 30 })] },
    },
    expected: seen(adopted(texts.issued(custom, 'c1', texts.cutThen)), {
      calls: ['ListCert 1', 'DescribeClientCertificate c1'],
    }),
  },
  {
    name: 'after a take-over: no certificate exists, so it is called for',
    scene: { takenOver: true, cloud: { ListCert: [lists({ 'web-2': 'c9' })], [custom]: [issues('c1')] } },
    expected: seen(issued(texts.issued(custom, 'c1')), { calls: ['ListCert 1', call] }),
  },
  {
    name: 'after a take-over: the list says nothing, so nothing is called and it stays uncertain',
    scene: { takenOver: true, cloud: { ListCert: [says({})] } },
    expected: seen(troubled('CertificateNotReady', texts.unreadableList), { calls: ['ListCert 1'] }, uncertain),
  },
  {
    name: 'after a take-over: the list cannot be read, so nothing is called and it stays uncertain',
    scene: { takenOver: true, cloud: { ListCert: [fails('Transient')] } },
    expected: seen(troubled('Transient', 'PCA says Transient.'), { calls: ['ListCert 1'] }, uncertain),
  },
  {
    name: 'after a take-over: the list may not be read, which is a fault of the issuer',
    scene: { takenOver: true, cloud: { ListCert: [fails('Permission')] } },
    expected: seen(
      {
        ...issuerHeld('PermissionDenied', `PCA says Permission. ${texts.permissionDenied}`, 'shop/web-1'),
        calls: ['ListCert 1'],
      },
      waits('IssuerNotReady', texts.issuerNotReady('PermissionDenied')),
      uncertain,
    ),
  },
  {
    name: 'after a take-over: what is found is not what was asked for; it may be in use elsewhere, so it is not revoked',
    scene: {
      takenOver: true,
      issuer: { spec: { revocationPolicy: 'RequestGone' } },
      cloud: { ListCert: [lists({ 'web-1': 'c1' })], DescribeClientCertificate: [describes('c1', { key: 'other' })] },
    },
    expected: seen(failed(`${differing}${texts.unusedAdopted}`), {
      calls: ['ListCert 1', 'DescribeClientCertificate c1'],
    }),
  },
  {
    name: 'after a take-over: a certificate that is found is not finished yet',
    scene: {
      takenOver: true,
      cloud: {
        ListCert: [lists({ 'web-1': 'c1' })],
        DescribeClientCertificate: [says({ Certificate: { Identifier: 'c1', Status: 'ISSUE' } }), describes('c1')],
      },
      acts: [{}, { after: 1_000 }],
    },
    expected: seen(troubled('CertificateNotReady', texts.notFinished('c1')), adopted(texts.issued(custom, 'c1')), {
      calls: ['ListCert 1', 'DescribeClientCertificate c1', 'DescribeClientCertificate c1'],
      ...forgotten,
    }),
  },
  {
    name: 'no identifier of ours: too early to tell; later absent by its key, so it is called for again',
    scene: {
      issuer: byKey,
      cloud: {
        [extension]: [fails('OutcomeUnknown'), issues('c2')],
        ListClientCertificate: [listsStored({ identifier: 'c1', key: 'other' })],
      },
      acts: [{}, { after: 1_000 }, { after: 9_000 }],
    },
    expected: seen(
      lost(troubled('OutcomeUnknown', 'PCA says OutcomeUnknown.')),
      lost(troubled('CertificateNotReady', texts.lookedForByKeyIn(9))),
      issued(texts.issued(extension, 'c2')),
      { calls: [extension, 'ListClientCertificate 1', extension], ...forgotten },
    ),
  },
  {
    name: 'no identifier of ours: found by its key and adopted',
    scene: {
      issuer: byKey,
      cloud: {
        [extension]: [fails('OutcomeUnknown')],
        ListClientCertificate: [listsStored({ identifier: 'c0', key: 'other' }, { identifier: 'c1', key: '' })],
        DescribeClientCertificate: [describes('c1')],
      },
      acts: [{}, { after: 10_000 }],
    },
    expected: seen(
      lost(troubled('OutcomeUnknown', 'PCA says OutcomeUnknown.')),
      issued(texts.issued(extension, 'c1')),
      {
        calls: [extension, 'ListClientCertificate 1', 'DescribeClientCertificate c1'],
        ...forgotten,
      },
    ),
  },
  {
    name: 'no identifier of ours: one with its key that differs is taken for the one of another request',
    scene: {
      issuer: byKey,
      cloud: {
        [extension]: [fails('OutcomeUnknown'), issues('c2')],
        ListClientCertificate: [listsStored({ identifier: 'c1', key: '' })],
        DescribeClientCertificate: [describes('c1', { days: 30 })],
      },
      acts: [{}, { after: 10_000 }],
    },
    expected: seen(
      lost(troubled('OutcomeUnknown', 'PCA says OutcomeUnknown.')),
      issued(texts.issued(extension, 'c2')),
      {
        calls: [extension, 'ListClientCertificate 1', 'DescribeClientCertificate c1', extension],
        ...forgotten,
      },
    ),
  },
  {
    name: 'no identifier of ours: one with its key that begins long before the request is the one of another request',
    scene: {
      issuer: byKey,
      cloud: {
        [extension]: [fails('OutcomeUnknown'), issues('c2')],
        ListClientCertificate: [listsStored({ identifier: 'c1', key: '' })],
        DescribeClientCertificate: [describes('c1', { notBefore: new Date('2026-11-22T00:09:59Z') })],
      },
      acts: [{}, { after: 10_000 }],
    },
    expected: seen(
      lost(troubled('OutcomeUnknown', 'PCA says OutcomeUnknown.')),
      issued(texts.issued(extension, 'c2')),
      {
        calls: [extension, 'ListClientCertificate 1', 'DescribeClientCertificate c1', extension],
        ...forgotten,
      },
    ),
  },
  {
    name: 'the words change with the seconds that are left, but the same wait is written once',
    scene: {
      takenOver: true,
      issuer: byKey,
      acts: [{}, { after: 1_000 }],
    },
    expected: seen(
      troubled('CertificateNotReady', texts.lookedForByKeyIn(10)),
      troubledAgain('CertificateNotReady', texts.lookedForByKeyIn(9)),
      uncertain,
    ),
  },
];
