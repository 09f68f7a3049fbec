// Makes known what was found of an issuer: the status, and with it event, log line and gauges.
import { issuerKey, issuerLabels } from '../../crds/issuer-ref.ts';
import type { IssuerIdentity } from '../../crds/issuer-ref.ts';
import { apiVersion, issuerPath, readyCondition } from '../../crds/issuer.ts';
import type { Issuer } from '../../crds/issuer.ts';
import type { IssuingCA } from '../../issuing/issuing-ca.ts';
import type { KubernetesClient } from '../../kubernetes/client.ts';
import type { EventRecorder } from '../../kubernetes/events.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { Clock } from '../../timing/clock.ts';
import type { IssuerProblem } from './reasons.ts';
import { checkedReason, issuerStatus } from './status.ts';

/** What writing works with. */
export interface StatusWriterParts {
  readonly kubernetes: Pick<KubernetesClient, 'applyStatus'>;
  readonly fieldManager: string;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Pick<Clock, 'now'>;
}

/** What is wrong with an issuer, if anything, and its CA where PCA described it. */
export interface Finding {
  readonly problem: IssuerProblem | undefined;
  readonly ca: IssuingCA | undefined;
}

/** Why a status was not written. `isStale`: the issuer is another by now than the watch has told. */
export interface NotWritten {
  readonly isStale: boolean;
  readonly reason: string;
}

/** Writes the statuses of issuers. */
export class StatusWriter {
  readonly #on: StatusWriterParts;

  constructor(parts: StatusWriterParts) {
    this.#on = parts;
  }

  /** Writes the status if it changed; undefined when it is as it should be. */
  async write(
    identity: IssuerIdentity,
    issuer: Issuer,
    finding: Finding,
    signal: AbortSignal,
  ): Promise<NotWritten | undefined> {
    const notWritten = await this.#apply(identity, issuer, finding, signal);
    const { metrics } = this.#on;
    const labels = issuerLabels(identity);
    const { problem, ca } = finding;
    if (problem !== undefined) metrics.set('pca_issuer_issuer_ready', labels, 0);
    else if (notWritten?.isStale !== true) metrics.set('pca_issuer_issuer_ready', labels, 1);
    if (ca !== undefined)
      metrics.set('pca_issuer_ca_not_after_timestamp_seconds', labels, ca.notAfter.getTime() / 1_000);

    return notWritten;
  }

  /** The issuer is gone, and so are its figures. */
  forget(identity: IssuerIdentity): void {
    const labels = issuerLabels(identity);
    this.#on.metrics.remove('pca_issuer_issuer_ready', labels);
    this.#on.metrics.remove('pca_issuer_ca_not_after_timestamp_seconds', labels);
  }

  async #apply(
    identity: IssuerIdentity,
    issuer: Issuer,
    finding: Finding,
    signal: AbortSignal,
  ): Promise<NotWritten | undefined> {
    const { kubernetes, fieldManager, logger, clock } = this.#on;
    const status = issuerStatus(issuer, finding, clock.now());
    if (status === undefined) return undefined;
    const { resourceVersion } = issuer.metadata;
    const result = await kubernetes.applyStatus(
      issuerPath(identity.kind, issuer.metadata),
      { apiVersion, kind: identity.kind.kind, metadata: { resourceVersion }, status },
      { fieldManager, signal },
    );
    const fields = { issuer: issuerKey(identity) };
    if (result.kind === 'failed') {
      // These only say that the cache is behind; the next event brings the newer object, or its end.
      const isStale = result.failure.class === 'Conflict' || result.failure.class === 'NotFound';
      const reason = `writing the issuer's status: ${result.failure.message}`;
      if (!isStale) logger.warn(fields, reason);
      return { isStale, reason };
    }
    const { problem } = finding;
    if (problem === undefined) logger.info(fields, 'The issuer is ready.');
    else logger.warn({ ...fields, reason: problem.reason }, problem.message);
    this.#record(identity, issuer, problem);
    return undefined;
  }

  #record({ kind }: IssuerIdentity, issuer: Issuer, problem: IssuerProblem | undefined): void {
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
}
