// Rows: certificates of CAs, each of which activates a purchased instance.
import { describesCA, fails, instance, issues, says } from './cloud.ts';
import { lost, failed, issued, promised, remembers, seen, troubled, troubledAgain, webRequest } from './expected.ts';
import { caContent, issuerPath, uids, web, webCA } from './material.ts';
import type { Row, Scene } from './scene.ts';
import * as texts from './texts.ts';

const create = 'CreateExternalCACertificate';
const issuedOf = (instances: string): string =>
  texts.issued(create, 'ca1', `It uses ${instances} in spec.externalCA.instanceIds of the issuer.`);
const message = issuedOf('one of 2 instances');
const own = uids['web-1'] ?? '';
const forgotten = { remembered: seen().remembered };
const base = (instanceIds: readonly string[] = ['one', 'two']): Pick<Scene, 'requests' | 'issuer'> => ({
  requests: [webCA()],
  issuer: { spec: { externalCA: { instanceIds } } },
});
const status = (name: string): string => `GetCAInstanceStatus ${name}`;
const free = instance('one', 'BUY');
const differing = texts.mismatch('ca1', ' (RequestId R1)', texts.noCA);
const taken = (...instances: readonly object[]): Scene['acts'] => [
  { before: ({ cluster }) => cluster.change(issuerPath, { externalCA: { instances } }) },
];

