// The simulated STS and metadata service: who may take a role, what a session policy leaves, and both versions of the metadata
// service. The calls are signed apart from the simulator's own verification.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSimulator } from '../../../simulator/simulator.ts';
import type { Instance, SimulatorHandle } from '../../../simulator/simulator.ts';
import { OidcIssuer, testAccount } from '../../support/oidc-issuer.ts';
import { signedCall } from './signed-call.ts';
import type { CallChanges } from './signed-call.ts';

const role = (name: string): string => `acs:ram::${testAccount}:role/${name}`;
const issuer = new OidcIssuer();
const subject = 'system:serviceaccount:shop:pca';
let simulator: SimulatorHandle;

beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(async () => simulator.close());

beforeEach(() => {
  simulator.reset();
  simulator.setOidcProvider(issuer.provider);
  simulator.setRole({
    arn: role('first'),
    trustedAccessKeyIds: [simulator.accessKey.accessKeyId],
    trustedTokens: [{ oidcProviderArn: issuer.provider.arn, subject }],
    maximumSeconds: 43_200,
  });
  simulator.setRole({ arn: role('second'), trustedRoleArns: [role('first')], maximumSeconds: 43_200 });
});

interface Key {
  readonly AccessKeyId: string;
  readonly AccessKeySecret: string;
  readonly SecurityToken: string;
}

function as(key: Key): CallChanges {
  return { accessKeyId: key.AccessKeyId, secret: key.AccessKeySecret, securityToken: key.SecurityToken };
}

const sts = { version: '2015-04-01' };

async function assume(name: string, parameters: Readonly<Record<string, string>> = {}, changes: CallChanges = {}) {
  const asked = { RoleArn: role(name), RoleSessionName: 'test', ...parameters };
  return signedCall(simulator, 'AssumeRole', asked, { ...sts, ...changes });
}

async function session(parameters: Readonly<Record<string, string>> = {}): Promise<Key> {
  const { body } = await assume('first', parameters);
  return body['Credentials'] as Key;
}

const codeOf = ({ status, body }: Awaited<ReturnType<typeof assume>>) => [status, body['Code'] ?? 'ok'];

describe('a role', () => {
  it('is given to a session of a role that it trusts, for an hour at most', async () => {
    const key = await session();
    expect([
      codeOf(await assume('second', {}, as(key))),
      codeOf(await assume('second', { DurationSeconds: '3601' }, as(key))),
      codeOf(await assume('second')),
      codeOf(await assume('first', {}, as(key))),
    ]).toEqual([
      [200, 'ok'],
      [400, 'InvalidParameter.DurationSeconds'],
      [403, 'NoPermission'],
      [403, 'NoPermission'],
    ]);
  });
});

describe('a session policy', () => {
  const policy = (...statements: readonly object[]) => JSON.stringify({ Version: '1', Statement: statements });
  const allow = (...actions: readonly string[]) => ({ Effect: 'Allow', Action: actions, Resource: '*' });
  const listing = async (key: Key) => signedCall(simulator, 'ListCert', {}, as(key));
  const describing = async (key: Key) =>
    signedCall(simulator, 'DescribeCACertificate', { Identifier: 'sim-sub-ecc-p256' }, as(key));

  it('leaves a session what it allows, of STS as well', async () => {
    const key = await session({ Policy: policy(allow('yundun-cert:Describe*', 'sts:AssumeRole')) });
    expect([
      codeOf(await describing(key)),
      codeOf(await assume('second', {}, as(key))),
      codeOf(await signedCall(simulator, 'GetCallerIdentity', {}, { ...sts, ...as(key) })),
    ]).toEqual([
      [200, 'ok'],
      [200, 'ok'],
      [200, 'ok'],
    ]);
  });

  it.each([
    ['does not allow', policy(allow('yundun-cert:ListCert')), 'ImplicitDeny'],
    [
      'denies',
      policy(allow('*'), { Effect: 'Deny', Action: 'yundun-cert:DescribeC?Certificate', Resource: '*' }),
      'ExplicitDeny',
    ],
  ])('refuses what it %s', async (_, Policy, NoPermissionType) => {
    const { status, body } = await describing(await session({ Policy }));
    expect([status, body['Code'], body['AccessDeniedDetail']]).toEqual([
      403,
      'Forbidden.RAM',
      {
        AuthAction: 'yundun-cert:DescribeCACertificate',
        AuthPrincipalType: 'AssumedRoleUser',
        AuthPrincipalDisplayName: 'first:test',
        PolicyType: 'SessionPolicy',
        NoPermissionType,
      },
    ]);
  });

  it('of one session is none of another', async () => {
    const [limited, free] = [await session({ Policy: policy(allow('yundun-cert:ListCert')) }), await session()];
    expect([codeOf(await describing(free)), codeOf(await listing(limited))].map(([status]) => status)).toEqual([
      200, 200,
    ]);
  });

  it.each([
    ['no JSON', '{'],
    ['no statement', '{"Version":"1","Statement":[]}'],
    ['no version', '{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'],
    ['another effect', policy({ Effect: 'Maybe', Action: '*', Resource: '*' })],
    ['no action', policy({ Effect: 'Allow', Resource: '*' })],
    ['a resource, which is not simulated', policy({ Effect: 'Allow', Action: '*', Resource: 'acs:ram:*' })],
    ['a condition, which is not simulated', policy({ ...allow('*'), Condition: {} })],
  ])('with %s is refused', async (_, Policy) => {
    expect(codeOf(await assume('first', { Policy }))).toEqual([400, 'InvalidParameter.PolicyGrammar']);
  });
});

