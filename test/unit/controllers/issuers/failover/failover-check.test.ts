// The check of an issuer with two entries: which is in use after which failures, for how long, what is said of it, and what clients
// must trust.
import { expect, test } from 'vitest';
import type { IssuerFacts } from '../../../../../src/controllers/issuers/aspects/facts.ts';
import type { CheckResult } from '../../../../../src/controllers/issuers/check.ts';
import { FailoverCheck } from '../../../../../src/controllers/issuers/failover/failover-check.ts';
import type { ReadyIssuer } from '../../../../../src/controllers/issuers/ready-issuers.ts';
import type { IssuerProblem } from '../../../../../src/controllers/issuers/reasons.ts';
import { generationOf } from '../../../../../src/crds/issuer.ts';
import type { Issuer, IssuerSpec, IssuerStatus } from '../../../../../src/crds/issuer.ts';
import { anchorsOf } from '../../../../../src/issuing/trust/anchors.ts';
import { certificatesOf } from '../../../../../src/issuing/issuing-ca.ts';
import type { IssuingCA } from '../../../../../src/issuing/issuing-ca.ts';
import type { PcaErrorClass } from '../../../../../src/alibaba/error-table.ts';
import { makeHierarchy } from '../../../../support/certificates.ts';
import { FakeAuthority } from '../../../../support/fake-authority.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';
import { issuingCA } from '../../../../support/issuing.ts';
import { never } from '../../../authority/pca-double.ts';
import { hierarchy, issuerObject } from '../objects.ts';

const other = await makeHierarchy('P-256', new Date('2026-01-02T00:00:00Z'));
const cas = { 'ca-1': issuingCA(hierarchy, { Identifier: 'ca-1' }), 'ca-2': issuingCA(other, { Identifier: 'ca-2' }) };
type Name = keyof typeof cas;
const steadySeconds = 270;

type Fails = { readonly reason: IssuerProblem['reason']; readonly failure?: PcaErrorClass };

class Stage {
  readonly clock = new FakeClock();
  readonly fails = new Map<Name, Fails>();
  issuer: Issuer;
  #check: FailoverCheck;

  constructor(spec: Partial<IssuerSpec> = {}, status?: IssuerStatus) {
    const base = issuerObject();
    const failover = [{ parentIdentifier: 'ca-2', region: 'cn-shanghai' }];
    const trust = { source: 'Root', publishTo: { name: 'roots', key: 'ca.crt' } } as const;
    const whole = { ...base.spec, parentIdentifier: 'ca-1', region: 'cn-hangzhou', trust, failover, ...spec };
    this.issuer = { ...base, spec: whole, ...(status === undefined ? {} : { status }) };
    this.#check = this.#new();
  }

  /** Another process takes over. */
  restart(): void {
    this.#check = this.#new();
  }

  async check(seconds = 0, fault?: IssuerProblem): Promise<CheckResult> {
    this.clock.advance(seconds * 1_000);
    return this.#check.check(this.issuer, never, fault);
  }

  /** The CA that is used, or the reason why none is. */
  async uses(seconds = 0, fault?: IssuerProblem): Promise<string> {
    const result = await this.check(seconds, fault);
    return result.kind === 'ready' ? result.issuer.ca.identifier : result.problem.reason;
  }

  #new(): FailoverCheck {
    return new FailoverCheck({ check: async (issuer) => this.#result(issuer) }, this.clock, steadySeconds * 1_000);
  }

  #result({ spec, metadata, ...issuer }: Issuer): CheckResult {
    const name = spec.parentIdentifier as Name;
    const authority = new FakeAuthority({}, `${spec.region} ${name}`);
    const ca = cas[name];
    const fails = this.fails.get(name);
    const way = { authority, credentialsVersion: '7' };
    if (fails !== undefined) {
      const problem = { reason: fails.reason, message: `${name} fails.` };
      return { kind: 'notReady', problem, ca: undefined, way, ...(fails.failure && { failure: fails.failure }) };
    }
    const anchors = anchorsOf(spec.trust.source, certificatesOf(ca).path!, [])!;
    const ready: ReadyIssuer = {
      uid: metadata.uid,
      generation: generationOf({ metadata, ...issuer }),
      spec,
      ca,
      trust: { anchors, given: [], version: '' },
      ...way,
    };
    return { kind: 'ready', issuer: ready, facts: factsOf(ca) };
  }
}

