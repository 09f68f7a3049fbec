// The accounts of access keys: asked once, shared, and done without where STS does not answer.
import { expect, it } from 'vitest';
import type { PcaOutcome } from '../../../../src/alibaba/call.ts';
import type { PcaEndpoint } from '../../../../src/alibaba/endpoint.ts';
import { CallerAccounts } from '../../../../src/alibaba/credentials/caller-accounts.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const sts = { host: 'sts.example', protocol: 'HTTPS', caBundle: undefined, region: 'cn-hangzhou' } as const;
const failure = { class: 'Transient', code: 'ConnectionRefused', message: 'No.' } as never;
const refusal: PcaOutcome = { kind: 'failed', failure };

function told(AccountId: unknown): PcaOutcome {
  return { kind: 'ok', body: { AccountId }, requestId: undefined };
}

class Sts {
  /** The longest pause each time. */
  readonly clock = new FakeClock(() => 1);
  readonly ending = new AbortController();
  readonly asked: string[] = [];
  readonly failures: unknown[] = [];
  answers: (PcaOutcome | Promise<PcaOutcome>)[] = [];
  lastSignal: AbortSignal | undefined;
  readonly accounts = new CallerAccounts({
    connect:
      ({ host }) =>
      async ({ action }, { accessKey, signal }) => {
        this.asked.push(`${accessKey?.accessKeyId} ${action} ${host}`);
        this.lastSignal = signal;
        return (await this.answers.shift()) ?? refusal;
      },
    clock: this.clock,
    timeoutMs: 3_000,
    signal: this.ending.signal,
    onFailure: (given) => this.failures.push(given),
  });

  async of(accessKeyId: string, accessKeySecret = 's', endpoint: PcaEndpoint = sts): Promise<string | undefined> {
    return this.accounts.of({ accessKeyId, accessKeySecret, securityToken: undefined }, endpoint);
  }
}

it('is asked once for each key, by whoever comes first', async () => {
  const service = new Sts();
  service.answers = [told('42'), told('42')];
  expect(await Promise.all([service.of('A'), service.of('A'), service.of('B')])).toEqual(['42', '42', '42']);
  expect(await service.of('A')).toBe('42');
  expect(service.asked).toEqual(['A GetCallerIdentity sts.example', 'B GetCallerIdentity sts.example']);
});

it('is not known until STS answers, which is asked ever more seldom', async () => {
  const service = new Sts();
  expect(await service.of('A')).toBeUndefined();
  service.clock.advance(59_999);
  expect(await service.of('A')).toBeUndefined();
  service.clock.advance(1);
  expect(await service.of('A')).toBeUndefined();
  service.clock.advance(119_999);
  expect(await service.of('A')).toBeUndefined();
  expect(service.asked).toHaveLength(2);
  expect(service.failures).toEqual([failure, failure]);
  service.clock.advance(1);
  service.answers = [told('42')];
  expect(await service.of('A')).toBe('42');
});

it('is nothing that one STS says to another, and none that is said to a secret says it to another one', async () => {
  const service = new Sts();
  service.answers = [told('6666'), told('1234'), refusal];
  const real = { ...sts, host: 'sts.cn-hangzhou.aliyuncs.com' };
  expect([
    await service.of('A', 'guess'),
    await service.of('A', 'right', real),
    await service.of('A', 'guess', real),
  ]).toEqual(['6666', '1234', undefined]);
});

it.each([[undefined], [''], [42], ['acs:ram'], ['1'.repeat(33)]])('takes %j for no account', async (given) => {
  const service = new Sts();
  service.answers = [told(given)];
  expect(await service.of('A')).toBeUndefined();
});

it.each<[string, (service: Sts) => void]>([
  ['the time limit', ({ clock }) => clock.advance(3_000)],
  ['the end of the process', ({ ending }) => ending.abort()],
])('is not waited for beyond %s', async (_, end) => {
  const service = new Sts();
  const answer = Promise.withResolvers<PcaOutcome>();
  service.answers = [answer.promise];
  const asking = service.of('A');
  service.lastSignal?.addEventListener('abort', () => answer.resolve(refusal));
  service.clock.advance(2_999);
  const early = service.lastSignal?.aborted;
  end(service);
  expect([early, await asking]).toEqual([false, undefined]);
});

it('names the identity as well, and leaves out what has another form', async () => {
  const identityOf = async (body: Readonly<Record<string, unknown>>): Promise<unknown> => {
    const service = new Sts();
    service.answers = [{ kind: 'ok', body, requestId: undefined }];
    const accessKey = { accessKeyId: 'A', accessKeySecret: 's', securityToken: undefined };
    return service.accounts.identityOf(accessKey, sts);
  };
  const arn = 'acs:ram::42:assumed-role/issuer/session-1';
  expect([
    await identityOf({ AccountId: '42', Arn: arn, IdentityType: 'AssumedRoleUser', UserId: '9:session-1' }),
    await identityOf({ AccountId: '42', Arn: `${arn}\n`, IdentityType: 'Any one' }),
    await identityOf({ AccountId: '42', Arn: 'LTAI5tSomebody', IdentityType: 7 }),
    await identityOf({ Arn: arn, IdentityType: 'RAMUser' }),
  ]).toEqual([
    { accountId: '42', arn, type: 'AssumedRoleUser' },
    { accountId: '42', arn: undefined, type: undefined },
    { accountId: '42', arn: undefined, type: undefined },
    undefined,
  ]);
});
