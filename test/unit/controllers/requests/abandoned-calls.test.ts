// A request went while nobody knew what came of its call: PCA is asked until it says so, and every end is told.
import { describe, expect, test } from 'vitest';
import type { Found } from '../../../../src/authority/certificate-authority.ts';
import type { ReadyIssuer } from '../../../../src/controllers/issuers/ready-issuers.ts';
import { AbandonedCalls } from '../../../../src/controllers/requests/abandoned-calls.ts';
import { EarlierSearch } from '../../../../src/controllers/requests/signing/earlier-search.ts';
import { failed, FakeAuthority } from '../../../support/fake-authority.ts';
import type { Answers } from '../../../support/fake-authority.ts';
import { clusterUid, uids, webCA } from '../characterization/material.ts';
import { Journal } from './journal.ts';
import { answers, finds } from './replies.ts';
import { issuerName, Rig } from './rig.ts';
import type { Situation } from './rig.ts';
import { identity, labels } from './samples.ts';

const uid = uids['web-1'] ?? '';
const key = `${issuerName}#${uid}`;
const customIdentifier = 'f1962ccc-102b-b543-0424-6f4f64249cd7';
const { signal } = new AbortController();
const noAnswer = failed('OutcomeUnknown');
const retry = { kind: 'retry', reason: 'its outcome is not known' };
const done = { kind: 'done' };
const minute = 60_000;
const fields = {
  request: 'shop/web-1',
  uid,
  issuer: issuerName,
  operation: 'CreateCustomCertificate',
  customIdentifier,
};
const taken = {
  log: 'info',
  fields,
  message: 'The request is gone before it is known whether the call for it made a certificate, so that is looked for.',
};
const counted = (result: string): object => ({
  count: 'pca_issuer_abandoned_calls_total',
  labels: { ...labels, result },
});
const none = [
  { log: 'info', fields, message: 'The call for a request that is gone made no certificate.' },
  counted('none'),
];
const givenUp = (why: string): readonly object[] => [
  {
    log: 'warn',
    fields,
    message: `It was not found out whether a certificate with the custom identifier ${customIdentifier} of this request was issued, and the request is gone: ${why} Look for it in PCA's console, under CA "ca", and revoke it if it is not wanted.`,
  },
  counted('given_up'),
];

/** A call was made, its answer is not known, and its request is gone. */
async function scene({ find = [], issue = [noAnswer] }: Answers = {}, { isTold = true, most = 5_000 } = {}) {
  const rig = new Rig({ pca: { issue, find } });
  await rig.decide();
  return leftBy(rig, { isTold, most });
}

/** The request of the rig is gone. */
function leftBy(rig: Rig, { isTold = true, most = 5_000 } = {}) {
  const journal = new Journal();
  const note = (verb: string) => (queued: string) => journal.add({ [verb]: queued });
  const calls = new AbandonedCalls({
    readyIssuers: rig.readyIssuers,
    search: new EarlierSearch({
      claims: rig.claims,
      listed: async () => true,
      owningCertificate: async () => Promise.reject(new Error('It has no key alone.')),
      clock: rig.clock,
    }),
    clusterUid: async () => ({ uid: clusterUid }),
    queue: { add: note('queued'), forget: note('forgotten') },
    fates: () => ({
      settle: async (_gone, { certificate, adopted }, called) => {
        journal.add({ settled: certificate.identifier, adopted, policy: called.spec.revocationPolicy });
        return isTold;
      },
      reportUnused: (_gone, { message, unused }) => journal.add({ unused, message }),
    }),
    metrics: journal.metrics,
    logger: journal.logger,
    clock: rig.clock,
    most,
  });
  const memory = rig.memories.of(uid);
  const reference = { namespace: 'shop', name: 'web-1', uid };
  const gone = {
    kind: { read: async () => Promise.reject(new Error('Nobody reads here.')) },
    key: 'shop/web-1',
    reference,
    identity,
  };
  calls.take(gone, memory);
  const look = async () => calls.reconcile(key, signal);
  return { rig, journal, calls, memory, gone, look };
}

test('a certificate that is found goes the way of those without request', async () => {
  const { journal, calls, look } = await scene({ find: [finds()] });
  const came = [await look(), await look()];
  expect([came, journal.read(), calls.size]).toEqual([
    [done, done],
    [taken, { queued: key }, { settled: 'pca-1', adopted: false, policy: 'Never' }, counted('certificate')],
    0,
  ]);
});

test('it is looked for again while the API server does not tell whether it is in use', async () => {
  const { journal, calls, look } = await scene({ find: [finds(), finds()] }, { isTold: false });
  const came = [await look(), await look()];
  expect([came, calls.size, journal.read().slice(2)]).toEqual([
    [retry, retry],
    1,
    [1, 2].map(() => ({ settled: 'pca-1', adopted: false, policy: 'Never' })),
  ]);
});

