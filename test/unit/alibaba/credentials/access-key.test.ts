// Access keys read from a Secret's data.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { accessKeyFromSecret } from '../../../../src/alibaba/credentials/access-key.ts';

const keys = { accessKeyId: 'accessKeyId', accessKeySecret: 'accessKeySecret', securityToken: 'securityToken' };
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const dataOf = (values: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, base64(value)]));

test.each([
  ['a long-lived key', { accessKeyId: 'LTAI5t', accessKeySecret: 'hush' }, undefined],
  ['a temporary key', { accessKeyId: 'STS.NU', accessKeySecret: 'hush', securityToken: 'CAIS+/=' }, 'CAIS+/='],
  ['one trailing newline each', { accessKeyId: 'STS.NU\n', accessKeySecret: 'hush\r\n', securityToken: 'T\n' }, 'T'],
  ['an empty token', { accessKeyId: 'LTAI5t', accessKeySecret: 'hush', securityToken: '' }, undefined],
])('reads %s', (_name, values, securityToken) => {
  expect(accessKeyFromSecret(dataOf(values), keys)).toEqual({
    kind: 'ok',
    accessKey: { accessKeyId: values.accessKeyId.trim(), accessKeySecret: 'hush', securityToken },
  });
});

const usable = { accessKeyId: 'LTAI5t', accessKeySecret: 'hush' };
const noId =
  'the value under "accessKeyId" is no AccessKey ID: one begins with LTAI, or with STS. if it is temporary, and has letters and digits only';
const blanks = (names: string): string =>
  `the value under ${names} has blanks or other characters that no access key has; store it again`;

test.each<[string, Readonly<Record<string, string>>, string]>([
  [
    'a missing key, and no other key of the Secret',
    { accessKeyId: 'LTAI5t', 'db-password': 'planted-value' },
    'it has no value under "accessKeySecret"; add what is missing, or name the right keys in secretRef.keys',
  ],
  [
    'both missing keys of an empty Secret',
    {},
    'it has no value under "accessKeyId", "accessKeySecret"; add what is missing, or name the right keys in secretRef.keys',
  ],
  [
    'an empty value as a missing one',
    { ...usable, accessKeySecret: '\n' },
    'it has no value under "accessKeySecret"; add what is missing, or name the right keys in secretRef.keys',
  ],
  [
    'values that could not travel in a header',
    { ...usable, accessKeySecret: 'planted value', securityToken: 'a\nb' },
    blanks('"accessKeySecret", "securityToken"'),
  ],
  ['a blank behind the value', { ...usable, accessKeyId: 'LTAI5t ' }, blanks('"accessKeyId"')],
  ['a byte order mark', { ...usable, accessKeyId: '\uFEFFLTAI5t' }, blanks('"accessKeyId"')],
  [
    'values in quotes',
    { accessKeyId: '"LTAI5t"', accessKeySecret: "'hush'" },
    'the value under "accessKeyId", "accessKeySecret" is in quotes, which belong to no access key; store it without them',
  ],
  [
    'an exchanged id and secret',
    { accessKeyId: 'hush', accessKeySecret: 'LTAI5t' },
    'AccessKey ID and secret are exchanged: the id is under "accessKeySecret". Store it under "accessKeyId", and the secret under "accessKeySecret"',
  ],
  [
    'a value that is encoded twice',
    { accessKeyId: base64('LTAI5t\n'), accessKeySecret: base64('hush\n') },
    'the value under "accessKeyId" is encoded in base64 twice; store the plain value with kubectl create secret or in stringData',
  ],
  [
    'an id in the place of the secret',
    { accessKeyId: 'LTAI5t', accessKeySecret: 'LTAI5t' },
    'the value under "accessKeySecret" is an AccessKey ID, not the secret that belongs to one',
  ],
  ['a password in the place of the id', { ...usable, accessKeyId: 'correct-horse-battery' }, noId],
  ['letters and digits that are no id', { ...usable, accessKeyId: 'hunter2hunter2hu' }, noId],
  ['a URL in the place of the id', { ...usable, accessKeyId: 'postgres://u:p@db/x' }, noId],
  ['an id with an addition', { ...usable, accessKeyId: 'LTAI5t@example' }, noId],
  [
    'a temporary id without its token',
    { ...usable, accessKeyId: 'STS.NU' },
    'the AccessKey ID is a temporary one, and the token that belongs to it is missing under "securityToken"; store that, too',
  ],
  [
    'a token beside an id that has none',
    { ...usable, securityToken: 'CAIS' },
    'there is a token under "securityToken", but the AccessKey ID is no temporary one (STS.…), to which a token belongs; remove the token, or store the id that came with it',
  ],
  [
    'a URL in the place of the token',
    { ...usable, accessKeyId: 'STS.NU', securityToken: 'postgres://u:p@db/x' },
    'the value under "securityToken" is no token of STS; store it again',
  ],
  [
    "a ServiceAccount's token in the place of the token",
    { ...usable, accessKeyId: 'STS.NU', securityToken: 'eyJhbGciOi.eyJpc3MiOi.c2ln' },
    'the value under "securityToken" is no token of STS; store it again',
  ],
])('names %s', (_name, values, problem) => {
  expect(accessKeyFromSecret(dataOf(values), keys)).toEqual({
    kind: 'invalid',
    message: `${problem}.`,
  });
});

test('takes no id or token that is not of their form, whatever a Secret holds', () => {
  const value = fc.oneof(
    fc.string(),
    fc.stringMatching(/^(?:LTAI|STS\.)[A-Za-z0-9+/=@:. -]{0,20}$/),
    fc.stringMatching(/^[A-Za-z0-9+/=_.-]{1,40}$/),
  );
  const secrets = fc.record({ accessKeyId: value, accessKeySecret: value, securityToken: value }, { requiredKeys: [] });
  fc.assert(
    fc.property(secrets, (values) => {
      const reading = accessKeyFromSecret(dataOf(values), keys);
      if (reading.kind === 'invalid') return;
      const { accessKeyId, securityToken } = reading.accessKey;
      expect([accessKeyId, securityToken ?? '']).toEqual(
        securityToken === undefined
          ? [expect.stringMatching(/^LTAI[A-Za-z0-9]*$/), '']
          : [expect.stringMatching(/^STS\.[A-Za-z0-9]*$/), expect.stringMatching(/^[A-Za-z0-9+/=_-]+$/)],
      );
    }),
  );
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