function factsOf(ca: IssuingCA): IssuerFacts {
  return {
    ca,
    identity: undefined,
    credentialsEnd: undefined,
    renewalFailure: undefined,
    clockOffsetSeconds: undefined,
    subscriptionEnd: undefined,
  };
}

const down: Fails = { reason: 'IssuingCANotActive' };
const silent: Fails = { reason: 'PCAUnavailable', failure: 'OutcomeUnknown' };

function issuerOf(result: CheckResult): ReadyIssuer {
  if (result.kind !== 'ready') throw new Error(result.problem.message);
  return result.issuer;
}

test('the issuer’s own CA issues, and the other is known', async () => {
  const { failover } = issuerOf(await new Stage().check());
  expect([
    failover?.inUse,
    failover?.faults,
    failover?.others.map(({ name, location, issuer }) => [name, location, issuer?.ca.identifier]),
  ]).toEqual([undefined, [], [['CA "ca-2" in cn-shanghai', 'cn-shanghai ca-2', 'ca-2']]]);
});

test('what was found out about the entry in use is told', async () => {
  const stage = new Stage();
  const facts = [(await stage.check()).facts?.ca];
  stage.fails.set('ca-1', down);
  facts.push((await stage.check()).facts?.ca);
  expect(facts).toEqual([cas['ca-1'], cas['ca-2']]);
});

test.each<[string, Fails]>([
  ['a revoked CA', down],
  ['an expired CA', { reason: 'IssuingCAExpired' }],
  ['a used-up CA', { reason: 'IssuingCAExhausted' }],
  ['an action that the region does not offer', { reason: 'ActionUnavailable', failure: 'ActionUnavailable' }],
])('another CA stands in at once for %s', async (_, fails) => {
  const stage = new Stage();
  stage.fails.set('ca-1', fails);
  expect(await stage.uses()).toBe('ca-2');
});

test.each<[string, Fails]>([
  ['refused credentials', { reason: 'CredentialsInvalid', failure: 'Credentials' }],
  ['a missing right', { reason: 'PermissionDenied', failure: 'Permission' }],
  ['a setting', { reason: 'InvalidSettings' }],
  ['throttling', { reason: 'PCAUnavailable', failure: 'Throttled' }],
  ['an answer that nobody knows', { reason: 'PCAUnavailable', failure: 'Unknown' }],
  ['a root CA', { reason: 'IssuingCAIsRoot' }],
  ['a Secret that does not exist', { reason: 'SecretNotFound' }],
])('no other CA ever stands in for %s', async (_, fails) => {
  const stage = new Stage();
  stage.fails.set('ca-1', fails);
  expect([await stage.uses(), await stage.uses(3_600)]).toEqual([fails.reason, fails.reason]);
});

test('one stands in for silence that has lasted', async () => {
  const stage = new Stage();
  stage.fails.set('ca-1', silent);
  expect([await stage.uses(), await stage.uses(29), await stage.uses(1)]).toEqual([
    'PCAUnavailable',
    'PCAUnavailable',
    'ca-2',
  ]);
});

test('one stands in at once for what issuing met, whatever PCA says of the CA', async () => {
  const stage = new Stage();
  const fault = { reason: 'CapacityExhausted', message: 'Nothing is left.' } as const;
  expect([await stage.uses(), await stage.uses(1, fault), await stage.uses(1)]).toEqual(['ca-1', 'ca-2', 'ca-2']);
});

test('it goes back once the own CA has answered without a break, and waits twice as long where that fails again soon', async () => {
  const stage = new Stage();
  const fault = { reason: 'CapacityExhausted', message: 'Nothing is left.' } as const;
  const seen = [await stage.uses(), await stage.uses(1, fault)];
  for (const seconds of [1, steadySeconds - 1, 1]) seen.push(await stage.uses(seconds));
  expect(seen).toEqual(['ca-1', 'ca-2', 'ca-2', 'ca-2', 'ca-1']);
  const again = [await stage.uses(1, fault)];
  for (const seconds of [1, steadySeconds, steadySeconds]) again.push(await stage.uses(seconds));
  expect(again).toEqual(['ca-2', 'ca-2', 'ca-2', 'ca-1']);
});

