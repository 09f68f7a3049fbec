// Rows: what a faulty or late API server makes of a result, and requests that are gone when it is there.
import { denied, ready } from '../../../support/certificate-requests.ts';
import { describes, issues, lists } from './cloud.ts';
import type { ClusterFault } from './cluster.ts';
import {
  countedOtherOperator,
  countedWithoutRequest,
  done,
  event,
  failedWrite,
  issued,
  issuedWrite,
  log,
  remembers,
  retry,
  seen,
  told,
  webRequest,
} from './expected.ts';
import { requestPath, web } from './material.ts';
import type { Row, Stage } from './scene.ts';
import * as texts from './texts.ts';

const custom = 'CreateCustomCertificate';
const logged = { operation: custom, identifier: 'c1' };
const call = `${custom} web-1`;
const message = texts.issued(custom, 'c1');
const emptyCsr = `${texts.emptyCsr}${texts.renewalAdvice}`;
const cloud = { [custom]: [issues('c1')] };
const forgotten = { remembered: seen().remembered };
const fault = (changes: Partial<ClusterFault> = {}): ClusterFault => ({
  verb: 'write',
  path: 'web-1',
  failure: 'Forbidden',
  ...changes,
});
const says = (failure: string): string => `The API server says ${failure}`;
const notWritten = (failure: string, more: object = {}) =>
  seen(
    log('warn', texts.resultNotWritten(says(failure)), { request: 'shop/web-1', failure }),
    { next: [retry(texts.writingResult(says(failure)), more)] },
    remembers({ calls: 1, decided: 'issued' }),
  );
const resultNotWritten = event('Warning', 'ResultNotWritten', texts.notWritten('issued', says('Forbidden')));
const removed = ({ remove }: Stage): void => remove(requestPath());
const gone = (text: string, identifier = 'c1') =>
  seen(
    log('warn', text, { request: 'shop/web-1', issuer: 'AlibabaPCAIssuer/shop/pca', identifier }),
    countedWithoutRequest,
  );
const revoking = { spec: { revocationPolicy: 'RequestGone' } };

