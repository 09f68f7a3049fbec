// A rule file: what is read, and that whatever could mean something else than its author meant is refused with its path.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readRules } from '../../../../../src/controllers/issuers/tenancy/read-rules.ts';
import { hostsOf } from './rules.ts';

const contact = 'Ask pki@example.com.';
const rule = { name: 'teams', namespaces: ['team-*'] };

function faultsOf(file: unknown): readonly string[] {
  const read = readRules(file, hostsOf());
  return read.kind === 'ok' ? [] : read.faults;
}

test('a rule that says nothing more allows own Secrets alone, and every CA', () => {
  expect(readRules({ contact, rules: [rule] }, hostsOf())).toEqual({
    kind: 'ok',
    rules: {
      contact,
      rules: [
        {
          name: 'teams',
          namespaces: ['team-*'],
          cluster: false,
          identities: ['Secret'],
          roleArns: undefined,
          parentIdentifiers: undefined,
          instanceIds: [],
          hosts: undefined,
          maxDurationSeconds: undefined,
          limits: {},
          contact,
        },
      ],
    },
  });
});

const whole = {
  name: 'all',
  namespaces: ['shop'],
  cluster: true,
  contact: ' #pki ',
  identities: ['NodeRole', 'OperatorRole', 'ServiceAccount', 'Secret'],
  roleArns: ['acs:ram::1234567890123456:role/pca-*'],
  parentIdentifiers: ['1ed4068c-*'],
  instanceIds: ['cas_deposit-cn-*'],
  hosts: ['pca.example:8443', '*.a.example'],
  limits: { maxDuration: '1h30m', certificatesPerHour: 10, certificatesPerDay: 100 },
};

test('a rule that says everything is read as it is written', () => {
  const read = readRules({ contact, rules: [whole] }, hostsOf());
  const [found] = read.kind === 'ok' ? read.rules.rules : [];
  const { hosts, ...rest } = found ?? { hosts: undefined };
  const { limits, contact: _, ...written } = whole;
  expect([rest, hosts?.written, hosts?.compared.allows('x.a.example')]).toEqual([
    {
      ...written,
      identities: ['Secret', 'ServiceAccount', 'OperatorRole', 'NodeRole'],
      hosts: undefined,
      contact: '#pki',
      maxDurationSeconds: 5_400,
      limits: { certificatesPerHour: limits.certificatesPerHour, certificatesPerDay: limits.certificatesPerDay },
    },
    whole.hosts,
    true,
  ]);
});

