// Calls with something around them.
import { expect, test } from 'vitest';
import { compose } from '../../../src/alibaba/call.ts';
import type { Call, CallOptions, PcaOutcome, Wrap } from '../../../src/alibaba/call.ts';
import { withAccessKey } from '../../../src/alibaba/credentials/with-access-key.ts';

const list = { action: 'ListCert', version: '2020-06-30', parameters: {} };
const ok: PcaOutcome = { kind: 'ok', body: {}, requestId: 'r' };
const key = (accessKeyId: string) => ({ accessKeyId, accessKeySecret: 's', securityToken: undefined });

test('the last wrap is the outermost', async () => {
  const seen: string[] = [];
  const noting =
    (name: string): Wrap =>
    (next) =>
    async (call, options) => {
      seen.push(`${name} begins`);
      const outcome = await next(call, options);
      seen.push(`${name} ends`);
      return outcome;
    };
  const innermost: Call = async () => {
    seen.push('the call');
    return ok;
  };
  const outcome = await compose(innermost, noting('inner'), noting('outer'))(list, { signal: AbortSignal.abort() });
  expect([outcome, seen]).toEqual([ok, ['outer begins', 'inner begins', 'the call', 'inner ends', 'outer ends']]);
});

test('without wraps it is the call itself', () => {
  const call: Call = async () => ok;
  expect(compose(call)).toBe(call);
});

test('an access key signs every call and changes nothing else; the innermost one counts', async () => {
  const seen: [unknown, CallOptions][] = [];
  const call: Call = async (made, options) => {
    seen.push([made, options]);
    return ok;
  };
  const { signal } = new AbortController();
  await compose(call, withAccessKey(key('A')), withAccessKey(key('B')))(list, { signal, accessKey: key('C') });
  expect(seen).toEqual([[list, { signal, accessKey: key('A') }]]);
});
