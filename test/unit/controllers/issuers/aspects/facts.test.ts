// The facts beside Ready: asked for briefly, the subscription seldom, and without harm where nobody says them.
import { expect, it } from 'vitest';
import { Facts } from '../../../../../src/controllers/issuers/aspects/facts.ts';
import type { IssuerFacts } from '../../../../../src/controllers/issuers/aspects/facts.ts';
import type { CallerIdentity } from '../../../../../src/alibaba/credentials/sts.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';
import { issuingCA } from '../../../../support/issuing.ts';
import { never, answered } from '../../../authority/pca-double.ts';
import { hierarchy, issuerObject } from '../objects.ts';

const ca = issuingCA(hierarchy);
const identity: CallerIdentity = { accountId: '42', arn: 'acs:ram::42:user/a', type: 'RAMUser' };
const end = new Date('2027-01-31T00:00:00Z');
const endpoint = { host: 'pca.example', protocol: 'HTTPS', caBundle: undefined, region: 'cn-hangzhou' } as const;

class Stage {
  readonly clock = new FakeClock();
  readonly facts = new Facts({
    clock: this.clock,
    serviceClocks: { offsetSeconds: ({ host }) => (host === endpoint.host ? 7 : undefined) },
  });
  identity = async (): Promise<CallerIdentity | undefined> => identity;
  subscription = async (_signal: AbortSignal): Promise<Date | undefined> => end;
  asked = 0;

  async gather(found: typeof ca | undefined = ca, issuer = issuerObject()): Promise<IssuerFacts> {
    const opened = {
      kind: 'ok',
      call: async () => answered({}),
      endpoint,
      account: Promise.resolve('42'),
      credentialsVersion: '7',
      identity: async () => this.identity(),
      session: () => ({ endsOn: end, renewalFailure: undefined }),
    } as const;
    const subscriptionEnd = async (signal: AbortSignal): Promise<Date | undefined> => {
      this.asked += 1;
      return this.subscription(signal);
    };
    return this.facts.gather({ issuer, opened, authority: { subscriptionEnd }, ca: found }, never);
  }
}

const all: IssuerFacts = {
  ca,
  identity,
  credentialsEnd: end,
  renewalFailure: undefined,
  clockOffsetSeconds: 7,
  subscriptionEnd: end,
};

it('are those of STS, of PCA, of the session and of the clocks', async () => {
  expect(await new Stage().gather()).toEqual(all);
});

it('are not asked for where PCA did not describe the CA', async () => {
  const stage = new Stage();
  const opened = {
    kind: 'ok',
    call: async () => answered({}),
    endpoint,
    account: Promise.resolve('42'),
    credentialsVersion: '7',
    identity: async () => Promise.reject(new Error('nobody is to ask')),
    session: () => undefined,
  } as const;
  const authority = { subscriptionEnd: async () => Promise.reject(new Error('nobody is to ask')) };
  const found = await stage.facts.gather({ issuer: issuerObject(), opened, authority, ca: undefined }, never);
  const nothing = { ca: undefined, identity: undefined, credentialsEnd: undefined, subscriptionEnd: undefined };
  expect(found).toEqual({ ...all, ...nothing });
});

it('take three seconds at most', async () => {
  const stage = new Stage();
  stage.identity = async () => new Promise(() => undefined);
  stage.subscription = async (signal) =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(undefined));
    });
  const gathering = stage.gather();
  stage.clock.advance(3_000);
  expect(await gathering).toEqual({ ...all, identity: undefined, subscriptionEnd: undefined });
});

it('of the subscription are asked for once an hour, and at once for another spec', async () => {
  const stage = new Stage();
  await stage.gather();
  stage.clock.advance(3_599_999);
  await stage.gather();
  expect(stage.asked).toBe(1);
  await stage.gather(ca, issuerObject(undefined, { namespace: 'shop', generation: 2 }));
  expect(stage.asked).toBe(2);
  stage.clock.advance(1);
  stage.subscription = async () => undefined;
  expect([(await stage.gather()).subscriptionEnd, stage.asked]).toEqual([end, 3]);
});
