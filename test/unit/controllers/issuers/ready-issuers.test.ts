// When calls for an issuer may go out: after a check, not while it is held, after a fault one at a time.
import { beforeEach, describe, expect, it } from 'vitest';
import { ReadyIssuers } from '../../../../src/controllers/issuers/ready-issuers.ts';
import type { IssuerPass } from '../../../../src/controllers/issuers/issuer-pass.ts';
import type { IssuerProblem } from '../../../../src/controllers/issuers/reasons.ts';
import { readCertificate } from '../../../../src/issuing/x509/certificate.ts';
import type { ReadCertificate } from '../../../../src/issuing/x509/certificate.ts';
import type { TestCA } from '../../../support/certificates.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { hierarchy, owner, ownerIn, readyIssuer } from './objects.ts';

const key = 'AlibabaPCAIssuer/shop/pca';
const object = { uid: 'u1', generation: 1 };
const issuer = readyIssuer();
const problem: IssuerProblem = { reason: 'PermissionDenied', message: 'No.' };
let clock: FakeClock;
let issuers: ReadyIssuers;
/** Keys of issuers whose requests were woken, and of those that met a fault. */
let woken: string[];
let faulty: string[];

beforeEach(() => {
  clock = new FakeClock();
  issuers = new ReadyIssuers(clock);
  woken = [];
  faulty = [];
  issuers.onChange((changed) => woken.push(changed));
  issuers.onFault((met) => faulty.push(met));
});

function certificateOf({ certificate }: TestCA): ReadCertificate {
  const read = readCertificate(Buffer.from(certificate.rawData));
  if (read.kind === 'malformed') throw new Error(read.message);
  return read.value;
}

/** How many of two requests may try; their passes are kept. */
function tries(of = issuer): number {
  return [issuers.enter(key, of, ownerIn('a')), issuers.enter(key, of, ownerIn('b'))].filter(
    (pass) => pass !== undefined,
  ).length;
}

/** A request with its pass, which must be had. */
function entered(of = issuer, by = owner): IssuerPass {
  const pass = issuers.enter(key, of, by);
  if (pass === undefined) throw new Error('another request goes first');
  return pass;
}

it('knows nothing of an issuer that was not checked', () => {
  expect([issuers.state(key, object), issuers.last(key), issuers.held(key, object)]).toEqual([
    { kind: 'unchecked' },
    undefined,
    undefined,
  ]);
  expect([issuers.enter(key, issuer, owner), issuers.ownerHeld(key, owner)]).toEqual([undefined, undefined]);
});

it('is ready after a check, for that object and generation only', () => {
  issuers.open(key, issuer);
  expect(issuers.state(key, object)).toEqual({ kind: 'ready', issuer });
  expect(issuers.state(key, { uid: 'u1', generation: 2 })).toEqual({ kind: 'unchecked' });
  expect(issuers.state(key, { uid: 'u2', generation: 1 })).toEqual({ kind: 'unchecked' });
  expect(issuers.state('AlibabaPCAIssuer/shop/other', object)).toEqual({ kind: 'unchecked' });
  expect([woken, faulty]).toEqual([[key], []]);
});

it('keeps what certificates demand to be published over the checks of one object', () => {
  const root = certificateOf(hierarchy.root);
  issuers.open(key, issuer);
  entered().demands(root);
  entered().demands(root);
  expect([issuers.demanded(key), faulty]).toEqual([[root], [key]]);
  issuers.open(key, readyIssuer());
  expect(issuers.demanded(key)).toEqual([root]);
  issuers.open(key, readyIssuer({ generation: 2 }));
  expect(issuers.demanded(key)).toEqual([]);
});

it('says nothing new when a check repeats what was known, but keeps the newer way to the CA', () => {
  const newer = readyIssuer({ credentialsVersion: '8' });
  issuers.open(key, issuer);
  issuers.open(key, newer);
  expect([woken, issuers.last(key) === newer]).toEqual([[key], true]);
});