export const instanceRows: readonly Row[] = [
  {
    name: 'CA: an instance is promised to the request, then activated',
    scene: { ...base(), cloud: { GetCAInstanceStatus: [free], [create]: [issues('ca1')] } },
    expected: seen(promised(['one', own]), issued(message), { calls: [status('one'), `${create} one`] }),
  },
  {
    name: 'CA: an instance that somebody else used is marked, and the next one taken',
    scene: {
      ...base(),
      cloud: {
        GetCAInstanceStatus: [instance('one', 'USED', 'ca9'), instance('two', 'BUY')],
        DescribeCACertificate: [describesCA('ca9', { key: 'other' })],
        [create]: [issues('ca1')],
      },
    },
    expected: seen(
      promised(['one', own]),
      promised(['one', '']),
      promised(['one', ''], ['two', own]),
      issued(message),
      {
        calls: [status('one'), 'DescribeCACertificate ca9', status('two'), `${create} two`],
      },
    ),
  },
  {
    name: 'CA: an earlier try has activated the instance; its certificate is found and adopted',
    scene: {
      ...base(),
      cloud: {
        GetCAInstanceStatus: [free, instance('one', 'USED', 'ca1')],
        [create]: [fails('OutcomeUnknown')],
        DescribeCACertificate: [describesCA('ca1')],
      },
      acts: [{}, { after: 1_000 }],
    },
    expected: seen(
      promised(['one', own]),
      lost(troubled('OutcomeUnknown', 'PCA says OutcomeUnknown.')),
      issued(message),
      {
        calls: [status('one'), `${create} one`, status('one'), 'DescribeCACertificate ca1'],
        ...forgotten,
      },
    ),
  },
  {
    name: 'CA: the outcome was unknown and the instance is still free, so it is called for again',
    scene: {
      ...base(),
      cloud: {
        GetCAInstanceStatus: [free, free, free],
        [create]: [fails('OutcomeUnknown'), issues('ca1')],
      },
      acts: [{}, { after: 1_000 }],
    },
    expected: seen(
      promised(['one', own]),
      lost(troubled('OutcomeUnknown', 'PCA says OutcomeUnknown.')),
      issued(message),
      {
        calls: [status('one'), `${create} one`, status('one'), status('one'), `${create} one`],
        ...forgotten,
      },
    ),
  },
  {
    name: 'CA: CertificateNotReady while the activated instance has no certificate yet',
    scene: {
      ...base(),
      cloud: {
        GetCAInstanceStatus: [free, instance('one', 'USED', 'ca1')],
        [create]: [says({ Identifier: 'ca1' })],
        DescribeCACertificate: [says({ Certificate: { Identifier: 'ca1', Status: 'ISSUE' } })],
      },
      acts: [{}, { after: 1_000 }],
    },
    expected: seen(
      promised(['one', own]),
      troubled('CertificateNotReady', texts.notGivenYet('ca1')),
      troubledAgain('CertificateNotReady', texts.caNotGivenYet),
      { calls: [status('one'), `${create} one`, status('one'), 'DescribeCACertificate ca1'] },
      remembers({ calls: 1, earlier: { accepted: 'ca1' } }),
    ),
  },
  {
    name: 'NoInstanceLeft: all are used or promised to other requests',
    scene: {
      ...base(['one']),
      acts: taken({ instanceId: 'one', requestUID: '' }) ?? [],
    },
    expected: seen(troubled('NoInstanceLeft', texts.noInstanceLeft(1))),
  },
  {
    name: 'CA: an instance promised to a request that is gone is free again',
    scene: {
      ...base(['one']),
      cloud: { GetCAInstanceStatus: [free], [create]: [issues('ca1')] },
      acts: taken({ instanceId: 'one', requestUID: 'gone', request: 'shop/gone' }) ?? [],
    },
    expected: seen(promised(['one', own]), issued(issuedOf('the only instance')), {
      calls: [status('one'), `${create} one`],
    }),
  },
  {
    name: 'CA: the promise conflicts with somebody else, so the account is read again',
    scene: {
      ...base(),
      faults: [{ verb: 'write', path: 'pca', failure: 'Conflict' }],
      cloud: { GetCAInstanceStatus: [free], [create]: [issues('ca1')] },
    },
    expected: seen(promised(['one', own]), promised(['one', own]), issued(message), {
      calls: [status('one'), `${create} one`],
    }),
  },
  {
    name: 'InstanceUnsettled: the promise cannot be written, so nothing is called',
    scene: { ...base(), faults: [{ verb: 'write', path: 'pca', failure: 'Forbidden' }] },
    expected: seen(
      promised(['one', own]),
      troubled('InstanceUnsettled', texts.instanceUnsettled('The API server says Forbidden')),
    ),
  },
  {
    name: 'InstanceUnsettled: the account cannot be read',
    scene: { ...base(), faults: [{ verb: 'get', path: 'pca', failure: 'Forbidden' }] },
    expected: seen(troubled('InstanceUnsettled', texts.issuerUnreadable('The API server says Forbidden'))),
  },
  {
    name: 'CA: the state of the instance may not be read, for which CA certificates alone wait',
    scene: { ...base(), cloud: { GetCAInstanceStatus: [fails('Permission')] } },
    expected: seen(
      promised(['one', own]),
      troubled('ExternalCA', texts.ofExternalCAs('PCA says Permission.', 'spec.externalCA')),
      { calls: [status('one')] },
    ),
  },
  {
    name: 'CAFlagMismatch: a CA that is not what was asked for is never offered for revocation',
    scene: {
      ...base(),
      issuer: { spec: { externalCA: { instanceIds: ['one'] }, revocationPolicy: 'RequestGone' } },
      cloud: {
        GetCAInstanceStatus: [free],
        [create]: [issues('ca1', { content: { ...caContent, isCA: false, pathLength: undefined } })],
      },
    },
    expected: seen(promised(['one', own]), failed(differing), {
      calls: [status('one'), `${create} one`],
    }),
  },
  {
    name: 'CA: PCA does not know the instance; other certificates of the issuer are issued',
    scene: {
      requests: [webCA(), web({}, 'web-2')],
      issuer: { spec: { externalCA: { instanceIds: ['one'] } } },
      cloud: { GetCAInstanceStatus: [fails('ExternalCA')], CreateCustomCertificate: [issues('c1')] },
      acts: [{}, { of: 'shop/web-2' }],
    },
    expected: seen(
      promised(['one', own]),
      troubled('ExternalCA', texts.ofExternalCAs('PCA says ExternalCA.', 'spec.externalCA')),
      issued(texts.issued('CreateCustomCertificate', 'c1'), webRequest('web-2')),
      { calls: [status('one'), 'CreateCustomCertificate web-2'] },
      remembers(),
    ),
  },
  {
    name: 'CA: PCA refuses the instance, which the issuer names',
    scene: {
      ...base(['one']),
      cloud: {
        GetCAInstanceStatus: [free],
        [create]: [fails('RequestRejected', { code: 'InvalidParameter.InstanceId' })],
      },
    },
    expected: seen(
      promised(['one', own]),
      troubled('ExternalCA', texts.ofExternalCAs('PCA says RequestRejected.', 'spec.externalCA.instanceIds')),
      { calls: [status('one'), `${create} one`] },
      remembers({ calls: 1 }),
    ),
  },
];