export const writeRows: readonly Row[] = [
  {
    name: 'ResultNotWritten: told once, the certificate is kept and written later without a second call',
    scene: { cloud, faults: [fault({ times: 2 })], acts: [{}, { after: 1_000 }, { after: 1_000 }] },
    expected: seen(
      issuedWrite(message),
      notWritten('Forbidden'),
      resultNotWritten,
      issuedWrite(message),
      notWritten('Forbidden'),
      issued(message),
      { calls: [call], ...forgotten },
    ),
  },
  {
    name: 'ResultNotWritten: the certificate waits in the memory until it is written',
    scene: { cloud, faults: [fault({ failure: 'Throttled', retryAfterMs: 7_000 })] },
    expected: seen(
      issuedWrite(message),
      notWritten('Throttled', { retryAfterMs: 7_000 }),
      event('Warning', 'ResultNotWritten', texts.notWritten('issued', says('Throttled'))),
      { calls: [call] },
    ),
  },
  {
    name: 'ResultNotWritten of a refusal: the same words are written later',
    scene: { requests: [web({ spec: { request: '' } })], faults: [fault()], acts: [{}, { after: 1_000 }] },
    expected: seen(
      failedWrite(emptyCsr, '2026-11-22T00:16:40Z'),
      log('warn', texts.resultNotWritten(says('Forbidden')), { request: 'shop/web-1', failure: 'Forbidden' }),
      event('Warning', 'ResultNotWritten', texts.notWritten('failed', says('Forbidden'))),
      { next: [retry(texts.writingResult(says('Forbidden')))] },
      failedWrite(emptyCsr, '2026-11-22T00:16:40Z'),
      told('Failed', emptyCsr, webRequest()),
      { next: [done] },
    ),
  },
  {
    name: 'a certificate that is not written yet is written also while its issuer is not ready',
    scene: {
      cloud,
      faults: [fault()],
      acts: [{}, { after: 1_000, before: ({ checkFailed }) => checkFailed('SecretNotFound') }],
    },
    expected: seen(issuedWrite(message), notWritten('Forbidden'), resultNotWritten, issued(message), {
      calls: [call],
      woken: ['shop/web-1'],
      issuer: 'notReady: SecretNotFound',
      ...forgotten,
    }),
  },
  {
    name: 'a conflict with a write of somebody else: read again and written',
    scene: { cloud, acts: [{ at: { VerdictReached: ({ cluster }) => cluster.change(requestPath()) } }] },
    expected: seen(issuedWrite(message), issued(message), { calls: [call] }),
  },
  {
    name: 'conflicts without end: given up after six writes, the certificate is kept',
    scene: { cloud, faults: [fault({ failure: 'Conflict', times: 6 })] },
    expected: seen(
      ...Array.from({ length: 6 }, () => issuedWrite(message)),
      notWritten('Conflict'),
      event('Warning', 'ResultNotWritten', texts.notWritten('issued', says('Conflict'))),
      { calls: [call] },
    ),
  },
  {
    name: 'written, but the write was sent twice on its way and conflicts with itself: taken for written',
    scene: { cloud, faults: [fault({ failure: 'Conflict', took: true })] },
    expected: seen(issued(message), { calls: [call] }),
  },
  {
    name: 'written but the answer was lost: the next try sees its end and says nothing; the watch has the last word',
    scene: {
      cloud,
      listed: [web()],
      faults: [fault({ failure: 'Transient', took: true })],
      acts: [{}, { after: 1_000 }],
    },
    expected: seen(
      issuedWrite(message),
      notWritten('Transient'),
      event('Warning', 'ResultNotWritten', texts.notWritten('issued', says('Transient'))),
      { next: [done], calls: [call] },
    ),
  },
  {
    name: 'written but the answer was lost, and the watch tells of it first: told as issued',
    scene: { cloud, faults: [fault({ failure: 'Transient', took: true })] },
    expected: seen(
      issuedWrite(message),
      notWritten('Transient'),
      event('Warning', 'ResultNotWritten', texts.notWritten('issued', says('Transient'))),
      log('info', message, { request: 'shop/web-1', issuer: 'AlibabaPCAIssuer/shop/pca', ...logged }),
      { counters: told('Issued', message, webRequest()).counters ?? {} },
      { calls: [call], ...forgotten },
    ),
  },
  {
    name: 'a conflict with the end that somebody else wrote: the certificate is without a request',
    scene: {
      cloud,
      acts: [
        {
          at: {
            VerdictReached: ({ cluster }) => cluster.change(requestPath(), { conditions: [ready('Failed', 'No.')] }),
          },
        },
      ],
    },
    expected: seen(
      issuedWrite(message),
      gone(texts.endedKept),
      countedOtherOperator,
      event('Warning', 'AnotherOperator', texts.endedKept),
      { next: [done], calls: [call], revoked: ['c1: kept'] },
    ),
  },
  {
    name: 'a conflict of a refusal with the end that somebody else wrote: no certificate is without a request',
    scene: {
      requests: [web({ spec: { request: '' } })],
      acts: [
        {
          at: {
            VerdictReached: ({ cluster }) => cluster.change(requestPath(), { conditions: [ready('Failed', 'No.')] }),
          },
        },
      ],
    },
    expected: seen(
      failedWrite(emptyCsr, '2026-11-22T00:16:40Z'),
      log('warn', texts.ended, {
        request: 'shop/web-1',
        issuer: 'AlibabaPCAIssuer/shop/pca',
        reason: 'AnotherOperator',
      }),
      countedOtherOperator,
      event('Warning', 'AnotherOperator', texts.ended),
      { next: [done] },
    ),
  },
  {
    name: 'gone when the certificate is written: counted, and kept as the policy says',
    scene: { cloud, acts: [{ at: { VerdictReached: removed } }] },
    expected: seen(issuedWrite(message), gone(texts.goneKept), { next: [done], calls: [call], revoked: ['c1: kept'] }),
  },
  {
    name: 'gone when the certificate is written, revocationPolicy RequestGone: counted and revoked',
    scene: { cloud, issuer: revoking, acts: [{ at: { VerdictReached: removed } }] },
    expected: seen(issuedWrite(message), gone(texts.goneRevoked), {
      next: [done],
      calls: [call],
      revoked: ['c1: revoked'],
    }),
  },
  {
    name: 'gone when a certificate of an earlier process is written, which another cluster may use: counted, never revoked',
    scene: {
      takenOver: true,
      cloud: { ListCert: [lists({ 'web-1': 'c1' })], DescribeClientCertificate: [describes('c1')] },
      issuer: revoking,
      acts: [{ at: { VerdictReached: removed } }],
    },
    expected: seen(issuedWrite(message), gone(texts.goneAdopted), {
      next: [done],
      calls: ['ListCert 1', 'DescribeClientCertificate c1'],
    }),
  },
  {
    name: 'gone while a certificate waits to be written: counted and revoked as the policy says',
    scene: {
      cloud,
      issuer: revoking,
      faults: [fault()],
      acts: [{}, { after: 1_000, before: removed }],
    },
    expected: seen(
      issuedWrite(message),
      notWritten('Forbidden'),
      resultNotWritten,
      gone(texts.goneRevoked),
      { next: [done], calls: [call], revoked: ['c1: revoked'] },
      forgotten,
    ),
  },
  {
    name: 'gone while a certificate waits to be written, and nobody can tell whether it was: kept whatever the policy',
    scene: {
      cloud,
      issuer: revoking,
      faults: [fault()],
      acts: [
        {},
        {
          before: (stage) => {
            stage.cluster.fail({ verb: 'get', path: 'web-1', failure: 'Transient' });
            removed(stage);
          },
        },
      ],
    },
    expected: seen(
      issuedWrite(message),
      notWritten('Forbidden'),
      resultNotWritten,
      gone(texts.goneKept),
      { next: [done], calls: [call] },
      forgotten,
    ),
  },
  {
    name: 'gone when a refusal is written: not a word',
    scene: { requests: [web({ spec: { request: '' } })], acts: [{ at: { VerdictReached: removed } }] },
    expected: seen(failedWrite(emptyCsr, '2026-11-22T00:16:40Z'), { next: [done] }),
  },
  {
    name: 'the denial cannot be written: tried again without an event',
    scene: { requests: [web({ conditions: [denied] })], faults: [fault()] },
    expected: seen(
      {
        writes: [
          {
            path: requestPath(),
            status: {
              conditions: [{ type: 'Ready', status: 'False', reason: 'Denied', message: texts.denied }],
              failureTime: '2026-11-22T00:16:40Z',
            },
          },
        ],
        next: [retry(texts.writingDenial(says('Forbidden')))],
      },
      remembers(),
    ),
  },
];