it('is closed by a failed check and wakes the requests when it opens again', () => {
  issuers.open(key, issuer);
  issuers.close(key, problem);
  expect(issuers.state(key, object)).toEqual({ kind: 'notReady', reason: 'PermissionDenied' });
  issuers.open(key, issuer);
  expect(issuers.state(key, object)).toEqual({ kind: 'ready', issuer });
  expect([woken, tries()]).toEqual([[key, key, key], 2]);
});

it('wakes the requests for another reason, not for other words', () => {
  issuers.close(key, problem);
  issuers.close(key, { ...problem, message: 'Still no.' });
  expect(woken).toEqual([key]);
  issuers.close(key, { ...problem, reason: 'CapacityExhausted' });
  expect(woken).toEqual([key, key]);
});

it('is not ready after a failed check, whichever object is meant', () => {
  issuers.close(key, problem);
  expect(issuers.state(key, { uid: 'u9', generation: 9 })).toEqual({ kind: 'notReady', reason: 'PermissionDenied' });
});

it('does not hold what a check found', () => {
  issuers.open(key, issuer);
  issuers.close(key, problem);
  expect(issuers.held(key, object)).toBeUndefined();
});

describe('after a fault that issuing met', () => {
  beforeEach(() => {
    issuers.open(key, issuer);
    entered().fault(problem);
    woken.length = 0;
  });

  it('holds the issuer at once and has it checked, once', () => {
    expect([issuers.state(key, object), faulty]).toEqual([{ kind: 'notReady', reason: 'PermissionDenied' }, [key]]);
    expect(issuers.last(key)).toBe(issuer);
  });

  it('holds the issuer twice as long after each fault in a row', () => {
    expect(issuers.held(key, object)).toEqual({ problem, ms: 15_000 });
    clock.advance(14_999);
    expect(issuers.held(key, object)).toEqual({ problem, ms: 1 });
    clock.advance(1);
    expect(issuers.held(key, object)).toBeUndefined();
    const again = readyIssuer();
    issuers.open(key, again);
    entered(again).fault(problem);
    expect(issuers.held(key, object)).toEqual({ problem, ms: 30_000 });
  });

  it('takes answers to calls that went out before for the same fault', () => {
    const [early, late] = [entered(), entered()];
    clock.advance(5_000);
    early.fault({ ...problem, message: 'No, again.' });
    late.fault({ reason: 'CapacityExhausted', message: 'None left.' });
    expect([issuers.held(key, object), faulty]).toEqual([{ problem, ms: 10_000 }, [key]]);
  });

  it('takes no notice of answers for the issuer as an earlier check found it', () => {
    const early = entered();
    clock.advance(15_000);
    issuers.open(key, readyIssuer());
    early.fault(problem);
    expect([issuers.state(key, object).kind, faulty]).toEqual(['ready', [key]]);
  });

  it('lets a changed spec through at once', () => {
    expect(issuers.held(key, { uid: 'u1', generation: 2 })).toBeUndefined();
    const changed = readyIssuer({ generation: 2 });
    issuers.open(key, changed);
    expect([tries(changed), woken]).toEqual([2, [key]]);
  });

  it('counts anew for an issuer that was made anew', () => {
    const other = readyIssuer({ uid: 'u2' });
    issuers.open(key, other);
    entered(other).fault(problem);
    expect(issuers.held(key, { uid: 'u2', generation: 1 })).toEqual({ problem, ms: 15_000 });
  });

  it('lets one request go first, and all others after its certificate', () => {
    clock.advance(15_000);
    issuers.open(key, issuer);
    expect(woken).toEqual([key]);
    const first = entered();
    expect(tries()).toBe(0);
    first[Symbol.dispose]();
    const second = entered(issuer, ownerIn('other'));
    expect(tries()).toBe(0);
    woken.length = 0;
    second.issued();
    expect([woken, tries()]).toEqual([[key], 2]);
  });

  it('lets one go first also after further checks', () => {
    clock.advance(15_000);
    issuers.open(key, issuer);
    using first = entered();
    issuers.open(key, readyIssuer());
    expect([first !== undefined, tries()]).toEqual([true, 0]);
  });

  it('lets one go first also after a check that failed in between', () => {
    clock.advance(15_000);
    issuers.close(key, { reason: 'PCAUnavailable', message: 'Away.' });
    issuers.open(key, issuer);
    expect(tries()).toBe(1);
  });
});

