// What is to be done, from what was seen.
import { describe, expect, it } from 'vitest';
import { seen } from '../../../src/cluster-reading/seen.ts';
import { issuerKinds } from '../../../src/crds/issuer.ts';
import type { AskedNames, FoundCertificate, OurIssuer } from '../../../src/migrate-command/facts.ts';
import { incumbentKinds } from '../../../src/migrate-command/incumbent.ts';
import { judgeMigration, judgeUndoing } from '../../../src/migrate-command/judging.ts';
import { certificateIn, nameDifferences } from '../../../src/migrate-command/kept-certificate.ts';
import { issue, keyPair, makeCA } from '../../support/certificates.ts';
import type { TestName } from '../../support/certificates.ts';

const from = new Date('2026-11-01T00:00:00Z');
const until = new Date('2027-02-01T00:00:00Z');
const ca = await makeCA('P-256', { name: 'CA', from, until });

async function chainWith(names: readonly TestName[], commonName?: string): Promise<string> {
  const { publicKey } = await keyPair('P-256', 'leaf');
  const spki = Buffer.from(await crypto.subtle.exportKey('spki', publicKey));
  const subject = commonName === undefined ? [] : [{ CN: [commonName] }];
  return `${await issue(ca, { spki, subject, content: { names }, notBefore: from, notAfter: until })}${ca.pem}`;
}

const chain = await chainWith([{ kind: 'dns', value: 'web.example.com' }]);
const incumbentRef = { group: 'alibabacloud.com', kind: 'PCAIssuer', name: 'pca' };
const ourRef = { group: 'pca.alibabacloud.com', kind: 'AlibabaPCAIssuer', name: 'pca' };
const [kind] = issuerKinds;
const incumbent = { kind: incumbentKinds[0], namespace: 'shop', name: 'pca', spec: { parentIdentifier: 'ca' } };
const ours = (changes: Partial<OurIssuer> = {}): OurIssuer => ({
  identity: { kind, namespace: 'shop', name: 'pca' },
  uid: 'uid',
  parentIdentifier: 'ca',
  isMigrated: true,
  ...changes,
});

function certificate(changes: Partial<FoundCertificate> = {}): FoundCertificate {
  return {
    namespace: 'shop',
    name: 'web',
    uid: 'u',
    issuerRef: incumbentRef,
    migratedFrom: undefined,
    isHeld: false,
    owner: undefined,
    isReady: true,
    isIssuing: false,
    hasFailed: false,
    names: { dnsNames: ['web.example.com'] },
    secretName: 'web-tls',
    chain: seen(chain),
    ...changes,
  };
}

describe('a Certificate', () => {
  it.each<[string, Partial<FoundCertificate>, object]>([
    ['that is ready is moved', {}, { action: 'move', to: ourRef, state: 'planned', keeps: expect.any(Object) }],
    [
      'without a certificate has the new issuer asked',
      { isReady: false, chain: { kind: 'absent' } },
      { action: 'reissue' },
    ],
    ['whose renewal failed has the new issuer asked', { hasFailed: true }, { action: 'reissue', state: 'planned' }],
    [
      'that was begun with is gone on with, ready or not',
      { isHeld: true, isReady: false, hasFailed: true, issuerRef: ourRef },
      { action: 'move', to: ourRef, state: 'planned' },
    ],
    [
      'under issuance is left alone',
      { isIssuing: true },
      { state: 'refused', why: 'cert-manager is issuing it at this moment. Run this again when it is Ready.' },
    ],
    [
      'of an Ingress is left alone',
      { owner: 'Ingress "web"' },
      {
        state: 'refused',
        why: 'Ingress "web" made it, and would write its issuerRef back. Change the issuer there; cert-manager then asks the new one for a certificate.',
      },
    ],
    [
      'whose Secret is hidden is left alone',
      { chain: { kind: 'hidden', right: 'get secrets "web-tls" in namespace shop' } },
      {
        state: 'refused',
        why: 'Its Secret cannot be read: the right to get secrets "web-tls" in namespace shop is missing.',
      },
    ],
    [
      'whose Secret holds something else is left alone',
      { chain: seen('certificate') },
      { state: 'refused', why: 'Its Secret web-tls holds no certificate that can be read.' },
    ],
    [
      'with other names than its certificate is left alone',
      { names: { dnsNames: ['web.example.com', 'new.example.com'], uris: ['spiffe://a'] } },
      {
        state: 'refused',
        why: 'The certificate in its Secret differs from spec.commonName or spec.dnsNames, spec.uris, so cert-manager would issue it anew. Have it renewed first: cmctl renew web -n shop.',
      },
    ],
    [
      'for an issuer that is not there is left alone',
      { issuerRef: { ...incumbentRef, name: 'other' } },
      { state: 'refused', why: 'It refers to PCAIssuer "other", which does not exist. Correct it.' },
    ],
    [
      'for a kind that is not there is left alone',
      { issuerRef: { group: 'alibabacloud.com', name: 'pca' } },
      {
        state: 'refused',
        why: 'Its issuerRef.kind is "", which the group alibabacloud.com does not have. Correct it.',
      },
    ],
  ])('%s', (_, changes, step) => {
    const { certificates } = judgeMigration({
      incumbents: [incumbent],
      ours: [],
      certificates: [certificate(changes)],
    });
    expect(certificates).toEqual([expect.objectContaining(step)]);
  });

  it('for another issuer is none of this', () => {
    const other = certificate({ issuerRef: { kind: 'ClusterIssuer', name: 'letsencrypt' } });
    const moved = certificate({ issuerRef: ourRef, migratedFrom: incumbentRef });
    expect(judgeMigration({ incumbents: [], ours: [], certificates: [other, moved] }).certificates).toEqual([]);
  });
});

