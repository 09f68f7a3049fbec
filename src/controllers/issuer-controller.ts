// The reconcile of one issuer of either kind: check it against Secret and PCA, open or close its session, write Ready.
import { apiVersion, generationOf, issuerPath, readyCondition, type Issuer } from '../crds/issuer.ts';
import type { ReconcileResult } from '../kubernetes/controller.ts';
import type { EventRecorder } from '../kubernetes/events.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { checkIssuer, type CheckDependencies, type CheckResult } from './check.ts';
import { describeIssuer, issuerLabels, parseIssuerKey, type IssuerIdentity } from '../crds/issuer-ref.ts';
import { isSameSecret } from './issuer-secret.ts';
import type { IssuerProblem, IssuerSessions } from './issuer-sessions.ts';
import { checkedReason, issuerStatus } from './issuer-status.ts';
import { PassingTrouble } from './passing-trouble.ts';

/** What the reconcile works with; `checkIntervalMilliseconds` is the time between two checks of a ready issuer. */
export interface IssuerDependencies extends CheckDependencies {
  readonly issuer: (key: string) => Issuer | undefined;
  readonly sessions: IssuerSessions;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly fieldManager: string;
  readonly checkIntervalMilliseconds: number;
  /** How often the Secret of a ready issuer is looked at between two checks. */
  readonly secretIntervalMilliseconds: number;
  readonly random: () => number;
}

const done: ReconcileResult = { kind: 'done' };

/** Builds the reconcile function for keys made by `issuerKey`. */
export function issuerReconciler(
  dependencies: IssuerDependencies,
): (key: string, signal: AbortSignal) => Promise<ReconcileResult> {
  /** When a ready issuer is due for its next whole check, in wall-clock milliseconds. */
  const dueAt = new Map<string, number>();
  const trouble = new PassingTrouble(dependencies.now);
  return async (key, signal) => {
    const identity = parseIssuerKey(key);
    if (identity === undefined) return done;
    const issuer = dependencies.issuer(key);
    if (issuer === undefined || issuer.metadata.deletionTimestamp !== undefined) {
      forget(dependencies, key, identity);
      dueAt.delete(key);
      trouble.forget(key);
      return done;
    }
    const object = { uid: issuer.metadata.uid, generation: generationOf(issuer) };
    const held = dependencies.sessions.held(key, object);
    if (held !== undefined) {
      const written = await writeStatus(
        dependencies,
        { issuer, identity, problem: held.problem, ca: undefined },
        signal,
      );
      return written ?? { kind: 'after', milliseconds: held.milliseconds };
    }
    const left = (dueAt.get(key) ?? 0) - dependencies.now().getTime();
    if (left > 0 && (await isUnchanged(dependencies, { key, issuer, object }, signal))) {
      return { kind: 'after', milliseconds: Math.min(left, dependencies.secretIntervalMilliseconds) };
    }
    dueAt.delete(key);
    const result = await checkIssuer(issuer, dependencies, signal);
    if (signal.aborted) return { kind: 'retry', reason: 'the check was cut short' };
    const passing = trouble.of(key, result, dependencies.sessions.state(key, object).kind === 'ready');
    if (passing !== undefined) {
      dependencies.logger.info(
        { issuer: describeIssuer(identity), reason: passing.reason },
        `It counts as ready for a moment longer: ${passing.message}`,
      );
      return { kind: 'retry', reason: passing.reason };
    }
    const settled = await settle(dependencies, { key, identity, issuer, result }, signal);
    if (settled.kind !== 'after') return settled;
    dueAt.set(key, dependencies.now().getTime() + settled.milliseconds);
    return { kind: 'after', milliseconds: Math.min(settled.milliseconds, dependencies.secretIntervalMilliseconds) };
  };
}

/** Whether the last check still holds: same object, still ready, same Secret. */
async function isUnchanged(
  dependencies: IssuerDependencies,
  known: {
    readonly key: string;
    readonly issuer: Issuer;
    readonly object: { readonly uid: string; readonly generation: number };
  },
  signal: AbortSignal,
): Promise<boolean> {
  const state = dependencies.sessions.state(known.key, known.object);
  return (
    state.kind === 'ready' && (await isSameSecret(known.issuer, state.session.secretVersion, dependencies, signal))
  );
}