describe('those behind the one that goes first after a fault', () => {
  /** Requests that were told that they may go first, and whether there still are such. */
  let told: string[];
  let present: boolean;
  let recovered: string[];

  beforeEach(() => {
    told = [];
    present = true;
    recovered = [];
    issuers.onTurn((request) => {
      told.push(request);
      return present;
    });
    issuers.onRecovery((key) => recovered.push(key));
    issuers.open(key, issuer);
    entered().fault(problem);
    clock.advance(15_000);
    issuers.open(key, issuer);
  });

  it('need not be looked at while it tries, and only then', () => {
    const before = issuers.waitsBehind(key, 'b', undefined);
    const first = entered();
    const meanwhile = issuers.waitsBehind(key, 'b', undefined);
    first.issued();
    expect([
      before,
      meanwhile,
      issuers.waitsBehind(key, 'b', undefined),
      issuers.waitsBehind('other', 'b', undefined),
    ]).toEqual([false, true, false, false]);
  });

  it('are looked at where its fault is what they have to tell', () => {
    entered().fault(problem);
    expect(issuers.waitsBehind(key, 'b', undefined)).toBe(false);
  });

  it('are told of their turn one by one, in order, each once', () => {
    const first = issuers.enter(key, issuer, ownerIn('a'), 'a');
    issuers.waitsBehind(key, 'b', undefined);
    issuers.enter(key, issuer, ownerIn('c'), 'c');
    issuers.waitsBehind(key, 'b', undefined);
    first?.[Symbol.dispose]();
    const early = [...told];
    issuers.enter(key, issuer, ownerIn('b'), 'b')?.[Symbol.dispose]();
    issuers.enter(key, issuer, ownerIn('d'), 'd')?.[Symbol.dispose]();
    expect([early, told]).toEqual([['b'], ['b', 'c']]);
  });

  it('go by tenants: one that has tried lets others go first, and tries again when nobody else has come', () => {
    issuers.enter(key, issuer, ownerIn('bad'), 'bad-1')?.[Symbol.dispose]();
    const again = issuers.enter(key, issuer, ownerIn('bad'), 'bad-2');
    const early = [again, ...told];
    clock.advance(1_000);
    const first = issuers.enter(key, issuer, ownerIn('good'), 'good-1');
    issuers.waitsBehind(key, 'bad-3', 'bad');
    issuers.waitsBehind(key, 'other-1', 'other');
    first?.[Symbol.dispose]();
    const turns = [...told];
    issuers.enter(key, issuer, ownerIn('other'), 'other-1')?.[Symbol.dispose]();
    const quiet = told.length;
    clock.advance(3_000);
    expect({ early, hadItsTurn: first !== undefined, turns, quiet, told }).toEqual({
      early: [undefined],
      hadItsTurn: true,
      turns: ['other-1'],
      quiet: 1,
      told: ['other-1', 'bad-2'],
    });
  });

  it('are passed over where they are gone', () => {
    const first = entered();
    for (const request of ['b', 'c']) issuers.waitsBehind(key, request, undefined);
    present = false;
    first[Symbol.dispose]();
    expect(told).toEqual(['b', 'c']);
  });

  it('are woken with all others when it has its certificate, and the issuer has recovered', () => {
    const first = entered();
    issuers.waitsBehind(key, 'b', undefined);
    woken.length = 0;
    first.issued();
    first[Symbol.dispose]();
    expect([woken, told, recovered]).toEqual([[key], [], [key]]);
    entered().issued();
    expect(recovered).toEqual([key]);
  });
});