describe('an issuer', () => {
  it.each<[string, readonly OurIssuer[], object]>([
    [
      'is made',
      [],
      { action: 'create', state: 'planned', spec: { parentIdentifier: 'ca', credentials: { ecsRole: {} } } },
    ],
    ['that is there with the same CA is kept', [ours({ isMigrated: false })], { action: 'keep', state: 'planned' }],
    [
      'that is there with another CA is refused',
      [ours({ parentIdentifier: 'other' })],
      {
        state: 'refused',
        why: 'It exists already, with another CA: other. Delete or rename it, or move the Certificates by hand.',
      },
    ],
  ])('%s', (_, present, step) => {
    const { issuers } = judgeMigration({ incumbents: [incumbent], ours: present, certificates: [] });
    expect(issuers).toEqual([expect.objectContaining(step)]);
  });

  it('that is refused keeps its Certificates', () => {
    const facts = {
      incumbents: [incumbent],
      ours: [ours({ parentIdentifier: 'other' })],
      certificates: [certificate()],
    };
    expect(judgeMigration(facts).certificates).toEqual([
      expect.objectContaining({ state: 'refused', why: 'AlibabaPCAIssuer "shop/pca" is refused.' }),
    ]);
  });
});

describe('the way back', () => {
  const moved = certificate({ issuerRef: ourRef, migratedFrom: incumbentRef });

  it('moves what was moved, and deletes what was made', () => {
    expect(judgeUndoing({ incumbents: [incumbent], ours: [ours()], certificates: [moved] })).toEqual({
      certificates: [expect.objectContaining({ to: incumbentRef, action: 'move', state: 'planned' })],
      issuers: [expect.objectContaining({ action: 'delete', uid: 'uid', state: 'planned' })],
    });
  });

  it('goes on where an earlier one ended in between', () => {
    const begun = certificate({ isHeld: true, isReady: false });
    expect(judgeUndoing({ incumbents: [incumbent], ours: [], certificates: [begun] }).certificates).toEqual([
      expect.objectContaining({ to: incumbentRef, action: 'move', state: 'planned' }),
    ]);
  });

  it('keeps what it did not make, and what others use', () => {
    const late = certificate({ name: 'late', issuerRef: ourRef });
    const facts = { incumbents: [incumbent], certificates: [moved, late] };
    const { issuers, certificates } = judgeUndoing({ ...facts, ours: [ours()] });
    expect([issuers, certificates.length]).toEqual([
      [
        expect.objectContaining({
          state: 'refused',
          why: 'Certificate shop/late refers to it and was never moved. Change its issuerRef, or keep the issuer.',
        }),
      ],
      1,
    ]);
    expect(judgeUndoing({ ...facts, ours: [ours({ isMigrated: false })] }).issuers).toEqual([]);
  });

  it('needs the issuer that was there', () => {
    expect(judgeUndoing({ incumbents: [], ours: [], certificates: [moved] }).certificates).toEqual([
      expect.objectContaining({
        state: 'refused',
        why: 'It came from PCAIssuer "pca", which does not exist any more. Make that again first.',
      }),
    ]);
  });
});

describe('names', () => {
  const differencesOf = async (names: readonly TestName[], asked: AskedNames, commonName?: string) =>
    nameDifferences(certificateIn(await chainWith(names, commonName))!, asked);

  it.each<[string, readonly TestName[], AskedNames, string | undefined, readonly string[]]>([
    ['a common name may be a DNS name', [{ kind: 'dns', value: 'a.b' }], { commonName: 'a.b' }, undefined, []],
    ['a DNS name may be the common name', [], { dnsNames: ['a.b'] }, 'a.b', []],
    [
      'addresses in any form',
      [
        { kind: 'ip', value: '10.0.0.1' },
        { kind: 'ip', value: '2001:db8::1' },
      ],
      { ipAddresses: ['2001:0DB8:0::1', '10.0.0.1'] },
      undefined,
      [],
    ],
    [
      'everything else as it is',
      [
        { kind: 'uri', value: 'spiffe://a/b' },
        { kind: 'email', value: 'a@b.c' },
      ],
      { uris: ['spiffe://a/b'], emailAddresses: ['a@b.c'] },
      undefined,
      [],
    ],
    [
      'a further DNS name differs',
      [{ kind: 'dns', value: 'a.b' }],
      {},
      undefined,
      ['spec.commonName or spec.dnsNames'],
    ],
    ['a missing address differs', [], { ipAddresses: ['10.0.0.1'] }, undefined, ['spec.ipAddresses']],
    ['a missing mail address differs', [], { emailAddresses: ['a@b.c'] }, undefined, ['spec.emailAddresses']],
  ])('%s', async (_, names, asked, commonName, differences) => {
    expect(await differencesOf(names, asked, commonName)).toEqual(differences);
  });
});
