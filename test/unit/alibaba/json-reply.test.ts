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
const tooMuch = malformed('the body holds more beside its texts than any that it sends');
// Of the processor; what a step of 50 ms may take leaves room for the collector of garbage.
const budgetMs = 30;

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
    expect(readJsonReply(Buffer.from(text))).toEqual(expected);
  });

  test('is read as JSON.parse reads it, whatever its texts hold', () => {
    const text = fc.oneof(fc.string(), fc.constantFrom('\\', '"', '\\"', ',[{'));
    fc.assert(
      fc.property(fc.dictionary(text, fc.oneof(text, fc.jsonValue())), fc.constantFrom(0, 2), (value, indent) => {
        const written = JSON.stringify(value, undefined, indent);
        expect(readJsonReply(Buffer.from(written))).toEqual({ kind: 'ok', body: JSON.parse(written) as unknown });
      }),
    );
  });

  test('with commas and brackets in its texts has no more values for that', () => {
    const body = { Sans: '[{"Type":2,"Value":"a\\"b"},'.repeat(20_000) };
    expect(readJsonReply(Buffer.from(JSON.stringify(body)))).toEqual({ kind: 'ok', body });
  });
});

describe('a body of 4 MiB is one short step', () => {
  const full = (unit: string): string => unit.repeat(Math.floor((largestReplyBytes - 32) / Buffer.byteLength(unit)));
  const distinct = (make: (name: string) => string): string =>
    Array.from({ length: 200_000 }, (_, n) => make(n.toString(36))).join(',');

  it.each<[string, string, JsonReply['kind'] | JsonReply]>([
    ['a long text', `{"a":"${full('a')}"}`, 'ok'],
    ['a text of escapes', `{"a":"${full('\\u0041')}"}`, 'ok'],
    ['a text without end', `{"a":"${full('\\\\')}`, notAnObject],
    ['a text of quotation marks', `{"a":"${full('\\"')}"}`, 'ok'],
    ['a text of wide characters', `{"a":"${full('漢')}"}`, 'ok'],
    ['a long name', `{"${full('\\u4141')}":1}`, 'ok'],
    ['blanks', full(' '), tooMuch],
    ['wide blanks', full('\u3000'), tooMuch],
    ['nothing but names', `{"a":1${full(':1')}}`, tooMuch],
    ['one number', `{"a":0.${full('1')}}`, tooMuch],
    ['as many blanks as are read', `${' '.repeat(512 * 1024 - 8)}{"a":1}`, 'ok'],
    ['many empty lists', `{"a":[${full('[],')}1]}`, tooMany],
    ['lists in lists', `{"a":${full('[')}`, tooMany],
    ['objects in objects', full('{"a":'), tooMany],
    ['many numbers', `{"a":[${full('1,')}1]}`, tooMany],
    ['many names', `{${distinct((name) => `"${name}":0`)}}`, tooMany],
    ['many objects with names of their own', `{"a":[${distinct((name) => `{"${name}":0}`)}]}`, tooMany],
    [
      'as many long names as are read',
      `{${Array.from({ length: 9_999 }, (_, n) => `"${'x'.repeat(400)}${n}":0`).join(',')}}`,
      'ok',
    ],
    [
      'as many texts of escapes as are read',
      `{${Array.from({ length: 9_999 }, (_, n) => `"\\u0041${n}":"${'\\\\'.repeat(200)}"`).join(',')}}`,
      'ok',
    ],
    ['as many lists in lists as are read', `{"a":${'['.repeat(9_999)}${']'.repeat(9_999)}}`, 'ok'],
  ])('%s', (_, text, expected) => {
    const bytes = Buffer.from(text);
    let read: JsonReply | undefined;
    const took = cpuMs(() => {
      read = readJsonReply(bytes);
    }, budgetMs);
    expect(took).toBeLessThan(budgetMs);
    expect(typeof expected === 'string' ? read?.kind : read).toEqual(expected);
  });
});
