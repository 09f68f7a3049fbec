// Rows: an exception at a boundary, which is a bug; the queue tries the key again, and nothing that was taken is lost.
import { describes, fails, issues, lists } from './cloud.ts';
import type { CloudAnswer } from './cloud.ts';
import {
  done,
  event,
  issued,
  issuedWrite,
  issuerName,
  log,
  pendingWrite,
  remembers,
  seen,
  told,
  waits,
  webRequest,
} from './expected.ts';
import { web, webOfAnother } from './material.ts';
import type { Boundary, Row } from './scene.ts';
import * as texts from './texts.ts';

const custom = 'CreateCustomCertificate';
const logged = { operation: custom, identifier: 'c1' };
const calls = [`${custom} web-1`];
const message = texts.issued(custom, 'c1');
const cloud = { [custom]: [issues('c1')] };
const thrown = { kind: 'threw', message: 'A bug.' };
const bug = (): never => {
  throw new Error('A bug.');
};
const before: readonly Boundary[] = ['RequestRead', 'Planned', 'EarlierLookedUp', 'CallPermitted'];

const twice = ['shop/web-1', 'shop/web-2'];
const breaks: CloudAnswer = async () => bug();

export const exceptionRows: readonly Row[] = [
  {
    name: 'an exception of the request that goes first after a fault: another one goes first',
    scene: {
      requests: [web(), webOfAnother()],
      cloud: { [custom]: [fails('Credentials'), issues('c1'), issues('c2')] },
      acts: [
        {},
        { before: ({ checked }) => checked(), at: { Planned: bug } },
        { of: 'shop/web-2', after: 3_000 },
        { after: 1_000 },
      ],
    },
    expected: seen(
      waits('IssuerNotReady', texts.issuerNotReady('CredentialsInvalid')),
      { woken: [...twice, issuerName, ...twice] },
      { next: [thrown] },
      issued(message, webRequest('web-2')),
      { woken: [...twice, issuerName] },
      issued(texts.issued(custom, 'c2')),
      { calls: [...calls, `${custom} web-2`, ...calls] },
      remembers({ known: false }),
    ),
  },
  {
    name: 'exceptions when the call may go out, as many as the endpoint takes calls: the next one goes out',
    scene: {
      cloud,
      acts: [...Array.from({ length: 4 }, () => ({ at: { CallPermitted: bug } })), { after: 1_000 }],
    },
    expected: seen({ next: Array.from({ length: 4 }, () => thrown) }, issued(message), { calls }),
  },
  {
    name: 'exceptions without end: the fifth is told on the request, never as a failure, and all are thrown on',
    scene: { acts: Array.from({ length: 6 }, () => ({ at: { Planned: bug } })) },
    expected: seen(
      { next: Array.from({ length: 6 }, () => thrown) },
      pendingWrite(texts.defect),
      event('Warning', 'RetryableError', texts.defect),
      { counters: { 'pca_issuer_certificate_request_retries_total AlibabaPCAIssuer shop pca Defect': 2 } },
      ...Array.from({ length: 2 }, () =>
        log('warn', texts.notIssuedYet(texts.defectAlone), {
          request: 'shop/web-1',
          issuer: 'AlibabaPCAIssuer/shop/pca',
          reason: 'Defect',
        }),
      ),
      remembers(),
    ),
  },
  {
    name: 'an exception during the call: the certificate is looked for, found and adopted',
    scene: {
      cloud: { [custom]: [breaks], ListCert: [lists({ 'web-1': 'c1' })], DescribeClientCertificate: [describes('c1')] },
      acts: [{}, { after: 1_000 }],
    },
    expected: seen({ next: [thrown] }, issued(message), {
      calls: [...calls, 'ListCert 1', 'DescribeClientCertificate c1'],
    }),
  },
  {
    name: 'an exception after the answer: the certificate is read by its identifier and adopted',
    scene: {
      cloud: { ...cloud, DescribeClientCertificate: [describes('c1')] },
      acts: [{ at: { CallAnswered: bug } }, { after: 1_000 }],
    },
    expected: seen({ next: [thrown] }, issued(message), { calls: [...calls, 'DescribeClientCertificate c1'] }),
  },
  ...before.map((boundary): Row => ({
    name: `an exception at ${boundary}: nothing was called; the next try issues`,
    scene: { cloud, acts: [{ at: { [boundary]: bug } }, { after: 1_000 }] },
    expected: seen({ next: [thrown] }, issued(message), { calls }),
  })),
  {
    name: 'an exception at VerdictReached: the certificate is kept',
    scene: { cloud, acts: [{ at: { VerdictReached: bug } }] },
    expected: seen({ next: [thrown], calls }, remembers({ calls: 1, decided: 'issued' })),
  },
  {
    name: 'an exception at VerdictReached: the next try writes the certificate without a second call',
    scene: { cloud, acts: [{ at: { VerdictReached: bug } }, { after: 1_000 }] },
    expected: seen({ next: [thrown] }, issued(message), { calls }),
  },
  {
    name: 'an exception at ResultWritten: the watch tells of the end, which is counted and logged without an event',
    scene: { cloud, acts: [{ at: { ResultWritten: bug } }, { after: 1_000 }] },
    expected: seen(
      issuedWrite(message),
      { next: [thrown, done], calls },
      log('info', message, { request: 'shop/web-1', issuer: 'AlibabaPCAIssuer/shop/pca', ...logged }),
      { counters: told('Issued', message, webRequest()).counters ?? {} },
    ),
  },
];
