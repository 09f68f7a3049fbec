// The one place that calls: which requests go first, within which limits, and what a call leaves known whatever it comes to.
import { expect, test } from 'vitest';
import type { CallPriority } from '../../../../../src/alibaba/limits/call-queue.ts';
import type { Issued } from '../../../../../src/authority/certificate-authority.ts';
import type { OwningCertificateRead } from '../../../../../src/controllers/requests/kinds/owning-certificate.ts';
import type { Request } from '../../../../../src/controllers/requests/kinds/request.ts';
import { RequestMemory } from '../../../../../src/controllers/requests/memory.ts';
import { IssuanceLimits } from '../../../../../src/controllers/requests/signing/issuance-limits.ts';
import { Issuance } from '../../../../../src/controllers/requests/signing/issue.ts';
import { unobserved } from '../../../../../src/controllers/requests/signing/steps.ts';
import type { IssuePlan } from '../../../../../src/issuing/plan.ts';
import { failed } from '../../../../support/fake-authority.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';
import { Journal } from '../journal.ts';
import { givenUp, occupy } from '../decide/row.ts';
import { answers, issues } from '../replies.ts';
import { issuerName, Rig } from '../rig.ts';
import { identity, issuingCall, passOver, request, uid } from '../samples.ts';

const certificate = { namespace: 'shop', name: 'web' };
const until = (notAfter: string | undefined): OwningCertificateRead => ({
  kind: 'ok',
  certificate: {
    uid: undefined,
    renewal: undefined,
    notBefore: undefined,
    notAfter: notAfter === undefined ? undefined : new Date(notAfter),
    revision: undefined,
    renewalTime: undefined,
    isReady: true,
    issuing: 'Renewing',
  },
});
const unreadable: OwningCertificateRead = { kind: 'failed', message: '' };

/** The place that a request gets while it has to wait, and what is known when it is queued. */
async function queued(changes: Partial<Request>, calls: number, read: OwningCertificateRead) {
  const seen: { flow?: string; priority?: CallPriority; woken: unknown[] } = { woken: [] };
  const issuance = new Issuance({
    queue: {
      enter: async (_target, { flow, priority, wake }) => {
        Object.assign(seen, { flow, priority: await priority() });
        wake();
        return { kind: 'queued', endpointHeld: false };
      },
    },
    limits: new IssuanceLimits(),
    listed: async () => true,
    owningCertificate: async () => read,
    wake: (object) => seen.woken.push(object),
    mayAct: () => true,
    clock: { now: () => new Date('2026-11-23T10:00:00Z'), monotonic: () => 0 },
    onStep: unobserved,
  });
  const memory = new RequestMemory(uid);
  for (let call = 0; call < calls; call += 1) {
    memory.called(issuingCall, 0);
    memory.answered({ kind: 'refused' }, 0);
  }
  const pass = passOver(request(new Journal(), [], changes), memory);
  const issuer = new Rig().readyIssuers.last(issuerName);
  if (issuer === undefined) throw new Error('The issuer is not ready.');
  const plan = { call: { action: 'CreateCustomCertificate' } } as Partial<IssuePlan> as IssuePlan;
  const outcome = await issuance.issue({ ...pass, identity, issuer }, plan);
  return { ...seen, outcome, object: pass.request.object };
}

test.each<[string, number, Partial<Request>, OwningCertificateRead, CallPriority]>([
  ['one that was called for before', 1, { certificate, revision: 1 }, until(undefined), 'Retry'],
  ['the first of a Certificate', 0, { certificate, revision: 1 }, until('2026-12-23T10:00:00Z'), 'Urgent'],
  ['one without Certificate', 0, { certificate: undefined, revision: undefined }, until(undefined), 'Urgent'],
  ['a renewal with a month left', 0, { certificate, revision: 2 }, until('2026-12-23T10:00:00Z'), 'Renewal'],
  ['a renewal with a day left', 0, { certificate, revision: 2 }, until('2026-11-24T10:00:00Z'), 'Renewal'],
  ['a renewal with hours left', 0, { certificate, revision: 2 }, until('2026-11-23T20:00:00Z'), 'Urgent'],
  ['a renewal after the end', 0, { certificate, revision: 2 }, until('2026-11-22T20:00:00Z'), 'Urgent'],
  ['a later revision without a certificate', 0, { certificate, revision: 3 }, until(undefined), 'Urgent'],
  ['a Certificate that cannot be read', 0, { certificate, revision: 2 }, unreadable, 'Renewal'],
])('the priority of %s', async (_, calls, changes, read, expected) => {
  expect((await queued(changes, calls, read)).priority).toBe(expected);
});

test('a request waits in the flow of its issuer and namespace, is woken by its turn and looks again in five minutes', async () => {
  const { priority: _priority, object, ...rest } = await queued({}, 0, until(undefined));
  expect(rest).toEqual({
    flow: 'AlibabaPCAIssuer/shop/pca shop',
    woken: [object],
    outcome: { kind: 'queued', ms: 300_000, endpointHeld: false },
  });
});

