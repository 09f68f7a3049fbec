// Rows: CertificateSigningRequests, whose status takes an end and nothing else.
import { fails, issues } from './cloud.ts';
import {
  after,
  done,
  event,
  log,
  remembers,
  retry,
  seen,
  signed,
  signingRequestSubject as subject,
  troubledAgain,
  unsigned,
} from './expected.ts';
import { clusterMessage } from './cluster.ts';
import { signingRequest, signingRequestPath } from './material.ts';
import type { Row, Scene } from './scene.ts';
import * as texts from './texts.ts';

const custom = 'CreateCustomCertificate';
const call = `${custom} csr-1`;
const message = texts.issued(custom, 'c1');
const base: Pick<Scene, 'requests' | 'cloud'> = { requests: [signingRequest()], cloud: { [custom]: [issues('c1')] } };
const issuer = { kind: 'AlibabaPCAIssuer', key: 'shop/pca' };
const otherKey = texts.mismatch('c1', ' (RequestId R1)', texts.otherKey);
const forgotten = { remembered: seen().remembered };
const forbidden = clusterMessage('Forbidden');
const write = { writes: [{ path: signingRequestPath, status: { certificate: 'leaf+issuing CA' } }] };

export const signingRequestRows: readonly Row[] = [
  {
    name: 'CSR: issued, the certificate alone is written',
    scene: base,
    expected: seen(signed(message), { calls: [call] }),
  },
  {
    name: 'CSR: DeniedReference, the requester may not use the issuer',
    scene: { ...base, isAllowed: false },
    expected: seen(unsigned('DeniedReference', texts.deniedReference)),
  },
  {
    name: 'CSR: AuthorizationUnknown, told by an event since there is no place for a wait',
    scene: {
      ...base,
      faults: [{ verb: 'review', failure: 'Forbidden' }],
    },
    expected: seen(
      troubledAgain('AuthorizationUnknown', texts.authorizationUnknown(forbidden), subject),
      event('Warning', 'RetryableError', texts.trouble(texts.authorizationUnknown(forbidden)), subject),
    ),
  },
  {
    name: 'CSR: refused by PCA, with the reason as a condition',
    scene: { ...base, cloud: { [custom]: [fails('RequestRejected')] } },
    expected: seen(unsigned('RejectedByPCA', texts.rejectedByPCA('PCA says RequestRejected.')), { calls: [call] }),
  },
  {
    name: 'CSR: InvalidCSR, refused before any call',
    scene: { requests: [signingRequest(['Approved'], { request: '' })] },
    expected: seen(unsigned('InvalidCSR', texts.emptyCsr)),
  },
  {
    name: 'CSR: KeyMismatch with revocationPolicy RequestGone',
    scene: {
      ...base,
      issuer: { spec: { revocationPolicy: 'RequestGone' } },
      cloud: { [custom]: [issues('c1', { key: 'other' })] },
    },
    expected: seen(unsigned('KeyMismatch', `${otherKey}${texts.beingRevoked}`), {
      calls: [call],
      revoked: ['c1: revoked'],
    }),
  },
  {
    name: 'CSR: PatienceExceeded with onExceeded Fail',
    scene: {
      ...base,
      issuer: { spec: { patience: { duration: '1h', onExceeded: 'Fail' } } },
      cloud: { [custom]: [fails('Transient'), fails('Transient')] },
      acts: [{}, { after: 3_600_000 }],
    },
    expected: seen(
      troubledAgain('Transient', 'PCA says Transient.', subject),
      event('Warning', 'RetryableError', texts.trouble('PCA says Transient.'), subject),
      { ...troubledAgain('Transient', 'PCA says Transient.', subject), next: [] },
      unsigned('PatienceExceeded', texts.givenUp('PCA says Transient.', '1h')),
      { calls: [call, call], ...forgotten },
    ),
  },
  {
    name: 'CSR: waits for an issuer that does not exist, with an event and without a write',
    scene: { ...base, issuer: { state: 'missing' } },
    expected: seen(
      event('Warning', 'IssuerNotFound', texts.signerMissing, subject),
      { next: [done], issuer: 'unchecked' },
      remembers(),
    ),
  },
  {
    name: 'CSR: the same trouble again after five minutes, without another event',
    scene: { ...base, cloud: { [custom]: [fails('Transient'), fails('Transient')] }, acts: [{}, { after: 300_000 }] },
    expected: seen(
      troubledAgain('Transient', 'PCA says Transient.', subject, 2),
      event('Warning', 'RetryableError', texts.trouble('PCA says Transient.'), subject),
      { calls: [call, call] },
      remembers({ calls: 2 }),
    ),
  },
  {
    name: 'CSR: undecided for a minute is told on it and its issuer',
    scene: { requests: [signingRequest([])] },
    expected: seen(
      event('Warning', 'WaitingForApproval', texts.unapprovedSigning('2026-11-22T00:15:00Z'), subject),
      event('Warning', 'WaitingForApproval', texts.issuerUnapprovedSigning, issuer),
      { next: [done] },
    ),
  },
  {
    name: 'CSR: undecided for less than the time of the warning',
    scene: { requests: [signingRequest([])], approvalWarning: 120_000 },
    expected: seen({ next: [after(20_000)] }),
  },
  {
    name: 'CSR: denied, nothing is done',
    scene: { requests: [signingRequest(['Denied'])], listed: [signingRequest()] },
    expected: seen({ next: [done] }, remembers()),
  },
  {
    name: 'CSR: the write is refused, the certificate is kept and written later',
    scene: { ...base, faults: [{ verb: 'write', failure: 'Forbidden' }], acts: [{}, { after: 1_000 }] },
    expected: seen(
      write,
      log('warn', texts.resultNotWritten(forbidden), { request: 'csr-1', failure: 'Forbidden' }),
      event('Warning', 'ResultNotWritten', texts.notWritten('issued', forbidden), subject),
      { next: [retry(texts.writingResult(forbidden))] },
      signed(message),
      { calls: [call] },
    ),
  },
  {
    name: 'CSR: written but called invalid, because its earlier answer was lost: taken for written',
    scene: { ...base, faults: [{ verb: 'write', failure: 'Invalid', took: true }] },
    expected: seen(signed(message), { calls: [call] }),
  },
  {
    name: 'CSR: called invalid without an end being there: not written',
    scene: { ...base, faults: [{ verb: 'write', failure: 'Invalid' }] },
    expected: seen(
      write,
      log('warn', texts.resultNotWritten(clusterMessage('Invalid')), { request: 'csr-1', failure: 'Invalid' }),
      event('Warning', 'ResultNotWritten', texts.notWritten('issued', clusterMessage('Invalid')), subject),
      { next: [retry(texts.writingResult(clusterMessage('Invalid')))], calls: [call] },
      remembers({ calls: 1, decided: 'issued' }),
    ),
  },
  {
    name: 'CSR: read failed, tried again',
    scene: { ...base, faults: [{ verb: 'get', path: 'csr-1', failure: 'Transient' }] },
    expected: seen({ next: [retry(texts.reading(clusterMessage('Transient')))] }),
  },
  {
    name: 'CSR: gone at the write, the certificate is without a request',
    scene: { ...base, acts: [{ at: { VerdictReached: ({ remove }) => remove(signingRequestPath) } }] },
    expected: seen(
      write,
      log('warn', texts.goneKept, { request: 'csr-1', issuer: 'AlibabaPCAIssuer/shop/pca', identifier: 'c1' }),
      { counters: { 'pca_issuer_certificates_without_request_total AlibabaPCAIssuer shop pca': 1 } },
      { next: [done], calls: [call], revoked: ['c1: kept'] },
    ),
  },
];
