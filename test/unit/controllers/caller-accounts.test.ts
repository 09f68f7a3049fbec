// The accounts of access keys: asked once, shared, and done without where STS does not tell.
import { expect, it } from 'vitest';
import type { PcaOutcome } from '../../../src/alibaba/pca-client.ts';
import { CallerAccounts } from '../../../src/controllers/caller-accounts.ts';

const sts = { host: 'sts.example', protocol: 'HTTPS', caBundle: undefined, region: 'cn-hangzhou' } as const;
const failure = { class: 'Transient', code: 'ConnectionRefused', message: 'No.' } as never;
const refusal: PcaOutcome = { kind: 'failed', failure };

function told(AccountId: unknown): PcaOutcome {
  return { kind: 'ok', body: { AccountId }, requestId: undefined };
}

class Sts {
  now = 0;
  readonly asked: string[] = [];
  readonly failures: unknown[] = [];
  answers: PcaOutcome[] = [];
  readonly accounts = new CallerAccounts({
    connect: ({ host }, { accessKeyId }) => ({
      call: async ({ action }) => {
        this.asked.push(`${accessKeyId} ${action} ${host}`);
        return this.answers.shift() ?? refusal;
      },
    }),
    now: () => this.now,
    random: () => 1,
    patience: () => new AbortController().signal,
    onFailure: (given) => this.failures.push(given),
  });

  async of(accessKeyId: string): Promise<string> {
    return await this.accounts.of({ accessKeyId, accessKeySecret: 's', securityToken: undefined }, sts);
  }
}

it('is asked once for each key, by whoever comes first', async () => {
  const service = new Sts();
  service.answers = [told('42'), told('42')];
  expect(await Promise.all([service.of('A'), service.of('A'), service.of('B')])).toEqual(['42', '42', '42']);
  expect(await service.of('A')).toBe('42');
  expect(service.asked).toEqual(['A GetCallerIdentity sts.example', 'B GetCallerIdentity sts.example']);
});

it('stands for itself until STS tells, which is asked ever more seldom', async () => {
  const service = new Sts();
  expect(await service.of('A')).toBe('A');
  service.now = 59_999;
  expect(await service.of('A')).toBe('A');
  service.now = 60_000;
  expect(await service.of('A')).toBe('A');
  service.now = 179_999;
  expect(await service.of('A')).toBe('A');
  expect(service.asked).toHaveLength(2);
  expect(service.failures).toEqual([failure, failure]);
  service.now = 180_000;
  service.answers = [told('42')];
  expect(await service.of('A')).toBe('42');
});

it.each([[undefined], [''], [42], ['acs:ram'], ['1'.repeat(33)]])('takes %j for no account', async (given) => {
  const service = new Sts();
  service.answers = [told(given)];
  expect(await service.of('A')).toBe('A');
});
