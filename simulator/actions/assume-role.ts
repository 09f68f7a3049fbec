// AssumeRole and AssumeRoleWithOIDC (STS, 2015-04-01): temporary credentials of a role for trusted callers.
import { giveCredentials, roleArnOf } from '../identity/identity-store.ts';
import type { Role } from '../identity/identity-store.ts';
import { checkToken } from '../identity/oidc-token.ts';
import { readPolicy } from '../identity/session-policy.ts';
import { integerOf } from '../protocol/parameters.ts';
import type { ParameterRule, Parameters } from '../protocol/parameters.ts';
import { problem } from '../protocol/problem.ts';
import { refused } from './action.ts';
import type { Action, ActionOutcome, Service } from './action.ts';

const defaultSeconds = 3_600;
// Of a role that is taken by a session of another.
const longestChained = 3_600;
const arn = { type: 'string', required: true, maximumLength: 256 } as const;

const shared: readonly ParameterRule[] = [
  { name: 'RoleArn', ...arn, pattern: /^acs:ram::\d+:role\/.+$/ },
  { name: 'RoleSessionName', type: 'string', required: true, pattern: /^[A-Za-z0-9.@_-]{2,64}$/ },
  { name: 'DurationSeconds', type: 'integer', minimum: 900, maximum: 43_200 },
  { name: 'Policy', type: 'string', maximumLength: 2_048 },
];

export const assumeRole: Action = {
  name: 'AssumeRole',
  version: '2015-04-01',
  issues: false,
  parameters: [
    ...shared,
    { name: 'ExternalId', type: 'string', pattern: /^[\w=,.@:/+-]{2,1224}$/ },
    { name: 'SourceIdentity', type: 'string' },
  ],
  run: (given, service, caller) => {
    const role = service.identity.roles.get(given.get('RoleArn') ?? '');
    if (role === undefined) return unknownRole();
    const callerArn = roleArnOf(caller);
    const isNamed =
      role.trustedAccessKeyIds?.includes(caller.accessKeyId) === true ||
      (callerArn !== undefined && role.trustedRoleArns?.includes(callerArn) === true);
    return isNamed && role.externalId === given.get('ExternalId')
      ? credentials(role, given, service, callerArn === undefined ? Infinity : longestChained)
      : refused(
          problem('NoPermission', 'You are not authorized to do this action. You should be authorized by RAM.', 403),
        );
  },
};

export const assumeRoleWithOidc: Action = {
  name: 'AssumeRoleWithOIDC',
  version: '2015-04-01',
  issues: false,
  anonymous: true,
  parameters: [
    ...shared,
    { name: 'OIDCProviderArn', ...arn, pattern: /^acs:ram::\d+:oidc-provider\/.+$/ },
    { name: 'OIDCToken', type: 'string', required: true, maximumLength: 20_000 },
  ],
  run: (given, service) => {
    const { providers, roles } = service.identity;
    const provider = providers.get(given.get('OIDCProviderArn') ?? '');
    if (provider === undefined) return untrusted();
    const checked = checkToken(given.get('OIDCToken') ?? '', provider, service.now());
    if (checked.kind === 'refused') return checked;
    const role = roles.get(given.get('RoleArn') ?? '');
    if (role === undefined) return unknownRole();
    const isTrusted = role.trustedTokens?.some(
      ({ oidcProviderArn, subject }) => oidcProviderArn === provider.arn && subject === checked.subject,
    );
    return isTrusted === true ? credentials(role, given, service) : untrusted();
  },
};

function credentials(
  role: Role,
  given: Parameters,
  { identity, faults, now }: Service,
  longestSeconds = Infinity,
): ActionOutcome {
  const asked = integerOf(given, 'DurationSeconds', defaultSeconds);
  if (asked > Math.min(role.maximumSeconds ?? defaultSeconds, longestSeconds))
    return refused(problem('InvalidParameter.DurationSeconds', "DurationSeconds exceeds the role's maximum."));

  const seconds = faults.current.sessionSeconds === 0 ? asked : faults.current.sessionSeconds;
  const sessionName = given.get('RoleSessionName') ?? '';
  const text = given.get('Policy');
  const read = text === undefined ? undefined : readPolicy(text);
  if (read?.kind === 'refused') return read;
  const settings = { sessionName, seconds, now: now(), policy: read?.policy };
  return { kind: 'answered', body: giveCredentials(identity, role, settings) };
}

function unknownRole(): ActionOutcome {
  return refused(problem('EntityNotExist.Role', 'The specified Role not exists.', 404));
}

function untrusted(): ActionOutcome {
  return refused(problem('AuthenticationFail.NoPermission', 'This operation is forbidden by permission system.', 401));
}
