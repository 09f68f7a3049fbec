// Temporary credentials of RAM roles, shared by everyone who asks for the same role in the same way: one call to STS at a
// time, renewed before their end, used until their end when STS fails.
import { createHash } from 'node:crypto';
import type { Call } from '../call.ts';
import type { AccessKey } from './access-key.ts';
import type { PcaEndpoint } from '../endpoint.ts';
import { clientFailure } from '../errors.ts';
import type { PcaFailure } from '../errors.ts';
import { assumeRoleCall, credentialFailure, temporaryKeyOf } from './sts.ts';
import type { RoleRequest } from './sts.ts';
import { backoff } from '../../timing/backoff.ts';
import type { Clock } from '../../timing/clock.ts';
import { startDeadline } from '../../timing/deadline.ts';
import { RecentMap } from '../../timing/recent-map.ts';

/** Credentials that are valid now, or why there are none. */
export type RoleCredentials =
  { readonly kind: 'ok'; readonly accessKey: AccessKey } | { readonly kind: 'failed'; readonly failure: PcaFailure };

/** What a renewal came to, for log and metrics; `validMs` is what remains of the credentials in use. */
export interface RoleRenewal {
  readonly roleArn: string;
  readonly validMs: number;
  readonly failure: PcaFailure | undefined;
}

/** What the sessions work with. */
export interface RoleSessionsOptions {
  /** Calls STS at an endpoint; every call has a time limit of its own. */
  readonly connect: (endpoint: PcaEndpoint) => Call;
  /** The token in a file, without blanks around it; rejects when it cannot be read. */
  readonly readToken: (file: string, signal: AbortSignal) => Promise<string>;
  /** Its wall clock is compared with that of STS. */
  readonly clock: Clock;
  /** Longest wait for credentials, and for the token in its file, in milliseconds. */
  readonly timeoutMs: number;
  /** Ends renewals under way: they belong to no single caller. */
  readonly signal: AbortSignal;
  readonly onRenewal: (renewal: RoleRenewal) => void;
}

/** Times are monotonic milliseconds. */
interface Session {
  accessKey: AccessKey | undefined;
  renewAt: number;
  endsAt: number;
  renewal: Promise<void> | undefined;
  failure: PcaFailure | undefined;
  failures: number;
  pausedUntil: number;
}

/** Renewal begins after 70 to 80 % of the lifetime, at random so that replicas and issuers spread. */
const renewAfter = { least: 0.7, spread: 0.1 };
/** Credentials are not used in the last seconds of their life: a call takes time to arrive. */
const endMarginMs = 10_000;
const smallestUsableShare = 0.9;
const pauseAfterFailure = { baseMs: 1_000, maxMs: 60_000 };

/** The sessions by what was asked for; nothing runs between uses, so an unused one costs nothing but its entry. */
export class RoleSessions {
  readonly #options: RoleSessionsOptions;
  /** A session ends after 12 h at most, so that none which is dropped for disuse could still serve. */
  readonly #sessions: RecentMap<Session>;

  constructor(options: RoleSessionsOptions) {
    this.#options = options;
    this.#sessions = new RecentMap({ clock: options.clock });
  }

