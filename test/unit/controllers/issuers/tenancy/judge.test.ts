// What rules allow to whom: every field that a rule has, by an issuer just within it and one beyond.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeIssuer } from '../../../../../src/controllers/issuers/tenancy/judge.ts';
import type { Issuer } from '../../../../../src/crds/issuer.ts';
import { issuerObject } from '../objects.ts';
import { rulesOf } from './rules.ts';

const own = { roleArn: 'acs:ram::1:role/operator' };
const ends = 'Change the field, or ask for another rule (--issuer-rules; Helm: issuerRules). Contact: pki@example.com';
const role = (name: string): string => `acs:ram::1:role/${name}`;
const account = (roleArn: string) => ({ serviceAccountRef: { name: 'pca', roleArn } });

/** An issuer of namespace `shop` with this spec. */
const issuer = (spec: object): Issuer => issuerObject(spec);

function judged(rule: object, spec: object): string {
  const judgement = judgeIssuer(rulesOf({ name: 'r', namespaces: ['shop'], ...rule }), issuer(spec), own);
  return judgement.kind === 'refused' ? judgement.message : 'allowed';
}

describe('a rule', () => {
  test.each<[string, object, object, object, string]>([
    [
      'without identities allows a Secret',
      {},
      {},
      { credentials: account(role('a')) },
      'spec.credentials.serviceAccountRef is the role of a ServiceAccount (ServiceAccount), which rule "r" of the administrator does not allow to AlibabaPCAIssuers of namespace "shop". It allows Secret.',
    ],
    [
      'says which identities',
      { identities: ['ServiceAccount', 'NodeRole'] },
      { credentials: { ecsRole: {} } },
      { credentials: { secretRef: { name: 'a' } } },
      'spec.credentials.secretRef is an access key (Secret), which rule "r" of the administrator does not allow to AlibabaPCAIssuers of namespace "shop". It allows ServiceAccount, NodeRole.',
    ],
    [
      'keeps the role of the node',
      { identities: ['Secret', 'OperatorRole'] },
      { credentials: { rrsa: {} } },
      { credentials: { ecsRole: {} } },
      'spec.credentials.ecsRole is the role of the operator\'s node (NodeRole), which rule "r" of the administrator does not allow to AlibabaPCAIssuers of namespace "shop". It allows Secret, OperatorRole.',
    ],
    [
      'sees the Secret of a role',
      { identities: ['ServiceAccount'] },
      { credentials: account(role('a')) },
      { credentials: { assumeRole: { roleArn: role('a'), secretRef: { name: 'a' } } } },
      'spec.credentials.assumeRole.secretRef is an access key (Secret), which rule "r" of the administrator does not allow to AlibabaPCAIssuers of namespace "shop". It allows ServiceAccount.',
    ],
    [
      "lends the operator's own role and no other one",
      { identities: ['OperatorRole'] },
      { credentials: { rrsa: { roleArn: own.roleArn } } },
      { credentials: { rrsa: { roleArn: role('other') } } },
      'spec.credentials.rrsa.roleArn is "acs:ram::1:role/other", which rule "r" of the administrator does not allow to AlibabaPCAIssuers of namespace "shop". It allows no other role with this identity (roleArns).',
    ],
    [
      "keeps what the operator's role may assume",
      { identities: ['OperatorRole', 'Secret'] },
      { credentials: { secretRef: { name: 'a' }, assumeRole: { roleArn: role('other') } } },
      { credentials: { rrsa: {}, assumeRole: { roleArn: role('other') } } },
      'spec.credentials.assumeRole.roleArn is "acs:ram::1:role/other", which rule "r" of the administrator does not allow to AlibabaPCAIssuers of namespace "shop". It allows no other role with this identity (roleArns).',
    ],
    [
      'says which roles are assumed',
      { identities: ['NodeRole'], roleArns: [role('pca-*')] },
      { credentials: { ecsRole: {}, assumeRole: { roleArn: role('pca-a') } } },
      { credentials: { ecsRole: {}, assumeRole: { roleArn: role('bank') } } },
      'spec.credentials.assumeRole.roleArn is "acs:ram::1:role/bank", which rule "r" of the administrator does not allow to AlibabaPCAIssuers of namespace "shop". It allows acs:ram::1:role/pca-*.',
    ],
    [
      'says which roles a ServiceAccount takes',
      { identities: ['ServiceAccount'], roleArns: [role('pca-*')] },
      { credentials: account(role('pca-a')) },
      { credentials: account(role('bank')) },
      'spec.credentials.serviceAccountRef.roleArn is "acs:ram::1:role/bank", which rule "r" of the administrator does not allow to AlibabaPCAIssuers of namespace "shop". It allows acs:ram::1:role/pca-*.',
    ],
    [
      "without hosts allows Alibaba Cloud's own",
      {},
      { endpoint: { host: 'cas.ap-southeast-1.aliyuncs.com' }, stsEndpoint: { host: 'sts.aliyuncs.com' } },
      { endpoint: { host: 'pca.example' } },
      'spec.endpoint.host is "pca.example", which rule "r" of the administrator does not allow to AlibabaPCAIssuers of namespace "shop". It allows Alibaba Cloud\'s own hosts.',
    ],
    [
      "does not take a bucket for Alibaba Cloud's own",
      {},
      {},
      { stsEndpoint: { host: 'b.oss-cn-hangzhou.aliyuncs.com' } },
      'spec.stsEndpoint.host is "b.oss-cn-hangzhou.aliyuncs.com", which rule "r" of the administrator does not allow to AlibabaPCAIssuers of namespace "shop". It allows Alibaba Cloud\'s own hosts.',
    ],
    [
      'says which hosts',
      { hosts: ['pca.example:8443', '*.sts.example'] },
      { endpoint: { host: 'pca.example:8443' }, stsEndpoint: { host: 'a.sts.example' } },
      { endpoint: { host: 'pca.example:8443' }, stsEndpoint: { host: 'sts.aliyuncs.com' } },
      'spec.stsEndpoint.host is "sts.aliyuncs.com", which rule "r" of the administrator does not allow to AlibabaPCAIssuers of namespace "shop". It allows pca.example:8443, *.sts.example.',
    ],
    [
      'says which CAs',
      { parentIdentifiers: ['shop-*', 'one'] },
      { parentIdentifier: 'shop-1' },
      { parentIdentifier: 'bank-1' },
      'spec.parentIdentifier is "bank-1", which rule "r" of the administrator does not allow to AlibabaPCAIssuers of namespace "shop". It allows shop-*, one.',
    ],
    [
      'without instances allows no CA certificates',
      {},
      {},
      { externalCA: { instanceIds: ['i-1'] } },
      'spec.externalCA.instanceIds is "i-1", which rule "r" of the administrator does not allow to AlibabaPCAIssuers of namespace "shop". It allows no CA certificates (instanceIds).',
    ],
    [
      'says which instances',
      { instanceIds: ['shop-*'] },
      { externalCA: { instanceIds: ['shop-1', 'shop-2'] } },
      { externalCA: { instanceIds: ['shop-1', 'bank-1'] } },
      'spec.externalCA.instanceIds is "bank-1", which rule "r" of the administrator does not allow to AlibabaPCAIssuers of namespace "shop". It allows shop-*.',
    ],
    [
      'bounds the lifetime',
      { limits: { maxDuration: '24h' } },
      { validity: { maxDuration: '24h' } },
      { validity: { maxDuration: '24h1s' } },
      'spec.validity.maxDuration is 24h0m1s, which rule "r" of the administrator does not allow to AlibabaPCAIssuers of namespace "shop". It allows at most 24h0m0s (limits.maxDuration).',
    ],
    [
      'leaves room for the least lifetime',
      { limits: { maxDuration: '24h' } },
      { validity: { minDuration: '24h' } },
      { validity: { minDuration: '48h' } },
      'spec.validity.minDuration is 48h0m0s, which rule "r" of the administrator does not allow to AlibabaPCAIssuers of namespace "shop". It allows at most 24h0m0s (limits.maxDuration).',
    ],
    [
      'bounds the number of certificates in an hour',
      { limits: { certificatesPerHour: 5 } },
      { issuanceLimits: { certificatesPerHour: 5, certificatesPerDay: 1_000 } },
      { issuanceLimits: { certificatesPerHour: 6 } },
      'spec.issuanceLimits.certificatesPerHour is 6, which rule "r" of the administrator does not allow to AlibabaPCAIssuers of namespace "shop". It allows at most 5 (limits.certificatesPerHour).',
    ],
    [
      'bounds the number of certificates in a day',
      { limits: { certificatesPerDay: 5 } },
      { issuanceLimits: { certificatesPerDay: 5 } },
      { issuanceLimits: { certificatesPerDay: 6 } },
      'spec.issuanceLimits.certificatesPerDay is 6, which rule "r" of the administrator does not allow to AlibabaPCAIssuers of namespace "shop". It allows at most 5 (limits.certificatesPerDay).',
    ],
  ])('%s', (_, rule, within, beyond, message) => {
    expect([judged(rule, within), judged(rule, beyond)]).toEqual(['allowed', `${message} ${ends}`]);
  });

  test('hands on its limits', () => {
    const limits = { maxDuration: '24h', certificatesPerDay: 5 };
    const rules = rulesOf({ name: 'r', namespaces: ['shop'], contact: '#pki', limits });
    expect(judgeIssuer(rules, issuer({}), own)).toEqual({
      kind: 'allowed',
      allowance: {
        rule: 'r',
        contact: '#pki',
        lifetime: { seconds: 86_400, rule: 'r', contact: '#pki' },
        certificatesPerDay: 5,
      },
    });
  });
});

