// Bodies that are no JSON, or JSON that nobody writes.
import { body, filled } from './answers.ts';
import { planted, saying } from './hostility.ts';
import type { Hostility } from './hostility.ts';

const noObject = /the body is not a JSON object/;
const levels = 20_000;
const deep = `${'['.repeat(levels)}${']'.repeat(levels)}`;
const deepObject = `${'{"a":'.repeat(levels * 10)}0${'}'.repeat(levels * 10)}`;
const manyKeys = `{${Array.from({ length: 250_000 }, (_, index) => `"k${index}":0`).join(',')}}`;
const oneKey = `{"a":0${',"a":0'.repeat(500_000)}}`;
const empty =
  /has no Identifier|holds no certificate|neither a certificate nor an identifier|holds no list|holds more values/;
const unreadable =
  /cannot be read|has no \w+|holds no (?:PEM )?certificate|damaged|larger than|neither|has not (?:given|finished)|holds no list/;

/** The description of a genuine CA, with these members (JSON text) instead of its own of the same names. */
function described(genuine: string, members: string): string {
  const answer = JSON.parse(genuine) as { readonly Certificate: object };
  const given = JSON.parse(`{${members}}`) as object;
  const kept = Object.entries(answer.Certificate).filter(([name]) => !Object.hasOwn(given, name));
  const rest = JSON.stringify({ ...answer, Certificate: Object.fromEntries(kept) });
  return rest.replace('"Certificate":{', () => `"Certificate":{${members},`);
}

const polluting = '"__proto__":{"Status":"ISSUE","polluted":true},"constructor":{"prototype":{"polluted":true}}';
const impossible =
  '"CertRemainingCount":1e400,"CertMaxTime":-1e308,"BeforeDate":-1e400,"AfterDate":1e400,"SerialNumber":1e999';
const outOfBounds = `"CertRemainingCount":-1,"IssuerType":"${'y'.repeat(5_000)}","SubjectDN":"${'x'.repeat(9_000)}","AfterDate":8639999999999999`;

/** These. */
export const jsons: readonly Hostility[] = [
  saying(
    'JSON that breaks off',
    body(`{"RequestId":"A-1","Certificate":{"Identifier":"${planted.accessKeySecret}`),
    noObject,
  ),
  saying(
    'JSON that is no object',
    ['[]', 'null', '"a"', '1', '[{"Certificate":{}}]', '<html></html>', '\u0000', '\uFEFF[]'].map((text) => body(text)),
    noObject,
  ),
  saying('no body', body(''), /the body is empty/),
  saying(
    'fields nested twenty thousand deep',
    body(({ action }) => filled(action, deep)),
    empty,
  ),
  saying('objects nested two hundred thousand deep', body(deepObject), empty),
  saying('a quarter of a million keys', body(manyKeys), empty),
  saying('half a million times the same key', body(oneKey), empty),
  saying(
    'numbers for every field',
    ['1e400', '-1e400', '1e308', '-0', '0.1', '-9e15'].map((number) => body(({ action }) => filled(action, number))),
    unreadable,
  ),
  saying(
    'objects for every field',
    ['{}', '[]', '[[]]', 'true', 'null', '""', '" "'].map((value) => body(({ action }) => filled(action, value))),
    empty,
  ),
  {
    kind: '__proto__ and constructor',
    answer: body(async ({ action, genuine }) =>
      action === 'DescribeCACertificate'
        ? described(await genuine(), polluting).replace('{', () => `{${polluting},`)
        : `{"__proto__":${filled(action, '"a"')},"constructor":${filled(action, '"b"')}}`,
    ),
    issuerSays: 'ready',
    requestSays: empty,
  },
  {
    kind: 'a CA with figures that no number holds',
    at: 'check',
    answer: body(async ({ genuine }) => described(await genuine(), impossible)),
    issuerSays: 'ready',
  },
  {
    kind: 'a CA with figures and names that no status holds',
    at: 'check',
    answer: body(async ({ genuine }) => described(await genuine(), outOfBounds)),
  },
];