  /**
   * Credentials that are valid now. Waits for STS only when there are none; `signal` ends the wait, not the renewal that
   * others wait for. After a failure STS is left alone for a while, and the failure is given again.
   */
  async get(request: RoleRequest, signal: AbortSignal): Promise<RoleCredentials> {
    const session = this.#session(request);
    const { clock, timeoutMs } = this.#options;
    if (session.accessKey !== undefined && clock.monotonic() < session.endsAt) {
      if (clock.monotonic() >= session.renewAt) void this.#renew(session, request);
      return { kind: 'ok', accessKey: session.accessKey };
    }
    const renewal = this.#renew(session, request);
    if (renewal !== undefined) {
      using deadline = startDeadline(timeoutMs, signal, clock);
      const waited = await deadline.wait(renewal);
      if (waited.kind === 'Cancelled' || waited.kind === 'DeadlineExceeded')
        return { kind: 'failed', failure: clientFailure(waited.kind, this.#about(request, false)) };
    }
    if (session.accessKey !== undefined && clock.monotonic() < session.endsAt)
      return { kind: 'ok', accessKey: session.accessKey };

    const failure = session.failure ?? clientFailure('UnexpectedFailure', this.#about(request, false));
    return { kind: 'failed', failure };
  }

  /** PCA refused these credentials: they are not used again. Ones that were renewed meanwhile stay. */
  drop(request: RoleRequest, refused: AccessKey): void {
    const session = this.#sessions.peek(keyOf(request));
    if (session?.accessKey?.accessKeyId === refused.accessKeyId) session.accessKey = undefined;
  }

  #session(request: RoleRequest): Session {
    return this.#sessions.use(keyOf(request), () => ({
      accessKey: undefined,
      renewAt: 0,
      endsAt: 0,
      renewal: undefined,
      failure: undefined,
      failures: 0,
      pausedUntil: 0,
    }));
  }

  /** The renewal under way, a new one, or undefined during the pause after a failure. */
  #renew(session: Session, request: RoleRequest): Promise<void> | undefined {
    if (session.renewal === undefined && this.#options.clock.monotonic() < session.pausedUntil) return undefined;
    session.renewal ??= this.#renewed(session, request).finally(() => {
      session.renewal = undefined;
    });
    return session.renewal;
  }

  async #renewed(session: Session, request: RoleRequest): Promise<void> {
    const { clock } = this.#options;
    const [startedAt, wallStartedAt] = [clock.monotonic(), clock.now().getTime()];
    const outcome = await this.#ask(request, wallStartedAt);
    if (outcome.kind === 'failed') {
      session.failure = outcome.failure;
      session.pausedUntil = clock.monotonic() + backoff(session.failures, pauseAfterFailure, clock);
      session.failures += 1;
    } else {
      // The shorter of what was asked and what STS says, from before the call: a clock that is off cannot lengthen it.
      const lifetime = Math.min(request.durationSeconds * 1_000, outcome.expiresAt - wallStartedAt);
      const usable = Math.max(lifetime - endMarginMs, lifetime * smallestUsableShare);
      Object.assign(session, {
        accessKey: outcome.accessKey,
        renewAt: startedAt + lifetime * (renewAfter.least + renewAfter.spread * clock.random()),
        endsAt: startedAt + usable,
        failure: undefined,
        failures: 0,
        pausedUntil: 0,
      });
    }
    this.#options.onRenewal({
      roleArn: request.roleArn,
      validMs: session.accessKey === undefined ? 0 : Math.max(0, session.endsAt - clock.monotonic()),
      failure: session.failure,
    });
  }

  async #ask(
    request: RoleRequest,
    wallNow: number,
  ): Promise<
    | { readonly kind: 'ok'; readonly accessKey: AccessKey; readonly expiresAt: number }
    | { readonly kind: 'failed'; readonly failure: PcaFailure }
  > {
    const { signal, timeoutMs, connect, clock, readToken } = this.#options;
    let token: string | undefined;
    if (request.kind === 'oidc') {
      using deadline = startDeadline(timeoutMs, signal, clock);
      const read = await deadline.wait(readToken(request.tokenFile, deadline.signal));
      token = read.kind === 'value' ? read.value : '';
      if (token === '') {
        const detail = `the file is "${request.tokenFile}"`;
        const failure = clientFailure('OIDCTokenUnreadable', this.#about(request, false), { detail });
        return { kind: 'failed', failure };
      }
    }
    const accessKey = request.kind === 'oidc' ? undefined : request.accessKey;
    const outcome = await connect(request.endpoint)(assumeRoleCall(request, token), { signal, accessKey });
    if (outcome.kind === 'failed') return { kind: 'failed', failure: credentialFailure(outcome.failure) };
    const key = temporaryKeyOf(outcome);
    if (key !== undefined && key.expiresAt > wallNow) return { kind: 'ok', ...key };
    const { requestId } = outcome;
    const detail =
      key === undefined
        ? 'it holds no credentials'
        : "its credentials have expired by this node's clock, which may be wrong";
    return {
      kind: 'failed',
      failure: clientFailure('MalformedReply', this.#about(request, true), { requestId, detail }),
    };
  }

  // The texts are our own, so there is nothing to take out of them.
  #about(request: RoleRequest, sent: boolean): Parameters<typeof clientFailure>[1] {
    const { action } = assumeRoleCall(request, undefined);
    return { action, host: request.endpoint.host, sent, redact: (text, limit) => text.slice(0, limit) };
  }
}

/** Equal requests have equal keys; a hash, since the request may hold a secret. */
function keyOf(request: RoleRequest): string {
  const { roleArn, sessionName, durationSeconds, policy, service, endpoint } = request;
  const source =
    request.kind === 'oidc'
      ? [request.oidcProviderArn, request.tokenFile]
      : [
          request.accessKey.accessKeyId,
          request.accessKey.accessKeySecret,
          request.accessKey.securityToken,
          request.externalId,
        ];
  const asked = [roleArn, sessionName, durationSeconds, policy, endpoint.host, endpoint.protocol, endpoint.caBundle];
  return createHash('sha256')
    .update(JSON.stringify([request.kind, service, asked, source]))
    .digest('hex');
}
