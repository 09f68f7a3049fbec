// Calls in a role: its present credentials, a second try where they were refused, and failures of STS as they are.
import { expect, test } from 'vitest';
import { compose } from '../../../../src/alibaba/call.ts';
import type { PcaOutcome } from '../../../../src/alibaba/call.ts';
import type { AccessKey } from '../../../../src/alibaba/credentials/access-key.ts';
import type {
  RoleRequest,
  SessionCredentials,
  SessionRequest,
} from '../../../../src/alibaba/credentials/session-request.ts';
import { withRole } from '../../../../src/alibaba/credentials/with-role.ts';
import { endpointFor } from '../../../../src/alibaba/endpoint.ts';
import type { PcaFailure } from '../../../../src/alibaba/errors.ts';

const list = { action: 'ListCert', version: '2020-06-30', parameters: {} };
const ok: PcaOutcome = { kind: 'ok', body: {}, requestId: 'r' };
const role: RoleRequest = {
  kind: 'oidc',
  roleArn: 'acs:ram::1:role/a',
  sessionName: 's',
  durationSeconds: 3_600,
  policy: undefined,
  service: 'Alibaba Cloud',
  endpoint: endpointFor({ region: 'cn-hangzhou' }),
  oidcProviderArn: 'p',
  token: { kind: 'file', file: '/token' },
};
const keyOf = (accessKeyId: string): AccessKey => ({ accessKeyId, accessKeySecret: 's', securityToken: 't' });

function failure(code: string): { readonly kind: 'failed'; readonly failure: PcaFailure } {
  const rest = { httpStatus: 400, requestId: undefined, message: '', accessDenied: undefined, mayHaveIssued: false };
  return { kind: 'failed', failure: { service: 'PCA', class: 'Credentials', code, ...rest } };
}

/** A role whose credentials are these, one after the other, and a service that answers so. */
function stage(credentials: readonly SessionCredentials[], answers: readonly PcaOutcome[]) {
  const given: unknown[] = [];
  const dropped: string[] = [];
  const used: string[] = [];
  const sessions = {
    get: async (asked: SessionRequest, signal: AbortSignal) => {
      given.push([asked, signal]);
      return credentials[given.length - 1] ?? failure('TooManyAsked');
    },
    drop: (_role: SessionRequest, { accessKeyId }: AccessKey) => void dropped.push(accessKeyId),
  };
  const call = compose(
    async (_call, { accessKey }) => {
      used.push(accessKey?.accessKeyId ?? 'none');
      return answers[used.length - 1] ?? failure('TooManyCalls');
    },
    withRole(role, sessions),
  );
  return { call, given, dropped, used };
}

const { signal } = new AbortController();
const first: SessionCredentials = { kind: 'ok', accessKey: keyOf('STS.1') };
const second: SessionCredentials = { kind: 'ok', accessKey: keyOf('STS.2') };

test("signs each call with the role's credentials of that moment", async () => {
  const { call, given, used } = stage([first, second], [ok, ok]);
  expect([await call(list, { signal }), await call(list, { signal, accessKey: keyOf('LTAI') })]).toEqual([ok, ok]);
  expect([used, given]).toEqual([
    ['STS.1', 'STS.2'],
    [
      [role, signal],
      [role, signal],
    ],
  ]);
});

test.each(['InvalidSecurityToken.Expired', 'InvalidAccessKeyId.NotFound'])(
  'asks for new credentials after %s, and calls once more',
  async (code) => {
    const { call, used, dropped } = stage([first, second], [failure(code), ok]);
    expect([await call(list, { signal }), used, dropped]).toEqual([ok, ['STS.1', 'STS.2'], ['STS.1']]);
  },
);

test('does not call a third time', async () => {
  const refused = failure('InvalidSecurityToken.Expired');
  const { call, used, dropped } = stage([first, second, first], [refused, refused, ok]);
  expect([await call(list, { signal }), used, dropped]).toEqual([refused, ['STS.1', 'STS.2'], ['STS.1', 'STS.2']]);
});

test('gives any other failure back at once', async () => {
  const { call, used, dropped } = stage([first, second], [failure('NoPermission'), ok]);
  expect([await call(list, { signal }), used, dropped]).toEqual([failure('NoPermission'), ['STS.1'], []]);
});

test.each([
  ['before the first call', [failure('EntityNotExist.Role')], []],
  ['before the second', [first, failure('EntityNotExist.Role')], ['STS.1']],
])('fails as STS does where it gives no credentials %s', async (_, credentials, calls) => {
  const { call, used } = stage(credentials, [failure('InvalidSecurityToken.Expired')]);
  expect([await call(list, { signal }), used]).toEqual([failure('EntityNotExist.Role'), calls]);
});

test('the fence goes with both calls, and is asked when the credentials are there', async () => {
  const seen: string[] = [];
  const sessions = {
    get: async () => {
      seen.push('credentials');
      return first;
    },
    drop: () => {},
  };
  const call = compose(
    async (_call, { mayGo }) => {
      seen.push(mayGo?.() === true ? 'sent' : 'held');
      return failure('InvalidSecurityToken.Expired');
    },
    withRole(role, sessions),
  );
  const answers = [true, false];
  await call(list, { signal, mayGo: () => answers.shift() ?? false });
  expect(seen).toEqual(['credentials', 'sent', 'credentials', 'held']);
});
