// The reconcile of one issuer of either kind: check it against Secret and PCA, open or close it for requests, write Ready.
import { issuerLabels, parseIssuerKey } from '../../crds/issuer-ref.ts';
import type { IssuerIdentity } from '../../crds/issuer-ref.ts';
import { apiVersion, generationOf, issuerPath, readyCondition } from '../../crds/issuer.ts';
import type { Issuer } from '../../crds/issuer.ts';
import type { IssuingCA } from '../../issuing/issuing-ca.ts';
import type { KubernetesClient } from '../../kubernetes/client.ts';
import type { ReconcileResult } from '../../kubernetes/controller.ts';
import type { EventRecorder } from '../../kubernetes/events.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { Clock } from '../../timing/clock.ts';
import type { CheckResult, IssuerCheck } from './check.ts';
import { GracePeriod } from './grace-period.ts';
import type { IssuerObject, ReadyIssuers } from './ready-issuers.ts';
import type { IssuerProblem } from './reasons.ts';
import type { IssuerSecrets } from './secret.ts';
import { checkedReason, issuerStatus } from './status.ts';

/** What the reconcile works with. */
export interface IssuerControllerParts {
  /** The issuer of a key as the watch has it. */
  readonly issuer: (key: string) => Issuer | undefined;
  readonly check: Pick<IssuerCheck, 'check'>;
  readonly secrets: Pick<IssuerSecrets, 'isSame'>;
  readonly readyIssuers: ReadyIssuers;
  readonly kubernetes: Pick<KubernetesClient, 'applyStatus'>;
  readonly fieldManager: string;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Time between two checks of a ready issuer. */
  readonly checkIntervalMs: number;
  /** How often the Secret of a ready issuer is looked at between two checks. */
  readonly secretIntervalMs: number;
}

/** One issuer in one reconcile. */
interface Reconciled {
  readonly key: string;
  readonly identity: IssuerIdentity;
  readonly issuer: Issuer;
  readonly object: IssuerObject;
}

interface Finding {
  readonly problem: IssuerProblem | undefined;
  readonly ca: IssuingCA | undefined;
}

const done: ReconcileResult = { kind: 'done' };

/** Checks issuers and keeps their Ready condition. */
export class IssuerController {
  readonly #on: IssuerControllerParts;
  /** When a ready issuer is due for its next whole check, on the monotonic clock. */
  readonly #dueAt = new Map<string, number>();
  readonly #grace: GracePeriod;

  constructor(parts: IssuerControllerParts) {
    this.#on = parts;
    this.#grace = new GracePeriod(parts.clock);
  }

