// Rows: what a request ends with when the API server has no faults, and requests with which nothing is to be done.
import { denied, ready } from '../../../support/certificate-requests.ts';
import { fails, issues, says } from './cloud.ts';
import { counted, done, failed, issued, retry, seen } from './expected.ts';
import { requestPath, web, webCA, webWith } from './material.ts';
import type { Row, Scene } from './scene.ts';
import * as texts from './texts.ts';

const custom = 'CreateCustomCertificate';
const calls = [`${custom} web-1`];
const clamping: NonNullable<Scene['issuer']> = { spec: { validity: { maxDuration: '24h', onExceed: 'Clamp' } } };
const otherKey = { [custom]: [issues('c1', { key: 'other' })] };
const otherKeyMessage = texts.mismatch('c1', ' (RequestId R1)', texts.otherKey);
const nothing = seen({ next: [done] });

export const endRows: readonly Row[] = [
  {
    name: 'issued: one call, one write with chain and root',
    scene: { cloud: { [custom]: [issues('c1')] } },
    expected: seen(issued(texts.issued(custom, 'c1')), { calls }),
  },
  {
    name: 'issued with a lifetime that was cut, which the message says',
    scene: { issuer: clamping, cloud: { [custom]: [issues('c1')] } },
    expected: seen(issued(texts.issued(custom, 'c1', texts.clampedToIssuer)), { calls }),
  },
  {
    name: 'issued with a difference that the issuer allows, which the message says after the cut lifetime',
    scene: {
      issuer: { spec: { ...clamping.spec, verification: { names: 'Allow' } } },
      cloud: {
        [custom]: [
          issues('c1', {
            content: {
              names: ['web.shop.svc', 'other.shop.svc'].map((value) => ({ kind: 'dns', value })),
              keyUsages: ['digitalSignature', 'keyEncipherment'],
              extendedKeyUsages: ['1.3.6.1.5.5.7.3.1'],
            },
          }),
        ],
      },
    },
    expected: seen(issued(texts.issued(custom, 'c1', texts.clampedToIssuer, texts.namesDiffer)), { calls }),
  },
  {
    name: 'denied: its end is written without an event',
    scene: { requests: [web({ conditions: [denied] })] },
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
        next: [done],
      },
      counted('denied'),
    ),
  },
  {
    name: 'denied when its issuer is of a kind that does not exist: not counted',
    scene: {
      requests: [
        web({
          conditions: [denied],
          spec: { issuerRef: { group: 'pca.alibabacloud.com', kind: 'Issuer', name: 'pca' } },
        }),
      ],
    },
    expected: seen({
      writes: [
        {
          path: requestPath(),
          status: {
            conditions: [{ type: 'Ready', status: 'False', reason: 'Denied', message: texts.denied }],
            failureTime: '2026-11-22T00:16:40Z',
          },
        },
      ],
      next: [done],
    }),
  },
  {
    name: 'refused before any call: the CSR is empty; dated a second after its creation, which lies ahead of our clock',
    scene: { requests: [web({ spec: { request: '' }, metadata: { creationTimestamp: '2026-11-22T00:17:00Z' } })] },
    expected: seen(failed(texts.emptyCsr, '2026-11-22T00:17:01Z')),
  },
  {
    name: 'refused before any call: the operation issues no certificates of CAs',
    scene: { requests: [webCA()] },
    expected: seen(failed(texts.caNotOffered)),
  },
  {
    name: 'refused before any call: the cut lifetime leaves no room for renewBefore',
    scene: { issuer: clamping, certificate: { metadata: { name: 'web' }, spec: { renewBefore: '23h' } } },
    expected: seen(failed(texts.noRoomToRenew)),
  },
  {
    name: 'RejectedByPCA: PCA refuses what was asked',
    scene: { cloud: { [custom]: [fails('RequestRejected')] } },
    expected: seen(failed(texts.rejectedByPCA('PCA says RequestRejected.')), { calls }),
  },
  {
    name: 'KeyMismatch: the certificate is not used and, as the policy says, kept; the issuer stays ready',
    scene: { cloud: otherKey },
    expected: seen(failed(`${otherKeyMessage}${texts.kept}`), { calls, revoked: ['c1: kept'] }),
  },
  {
    name: 'KeyMismatch with revocationPolicy RequestGone: the certificate is revoked',
    scene: { issuer: { spec: { revocationPolicy: 'RequestGone' } }, cloud: otherKey },
    expected: seen(failed(`${otherKeyMessage}${texts.beingRevoked}`), { calls, revoked: ['c1: revoked'] }),
  },
  {
    name: 'KeyMismatch without an identifier of PCA: nothing can be revoked',
    scene: {
      cloud: {
        [custom]: [
          async (call) => {
            const outcome = await issues('c1', { key: 'other' })(call);
            return outcome.kind === 'ok' ? says({ ...outcome.body, Identifier: undefined })(call) : outcome;
          },
        ],
      },
    },
    expected: seen(failed(texts.mismatch('without identifier', ' (RequestId R1)', texts.otherKey)), { calls }),
  },
  {
    name: 'an end that is there already: nothing is done, whatever the watch told',
    scene: { requests: [webWith(ready('Issued'))], listed: [web()] },
    expected: seen({ next: [done], remembered: { known: true, earlier: 'none', decided: undefined, calls: 0 } }),
  },
  {
    name: 'being deleted: nothing is done',
    scene: { requests: [web({ metadata: { deletionTimestamp: '2026-11-22T00:16:00Z' } })] },
    expected: seen({ next: [done], remembered: { known: true, earlier: 'none', decided: undefined, calls: 0 } }),
  },
  {
    name: 'approved according to the watch but not any more: nothing is done',
    scene: { requests: [web({ conditions: [] })], listed: [web()] },
    expected: seen({ next: [done], remembered: { known: true, earlier: 'none', decided: undefined, calls: 0 } }),
  },
  { name: 'a key that the watch has not told of: nothing is done', scene: { listed: [] }, expected: nothing },
  {
    name: 'gone at the API server: nothing is done',
    scene: { listed: [web()], acts: [{ before: ({ cluster }) => cluster.remove(requestPath()) }] },
    expected: nothing,
  },
  {
    name: 'another request under the same name: nothing is done',
    scene: { requests: [web({ metadata: { uid: 'another' } })], listed: [web()] },
    expected: nothing,
  },
  {
    name: 'read failed: tried again, and not before the API server wants it',
    scene: { faults: [{ verb: 'get', path: 'web-1', failure: 'Throttled', retryAfterMs: 7_000 }] },
    expected: seen({
      next: [retry(texts.reading('The API server says Throttled'), { retryAfterMs: 7_000 })],
    }),
  },
];
