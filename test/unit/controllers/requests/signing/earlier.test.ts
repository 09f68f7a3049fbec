// The certificate of an own earlier call: looked for where it was called for, judged by what was asked then, never waited for
// without end, and never a fault of the issuer that took the name since.
import { describe, expect, test } from 'vitest';
import type { Found } from '../../../../../src/authority/certificate-authority.ts';
import type { ReadyIssuer } from '../../../../../src/controllers/issuers/ready-issuers.ts';
import { issuingCA } from '../../../../support/issuing.ts';
import { makeHierarchy } from '../../../../support/certificates.ts';
import { failed, FakeAuthority } from '../../../../support/fake-authority.ts';
import type { Answers } from '../../../../support/fake-authority.ts';
import { issuerObject, uids, webCA } from '../../characterization/material.ts';
import { fails, givenUp, lost, troubled } from '../decide/row.ts';
import { answers, finds, issues } from '../replies.ts';
import { issuerName, Rig } from '../rig.ts';
import type { Situation } from '../rig.ts';

const uid = uids['web-1'] ?? '';
const own = 'f1962ccc-102b-b543-0424-6f4f64249cd7';
const again = 'This request is given up; a new one is needed.';
const other = await makeHierarchy('P-384', new Date('2026-01-02T00:00:00Z'));
const noAnswer = failed('OutcomeUnknown');

/** A call was made and its certificate not seen; then the issuer names another CA. */
async function moved(answersThere: Answers, answersHere: Answers = {}) {
  const rig = new Rig({ pca: { issue: [noAnswer], ...answersThere } });
  await rig.decide();
  const here = new FakeAuthority(answersHere, 'HTTPS pca.test ca-2');
  rename(rig, { authority: here, ca: issuingCA(other, { Identifier: 'ca-2' }) });
  rig.clock.advance(1_000);
  return { rig, here };
}

/** The issuer says something else from now on. */
function rename(rig: Rig, changes: Partial<ReadyIssuer>): void {
  const ready = rig.readyIssuers.last(issuerName);
  if (ready === undefined) throw new Error('The issuer was not checked.');
  const parentIdentifier = changes.ca?.identifier ?? ready.spec.parentIdentifier;
  rig.readyIssuers.open(issuerName, { ...ready, spec: { ...ready.spec, parentIdentifier }, ...changes });
}

function issuerOf(rig: Rig): string {
  const { uid: issuerUid, generation = 0 } = issuerObject().metadata;
  const state = rig.readyIssuers.state(issuerName, { uid: issuerUid, generation });
  return state.kind === 'notReady' ? state.reason : state.kind;
}

