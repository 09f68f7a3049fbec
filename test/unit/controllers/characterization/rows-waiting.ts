// Rows: what a request waits for besides the cloud, and how often it says so.
import { ready } from '../../../support/certificate-requests.ts';
import { fails, issues } from './cloud.ts';
import {
  after,
  countedHeld,
  done,
  event,
  issued,
  log,
  pendingWrite,
  remembers,
  retry,
  seen,
  troubled,
  waits,
} from './expected.ts';
import { clusterUidPath, requestPath, web, webWith } from './material.ts';
import type { Row, Scene } from './scene.ts';
import * as texts from './texts.ts';

const custom = 'CreateCustomCertificate';
const issuer = { kind: 'AlibabaPCAIssuer', key: 'shop/pca' };
const minutes = (count: number): number => count * 60_000;
const undecided = (createdAt: string): NonNullable<Scene['requests']> => [
  web({ conditions: [], metadata: { creationTimestamp: createdAt } }),
];
const restored = web({
  metadata: {
    annotations: { 'cert-manager.io/certificate-name': 'web', 'cert-manager.io/certificate-revision': '1' },
    ownerReferences: [],
  },
});
const notReady = (reason: string): NonNullable<Scene['issuer']> => ({ state: reason });
const forbidden = 'The API server says Forbidden';

const renewal = web({ metadata: { annotations: { 'cert-manager.io/certificate-revision': '2' } } });