describe('a token', () => {
  const seconds = () => Math.floor(Date.now() / 1_000);
  const withToken = async (token: string) => {
    const parameters = {
      RoleArn: role('first'),
      RoleSessionName: 'test',
      OIDCProviderArn: issuer.provider.arn,
      OIDCToken: token,
    };
    const response = await fetch(simulator.url, {
      method: 'POST',
      headers: { 'x-acs-action': 'AssumeRoleWithOIDC', 'x-acs-version': sts.version },
      body: new URLSearchParams(parameters),
    });
    const body = (await response.json()) as Readonly<Record<string, unknown>>;
    return [response.status, body['Code'] ?? 'ok'];
  };
  const refusedAs = (what: string) => [401, `AuthenticationFail.OIDCToken.${what}`];

  it.each<[string, Readonly<Record<string, unknown>>, readonly unknown[]]>([
    ['of now', { iat: seconds() }, [200, 'ok']],
    ['that is too old, whatever its end', { iat: seconds() - 13 * 3_600 }, refusedAs('Expired')],
    ['of the future', { nbf: seconds() + 600 }, refusedAs('Expired')],
    ['without a subject', { sub: undefined }, refusedAs('Invalid')],
  ])('%s', async (_, changes, expected) => {
    expect(await withToken(issuer.token(subject, changes))).toEqual(expected);
  });

  it('cannot be verified where the keys of its issuer cannot be read', async () => {
    simulator.setOidcProvider({ ...issuer.provider, isUnreadable: true });
    expect(await withToken(issuer.token(subject))).toEqual(refusedAs('HttpsUrlInvalid'));
  });
});

describe('the metadata service', () => {
  const roles = '/latest/meta-data/ram/security-credentials/';
  const ask = async (path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') => {
    const response = await fetch(`${simulator.url}${path}`, { method, headers });
    return { status: response.status, text: await response.text() };
  };
  const tokenFor = async (seconds: string) =>
    ask('/latest/api/token', { 'x-aliyun-ecs-metadata-token-ttl-seconds': seconds }, 'PUT');

  it.each<[string, Instance['versions'], number, number, number]>([
    ['v2 alone', 'v2', 200, 200, 403],
    ['both', 'both', 200, 200, 200],
    ['v1 alone', 'v1', 404, 200, 200],
  ])('of %s', async (_, versions, token, withToken, without) => {
    simulator.setInstance({ roleArn: role('first'), ...(versions === undefined ? {} : { versions }) });
    const given = await tokenFor('60');
    const header = { 'x-aliyun-ecs-metadata-token': given.text };
    expect([given.status, (await ask(roles, header)).status, (await ask(roles)).status]).toEqual([
      token,
      withToken,
      without,
    ]);
  });

  it('gives the same credentials until they were ended, and they are those of the role', async () => {
    simulator.setInstance({ roleArn: role('first'), versions: 'v1' });
    const read = async () => JSON.parse((await ask(`${roles}first`)).text) as Key & { readonly Code: string };
    const [first, second] = [await read(), await read()];
    simulator.endSessions();
    const third = await read();
    expect([
      first.Code,
      second.AccessKeyId === first.AccessKeyId,
      third.AccessKeyId === first.AccessKeyId,
      codeOf(await assume('second', {}, as(third))),
    ]).toEqual(['Success', true, false, [200, 'ok']]);
  });

  it('answers to no other role, token or method', async () => {
    simulator.setInstance({ roleArn: role('first') });
    const { text } = await tokenFor('60');
    const header = { 'x-aliyun-ecs-metadata-token': text };
    const answers = [
      await ask(`${roles}second`, header),
      await ask(roles, { 'x-aliyun-ecs-metadata-token': 'x' }),
      await ask(roles, header, 'POST'),
      await tokenFor('0'),
      await tokenFor('21601'),
      await ask('/latest/meta-data/', header),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 403, 405, 400, 400, 404]);
    expect(simulator.metadataCalls().length).toBe(7);
  });
});
