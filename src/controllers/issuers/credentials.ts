// From an issuer's credentials to a caller of PCA: an access key, the operator's own role, or a role taken with a key.
import { compose } from '../../alibaba/call.ts';
import type { Call, Wrap } from '../../alibaba/call.ts';
import type { CallerAccounts } from '../../alibaba/credentials/caller-accounts.ts';
import type { RoleSessions } from '../../alibaba/credentials/role-sessions.ts';
import { isAlibabaCloudHost, stsEndpointFor } from '../../alibaba/credentials/sts.ts';
import type { RoleRequest } from '../../alibaba/credentials/sts.ts';
import { withAccessKey } from '../../alibaba/credentials/with-access-key.ts';
import { withRole } from '../../alibaba/credentials/with-role.ts';
import { endpointFor } from '../../alibaba/endpoint.ts';
import type { PcaEndpoint } from '../../alibaba/endpoint.ts';
import type { OpenedCalls } from '../../authority/certificate-authority.ts';
import type { Issuer } from '../../crds/issuer.ts';
import type { PodIdentity } from '../../runtime/pod-identity.ts';
import type { IssuerProblem } from './reasons.ts';
import { secretRefOf } from './secret.ts';
import type { IssuerSecrets } from './secret.ts';

/** Calls with the issuer's credentials, or what its condition says. */
export type OpenedCredentials =
  | (OpenedCalls & {
      readonly kind: 'ok';
      /** resourceVersion of the Secret; empty where none is read. */
      readonly secretVersion: string;
    })
  | { readonly kind: 'problem'; readonly problem: IssuerProblem };

type Role = Extract<RoleRequest, { readonly kind: 'oidc' }> | IssuerProblem;

/** Opens the credentials of issuers. */
export class IssuerCredentials {
  readonly #secrets: Pick<IssuerSecrets, 'readAccessKey'>;
  readonly #connect: (endpoint: PcaEndpoint) => Call;
  readonly #roles: Pick<RoleSessions, 'get' | 'drop'>;
  readonly #accounts: Pick<CallerAccounts, 'of'>;
  readonly #podIdentity: PodIdentity;
  readonly #issuersMayUsePodIdentity: boolean;

  constructor(parts: {
    readonly secrets: Pick<IssuerSecrets, 'readAccessKey'>;
    readonly connect: (endpoint: PcaEndpoint) => Call;
    readonly roles: Pick<RoleSessions, 'get' | 'drop'>;
    readonly accounts: Pick<CallerAccounts, 'of'>;
    readonly podIdentity: PodIdentity;
    /** Whether AlibabaPCAIssuers may use the operator's own identity, too. */
    readonly issuersMayUsePodIdentity: boolean;
  }) {
    this.#secrets = parts.secrets;
    this.#connect = parts.connect;
    this.#roles = parts.roles;
    this.#accounts = parts.accounts;
    this.#podIdentity = parts.podIdentity;
    this.#issuersMayUsePodIdentity = parts.issuersMayUsePodIdentity;
  }