async function settle(
  dependencies: IssuerDependencies,
  checked: {
    readonly key: string;
    readonly identity: IssuerIdentity;
    readonly issuer: Issuer;
    readonly result: CheckResult;
  },
  signal: AbortSignal,
): Promise<ReconcileResult> {
  const { key, identity, issuer, result } = checked;
  const problem = result.kind === 'ready' ? undefined : result.problem;
  const ca = result.kind === 'ready' ? result.session.ca : result.ca;
  if (problem !== undefined) dependencies.sessions.close(key, problem);
  // Ready is written before requests go out, so that nobody sees certificates from an issuer that is not ready.
  const written = await writeStatus(dependencies, { issuer, identity, problem, ca }, signal);
  if (result.kind === 'ready') dependencies.sessions.open(key, result.session);
  const labels = issuerLabels(identity);
  dependencies.metrics.set('pca_issuer_issuer_ready', labels, problem === undefined ? 1 : 0);
  if (ca !== undefined) {
    dependencies.metrics.set('pca_issuer_ca_not_after_timestamp_seconds', labels, ca.notAfter.getTime() / 1_000);
  }
  if (written !== undefined) return written;
  if (problem !== undefined) return { kind: 'retry', reason: problem.reason };
  const jitter = 0.9 + 0.2 * dependencies.random();
  return { kind: 'after', milliseconds: dependencies.checkIntervalMilliseconds * jitter };
}

/** Writes the status if it changed; returns what to do instead of the usual when the write failed. */
async function writeStatus(
  dependencies: IssuerDependencies,
  finding: {
    readonly issuer: Issuer;
    readonly identity: IssuerIdentity;
    readonly problem: IssuerProblem | undefined;
    readonly ca: Parameters<typeof issuerStatus>[1]['ca'];
  },
  signal: AbortSignal,
): Promise<ReconcileResult | undefined> {
  const { issuer, identity, problem } = finding;
  const status = issuerStatus(issuer, finding, dependencies.now());
  if (status === undefined) return undefined;
  const { resourceVersion } = issuer.metadata;
  const result = await dependencies.kubernetes.applyStatus(
    issuerPath(identity.kind, issuer.metadata),
    { apiVersion, kind: identity.kind.kind, metadata: { resourceVersion }, status },
    { fieldManager: dependencies.fieldManager, signal },
  );
  const fields = { issuer: describeIssuer(identity) };
  if (result.kind === 'failed') {
    if (result.failure.class === 'NotFound') return done;
    // A conflict only says that the cache is behind; the next event brings the newer object.
    const reason = `writing the issuer's status: ${result.failure.message}`;
    if (result.failure.class !== 'Conflict') dependencies.logger.warn(fields, reason);
    return { kind: 'retry', reason };
  }
  if (problem === undefined) dependencies.logger.info(fields, 'The issuer is ready.');
  else dependencies.logger.warn({ ...fields, reason: problem.reason }, problem.message);
  record(dependencies, issuer, identity, problem);
  return undefined;
}

function record(
  dependencies: IssuerDependencies,
  issuer: Issuer,
  { kind }: IssuerIdentity,
  problem: IssuerProblem | undefined,
): void {
  const { name, namespace, uid } = issuer.metadata;
  const reason = problem?.reason ?? checkedReason;
  // Figures of the CA change the status, too; only a change of Ready is news.
  if (readyCondition(issuer)?.reason === reason) return;
  dependencies.events.record({
    regarding: { apiVersion, kind: kind.kind, name, uid, ...(namespace === undefined ? {} : { namespace }) },
    type: problem === undefined ? 'Normal' : 'Warning',
    reason,
    action: 'Check',
    note: problem?.message ?? 'The issuer was checked and is ready.',
  });
}

function forget(dependencies: IssuerDependencies, key: string, identity: IssuerIdentity): void {
  dependencies.sessions.remove(key);
  const labels = issuerLabels(identity);
  dependencies.metrics.remove('pca_issuer_issuer_ready', labels);
  dependencies.metrics.remove('pca_issuer_ca_not_after_timestamp_seconds', labels);
}
