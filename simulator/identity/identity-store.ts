// The identities in RAM and STS: OIDC providers, roles with their trust policies, and issued temporary credentials.
import { randomBytes } from 'node:crypto';
import type { JsonWebKey } from 'node:crypto';
import type { AccessKey } from '../protocol/signature.ts';
import type { SessionPolicy } from './session-policy.ts';

/** An OIDC provider as it is registered in RAM. */
export interface OidcProvider {
  /** `acs:ram::<account>:oidc-provider/<name>`. */
  readonly arn: string;
  /** The `iss` of its tokens. */
  readonly issuer: string;
  /** Its client IDs, one of which must be the token's audience. */
  readonly clientIds: readonly string[];
  /** Public keys, as of its JWKS (the API server's `/openid/v1/jwks`); each with a `kid`. */
  readonly keys: readonly (JsonWebKey & { readonly kid?: string })[];
  /** Hours after which a token is too old, whatever its own end is; default 12. */
  readonly issuanceLimitHours?: number;
  /** The issuer's URL cannot be read, as where the fingerprint of its certificate is not the registered one. */
  readonly isUnreadable?: boolean;
}

/** A RAM role with its trust policy, as far as it is simulated. */
export interface Role {
  /** `acs:ram::<account>:role/<name>`. */
  readonly arn: string;
  /** Provider and subject (`sub`) of tokens that are trusted. */
  readonly trustedTokens?: readonly { readonly oidcProviderArn: string; readonly subject: string }[];
  /** Permanent keys whose owner is trusted. */
  readonly trustedAccessKeyIds?: readonly string[];
  /** ARNs of roles whose sessions are trusted. */
  readonly trustedRoleArns?: readonly string[];
  /** The ExternalId that AssumeRole must name. */
  readonly externalId?: string;
  /** MaxSessionDuration; default 3600. */
  readonly maximumSeconds?: number;
}

/** Identities of one simulator. */
export interface IdentityStore {
  readonly providers: Map<string, OidcProvider>;
  readonly roles: Map<string, Role>;
  /** Temporary keys by their id. */
  readonly temporaryKeys: Map<string, AccessKey>;
  /** Every temporary key that was given, whether it still opens anything or not. */
  readonly given: AccessKey[];
}

/** What is asked for of a role. */
export interface SessionSettings {
  readonly sessionName: string;
  readonly seconds: number;
  readonly now: Date;
  /** Limits what the session may do; undefined: nothing does. */
  readonly policy?: SessionPolicy | undefined;
}

/** A store with nothing in it. */
export function createIdentityStore(): IdentityStore {
  return { providers: new Map(), roles: new Map(), temporaryKeys: new Map(), given: [] };
}

/** Account and name of a role. */
export function partsOfRole(arn: string): { readonly accountId: string; readonly roleName: string } {
  const [, accountId = '', roleName = ''] = /^acs:ram::(\d+):role\/(.+)$/.exec(arn) ?? [];
  return { accountId, roleName };
}

/** The ARN of the role behind a session's key; undefined for a permanent key. */
export function roleArnOf({ accountId = '', session }: AccessKey): string | undefined {
  return session === undefined ? undefined : `acs:ram::${accountId}:role/${session.roleName}`;
}

/** Issues credentials of a role that end after so many seconds. */
export function giveCredentials(store: IdentityStore, role: Role, settings: SessionSettings) {
  const { accountId, roleName } = partsOfRole(role.arn);
  const { sessionName } = settings;
  return {
    AssumedRoleUser: {
      Arn: `acs:ram::${accountId}:assumed-role/${roleName}/${sessionName}`,
      AssumedRoleId: `3${accountId}:${sessionName}`,
    },
    Credentials: giveKey(store, role, settings),
  };
}

/** The credentials alone, in the names that STS and the metadata service give their members. */
export function giveKey(
  { temporaryKeys, given }: IdentityStore,
  role: Role,
  { sessionName, seconds, now, policy }: SessionSettings,
) {
  const random = (bytes: number): string => randomBytes(bytes).toString('base64url').replaceAll(/[-_]/g, 'x');
  const expiresAt = new Date(now.getTime() + seconds * 1_000).toISOString().replace(/\.\d+Z$/, 'Z');
  const { accountId, roleName } = partsOfRole(role.arn);
  const key = {
    accessKeyId: `STS.sim${random(12)}`,
    accessKeySecret: random(24),
    securityToken: random(180),
    expiresAt,
    accountId,
    session: { roleName, sessionName, ...(policy === undefined ? {} : { policy }) },
  };
  temporaryKeys.set(key.accessKeyId, key);
  given.push(key);
  return {
    AccessKeyId: key.accessKeyId,
    AccessKeySecret: key.accessKeySecret,
    SecurityToken: key.securityToken,
    Expiration: expiresAt,
  };
}
