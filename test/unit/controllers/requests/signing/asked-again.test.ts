// A further request just after a certificate was paid: held while cert-manager may not have seen that one, or says that the
// Certificate has what it needs; never for what people ask, and never without end.
import { expect, test } from 'vitest';
import { approved, ready } from '../../../../support/certificate-requests.ts';
import { certificatePath, web } from '../../characterization/material.ts';
import { Journal } from '../journal.ts';
import { issues } from '../replies.ts';
import { issuerName, Rig } from '../rig.ts';
import { identity, passOver, request, uid } from '../samples.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';
import type { ReadyIssuer } from '../../../../../src/controllers/issuers/ready-issuers.ts';
import { RequestMemory } from '../../../../../src/controllers/requests/memory.ts';
import { AskedAgain } from '../../../../../src/controllers/requests/signing/asked-again.ts';
import { IssuanceLimits, issuedCounter } from '../../../../../src/controllers/requests/signing/issuance-limits.ts';
import type { CertificateRequest } from '../../../../../src/crds/cert-manager.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const scope = { issuer: issuerName, namespace: 'shop', certificate: 'web' };

interface Status {
  readonly ready?: 'True' | 'False';
  /** The reason of Issuing=True; undefined where it is not True. */
  readonly issuing?: string | undefined;
  readonly renewalTime?: string;
  /** The generation that Ready speaks of; the present one is 2. */
  readonly observed?: number;
}

/** The Certificate as cert-manager shows it. */
function certificate({ ready: isReady = 'True', issuing, renewalTime, observed = 2 }: Status): object {
  const conditions = [
    { type: 'Ready', status: isReady, reason: 'Ready', observedGeneration: observed },
    ...(issuing === undefined ? [] : [{ type: 'Issuing', status: 'True', reason: issuing }]),
  ];
  return { metadata: { name: 'web', generation: 2 }, status: { conditions, renewalTime } };
}

const later = '2027-01-21T00:00:00Z';
const content: Status = { issuing: 'DoesNotExist', renewalTime: later };
const blind: Status = { issuing: 'DoesNotExist', ready: 'False' };

/** What becomes of a request whose Certificate got so many certificates, the last so many ms ago. */
async function afterPaid(status: Status | undefined, { agoMs = 0, count = 1 } = {}) {
  const shown = status === undefined ? {} : { certificate: certificate(status) };
  const rig = new Rig({ ...shown, pca: { issue: [issues()] } });
  for (let n = 0; n < count; n += 1) rig.limits.count(`earlier-${n}`, scope, rig.startedAt - agoMs);
  const decision = await rig.decide();
  if (decision.kind !== 'waiting') return decision.kind;
  const { reason, detail, next } = decision;
  return { reason, detail, next };
}

const held = (ms: number, detail: '' | 'Ready') => ({
  reason: 'AskedAgain',
  detail,
  next: { kind: 'after', ms },
});

test.each<[string, Status | undefined, { agoMs?: number; count?: number }, unknown]>([
  ['cert-manager has not seen its Secret', blind, {}, held(5 * second, '')],
  ['cert-manager shows nothing of it', undefined, {}, held(5 * second, '')],
  ['it has not seen it for 4 s', blind, { agoMs: 4 * second }, held(second, '')],
  ['it has not seen it for 5 s', blind, { agoMs: 5 * second }, 'issued'],
  ['the second of a day', blind, { count: 2 }, held(5 * second, '')],
  ['the second of a day, later', blind, { count: 2, agoMs: 8 * second }, held(2 * second, '')],
  ['the ninth of a day', blind, { count: 9, agoMs: 50 * second }, held(10 * second, '')],
  ['the ninth of a day, later', blind, { count: 9, agoMs: 60 * second }, 'issued'],
  ['it has what it needs', content, {}, held(5 * second, 'Ready')],
  ['it has had what it needs for 12 s', content, { agoMs: 12 * second }, held(12 * second, 'Ready')],
  ['it has had what it needs for 29 s', content, { agoMs: 29 * second }, held(second, 'Ready')],
  ['nobody takes the request back', content, { agoMs: 30 * second }, 'issued'],
  ['it has what it needs again', content, { count: 2, agoMs: 3 * minute }, held(minute, 'Ready')],
  ['nobody takes the second back', content, { count: 2, agoMs: 6 * minute }, 'issued'],
  ['it has what it needs for the eighth time', content, { count: 8, agoMs: 20 * hour }, held(minute, 'Ready')],
  ['nobody waits for it', { renewalTime: later }, {}, held(5 * second, 'Ready')],
  ['its renewal is disabled', { issuing: 'SecretMismatch' }, {}, held(5 * second, 'Ready')],
  [
    'it was to be renewed, and has been',
    { issuing: 'Renewing', renewalTime: later },
    { agoMs: 8 * second },
    held(8 * second, 'Ready'),
  ],
  [
    'it is to be renewed',
    { issuing: 'Renewing', renewalTime: '2026-11-22T00:16:40Z' },
    { agoMs: 5 * second },
    'issued',
  ],
  [
    'the request of a late view has come in time for the renewal',
    { ...content, renewalTime: '2026-11-22T00:16:40Z' },
    { agoMs: 20 * hour, count: 30 },
    'issued',
  ],
  ['its Secret is gone', blind, { agoMs: 6 * second }, 'issued'],
  ['its Ready is of another spec', { ...content, observed: 1 }, { agoMs: 6 * second }, 'issued'],
  ['somebody asked by hand', { ...content, issuing: 'ManuallyTriggered' }, {}, 'issued'],
  ['its spec was changed', { ready: 'False', issuing: 'RequestChanged' }, {}, 'issued'],
  ['cert-manager has a reason that is not known here', { ...content, issuing: 'Novel' }, {}, 'issued'],
  ['another clock is a little ahead', blind, { agoMs: -2 * second }, held(5 * second, '')],
  ['the clock was set back', blind, { agoMs: -hour }, 'issued'],
  ['a day is over', content, { agoMs: 24 * hour + 1, count: 9 }, 'issued'],
])('a request: %s', async (_, status, past, expected) => {
  expect(await afterPaid(status, past)).toEqual(expected);
});