describe('is refused', () => {
  const words = (field: string, written: string): string => `rules[0].${field} "${written}" can match nothing`;

  test.each<[string, unknown, string]>([
    ['no mapping', null, 'The file must be a mapping with contact, rules.'],
    ['a list', [rule], 'The file must be a mapping with contact, rules.'],
    ['no rules', { contact }, 'rules must be a list of at least one rule.'],
    ['an empty list of rules', { contact, rules: [] }, 'rules must be a list of at least one rule.'],
    ['nobody to ask', { rules: [rule] }, 'contact must be a sentence or an address of at most 200 characters'],
    ['an unknown field', { contact, rules: [rule], Rules: [] }, 'Rules is no field of a rule file here'],
  ])('%s', (_, file, fault) => {
    expect(faultsOf(file)).toEqual([expect.stringContaining(fault)]);
  });

  test.each<[string, object, string]>([
    ['an unknown field', { namespace: 'a' }, 'rules[0].namespace is no field of a rule file here; known are name,'],
    ['an unknown limit', { limits: { perDay: 1 } }, 'rules[0].limits.perDay is no field of a rule file here'],
    ['no name', { name: '' }, 'rules[0].name must be a name'],
    ['a name that is none', { name: 'a b' }, 'rules[0].name must be a name'],
    ['another contact', { contact: '\n' }, 'rules[0].contact must be a sentence or an address'],
    ['a contact of two lines', { contact: 'a\nb' }, 'rules[0].contact must be a sentence or an address'],
    ['no issuers', { namespaces: undefined }, 'rules[0] is for no issuer: set namespaces'],
    ['no namespaces', { namespaces: [] }, 'rules[0].namespaces must be a list of at least one text'],
    ['a text for a list', { namespaces: 'team-*' }, 'rules[0].namespaces must be a list of at least one text'],
    ['a number for a text', { namespaces: [1] }, 'rules[0].namespaces must be a list of at least one text'],
    ['a namespace in capitals', { namespaces: ['Team'] }, words('namespaces[0]', 'Team')],
    ['an empty namespace', { namespaces: ['a', ''] }, words('namespaces[1]', '')],
    ['a long namespace', { namespaces: [`*${'a'.repeat(64)}`] }, 'rules[0].namespaces[0] "*aaa'],
    ['a namespace with a dot', { namespaces: ['a.b'] }, words('namespaces[0]', 'a.b')],
    ['text for a switch', { cluster: 'yes' }, 'rules[0].cluster must be true or false.'],
    ['an unknown identity', { identities: ['Secrets'] }, 'rules[0].identities[0] "Secrets" is none of Secret, Service'],
    ['no identity', { identities: [] }, 'rules[0].identities must be a list of at least one text'],
    ['a role that is no ARN', { roleArns: ['pca-*'] }, words('roleArns[0]', 'pca-*')],
    ['a user', { roleArns: ['acs:ram::1:user/a'] }, words('roleArns[0]', 'acs:ram::1:user/a')],
    ['a star alone for a role', { roleArns: ['*'] }, words('roleArns[0]', '*')],
    ['a CA with a slash', { parentIdentifiers: ['a/*'] }, words('parentIdentifiers[0]', 'a/*')],
    ['an instance with a blank', { instanceIds: ['a b'] }, words('instanceIds[0]', 'a b')],
    [
      'a host that is none',
      { hosts: ['https://a.example'] },
      'rules[0].hosts[0] can match nothing: "https://a.example"',
    ],
    ['two hosts in one', { hosts: ['a.example,b.example'] }, 'rules[0].hosts[0] must be one host'],
    ['an empty host', { hosts: [' '] }, 'rules[0].hosts[0] must be one host'],
    ['a host of no issuer', { hosts: ['pca.other'] }, 'rules[0].hosts[0] "pca.other" is none of --issuer-hosts'],
    ['a duration in days', { limits: { maxDuration: '90d' } }, 'rules[0].limits.maxDuration must be a duration'],
    ['no duration', { limits: { maxDuration: '0h' } }, 'rules[0].limits.maxDuration must be a duration'],
    ['a number for a duration', { limits: { maxDuration: 90 } }, 'rules[0].limits.maxDuration must be a duration'],
    ['a limit of none', { limits: { certificatesPerDay: 0 } }, 'rules[0].limits.certificatesPerDay must be a whole'],
    ['half a certificate', { limits: { certificatesPerHour: 0.5 } }, 'rules[0].limits.certificatesPerHour must be'],
    ['a list of limits', { limits: [] }, 'rules[0].limits must be a mapping with maxDuration,'],
  ])('a rule with %s', (_, changes, fault) => {
    expect(faultsOf({ contact, rules: [{ ...rule, ...changes }] })).toEqual([expect.stringContaining(fault)]);
  });

  test.each<[string, readonly object[], readonly string[]]>([
    [
      'the same name',
      [rule, { name: 'teams', cluster: true }],
      ['rules[1].name "teams" is the name of rules[0] already.'],
    ],
    [
      'an earlier pattern',
      [rule, { name: 'a', namespaces: ['b', 'team-a*'] }],
      [
        'rules[1].namespaces[1] "team-a*" can match nothing: rule "teams" comes first and decides. Put this rule before it, or remove it.',
      ],
    ],
    [
      'an earlier rule for cluster issuers',
      [
        { name: 'c', cluster: true },
        { name: 'd', cluster: true, namespaces: ['*'] },
      ],
      [
        'rules[1].cluster "true" can match nothing: rule "c" comes first and decides. Put this rule before it, or remove it.',
      ],
    ],
    ['nothing, where the narrower comes first', [{ name: 'a', namespaces: ['team-a'] }, rule], []],
  ])('what is covered by %s', (_, rules, faults) => {
    expect(faultsOf({ contact, rules })).toEqual(faults);
  });
});

/** A whole file, of which one place holds something else. */
const changed = fc.record({ key: fc.constantFrom(...Object.keys(whole)), value: fc.anything() });

test('nothing makes the reader throw, and what it takes holds no surprise', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.anything(),
        changed.map(({ key, value }) => ({ contact, rules: [{ ...whole, [key]: value }] })),
      ),
      (file) => {
        const read = readRules(file, hostsOf());
        if (read.kind === 'invalid') expect(read.faults.length).toBeGreaterThan(0);
        else expect(read.rules.rules.every(({ name, contact: whom }) => name !== '' && whom !== '')).toBe(true);
      },
    ),
    // A value that cannot be made a text.
    { numRuns: 2_000, examples: [[{ contact, rules: [{ ...whole, name: { toString: null } }] }]] },
  );
});

test('an unknown field is refused wherever it stands', () => {
  const known = new Set([...Object.keys(whole), 'rules', ...Object.keys(whole.limits)]);
  const unknown = fc.oneof(
    fc.string({ minLength: 1 }).filter((key) => !known.has(key)),
    // Of Object.prototype, and of other places of the file.
    fc.constantFrom('constructor', 'toString', 'hasOwnProperty', 'Name', 'cluster '),
  );
  fc.assert(
    fc.property(unknown, fc.constantFrom('top', 'rule', 'limits'), fc.anything(), (key, where, value) => {
      const extra = Object.fromEntries([[key, value]]);
      const limits = { ...whole.limits, ...(where === 'limits' ? extra : {}) };
      const changedRule = { ...whole, limits, ...(where === 'rule' ? extra : {}) };
      const file = { contact, rules: [changedRule], ...(where === 'top' ? extra : {}) };
      expect(faultsOf(file)).toHaveLength(1);
    }),
    { numRuns: 1_000 },
  );
});
