// Roles taken from the simulated STS through the real client: what it refuses, and that its credentials reach PCA.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimulator } from '../../../../simulator/simulator.ts';
import type { SimulatorHandle } from '../../../../simulator/simulator.ts';
import type { Call } from '../../../../src/alibaba/call.ts';
import { endpointFor } from '../../../../src/alibaba/endpoint.ts';
import type { PcaEndpoint } from '../../../../src/alibaba/endpoint.ts';
import { pcaCall } from '../../../../src/alibaba/pca-client.ts';
import { HttpTransport } from '../../../../src/alibaba/transport.ts';
import { InstanceRole } from '../../../../src/alibaba/credentials/instance-role.ts';
import { RoleSessions } from '../../../../src/alibaba/credentials/role-sessions.ts';
import type { RoleSessionsOptions } from '../../../../src/alibaba/credentials/role-sessions.ts';
import { stsEndpointFor } from '../../../../src/alibaba/credentials/sts.ts';
import type { StsSettings, StsSurroundings } from '../../../../src/alibaba/credentials/sts.ts';
import type { RoleRequest, RoleSettings, SessionRequest } from '../../../../src/alibaba/credentials/session-request.ts';
import { systemClock } from '../../../../src/timing/clock.ts';
import { OidcIssuer, testAccount } from '../../../support/oidc-issuer.ts';
import { noInstance } from './no-instance.ts';

const transport = new HttpTransport();

const subject = 'system:serviceaccount:issuers:pca';
const roleArn = `acs:ram::${testAccount}:role/pca-issuer`;
const never = new AbortController().signal;
const issuer = new OidcIssuer();
let simulator: SimulatorHandle;
let endpoint: PcaEndpoint;

beforeAll(async () => {
  simulator = await startSimulator();
  endpoint = endpointFor({ region: 'cn-hangzhou', host: simulator.endpoint, protocol: 'HTTP' });
  simulator.setOidcProvider(issuer.provider);
  simulator.setRole({
    arn: roleArn,
    trustedTokens: [{ oidcProviderArn: issuer.provider.arn, subject }],
    trustedAccessKeyIds: [simulator.accessKey.accessKeyId],
    externalId: 'x-1',
  });
});

afterAll(async () => {
  await simulator.close();
});

const connect = (where: PcaEndpoint): Call =>
  pcaCall({ endpoint: where, transport, timeoutMs: 60_000, userAgent: 'alibaba-pca-issuer/test' });

function sessions(token: string, instanceRole: RoleSessionsOptions['instanceRole'] = noInstance): RoleSessions {
  return new RoleSessions({
    connect,
    readToken: async () => ({ kind: 'ok', token }),
    instanceRole,
    clock: systemClock,
    timeoutMs: 60_000,
    signal: never,
    onRenewal: () => undefined,
  });
}

const request = (): RoleRequest => ({
  kind: 'oidc',
  roleArn,
  sessionName: 'alibaba-pca-issuer',
  durationSeconds: 3_600,
  policy: undefined,
  service: 'Alibaba Cloud',
  endpoint,
  oidcProviderArn: issuer.provider.arn,
  token: { kind: 'file', file: '/token' },
});

const byKey = (): RoleRequest => ({
  ...request(),
  kind: 'accessKey',
  accessKey: { ...simulator.accessKey, securityToken: undefined },
  externalId: 'x-1',
});

it.each<[string, () => RoleRequest]>([
  ['a token', request],
  ['an access key', byKey],
])('gives credentials for %s that PCA takes until they end', async (_, asked) => {
  const given = await sessions(issuer.token(subject)).get(asked(), never);
  if (given.kind === 'failed') throw new Error(given.failure.message);
  const describeCall = {
    action: 'DescribeCACertificate',
    version: '2020-06-30',
    parameters: { Identifier: 'sim-sub-ecc-p256' },
  };
  const call = async (key = given.accessKey) => {
    const outcome = await connect(endpoint)(describeCall, { signal: never, accessKey: key });
    return outcome.kind === 'ok' ? 'ok' : outcome.failure.code;
  };
  const before = [await call(), await call({ ...given.accessKey, securityToken: 'another' })];
  simulator.endSessions();
  expect([...before, await call()]).toEqual([
    'ok',
    'InvalidSecurityToken.MismatchWithAccessKey',
    'InvalidAccessKeyId.NotFound',
  ]);
});

describe('a chain', () => {
  const target = `acs:ram::6543210987654321:role/issue`;
  const onTop = (source: SessionRequest, changes: Partial<RoleSettings> = {}): RoleRequest => {
    const settings = { roleArn: target, sessionName: 'top', durationSeconds: 3_600, policy: undefined, service: 'x' };
    return { ...settings, ...changes, kind: 'chained', endpoint, source, externalId: 'x-2' };
  };
  const node = { kind: 'instanceRole', name: undefined, service: 'x' } as const;

  beforeAll(() => {
    simulator.setRole({ arn: target, trustedRoleArns: [roleArn], externalId: 'x-2', maximumSeconds: 43_200 });
    simulator.setInstance({ roleArn });
  });

  const withInstance = (): RoleSessions => {
    const instanceRole = new InstanceRole({
      transport,
      address: simulator.endpoint,
      allowsV1: false,
      timeoutMs: 60_000,
      clock: systemClock,
    });
    return sessions(issuer.token(subject), instanceRole);
  };

  it.each<[string, () => SessionRequest]>([
    ['a token', request],
    ['an access key', byKey],
    ['an instance role', () => node],
  ])('from %s leads to the role of another account', async (_, source) => {
    const given = await withInstance().get(onTop(source()), never);
    if (given.kind === 'failed') throw new Error(given.failure.message);
    const identity = { action: 'GetCallerIdentity', version: '2015-04-01', parameters: {} };
    const outcome = await connect(endpoint)(identity, { signal: never, accessKey: given.accessKey });
    expect(outcome).toMatchObject({ body: { Arn: 'acs:ram::6543210987654321:assumed-role/issue/top' } });
  });

  it('goes on after the sessions that it stands on were ended', async () => {
    const held = withInstance();
    await held.get(onTop(node), never);
    simulator.endSessions();
    expect(await held.get(onTop(node, { sessionName: 'again' }), never)).toMatchObject({ kind: 'ok' });
  });

  it('is refused where it asks for more than an hour, and that is no fault of a request', async () => {
    expect(await withInstance().get(onTop(node, { durationSeconds: 3_601 }), never)).toMatchObject({
      failure: { service: 'STS', class: 'Credentials', code: 'InvalidParameter.DurationSeconds', mayHaveIssued: false },
    });
  });
});