describe('of several rules', () => {
  const rules = rulesOf(
    { name: 'shop', namespaces: ['shop'], identities: ['ServiceAccount'] },
    { name: 'rest', namespaces: ['s*'], identities: ['Secret'] },
  );

  function of(namespace: string | undefined): readonly (string | undefined)[] {
    const { metadata, ...rest } = issuer({});
    const { namespace: _, ...named } = metadata;
    const object = { ...rest, metadata: { ...named, ...(namespace === undefined ? {} : { namespace }) } };
    const judgement = judgeIssuer(rules, object, own);
    return judgement.kind === 'refused' ? [judgement.rule, judgement.field, judgement.message] : ['allowed'];
  }

  test('the first that is for the namespace decides, and without one none is allowed', () => {
    const none = 'so none is allowed. Ask for one (--issuer-rules; Helm: issuerRules). Contact: pki@example.com';
    expect([of('shop').slice(0, 2), of('store'), of('bank'), of(undefined)]).toEqual([
      ['shop', 'spec.credentials.secretRef'],
      ['allowed'],
      [
        undefined,
        'metadata.namespace',
        `The administrator has no rule for AlibabaPCAIssuers of namespace "bank", ${none}`,
      ],
      [undefined, 'kind', `The administrator has no rule for AlibabaPCAClusterIssuers, ${none}`],
    ]);
  });

  test('none is asked where there are none', () => {
    expect(judgeIssuer(undefined, issuer({ credentials: { rrsa: {} } }), own)).toEqual({
      kind: 'allowed',
      allowance: undefined,
    });
  });
});

