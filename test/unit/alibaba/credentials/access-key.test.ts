// Access keys read from a Secret's data.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { accessKeyFromSecret } from '../../../../src/alibaba/credentials/access-key.ts';

const keys = { accessKeyId: 'accessKeyId', accessKeySecret: 'accessKeySecret', securityToken: 'securityToken' };
const base64 = (text: string): string => Buffer.from(text).toString('base64');

test.each([
  ['a long-lived key', { accessKeyId: 'LTAI5t', accessKeySecret: 'hush' }, undefined],
  ['a temporary key', { accessKeyId: 'LTAI5t', accessKeySecret: 'hush', securityToken: 'CAIS+/=' }, 'CAIS+/='],
  ['one trailing newline each', { accessKeyId: 'LTAI5t\n', accessKeySecret: 'hush\r\n', securityToken: 'T\n' }, 'T'],
  ['an empty token', { accessKeyId: 'LTAI5t', accessKeySecret: 'hush', securityToken: '' }, undefined],
])('reads %s', (_name, values, securityToken) => {
  const data = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, base64(value)]));
  expect(accessKeyFromSecret(data, keys)).toEqual({
    kind: 'ok',
    accessKey: { accessKeyId: 'LTAI5t', accessKeySecret: 'hush', securityToken },
  });
});

test.each([
  [
    'names the missing key and the keys present',
    { accessKeyId: base64('LTAI5t'), secret: base64('planted-value') },
    'it has no value under "accessKeySecret"; the keys present are "accessKeyId", "secret"; ' +
      'add what is missing or set credentials.secretRef.keys',
  ],
  [
    'names both missing keys of an empty Secret',
    {},
    'it has no value under "accessKeyId", "accessKeySecret"; it has no keys at all; add what is missing or set credentials.secretRef.keys',
  ],
  [
    'takes an empty value for a missing one',
    { accessKeyId: base64('LTAI5t'), accessKeySecret: base64('\n') },
    'it has no value under "accessKeySecret"; the keys present are "accessKeyId", "accessKeySecret"; ' +
      'add what is missing or set credentials.secretRef.keys',
  ],
  [
    'refuses values that could not travel in a header',
    { accessKeyId: base64('LTAI5t'), accessKeySecret: base64('planted value'), securityToken: base64('a\nb') },
    'the value under "accessKeySecret", "securityToken" has blanks or other characters that no access key has; store it again',
  ],
])('%s', (_name, data, problem) => {
  expect(accessKeyFromSecret(data, keys)).toEqual({
    kind: 'invalid',
    message: `${problem}.`,
  });
});

test('does not take inherited properties for keys of the Secret', () => {
  const reading = accessKeyFromSecret(
    {},
    { accessKeyId: 'constructor', accessKeySecret: 'toString', securityToken: 'valueOf' },
  );
  expect(reading.kind).toBe('invalid');
});

test('any data gives a key or a message without the values', () => {
  const entry = fc.tuple(fc.constantFrom('accessKeyId', 'accessKeySecret', 'securityToken', 'other'), fc.string());
  fc.assert(
    fc.property(fc.array(entry), (entries) => {
      const data = Object.fromEntries(entries.map(([key, text]) => [key, base64(`MARKER${text}`)]));
      const reading = accessKeyFromSecret(data, keys);
      expect(reading.kind === 'ok' || !reading.message.includes('MARKER')).toBe(true);
    }),
  );
});
