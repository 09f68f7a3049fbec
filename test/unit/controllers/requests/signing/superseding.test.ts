// Which requests are tries for one CA, and which of them goes first.
import { expect, test } from 'vitest';
import { cachedRequest } from '../../../../../src/controllers/requests/kinds/cached-request.ts';
import type { CachedRequest } from '../../../../../src/controllers/requests/kinds/cached-request.ts';
import type { Request } from '../../../../../src/controllers/requests/kinds/request.ts';
import { RequestMemories } from '../../../../../src/controllers/requests/memory.ts';
import type { SigningTask } from '../../../../../src/controllers/requests/signing/outcome.ts';
import { Superseding, triesOf } from '../../../../../src/controllers/requests/signing/superseding.ts';
import { approved, certificateRequest } from '../../../../support/certificate-requests.ts';
import type { RequestChanges } from '../../../../support/certificate-requests.ts';
import { encoded, makeCsr } from '../../../../support/certificates.ts';
import type { TestContent } from '../../../../support/certificates.ts';
import { identity } from '../samples.ts';

const spire = 'system:serviceaccount:spire:spire-server';
const trustDomain = { kind: 'uri', value: 'spiffe://example.org' } as const;
const asked: TestContent = { subject: [{ CN: ['SPIRE'] }], names: [trustDomain], isCA: true };

async function csrOf(content: TestContent, key = ''): Promise<string> {
  return encoded(await makeCsr('P-256', content, key));
}

const usual = await csrOf(asked);

/** A try of SPIRE for its CA, so many seconds after the first. */
function attempt(name: string, second: number, { metadata, spec, conditions }: RequestChanges = {}): CachedRequest {
  const creationTimestamp = new Date(Date.UTC(2026, 10, 22, 10, 0, second)).toISOString();
  const request = cachedRequest(
    certificateRequest({
      metadata: { name, uid: `uid-${name}`, creationTimestamp, ...metadata },
      spec: { request: usual, isCA: true, usages: ['cert sign'], username: spire, ...spec },
      conditions: conditions ?? [approved],
    }),
  );
  if (request === undefined) throw new Error('The request is not open.');
  return request;
}

const own = attempt('own', 10);
const namesOf = (requests: readonly CachedRequest[]): readonly string[] =>
  requests.map(({ metadata }) => metadata.name);

test('the others are newer or older, the newest first, and those of the same second are neither', () => {
  const open = [attempt('a', 1), attempt('b', 2), own, attempt('same', 10), attempt('c', 11), attempt('d', 12)];
  const { newer, older } = triesOf(own, open);
  expect([namesOf(newer), namesOf(older)]).toEqual([
    ['d', 'c'],
    ['b', 'a'],
  ]);
});

const owner = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', name: 'mesh', uid: 'c', controller: true };
const otherIssuer = { group: 'pca.alibabacloud.com', kind: 'AlibabaPCAIssuer', name: 'other' };

test.each<[string, RequestChanges, boolean]>([
  ['with another key', { spec: { request: await csrOf(asked, 'another') } }, true],
  [
    'whose subject has a serial number of its own',
    { spec: { request: await csrOf({ ...asked, subject: [{ '2.5.4.5': ['42'] }, { CN: ['SPIRE'] }] }) } },
    true,
  ],
  ['for a longer life', { spec: { duration: '8760h' } }, true],
  ['of another requester', { spec: { username: 'system:serviceaccount:spire:other' } }, false],
  ['without a requester', { spec: { username: '' } }, false],
  ['in another namespace', { metadata: { namespace: 'other' } }, false],
  ['of another issuer', { spec: { issuerRef: otherIssuer } }, false],
  ['with another subject', { spec: { request: await csrOf({ ...asked, subject: [{ CN: ['other'] }] }) } }, false],
  ['with another name', { spec: { request: await csrOf({ ...asked, names: [] }) } }, false],
  ['for a certificate of no CA', { spec: { isCA: false } }, false],
  ['that belongs to a Certificate', { metadata: { ownerReferences: [owner] } }, false],
  [
    'that cert-manager made for a Certificate',
    { metadata: { annotations: { 'cert-manager.io/certificate-name': 'mesh' } } },
    false,
  ],
  ['with a CSR that cannot be read', { spec: { request: encoded('no CSR') } }, false],
  ['that is not approved', { conditions: [] }, false],
])('a newer request %s', (_, changes, isTry) => {
  const newer = attempt('newer', 11, changes);
  expect(namesOf(triesOf(own, [own, newer]).newer)).toEqual(isTry ? ['newer'] : []);
});

test('a request that is no try supersedes nothing, and is superseded by nothing', () => {
  const certificates = attempt('of-certificate', 10, { metadata: { ownerReferences: [owner] } });
  const others = [attempt('older', 1), attempt('newer', 11)];
  expect([triesOf(certificates, [certificates, ...others]), triesOf(undefined, others)]).toEqual([
    { newer: [], older: [] },
    { newer: [], older: [] },
  ]);
});

test('the older ones are told who goes first, and are woken once', () => {
  const [memories, woken, older] = [new RequestMemories(), [] as string[], attempt('older', 1)];
  const superseding = new Superseding({ open: () => [older, own], memories, wake: (key) => woken.push(key) });
  const request = { object: { ...own.metadata, ...own.object } } as Partial<Request> as Request;
  const task = { request, identity } as Partial<SigningTask> as SigningTask;
  const found = superseding.triesOf(task);
  superseding.supersede(found.older, task);
  superseding.supersede(found.older, task);
  const told = ['uid-older', 'uid-own'].map((uid) => memories.of(uid).supersededBy);
  expect([found, told, woken]).toEqual([{ newer: [], older: [older] }, ['shop/own', undefined], ['shop/older']]);
});
