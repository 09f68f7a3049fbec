// The helper that says who asked for a certificate lets cert-manager ask more often, and nothing else.
import { beforeAll, describe, expect, it } from 'vitest';
import { checkedIssuances, Issuances } from '../../support/issuances.ts';
import type { PaidCertificate, Wanted } from '../../support/issuances.ts';
import { identifierOf } from '../../support/seen-requests.ts';
import type { SeenRequest } from '../../support/seen-requests.ts';
import { issue, keyPair, makeHierarchy } from '../../support/certificates.ts';

const clusterUid = 'cluster';
const certManager = 'system:serviceaccount:cert-manager:cert-manager';
const wanted: Wanted = { namespace: 'team', certificates: { web: 1 } };
let key: string;
let byKey: PaidCertificate;

beforeAll(async () => {
  const { issuing } = await makeHierarchy('P-256', new Date('2026-01-01T00:00:00Z'));
  const spki = Buffer.from(await crypto.subtle.exportKey('spki', (await keyPair('P-256', 'issuances')).publicKey));
  key = spki.toString('base64');
  const [notBefore, notAfter] = [new Date('2026-11-01T00:00:00Z'), new Date('2026-12-01T00:00:00Z')];
  const pem = await issue(issuing, { spki, subject: [], content: {}, notBefore, notAfter });
  byKey = { serialNumber: '0a', pem };
});

function request(uid: string, changes: Partial<SeenRequest> = {}): SeenRequest {
  const base = { kind: 'CertificateRequest', namespace: 'team', createdBy: certManager, certificate: 'web' };
  return { ...base, uid, name: `web-${uid}`, key: undefined, ...changes };
}

const paidFor = (uid: string, serialNumber: string): PaidCertificate => ({
  serialNumber,
  customIdentifier: identifierOf(clusterUid, uid),
  pem: '',
});

function complaints(
  requests: readonly SeenRequest[],
  certificates: readonly PaidCertificate[],
  about: Wanted = wanted,
  callsFor: readonly string[] = [],
): readonly string[] {
  const calls = callsFor.map((uid) => ({
    action: 'CreateCustomCertificate',
    parameters: { customIdentifier: identifierOf(clusterUid, uid) },
    outcome: 'ok',
  }));
  return new Issuances({ clusterUid, requests, certificates, calls }).complaints(about);
}

describe('what is allowed', () => {
  it('one certificate for the one request', () => {
    expect(complaints([request('1')], [paidFor('1', '0a')])).toEqual([]);
  });

  it('one certificate for each request that cert-manager made for the Certificate', () => {
    const requests = ['1', '2', '3'].map((uid) => request(uid));
    expect(complaints(requests, [paidFor('1', '0a'), paidFor('2', '0b'), paidFor('3', '0c')])).toEqual([]);
  });

  it('one certificate for each request of one key, where the operation takes no identifier', () => {
    expect(complaints([request('1', { key }), request('2', { key })], [byKey, byKey])).toEqual([]);
  });
});

describe('what is a fault', () => {
  it('a second certificate for one request, with everything that says who asked', () => {
    expect(
      complaints([request('1'), request('2')], [paidFor('1', '0a'), paidFor('2', '0b'), paidFor('1', '0c')]),
    ).toEqual([
      `More than one certificate was paid for one request: CertificateRequest team/web-1 (1), made by ${certManager} for Certificate web: certificates: 0a (identifier ${identifierOf(clusterUid, '1')}), 0c (identifier ${identifierOf(clusterUid, '1')})`,
    ]);
  });

  it('a second certificate for the key of one request', () => {
    expect(complaints([request('1', { key })], [byKey, byKey])).toEqual([
      expect.stringMatching(/^More than one .*web-1 \(1\).*: 0a \(by its key\), 0a \(by its key\)$/),
    ]);
  });

  it('a certificate that no request asked for, by identifier or by key', () => {
    expect(complaints([request('1')], [paidFor('1', '0a'), paidFor('other', '0b'), byKey])).toEqual([
      expect.stringMatching(/^No request asked for certificate 0b /),
      'No request asked for certificate 0a (by its key).',
    ]);
  });

  it('fewer certificates than wanted, and any where none is', () => {
    expect(complaints([request('1')], [])).toEqual([
      `0 requests for web got a certificate instead of 1:\n  CertificateRequest team/web-1 (1), made by ${certManager} for Certificate web: certificates: none`,
    ]);
    expect(complaints([], [])).toEqual(['0 requests for web got a certificate instead of 1:\n  nobody asked']);
    const none = { namespace: 'team', certificates: { web: 0 } };
    expect(complaints([request('1')], [paidFor('1', '0a')], none)).toEqual([
      expect.stringMatching(/^1 requests for web got a certificate instead of 0:/),
    ]);
  });

  it('more requests than wanted that somebody other than cert-manager made', () => {
    const byOther = [request('1'), request('2', { createdBy: 'system:serviceaccount:pca:alibaba-pca-issuer' })];
    const two = [paidFor('1', '0a'), paidFor('2', '0b')];
    expect(complaints(byOther, two)).toEqual([
      expect.stringMatching(/^2 requests for web got a certificate instead of 1:\n[^]*made by .*alibaba-pca-issuer/),
    ]);
  });

  it('a second call for one request, where calls are counted', () => {
    const once = { ...wanted, calledOnce: true };
    expect(complaints([request('1')], [paidFor('1', '0a')], once, ['1'])).toEqual([]);
    expect(complaints([request('1')], [paidFor('1', '0a')], once, ['1', '1'])).toEqual([
      expect.stringMatching(/^A request was called for again: .*calls: ok, ok$/),
    ]);
  });
});

it('the check fails with who asked for what', async () => {
  const certificates = [paidFor('1', '0a'), paidFor('1', '0b'), paidFor('2', '0c')];
  const kubeSystem = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system', uid: clusterUid } };
  const check = checkedIssuances({
    cluster: { get: async () => kubeSystem },
    requests: async () => new Map(['1', '2'].map((uid) => [uid, request(uid)])),
    certificates: () => certificates,
  });
  await expect(check).rejects.toThrow(/More than one certificate.*\nWho asked for what:\n.*web-1.*\n.*web-2.*0c/);
});