describe('after the issuer was given another CA', () => {
  test.each<[string, Answers]>([
    ['of which nothing was heard', { issue: [noAnswer], find: [finds()] }],
    ['that PCA had accepted', { issue: [answers({ kind: 'pending', identifier: 'pca-1' })], find: [finds()] }],
  ])('the certificate of a call %s is taken from the CA that was called', async (_, there) => {
    const { rig, here } = await moved(there);
    const decision = await rig.decide();
    expect([decision.kind, rig.authority.asked.slice(1).length, here.asked, issuerOf(rig)]).toEqual([
      'issued',
      1,
      [],
      'ready',
    ]);
  });

  test('the new CA is called where the old one has none', async () => {
    const { rig, here } = await moved(
      { find: [{ kind: 'absent' }] },
      { issue: [issues({ ca: other.issuing, chain: [other.issuing.pem, other.root.pem] })] },
    );
    expect([(await rig.decide()).kind, rig.authority.asked, here.asked]).toEqual([
      'issued',
      [`issue ${uid}`, 'find unknown'],
      [`issue ${uid}`],
    ]);
  });

  test.each<[string, Found]>([
    ['is not finished', { kind: 'unsettled', message: 'Later.' }],
    ['is not given yet', { kind: 'pending', message: 'Later.' }],
  ])('one that %s is waited for, and nothing else is called', async (_, found) => {
    const { rig, here } = await moved({ find: [found] });
    expect([await rig.decide(), here.asked]).toEqual([lost(troubled('CertificateNotReady', 'Later.')), []]);
  });

  test('one that is not what was asked for ends the request, and the issuer of now is not held for it', async () => {
    const { rig } = await moved({ find: [finds({ key: 'other' })] });
    const message =
      'PCA issued certificate pca-1, but it is not what was asked for, so it is not used: its public key is not the one of the request. Look at the CA in PCA, and report it to Alibaba Cloud. The issuer has been changed since it was called for, so it was not revoked: do it in the PCA console if it is not wanted.';
    expect([await rig.decide(), issuerOf(rig)]).toEqual([
      { ...fails('KeyMismatch', message), at: rig.clock.now() },
      'ready',
    ]);
  });

  test('an issuer that took the name of the one that was asked does not hand out what its CA did not sign', async () => {
    const { rig } = await moved({ find: [finds()] });
    const { earlier } = rig.memories.of(uid);
    if (earlier.kind === 'none' || earlier.call === undefined) throw new Error('Nothing was called for.');
    Object.assign(earlier.call, { issuer: { ...earlier.call.issuer, uid: 'the-issuer-before' } });
    const decision = await rig.decide();
    expect([decision.kind === 'failed' && decision.reason, issuerOf(rig)]).toEqual(['NotSignedByCA', 'ready']);
  });

  test.each([
    ['Credentials', 8],
    ['Permission', 8],
    ['IssuingCA', 8],
    ['Capacity', 8],
    ['ActionUnavailable', 8],
    ['RequestRejected', 8],
    ['Transient', 30],
    ['Unknown', 30],
  ] as const)(
    'a CA that cannot be asked any more (%s) is tried %i times; then the request ends, and no issuer is held',
    async (name, most) => {
      const { rig, here } = await moved({ find: Array.from({ length: most }, () => failed(name)) });
      const decisions = [];
      for (let tries = 0; tries < most; tries += 1) decisions.push(await rig.decide());
      const message = `A certificate with the custom identifier ${own} of this request may have been issued by CA "ca", which the issuer named before and which cannot be asked any more: PCA says ${name}. Look for it in PCA's console, and revoke it if it is not wanted. ${again}`;
      expect([decisions, here.asked, issuerOf(rig)]).toEqual([
        [
          ...Array.from({ length: most - 1 }, () => troubled(name, `PCA says ${name}.`)),
          { ...fails('EarlierCertificateNotFound', message), at: rig.clock.now() },
        ],
        [],
        'ready',
      ]);
    },
  );

  test('a look that this process gave up is no try, and nothing is told of it', async () => {
    const { rig } = await moved({ find: Array.from({ length: 31 }, () => failed('Cancelled')) });
    const decisions = [];
    for (let tries = 0; tries < 31; tries += 1) decisions.push(await rig.decide());
    expect(decisions).toEqual(decisions.map(() => lost(givenUp)));
  });
});

describe('after the credentials were replaced', () => {
  test('the certificate is looked for with those of now, since the old ones may be dead', async () => {
    const rig = new Rig({ pca: { issue: [noAnswer] } });
    await rig.decide();
    const now = new FakeAuthority({ find: [finds()] });
    rename(rig, { authority: now });
    expect([(await rig.decide()).kind, rig.authority.asked, now.asked]).toEqual([
      'issued',
      [`issue ${uid}`],
      ['find unknown'],
    ]);
  });
});

test('what the issuer would refuse today is still handed out if it was issued', async () => {
  const rig = new Rig({ pca: { issue: [noAnswer], find: [finds()] } });
  await rig.decide();
  const ready = rig.readyIssuers.last(issuerName);
  if (ready === undefined) throw new Error('The issuer was not checked.');
  rename(rig, { spec: { ...ready.spec, validity: { ...ready.spec.validity, maxDuration: '24h' } } });
  expect((await rig.decide()).kind).toBe('issued');
});

test('the wall clock that is set meanwhile does not change what was asked', async () => {
  const rig = new Rig({ pca: { issue: [noAnswer], find: [finds()] } });
  await rig.decide();
  rig.clock.jump(-3_600_000);
  expect((await rig.decide()).kind).toBe('issued');
});

describe('a certificate that nobody can use any more ends the request, and is no fault of its issuer', () => {
  const yesterday = new Date('2026-11-21T00:00:00Z');
  test.each<[string, Situation, string]>([
    ['revoked', { pca: { find: [{ kind: 'revoked', identifier: 'pca-1' }] } }, 'CertificateRevoked'],
    ['expired', { pca: { find: [finds({ notBefore: yesterday, notAfter: yesterday })] } }, 'CertificateExpired'],
    [
      'of a CA, revoked',
      {
        requests: [webCA()],
        spec: { externalCA: { instanceIds: ['i-1'] } },
        pca: { find: [{ kind: 'revoked', identifier: 'ca-9' }] },
      },
      'CertificateRevoked',
    ],
  ])('%s', async (_, situation, reason) => {
    const rig = new Rig(situation);
    rig.memories.of(uid).inherited(0);
    const decision = await rig.decide();
    expect([decision.kind === 'failed' && decision.reason, issuerOf(rig)]).toEqual([reason, 'ready']);
  });
});

