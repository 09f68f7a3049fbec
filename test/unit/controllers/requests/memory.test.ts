// What is known of earlier calls: each transition as it is documented, and that no sequence of them pays for a second
// certificate while one may exist.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { End } from '../../../../src/controllers/requests/decision.ts';
import { RequestMemories, RequestMemory } from '../../../../src/controllers/requests/memory.ts';
import type { CallEnd } from '../../../../src/controllers/requests/memory.ts';
import { FakeAuthority } from '../../../support/fake-authority.ts';
import { certificate, issuingCall as call } from './samples.ts';

const failed: End = { kind: 'failed', reason: 'NoName', message: 'No.', at: new Date(0) };
const issued: End = {
  kind: 'issued',
  message: 'Issued.',
  certificate,
  operation: 'CreateCustomCertificate',
  requestId: 'r-1',
  adopted: false,
};
const secondCall = 'A second issuing call was about to go out while a certificate may exist.';

const none = { kind: 'none' } as const;
const unknown = (since: number) => ({ kind: 'unknown', exists: false, since, call }) as const;
const accepted = { kind: 'accepted', identifier: 'pca-1', since: 2, call } as const;
const foreign = { ...unknown(3), call: undefined };
const made: CallEnd = { kind: 'made', identifier: 'pca-1' };

type Step = (memory: RequestMemory) => void;
const called: Step = (memory) => memory.called(call, 1);
const inherited: Step = (memory) => memory.inherited(3);
const ruledOut: Step = (memory) => memory.ruledOut(undefined);
const decided: Step = (memory) => memory.decide(failed);
const answered =
  (end: CallEnd): Step =>
  (memory) =>
    memory.answered(end, 2);

test.each<[string, readonly Step[], RequestMemory['earlier'], number]>([
  ['there is none at first', [], none, 0],
  ['there may be one as soon as a call goes out', [called], unknown(1), 1],
  ['there is none after a refusal', [called, answered({ kind: 'refused' })], none, 1],
  [
    'there may be one, from the end of the call on, of which nothing is known',
    [called, answered({ kind: 'unknown' })],
    unknown(2),
    1,
  ],
  ['there is one under the identifier that PCA gave', [called, answered(made)], accepted, 1],
  [
    'there is one, to be looked for, without identifier',
    [called, answered({ kind: 'made', identifier: undefined })],
    unknown(2),
    1,
  ],
  [
    'there surely is one where PCA refuses a second',
    [called, answered({ kind: 'exists' })],
    { ...unknown(2), exists: true },
    1,
  ],
  ['there may be one where an end is gone', [(memory) => memory.met(true, 3)], foreign, 0],
  ['there is none where there was no end', [(memory) => memory.met(false, 3)], none, 0],
  [
    'an end that is gone is asked about once',
    [(memory) => memory.met(true, 3), ruledOut, (memory) => memory.met(true, 4)],
    none,
    0,
  ],
  ['an end of its own is known', [(memory) => memory.met(false, 3), (memory) => memory.met(true, 4)], none, 0],
  [
    'a newer list is asked for after one in which it was missed',
    [called, answered({ kind: 'exists' }), (memory) => memory.missed(7)],
    { ...unknown(7), exists: true },
    1,
  ],
  ["PCA's own identifier stays", [called, answered(made), (memory) => memory.missed(7)], accepted, 1],
  ['there is none once it is ruled out', [called, answered({ kind: 'unknown' }), ruledOut], none, 1],
  ['there may be one after a take-over, of a call that nobody here knows', [inherited], foreign, 0],
  ['what is known already outlasts a take-over', [called, answered(made), inherited], accepted, 1],
  ['the time of an own call outlasts a take-over', [called, inherited], unknown(1), 1],
  ['an end tells all about it', [called, answered(made), decided], none, 1],
  ['a call may follow a refusal', [called, answered({ kind: 'refused' }), called], unknown(1), 2],
  ['a call may follow when it is ruled out', [inherited, ruledOut, called], unknown(1), 1],
])('of a certificate of an earlier call: %s', (_, steps, earlier, calls) => {
  const memory = new RequestMemory('u');
  for (const step of steps) step(memory);
  expect({ earlier: memory.earlier, calls: memory.calls }).toEqual({ earlier, calls });
});

