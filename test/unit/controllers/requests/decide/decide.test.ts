// Every reason of the catalogues comes about in some situation, and is decided in just these words. A reason without a row does
// not compile.
import { describe, expect, test } from 'vitest';
import type { Decision } from '../../../../../src/controllers/requests/decision.ts';
import { failed } from '../../../../support/fake-authority.ts';
import { denied, ready, approved } from '../../../../support/certificate-requests.ts';
import { hierarchy, issuerObject, uids, web, webCA } from '../../characterization/material.ts';
import { finds, issues, replyTo } from '../replies.ts';
import { owner } from '../../issuers/objects.ts';
import { issuerName, Rig } from '../rig.ts';
import { failures, furtherFailures } from './rows-failures.ts';
import { pcaRows } from './rows-pca.ts';
import { restoredRows } from './rows-restored.ts';
import { furtherWaits, troubles, waiting } from './rows-waiting.ts';
import { at, fails, givenUp, troubled } from './row.ts';
import type { Row } from './row.ts';

const uid = uids['web-1'] ?? '';

async function decideAs({ situation, prepare, of }: Omit<Row, 'decision'>) {
  const rig = new Rig(situation);
  await prepare?.(rig);
  const decision = await rig.decide(of);
  const { uid: issuerUid, generation = 0 } = issuerObject().metadata;
  const state = rig.readyIssuers.state(issuerName, { uid: issuerUid, generation });
  const issuer = state.kind === 'notReady' ? state.reason : state.kind;
  return { rig, decision, issuer };
}

describe.each<[string, Readonly<Record<string, Row>>]>([
  ['a request waits', waiting],
  ['a request meets trouble', troubles],
  ['a request waits or meets trouble in another way', furtherWaits],
  ['a request was restored', restoredRows],
  ['a call to PCA fails', pcaRows],
  ['a request fails', failures],
  ['a request fails in another way', furtherFailures],
])('%s', (_, rows) => {
  test.each(Object.entries(rows))('%s', async (_name, row) => {
    const { decision, issuer } = await decideAs(row);
    const expected = {
      decision: row.decision,
      issuer: row.issuer === 'missing' ? 'unchecked' : (row.issuer ?? 'ready'),
    };
    expect({ decision, issuer }).toEqual(expected);
  });
});

describe('nothing is decided', () => {
  test.each<[string, Omit<Row, 'decision'>, Decision]>([
    ['while another replica may hold the Lease', { situation: { mayAct: false } }, givenUp],
    [
      'before an issuer was checked',
      { situation: { issuer: 'unchecked' } },
      { kind: 'nothing', next: { kind: 'done' } },
    ],
    [
      'while the watch does not show an issuer that exists',
      { situation: { issuer: 'unseen' } },
      { kind: 'nothing', next: { kind: 'after', ms: 5_000 } },
    ],
    [
      'before a request is approved',
      { situation: { requests: [web({ conditions: [] })] } },
      { kind: 'nothing', next: { kind: 'done' } },
    ],
    [
      'about a request that has its end',
      { situation: { requests: [web({ conditions: [approved, ready('Issued')] })] } },
      { kind: 'nothing', next: { kind: 'done' } },
    ],
    [
      'while another request goes first after a fault of the issuer',
      {
        situation: {},
        prepare: (rig) => {
          rig.recoverFromFault();
          const issuer = rig.readyIssuers.last(issuerName);
          if (issuer !== undefined) rig.readyIssuers.enter(issuerName, issuer, owner);
        },
      },
      { kind: 'nothing', next: { kind: 'after', ms: 60_000 } },
    ],
  ])('%s', async (_, row, expected) => {
    expect((await decideAs(row)).decision).toEqual(expected);
  });
});

test.each([
  ['approved', [approved]],
  ['not approved, which nobody can do for a kind that does not exist,', []],
])('UnknownIssuerKind: a request that is %s is told so, and its status is left alone', async (_, conditions) => {
  const issuerRef = { group: 'pca.alibabacloud.com', kind: 'Issuer', name: 'pca' };
  const { decision } = await decideAs({ situation: { requests: [web({ spec: { issuerRef }, conditions })] } });
  expect(decision).toEqual({
    kind: 'ignored',
    reason: 'UnknownIssuerKind',
    message:
      'issuerRef.kind is Issuer, but group pca.alibabacloud.com has only the kinds AlibabaPCAIssuer and AlibabaPCAClusterIssuer. Correct issuerRef of the Certificate.',
  });
});

test('a denial is followed', async () => {
  const { decision } = await decideAs({ situation: { requests: [web({ conditions: [denied] })] } });
  const message = 'The CertificateRequest was denied by an approval controller, so no certificate is issued for it.';
  expect(decision).toEqual({ kind: 'denied', message, at });
});

