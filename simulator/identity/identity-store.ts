// The identities in RAM and STS: OIDC providers, roles with their trust policies, and issued temporary credentials.
import { randomBytes } from 'node:crypto';
import type { JsonWebKey } from 'node:crypto';
import type { AccessKey } from '../protocol/signature.ts';

/** An OIDC provider as it is registered in RAM. */
export interface OidcProvider {
  /** `acs:ram::<account>:oidc-provider/<name>`. */
  readonly arn: string;
  /** The `iss` of its tokens. */
  readonly issuer: string;
  /** Its client IDs, one of which must be the token's audience. */
  readonly clientIds: readonly string[];
  /** Public keys, as of its JWKS; each with a `kid`. */
  readonly keys: readonly (JsonWebKey & { readonly kid?: string })[];
}

/** A RAM role with its trust policy, as far as it is simulated. */
export interface Role {
  /** `acs:ram::<account>:role/<name>`. */
  readonly arn: string;
  /** Provider and subject (`sub`) of tokens that are trusted. */
  readonly trustedTokens?: readonly { readonly oidcProviderArn: string; readonly subject: string }[];
  /** Permanent keys whose owner is trusted. */
  readonly trustedAccessKeyIds?: readonly string[];
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
}

/** A store with nothing in it. */
export function createIdentityStore(): IdentityStore {
  return { providers: new Map(), roles: new Map(), temporaryKeys: new Map() };
}

/** Issues credentials of a role that end after so many seconds. */
export function giveCredentials(
  { temporaryKeys }: IdentityStore,
  role: Role,
  { sessionName, seconds, now }: { readonly sessionName: string; readonly seconds: number; readonly now: Date },
): Readonly<Record<string, unknown>> {
  const random = (bytes: number): string => randomBytes(bytes).toString('base64url').replaceAll(/[-_]/g, 'x');
  const expiresAt = new Date(now.getTime() + seconds * 1_000).toISOString().replace(/\.\d+Z$/, 'Z');
  const [, accountId = '', roleName = ''] = /^acs:ram::(\d+):role\/(.+)$/.exec(role.arn) ?? [];
  const key = {
    accessKeyId: `STS.sim${random(12)}`,
    accessKeySecret: random(24),
    securityToken: random(180),
    expiresAt,
    accountId,
    session: { roleName, sessionName },
  };
  temporaryKeys.set(key.accessKeyId, key);
  return {
    AssumedRoleUser: {
      Arn: `acs:ram::${accountId}:assumed-role/${roleName}/${sessionName}`,
      AssumedRoleId: `3${accountId}:${sessionName}`,
    },
    Credentials: {
      AccessKeyId: key.accessKeyId,
      AccessKeySecret: key.accessKeySecret,
      SecurityToken: key.securityToken,
      Expiration: expiresAt,
    },
  };
}
