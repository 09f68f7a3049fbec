// Rows: what PCA can answer to the issuing call besides a certificate, and what the next try makes of it.
import { describes, fails, issues, lists, says, unreachable } from './cloud.ts';
import {
  adopted,
  after,
  givenUp,
  issued,
  issuerHeld,
  lost,
  remembers,
  seen,
  troubled,
  troubledAgain,
  waits,
} from './expected.ts';
import { web } from './material.ts';
import type { Row } from './scene.ts';
import * as texts from './texts.ts';

const custom = 'CreateCustomCertificate';
const call = `${custom} web-1`;
const forgotten = { remembered: seen().remembered };
const certificate = (notAfter: string): object => ({ metadata: { name: 'web' }, spec: {}, status: { notAfter } });

export const cloudRows: readonly Row[] = [
  {
    name: 'Transient: tried again with back-off; nothing was issued',
    scene: { cloud: { [custom]: [fails('Transient'), issues('c1')] }, acts: [{}, { after: 1_000 }] },
    expected: seen(troubled('Transient', 'PCA says Transient.'), issued(texts.issued(custom, 'c1')), {
      calls: [call, call],
      ...forgotten,
    }),
  },
  {
    name: 'Transient with a certificate in use: the message says until when that is valid',
    scene: { cloud: { [custom]: [fails('Transient')] }, certificate: certificate('2026-12-01T00:00:00Z') },
    expected: seen(
      troubled('Transient', 'PCA says Transient.', texts.validUntil('2026-12-01T00:00:00Z')),
      { calls: [call] },
      remembers({ calls: 1 }),
    ),
  },
  {
    name: 'Transient with a certificate that has expired: the message says so',
    scene: { cloud: { [custom]: [fails('Transient')] }, certificate: certificate('2026-11-21T00:00:00Z') },
    expected: seen(
      troubled('Transient', 'PCA says Transient.', texts.expired('2026-11-21T00:00:00Z')),
      { calls: [call] },
      remembers({ calls: 1 }),
    ),
  },
  {
    name: 'OutcomeUnknown: remembered, looked for in the list, found and adopted without a second call',
    scene: {
      cloud: {
        [custom]: [fails('OutcomeUnknown')],
        ListCert: [lists({ 'web-1': 'c1' })],
        DescribeClientCertificate: [describes('c1')],
      },
      acts: [{}, { after: 1_000 }],
    },
    expected: seen(lost(troubled('OutcomeUnknown', 'PCA says OutcomeUnknown.')), issued(texts.issued(custom, 'c1')), {
      calls: [call, 'ListCert 1', 'DescribeClientCertificate c1'],
      ...forgotten,
    }),
  },
  {
    name: 'OutcomeUnknown: remembered with its time until it is settled',
    scene: { cloud: { [custom]: [fails('OutcomeUnknown', { httpStatus: undefined })] } },
    expected: seen(
      lost(troubled('OutcomeUnknown', 'PCA says OutcomeUnknown.')),
      { calls: [call] },
      remembers({ calls: 1, earlier: { unknownSince: 0 } }),
    ),
  },
  {
    name: 'OutcomeUnknown: absent from the list, so it is called for again',
    scene: {
      cloud: { [custom]: [fails('OutcomeUnknown'), issues('c2')], ListCert: [lists({})] },
      acts: [{}, { after: 1_000 }],
    },
    expected: seen(lost(troubled('OutcomeUnknown', 'PCA says OutcomeUnknown.')), issued(texts.issued(custom, 'c2')), {
      calls: [call, 'ListCert 1', call],
      ...forgotten,
    }),
  },
  {
    name: 'OutcomeUnknown: absent from the list is certain from then on',
    scene: {
      cloud: { [custom]: [fails('OutcomeUnknown'), fails('Transient')], ListCert: [lists({})] },
      acts: [{}, { after: 1_000 }],
    },
    expected: seen(
      lost(troubled('OutcomeUnknown', 'PCA says OutcomeUnknown.')),
      troubled('Transient', 'PCA says Transient.'),
      { calls: [call, 'ListCert 1', call] },
      remembers({ calls: 2 }),
    ),
  },
  {
    name: 'Cancelled: may have issued and is looked for',
    scene: {
      cloud: {
        [custom]: [fails('Cancelled', { httpStatus: undefined })],
        ListCert: [lists({ 'web-1': 'c1' })],
        DescribeClientCertificate: [describes('c1')],
      },
      acts: [{}, { after: 1_000 }],
    },
    expected: seen(lost(givenUp()), issued(texts.issued(custom, 'c1')), {
      calls: [call, 'ListCert 1', 'DescribeClientCertificate c1'],
      ...forgotten,
    }),
  },
  {
    name: 'Cancelled before it was sent: nothing to look for',
    scene: { cloud: { [custom]: [fails('Cancelled', { mayHaveIssued: false })] } },
    expected: seen(givenUp(), { calls: [call] }, remembers({ calls: 1 })),
  },
  {
    name: 'Unknown: never fails a request; may have issued',
    scene: { cloud: { [custom]: [fails('Unknown')] } },
    expected: seen(
      lost(troubled('Unknown', 'PCA says Unknown.')),
      { calls: [call] },
      remembers({ calls: 1, earlier: { unknownSince: 0 } }),
    ),
  },
  {
    name: 'Duplicate: the certificate with our identifier is found and adopted',
    scene: {
      cloud: {
        [custom]: [fails('Duplicate')],
        ListCert: [lists({ 'web-2': 'c8', 'web-1': 'c9' })],
        DescribeClientCertificate: [describes('c9')],
      },
      acts: [{}, { after: 1_000 }],
    },
    expected: seen(troubled('Duplicate', 'PCA says Duplicate.'), adopted(texts.issued(custom, 'c9')), {
      calls: [call, 'ListCert 1', 'DescribeClientCertificate c9'],
      ...forgotten,
    }),
  },
  {
    name: 'UnreadableAnswer: the reply is malformed; a certificate may exist',
    scene: { cloud: { [custom]: [says({})] } },
    expected: seen(
      lost(troubled('UnreadableAnswer', texts.unreadable)),
      { calls: [call] },
      remembers({ calls: 1, earlier: { unknownSince: 0 } }),
    ),
  },
  {
    name: 'CertificateNotReady: accepted without a certificate, read by its identifier until it is there',
    scene: {
      cloud: {
        [custom]: [says({ Identifier: 'c1' })],
        DescribeClientCertificate: [says({ Certificate: { Identifier: 'c1', Status: 'ISSUE' } }), describes('c1')],
      },
      acts: [{}, { after: 1_000 }, { after: 1_000 }],
    },
    expected: seen(
      troubled('CertificateNotReady', texts.notGivenYet('c1')),
      troubledAgain('CertificateNotReady', texts.notFinished('c1')),
      issued(texts.issued(custom, 'c1')),
      { calls: [call, 'DescribeClientCertificate c1', 'DescribeClientCertificate c1'], ...forgotten },
    ),
  },
  {
    name: 'Throttled while a certificate is looked up: passing trouble; the identifier stays known',
    scene: {
      cloud: { [custom]: [says({ Identifier: 'c1' })], DescribeClientCertificate: [fails('Throttled')] },
      acts: [{}, { after: 1_000 }],
    },
    expected: seen(
      troubled('CertificateNotReady', texts.notGivenYet('c1')),
      troubled('Throttled', 'PCA says Throttled.'),
      { calls: [call, 'DescribeClientCertificate c1'] },
      remembers({ calls: 1, earlier: { accepted: 'c1' } }),
    ),
  },
  {
    name: 'RequestRejected while a certificate is looked up: passing trouble, since only calls fail requests',
    scene: {
      cloud: { [custom]: [says({ Identifier: 'c1' })], DescribeClientCertificate: [fails('RequestRejected')] },
      acts: [{}, { after: 1_000 }],
    },
    expected: seen(
      troubled('CertificateNotReady', texts.notGivenYet('c1')),
      troubled('RequestRejected', 'PCA says RequestRejected.'),
      { calls: [call, 'DescribeClientCertificate c1'] },
      remembers({ calls: 1, earlier: { accepted: 'c1' } }),
    ),
  },
  {
    name: 'Throttled call: waits a second for its turn, without a word and without a trace in the limits',
    scene: {
      issuer: { spec: { issuanceLimits: { certificatesPerHour: 1 } } },
      cloud: { [custom]: [fails('Throttled'), issues('c1')] },
      acts: [{}, { after: 1_000 }],
    },
    expected: seen({ next: [after(1_000)] }, issued(texts.issued(custom, 'c1')), { calls: [call, call] }),
  },
  {
    name: 'Throttled call: the next request does not call in the same moment',
    scene: {
      requests: [web(), web({}, 'web-2')],
      cloud: { [custom]: [fails('Throttled')] },
      acts: [{}, { of: 'shop/web-2' }],
    },
    expected: seen({ next: [after(1_000), after(30_000)], calls: [call] }, remembers({ calls: 1 })),
  },
  ...(
    [
      ['Credentials', 'CredentialsInvalid', texts.credentialsInvalid],
      ['Permission', 'PermissionDenied', texts.permissionDenied],
      ['IssuingCA', 'IssuingCAUnusable', texts.caUnusable],
      ['Capacity', 'CapacityExhausted', texts.capacityExhausted],
    ] as const
  ).map(([failure, reason, origin]): Row => ({
    name: `${failure}: ${reason} of the issuer, for which the request waits`,
    scene: { cloud: { [custom]: [fails(failure)] } },
    expected: seen(
      waits('IssuerNotReady', texts.issuerNotReady(reason)),
      issuerHeld(reason, `PCA says ${failure}. ${origin}`, 'shop/web-1'),
      { calls: [call] },
      remembers({ calls: 1 }),
    ),
  })),
  {
    name: 'ActionUnavailable of an operation that was withdrawn: the issuer names the one to use',
    scene: {
      issuer: { spec: { operation: 'CreateCertificateWithExtension' } },
      cloud: { CreateCertificateWithExtension: [fails('ActionUnavailable')] },
    },
    expected: seen(
      waits('IssuerNotReady', texts.issuerNotReady('ActionUnavailable')),
      issuerHeld('ActionUnavailable', `PCA says ActionUnavailable. ${texts.withdrawn}`, 'shop/web-1'),
      { calls: ['CreateCertificateWithExtension'] },
      remembers({ calls: 1 }),
    ),
  },
  {
    name: 'PCAUnavailable: the fifth call without an answer; the issuer is held',
    scene: { unanswered: 4, cloud: { [custom]: [unreachable] } },
    expected: seen(
      waits('IssuerNotReady', texts.issuerNotReady('PCAUnavailable')),
      issuerHeld('PCAUnavailable', `PCA says Transient. ${texts.oneAtATime}`, 'shop/web-1'),
      { calls: [call] },
      remembers({ calls: 1 }),
    ),
  },
  {
    name: 'the fourth call without an answer: passing trouble only',
    scene: { unanswered: 3, cloud: { [custom]: [unreachable] } },
    expected: seen(troubled('Transient', 'PCA says Transient.'), { calls: [call] }, remembers({ calls: 1 })),
  },
  {
    name: 'five answers with a status other than 503 in a row: passing trouble only',
    scene: { unanswered: 4, cloud: { [custom]: [fails('OutcomeUnknown', { httpStatus: 500 })] } },
    expected: seen(
      lost(troubled('OutcomeUnknown', 'PCA says OutcomeUnknown.')),
      { calls: [call] },
      remembers({ calls: 1, earlier: { unknownSince: 0 } }),
    ),
  },
];