describe('a certificate', () => {
  test.each<[string, Omit<Row, 'decision'>, string, string, readonly string[]]>([
    ['that was called for', { situation: { pca: { issue: [issues()] } } }, 'CreateCustomCertificate', '', ['issue']],
    [
      'of an earlier call',
      { situation: { pca: { find: [finds()] } }, prepare: (rig) => rig.memories.of(uid).inherited(0) },
      'CreateCustomCertificate',
      '',
      ['find unknown'],
    ],
    [
      'after none was found of an earlier call',
      {
        situation: { pca: { find: [{ kind: 'absent' }], issue: [issues()] } },
        prepare: (rig) => rig.memories.of(uid).inherited(0),
      },
      'CreateCustomCertificate',
      '',
      ['find unknown', 'issue'],
    ],
    [
      'whose lifetime was cut',
      {
        situation: {
          spec: { validity: { maxDuration: '24h', onExceed: 'Clamp' } },
          certificate: { spec: { renewBefore: '8h' } },
          pca: { issue: [issues()] },
        },
      },
      'CreateCustomCertificate',
      " It is valid for 24h0m0s instead of 2160h0m0s, because of the issuer's spec.validity.maxDuration 24h0m0s.",
      ['issue'],
    ],
    [
      'of a CA',
      {
        situation: {
          requests: [webCA()],
          spec: { externalCA: { instanceIds: ['i-1'] } },
          pca: { find: [{ kind: 'absent' }], issue: [issues()] },
        },
      },
      'CreateExternalCACertificate',
      ' It uses the only instance in spec.externalCA.instanceIds of the issuer.',
      ['find instance', 'issue'],
    ],
    [
      'of a CA that was made before',
      {
        situation: {
          requests: [webCA()],
          spec: { externalCA: { instanceIds: ['i-1', 'i-2'] } },
          certificate: { spec: { renewBefore: '8000h' } },
          pca: { find: [finds()] },
        },
      },
      'CreateExternalCACertificate',
      ' It uses one of 2 instances in spec.externalCA.instanceIds of the issuer, and each renewal uses another one: every 760h0m0s.',
      ['find instance'],
    ],
  ])('%s is handed out with its chain', async (_, row, action, notices, asked) => {
    const { rig, decision } = await decideAs(row);
    if (decision.kind !== 'issued') throw new Error(`The decision is ${JSON.stringify(decision)}.`);
    const { certificate, message, adopted } = decision;
    const serial = certificate.serialNumber;
    expect({ message, adopted, chain: certificate.chain.split('BEGIN').length - 1, ca: certificate.ca }).toEqual({
      message: `Issued by Alibaba Cloud PCA with ${action}: serial number ${serial}, PCA identifier pca-1.${notices}`,
      adopted: !asked.includes('issue'),
      chain: 2,
      ca: hierarchy.root.pem,
    });
    expect(rig.authority.asked).toEqual(asked.map((each) => (each === 'issue' ? `issue ${uid}` : each)));
  });

  test('without identifier is told of without it', async () => {
    const { decision } = await decideAs({ situation: { pca: { issue: [issues({ identifier: undefined })] } } });
    expect(decision.kind === 'issued' && decision.message).toMatch(/: serial number [0-9a-f]+\.$/);
  });

  test('for the same key is taken for the one of an earlier call only if it is all that was asked for', async () => {
    const judged: boolean[] = [];
    await decideAs({
      situation: {
        pca: {
          find: [
            async ({ plan, isWanted }) => {
              const replies = [await replyTo(plan), await replyTo(plan, { content: {} })];
              for (const reply of replies) judged.push(isWanted(reply));
              return { kind: 'unsettled', message: 'Later.' };
            },
          ],
        },
      },
      prepare: (rig) => rig.memories.of(uid).inherited(0),
    });
    expect(judged).toEqual([true, false]);
  });
});

test('an end that was decided before stays, and nothing is asked for it', async () => {
  const end = fails('NoName', 'No name.');
  const { rig, decision } = await decideAs({ situation: {}, prepare: (on) => on.memories.of(uid).decide(end) });
  expect([decision, rig.authority.asked]).toEqual([end, []]);
});

test('trouble lasts from its first time on, also where its reason changes', async () => {
  const rig = new Rig({
    spec: { patience: { duration: '1h', onExceeded: 'Fail' } },
    pca: { issue: [failed('Transient'), failed('Transient', { message: 'Again.' })] },
  });
  const first = await rig.decide();
  rig.clock.advance(3_600_000);
  const second = await rig.decide();
  expect([first, second.kind === 'failed' && second.reason]).toEqual([
    troubled('Transient', 'PCA says Transient.'),
    'PatienceExceeded',
  ]);
});

test('a wall clock that is set forward meanwhile does not wear out the patience', async () => {
  const rig = new Rig({
    spec: { patience: { duration: '1h', onExceeded: 'Fail' } },
    pca: { issue: [failed('Transient'), failed('Transient')] },
  });
  await rig.decide();
  rig.clock.jump(3_600_000);
  rig.clock.advance(1_000);
  expect(await rig.decide()).toEqual(troubled('Transient', 'PCA says Transient.'));
});
