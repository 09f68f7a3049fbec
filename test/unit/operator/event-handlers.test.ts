// What the watches' events lead to: which keys are queued, whose pauses end, and what is inherited from another process.
import { beforeEach, describe, expect, it } from 'vitest';
import { ReadyIssuers } from '../../../src/controllers/issuers/ready-issuers.ts';
import { requestIndexes, requestKey } from '../../../src/controllers/requests/kinds/cached-request.ts';
import type { CachedRequest } from '../../../src/controllers/requests/kinds/cached-request.ts';
import type { RequestReader } from '../../../src/controllers/requests/kinds/request.ts';
import { RequestMemories } from '../../../src/controllers/requests/memory.ts';
import { issuerKind } from '../../../src/crds/issuer.ts';
import type { Issuer, IssuerAsRead } from '../../../src/crds/issuer.ts';
import { Store } from '../../../src/kubernetes/store.ts';
import { connectEventHandlers } from '../../../src/operator/event-handlers.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { issuerObject, owner, ownerIn, readyIssuer } from '../controllers/issuers/objects.ts';
import { replaceAll } from '../../support/store-contents.ts';

const issuerName = 'AlibabaPCAIssuer/shop/pca';
const certificateRequests: RequestReader = { read: async () => ({ kind: 'gone' }) };
const signingRequests: RequestReader = { read: async () => ({ kind: 'gone' }) };
let clock: FakeClock;
let readyIssuers: ReadyIssuers;
let memories: RequestMemories;
let requests: Store<CachedRequest>;
let signing: Store<CachedRequest>;
let issuers: Store<IssuerAsRead>;
let clusterIssuers: Store<IssuerAsRead>;
/** Everything that happened to keys, as `queue verb key`. */
let seen: string[];
/** The last version that was there before this replica led. */
let ledFrom: number;
let showsNews: boolean;
const watched = { wasBefore: (resourceVersion: string) => Number(resourceVersion) <= ledFrom };

beforeEach(() => {
  clock = new FakeClock();
  readyIssuers = new ReadyIssuers(clock);
  memories = new RequestMemories();
  requests = new Store<CachedRequest>(requestIndexes());
  signing = new Store<CachedRequest>(requestIndexes());
  issuers = new Store<IssuerAsRead>();
  clusterIssuers = new Store<IssuerAsRead>();
  seen = [];
  ledFrom = 0;
  showsNews = true;
});

function queue(name: string) {
  const note = (verb: string) => (key: string) => void seen.push(`${name} ${verb} ${key}`);
  return { add: note('add'), forget: note('forget') };
}

const callsWoken = `abandoned calls wake ${issuerName}`;

/** Connects everything; what that queued is forgotten. */
function connect(): () => void {
  const disconnect = connectEventHandlers({
    requests: [
      { store: requests, queue: queue('request'), kind: certificateRequests, watched },
      { store: signing, queue: queue('signing'), kind: signingRequests, watched },
    ],
    showsNews: () => showsNews,
    issuers: [
      { kind: issuerKind('AlibabaPCAIssuer')!, store: issuers },
      { kind: issuerKind('AlibabaPCAClusterIssuer')!, store: clusterIssuers },
    ],
    issuerQueue: queue('issuer'),
    readyIssuers,
    memories,
    abandoned: {
      release: (kind, { metadata }) =>
        void seen.push(`${kind === signingRequests ? 'signing' : 'request'} release ${metadata.uid}`),
    },
    abandonedCalls: { wake: (key) => void seen.push(`abandoned calls wake ${key}`) },
    clock,
  });
  return disconnect;
}

let version = 0;
function put(
  store: Store<CachedRequest>,
  name: string,
  changes: Partial<CachedRequest> = {},
  uid = `uid-${name}`,
): void {
  version += 1;
  const isNamespaced = store === requests;
  const metadata = { name, uid, resourceVersion: String(version), ...(isNamespaced ? { namespace: 'shop' } : {}) };
  const object: CachedRequest = {
    metadata,
    issuer: issuerName,
    object: { apiVersion: 'v1', kind: 'Request' },
    createdAt: 0,
    kind: 'AlibabaPCAIssuer',
    approval: 'Approved',
    isControlled: true,
    sameCA: undefined,
    message: undefined,
    ...changes,
  };
  store.set(requestKey(metadata), { uid, resourceVersion: metadata.resourceVersion, object });
}

const used: Issuer['status'] = { conditions: [], externalCA: { instances: [{ instanceId: 'i-1', requestUID: 'u' }] } };

function putIssuer(metadata: Partial<Issuer['metadata']> = {}, store = issuers, status?: Issuer['status']): void {
  version += 1;
  const scope = store === issuers ? { namespace: 'shop' } : {};
  const made = issuerObject(undefined, { ...scope, resourceVersion: String(version), ...metadata });
  const object = status === undefined ? made : { ...made, status };
  store.set(object.metadata.name, { uid: object.metadata.uid, resourceVersion: String(version), object });
}

