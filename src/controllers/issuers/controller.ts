// The reconcile of one issuer of either kind: check it against Secret and PCA, open or close it for requests, write Ready.
import { issuerKey, parseIssuerKey } from '../../crds/issuer-ref.ts';
import type { IssuerIdentity } from '../../crds/issuer-ref.ts';
import { generationOf, readyCondition } from '../../crds/issuer.ts';
import { isUnderstood } from '../../crds/issuer-reading.ts';
import type { Issuer, IssuerAsRead } from '../../crds/issuer.ts';
import type { ReconcileResult } from '../../kubernetes/controller.ts';
import type { Clock } from '../../timing/clock.ts';
import { IssuerAspects } from './aspects/issuer-aspects.ts';
import { checkFailed, notUnderstood } from './check.ts';
import type { CheckResult, IssuerCheck } from './check.ts';
import { EarlyEnds } from './early-ends.ts';
import { FailoverCheck } from './failover/failover-check.ts';
import { isFailedOver } from './failover/failover-reasons.ts';
import { TimedCheck } from './failover/timed-check.ts';
import { GracePeriod } from './grace-period.ts';
import type { CredentialVersions } from './identity/credential-versions.ts';
import type { IssuerObject, ReadyIssuer, ReadyIssuers } from './ready-issuers.ts';
import type { IssuerProblem } from './reasons.ts';
import { StatusWriter } from './status-writer.ts';
import type { NotWritten, StatusWriterParts } from './status-writer.ts';
import { isSameTrust, remainingInstances } from './status.ts';
import type { Finding } from './status.ts';
import { isPublished } from './trust/issuer-trust.ts';
import type { IssuerTrust } from './trust/issuer-trust.ts';

/** What the reconcile works with. */
export interface IssuerControllerParts extends StatusWriterParts {
  /** The issuer of a key as the watch has it. */
  readonly issuer: (key: string) => IssuerAsRead | undefined;
  readonly check: Pick<IssuerCheck, 'check'>;
  readonly credentialVersions: Pick<CredentialVersions, 'isSame' | 'isReplaced'>;
  readonly readyIssuers: ReadyIssuers;
  readonly trust: Pick<IssuerTrust, 'isSettled' | 'publish'>;
  readonly clock: Clock;
  /** Time between two checks of a ready issuer. */
  readonly checkIntervalMs: number;
  /** How often the Secret or ServiceAccount of an issuer is looked at between two checks, and while a fault holds it. */
  readonly secretIntervalMs: number;
  /** Longest time of one check. */
  readonly checkTimeoutMs: number;
}

/** What the last check tells of the way to PCA: it answered, whatever it said, or not; `unknown` before the first check. */
export type Standing = 'answers' | 'silent' | 'unknown';

/** One issuer in one reconcile. */
interface Reconciled<Read extends IssuerAsRead = Issuer & IssuerAsRead> {
  readonly key: ReturnType<typeof issuerKey>;
  readonly identity: IssuerIdentity;
  readonly issuer: Read;
  readonly object: IssuerObject;
}

// After a fault a check may find nothing wrong where the next certificate meets the same fault again. So long Ready waits
// for that certificate, or it would come and go at the end of each hold.
const trialMs = 15_000;
const done: ReconcileResult = { kind: 'done' };

/** Checks issuers and keeps their Ready condition. */
export class IssuerController {
  readonly #on: IssuerControllerParts;
  readonly #status: StatusWriter;
  readonly #failover: FailoverCheck;
  readonly #grace: GracePeriod;
  readonly #earlyEnds: EarlyEnds;
  readonly #aspects: IssuerAspects;
  /** When a ready issuer is due for its next whole check, and until when its Ready waits, on the monotonic clock. */
  readonly #dueAt = new Map<string, number>();
  readonly #trialUntil = new Map<string, number>();
  readonly #standing = new Map<string, Standing>();

