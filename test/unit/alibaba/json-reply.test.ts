// The JSON of replies: read like any other, but never at length.
import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { readJsonReply } from '../../../src/alibaba/json-reply.ts';
import type { JsonReply } from '../../../src/alibaba/json-reply.ts';
import { largestReplyBytes } from '../../../src/alibaba/transport.ts';
import { cpuMs } from '../../support/cpu-time.ts';

const malformed = (detail: string): JsonReply => ({ kind: 'malformed', detail });
const notAnObject = malformed('the body is not a JSON object');
const tooMany = malformed('the body holds more values than any that it sends');

describe('a body', () => {
  it.each<[string, JsonReply]>([
    ['{"a":"b"}', { kind: 'ok', body: { a: 'b' } }],
    [' {"a":{"b":[1,null]}}\n', { kind: 'ok', body: { a: { b: [1, null] } } }],
    ['', malformed('the body is empty')],
    [' \n', malformed('the body is empty')],
    ['[1]', notAnObject],
    ['null', notAnObject],
    ['"a"', notAnObject],
    ['{"a":', notAnObject],
    ['<html>', notAnObject],
  ])('%j', (text, expected) => {
    expect(readJsonReply(text)).toEqual(expected);
  });

  test('is read as JSON.parse reads it, whatever its texts hold', () => {
    const text = fc.oneof(fc.string(), fc.constantFrom('\\', '"', '\\"', ',[{'));
    fc.assert(
      fc.property(fc.dictionary(text, fc.oneof(text, fc.jsonValue())), fc.constantFrom(0, 2), (value, indent) => {
        const written = JSON.stringify(value, undefined, indent);
        expect(readJsonReply(written)).toEqual({ kind: 'ok', body: JSON.parse(written) as unknown });
      }),
    );
  });

  test('with commas and brackets in its texts has no more values for that', () => {
    const body = { Sans: '[{"Type":2,"Value":"a\\"b"},'.repeat(20_000) };
    expect(readJsonReply(JSON.stringify(body))).toEqual({ kind: 'ok', body });
  });
});

describe('a body of 4 MiB is one short step', () => {
  const full = (unit: string): string => unit.repeat(Math.floor((largestReplyBytes - 32) / unit.length));
  const distinct = (make: (name: string) => string): string =>
    Array.from({ length: 200_000 }, (_, n) => make(n.toString(36))).join(',');

  it.each<[string, string, JsonReply['kind'] | JsonReply]>([
    ['a long text', `{"a":"${full('a')}"}`, 'ok'],
    ['a text of escapes', `{"a":"${full('\\u0041')}"}`, 'ok'],
    ['a text without end', `{"a":"${full('\\\\')}`, notAnObject],
    ['blanks', full(' '), malformed('the body is empty')],
    ['nothing but names', `{"a":1${full(':1')}}`, notAnObject],
    ['many empty lists', `{"a":[${full('[],')}1]}`, tooMany],
    ['lists in lists', `{"a":${full('[')}`, tooMany],
    ['objects in objects', full('{"a":'), tooMany],
    ['many numbers', `{"a":[${full('1,')}1]}`, tooMany],
    ['many names', `{${distinct((name) => `"${name}":0`)}}`, tooMany],
    ['many objects with names of their own', `{"a":[${distinct((name) => `{"${name}":0}`)}]}`, tooMany],
    [
      'as many long names as are read',
      `{${Array.from({ length: 19_999 }, (_, n) => `"${'x'.repeat(190)}${n}":0`).join(',')}}`,
      'ok',
    ],
    ['as many lists in lists as are read', `{"a":${'['.repeat(19_999)}${']'.repeat(19_999)}}`, 'ok'],
  ])('%s', (_, text, expected) => {
    let read: JsonReply | undefined;
    const took = cpuMs(() => {
      read = readJsonReply(text);
    }, 50);
    expect(took).toBeLessThan(50);
    expect(typeof expected === 'string' ? read?.kind : read).toEqual(expected);
  });
});