describe('at the beginning', () => {
  it('everything that is there is queued', () => {
    put(requests, 'a');
    put(signing, 'b');
    putIssuer();
    putIssuer({}, clusterIssuers);
    connect();
    expect(seen).toEqual([
      `issuer add ${issuerName}`,
      'issuer add AlibabaPCAClusterIssuer//pca',
      'request add shop/a',
      'signing add b',
    ]);
  });

  it('a certificate may exist for what was approved before, and for nothing else', () => {
    put(requests, 'a');
    put(requests, 'b', { approval: 'Undecided' });
    put(requests, 'c', { approval: 'Denied' });
    put(signing, 'd');
    connect();
    const inherited = { kind: 'unknown', exists: false, since: clock.monotonic(), call: undefined };
    expect(['a', 'b', 'c', 'd'].map((name) => memories.get(`uid-${name}`)?.earlier)).toEqual([
      inherited,
      undefined,
      undefined,
      inherited,
    ]);
  });

  it('what a watch that is behind shows of before, another process may have called for', () => {
    put(requests, 'a', { approval: 'Undecided' });
    ledFrom = version + 2;
    connect();
    put(requests, 'a');
    put(requests, 'b', { approval: 'Denied' });
    put(requests, 'c');
    const inherited = { kind: 'unknown', exists: false, since: clock.monotonic(), call: undefined };
    expect(['a', 'b', 'c'].map((name) => memories.get(`uid-${name}`)?.earlier)).toEqual([
      inherited,
      undefined,
      undefined,
    ]);
  });

  it('for what is listed only later, a certificate may exist as for what was there before', () => {
    showsNews = false;
    connect();
    const connectedAt = clock.monotonic();
    clock.advance(1_000);
    put(requests, 'a');
    put(signing, 'b');
    const inherited = { kind: 'unknown', exists: false, since: connectedAt, call: undefined };
    expect([seen, ['a', 'b'].map((name) => memories.get(`uid-${name}`)?.earlier)]).toEqual([
      ['request add shop/a', 'signing add b'],
      [inherited, inherited],
    ]);
  });

  it('what is listed only later and changes then is not inherited again, unless it was not approved before', () => {
    showsNews = false;
    connect();
    put(requests, 'a');
    put(requests, 'b', { approval: 'Undecided' });
    for (const uid of ['uid-a', 'uid-b']) memories.of(uid).ruledOut(undefined);
    put(requests, 'a', { message: 'x' });
    put(requests, 'b');
    const inherited = { kind: 'unknown', exists: false, since: clock.monotonic(), call: undefined };
    expect(['a', 'b'].map((name) => memories.get(`uid-${name}`)?.earlier)).toEqual([{ kind: 'none' }, inherited]);
  });

  it('what comes later is new to everybody', () => {
    connect();
    put(requests, 'a');
    expect([memories.size, seen]).toEqual([0, ['request add shop/a']]);
  });
});

describe('a request', () => {
  beforeEach(() => {
    put(requests, 'a', { approval: 'Undecided' });
    put(signing, 'b');
    connect();
    seen.length = 0;
  });

  it.each<[string, () => void, readonly string[]]>([
    ['that was approved is queued', () => put(requests, 'a'), ['request add shop/a']],
    ['that was denied is queued', () => put(requests, 'a', { approval: 'Denied' }), ['request add shop/a']],
    [
      'whose Certificate controls it no longer is queued',
      () => put(requests, 'a', { approval: 'Undecided', isControlled: false }),
      ['request add shop/a'],
    ],
    ['whose condition changed is not queued', () => put(requests, 'a', { approval: 'Undecided', message: 'x' }), []],
    [
      'that was made anew is another one',
      () => put(requests, 'a', { approval: 'Undecided' }, 'uid-2'),
      ['request forget shop/a', 'request release uid-a', 'request add shop/a'],
    ],
    ['that is gone is let go', () => requests.delete('shop/a'), ['request forget shop/a', 'request release uid-a']],
    [
      'of the other kind that is gone is let go as such',
      () => signing.delete('b'),
      ['signing forget b', 'signing release uid-b'],
    ],
  ])('%s', (_, change, expected) => {
    change();
    expect(seen).toEqual(expected);
  });
});

