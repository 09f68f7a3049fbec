import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { LineSplitter } from '../../../src/kubernetes/line-splitter.ts';
import { parseWatchEvent } from '../../../src/kubernetes/watch-event.ts';
import { bookmarkLine, line, thing } from '../../support/api-double.ts';

const status = {
  kind: 'Status',
  code: 410,
  reason: 'Expired',
  message: 'too old resource version: 18153 (18155)',
};

describe('parseWatchEvent', () => {
  test.each([
    {
      text: line('ADDED', thing('a', '1')),
      event: { kind: 'object', type: 'ADDED', object: thing('a', '1') },
    },
    { text: bookmarkLine('7'), event: { kind: 'bookmark', resourceVersion: '7', initialEventsEnd: false } },
    { text: bookmarkLine('8', true), event: { kind: 'bookmark', resourceVersion: '8', initialEventsEnd: true } },
    {
      text: line('ERROR', status),
      event: {
        kind: 'error',
        status: 410,
        message: 'Expired: too old resource version: 18153 (18155)',
        retryAfterMs: undefined,
      },
    },
    {
      text: line('ERROR', { code: 429, message: 'busy', details: { retryAfterSeconds: 1 } }),
      event: { kind: 'error', status: 429, message: 'busy', retryAfterMs: 1000 },
    },
    { text: '{"type":"ADDED","obj', event: { kind: 'garbage', message: 'a line of 20 bytes is not JSON' } },
    { text: 'null', event: { kind: 'garbage', message: 'a line of 4 bytes is not a watch event' } },
    { text: line('ADDED', null), event: { kind: 'garbage', message: 'a line of 31 bytes is not a watch event' } },
    { text: line('MOVED', thing('a', '1')), event: { kind: 'garbage', message: 'an event is of an unknown type' } },
    { text: line('BOOKMARK', {}), event: { kind: 'garbage', message: 'a bookmark has no resourceVersion' } },
    {
      text: line('DELETED', { metadata: { name: 'a', uid: 'u' } }),
      event: { kind: 'garbage', message: 'the object of an event of type DELETED has no name, uid or resourceVersion' },
    },
  ])('reads $text', ({ text, event }) => {
    expect(parseWatchEvent(Buffer.from(text))).toEqual(event);
  });

  test('reads the same events from a stream however it is cut', () => {
    const lines = [line('ADDED', thing('ä', '1')), bookmarkLine('2'), line('DELETED', thing('ä', '3')), '{"half'];
    const bytes = Buffer.from(lines.join(''));
    const whole = lines.map((text) => parseWatchEvent(Buffer.from(text))).slice(0, 3);
    fc.assert(
      fc.property(fc.nat(bytes.length), fc.nat(bytes.length), (one, other) => {
        const splitter = new LineSplitter(10_000);
        const [from, to] = one < other ? [one, other] : [other, one];
        const chunks = [bytes.subarray(0, from), bytes.subarray(from, to), bytes.subarray(to)];
        expect(chunks.flatMap((chunk) => splitter.push(chunk).lines.map(parseWatchEvent))).toEqual(whole);
      }),
    );
  });

  test('calls any bytes garbage or an event and never throws', () => {
    const value = fc.oneof(
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      fc.json().map((text) => Buffer.from(text)),
      fc
        .record({ type: fc.constantFrom('ADDED', 'BOOKMARK', 'ERROR', 'X'), object: fc.jsonValue() })
        .map((event) => Buffer.from(JSON.stringify(event))),
    );
    fc.assert(
      fc.property(value, (bytes) => {
        expect(['object', 'bookmark', 'error', 'garbage']).toContain(parseWatchEvent(bytes).kind);
      }),
    );
  });
});