  constructor(parts: IssuerControllerParts) {
    this.#on = parts;
    this.#status = new StatusWriter(parts);
    const { check, checkTimeoutMs, checkIntervalMs, clock } = parts;
    // The pause between two checks is scattered by a tenth.
    this.#failover = new FailoverCheck(new TimedCheck(check, checkTimeoutMs, clock), clock, checkIntervalMs * 0.9);
    this.#grace = new GracePeriod(clock);
    this.#earlyEnds = new EarlyEnds(clock);
    this.#aspects = new IssuerAspects(clock, checkIntervalMs);
  }

  /** What the last check of the issuer of this key tells of the way to PCA. */
  standingOf(key: string): Standing {
    return this.#standing.get(key) ?? 'unknown';
  }

  /** Reconciles the issuer of a key made by `issuerKey`. */
  async reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult> {
    const identity = parseIssuerKey(key);
    if (identity === undefined) return done;
    const issuer = this.#on.issuer(key);
    if (issuer === undefined || issuer.metadata.deletionTimestamp !== undefined) return this.#forget(key, identity);
    const object = { uid: issuer.metadata.uid, generation: generationOf(issuer) };
    const found = { key: issuerKey(identity), identity, issuer, object };
    try {
      return isUnderstood(issuer)
        ? await this.#reconcile({ ...found, issuer }, signal)
        : await this.#refuse(found, signal);
    } catch (error) {
      await this.#tellDefect(found, error, signal);
      throw error;
    }
  }

