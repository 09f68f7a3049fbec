// What temporary credentials are asked for with: the role, how long, where, and who takes it. Equal requests share a session.
import { createHash } from 'node:crypto';
import type { PcaEndpoint } from '../endpoint.ts';
import type { PcaFailure } from '../errors.ts';
import type { AccessKey } from './access-key.ts';

/** What is asked of STS whoever asks. `durationSeconds`: 900 to the role's own maximum; `policy`: RAM policy in JSON. */
export interface RoleSettings {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly durationSeconds: number;
  readonly policy: string | undefined;
  /** Where the credentials are used (`serviceOf`, `stsServiceOf`): what one service says of them is no matter of another's. */
  readonly service: string;
}

/** Where an OIDC token comes from: a file, or the API server, which makes one of the ServiceAccount with this UID. */
export type TokenSource =
  | { readonly kind: 'file'; readonly file: string }
  | {
      readonly kind: 'serviceAccount';
      readonly namespace: string;
      readonly name: string;
      readonly uid: string;
      readonly audience: string;
    };

/** A role and who takes it: the bearer of an OIDC token, the owner of an access key, or somebody in another role. */
export type RoleRequest = RoleSettings & { readonly endpoint: PcaEndpoint } & (
    | { readonly kind: 'oidc'; readonly oidcProviderArn: string; readonly token: TokenSource }
    | { readonly kind: 'accessKey'; readonly accessKey: AccessKey; readonly externalId: string | undefined }
    | { readonly kind: 'chained'; readonly source: SessionRequest; readonly externalId: string | undefined }
  );

/** The role of the ECS instance that this process runs on; without a name, whichever it has. */
export interface InstanceRoleRequest {
  readonly kind: 'instanceRole';
  readonly name: string | undefined;
  readonly service: string;
}

/** Whatever temporary credentials come from. */
export type SessionRequest = RoleRequest | InstanceRoleRequest;

/** Credentials that are valid now, or why there are none. */
export type SessionCredentials =
  { readonly kind: 'ok'; readonly accessKey: AccessKey } | { readonly kind: 'failed'; readonly failure: PcaFailure };

/** Gives credentials, and is told of those that were refused. */
export interface Sessions {
  get(request: SessionRequest, signal: AbortSignal): Promise<SessionCredentials>;
  drop(request: SessionRequest, refused: AccessKey): void;
}

/** The credentials in use: until when they are used, and why they could not be renewed, where that was tried last. */
export interface SessionState {
  readonly endsOn: Date;
  readonly renewalFailure: PcaFailure | undefined;
}

/** Tells of credentials without asking for any. */
export interface SessionStates {
  /** What is known of them; undefined where there are none. */
  stateOf(request: SessionRequest): SessionState | undefined;
}

/** The identity that is taken, fit to be shown. */
export function shownRole(request: SessionRequest): string {
  if (request.kind !== 'instanceRole') return request.roleArn;
  return request.name === undefined ? 'the ECS instance' : `${request.name} of the ECS instance`;
}

/** Equal requests have equal keys, and no others; a hash, since the request may hold a secret. */
export function keyOf(request: SessionRequest): string {
  return createHash('sha256')
    .update(JSON.stringify([request.kind, request.service, partsOf(request)]))
    .digest('hex');
}

function partsOf(request: SessionRequest): readonly unknown[] {
  if (request.kind === 'instanceRole') return [request.name];
  const { roleArn, sessionName, durationSeconds, policy, endpoint } = request;
  const asked = [roleArn, sessionName, durationSeconds, policy, endpoint.host, endpoint.protocol, endpoint.caBundle];
  return [asked, takerOf(request)];
}

function takerOf(request: RoleRequest): readonly unknown[] {
  switch (request.kind) {
    case 'oidc':
      return [request.oidcProviderArn, tokenParts(request.token)];
    case 'accessKey': {
      const { accessKeyId, accessKeySecret, securityToken } = request.accessKey;
      return [accessKeyId, accessKeySecret, securityToken, request.externalId];
    }
    case 'chained':
      return [keyOf(request.source), request.externalId];
  }
}

function tokenParts(token: TokenSource): readonly string[] {
  if (token.kind === 'file') return [token.kind, token.file];
  return [token.kind, token.namespace, token.name, token.uid, token.audience];
}