test.each<[string, readonly Step[]]>([
  ['while one is out', [called]],
  ['after one of which nothing is known', [called, answered({ kind: 'unknown' })]],
  ['after one that PCA accepted', [called, answered(made)]],
  ['after a take-over', [inherited]],
  ['after one that PCA refused because a certificate exists', [called, answered({ kind: 'exists' })]],
  ['after the end', [decided]],
])('no call goes out %s', (_, steps) => {
  const memory = new RequestMemory('u');
  for (const step of steps) step(memory);
  const before = [memory.earlier, memory.calls];
  expect(() => memory.called(call, 9)).toThrow(secondCall);
  expect([memory.earlier, memory.calls]).toEqual(before);
});

test('misses are counted since the last call', () => {
  const memory = new RequestMemory('u');
  called(memory);
  answered({ kind: 'exists' })(memory);
  const first = [memory.missed(3), memory.missed(4)];
  ruledOut(memory);
  called(memory);
  expect([...first, memory.missed(5)]).toEqual([1, 2, 1]);
});

describe('of an issuer with another entry', () => {
  const entryAt = (location: string, other: string) => ({
    authority: new FakeAuthority({}, location),
    failover: {
      inUse: undefined,
      name: '',
      ownName: '',
      faults: [],
      others: [{ name: '', location: other, issuer: undefined }],
    },
  });
  const first = entryAt('first', 'second');
  const second = entryAt('second', 'first');
  const callAt = (issuer: object) => ({ ...call, issuer: { ...call.issuer, ...issuer } });

  /** A call to the first, of which its CA alone has said that it made nothing. */
  function ruledOutAtFirst(): RequestMemory {
    const memory = new RequestMemory('u');
    memory.called(callAt(first), 1);
    memory.ruledOut('first');
    return memory;
  }

  test('a call that was ruled out for one entry is looked for again before the other is called', () => {
    const memory = ruledOutAtFirst();
    const elsewhere = 'An issuing call was about to go out to another CA than that of an earlier one.';
    expect(() => memory.called(callAt(second), 2)).toThrow(elsewhere);
    memory.turnsTo(second, 3);
    expect(memory.earlier).toEqual({ kind: 'unknown', exists: false, since: 3, call: callAt(first) });
  });

  test('it need not be where the same one is called, or where it was ruled out everywhere', () => {
    const memory = ruledOutAtFirst();
    memory.turnsTo(first, 2);
    memory.called(callAt(first), 3);
    memory.ruledOut(undefined);
    memory.turnsTo(second, 4);
    memory.called(callAt(second), 5);
    expect([memory.earlier, memory.calls]).toEqual([
      { kind: 'unknown', exists: false, since: 5, call: callAt(second) },
      3,
    ]);
  });

  test('how long a place has said that there is nothing is counted since its last silence', () => {
    const { otherPlaces } = new RequestMemory('u');
    const seen = [otherPlaces.absentFor('second', 1)];
    otherPlaces.absent('second', 1);
    otherPlaces.absent('second', 3);
    seen.push(otherPlaces.absentFor('second', 4));
    otherPlaces.silent('second');
    seen.push(otherPlaces.absentFor('second', 5));
    expect(seen).toEqual([undefined, 3, undefined]);
  });
});

test('an end is kept', () => {
  const memory = new RequestMemory('u');
  const before = memory.decided;
  memory.decide(issued);
  expect([before, memory.decided]).toEqual([undefined, issued]);
});

