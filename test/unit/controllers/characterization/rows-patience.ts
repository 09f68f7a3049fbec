// Rows: passing trouble that lasts for longer than the issuer's patience.
import { fails, says } from './cloud.ts';
import { lost, failed, impatient, remembers, seen, troubled, troubledAgain, waits } from './expected.ts';
import type { Row, Scene } from './scene.ts';
import * as texts from './texts.ts';

const custom = 'CreateCustomCertificate';
const call = `${custom} web-1`;
const forgotten = { remembered: seen().remembered };
const hour = 3_600_000;
const impatientIssuer = (onExceeded: 'Report' | 'Fail'): NonNullable<Scene['issuer']> => ({
  spec: { patience: { duration: '1h', onExceeded } },
});
const certificate = { metadata: { name: 'web' }, spec: {}, status: { notAfter: '2026-12-01T00:00:00Z' } };

export const patienceRows: readonly Row[] = [
  {
    name: 'PatienceExceeded: trouble for longer than the patience is told and still tried',
    scene: {
      issuer: impatientIssuer('Report'),
      certificate,
      cloud: { [custom]: [fails('Transient'), fails('Transient'), fails('Transient')] },
      acts: [{}, { after: hour }, { after: 1_000 }],
    },
    expected: seen(
      troubled('Transient', 'PCA says Transient.', texts.validUntil('2026-12-01T00:00:00Z')),
      impatient(
        'Transient',
        'PCA says Transient.',
        `${texts.stillTried('PCA says Transient.', '1h')}${texts.validUntil('2026-12-01T00:00:00Z')}`,
      ),
      troubledAgain('Transient', 'PCA says Transient.'),
      { calls: [call, call, call] },
      remembers({ calls: 3 }),
    ),
  },
  {
    name: 'PatienceExceeded with onExceeded Fail: given up',
    scene: {
      issuer: impatientIssuer('Fail'),
      cloud: { [custom]: [fails('Transient'), fails('Transient')] },
      acts: [{}, { after: hour }],
    },
    expected: seen(
      troubled('Transient', 'PCA says Transient.'),
      {
        logs: troubledAgain('Transient', 'PCA says Transient.').logs ?? [],
        counters: troubledAgain('Transient', '').counters ?? {},
        calls: [call, call],
      },
      failed(texts.givenUp('PCA says Transient.', '1h'), '2026-11-22T01:16:40Z'),
      forgotten,
    ),
  },
  {
    name: 'PatienceExceeded with onExceeded Fail, but a certificate may exist: still tried',
    scene: {
      issuer: impatientIssuer('Fail'),
      cloud: { [custom]: [fails('Unknown')], ListCert: [says({})] },
      acts: [{}, { after: hour }],
    },
    expected: seen(
      lost(troubled('Unknown', 'PCA says Unknown.')),
      impatient('CertificateNotReady', texts.unreadableList, texts.stillTried(texts.unreadableList, '1h')),
      { calls: [call, 'ListCert 1'] },
      remembers({ calls: 1, earlier: { unknownSince: 0 } }),
    ),
  },
  {
    name: 'PatienceExceeded with onExceeded Fail, but PCA has accepted the request: still tried',
    scene: {
      issuer: impatientIssuer('Fail'),
      cloud: { [custom]: [says({ Identifier: 'c1' })], DescribeClientCertificate: [fails('Transient')] },
      acts: [{}, { after: hour }],
    },
    expected: seen(
      troubled('CertificateNotReady', texts.notGivenYet('c1')),
      impatient('Transient', 'PCA says Transient.', texts.stillTried('PCA says Transient.', '1h')),
      { calls: [call, 'DescribeClientCertificate c1'] },
      remembers({ calls: 1, earlier: { accepted: 'c1' } }),
    ),
  },
  {
    name: 'PatienceExceeded: the patience counts on while the request waits for its issuer',
    scene: {
      issuer: impatientIssuer('Report'),
      cloud: { [custom]: [fails('Transient'), fails('Transient')] },
      acts: [
        {},
        { after: 1_000, before: ({ checkFailed }) => checkFailed('SecretNotFound') },
        { after: hour, before: ({ checked }) => checked() },
      ],
    },
    expected: seen(
      troubled('Transient', 'PCA says Transient.'),
      waits('IssuerNotReady', texts.issuerNotReady('SecretNotFound')),
      impatient('Transient', 'PCA says Transient.', texts.stillTried('PCA says Transient.', '1h')),
      { calls: [call, call], woken: ['shop/web-1', 'shop/web-1'] },
      remembers({ calls: 2 }),
    ),
  },
];
