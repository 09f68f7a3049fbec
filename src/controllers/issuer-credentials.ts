// From an issuer's credentials to a caller of PCA: an access key, the operator's own role, or a role taken with a key.
import type { Issuer } from '../crds/issuer.ts';
import type { AccessKey } from '../alibaba/credentials/access-key.ts';
import { endpointFor, type PcaEndpoint } from '../alibaba/endpoint.ts';
import type { RoleSessions } from '../alibaba/credentials/role-sessions.ts';
import { isAlibabaCloudHost, type RoleRequest, stsEndpointFor } from '../alibaba/credentials/sts.ts';
import type { PodIdentity } from '../runtime/pod-identity.ts';
import type { CallerAccounts } from './caller-accounts.ts';
import { readAccessKey, type SecretDependencies, secretRefOf } from './issuer-secret.ts';
import type { IssuerProblem } from './issuer-sessions.ts';
import type { PcaCaller } from './pca-caller.ts';
import { RoleCaller } from './role-caller.ts';

/** What opening credentials needs from outside. */
export interface CredentialDependencies extends SecretDependencies {
  readonly connect: (endpoint: PcaEndpoint, accessKey: AccessKey) => PcaCaller;
  readonly roles: Pick<RoleSessions, 'get' | 'drop'>;
  readonly accounts: Pick<CallerAccounts, 'of'>;
  readonly podIdentity: PodIdentity;
  /** Whether AlibabaPCAIssuers may use the operator's own identity, too. */
  readonly issuersMayUsePodIdentity: boolean;
}

/** A caller of PCA with the issuer's credentials, or what its condition says. */
export type IssuerCredentials =
  | {
      readonly kind: 'ok';
      readonly client: PcaCaller;
      /** Where PCA is. */
      readonly endpoint: PcaEndpoint;
      /** Whose limits the calls count against: the account's number, or the access key id while it is not known. */
      readonly account: Promise<string>;
      /** resourceVersion of the Secret; empty where none is read. */
      readonly secretVersion: string;
    }
  | { readonly kind: 'problem'; readonly problem: IssuerProblem };

type Role = Extract<RoleRequest, { readonly kind: 'oidc' }> | IssuerProblem;

/** Opens the issuer's credentials; nothing is sent to Alibaba Cloud before the first call. */
export async function openCredentials(
  issuer: Issuer,
  dependencies: CredentialDependencies,
  signal: AbortSignal,
): Promise<IssuerCredentials> {
  const { spec } = issuer;
  const endpoint = endpointFor({ region: spec.region, ...spec.endpoint });
  const named = secretRefOf(issuer);
  if (named === undefined) {
    const role = podRole(issuer, dependencies);
    if ('reason' in role) return { kind: 'problem', problem: role };
    return { ...roleCredentials(role, endpoint, dependencies), secretVersion: '' };
  }
  const read = await readAccessKey(issuer, named, dependencies, signal);
  if (read.kind === 'problem') return read;
  const { accessKey, version: secretVersion } = read;
  const { assumeRole } = spec.credentials;
  const sts = stsEndpointFor(spec.stsEndpoint ?? {}, spec.region, dependencies.podIdentity);
  if (assumeRole === undefined) {
    const client = dependencies.connect(endpoint, accessKey);
    // Whoever put something else in PCA's place and named no STS has none, and the key is not to be shown to the real one.
    const isStsNamed = (spec.stsEndpoint?.host ?? dependencies.podIdentity.stsHost) !== undefined;
    const account =
      isStsNamed || isAlibabaCloudHost(endpoint.host)
        ? dependencies.accounts.of(accessKey, sts)
        : Promise.resolve(accessKey.accessKeyId);
    return { kind: 'ok', client, endpoint, account, secretVersion };
  }
  const role: RoleRequest = {
    ...settingsOf(assumeRole.roleArn, assumeRole, dependencies.podIdentity),
    kind: 'accessKey',
    accessKey,
    externalId: assumeRole.externalId,
    endpoint: sts,
  };
  return { ...roleCredentials(role, endpoint, dependencies), secretVersion };
}

function roleCredentials(role: RoleRequest, endpoint: PcaEndpoint, dependencies: CredentialDependencies) {
  const client = new RoleCaller(role, dependencies.roles, (accessKey) => dependencies.connect(endpoint, accessKey));
  return { kind: 'ok', client, endpoint, account: Promise.resolve(accountOf(role.roleArn)) } as const;
}

/** The role of the operator's own identity for this issuer, or why it has none. */
function podRole({ spec, metadata }: Issuer, dependencies: CredentialDependencies): Role {
  const { podIdentity, issuersMayUsePodIdentity } = dependencies;
  const { rrsa = { durationSeconds: 3_600 } } = spec.credentials;
  if (metadata.namespace !== undefined) {
    const refused = namespacedProblem(spec.stsEndpoint !== undefined, issuersMayUsePodIdentity);
    if (refused !== undefined) return refused;
  }
  const { roleArn, oidcProviderArn, tokenFile } = { ...podIdentity, ...given(rrsa) };
  if (roleArn === undefined || oidcProviderArn === undefined || tokenFile === undefined) {
    return unconfigured({ roleArn, oidcProviderArn, tokenFile });
  }
  const endpoint = stsEndpointFor(spec.stsEndpoint ?? {}, spec.region, podIdentity);
  return { ...settingsOf(roleArn, rrsa, podIdentity), kind: 'oidc', oidcProviderArn, tokenFile, endpoint };
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
