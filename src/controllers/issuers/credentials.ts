// From an issuer's credentials to a caller of PCA: an access key, the operator's own role, or a role taken with a key.
import { caBundleFault } from '../../alibaba/ca-bundle.ts';
import { compose } from '../../alibaba/call.ts';
import type { Call, Wrap } from '../../alibaba/call.ts';
import type { AccessKey } from '../../alibaba/credentials/access-key.ts';
import { accountName } from '../../alibaba/credentials/account.ts';
import type { CallerAccounts } from '../../alibaba/credentials/caller-accounts.ts';
import type { RoleSessions } from '../../alibaba/credentials/role-sessions.ts';
import { stsEndpointFor } from '../../alibaba/credentials/sts.ts';
import type { RoleRequest } from '../../alibaba/credentials/sts.ts';
import { withAccessKey } from '../../alibaba/credentials/with-access-key.ts';
import { withRole } from '../../alibaba/credentials/with-role.ts';
import { endpointFor, isAlibabaCloud, serviceOf } from '../../alibaba/endpoint.ts';
import type { PcaEndpoint } from '../../alibaba/endpoint.ts';
import type { IssuerHosts } from '../../alibaba/issuer-hosts.ts';
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
  readonly #hosts: Pick<IssuerHosts, 'allows'>;
  readonly #issuersMayUsePodIdentity: boolean;

  constructor(parts: {
    readonly secrets: Pick<IssuerSecrets, 'readAccessKey'>;
    readonly connect: (endpoint: PcaEndpoint) => Call;
    readonly roles: Pick<RoleSessions, 'get' | 'drop'>;
    readonly accounts: Pick<CallerAccounts, 'of'>;
    readonly podIdentity: PodIdentity;
    /** Hosts that issuers may name. */
    readonly hosts: Pick<IssuerHosts, 'allows'>;
    /** Whether AlibabaPCAIssuers may use the operator's own identity, too. */
    readonly issuersMayUsePodIdentity: boolean;
  }) {
    this.#secrets = parts.secrets;
    this.#connect = parts.connect;
    this.#roles = parts.roles;
    this.#accounts = parts.accounts;
    this.#podIdentity = parts.podIdentity;
    this.#hosts = parts.hosts;
    this.#issuersMayUsePodIdentity = parts.issuersMayUsePodIdentity;
  }

  /** Opens the issuer's credentials; no certificate is asked for before the first call. */
  async open(issuer: Issuer, signal: AbortSignal): Promise<OpenedCredentials> {
    const refused = hostProblem(issuer, this.#hosts) ?? caBundleProblem(issuer);
    if (refused !== undefined) return { kind: 'problem', problem: refused };
    const named = secretRefOf(issuer);
    if (named === undefined) {
      const role = this.#podRole(issuer);
      return 'reason' in role ? { kind: 'problem', problem: role } : this.#withRole(issuer, role, '');
    }
    const read = await this.#secrets.readAccessKey(issuer, named, signal);
    if (read.kind === 'problem') return read;
    const { accessKey, version: secretVersion } = read;
    const { assumeRole } = issuer.spec.credentials;
    if (assumeRole !== undefined) {
      const settings = settingsOf(assumeRole.roleArn, assumeRole, this.#podIdentity);
      const { externalId } = assumeRole;
      const places = { endpoint: this.#stsOf(issuer), service: serviceOf(endpointOf(issuer)) };
      return this.#withRole(
        issuer,
        { ...settings, ...places, kind: 'accessKey', accessKey, externalId },
        secretVersion,
      );
    }
    const endpoint = endpointOf(issuer);
    const account = this.#accountOf(issuer, accessKey);
    return { kind: 'ok', call: this.#call(endpoint, withAccessKey(accessKey)), endpoint, account, secretVersion };
  }

  #call(endpoint: PcaEndpoint, credentials: Wrap): Call {
    return compose(this.#connect(endpoint), credentials);
  }

  #stsOf({ spec }: Issuer): PcaEndpoint {
    return stsEndpointFor(spec.stsEndpoint ?? {}, spec.region, this.#podIdentity);
  }

  async #accountOf(issuer: Issuer, accessKey: AccessKey): Promise<string> {
    const endpoint = endpointOf(issuer);
    const sts = this.#stsOf(issuer);
    // A custom PCA endpoint without a custom STS endpoint: the key is not sent to the public STS.
    const isStsNamed = (issuer.spec.stsEndpoint?.host ?? this.#podIdentity.stsHost) !== undefined;
    const mayAsk = isBelievedOf(issuer, sts) && (isStsNamed || isAlibabaCloud('PCA', endpoint));
    const number = mayAsk ? await this.#accounts.of(accessKey, sts) : undefined;
    return accountName(endpoint, number, [accessKey.accessKeyId]);
  }

  #withRole(issuer: Issuer, role: RoleRequest, secretVersion: string): OpenedCredentials {
    const endpoint = endpointOf(issuer);
    const { roleArn, endpoint: sts } = role;
    // Nothing counts against the account before PCA has described the CA, and so STS has given this role away.
    const number = isBelievedOf(issuer, sts) ? accountOf(roleArn) : undefined;
    const account = Promise.resolve(accountName(endpoint, number, [roleArn, sts.protocol, sts.host]));
    return { kind: 'ok', call: this.#call(endpoint, withRole(role, this.#roles)), endpoint, account, secretVersion };
  }

  /** The role of the operator's own identity for this issuer, or why it has none. */
  #podRole(issuer: Issuer): Role {
    const { spec, metadata } = issuer;
    const { rrsa = { durationSeconds: 3_600 } } = spec.credentials;
    if (metadata.namespace !== undefined) {
      const refused = namespacedProblem(spec.stsEndpoint !== undefined, this.#issuersMayUsePodIdentity);
      if (refused !== undefined) return refused;
    }
    const { roleArn, oidcProviderArn, tokenFile } = { ...this.#podIdentity, ...given(rrsa) };
    if (roleArn === undefined || oidcProviderArn === undefined || tokenFile === undefined)
      return unconfigured({ roleArn, oidcProviderArn, tokenFile });

    const places = { endpoint: this.#stsOf(issuer), service: serviceOf(endpointOf(issuer)) };
    return { ...settingsOf(roleArn, rrsa, this.#podIdentity), ...places, kind: 'oidc', oidcProviderArn, tokenFile };
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

/** The account in a role's ARN (`acs:ram::<account>:role/…`). */
function accountOf(roleArn: string): string | undefined {
  return /^acs:ram::(\d+):/.exec(roleArn)?.[1];
}

/**
 * Whether what STS says of accounts counts for the issuer: it is Alibaba Cloud's, or the one of the operator's environment,
 * or PCA's own neighbour at the same address, whose word is for that address alone.
 */
function isBelievedOf(issuer: Issuer, sts: PcaEndpoint): boolean {
  if (issuer.spec.stsEndpoint === undefined || isAlibabaCloud('STS', sts)) return true;
  const endpoint = endpointOf(issuer);
  return !isAlibabaCloud('PCA', endpoint) && serviceOf(endpoint) === serviceOf(sts);
}

/** The host that the issuer names though it may not. */
function hostProblem({ spec }: Issuer, hosts: Pick<IssuerHosts, 'allows'>): IssuerProblem | undefined {
  const named = { 'spec.endpoint.host': spec.endpoint.host, 'spec.stsEndpoint.host': spec.stsEndpoint?.host };
  for (const [field, host] of Object.entries(named)) {
    if (host === undefined || hosts.allows(host)) continue;
    const message = `${field} names "${host}", which is none of the hosts that issuers may name. Correct it, or remove it to use Alibaba Cloud's own endpoint of the region; or have the administrator allow the host with the operator's --issuer-hosts (Helm: issuerHosts).`;
    return { reason: 'EndpointNotAllowed', message };
  }
  return undefined;
}

/** The CA bundle of an endpoint that TLS could not read. */
function caBundleProblem({ spec }: Issuer): IssuerProblem | undefined {
  const named = {
    'spec.endpoint.caBundle': spec.endpoint.caBundle,
    'spec.stsEndpoint.caBundle': spec.stsEndpoint?.caBundle,
  };
  for (const [field, caBundle] of Object.entries(named)) {
    const fault = caBundle === undefined ? undefined : caBundleFault(caBundle);
    if (fault !== undefined) return { reason: 'InvalidSettings', message: `${field}: ${fault}` };
  }
  return undefined;
}
