// From an issuer's credentials to a caller of PCA: whoever they begin with, or a role that is assumed on top.
import { compose } from '../../alibaba/call.ts';
import type { Call, Wrap } from '../../alibaba/call.ts';
import type { AccessKey } from '../../alibaba/credentials/access-key.ts';
import { accountName } from '../../alibaba/credentials/account.ts';
import type { CallerAccounts } from '../../alibaba/credentials/caller-accounts.ts';
import type {
  InstanceRoleRequest,
  RoleRequest,
  SessionRequest,
  Sessions,
  SessionState,
  SessionStates,
} from '../../alibaba/credentials/session-request.ts';
import { stsServiceOf } from '../../alibaba/credentials/sts.ts';
import type { CallerIdentity } from '../../alibaba/credentials/sts.ts';
import { withAccessKey } from '../../alibaba/credentials/with-access-key.ts';
import { withRole } from '../../alibaba/credentials/with-role.ts';
import { isAlibabaCloud, serviceOf } from '../../alibaba/endpoint.ts';
import type { PcaEndpoint } from '../../alibaba/endpoint.ts';
import type { IssuerHosts } from '../../alibaba/issuer-hosts.ts';
import type { OpenedCalls } from '../../authority/certificate-authority.ts';
import type { Issuer } from '../../crds/issuer.ts';
import type { PodIdentity } from '../../runtime/pod-identity.ts';
import { endpointsOf } from './endpoints/issuer-endpoints.ts';
import type { IssuerEndpoints } from './endpoints/issuer-endpoints.ts';
import { roleSettings } from './identity/source-identities.ts';
import type { SourceIdentities, SourceIdentity } from './identity/source-identities.ts';
import type { IssuerProblem } from './reasons.ts';

/** Calls with the issuer's credentials, or what its condition says. */
export type OpenedCredentials =
  | (OpenedCalls & {
      readonly kind: 'ok';
      /** Of the Secret or ServiceAccount that they come from (CredentialVersions); empty where neither is read. */
      readonly credentialsVersion: string;
      /** Asks STS whose the credentials are; undefined while it does not say, or may not be asked. Never rejects. */
      readonly identity: () => Promise<CallerIdentity | undefined>;
      /** What is known of temporary credentials that the operator renews; undefined where it does not, or has none yet. */
      readonly session: () => SessionState | undefined;
    })
  | { readonly kind: 'problem'; readonly problem: IssuerProblem };

type Caller = Exclude<SourceIdentity, { readonly kind: 'problem' }>;
type Endpoints = Extract<IssuerEndpoints, { readonly kind: 'ok' }>;

/** Opens the credentials of issuers. */
export class IssuerCredentials {
  readonly #identities: Pick<SourceIdentities, 'of'>;
  readonly #connect: (endpoint: PcaEndpoint) => Call;
  readonly #roles: Sessions & SessionStates;
  readonly #accounts: Pick<CallerAccounts, 'of' | 'identityOf'>;
  readonly #podIdentity: PodIdentity;
  readonly #hosts: Pick<IssuerHosts, 'allows'>;

  constructor(parts: {
    readonly identities: Pick<SourceIdentities, 'of'>;
    readonly connect: (endpoint: PcaEndpoint) => Call;
    readonly roles: Sessions & SessionStates;
    readonly accounts: Pick<CallerAccounts, 'of' | 'identityOf'>;
    readonly podIdentity: PodIdentity;
    /** Hosts that issuers may name. */
    readonly hosts: Pick<IssuerHosts, 'allows'>;
  }) {
    this.#identities = parts.identities;
    this.#connect = parts.connect;
    this.#roles = parts.roles;
    this.#accounts = parts.accounts;
    this.#podIdentity = parts.podIdentity;
    this.#hosts = parts.hosts;
  }

