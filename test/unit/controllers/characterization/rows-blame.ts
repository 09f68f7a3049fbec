// Rows: whose fault it is that a certificate is not what was asked for, and what the others make of it.
import { adviceToRenew } from '../../../support/renewal.ts';
import { fails, issues, says, unreachable } from './cloud.ts';
import type { CloudAnswer } from './cloud.ts';
import { after, countedHeld, event, failed, issued, issuerHeld, pendingWrite, remembers, seen } from './expected.ts';
import { told, waits, webRequest } from './expected.ts';
import { requestPath, web } from './material.ts';
import type { Row, SeenWrite } from './scene.ts';
import * as texts from './texts.ts';

const custom = 'CreateCustomCertificate';
const call = (name: string): string => `${custom} ${name}`;
const other = issues('c1', { key: 'other' });
const differing = texts.mismatch('c1', ' (RequestId R1)', texts.otherKey);
const withBadChain: CloudAnswer = async (given) => {
  const outcome = await issues('c1')(given);
  return outcome.kind === 'ok' ? says({ ...outcome.body, CertificateChain: 'no PEM' })(given) : outcome;
};
const badChain = texts.mismatch('c1', ' (RequestId R1)', texts.badChain);
/** A request for another Certificate of the namespace. */
const ofApi = web(
  { metadata: { ownerReferences: [{ apiVersion: 'cert-manager.io/v1', kind: 'Certificate', name: 'api', uid: 'd' }] } },
  'web-2',
);
const held = texts.ownerHeld('shop/web', 'KeyMismatch', '2026-11-22T00:18:10Z');

/** The second request failed like the first. */
function failedToo(certificate: string): ReturnType<typeof seen> {
  const message = `${differing}${texts.kept}${adviceToRenew({ namespace: 'shop', name: certificate })}`;
  const condition = { type: 'Ready', status: 'False', reason: 'Failed', message };
  const write: SeenWrite = {
    path: requestPath('web-2'),
    status: { conditions: [condition], failureTime: '2026-11-22T00:16:40Z' },
  };
  return seen({ writes: [write], next: [{ kind: 'done' }] }, told('Failed', message, webRequest('web-2')));
}

export const blameRows: readonly Row[] = [
  {
    name: 'OwnerHeld: the next request of the same Certificate waits; what is wrong is not paid for again',
    scene: {
      requests: [web(), web({}, 'web-2')],
      cloud: { [custom]: [other] },
      acts: [{}, { of: 'shop/web-2' }],
    },
    expected: seen(
      failed(`${differing}${texts.kept}`),
      pendingWrite(held, 'web-2'),
      event('Warning', 'OwnerHeld', held, webRequest('web-2')),
      countedHeld('OwnerHeld'),
      { next: [after(90_000)], calls: [call('web-1')], revoked: ['c1: kept'] },
    ),
  },
  {
    name: 'OwnerHeld: it continues when the time is over',
    scene: {
      requests: [web(), web({}, 'web-2')],
      cloud: { [custom]: [other, issues('c2')] },
      acts: [{}, { of: 'shop/web-2', after: 90_000 }],
    },
    expected: seen(failed(`${differing}${texts.kept}`), issued(texts.issued(custom, 'c2'), webRequest('web-2')), {
      calls: [call('web-1'), call('web-2')],
      revoked: ['c1: kept'],
    }),
  },
  {
    name: 'KeyMismatch: another Certificate goes on',
    scene: {
      requests: [web(), ofApi],
      cloud: { [custom]: [other, issues('c2')] },
      acts: [{}, { of: 'shop/web-2' }],
    },
    expected: seen(failed(`${differing}${texts.kept}`), issued(texts.issued(custom, 'c2'), webRequest('web-2')), {
      calls: [call('web-1'), call('web-2')],
      revoked: ['c1: kept'],
    }),
  },
  {
    name: 'KeyMismatch of two Certificates in the namespace of the issuer, which is held',
    scene: {
      requests: [web(), ofApi],
      cloud: { [custom]: [other, other] },
      acts: [{}, { of: 'shop/web-2' }],
    },
    expected: seen(
      failed(`${differing}${texts.kept}`),
      failedToo('api'),
      issuerHeld('CertificateRefused', differing, 'shop/web-2'),
      { calls: [call('web-1'), call('web-2')], revoked: ['c1: kept', 'c1: kept'] },
    ),
  },
  {
    name: 'ChainBroken: no request can cause that, so the issuer is held at once',
    scene: { cloud: { [custom]: [withBadChain] } },
    expected: seen(failed(`${badChain}${texts.kept}`), issuerHeld('CertificateRefused', badChain, 'shop/web-1'), {
      calls: [call('web-1')],
      revoked: ['c1: kept'],
    }),
  },
  {
    name: 'InvalidSettings: PCA refuses a parameter that the issuer sets, for which the request waits',
    scene: { cloud: { [custom]: [fails('RequestRejected', { code: 'InvalidParameter.ResourceGroupId' })] } },
    expected: seen(
      waits('IssuerNotReady', texts.issuerNotReady('InvalidSettings')),
      issuerHeld(
        'InvalidSettings',
        `PCA says RequestRejected. ${texts.badSetting('spec.createCustomCertificate.resourceGroupId')}`,
        'shop/web-1',
      ),
      { calls: [call('web-1')] },
      remembers({ calls: 1 }),
    ),
  },
  {
    name: 'STSUnavailable: no credentials, whatever PCA did before',
    scene: { unanswered: 4, cloud: { [custom]: [sts(unreachable)] } },
    expected: seen(
      waits('IssuerNotReady', texts.issuerNotReady('STSUnavailable')),
      issuerHeld('STSUnavailable', `PCA says Transient. ${texts.whichSts}`, 'shop/web-1'),
      { calls: [call('web-1')] },
      remembers({ calls: 1 }),
    ),
  },
];

/** The failure as one of STS, which was asked first. */
function sts(answer: CloudAnswer): CloudAnswer {
  return async (given) => {
    const outcome = await answer(given);
    if (outcome.kind === 'ok') throw new Error('This is no failure.');
    return { kind: 'failed', failure: { ...outcome.failure, service: 'STS' } };
  };
}