export const waitingRows: readonly Row[] = [
  {
    name: 'undecided for less than a minute: comes back when the minute is over, without a write',
    scene: { requests: undecided('2026-11-22T00:16:20Z') },
    expected: seen({ next: [after(40_000)] }),
  },
  {
    name: 'WaitingForApproval: undecided for a minute is told on the request and its issuer, without a write',
    scene: { requests: undecided('2026-11-22T00:15:40Z') },
    expected: seen(
      event('Warning', 'WaitingForApproval', texts.unapproved('2026-11-22T00:15:40Z')),
      event('Warning', 'WaitingForApproval', texts.issuerUnapproved, issuer),
      { next: [done] },
    ),
  },
  {
    name: 'WaitingForApproval for an issuer that does not exist: told on the request alone',
    scene: { requests: undecided('2026-11-22T00:15:40Z'), issuer: { state: 'missing' } },
    expected: seen(event('Warning', 'WaitingForApproval', texts.unapproved('2026-11-22T00:15:40Z')), {
      next: [done],
      issuer: 'unchecked',
    }),
  },
  {
    name: 'undecided where warning is turned off: nothing is done',
    scene: { requests: undecided('2026-11-22T00:15:40Z'), approvalWarning: 0 },
    expected: seen({ next: [done] }),
  },
  {
    name: 'UnknownIssuerKind: an event and a line of the log, once, no write and no counter',
    scene: {
      requests: [web({ spec: { issuerRef: { group: 'pca.alibabacloud.com', kind: 'Issuer', name: 'pca' } } })],
      acts: [{}, {}],
    },
    expected: seen(
      log('warn', texts.unknownKind, { request: 'shop/web-1', reason: 'UnknownIssuerKind' }),
      event('Warning', 'UnknownIssuerKind', texts.unknownKind),
      { next: [done, done] },
      remembers(),
    ),
  },
  {
    name: 'RequestRestored: nothing is asked of PCA, also after a take-over, and it waits for a change of the request',
    scene: { requests: [restored], takenOver: true },
    expected: seen(
      waits('RequestRestored', texts.restored),
      countedHeld('RequestRestored'),
      remembers({ earlier: { unknownSince: 0 } }),
    ),
  },
  {
    name: 'IssuerNotFound: waits to be woken by its issuer',
    scene: { issuer: { state: 'missing' } },
    expected: seen(waits('IssuerNotFound', texts.issuerMissing), { issuer: 'unchecked' }),
  },
  {
    name: 'IssuerNotReady: waits to be woken by its issuer',
    scene: { issuer: notReady('SecretNotFound') },
    expected: seen(waits('IssuerNotReady', texts.issuerNotReady('SecretNotFound')), {
      issuer: 'notReady: SecretNotFound',
    }),
  },
  {
    name: 'KeyFamilyChanged: a renewal with a key of the family that the CA before had waits to be woken',
    scene: { requests: [renewal], issuer: { keyFamily: 'RSA' } },
    expected: seen(waits('KeyFamilyChanged', texts.keyFamilyChanged)),
  },
  {
    name: 'an issuer that was not checked yet: not a word',
    scene: { issuer: { state: 'unchecked' } },
    expected: seen({ next: [done], issuer: 'unchecked' }, remembers()),
  },
  {
    name: 'an issuer whose changed spec was not checked yet: not a word',
    scene: { issuer: { state: 'changed' } },
    expected: seen({ next: [done], issuer: 'unchecked' }, remembers()),
  },
  {
    name: 'the same wait twice within five minutes: one write, one event',
    scene: { issuer: notReady('SecretNotFound'), acts: [{}, { after: minutes(5) - 1 }] },
    expected: seen(waits('IssuerNotReady', texts.issuerNotReady('SecretNotFound')), {
      next: [done],
      issuer: 'notReady: SecretNotFound',
    }),
  },
  {
    name: 'the same wait after five minutes: not written again while the request says it already',
    scene: { issuer: notReady('SecretNotFound'), acts: [{}, { after: minutes(5) }] },
    expected: seen(waits('IssuerNotReady', texts.issuerNotReady('SecretNotFound')), {
      next: [done],
      issuer: 'notReady: SecretNotFound',
    }),
  },
  {
    name: 'the same wait after five minutes with other words: written again without another event',
    scene: {
      cloud: { [custom]: [fails('Transient'), fails('Transient', { message: 'PCA is still away.' })] },
      acts: [{}, { after: minutes(5) }],
    },
    expected: seen(
      troubled('Transient', 'PCA says Transient.'),
      pendingWrite(texts.trouble('PCA is still away.')),
      log('warn', texts.notIssuedYet('PCA is still away.'), {
        request: 'shop/web-1',
        issuer: 'AlibabaPCAIssuer/shop/pca',
        reason: 'Transient',
      }),
      { counters: { 'pca_issuer_certificate_request_retries_total AlibabaPCAIssuer shop pca Transient': 1 } },
      { next: [retry('Transient')], calls: [`${custom} web-1`, `${custom} web-1`] },
      remembers({ calls: 2 }),
    ),
  },
  {
    name: 'another reason why the issuer is not ready: written and told at once',
    scene: {
      issuer: notReady('SecretNotFound'),
      acts: [{}, { after: 1_000, before: ({ checkFailed }) => checkFailed('PermissionDenied') }],
    },
    expected: seen(
      waits('IssuerNotReady', texts.issuerNotReady('SecretNotFound')),
      waits('IssuerNotReady', texts.issuerNotReady('PermissionDenied')),
      { issuer: 'notReady: PermissionDenied', woken: ['shop/web-1'] },
    ),
  },
  {
    name: 'the request says already why it waits: neither write nor event',
    scene: {
      requests: [webWith(ready('Pending', texts.issuerNotReady('SecretNotFound')))],
      issuer: notReady('SecretNotFound'),
    },
    expected: seen({ next: [done], issuer: 'notReady: SecretNotFound' }, remembers()),
  },
  {
    name: 'an issuer that becomes ready: the request that waited is woken and issued',
    scene: {
      issuer: notReady('SecretNotFound'),
      cloud: { [custom]: [issues('c1')] },
      acts: [{}, { after: 1_000, before: ({ checked }) => checked() }],
    },
    expected: seen(
      waits('IssuerNotReady', texts.issuerNotReady('SecretNotFound')),
      issued(texts.issued(custom, 'c1')),
      { woken: ['shop/web-1'], calls: [`${custom} web-1`], remembered: seen().remembered },
    ),
  },
  {
    name: 'why it waits cannot be written: tried again, not before the API server wants it, without an event',
    scene: {
      issuer: notReady('SecretNotFound'),
      faults: [{ verb: 'write', failure: 'Throttled', retryAfterMs: 7_000 }],
    },
    expected: seen(
      pendingWrite(texts.issuerNotReady('SecretNotFound')),
      log('warn', texts.waitNotWritten('The API server says Throttled'), {
        request: 'shop/web-1',
        reason: 'IssuerNotReady',
      }),
      {
        next: [retry(texts.writingWait('The API server says Throttled'), { retryAfterMs: 7_000 })],
        issuer: 'notReady: SecretNotFound',
      },
      remembers(),
    ),
  },
  {
    name: 'gone when it is written why it waits: done without an event',
    scene: {
      issuer: notReady('SecretNotFound'),
      listed: [web()],
      acts: [
        {
          at: {
            RequestRead: ({ cluster }) => cluster.remove(requestPath()),
          },
        },
      ],
    },
    expected: seen(
      pendingWrite(texts.issuerNotReady('SecretNotFound')),
      { next: [done], issuer: 'notReady: SecretNotFound' },
      remembers(),
    ),
  },
  {
    name: 'deleted, and told so by the watch, while it is reconciled: nothing is remembered',
    scene: {
      issuer: notReady('SecretNotFound'),
      acts: [{ at: { RequestRead: ({ remove }) => remove(requestPath()) } }],
    },
    expected: seen(pendingWrite(texts.issuerNotReady('SecretNotFound')), {
      next: [done],
      issuer: 'notReady: SecretNotFound',
    }),
  },
  {
    name: "ClusterUnknown: the cluster's identity cannot be read; the next try reads it again",
    scene: {
      faults: [{ verb: 'get', path: clusterUidPath, failure: 'Forbidden' }],
      cloud: { [custom]: [issues('c1')] },
      acts: [{}, { after: 1_000 }],
    },
    expected: seen(troubled('ClusterUnknown', texts.clusterUnknown(forbidden)), issued(texts.issued(custom, 'c1')), {
      calls: [`${custom} web-1`],
      remembered: seen().remembered,
    }),
  },
  {
    name: 'CertificateUnreadable: whether a cut lifetime leaves room to renew is not known',
    scene: {
      issuer: { spec: { validity: { maxDuration: '24h', onExceed: 'Clamp' } } },
      faults: [{ verb: 'get', path: 'certificates/web', failure: 'Forbidden', times: 2 }],
    },
    expected: seen(troubled('CertificateUnreadable', texts.certificateUnreadable(forbidden))),
  },
];