const startedAt = new FakeClock().now().getTime();
const since = new FakeClock().monotonic();
const unknown = { kind: 'unknown', exists: false, since };
test.each<[string, Issued | ReturnType<typeof issues>, unknown, boolean]>([
  ['a certificate', issues(), { kind: 'accepted', identifier: 'pca-1', since }, true],
  ['a certificate without identifier', issues({ identifier: undefined, key: 'other' }), unknown, true],
  [
    'a receipt',
    answers({ kind: 'pending', identifier: 'pca-2' }),
    { kind: 'accepted', identifier: 'pca-2', since },
    true,
  ],
  ['an answer that nobody can read', answers({ kind: 'malformed', message: 'No.' }), unknown, true],
  ['a refusal', failed('RequestRejected'), { kind: 'none' }, false],
  ['too many calls', failed('Throttled'), { kind: 'none' }, false],
  ['no connection', failed('Transient', { httpStatus: undefined }), { kind: 'none' }, false],
  ['no answer', failed('OutcomeUnknown', { httpStatus: undefined }), unknown, true],
  ['a duplicate', failed('Duplicate'), { ...unknown, exists: true }, true],
])('after %s it is known what may exist, and counted where something may', async (_, answer, earlier, counts) => {
  const rig = new Rig({ spec: { issuanceLimits: { certificatesPerHour: 1 } }, pca: { issue: [answer] } });
  await rig.decide();
  const scope = { issuer: 'AlibabaPCAIssuer/shop/pca', namespace: 'shop', certificate: 'web' };
  const limits = { certificatesPerHour: 1, reissuesPerHour: 0 };
  const { call, ...known } = { call: undefined, ...rig.memories.of(uid).earlier };
  expect({
    earlier: known,
    of: call?.issuer === rig.readyIssuers.last(issuerName) ? call?.plan.request.uid : undefined,
    counts: rig.limits.exceeded('another', scope, limits, startedAt) !== undefined,
  }).toEqual({ earlier, of: (earlier as { kind: string }).kind === 'none' ? undefined : uid, counts });
});

test('what a limit leaves is given out once: another took the last place while this one was let out', async () => {
  const rig = new Rig({
    spec: { issuanceLimits: { certificatesPerHour: 1 } },
    onReach: (place) => {
      if (place !== 'CallPermitted') return;
      const scope = { issuer: 'AlibabaPCAIssuer/shop/pca', namespace: 'other', certificate: undefined };
      rig.limits.count('another', scope, startedAt);
    },
  });
  const decision = await rig.decide();
  expect([decision.kind === 'waiting' && decision.reason, rig.authority.asked, rig.memories.of(uid).calls]).toEqual([
    'IssuanceLimitReached',
    [],
    0,
  ]);
});

test("a rule's limit holds what the issuer's own would let go, and says whom to ask", async () => {
  const allowance = { rule: 'teams', contact: '#pki', lifetime: undefined, certificatesPerDay: 1 };
  const rig = new Rig({ spec: { issuanceLimits: { certificatesPerDay: 10 } }, allowance });
  const scope = { issuer: 'AlibabaPCAIssuer/shop/other', namespace: 'shop', certificate: undefined };
  rig.limits.count('another', scope, startedAt);
  const decision = await rig.decide();
  expect([decision.kind === 'waiting' && [decision.reason, decision.message], rig.authority.asked]).toEqual([
    [
      'IssuanceLimitReached',
      'Held: certificatesPerDay 1 of the administrator\'s rule "teams" for the AlibabaPCAIssuers of namespace "shop" together is used up. It continues automatically at 2026-11-23T00:16:40Z. Ask for another rule if more are wanted. Contact: #pki',
    ],
    [],
  ]);
});

test('a call that waits for credentials while the Lease is lost is not sent, costs nothing, and another may go instead', async () => {
  let asked = 0;
  // Open when the turn has come, shut when nothing is left but to send.
  const rig = new Rig({ mayAct: () => (asked += 1) === 1, mostInFlight: 1, pca: { issue: [issues()] } });
  const decision = await rig.decide();
  expect([decision, rig.authority.asked, rig.memories.of(uid).earlier]).toEqual([givenUp, [], { kind: 'none' }]);
  using call = await occupy(rig);
  expect(call).toBeDefined();
});

test.each([
  ['gave no credentials', failed('Credentials', { mayHaveIssued: false })],
  ['did not answer', failed('Transient', { httpStatus: undefined, mayHaveIssued: false })],
])('a call for which STS %s teaches the limits of PCA nothing', async (_, outcome) => {
  const rig = new Rig({ mostInFlight: 1 });
  Object.assign(rig.authority, { issue: async () => outcome });
  await rig.decide();
  using call = await occupy(rig);
  expect(call).toBeDefined();
});