  async #reconcile(reconciled: Reconciled, signal: AbortSignal): Promise<ReconcileResult> {
    const { key, object } = reconciled;
    const held = this.#on.readyIssuers.held(key, object);
    if (held !== undefined && !(await this.#endsEarly(reconciled, signal))) {
      this.#trialUntil.delete(key);
      const failedOver = await this.#failOver(reconciled, held.problem, signal);
      if (failedOver !== undefined) return failedOver;
      const notWritten = await this.#write(reconciled, { problem: held.problem, ca: undefined }, signal);
      return retryOf(notWritten) ?? { kind: 'after', ms: Math.min(held.ms, this.#on.secretIntervalMs) };
    }
    const left = (this.#dueAt.get(key) ?? Number.NEGATIVE_INFINITY) - this.#on.clock.monotonic();
    if (held === undefined && left > 0 && (await this.#isUnchanged(reconciled, signal)))
      return this.#keep(reconciled, left, signal);

    this.#dueAt.delete(key);
    return this.#checked(reconciled, await this.#failover.check(reconciled.issuer, signal), signal);
  }

  /** What issuing met may concern one entry of spec.failover alone; undefined where no other stands in. */
  async #failOver(
    reconciled: Reconciled,
    problem: IssuerProblem,
    signal: AbortSignal,
  ): Promise<ReconcileResult | undefined> {
    const { issuer } = reconciled;
    if ((issuer.spec.failover ?? []).length === 0 || !isFailedOver(problem.reason)) return undefined;
    const checked = await this.#failover.check(issuer, signal, problem);
    return checked.kind === 'ready' ? this.#checked(reconciled, checked, signal) : undefined;
  }

  /** An issuer that says what this operator does not understand is not checked: nothing but another spec changes that. */
  async #refuse(found: Reconciled<IssuerAsRead>, signal: AbortSignal): Promise<ReconcileResult> {
    this.#aspects.checked(found.key, found.issuer, undefined);
    const notWritten = await this.#close(found, { problem: notUnderstood(found.issuer), ca: undefined }, signal);
    return retryOf(notWritten) ?? { kind: 'after', ms: this.#on.checkIntervalMs };
  }

  /** Nobody would hear of an issuer that no check came to an end with. */
  async #tellDefect(found: Reconciled<IssuerAsRead>, thrown: unknown, signal: AbortSignal): Promise<void> {
    const { key, object } = found;
    const result = { kind: 'notReady', problem: checkFailed(thrown), ca: undefined } as const;
    const isReady = this.#on.readyIssuers.state(key, object).kind === 'ready';
    if (signal.aborted || this.#grace.of(key, result, isReady) !== undefined) return;
    this.#aspects.checked(key, found.issuer, undefined);
    try {
      await this.#close(found, result, signal);
    } catch (error) {
      // The first one is thrown on, and goes to the log with all its words.
      const { name } = error instanceof Error ? error : new Error('something that is no Error was thrown');
      this.#on.logger.error({ issuer: key }, `The defect could not be told on the issuer: ${name}.`);
    }
  }

  /** No request goes out any more, and the status says why. */
  async #close(
    found: Reconciled<IssuerAsRead>,
    finding: Finding & { readonly problem: IssuerProblem },
    signal: AbortSignal,
  ): Promise<NotWritten | undefined> {
    this.#on.readyIssuers.close(found.key, finding.problem);
    this.#trialUntil.delete(found.key);
    this.#dueAt.delete(found.key);
    return this.#write(found, finding, signal);
  }

  /** Whether the hold after a fault ends before its time, since the Secret or ServiceAccount is another one by now. */
  async #endsEarly({ key, issuer }: Reconciled, signal: AbortSignal): Promise<boolean> {
    const { readyIssuers, credentialVersions } = this.#on;
    const version = readyIssuers.last(key)?.credentialsVersion ?? '';
    if (!this.#earlyEnds.mayBeNow(key) || !(await credentialVersions.isReplaced(issuer, version, signal))) return false;
    this.#earlyEnds.count(key);
    readyIssuers.endHold(key);
    return true;
  }

  /** Whether the last check still holds: same object, still ready, same credentials, and clients still find what to trust. */
  async #isUnchanged({ key, issuer, object }: Reconciled, signal: AbortSignal): Promise<boolean> {
    const { readyIssuers, credentialVersions, trust } = this.#on;
    const state = readyIssuers.state(key, object);
    return (
      state.kind === 'ready' &&
      readyIssuers.demanded(key).every((certificate) => isPublished(state.issuer, certificate)) &&
      (await credentialVersions.isSame(issuer, state.issuer.credentialsVersion, signal)) &&
      (await trust.isSettled(issuer, state.issuer, signal))
    );
  }

  /** Nothing has changed since the last check: all that may be due is the Ready that waited, or the number of instances. */
  async #keep(reconciled: Reconciled, leftMs: number, signal: AbortSignal): Promise<ReconcileResult> {
    const { key, issuer, object } = reconciled;
    const state = this.#on.readyIssuers.state(key, object);
    const isDue = this.#trialUntil.has(key) && this.#trialMs(reconciled) === undefined;
    const isCountDue = remainingInstances(issuer) !== issuer.status?.externalCA?.instancesRemaining;
    if (!(isDue || (isCountDue && !this.#trialUntil.has(key))) || state.kind !== 'ready')
      return this.#nextLook(reconciled, leftMs);
    const notWritten = await this.#write(reconciled, readyFinding(state.issuer), signal);
    if (notWritten === undefined) this.#trialUntil.delete(key);
    return retryOf(notWritten) ?? this.#nextLook(reconciled, leftMs);
  }

  async #checked(reconciled: Reconciled, checked: CheckResult, signal: AbortSignal): Promise<ReconcileResult> {
    const { key, object } = reconciled;
    const { readyIssuers, logger, clock, checkIntervalMs, trust } = this.#on;
    // What clients must trust is published before anything is issued below it.
    const result =
      checked.kind === 'ready'
        ? await trust.publish(reconciled.issuer, checked.issuer, readyIssuers.demanded(key), signal)
        : checked;
    if (result.kind === 'stale') return { kind: 'retry', reason: 'the issuer is another by now' };
    if (signal.aborted) return { kind: 'retry', reason: 'the check was cut short' };
    const isSilent = result.kind === 'notReady' && result.problem.reason === 'PCAUnavailable';
    this.#standing.set(key, isSilent ? 'silent' : 'answers');
    const passing = this.#grace.of(key, result, readyIssuers.state(key, object).kind === 'ready');
    if (passing !== undefined) {
      logger.info(
        { issuer: key, reason: passing.reason },
        `It counts as ready for a moment longer: ${passing.message}`,
      );
      return { kind: 'retry', reason: passing.reason };
    }
    this.#aspects.checked(key, reconciled.issuer, checked.facts);
    const retry = await this.#settle(reconciled, result, signal);
    if (retry !== undefined) return retry;
    const ms = checkIntervalMs * (0.9 + 0.2 * clock.random());
    this.#dueAt.set(key, clock.monotonic() + ms);
    return this.#nextLook(reconciled, ms);
  }

  /** Opens or closes the issuer and writes that; the retry where there is something left to do. */
  async #settle(
    reconciled: Reconciled,
    result: CheckResult,
    signal: AbortSignal,
  ): Promise<ReconcileResult | undefined> {
    const { key } = reconciled;
    if (result.kind === 'notReady') {
      const notWritten = await this.#close(reconciled, result, signal);
      return retryOf(notWritten) ?? { kind: 'retry', reason: result.problem.reason };
    }
    // Ready is written before requests go out, so that nobody sees certificates from an issuer that is not ready; only after
    // a fault the first of them decides.
    const isNews = !isSameTrust(reconciled.issuer.status?.trust, result.issuer.trustStatus);
    const isOnTrial = !isNews && this.#trialMs(reconciled) !== undefined;
    const notWritten = isOnTrial ? undefined : await this.#write(reconciled, readyFinding(result.issuer), signal);
    // What was checked is no longer what the cluster has: the next event or try brings that. And what must stay trusted is
    // known only from the status, so nothing is issued below what it does not name.
    if (notWritten === undefined || (!notWritten.isStale && !isNews))
      this.#on.readyIssuers.open(key, this.#aspects.listening(key, result.issuer));
    return retryOf(notWritten);
  }

  /** Milliseconds for which Ready still waits for the first certificate after a fault; undefined where it does not wait. */
  #trialMs({ key, issuer, object }: Reconciled): number | undefined {
    if (readyCondition(issuer)?.status === 'True' || !this.#on.readyIssuers.isSuspect(key, object)) return undefined;
    const now = this.#on.clock.monotonic();
    const until = this.#trialUntil.get(key) ?? now + trialMs;
    this.#trialUntil.set(key, until);
    return until > now ? until - now : undefined;
  }

  #nextLook(reconciled: Reconciled, dueMs: number): ReconcileResult {
    const trial = this.#trialMs(reconciled) ?? dueMs;
    return { kind: 'after', ms: Math.min(dueMs, this.#on.secretIntervalMs, trial) };
  }

  async #write(
    { key, identity, issuer, object }: Reconciled<IssuerAsRead>,
    finding: Finding,
    signal: AbortSignal,
  ): Promise<NotWritten | undefined> {
    const observed = this.#aspects.observe(key, issuer, finding, this.#on.readyIssuers.held(key, object)?.ms);
    return this.#status.write(identity, issuer, { ...finding, observed }, signal);
  }

  #forget(key: string, identity: IssuerIdentity): ReconcileResult {
    this.#on.readyIssuers.remove(key);
    this.#dueAt.delete(key);
    this.#trialUntil.delete(key);
    this.#standing.delete(key);
    this.#grace.forget(key);
    this.#earlyEnds.forget(key);
    this.#aspects.forget(key);
    this.#status.forget(identity);
    return done;
  }
}

function readyFinding({ ca, trustStatus, failover }: ReadyIssuer): Finding {
  return { problem: undefined, ca, trust: trustStatus, failover };
}

function retryOf(notWritten: NotWritten | undefined): ReconcileResult | undefined {
  return notWritten === undefined ? undefined : { kind: 'retry', reason: notWritten.reason };
}
