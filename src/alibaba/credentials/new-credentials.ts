// How new temporary credentials are come by: from STS with a token, an access key or another role, or from the metadata service.
import { compose } from '../call.ts';
import type { Call, PcaOutcome } from '../call.ts';
import type { PcaEndpoint } from '../endpoint.ts';
import { clientFailure } from '../errors.ts';
import type { ClientFault, FailedCall, PcaFailure } from '../errors.ts';
import type { Clock } from '../../timing/clock.ts';
import { startDeadline } from '../../timing/deadline.ts';
import type { InstanceRole, NewCredentials } from './instance-role.ts';
import type { RoleRequest, SessionRequest, Sessions, TokenSource } from './session-request.ts';
import { assumeRoleCall, credentialFailure, temporaryKeyOf } from './sts.ts';
import type { TemporaryKey } from './sts.ts';
import { withRole } from './with-role.ts';

/** An OIDC token, or why there is none: a row of the error table and a few words that hold no token. */
export type TokenReading =
  | { readonly kind: 'ok'; readonly token: string }
  | { readonly kind: 'failed'; readonly fault: ClientFault; readonly detail: string };

/** What credentials are asked for with. */
export interface CredentialProviders {
  /** Calls STS at an endpoint; every call has a time limit of its own. */
  readonly connect: (endpoint: PcaEndpoint) => Call;
  /** The token of a source. */
  readonly readToken: (source: TokenSource, signal: AbortSignal) => Promise<TokenReading>;
  readonly instanceRole: Pick<InstanceRole, 'credentials' | 'about'>;
  /** Its wall clock is compared with that of STS. */
  readonly clock: Clock;
  /** Longest wait for a token, in milliseconds. */
  readonly timeoutMs: number;
  /** Ends what is under way: it belongs to no single caller. */
  readonly signal: AbortSignal;
}

/** New credentials for a request; `sessions` gives those of the role that takes another. Never rejects. */
export async function newCredentials(
  request: SessionRequest,
  sessions: Sessions,
  on: CredentialProviders,
): Promise<NewCredentials> {
  const now = on.clock.now().getTime();
  if (request.kind === 'instanceRole') {
    const read = await on.instanceRole.credentials(request.name, on.signal);
    return read.kind === 'failed' || read.expiresAt > now
      ? read
      : failed(clientFailure('MetadataUnreadable', on.instanceRole.about, { detail: hasEnded }));
  }
  const outcome = await asked(request, sessions, on);
  if (outcome.kind === 'failed') return failed(credentialFailure(outcome.failure));
  const key = temporaryKeyOf(outcome);
  if (key !== undefined && key.expiresAt > now) return { kind: 'ok', ...key };
  return failed(malformed(request, outcome, key));
}

/** The call that a failure of this request is told of. */
export function failedCall(
  request: SessionRequest,
  sent: boolean,
  { instanceRole }: Pick<CredentialProviders, 'instanceRole'>,
): FailedCall {
  return request.kind === 'instanceRole' ? instanceRole.about : stsCall(request, sent);
}

const hasEnded = "its credentials have expired by this node's clock, which may be wrong";

async function asked(request: RoleRequest, sessions: Sessions, on: CredentialProviders): Promise<PcaOutcome> {
  const { connect, signal } = on;
  const call = connect(request.endpoint);
  switch (request.kind) {
    case 'oidc': {
      const read = await tokenOf(request, on);
      if (read.kind === 'failed') return read;
      return call(assumeRoleCall(request, read.token), { signal });
    }
    case 'accessKey':
      return call(assumeRoleCall(request, undefined), { signal, accessKey: request.accessKey });
    case 'chained':
      return compose(call, withRole(request.source, sessions))(assumeRoleCall(request, undefined), { signal });
  }
}

async function tokenOf(
  request: Extract<RoleRequest, { readonly kind: 'oidc' }>,
  { readToken, timeoutMs, clock, signal }: CredentialProviders,
): Promise<Extract<TokenReading, { readonly kind: 'ok' }> | Extract<PcaOutcome, { readonly kind: 'failed' }>> {
  const { token: source } = request;
  using deadline = startDeadline(timeoutMs, signal, clock);
  const waited = await deadline.wait(readToken(source, deadline.signal));
  if (waited.kind === 'value' && waited.value.kind === 'ok' && waited.value.token !== '') return waited.value;
  if (source.kind === 'file') {
    const detail = `the file is "${source.file}"`;
    return failed(clientFailure('OIDCTokenUnreadable', stsCall(request, false), { detail }));
  }
  const { fault, detail } =
    waited.kind === 'value' && waited.value.kind === 'failed'
      ? waited.value
      : ({ fault: 'TokenRequestFailed', detail: 'no answer came in time' } as const);
  const { namespace, name } = source;
  const action = `Asking for a token of ServiceAccount "${namespace}/${name}"`;
  const about = { ...stsCall(request, false), action, host: 'the API server', service: 'Kubernetes' } as const;
  return failed(clientFailure(fault, about, { detail }));
}

function malformed(
  request: RoleRequest,
  { requestId }: Extract<PcaOutcome, { readonly kind: 'ok' }>,
  key: TemporaryKey | undefined,
): PcaFailure {
  const detail = key === undefined ? 'it holds no credentials' : hasEnded;
  return clientFailure('MalformedReply', stsCall(request, true), { requestId, detail });
}

// The texts are our own, so there is nothing to take out of them.
function stsCall(request: RoleRequest, sent: boolean): FailedCall {
  const { action } = assumeRoleCall(request, undefined);
  return { action, host: request.endpoint.host, sent, redact: (text, limit) => text.slice(0, limit) };
}

function failed(failure: PcaFailure): Extract<NewCredentials, { readonly kind: 'failed' }> {
  return { kind: 'failed', failure };
}
