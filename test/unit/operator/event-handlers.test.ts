// What the watches' events lead to: which keys are queued, whose pauses end, and what is inherited from another process.
import { beforeEach, describe, expect, it } from 'vitest';
import { ReadyIssuers } from '../../../src/controllers/issuers/ready-issuers.ts';
import { requestIndexes, requestKey } from '../../../src/controllers/requests/kinds/cached-request.ts';
import type { CachedRequest } from '../../../src/controllers/requests/kinds/cached-request.ts';
import type { RequestKind } from '../../../src/controllers/requests/kinds/request.ts';
import { RequestMemories } from '../../../src/controllers/requests/memory.ts';
import { issuerKind } from '../../../src/crds/issuer.ts';
import type { Issuer } from '../../../src/crds/issuer.ts';
import { Store } from '../../../src/kubernetes/store.ts';
import { connectEventHandlers } from '../../../src/operator/event-handlers.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { owner, issuerObject, readyIssuer } from '../controllers/issuers/objects.ts';

const issuerName = 'AlibabaPCAIssuer/shop/pca';
const certificateRequests: RequestKind = { read: async () => ({ kind: 'gone' }) };
const signingRequests: RequestKind = { read: async () => ({ kind: 'gone' }) };
let clock: FakeClock;
let readyIssuers: ReadyIssuers;
let memories: RequestMemories;
let requests: Store<CachedRequest>;
let signing: Store<CachedRequest>;
let issuers: Store<Issuer>;
let clusterIssuers: Store<Issuer>;
/** Everything that happened to keys, as `queue verb key`. */
let seen: string[];

beforeEach(() => {
  clock = new FakeClock();
  readyIssuers = new ReadyIssuers(clock);
  memories = new RequestMemories();
  requests = new Store<CachedRequest>(requestIndexes());
  signing = new Store<CachedRequest>(requestIndexes());
  issuers = new Store<Issuer>();
  clusterIssuers = new Store<Issuer>();
  seen = [];
});

function queue(name: string) {
  const note = (verb: string) => (key: string) => void seen.push(`${name} ${verb} ${key}`);
  return { add: note('add'), forget: note('forget') };
}

/** Connects everything; what that queued is forgotten. */
function connect(): () => void {
  const disconnect = connectEventHandlers({
    requests: [
      { store: requests, queue: queue('request'), kind: certificateRequests },
      { store: signing, queue: queue('signing'), kind: signingRequests },
    ],
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
    message: undefined,
    ...changes,
  };
  store.set(requestKey(metadata), { uid, resourceVersion: metadata.resourceVersion, object });
}

function putIssuer(metadata: Partial<Issuer['metadata']> = {}, store = issuers): void {
  version += 1;
  const scope = store === issuers ? { namespace: 'shop' } : {};
  const object = issuerObject(undefined, { ...scope, resourceVersion: String(version), ...metadata });
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
    const inherited = { kind: 'unknown', since: clock.now().getTime() };
    expect(['a', 'b', 'c', 'd'].map((name) => memories.get(`uid-${name}`)?.earlier)).toEqual([
      inherited,
      undefined,
      undefined,
      inherited,
    ]);
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
    ['that becomes ready wakes its requests alone', () => readyIssuers.open(issuerName, readyIssuer()), woken],
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
    expect(seen).toEqual([...woken, `issuer add ${issuerName}`]);
  });
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
