// Temporary credentials of a RAM role from STS: AssumeRoleWithOIDC with a token of the cluster, AssumeRole with other credentials.
// Sources: Alibaba Cloud, STS API 2015-04-01, "AssumeRoleWithOIDC", "AssumeRole" and "GetCallerIdentity".
import type { PcaCall, PcaOutcome } from '../call.ts';
import type { AccessKey } from './access-key.ts';
import { isAlibabaCloud } from '../endpoint.ts';
import type { PcaEndpoint } from '../endpoint.ts';
import type { PcaFailure } from '../errors.ts';
import type { RoleRequest } from './session-request.ts';

/** Credentials with an end; `expiresAt` is STS's own statement, in milliseconds since 1970. */
export interface TemporaryKey {
  readonly accessKey: AccessKey;
  readonly expiresAt: number;
}

const version = '2015-04-01';

/** The call for a request; `token` is the OIDC token where one is sent. */
export function assumeRoleCall(request: RoleRequest, token: string | undefined): PcaCall {
  const parameters = {
    RoleArn: request.roleArn,
    RoleSessionName: request.sessionName,
    DurationSeconds: String(request.durationSeconds),
    ...(request.policy === undefined ? {} : { Policy: request.policy }),
  };
  if (request.kind === 'oidc') {
    const bearer = { OIDCProviderArn: request.oidcProviderArn, OIDCToken: token ?? '' };
    return { action: 'AssumeRoleWithOIDC', version, parameters: { ...parameters, ...bearer } };
  }
  const condition = request.externalId === undefined ? {} : { ExternalId: request.externalId };
  return { action: 'AssumeRole', version, parameters: { ...parameters, ...condition } };
}

/** Asks whose credentials these are; any credentials may. */
export const callerIdentityCall: PcaCall = { action: 'GetCallerIdentity', version, parameters: {} };

/** Whose credentials they are, in STS's words: the account's number, and the ARN and type of the identity where it says them. */
export interface CallerIdentity {
  readonly accountId: string;
  readonly arn: string | undefined;
  readonly type: string | undefined;
}

/** The identity in the answer; undefined when it holds no account. STS may be anybody's, so what has another form is left out. */
export function callerIdentityOf(body: Readonly<Record<string, unknown>>): CallerIdentity | undefined {
  const textOf = (name: string, form: RegExp): string | undefined => {
    const value = body[name];
    return typeof value === 'string' && form.test(value) ? value : undefined;
  };
  const accountId = textOf('AccountId', /^\d{1,32}$/);
  if (accountId === undefined) return undefined;
  const arn = textOf('Arn', /^acs:(?:ram|sts)::\d{1,32}:[\w=,.@/:+-]{1,200}$/);
  return { accountId, arn, type: textOf('IdentityType', /^\w{1,32}$/) };
}

/** The credentials in STS's answer; undefined when it holds none that can be used. */
export function temporaryKeyOf({ body }: Extract<PcaOutcome, { readonly kind: 'ok' }>): TemporaryKey | undefined {
  return temporaryKeyIn(body['Credentials'] ?? {});
}

/** The credentials in the members that STS and the metadata service give them; undefined where one cannot be used. */
export function temporaryKeyIn(members: unknown): TemporaryKey | undefined {
  const { AccessKeyId, AccessKeySecret, SecurityToken, Expiration } = (members ?? {}) as Readonly<
    Record<string, unknown>
  >;
  if (!isHeaderText(AccessKeyId) || !isHeaderText(AccessKeySecret) || !isHeaderText(SecurityToken)) return undefined;
  const expiresAt = typeof Expiration === 'string' ? Date.parse(Expiration) : Number.NaN;
  if (Number.isNaN(expiresAt)) return undefined;
  const accessKey = { accessKeyId: AccessKeyId, accessKeySecret: AccessKeySecret, securityToken: SecurityToken };
  return { accessKey, expiresAt };
}

function isHeaderText(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value);
}

/**
 * A failure of STS as one of the credentials: nothing that STS objects to is a fault of the certificate or of the CA for
 * which the credentials were wanted.
 */
export function credentialFailure(failure: PcaFailure): PcaFailure {
  const kept = [
    'Throttled',
    'Transient',
    'OutcomeUnknown',
    'Cancelled',
    'Credentials',
    'Permission',
    'EndpointNotAllowed',
  ];
  return kept.includes(failure.class) ? failure : { ...failure, class: 'Credentials' };
}

/** Who judges credentials at STS, as `serviceOf` tells it of PCA: those of a role that is taken with them. */
export function stsServiceOf(endpoint: Pick<PcaEndpoint, 'host' | 'protocol'>): string {
  return isAlibabaCloud('STS', endpoint)
    ? 'STS of Alibaba Cloud'
    : `STS ${endpoint.protocol} ${endpoint.host.toLowerCase()}`;
}

/** How the pod's surroundings say where STS is; what ack-pod-identity-webhook injects. */
export interface StsSurroundings {
  readonly stsHost: string | undefined;
  readonly stsRegion: string | undefined;
  readonly vpc: boolean;
}

/** What an issuer says about STS. */
export interface StsSettings {
  readonly region: string;
  readonly network?: 'Public' | 'VPC';
  readonly stsEndpoint?: { readonly host?: string; readonly protocol?: 'HTTP' | 'HTTPS'; readonly caBundle?: string };
}

/**
 * STS for an issuer (Alibaba Cloud, STS API, "Endpoints"): the host that it names; for network VPC the VPC host; else the one of
 * the surroundings, their region's or the issuer's. A VPC host answers in VPCs of its region alone, so that one is of the
 * region that the surroundings name, where the pod is, if they do.
 */
export function stsEndpointFor(
  { region, network, stsEndpoint = {} }: StsSettings,
  { stsHost, stsRegion, vpc }: StsSurroundings,
): PcaEndpoint {
  const regional = stsRegion ?? region;
  const vpcHost = `sts-vpc.${regional}.aliyuncs.com`;
  const ofSurroundings = stsHost ?? (vpc ? vpcHost : `sts.${regional}.aliyuncs.com`);
  return {
    host: stsEndpoint.host ?? (network === 'VPC' ? vpcHost : ofSurroundings),
    protocol: stsEndpoint.protocol ?? 'HTTPS',
    caBundle: stsEndpoint.caBundle,
    region: regional,
  };
}