test('a break begins the wait anew', async () => {
  const stage = new Stage();
  stage.fails.set('ca-1', down);
  const seen = [await stage.uses()];
  stage.fails.delete('ca-1');
  seen.push(await stage.uses(1), await stage.uses(200));
  stage.fails.set('ca-1', silent);
  seen.push(await stage.uses(1));
  stage.fails.delete('ca-1');
  seen.push(await stage.uses(1), await stage.uses(200), await stage.uses(70));
  expect(seen).toEqual(['ca-2', 'ca-2', 'ca-2', 'ca-2', 'ca-2', 'ca-2', 'ca-1']);
});

test('where none can issue, the own CA says why, and the other why it does not stand in', async () => {
  const stage = new Stage();
  stage.fails.set('ca-1', down);
  stage.fails.set('ca-2', { reason: 'PermissionDenied', failure: 'Permission' });
  const result = await stage.check();
  expect(result.kind === 'notReady' && result.problem).toEqual({
    reason: 'IssuingCANotActive',
    message: 'ca-1 fails. CA "ca-2" in cn-shanghai (spec.failover[0]) cannot stand in: PermissionDenied. ca-2 fails.',
  });
});

const inUse = {
  entry: 0,
  parentIdentifier: 'ca-2',
  region: 'cn-shanghai',
  since: '2026-11-22T00:00:00Z',
  reason: 'IssuingCANotActive',
} as const;

test('a process that takes over goes on with the entry in use', async () => {
  const stage = new Stage({}, { conditions: [], failover: inUse });
  const { ca, failover } = issuerOf(await stage.check());
  expect([ca.identifier, failover?.inUse]).toEqual(['ca-2', inUse]);
});

test('an entry that is not named any more is not gone on with', async () => {
  expect(await new Stage({}, { conditions: [], failover: { ...inUse, region: 'cn-beijing' } }).uses()).toBe('ca-1');
});

test('a CA that is silent since the process began is not known to it; one that was described is', async () => {
  const stage = new Stage();
  const others = async (seconds: number) =>
    issuerOf(await stage.check(seconds)).failover?.others.map(({ location, issuer }) => [
      location,
      issuer?.ca.identifier,
    ]);
  await stage.check();
  stage.fails.set('ca-2', silent);
  expect(await others(1)).toEqual([['cn-shanghai ca-2', 'ca-2']]);
  stage.restart();
  expect(await others(1)).toEqual([['cn-shanghai ca-2', undefined]]);
});

test('clients are to trust the roots of both, the own first, whichever is in use; that of a silent one stays', async () => {
  const stage = new Stage();
  const trusted = async () => {
    const { trust } = issuerOf(await stage.check(1));
    const named = (certificates: readonly { readonly der: Buffer }[] = []) =>
      certificates.map(({ der }) => (der.equals(certificatesOf(cas['ca-1']).path!.at(-1)!.der) ? 'own' : 'other'));
    return [named(trust?.anchors.trusted), named(trust?.anchors.verifying), trust?.isPartial];
  };
  expect(await trusted()).toEqual([['own', 'other'], ['own'], false]);
  stage.fails.set('ca-1', down);
  expect(await trusted()).toEqual([['own', 'other'], ['other'], false]);
  stage.restart();
  expect(await trusted()).toEqual([['other'], ['other'], true]);
});

test('a CA whose root clients do not get beforehand does not stand in', async () => {
  const stage = new Stage({ trust: { source: 'Root' } });
  const { failover, trust } = issuerOf(await stage.check());
  expect([failover?.faults.map(({ text }) => text), trust?.anchors.trusted.length, trust?.isPartial]).toEqual([
    [
      `CA "ca-2" in cn-shanghai (spec.failover[0]) cannot stand in: InvalidSettings. spec.failover[0]: clients would not trust its certificates: its root is none of those that they get with certificates of the issuer's own CA. Set spec.trust.publishTo and have clients read that ConfigMap, or name all roots with spec.trust.source Static.`,
    ],
    1,
    false,
  ]);
  stage.fails.set('ca-1', down);
  expect(await stage.uses(1)).toBe('IssuingCANotActive');
});

test('a CA whose key is of another family does not stand in', async () => {
  const rsa = {
    ...issuerObject().status,
    conditions: [],
    ca: { subject: 'CN=Own', keyAlgorithm: 'RSA', issuerType: 'local', notAfter: '2030-01-01T00:00:00Z' },
  };
  const stage = new Stage({}, rsa);
  stage.fails.set('ca-1', down);
  const result = await stage.check();
  expect(result.kind === 'notReady' && result.problem.message).toContain(
    "the key of this CA is ECC, that of the issuer's own RSA",
  );
});
