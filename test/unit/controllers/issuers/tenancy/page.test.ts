// The rules of docs/tenancy.md are read as they stand there, and its refusal is the one that an issuer is told.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { judgeIssuer } from '../../../../../src/controllers/issuers/tenancy/judge.ts';
import { readRules } from '../../../../../src/controllers/issuers/tenancy/read-rules.ts';
import { issuerObject } from '../objects.ts';
import { hostsOf } from './rules.ts';

const page = await readFile(new URL('../../../../../docs/tenancy.md', import.meta.url), 'utf8');
const files = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => {
  const { issuerRules } = parse(text) as { readonly issuerRules: unknown };
  return readRules(issuerRules, hostsOf());
});

test('every rule can be read, with somebody to ask', () => {
  expect(files.map((read) => (read.kind === 'ok' ? [] : read.faults))).toEqual([[], [], [], []]);
  expect(files.map((read) => read.kind === 'ok' && read.rules.contact)).toEqual([
    'Ask the platform team in #pki.',
    'platform@example.com',
    'platform@example.com',
    'Use the cluster issuer "internal", or ask platform@example.com.',
  ]);
});

test('the refusal is told', () => {
  const told = /```\n(spec\.parentIdentifier .*?)\n```/s.exec(page)?.[1]?.replaceAll('\n', ' ');
  const read = files[2];
  if (read?.kind !== 'ok') throw new Error('The rules of the page cannot be read.');
  const spec = { parentIdentifier: '1ef1da60-0000-69b3-8c52-037781890265', credentials: { rrsa: {} } };
  expect(judgeIssuer(read.rules, issuerObject(spec), {})).toEqual({
    kind: 'refused',
    rule: 'shop',
    field: 'spec.parentIdentifier',
    message: told,
  });
});