  /** Opens the issuer's credentials; no certificate is asked for before the first call. */
  async open(issuer: Issuer, signal: AbortSignal): Promise<OpenedCredentials> {
    const endpoints = endpointsOf(issuer, { hosts: this.#hosts, podIdentity: this.#podIdentity });
    if (endpoints.kind === 'problem') return endpoints;
    const { sts } = endpoints;
    const service = serviceOf(endpoints.pca);
    const { assumeRole } = issuer.spec.credentials;
    const places = { sts, service: assumeRole === undefined ? service : stsServiceOf(sts) };
    const source = await this.#identities.of(issuer, places, signal);
    if (source.kind === 'problem') return source;
    if (assumeRole === undefined) return this.#opened(issuer, endpoints, source);
    const settings = roleSettings(assumeRole.roleArn, assumeRole, this.#podIdentity, service);
    const request: RoleRequest = { ...settings, endpoint: sts, ...takerOf(source), externalId: assumeRole.externalId };
    return this.#opened(issuer, endpoints, { kind: 'session', request, version: source.version });
  }

  #opened(issuer: Issuer, endpoints: Endpoints, caller: Caller): OpenedCredentials {
    const { pca: endpoint } = endpoints;
    const [credentials, account]: readonly [Wrap, Promise<string>] =
      caller.kind === 'key'
        ? [withAccessKey(caller.accessKey), this.#accountOfKey(issuer, endpoints, caller.accessKey)]
        : [withRole(caller.request, this.#roles), this.#accountOfSession(issuer, endpoints, caller.request)];
    const call = compose(this.#connect(endpoint), credentials);
    return {
      kind: 'ok',
      call,
      endpoint,
      account,
      credentialsVersion: caller.version,
      identity: async () => this.#identityOf(issuer, endpoints, caller),
      session: () => (caller.kind === 'key' ? undefined : this.#roles.stateOf(caller.request)),
    };
  }

  async #identityOf(issuer: Issuer, endpoints: Endpoints, caller: Caller): Promise<CallerIdentity | undefined> {
    // The STS that gave a role's credentials may be asked about them in any case.
    const isOfRole = caller.kind !== 'key' && caller.request.kind !== 'instanceRole';
    if (!isOfRole && !this.#mayAskAccount(issuer, endpoints)) return undefined;
    const { sts } = endpoints;
    if (caller.kind === 'key') return this.#accounts.identityOf(caller.accessKey, sts);
    const given = await this.#roles.get(caller.request, unending);
    return given.kind === 'ok' ? this.#accounts.identityOf(given.accessKey, sts) : undefined;
  }

  async #accountOfKey(issuer: Issuer, endpoints: Endpoints, accessKey: AccessKey): Promise<string> {
    const mayAsk = this.#mayAskAccount(issuer, endpoints);
    const number = mayAsk ? await this.#accounts.of(accessKey, endpoints.sts) : undefined;
    return accountName(endpoints.pca, number, [accessKey.accessKeyId]);
  }

  async #accountOfSession(issuer: Issuer, endpoints: Endpoints, request: SessionRequest): Promise<string> {
    if (request.kind === 'instanceRole') return this.#accountOfInstance(issuer, endpoints, request);
    const { roleArn, endpoint: sts } = request;
    // Nothing counts against the account before PCA has described the CA, and so STS has given this role away.
    const number = isBelievedOf(issuer, { ...endpoints, sts }) ? accountOf(roleArn) : undefined;
    return accountName(endpoints.pca, number, [roleArn, sts.protocol, sts.host]);
  }

  async #accountOfInstance(issuer: Issuer, endpoints: Endpoints, request: InstanceRoleRequest): Promise<string> {
    const given = this.#mayAskAccount(issuer, endpoints) ? await this.#roles.get(request, unending) : undefined;
    const number = given?.kind === 'ok' ? await this.#accounts.of(given.accessKey, endpoints.sts) : undefined;
    return accountName(endpoints.pca, number, ['ecsRole', request.name ?? '']);
  }

  #mayAskAccount(issuer: Issuer, endpoints: Endpoints): boolean {
    const { network, stsEndpoint } = issuer.spec;
    // A custom PCA endpoint without a custom STS endpoint: the key is not sent to Alibaba Cloud's STS.
    const isStsNamed =
      stsEndpoint?.host !== undefined || (network === 'Public' && this.#podIdentity.stsHost !== undefined);
    return isBelievedOf(issuer, endpoints) && (isStsNamed || isAlibabaCloud('PCA', endpoints.pca));
  }
}

// Sessions have a time limit of their own.
const unending = new AbortController().signal;

/** Who takes a role that is assumed on top. */
function takerOf(source: Caller) {
  return source.kind === 'key'
    ? ({ kind: 'accessKey', accessKey: source.accessKey } as const)
    : ({ kind: 'chained', source: source.request } as const);
}

/** The account in a role's ARN (`acs:ram::<account>:role/…`). */
function accountOf(roleArn: string): string | undefined {
  return /^acs:ram::(\d+):/.exec(roleArn)?.[1];
}

/**
 * Whether what STS says of accounts counts for the issuer: it is Alibaba Cloud's, or the one of the operator's environment,
 * or PCA's own neighbour at the same address, whose word is for that address alone.
 */
function isBelievedOf({ spec }: Issuer, { pca, sts }: Endpoints): boolean {
  if (spec.stsEndpoint === undefined || isAlibabaCloud('STS', sts)) return true;
  return !isAlibabaCloud('PCA', pca) && serviceOf(pca) === serviceOf(sts);
}