describe('an issuer', () => {
  const woken = ['request forget shop/a', 'request add shop/a', 'signing forget b', 'signing add b'];
  const queued = [`issuer forget ${issuerName}`, `issuer add ${issuerName}`];

  beforeEach(() => {
    put(requests, 'a');
    put(requests, 'other', { issuer: 'AlibabaPCAIssuer/shop/other' });
    put(requests, 'none', { issuer: undefined });
    put(signing, 'b');
    putIssuer({ name: 'pca' });
    connect();
    seen.length = 0;
  });

  it.each<[string, () => void, readonly string[]]>([
    ['whose spec changed is checked', () => putIssuer({ generation: 2 }), queued],
    ['that is being deleted is checked', () => putIssuer({ deletionTimestamp: '2026-11-22T00:00:00Z' }), queued],
    ['whose status changed is not checked', () => putIssuer(), []],
    ['one of whose instances was used is counted', () => putIssuer({}, issuers, used), queued],
    ['that is gone is forgotten, and its requests look again', () => issuers.delete('pca'), [...queued, ...woken]],
    [
      'that was made anew is checked, and its requests look again',
      () => putIssuer({ uid: 'u2' }),
      [...queued, ...woken, ...queued, ...woken],
    ],
    [
      'that is new is checked, and its requests look again',
      () => putIssuer({ name: 'other' }),
      [
        'issuer forget AlibabaPCAIssuer/shop/other',
        'issuer add AlibabaPCAIssuer/shop/other',
        'request forget shop/other',
        'request add shop/other',
      ],
    ],
    [
      'that becomes ready wakes its requests alone',
      () => readyIssuers.open(issuerName, readyIssuer()),
      [...woken, callsWoken],
    ],
  ])('%s', (_, change, expected) => {
    change();
    expect(seen).toEqual(expected);
  });

  it('is queued when issuing met a fault, and its requests learn of it', () => {
    const issuer = readyIssuer();
    readyIssuers.open(issuerName, issuer);
    seen.length = 0;
    using pass = readyIssuers.enter(issuerName, issuer, owner);
    pass?.fault({ reason: 'CapacityExhausted', message: 'None left.' });
    expect(seen).toEqual([...woken, callsWoken, `issuer add ${issuerName}`]);
  });
});

describe('after a fault one request goes first', () => {
  /** Requests of which the first tries and the others wait behind it. */
  function trying(...names: readonly string[]) {
    const issuer = readyIssuer();
    readyIssuers.open(issuerName, issuer);
    readyIssuers.enter(issuerName, issuer, owner)?.fault({ reason: 'CapacityExhausted', message: 'None left.' });
    readyIssuers.open(issuerName, issuer);
    const [first] = names.map((name) => readyIssuers.enter(issuerName, issuer, ownerIn(name), name));
    seen.length = 0;
    return first;
  }

  it('and with its certificate the issuer is queued, to say that it is ready', () => {
    connect();
    trying('shop/a', 'shop/b')?.issued();
    expect(seen).toEqual([callsWoken, `issuer add ${issuerName}`]);
  });

  it('and without one the next that is still there is queued, and no other', () => {
    for (const name of ['a', 'c', 'd']) put(requests, name);
    put(signing, 'e');
    connect();
    trying('shop/a', 'shop/gone', 'e', 'shop/c')?.[Symbol.dispose]();
    expect(seen).toEqual(['signing add e']);
  });

  it('and nobody is queued at the end', () => {
    put(requests, 'b');
    const disconnect = connect();
    const first = trying('shop/a', 'shop/b');
    disconnect();
    first?.[Symbol.dispose]();
    expect(seen).toEqual([]);
  });
});

it('after the history of the cluster went back, everything is looked at again and what is approved may have a certificate', () => {
  put(requests, 'a');
  put(requests, 'new', { approval: 'Undecided' });
  putIssuer({ name: 'pca' });
  connect();
  memories.of('uid-a').ruledOut(undefined);
  seen.length = 0;
  clock.advance(60_000);
  for (const store of [requests, issuers]) {
    const entries = store.keys().flatMap((key) => {
      const entry = store.entry(key);
      return entry === undefined ? [] : [[key, { ...entry }] as const];
    });
    replaceAll(store as Store<unknown>, new Map(entries), true);
  }
  expect([seen, memories.of('uid-a').earlier, memories.of('uid-new').earlier]).toEqual([
    ['request add shop/a', 'request add shop/new', `issuer forget ${issuerName}`, `issuer add ${issuerName}`],
    { kind: 'unknown', since: clock.monotonic(), exists: false, call: undefined },
    { kind: 'none' },
  ]);
});

it('nothing is queued any more at the end', () => {
  put(requests, 'a');
  putIssuer();
  const disconnect = connect();
  disconnect();
  seen.length = 0;
  const issuer = readyIssuer();
  put(requests, 'a', { approval: 'Denied' });
  requests.delete('shop/a');
  putIssuer({ generation: 2 });
  readyIssuers.open(issuerName, issuer);
  using pass = readyIssuers.enter(issuerName, issuer, owner);
  pass?.fault({ reason: 'CapacityExhausted', message: 'None left.' });
  expect(seen).toEqual([]);
});
