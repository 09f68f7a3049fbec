// After a start requests are worked on as they are listed. What other requests have, and how many there are, is known only when all
// were listed: whoever asks that waits, and pays for nothing before.
import { expect, test } from 'vitest';
import { until } from '../../../../support/wait.ts';
import { signingRequest, uids, web, webCA } from '../../characterization/material.ts';
import { finds, issues } from '../replies.ts';
import { Rig } from '../rig.ts';
import type { Situation } from '../rig.ts';

const ofNoCertificate = web({ metadata: { ownerReferences: [], annotations: {} } });
const instances = { externalCA: { instanceIds: ['i-1'] } };

/** An operator begins to lead while requests are listed: what becomes of this one, and what PCA was asked by when. */
async function started(situation: Situation, name = 'web-1') {
  const listing = Promise.withResolvers<boolean>();
  let isAwaited = false;
  const rig = new Rig({
    pca: { find: [async () => ({ kind: 'absent' })], issue: [issues({ identifier: 'new' })] },
    listed: async () => {
      isAwaited = true;
      return listing.promise;
    },
    ...situation,
  });
  rig.memories.of(uids[name] ?? '').inherited(0);
  const asked = (): readonly unknown[] => rig.authority.asked.map((each) => each.split(' ')[0]);
  let isOver = false;
  const decided = rig.decide(name).finally(() => {
    isOver = true;
  });
  await until('it is decided, or waits', () => isOver || isAwaited);
  const before = asked();
  return {
    before,
    isOver,
    end: async (isListed: boolean) => {
      listing.resolve(isListed);
      const decision = await decided;
      return { decision: decision.kind, asked: asked().slice(before.length) };
    },
  };
}

test.each<[string, Situation, string?]>([
  ['of no Certificate', { requests: [ofNoCertificate] }],
  ['of another kind', { requests: [signingRequest()] }, 'csr-1'],
])('a request %s waits for nothing', async (_, situation, name) => {
  const one = await started(situation, name);
  expect([one.isOver, one.before, await one.end(false)]).toEqual([
    true,
    ['find', 'issue'],
    { decision: 'issued', asked: [] },
  ]);
});

const limited = (limits: object): Situation => ({ requests: [ofNoCertificate], spec: { issuanceLimits: limits } });

test.each<[string, Situation, readonly string[], readonly string[]]>([
  ['of a Certificate, whose others count', {}, ['find'], ['issue']],
  ['of a limited issuer', limited({ certificatesPerHour: 9 }), ['find'], ['issue']],
  ['of a limited day', limited({ certificatesPerDay: 9 }), ['find'], ['issue']],
  ['of a limited namespace', limited({ certificatesPerNamespacePerHour: 9 }), ['find'], ['issue']],
  ['of a limited day of a namespace', limited({ certificatesPerNamespacePerDay: 9 }), ['find'], ['issue']],
  [
    'that a rule limits',
    { requests: [ofNoCertificate], allowance: { rule: 'shops', certificatesPerHour: 9 } as never },
    ['find'],
    ['issue'],
  ],
  [
    'whose certificate is known by its key alone',
    { requests: [ofNoCertificate], spec: { operation: 'CreateCertificateWithExtension' } },
    [],
    ['find', 'issue'],
  ],
])('a request %s waits until all are listed', async (_, situation, before, after) => {
  const one = await started(situation);
  expect([one.isOver, one.before, await one.end(true)]).toEqual([false, before, { decision: 'issued', asked: after }]);
});

test('a request for a CA certificate waits, since an instance may be promised to another that is not listed yet', async () => {
  const requests = [webCA({ metadata: { ownerReferences: [] } })];
  const one = await started({ requests, spec: instances, pca: { find: [finds()] } });
  expect([one.isOver, one.before, await one.end(true)]).toEqual([false, [], { decision: 'issued', asked: ['find'] }]);
});

test('what is found by our identifier needs no list', async () => {
  const one = await started({ pca: { find: [finds()] } });
  expect([one.isOver, one.before, await one.end(false)]).toEqual([true, ['find'], { decision: 'issued', asked: [] }]);
});

test('a wait that is broken off asks PCA for nothing', async () => {
  const one = await started({});
  expect([one.isOver, await one.end(false)]).toEqual([false, { decision: 'nothing', asked: [] }]);
});
