// Temporary credentials of RAM roles, shared by everyone who asks for the same role in the same way: one call at a time, renewed
// before their end, used until their end when STS or the metadata service fails.
import type { AccessKey } from './access-key.ts';
import { clientFailure } from '../errors.ts';
import type { PcaFailure } from '../errors.ts';
import { failedCall, newCredentials } from './new-credentials.ts';
import type { CredentialProviders } from './new-credentials.ts';
import { keyOf, shownRole } from './session-request.ts';
import type { SessionCredentials, SessionRequest, Sessions, SessionState, SessionStates } from './session-request.ts';
import { backoff } from '../../timing/backoff.ts';
import { startDeadline } from '../../timing/deadline.ts';
import { RecentMap } from '../../timing/recent-map.ts';

/** What a renewal came to, for log and metrics; `validMs` is what remains of the credentials in use. */
export interface RoleRenewal {
  readonly role: string;
  readonly validMs: number;
  readonly failure: PcaFailure | undefined;
}

/** What the sessions work with; `timeoutMs` is also the longest wait for credentials. */
export interface RoleSessionsOptions extends CredentialProviders {
  readonly onRenewal: (renewal: RoleRenewal) => void;
}

/** Times are monotonic milliseconds. */
interface Session {
  accessKey: AccessKey | undefined;
  renewAt: number;
  endsAt: number;
  /** The same by the wall clock, to be told. */
  endsOn: Date;
  renewal: Promise<void> | undefined;
  failure: PcaFailure | undefined;
  failures: number;
  failedAt: number;
  pausedUntil: number;
}

/** Renewal begins after 70 to 80 % of the lifetime, at random so that replicas and issuers spread. */
const renewAfter = { least: 0.7, spread: 0.1 };
/** Credentials are not used in the last seconds of their life: a call takes time to arrive. */
const endMarginMs = 10_000;
const smallestUsableShare = 0.9;
const pauseAfterFailure = { baseMs: 1_000, maxMs: 60_000 };
/** Callers that have nothing valid to go on with do not wait for longer, however long STS has been silent. */
const longestPauseWithoutMs = 5_000;
/** No session of STS is longer. */
const longestSeconds = 43_200;

/** The sessions by what was asked for; nothing runs between uses, so an unused one costs nothing but its entry. */
export class RoleSessions implements Sessions, SessionStates {
  readonly #options: RoleSessionsOptions;
  /** A session ends after 12 h at most, so that none which is dropped for disuse could still serve. */
  readonly #sessions: RecentMap<Session>;

  constructor(options: RoleSessionsOptions) {
    this.#options = options;
    this.#sessions = new RecentMap({ clock: options.clock });
  }

  /**
   * Credentials that are valid now. Waits for new ones only when there are none; `signal` ends the wait, not the renewal that
   * others wait for. After a failure nobody is asked for a while, and the failure is given again.
   */
  async get(request: SessionRequest, signal: AbortSignal): Promise<SessionCredentials> {
    const session = this.#session(request);
    const { clock, timeoutMs } = this.#options;
    if (session.accessKey !== undefined && clock.monotonic() < session.endsAt) {
      if (clock.monotonic() >= session.renewAt) void this.#renew(session, request, session.pausedUntil);
      return { kind: 'ok', accessKey: session.accessKey };
    }
    const until = Math.min(session.pausedUntil, session.failedAt + longestPauseWithoutMs);
    const renewal = this.#renew(session, request, until);
    if (renewal !== undefined) {
      using deadline = startDeadline(timeoutMs, signal, clock);
      const waited = await deadline.wait(renewal);
      if (waited.kind === 'Cancelled' || waited.kind === 'DeadlineExceeded')
        return { kind: 'failed', failure: clientFailure(waited.kind, failedCall(request, false, this.#options)) };
    }
    if (session.accessKey !== undefined && clock.monotonic() < session.endsAt)
      return { kind: 'ok', accessKey: session.accessKey };

    const failure = session.failure ?? clientFailure('UnexpectedFailure', failedCall(request, false, this.#options));
    return { kind: 'failed', failure };
  }

  /** The service refused these credentials: they are not used again. Ones that were renewed meanwhile stay. */
  drop(request: SessionRequest, refused: AccessKey): void {
    const session = this.#sessions.peek(keyOf(request));
    if (session?.accessKey?.accessKeyId === refused.accessKeyId) session.accessKey = undefined;
  }

  stateOf(request: SessionRequest): SessionState | undefined {
    const session = this.#sessions.peek(keyOf(request));
    if (session?.accessKey === undefined) return undefined;
    return { endsOn: session.endsOn, renewalFailure: session.failure };
  }

  #session(request: SessionRequest): Session {
    return this.#sessions.use(keyOf(request), () => ({
      accessKey: undefined,
      renewAt: 0,
      endsAt: 0,
      endsOn: new Date(0),
      renewal: undefined,
      failure: undefined,
      failures: 0,
      failedAt: 0,
      pausedUntil: 0,
    }));
  }

  /** The renewal under way, a new one, or undefined during the pause after a failure. */
  #renew(session: Session, request: SessionRequest, pausedUntil: number): Promise<void> | undefined {
    if (session.renewal === undefined && this.#options.clock.monotonic() < pausedUntil) return undefined;
    session.renewal ??= this.#renewed(session, request).finally(() => {
      session.renewal = undefined;
    });
    return session.renewal;
  }

  async #renewed(session: Session, request: SessionRequest): Promise<void> {
    const { clock } = this.#options;
    const [startedAt, wallStartedAt] = [clock.monotonic(), clock.now().getTime()];
    const outcome = await newCredentials(request, this, this.#options);
    if (outcome.kind === 'failed') {
      session.failure = outcome.failure;
      session.failedAt = clock.monotonic();
      session.pausedUntil = clock.monotonic() + backoff(session.failures, pauseAfterFailure, clock);
      session.failures += 1;
    } else {
      // The shorter of what was asked and what the answer says, from before the call: a clock that is off cannot lengthen it.
      const askedSeconds = request.kind === 'instanceRole' ? longestSeconds : request.durationSeconds;
      const lifetime = Math.min(askedSeconds * 1_000, outcome.expiresAt - wallStartedAt);
      const usable = Math.max(lifetime - endMarginMs, lifetime * smallestUsableShare);
      Object.assign(session, {
        accessKey: outcome.accessKey,
        renewAt: startedAt + lifetime * (renewAfter.least + renewAfter.spread * clock.random()),
        endsAt: startedAt + usable,
        endsOn: new Date(wallStartedAt + usable),
        failure: undefined,
        failures: 0,
        pausedUntil: 0,
      });
    }
    this.#options.onRenewal({
      role: shownRole(request),
      validMs: session.accessKey === undefined ? 0 : Math.max(0, session.endsAt - clock.monotonic()),
      failure: session.failure,
    });
  }
}