/** What may happen to a request, its process and its calls. `issues`: whether the call makes a certificate in the end. */
type Happening =
  | { readonly kind: 'call'; readonly end: CallEnd | 'exception' | 'stays out'; readonly issues: boolean }
  | { readonly kind: 'the call that is out ends' | 'look-up' | 'take-over' | 'failure' };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.constantFrom<Happening[]>(
    { kind: 'call', end: made, issues: true },
    { kind: 'call', end: { kind: 'made', identifier: undefined }, issues: true },
    { kind: 'call', end: { kind: 'refused' }, issues: false },
    { kind: 'call', end: { kind: 'unknown' }, issues: true },
    { kind: 'call', end: { kind: 'unknown' }, issues: false },
    { kind: 'call', end: 'exception', issues: true },
    { kind: 'call', end: 'exception', issues: false },
    { kind: 'call', end: 'stays out', issues: true },
    { kind: 'call', end: 'stays out', issues: false },
  ),
  fc.constantFrom<Happening[]>(
    { kind: 'the call that is out ends' },
    { kind: 'look-up' },
    { kind: 'take-over' },
    { kind: 'failure' },
  ),
);

/** One request, and PCA as it truly is. */
class World {
  memory = new RequestMemory('u');
  certificates = 0;
  /** A call that nobody waits for any more, and what it will come to. */
  #out: { readonly issues: boolean } | undefined;
  #now = 0;

  happen(happening: Happening): void {
    this.#now += 1;
    switch (happening.kind) {
      case 'call':
        return this.#call(happening);
      case 'the call that is out ends':
        if (this.#out?.issues === true) this.certificates += 1;
        this.#out = undefined;
        return;
      case 'look-up':
        return this.#lookUp();
      case 'take-over':
        this.memory = new RequestMemory('u');
        return this.memory.inherited(this.#now);
      case 'failure':
        return this.memory.decide(failed);
    }
  }

  /** As the signer does it, which calls unless it has to look first. */
  #call({ end, issues }: Extract<Happening, { kind: 'call' }>): void {
    const { memory } = this;
    if (memory.earlier.kind !== 'none' || memory.decided !== undefined) {
      expect(() => memory.called(call, this.#now)).toThrow(secondCall);
      return;
    }
    expect({ certificates: this.certificates, out: this.#out }).toEqual({ certificates: 0, out: undefined });
    memory.called(call, this.#now);
    if (end === 'stays out') this.#out = { issues };
    else if (issues) this.certificates += 1;
    if (typeof end === 'object') memory.answered(end, this.#now);
  }

  /** As the port promises it: absent only when the call that left the trace is over. */
  #lookUp(): void {
    const { memory } = this;
    if (memory.earlier.kind === 'none' || this.#out !== undefined) return;
    if (this.certificates > 0) memory.decide(issued);
    else memory.ruledOut(undefined);
  }
}

test('whatever happens, a second certificate is never paid for', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 30 }), (happenings) => {
      const world = new World();
      for (const each of happenings) world.happen(each);
      expect(world.certificates).toBeLessThanOrEqual(1);
    }),
  );
});

describe('what was told', () => {
  const now = 1_000;

  test.each([
    ['the same at once', 'a', 0, true],
    ['the same just before five minutes are over', 'a', 299_999, true],
    ['the same after five minutes', 'a', 300_000, false],
    ['something else', 'b', 0, false],
  ])('%s: is it told already', (_, key, ms, expected) => {
    const memory = new RequestMemory('u');
    const before = memory.isTold('a', now);
    memory.tell('a', now);
    expect([before, memory.isTold(key, now + ms), memory.told]).toEqual([false, expected, { key: 'a', at: now }]);
  });
});

test('requests are remembered by UID until they are forgotten', () => {
  const memories = new RequestMemories();
  const [first, second] = [memories.of('u'), memories.of('v')];
  expect([memories.of('u') === first, memories.get('v') === second, memories.get('w'), memories.size]).toEqual([
    true,
    true,
    undefined,
    2,
  ]);
  memories.forget('u');
  expect([memories.get('u'), memories.size, memories.of('u') === first]).toEqual([undefined, 1, false]);
});