describe('an issuer whose fault was mended', () => {
  it('is under suspicion until a certificate comes, as this object alone', () => {
    issuers.open(key, issuer);
    const before = issuers.isSuspect(key, object);
    entered().fault(problem);
    const held = issuers.isSuspect(key, object);
    issuers.endHold(key);
    const left = issuers.held(key, object);
    issuers.open(key, issuer);
    const tried = [issuers.isSuspect(key, object), issuers.isSuspect(key, { uid: 'u1', generation: 2 })];
    entered().issued();
    expect({ before, held, left, tried, after: issuers.isSuspect(key, object) }).toEqual({
      before: false,
      held: true,
      left: undefined,
      tried: [true, false],
      after: false,
    });
  });

  it('is held twice as long after the next one, also where the hold was ended early', () => {
    issuers.open(key, issuer);
    entered().fault(problem);
    issuers.endHold(key);
    const again = readyIssuer();
    issuers.open(key, again);
    entered(again).fault(problem);
    expect(issuers.held(key, object)).toEqual({ problem, ms: 30_000 });
  });
});

describe('a certificate that is not what its owner asked for', () => {
  const refused: IssuerProblem = { reason: 'CertificateRefused', message: 'Not that.' };
  const state = () => issuers.state(key, object).kind;

  beforeEach(() => {
    issuers.open(key, issuer);
    woken.length = 0;
  });

  it('holds its owner alone', () => {
    entered().mismatched('SubjectMismatch', refused);
    expect([state(), faulty, woken]).toEqual(['ready', [], []]);
    expect([issuers.ownerHeld(key, owner), issuers.ownerHeld(key, ownerIn('shop', 'api'))]).toEqual([
      { reason: 'SubjectMismatch', ms: 90_000 },
      undefined,
    ]);
  });

  it('holds the issuer when another tenant meets the same', () => {
    entered().mismatched('SubjectMismatch', refused);
    entered(issuer, ownerIn('other')).mismatched('SubjectMismatch', refused);
    expect([issuers.state(key, object), faulty, issuers.held(key, object)?.problem]).toEqual([
      { kind: 'notReady', reason: 'CertificateRefused' },
      [key],
      refused,
    ]);
  });

  it('is forgotten with the spec under which it was issued', () => {
    entered().mismatched('SubjectMismatch', refused);
    const changed = readyIssuer({ generation: 2 });
    issuers.open(key, changed);
    expect([issuers.ownerHeld(key, owner), woken]).toEqual([undefined, [key]]);
    entered(changed, ownerIn('other')).mismatched('SubjectMismatch', refused);
    expect(issuers.state(key, { uid: 'u1', generation: 2 }).kind).toBe('ready');
  });

  it('is not forgotten with a check that found nothing wrong', () => {
    entered().mismatched('SubjectMismatch', refused);
    issuers.open(key, readyIssuer());
    expect(issuers.ownerHeld(key, owner)).toEqual({ reason: 'SubjectMismatch', ms: 90_000 });
  });

  it('holds its owner no longer after a good one', () => {
    const [first, second] = [entered(), entered()];
    first.mismatched('SubjectMismatch', refused);
    second.issued();
    expect(issuers.ownerHeld(key, owner)).toBeUndefined();
  });
});

describe('an issuer that is gone', () => {
  it('is forgotten, and its requests are woken', () => {
    issuers.open(key, issuer);
    issuers.remove(key);
    expect([issuers.state(key, object), issuers.last(key), woken]).toEqual([
      { kind: 'unchecked' },
      undefined,
      [key, key],
    ]);
  });

  it('wakes nobody a second time, not even when an answer comes late', () => {
    issuers.open(key, issuer);
    const late = entered();
    issuers.remove(key);
    late.fault(problem);
    issuers.remove(key);
    expect([woken, faulty]).toEqual([[key, key], []]);
  });
});
