// What signing hands on: the trace of an earlier call to the search, the signal to the calls, the certificate to the issuer.
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { ownerIn } from '../../issuers/objects.ts';
import type { Wanted } from '../../../../../src/authority/certificate-authority.ts';
import { encoded } from '../../../../support/certificates.ts';
import { pemOf } from '../../../../support/der.ts';
import { failed } from '../../../../support/fake-authority.ts';
import { issuerObject, uids, web, webCA } from '../../characterization/material.ts';
import { givenUp, occupy, unanswered } from '../decide/row.ts';
import { answers, issues, replyTo } from '../replies.ts';
import { issuerName, Rig } from '../rig.ts';
import type { Situation } from '../rig.ts';

const uid = uids['web-1'] ?? '';
const requestedAt = new Date('2026-11-22T00:15:00Z');
const asCA: Situation = { requests: [webCA()], spec: { externalCA: { instanceIds: ['i-1'] } } };

test.each<[string, Situation, (rig: Rig) => unknown, Wanted['trace']]>([
  [
    'since when one may exist',
    {},
    (rig) => rig.memories.of(uid).inherited(rig.clock.monotonic() - 5),
    { kind: 'unknown', since: 999_995 },
  ],
  [
    'the identifier that PCA gave',
    { pca: { issue: [answers({ kind: 'pending', identifier: 'pca-7' })] } },
    async (rig) => rig.decide(),
    { kind: 'accepted', identifier: 'pca-7', since: 1_000_000 },
  ],
  ['the instance of a CA', asCA, () => {}, { kind: 'instance', instanceId: 'i-1' }],
])(
  'an earlier certificate is looked for by %s, and by when the request was made',
  async (_, situation, prepare, trace) => {
    const seen: unknown[] = [];
    const { signal } = new AbortController();
    const rig = new Rig({
      ...situation,
      pca: {
        ...situation.pca,
        find: [
          async (wanted, given) => {
            seen.push({ trace: wanted.trace, requestedAt: wanted.requestedAt, isSame: given === signal });
            return { kind: 'unsettled', message: 'Later.' };
          },
        ],
      },
    });
    await prepare(rig);
    await rig.decide('web-1', signal);
    expect(seen).toEqual([{ trace, requestedAt, isSame: true }]);
  },
);

test('a call ends with the signal of its reconcile', async () => {
  const { signal } = new AbortController();
  const seen: AbortSignal[] = [];
  const rig = new Rig({
    pca: {
      issue: [
        async (plan, given) => {
          seen.push(given);
          return issues()(plan);
        },
      ],
    },
  });
  await rig.decide('web-1', signal);
  expect(seen).toEqual([signal]);
});

test('no call goes out after the deadline of its reconcile', async () => {
  const deadline = new AbortController();
  const rig = new Rig({ onReach: (point) => (point === 'CallPermitted' ? deadline.abort() : undefined) });
  const decision = await rig.decide('web-1', deadline.signal);
  expect([decision, rig.authority.asked, rig.memories.of(uid).calls]).toEqual([givenUp, [], 0]);
});

test.each<[string, Situation, boolean]>([
  ['its certificate opens the way for all', { pca: { issue: [issues()] } }, true],
  ['without one the next goes first', { mayAct: false }, false],
])('the request that goes first after a fault: %s', async (_, situation, isOpen) => {
  const rig = new Rig(situation);
  rig.recoverFromFault();
  await rig.decide();
  const ready = rig.readyIssuers.last(issuerName);
  if (ready === undefined) throw new Error('The issuer is not ready.');
  using first = rig.readyIssuers.enter(issuerName, ready, ownerIn('shop/other'));
  using second = rig.readyIssuers.enter(issuerName, ready, ownerIn('shop/other'));
  expect([first !== undefined, second !== undefined]).toEqual([true, isOpen]);
});

const hourAgo = { notBefore: new Date('2026-11-21T23:16:40Z'), notAfter: new Date('2027-02-19T23:16:40Z') };

test('a certificate of an earlier call may have begun when that was made', async () => {
  const judged: boolean[] = [];
  const rig = new Rig({
    pca: {
      find: [
        async ({ plan, isWanted }) => {
          const reply = await replyTo(plan, hourAgo);
          judged.push(isWanted(reply));
          return { kind: 'found', reply };
        },
      ],
    },
  });
  rig.memories.of(uid).inherited(0);
  expect([(await rig.decide()).kind, judged]).toEqual(['issued', [true]]);
});

test('one of an own call may not', async () => {
  const decision = await new Rig({ pca: { issue: [issues(hourAgo)] } }).decide();
  expect(decision.kind === 'failed' && decision.reason).toBe('ValidityMismatch');
});