test('PCA has one already, and it is found a little later', async () => {
  const rig = new Rig({ pca: { issue: [failed('Duplicate')], find: [{ kind: 'absent' }, finds()] } });
  const decisions = [await rig.decide(), await rig.decide(), await rig.decide()];
  expect([decisions.slice(0, 2), decisions[2]?.kind, rig.authority.asked]).toEqual([
    [
      troubled('Duplicate', 'PCA says Duplicate.'),
      troubled(
        'Duplicate',
        `PCA says that a certificate with the custom identifier ${own} of this request exists already, but it is not found with CA "ca" yet.`,
      ),
    ],
    'issued',
    [`issue ${uid}`, 'find unknown', 'find unknown'],
  ]);
});

describe('a bought instance that was taken out of the issuer while its call was out', () => {
  const spec = { externalCA: { instanceIds: ['i-1'] } };

  async function taken(find: readonly Found[], afterMs: number) {
    const seen: unknown[] = [];
    const rig = new Rig({ requests: [webCA()], spec, pca: { issue: [noAnswer], find: [{ kind: 'absent' }] } });
    await rig.decide();
    const ready = rig.readyIssuers.last(issuerName);
    if (ready === undefined) throw new Error('The issuer was not checked.');
    rig.authority.arm({
      find: find.map((found) => async (wanted) => {
        seen.push(wanted.trace);
        return found;
      }),
      issue: [issues()],
    });
    rename(rig, { spec: { ...ready.spec, externalCA: { instanceIds: ['i-2'], pathLength: 0, names: 'Refuse' } } });
    rig.clock.advance(afterMs);
    const decision = await rig.decide();
    return { seen, decision };
  }
  const instance = (instanceId: string) => ({ kind: 'instance', instanceId });

  test('is looked at all the same, and no other is used while the call may be at work', async () => {
    const { seen, decision } = await taken([{ kind: 'absent' }], 9_999);
    const message =
      'CreateExternalCACertificate was called without an answer that was seen, so its instance is looked at again.';
    expect([seen, decision]).toEqual([[instance('i-1')], lost(troubled('CertificateNotReady', message))]);
  });

  test('frees the request to use another when it is free after ten seconds', async () => {
    const { seen, decision } = await taken([{ kind: 'absent' }, { kind: 'absent' }], 10_000);
    expect([seen, decision.kind]).toEqual([[instance('i-1'), instance('i-2')], 'issued']);
  });
});

describe('a certificate that PCA does not finish', () => {
  const unfinished: Found = { kind: 'pending', message: 'PCA knows certificate pca-1 but has not finished it yet.' };
  const day = 24 * 3_600_000;
  /** Approved so long ago, looked at so often by this process. */
  async function looks(often: number, ageMs: number) {
    const rig = new Rig({ pca: { find: Array.from({ length: often }, () => unfinished) } });
    rig.memories.of(uid).inherited(0);
    rig.clock.jump(approvedAt.getTime() + ageMs - rig.clock.now().getTime());
    const decisions = [];
    for (let each = 0; each < often; each += 1) decisions.push(await rig.decide());
    return { rig, last: decisions.at(-1) };
  }
  const approvedAt = new Date('2026-11-22T10:00:01Z');

  test.each([
    ['for a day', 9, day - 1],
    ['eight times by each process that starts', 7, 30 * day],
  ])('is waited for %s', async (_, often, ageMs) => {
    expect((await looks(often, ageMs)).last).toEqual(troubled('CertificateNotReady', unfinished.message));
  });

  test('ends the request then, however often processes started, and is no fault of the issuer', async () => {
    const { rig, last } = await looks(8, day);
    const message = `An earlier call for this request did not come to a certificate that can be used within a day: PCA knows certificate pca-1 but has not finished it yet. Look for it in PCA's console, and revoke it if it is not wanted. ${again}`;
    expect([last, issuerOf(rig)]).toEqual([
      { ...fails('EarlierCertificateNotFound', message), at: rig.clock.now() },
      'ready',
    ]);
  });
});