  /** Opens the issuer's credentials; no certificate is asked for before the first call. */
  async open(issuer: Issuer, signal: AbortSignal): Promise<OpenedCredentials> {
    const named = secretRefOf(issuer);
    if (named === undefined) {
      const role = this.#podRole(issuer);
      return 'reason' in role ? { kind: 'problem', problem: role } : this.#withRole(issuer, role, '');
    }
    const read = await this.#secrets.readAccessKey(issuer, named, signal);
    if (read.kind === 'problem') return read;
    const { accessKey, version: secretVersion } = read;
    const { spec } = issuer;
    const { assumeRole } = spec.credentials;
    const sts = stsEndpointFor(spec.stsEndpoint ?? {}, spec.region, this.#podIdentity);
    if (assumeRole !== undefined) {
      const settings = settingsOf(assumeRole.roleArn, assumeRole, this.#podIdentity);
      const { externalId } = assumeRole;
      const role = { ...settings, kind: 'accessKey', accessKey, externalId, endpoint: sts } as const;
      return this.#withRole(issuer, role, secretVersion);
    }
    const endpoint = endpointOf(issuer);
    // A custom PCA endpoint without a custom STS endpoint: the key is not sent to the public STS.
    const isStsNamed = (spec.stsEndpoint?.host ?? this.#podIdentity.stsHost) !== undefined;
    const account =
      isStsNamed || isAlibabaCloudHost(endpoint.host)
        ? this.#accounts.of(accessKey, sts)
        : Promise.resolve(accessKey.accessKeyId);
    return { kind: 'ok', call: this.#call(endpoint, withAccessKey(accessKey)), endpoint, account, secretVersion };
  }

  #call(endpoint: PcaEndpoint, credentials: Wrap): Call {
    return compose(this.#connect(endpoint), credentials);
  }

  #withRole(issuer: Issuer, role: RoleRequest, secretVersion: string): OpenedCredentials {
    const endpoint = endpointOf(issuer);
    const account = Promise.resolve(accountOf(role.roleArn));
    return { kind: 'ok', call: this.#call(endpoint, withRole(role, this.#roles)), endpoint, account, secretVersion };
  }

  /** The role of the operator's own identity for this issuer, or why it has none. */
  #podRole({ spec, metadata }: Issuer): Role {
    const { rrsa = { durationSeconds: 3_600 } } = spec.credentials;
    if (metadata.namespace !== undefined) {
      const refused = namespacedProblem(spec.stsEndpoint !== undefined, this.#issuersMayUsePodIdentity);
      if (refused !== undefined) return refused;
    }
    const { roleArn, oidcProviderArn, tokenFile } = { ...this.#podIdentity, ...given(rrsa) };
    if (roleArn === undefined || oidcProviderArn === undefined || tokenFile === undefined)
      return unconfigured({ roleArn, oidcProviderArn, tokenFile });

    const endpoint = stsEndpointFor(spec.stsEndpoint ?? {}, spec.region, this.#podIdentity);
    return { ...settingsOf(roleArn, rrsa, this.#podIdentity), kind: 'oidc', oidcProviderArn, tokenFile, endpoint };
  }
}

function endpointOf({ spec }: Issuer): PcaEndpoint {
  return endpointFor({ region: spec.region, ...spec.endpoint });
}

/** What the issuer itself names of its role. */
function given({ roleArn, oidcProviderArn }: { readonly roleArn?: string; readonly oidcProviderArn?: string }) {
  return {
    ...(roleArn === undefined ? {} : { roleArn }),
    ...(oidcProviderArn === undefined ? {} : { oidcProviderArn }),
  };
}

const sources = {
  roleArn: 'ALIBABA_CLOUD_ROLE_ARN (or spec.credentials.rrsa.roleArn)',
  oidcProviderArn: 'ALIBABA_CLOUD_OIDC_PROVIDER_ARN (or spec.credentials.rrsa.oidcProviderArn)',
  tokenFile: 'ALIBABA_CLOUD_OIDC_TOKEN_FILE',
} as const;

function unconfigured(found: Readonly<Record<keyof typeof sources, string | undefined>>): IssuerProblem {
  const missing = Object.entries(sources).flatMap(([name, source]) =>
    found[name as keyof typeof sources] === undefined ? [source] : [],
  );
  return {
    reason: 'IdentityNotConfigured',
    message: `spec.credentials.rrsa needs the operator's own RAM role, but the operator's pod lacks ${missing.join(', ')}. Set rrsa.enabled in the Helm values, or have ack-pod-identity-webhook inject them; the pod must be started anew.`,
  };
}

// Who may write an issuer in a namespace is seldom who may use every role that trusts the operator: a confused deputy.
function namespacedProblem(choosesSts: boolean, allowed: boolean): IssuerProblem | undefined {
  if (!allowed) {
    return {
      reason: 'CredentialsNotAllowed',
      message:
        "An AlibabaPCAIssuer may not use the operator's own identity (spec.credentials.rrsa). Name a Secret in spec.credentials.secretRef, use an AlibabaPCAClusterIssuer, or have the administrator start the operator with --issuer-ambient-credentials (Helm: rrsa.namespacedIssuers).",
    };
  }
  if (!choosesSts) return undefined;
  return {
    reason: 'CredentialsNotAllowed',
    message:
      "An AlibabaPCAIssuer with spec.credentials.rrsa may not choose where the operator's token is sent. Remove spec.stsEndpoint; the operator's environment decides (ALIBABA_CLOUD_STS_ENDPOINT).",
  };
}

function settingsOf(
  roleArn: string,
  settings: { readonly sessionName?: string; readonly durationSeconds: number; readonly policy?: string },
  { sessionName }: PodIdentity,
) {
  return {
    roleArn,
    sessionName: settings.sessionName ?? sessionName,
    durationSeconds: settings.durationSeconds,
    policy: settings.policy,
  };
}

/** The account in a role's ARN (`acs:ram::<account>:role/…`); the ARN itself where it has none. */
function accountOf(roleArn: string): string {
  return /^acs:ram::(\d+):/.exec(roleArn)?.[1] ?? roleArn;
}