test('what is paid for other Certificates holds nothing, and nothing is read then', async () => {
  const reached: string[] = [];
  const rig = new Rig({ pca: { issue: [issues()] }, onReach: (place) => void reached.push(place) });
  rig.limits.count('earlier', { ...scope, certificate: 'other' }, rig.startedAt);
  rig.limits.count('further', { ...scope, namespace: 'bank' }, rig.startedAt);
  expect([(await rig.decide()).kind, reached.filter((place) => place === 'owningCertificate')]).toEqual(['issued', []]);
});

test('a process that starts later holds as the one before did', async () => {
  const rig = new Rig({ certificate: certificate(content) });
  const lastTransitionTime = new Date(rig.startedAt - 3 * second).toISOString();
  const finished = web({ conditions: [approved, { ...ready('Issued'), lastTransitionTime }] }, 'web-2');
  issuedCounter(rig.limits)(finished as unknown as CertificateRequest);
  expect(await rig.decide()).toEqual({
    kind: 'waiting',
    reason: 'AskedAgain',
    detail: 'Ready',
    message:
      'Held: Certificate "shop/web" got a certificate at 2026-11-22T00:16:37Z already, and cert-manager says that it is Ready and not to be renewed yet, so nothing is paid for another one. That happens when cert-manager sees the Secret late. If you want another one all the same: cmctl renew web -n shop. It continues automatically when the Certificate needs it, and at 2026-11-22T00:17:07Z at the latest.',
    next: { kind: 'after', ms: 5 * second },
  });
});

test('a Certificate that cannot be read is no reason to pay', async () => {
  const rig = new Rig({ faults: [{ verb: 'get', path: certificatePath, failure: 'Forbidden', times: 2 }] });
  rig.limits.count('earlier', scope, rig.startedAt);
  expect(await rig.decide()).toMatchObject({ kind: 'waiting', trouble: { reason: 'CertificateUnreadable' } });
});

test('an asker whose view stays late costs a handful of certificates a day', async () => {
  const clock = new FakeClock();
  const limits = new IssuanceLimits();
  const isIssued = {
    uid: undefined,
    renewal: undefined,
    notBefore: undefined,
    notAfter: undefined,
    revision: undefined,
    renewalTime: new Date(later),
    isReady: true,
  };
  const owningCertificate = async () => ({
    kind: 'ok' as const,
    certificate: { ...isIssued, issuing: 'DoesNotExist' },
  });
  const askedAgain = new AskedAgain({ limits, owningCertificate, clock });
  const paid: number[] = [];
  const started = clock.now().getTime();
  const since = (): number => clock.now().getTime() - started;
  while (since() < 24 * hour) {
    const name = `${uid}-${paid.length}`;
    const pass = passOver(request(new Journal()), new RequestMemory(name));
    const held = await askedAgain.heldBack({ ...pass, identity, issuer: {} as ReadyIssuer }, scope);
    if (held?.kind === 'limited') clock.advance(held.ms);
    else {
      limits.count(name, scope, clock.now().getTime());
      paid.push(since());
    }
  }
  expect(paid).toEqual([0, 30 * second, 6.5 * minute, 78.5 * minute, 14 * hour + 78.5 * minute]);
});