test("what is another's leaves the request free to call", async () => {
  const rig = new Rig({ pca: { find: [{ kind: 'taken' }], issue: [issues()] } });
  rig.memories.of(uid).inherited(0);
  expect([(await rig.decide()).kind, rig.authority.asked]).toEqual(['issued', ['find unknown', `issue ${uid}`]]);
});

test('a request that is held by a limit does not wait for its turn first', async () => {
  const rig = new Rig({ spec: { issuanceLimits: { certificatesPerHour: 1 } }, mostInFlight: 1 });
  rig.limits.count('another', { issuer: issuerName, namespace: 'shop', certificate: undefined }, rig.startedAt);
  using _call = await occupy(rig);
  const decision = await rig.decide();
  expect([
    decision.kind === 'waiting' && decision.reason,
    rig.callQueue.readings.map(({ waiting }) => waiting),
  ]).toEqual(['IssuanceLimitReached', [0]]);
});

test('the signature of a CSR is checked once, however often its request is tried', async () => {
  const proofOf = (octets: Buffer): string => createHash('sha256').update(octets).digest('base64');
  const { spec } = web() as ReturnType<typeof web> & { readonly spec: { readonly request: string } };
  const pem = Buffer.from(spec.request, 'base64').toString();
  const der = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  const waiting = new Rig({ mostInFlight: 1 });
  using _call = await occupy(waiting);
  expect((await waiting.decide()).kind).toBe('waiting');
  expect(waiting.memories.of(uid).provenCsr).toBe(proofOf(der));

  const unsigned = Buffer.from(der);
  unsigned[unsigned.length - 1] = (unsigned.at(-1) ?? 0) ^ 1;
  const changed = web({ spec: { request: encoded(pemOf(unsigned, 'CERTIFICATE REQUEST')) } });
  const again = new Rig({ requests: [changed], pca: { issue: [issues()] } });
  expect(await again.decide()).toMatchObject({ kind: 'failed', reason: 'InvalidCSR' });
  expect(again.memories.of(uid).provenCsr).toBeUndefined();
  again.memories.of(uid).provenCsr = proofOf(unsigned);
  expect((await again.decide()).kind).toBe('issued');
});

const withdrawn = { operation: 'CreateCertificateWithExtension' };
const noAnswer = failed('OutcomeUnknown', { httpStatus: undefined });
test.each<[string, Situation, (rig: Rig) => unknown, string, string]>([
  [
    'to issue with a withdrawn operation names the one that replaces it',
    { spec: withdrawn, pca: { issue: [failed('ActionUnavailable')] } },
    () => {},
    'ActionUnavailable',
    'PCA says ActionUnavailable. Alibaba Cloud has withdrawn CreateCertificateWithExtension. Set spec.operation to CreateCustomCertificate.',
  ],
  [
    'to look for a certificate names no other operation',
    { spec: withdrawn, pca: { find: [failed('ActionUnavailable')] } },
    ({ memories }) => memories.of(uid).inherited(0),
    'ActionUnavailable',
    'PCA says ActionUnavailable. The endpoint comes from spec.region and spec.endpoint, the action from spec.operation.',
  ],
  [
    'that holds the endpoint says that one at a time is tried',
    { pca: { issue: [noAnswer] } },
    async (rig) => unanswered(rig, 4, noAnswer),
    'PCAUnavailable',
    'PCA says OutcomeUnknown. After several calls without an answer one at a time is tried.',
  ],
])('the fault of the issuer that comes of a call %s', async (_, situation, prepare, reason, message) => {
  const rig = new Rig(situation);
  await prepare(rig);
  await rig.decide();
  const { uid: issuerUid, generation = 0 } = issuerObject().metadata;
  expect(rig.readyIssuers.held(issuerName, { uid: issuerUid, generation })?.problem).toEqual({ reason, message });
});

test('requests that come together are not all read in one turn of the event loop', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const inTurns: number[] = [0];
  const rig = new Rig({
    requests: names.map((name) => web({ metadata: { name, uid: `uid of ${name}`, ownerReferences: [] } }, name)),
    mostInFlight: names.length,
    pca: { issue: names.map(() => answers({ kind: 'pending', identifier: 'pca-7' })) },
    onReach: (place) => {
      if (place === 'Planned') inTurns.push((inTurns.pop() ?? 0) + 1);
    },
  });
  for (const name of names) {
    // Each is read in 4 ms.
    Object.defineProperty(rig.memories.of(`uid of ${name}`), 'provenCsr', {
      get: () => {
        rig.clock.advance(4);
      },
      set: () => {},
    });
  }
  const turn = (): void => {
    if (inTurns.reduce((sum, count) => sum + count) === names.length) return;
    inTurns.push(0);
    setImmediate(turn);
  };
  setImmediate(turn);
  await Promise.all(names.map(async (name) => rig.decide(name)));
  expect({ all: inTurns.reduce((sum, count) => sum + count), most: Math.max(...inTurns) }).toEqual({ all: 6, most: 3 });
});