test('none is only believed of a list that was read when the call was surely over', async () => {
  const traces: unknown[] = [];
  const absent = async ({ trace }: { readonly trace: unknown }): Promise<Found> => {
    traces.push(trace);
    return { kind: 'absent' };
  };
  const { rig, journal, calls, memory, look } = await scene({ find: [absent, absent, absent] });
  const since = memory.earlier.kind === 'unknown' ? memory.earlier.since : 0;
  const came = [await look()];
  rig.clock.advance(2 * minute - 1);
  came.push(await look());
  rig.clock.advance(1);
  came.push(await look());
  expect([came, traces, calls.size, journal.read().slice(2)]).toEqual([
    [retry, retry, done],
    [since, since, since + 2 * minute].map((from) => ({ kind: 'unknown', since: from })),
    0,
    none,
  ]);
});

test('PCA is asked for a day, and then the log says what to look for', async () => {
  const { rig, journal, calls, look } = await scene({ find: [failed('Transient'), failed('Credentials')] });
  const first = await look();
  rig.clock.advance(24 * 60 * minute);
  const last = await look();
  expect([first, last, calls.size, journal.read().slice(2)]).toEqual([
    retry,
    done,
    0,
    givenUp(
      'PCA was asked for 24 h. PCA says Credentials. The access key comes from Secret "access-key", named by spec.credentials.secretRef.',
    ),
  ]);
});

test('so many are remembered; the oldest makes room', async () => {
  const { journal, calls, memory, gone } = await scene({}, { most: 1 });
  journal.read();
  calls.take({ ...gone, reference: { ...gone.reference, uid: 'another' } }, memory);
  const entries = journal.read();
  expect([calls.size, entries.slice(0, 3)]).toEqual([
    1,
    [{ forgotten: key }, ...givenUp('More than 1 such calls are to be found out about at a time.')],
  ]);
});

test('an operator that stops says what nobody will look for', async () => {
  const { journal, calls } = await scene();
  journal.read();
  calls.close();
  expect([calls.size, journal.read()]).toEqual([
    0,
    givenUp('The operator stops before PCA could tell, and the next one does not know of the request.'),
  ]);
});

test('news of its issuer has it looked for at once, and no other', async () => {
  const { journal, calls } = await scene();
  journal.read();
  calls.wake('AlibabaPCAIssuer/shop/other');
  calls.wake(issuerName);
  expect(journal.read()).toEqual([{ queued: key }]);
});

test('a request whose call surely made none is not taken in', async () => {
  const { journal, calls } = await scene({ issue: [failed('Transient')] });
  expect([calls.size, journal.read()]).toEqual([0, []]);
});

describe('who is asked', () => {
  test.each<[string, string | undefined, 'former' | 'now']>([
    ['its issuer of now, where it keeps its certificates in the same place', 'HTTPS pca.test ca', 'now'],
    ['its issuer as it was called, where it names another CA now', 'HTTPS pca.test ca-2', 'former'],
    ['its issuer as it was called, where it is gone', undefined, 'former'],
  ])('%s', async (_, location, expected) => {
    const { rig, look } = await scene({ find: [finds()] });
    const now = new FakeAuthority({ find: [finds()] }, location);
    const ready = rig.readyIssuers.last(issuerName);
    if (ready === undefined) throw new Error('The issuer was not checked.');
    if (location === undefined) rig.readyIssuers.remove(issuerName);
    else rig.readyIssuers.open(issuerName, { ...ready, generation: 9, authority: now });
    const before = rig.authority.asked.length;
    await look();
    expect({ former: rig.authority.asked.length - before, now: now.asked.length }).toEqual({
      former: expected === 'former' ? 1 : 0,
      now: expected === 'now' ? 1 : 0,
    });
  });
});

describe('a certificate that', () => {
  test('is not what was asked for is reported with its identifier', async () => {
    const { journal, look } = await scene({ find: [finds({ key: 'other' })] });
    await look();
    expect(journal.read().slice(2)).toEqual([
      {
        unused: 'pca-1',
        message:
          'PCA issued certificate pca-1, but it is not what was asked for, so it is not used: its public key is not the one of the request. Look at the CA in PCA, and report it to Alibaba Cloud.',
      },
      counted('certificate'),
    ]);
  });

  test('was revoked meanwhile is reported all the same', async () => {
    const { journal, look } = await scene({ find: [{ kind: 'revoked', identifier: 'pca-1' }] });
    await look();
    expect(journal.read().slice(2)).toMatchObject([{ unused: undefined }, counted('certificate')]);
  });

  test('PCA accepted is waited for', async () => {
    const pending: Found = { kind: 'pending', message: 'Later.' };
    const { look } = await scene({
      issue: [answers({ kind: 'pending', identifier: 'pca-1' })],
      find: [pending, finds()],
    });
    expect([await look(), await look()]).toEqual([retry, done]);
  });

  test('PCA says exists already, and that is of another process perhaps, is not revoked', async () => {
    const { journal, look } = await scene({ issue: [failed('Duplicate')], find: [finds()] });
    await look();
    expect(journal.read().slice(2)).toEqual([
      { settled: 'pca-1', adopted: true, policy: 'Never' },
      counted('certificate'),
    ]);
  });

  test('PCA says exists already and does not list is given up after eight looks', async () => {
    const find = Array.from({ length: 8 }, (): Found => ({ kind: 'absent' }));
    const { journal, look } = await scene({ issue: [failed('Duplicate')], find });
    const came = [];
    for (let looks = 0; looks < 8; looks += 1) came.push(await look());
    expect([came, journal.read().at(-1)]).toEqual([
      [...Array.from({ length: 7 }, () => retry), done],
      counted('given_up'),
    ]);
  });
});