const other = new OidcIssuer();
const past = Math.floor(Date.now() / 1_000) - 60;

it.each<[string, string, Partial<RoleRequest>, { readonly code: string; readonly class: string }]>([
  [
    'a token of another subject',
    issuer.token('x'),
    {},
    { code: 'AuthenticationFail.NoPermission', class: 'Permission' },
  ],
  [
    'a token that has ended',
    issuer.token(subject, { exp: past }),
    {},
    { code: 'AuthenticationFail.OIDCToken.Expired', class: 'Credentials' },
  ],
  [
    'a token for somebody else',
    issuer.token(subject, { aud: 'kubernetes' }),
    {},
    { code: 'AuthenticationFail.OIDCToken.AudienceNotMatch', class: 'Credentials' },
  ],
  [
    'a token signed by another key',
    other.token(subject),
    {},
    { code: 'AuthenticationFail.OIDCToken.InvalidSignature', class: 'Credentials' },
  ],
  ['no token at all', 'abc', {}, { code: 'AuthenticationFail.OIDCToken.Invalid', class: 'Credentials' }],
  [
    'a role that does not exist',
    issuer.token(subject),
    { roleArn: `${roleArn}-2` },
    { code: 'EntityNotExist.Role', class: 'Credentials' },
  ],
  [
    'a session longer than the role allows',
    issuer.token(subject),
    { durationSeconds: 7_200 },
    { code: 'InvalidParameter.DurationSeconds', class: 'Credentials' },
  ],
])('refuses %s, without repeating the token', async (_, token, changes, failure) => {
  const given = await sessions(token).get({ ...request(), ...changes } as RoleRequest, never);
  expect(given).toMatchObject({ kind: 'failed', failure: { ...failure, mayHaveIssued: false } });
  expect(JSON.stringify(given)).not.toContain(token);
  expect(given).toMatchObject({ failure: { message: expect.stringMatching(/RequestId [0-9A-F-]{36}/) } });
});

it.each<[string, object, { readonly code: string; readonly class: string }]>([
  ['another external ID', { externalId: 'x-2' }, { code: 'NoPermission', class: 'Permission' }],
  ['no external ID', { externalId: undefined }, { code: 'NoPermission', class: 'Permission' }],
])('refuses a key with %s', async (_, changes, failure) => {
  expect(await sessions('').get({ ...byKey(), ...changes }, never)).toMatchObject({ failure });
});

const nothing = { stsHost: undefined, stsRegion: undefined, vpc: false };
it.each([
  ['the public host of the region', {}, nothing, 'sts.cn-shanghai.aliyuncs.com'],
  ['the VPC host of the region for network VPC', { network: 'VPC' }, nothing, 'sts-vpc.cn-shanghai.aliyuncs.com'],
  [
    "the VPC host of the pod's region for network VPC",
    { network: 'VPC' },
    { ...nothing, stsRegion: 'cn-beijing', stsHost: 'sts.example' },
    'sts-vpc.cn-beijing.aliyuncs.com',
  ],
  [
    'the host of the issuer for network VPC as well',
    { network: 'VPC', stsEndpoint: { host: 'a.example' } },
    { ...nothing, stsHost: 'sts.example' },
    'a.example',
  ],
  ['the VPC host of the region', {}, { ...nothing, vpc: true }, 'sts-vpc.cn-shanghai.aliyuncs.com'],
  ['the region of the pod', {}, { ...nothing, stsRegion: 'cn-beijing' }, 'sts.cn-beijing.aliyuncs.com'],
  ['the host of the pod', {}, { ...nothing, vpc: true, stsHost: 'sts.example' }, 'sts.example'],
  [
    'the host of the issuer',
    { stsEndpoint: { host: 'a.example' } },
    { ...nothing, stsHost: 'sts.example' },
    'a.example',
  ],
] satisfies readonly (readonly [string, Partial<StsSettings>, StsSurroundings, string])[])(
  'is reached at %s',
  (_, given, surroundings, host) => {
    expect(stsEndpointFor({ region: 'cn-shanghai', ...given }, surroundings).host).toBe(host);
  },
);

it.each([
  [
    'a passing fault of STS',
    { code: 'InternalError', status: 500 },
    { class: 'Transient', code: 'InternalError', mayHaveIssued: false },
  ],
  [
    'an answer that repeats the token',
    { code: 'SomethingElse', status: 400, message: 'bad token short.token.value' },
    { class: 'Credentials', message: expect.stringContaining('bad token <omitted>.') as string },
  ],
])('makes of %s no certificate that may exist, and no secret that leaks', async (_, fault, failure) => {
  simulator.setFaults({ failingActions: { AssumeRoleWithOIDC: fault } });
  const given = await sessions('short.token.value').get(request(), never);
  simulator.reset();
  expect(given).toMatchObject({ kind: 'failed', failure });
});