  /** Reconciles the issuer of a key made by `issuerKey`. */
  async reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult> {
    const identity = parseIssuerKey(key);
    if (identity === undefined) return done;
    const issuer = this.#on.issuer(key);
    if (issuer === undefined || issuer.metadata.deletionTimestamp !== undefined) return this.#forget(key, identity);
    const object = { uid: issuer.metadata.uid, generation: generationOf(issuer) };
    const reconciled = { key, identity, issuer, object };
    const held = this.#on.readyIssuers.held(key, object);
    if (held !== undefined) {
      this.#on.metrics.set('pca_issuer_issuer_ready', issuerLabels(identity), 0);
      const written = await this.#writeStatus(reconciled, { problem: held.problem, ca: undefined }, signal);
      return written ?? { kind: 'after', ms: held.ms };
    }
    const left = (this.#dueAt.get(key) ?? Number.NEGATIVE_INFINITY) - this.#on.clock.monotonic();
    if (left > 0 && (await this.#isUnchanged(reconciled, signal)))
      return { kind: 'after', ms: Math.min(left, this.#on.secretIntervalMs) };

    this.#dueAt.delete(key);
    return this.#check(reconciled, signal);
  }

  async #check(reconciled: Reconciled, signal: AbortSignal): Promise<ReconcileResult> {
    const { key, issuer, object } = reconciled;
    const { check, readyIssuers, logger, clock, secretIntervalMs } = this.#on;
    const result = await check.check(issuer, signal);
    if (signal.aborted) return { kind: 'retry', reason: 'the check was cut short' };
    const passing = this.#grace.of(key, result, readyIssuers.state(key, object).kind === 'ready');
    if (passing !== undefined) {
      logger.info(
        { issuer: key, reason: passing.reason },
        `It counts as ready for a moment longer: ${passing.message}`,
      );
      return { kind: 'retry', reason: passing.reason };
    }
    const settled = await this.#settle(reconciled, result, signal);
    if (settled.kind !== 'after') return settled;
    this.#dueAt.set(key, clock.monotonic() + settled.ms);
    return { kind: 'after', ms: Math.min(settled.ms, secretIntervalMs) };
  }

  /** Whether the last check still holds: same object, still ready, same Secret. */
  async #isUnchanged({ key, issuer, object }: Reconciled, signal: AbortSignal): Promise<boolean> {
    const state = this.#on.readyIssuers.state(key, object);
    return state.kind === 'ready' && (await this.#on.secrets.isSame(issuer, state.issuer.secretVersion, signal));
  }

  async #settle(reconciled: Reconciled, result: CheckResult, signal: AbortSignal): Promise<ReconcileResult> {
    const { key, identity } = reconciled;
    const { readyIssuers, metrics, clock, checkIntervalMs } = this.#on;
    const problem = result.kind === 'ready' ? undefined : result.problem;
    const ca = result.kind === 'ready' ? result.issuer.ca : result.ca;
    if (problem !== undefined) readyIssuers.close(key, problem);
    // Ready is written before requests go out, so that nobody sees certificates from an issuer that is not ready.
    const written = await this.#writeStatus(reconciled, { problem, ca }, signal);
    if (result.kind === 'ready') readyIssuers.open(key, result.issuer);
    const labels = issuerLabels(identity);
    metrics.set('pca_issuer_issuer_ready', labels, problem === undefined ? 1 : 0);
    if (ca !== undefined)
      metrics.set('pca_issuer_ca_not_after_timestamp_seconds', labels, ca.notAfter.getTime() / 1_000);

    if (written !== undefined) return written;
    if (problem !== undefined) return { kind: 'retry', reason: problem.reason };
    const jitter = 0.9 + 0.2 * clock.random();
    return { kind: 'after', ms: checkIntervalMs * jitter };
  }

  /** Writes the status if it changed; returns what to do instead of the usual when the write failed. */
  async #writeStatus(
    { key, identity, issuer }: Reconciled,
    finding: Finding,
    signal: AbortSignal,
  ): Promise<ReconcileResult | undefined> {
    const { kubernetes, fieldManager, logger, clock } = this.#on;
    const status = issuerStatus(issuer, finding, clock.now());
    if (status === undefined) return undefined;
    const { resourceVersion } = issuer.metadata;
    const result = await kubernetes.applyStatus(
      issuerPath(identity.kind, issuer.metadata),
      { apiVersion, kind: identity.kind.kind, metadata: { resourceVersion }, status },
      { fieldManager, signal },
    );
    const fields = { issuer: key };
    if (result.kind === 'failed') {
      if (result.failure.class === 'NotFound') return done;
      // A conflict only says that the cache is behind; the next event brings the newer object.
      const reason = `writing the issuer's status: ${result.failure.message}`;
      if (result.failure.class !== 'Conflict') logger.warn(fields, reason);
      return { kind: 'retry', reason };
    }
    const { problem } = finding;
    if (problem === undefined) logger.info(fields, 'The issuer is ready.');
    else logger.warn({ ...fields, reason: problem.reason }, problem.message);
    this.#record(issuer, identity, problem);
    return undefined;
  }

  #record(issuer: Issuer, { kind }: IssuerIdentity, problem: IssuerProblem | undefined): void {
    const { name, namespace, uid } = issuer.metadata;
    const reason = problem?.reason ?? checkedReason;
    // Figures of the CA change the status, too; only a change of Ready is news.
    if (readyCondition(issuer)?.reason === reason) return;
    this.#on.events.record({
      regarding: { apiVersion, kind: kind.kind, name, uid, ...(namespace === undefined ? {} : { namespace }) },
      type: problem === undefined ? 'Normal' : 'Warning',
      reason,
      action: 'Check',
      note: problem?.message ?? 'The issuer was checked and is ready.',
    });
  }

  #forget(key: string, identity: IssuerIdentity): ReconcileResult {
    this.#on.readyIssuers.remove(key);
    this.#dueAt.delete(key);
    this.#grace.forget(key);
    const labels = issuerLabels(identity);
    this.#on.metrics.remove('pca_issuer_issuer_ready', labels);
    this.#on.metrics.remove('pca_issuer_ca_not_after_timestamp_seconds', labels);
    return done;
  }
}