describe('a request that an earlier operator may have called for', () => {
  const { operation: _operation, customIdentifier: _identifier, ...unplanned } = fields;
  const takenIn = {
    log: 'info',
    fields: unplanned,
    message: 'The request is gone before it is known whether an earlier operator called for it, so that is looked for.',
  };

  /** It was read while its issuer was not checked yet, which PCA does not answer for. */
  async function inherited({ find }: Answers, situation: Situation = {}) {
    const rig = new Rig({ ...situation, issuer: 'unchecked' });
    rig.memories.of(uid).inherited(rig.clock.monotonic());
    await rig.reconcile();
    const ready = new Rig({ pca: { find: find ?? [] } }).readyIssuers.last(issuerName);
    if (ready === undefined) throw new Error('The issuer was not checked.');
    const becomeReady = (failover?: ReadyIssuer['failover']): void =>
      rig.readyIssuers.open(issuerName, failover === undefined ? ready : { ...ready, failover });
    return { ...leftBy(rig), ready, becomeReady };
  }

  test('is looked for when its issuer becomes ready; what is found may be in use elsewhere', async () => {
    const { journal, look, becomeReady, calls } = await inherited({ find: [finds()] });
    const came = [await look()];
    becomeReady();
    came.push(await look());
    expect([came, journal.read(), calls.size]).toEqual([
      [retry, done],
      [takenIn, { queued: key }, { settled: 'pca-1', adopted: true, policy: 'Never' }, counted('certificate')],
      0,
    ]);
  });

  test('and did not is told of as such', async () => {
    const { rig, journal, look, becomeReady } = await inherited({ find: [{ kind: 'absent' }] });
    becomeReady();
    rig.clock.advance(2 * minute);
    expect([await look(), journal.read().slice(2)]).toEqual([
      done,
      [
        { log: 'info', fields, message: 'No earlier operator had a certificate made for a request that is gone.' },
        counted('none'),
      ],
    ]);
  });

  test('is looked for at every entry of its issuer, those that are described later included', async () => {
    const { rig, journal, look, becomeReady, ready } = await inherited({ find: [{ kind: 'absent' }] });
    const authority = new FakeAuthority({ find: [finds()] }, 'HTTPS pca-2.test ca');
    const entry = { name: 'CA "ca" in cn-shanghai', location: authority.location };
    const withOther = (issuer: ReadyIssuer | undefined) => ({
      inUse: undefined,
      name: '',
      ownName: '',
      faults: [],
      others: [{ ...entry, issuer }],
    });
    becomeReady(withOther(undefined));
    rig.clock.advance(2 * minute);
    const came = [await look(), await look()];
    becomeReady(withOther({ ...ready, authority }));
    came.push(await look());
    expect([came, journal.read().slice(2)]).toEqual([
      [{ kind: 'after', ms: 0 }, retry, done],
      [{ settled: 'pca-1', adopted: true, policy: 'Never' }, counted('certificate')],
    ]);
  });

  test('is named at the end of the operator, also where nobody knows what was called for', async () => {
    const { journal, calls } = await inherited({});
    journal.read();
    calls.close();
    expect(journal.read()).toEqual([
      {
        log: 'warn',
        fields: unplanned,
        message:
          "It was not found out whether a certificate of this request was issued, and the request is gone: The operator stops before PCA could tell, and the next one does not know of the request. Look for it in PCA's console, and revoke it if it is not wanted.",
      },
      counted('given_up'),
    ]);
  });

  test('asks for a CA: the status of its issuer names the instance', async () => {
    const { journal, look, becomeReady } = await inherited({}, { requests: [webCA()] });
    becomeReady();
    expect([await look(), journal.read().at(-1)]).toEqual([done, counted('none')]);
  });

  test('that was never read leaves nothing that could be looked for', () => {
    const rig = new Rig({});
    rig.memories.of(uid).inherited(rig.clock.monotonic());
    const { calls, journal } = leftBy(rig);
    expect([calls.size, journal.read()]).toEqual([0, []]);
  });
});