/** A source of each identity. */
const sources = {
  Secret: { secretRef: { name: 'a' } },
  ServiceAccount: account(role('a')),
  OperatorRole: { rrsa: {} },
  NodeRole: { ecsRole: {} },
} as const;
const kinds = Object.keys(sources) as (keyof typeof sources)[];

test('an issuer is allowed where each field is, and not otherwise', () => {
  const most = fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined });
  const ruleOf = fc.record({
    identities: fc.subarray(kinds, { minLength: 1 }),
    parentIdentifiers: fc.option(fc.subarray(['a', 'b'], { minLength: 1 }), { nil: undefined }),
    certificatesPerDay: most,
  });
  const wanted = fc.record({ kind: fc.constantFrom(...kinds), parent: fc.constantFrom('a', 'b', 'c'), most });
  fc.assert(
    fc.property(ruleOf, wanted, ({ certificatesPerDay, ...rule }, { kind, parent, most: asked }) => {
      const limits = certificatesPerDay === undefined ? {} : { certificatesPerDay };
      const issuanceLimits = asked === undefined ? {} : { certificatesPerDay: asked };
      const spec = { credentials: sources[kind], parentIdentifier: parent, issuanceLimits };
      const isWithin =
        rule.identities.includes(kind) &&
        rule.parentIdentifiers?.includes(parent) !== false &&
        (asked ?? 0) <= (certificatesPerDay ?? Number.POSITIVE_INFINITY);
      expect(judged({ ...rule, limits }, spec) === 'allowed').toBe(isWithin);
    }),
    { numRuns: 1_000 },
  );
});
