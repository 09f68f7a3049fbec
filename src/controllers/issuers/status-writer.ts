// Makes known what was found of an issuer: the status, and with it event, log line and gauges.
import { issuerKey, issuerLabels } from '../../crds/issuer-ref.ts';
import type { IssuerIdentity } from '../../crds/issuer-ref.ts';
import { apiVersion, generationOf, issuerPath, readyCondition } from '../../crds/issuer.ts';
import type { IssuerAsRead, IssuerStatus } from '../../crds/issuer.ts';
import type { KubernetesClient } from '../../kubernetes/client.ts';
import type { KubernetesResult } from '../../kubernetes/failure.ts';
import type { EventRecorder } from '../../kubernetes/events.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import { undeclaredFields, withoutFields } from '../../kubernetes/undeclared-fields.ts';
import type { Clock } from '../../timing/clock.ts';
import { showAspects } from './aspects/gauges.ts';
import { isAspectNews } from './aspects/reasons.ts';
import { failoverNews } from './failover/failover-text.ts';
import type { IssuerNews, IssuerProblem, IssuerReason } from './reasons.ts';
import { Rivals } from './rivals.ts';
import type { Rival } from './rivals.ts';
import {
  checkedReason,
  instancesText,
  issuerStatus,
  keyFamilyText,
  remainingInstances,
  statusOf,
  unknownFieldsText,
} from './status.ts';
import type { Finding } from './status.ts';
import { trustNews } from './trust/trust-news.ts';

/** What writing works with. */
export interface StatusWriterParts {
  readonly kubernetes: Pick<KubernetesClient, 'applyStatus'>;
  readonly fieldManager: string;
  /** How this operator names itself in statuses: namespace and name of its Lease. */
  readonly operator: string;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'random'>;
}

/** Why a status was not written. `isStale`: the issuer is another by now than the watch has told. */
export interface NotWritten {
  readonly isStale: boolean;
  readonly reason: string;
}

/** Writes the statuses of issuers. */
export class StatusWriter {
  readonly #on: StatusWriterParts;
  readonly #rivals: Rivals;
  /** False under a CRD that is older than the field that names the operator. */
  #namesItself = true;
  /** How many instances were left when that was last told: an older CRD has no field for it. By the issuer's key. */
  readonly #toldInstances = new Map<string, number>();
  /** Issuers, with their generations, that were written under a CRD older than status.trust. */
  readonly #withoutTrust = new Map<string, number>();
  /** Fields that the CRD in the cluster did not have at the last write. */
  #undeclared: readonly string[] = [];

  constructor(parts: StatusWriterParts) {
    this.#on = parts;
    this.#rivals = new Rivals(parts.operator, parts.clock);
  }

  /**
   * Writes the status if it changed; undefined when it is as it should be, and while another operator writes it as well and
   * finds otherwise: two that take back each other's verdict help nobody.
   */
  async write(
    identity: IssuerIdentity,
    issuer: IssuerAsRead,
    { trust, ...finding }: Finding,
    signal: AbortSignal,
  ): Promise<NotWritten | undefined> {
    const isDeclared = this.#withoutTrust.get(issuerKey(identity)) !== generationOf(issuer);
    const notWritten = await this.#apply(identity, issuer, isDeclared ? { ...finding, trust } : finding, signal);
    const { metrics } = this.#on;
    const labels = issuerLabels(identity);
    const { problem, ca } = finding;
    if (problem !== undefined) metrics.set('pca_issuer_issuer_ready', labels, 0);
    else if (notWritten?.isStale !== true) metrics.set('pca_issuer_issuer_ready', labels, 1);
    if (ca !== undefined)
      metrics.set('pca_issuer_ca_not_after_timestamp_seconds', labels, ca.notAfter.getTime() / 1_000);

    showAspects(metrics, labels, finding.observed);
    const entry = entryInUse(issuer, finding);
    if (entry === undefined) metrics.remove('pca_issuer_failover_entry', labels);
    else metrics.set('pca_issuer_failover_entry', labels, entry);
    const remaining = remainingInstances(issuer);
    if (remaining === undefined) metrics.remove('pca_issuer_ca_instances_remaining', labels);
    else metrics.set('pca_issuer_ca_instances_remaining', labels, remaining);
    return notWritten;
  }

  /** The issuer is gone, and so are its figures. */
  forget(identity: IssuerIdentity): void {
    const labels = issuerLabels(identity);
    this.#rivals.forget(issuerKey(identity));
    this.#toldInstances.delete(issuerKey(identity));
    this.#withoutTrust.delete(issuerKey(identity));
    this.#on.metrics.remove('pca_issuer_issuer_ready', labels);
    this.#on.metrics.remove('pca_issuer_ca_not_after_timestamp_seconds', labels);
    this.#on.metrics.remove('pca_issuer_ca_instances_remaining', labels);
    showAspects(this.#on.metrics, labels, undefined);
    this.#on.metrics.remove('pca_issuer_failover_entry', labels);
  }

  async #apply(
    identity: IssuerIdentity,
    issuer: IssuerAsRead,
    finding: Finding,
    signal: AbortSignal,
  ): Promise<NotWritten | undefined> {
    const { operator: self, clock } = this.#on;
    const own = { self, undeclared: this.#undeclared };
    const isNews = issuerStatus(issuer, finding, own, clock.now()) !== undefined;
    if (!isNews) return this.#renewTimes(identity, issuer, finding, signal);
    const rival = this.#rivals.of(issuerKey(identity), issuer);
    if (rival?.isNews === true) this.#tellRival(identity, issuer, rival);
    const writers = rival === undefined ? own : { ...own, rival: rival.operator };
    const status = issuerStatus(issuer, finding, writers, clock.now());
    if (status === undefined || rival?.mayWrite === false) return undefined;
    const notWritten = await this.#send(identity, issuer, status, signal);
    if (notWritten !== undefined) return notWritten;
    // Without a name in the status nobody can tell whose it is.
    if (this.#namesItself) this.#rivals.written(issuerKey(identity), issuer);
    else this.#rivals.forget(issuerKey(identity));
    this.#tell(identity, issuer, finding.problem);
    this.#tellInstances(identity, issuer, status);
    this.#tellAspects(identity, issuer, status);
    if (finding.problem === undefined) this.#tellNews(identity, issuer, status);
    this.#tellFailover(identity, issuer, finding);
    return undefined;
  }

  /** Says that the status still holds, whoever wrote it: nothing that anybody would have to hear of. */
  async #renewTimes(
    identity: IssuerIdentity,
    issuer: IssuerAsRead,
    finding: Finding,
    signal: AbortSignal,
  ): Promise<NotWritten | undefined> {
    const { operator, clock } = this.#on;
    const hasTimes = !this.#undeclared.includes('.status.nextCheckTime');
    if (finding.observed?.isPulseDue !== true || !hasTimes) return undefined;
    const writers = { self: issuer.status?.operator ?? operator };
    return this.#send(identity, issuer, statusOf(issuer, finding, writers, clock.now()), signal);
  }

  async #send(
    { kind, ...identity }: IssuerIdentity,
    { metadata }: IssuerAsRead,
    status: IssuerStatus,
    signal: AbortSignal,
  ): Promise<NotWritten | undefined> {
    const { kubernetes, fieldManager, logger } = this.#on;
    const { resourceVersion } = metadata;
    const apply = async (body: object): ReturnType<typeof kubernetes.applyStatus> =>
      kubernetes.applyStatus(issuerPath(kind, metadata), body, { fieldManager, signal });
    const body = { apiVersion, kind: kind.kind, metadata: { resourceVersion }, status };
    const undeclared = new Set<string>();
    let result = await apply(body);
    // An API server may name one of them at a time.
    for (let more = newlyUndeclared(result, undeclared); more.length > 0; more = newlyUndeclared(result, undeclared)) {
      for (const field of more) undeclared.add(field);
      result = await apply(withoutFields(body, [...undeclared].map(wholeField)));
    }
    if (result.kind === 'ok') {
      this.#undeclared = [...undeclared].filter(isObserved);
      this.#namesItself = !undeclared.has('.status.operator');
      if (undeclared.has('.status.trust'))
        this.#withoutTrust.set(issuerKey({ kind, ...identity }), generationOf({ metadata }));
      return undefined;
    }
    // These only say that the cache is behind; the next event brings the newer object, or its end.
    const isStale = result.failure.class === 'Conflict' || result.failure.class === 'NotFound';
    const reason = `writing the issuer's status: ${result.failure.message}`;
    if (!isStale) logger.warn({ issuer: issuerKey({ kind, ...identity }) }, reason);
    return { isStale, reason };
  }

  #tell(identity: IssuerIdentity, issuer: IssuerAsRead, problem: IssuerProblem | undefined): void {
    const fields = { issuer: issuerKey(identity) };
    if (problem === undefined) this.#on.logger.info(fields, 'The issuer is ready.');
    else this.#on.logger.warn({ ...fields, reason: problem.reason }, problem.message);
    const reason = problem?.reason ?? checkedReason;
    // Figures of the CA change the status, too; only a change of Ready is news.
    if (readyCondition(issuer)?.reason === reason) return;
    const type = problem === undefined ? 'Normal' : 'Warning';
    this.#record(identity, issuer, { type, reason, note: problem?.message ?? 'The issuer was checked and is ready.' });
  }

  /** What a ready issuer has news of: its own spec or its CA asks for somebody's attention. */
  #tellNews(identity: IssuerIdentity, issuer: IssuerAsRead, { ca, trust }: IssuerStatus): void {
    const { unknownFields = [], status } = issuer;
    if (unknownFields.length > 0) this.#warn(identity, issuer, 'FieldUnknown', unknownFieldsText(unknownFields));
    const text = keyFamilyText(ca);
    if (text !== undefined && status?.ca?.keyAlgorithm !== ca?.keyAlgorithm)
      this.#warn(identity, issuer, 'KeyFamilyChanged', text);
    const news = trustNews(status?.trust, trust);
    if (news?.isToBeTrusted === true) this.#warn(identity, issuer, 'TrustChanged', news.text);
    else if (news !== undefined) this.#inform(identity, issuer, 'TrustChanged', news.text);
  }

  /** Told when the reason of a condition changes to one that asks for somebody's attention before Ready does. */
  #tellAspects(identity: IssuerIdentity, issuer: IssuerAsRead, { conditions }: IssuerStatus): void {
    for (const { type, reason, message } of conditions) {
      const before = issuer.status?.conditions.find((condition) => condition.type === type);
      if (before?.reason !== reason && isAspectNews(reason)) this.#warn(identity, issuer, reason, message);
    }
  }

  /** Told when the number changes: a CA certificate that cannot be renewed ends everything below it. */
  #tellInstances(identity: IssuerIdentity, issuer: IssuerAsRead, { externalCA }: IssuerStatus): void {
    const remaining = externalCA?.instancesRemaining;
    const key = issuerKey(identity);
    const told = this.#toldInstances.get(key) ?? issuer.status?.externalCA?.instancesRemaining;
    if (remaining === undefined || remaining === told) return;
    this.#toldInstances.set(key, remaining);
    const few = instancesText(remaining, issuer.spec?.externalCA?.instanceIds.length ?? 0);
    if (few !== undefined) this.#warn(identity, issuer, few.reason, few.text);
  }

  #tellFailover(identity: IssuerIdentity, issuer: IssuerAsRead, { failover }: Finding): void {
    const told = readyCondition(issuer)?.message ?? '';
    for (const { reason, isTrouble, text } of failoverNews(issuer.status?.failover, failover, told)) {
      if (isTrouble) this.#warn(identity, issuer, reason, text);
      else this.#inform(identity, issuer, reason, text);
    }
  }

  #tellRival(identity: IssuerIdentity, issuer: IssuerAsRead, { operator }: Rival): void {
    const { operator: self, metrics } = this.#on;
    metrics.count('pca_issuer_other_operator_total', issuerLabels(identity));
    const note = `Another operator (${operator}) writes the status of this issuer, too, and finds otherwise than this one (${self}), which therefore writes it with growing pauses. Run one release of the operator per cluster: uninstall one of them.`;
    this.#warn(identity, issuer, 'AnotherOperator', note);
  }

  #warn(identity: IssuerIdentity, issuer: IssuerAsRead, reason: IssuerNews, note: string): void {
    this.#on.logger.warn({ issuer: issuerKey(identity), reason }, note);
    this.#record(identity, issuer, { type: 'Warning', reason, note });
  }

  #inform(identity: IssuerIdentity, issuer: IssuerAsRead, reason: IssuerNews, note: string): void {
    this.#on.logger.info({ issuer: issuerKey(identity), reason }, note);
    this.#record(identity, issuer, { type: 'Normal', reason, note });
  }

  #record(
    { kind }: IssuerIdentity,
    { metadata: { name, namespace, uid } }: IssuerAsRead,
    event: {
      readonly type: 'Normal' | 'Warning';
      readonly reason: IssuerReason | IssuerNews;
      readonly note: string;
    },
  ): void {
    this.#on.events.record({
      regarding: { apiVersion, kind: kind.kind, name, uid, ...(namespace === undefined ? {} : { namespace }) },
      action: 'Check',
      ...event,
    });
  }
}

/** Whether it is a field of which nobody is told but by the status; others are told although the CRD does not have them. */
function isObserved(path: string): boolean {
  return /^\.status\.(?:identity|quota|longestAskedLifetime|lastCheckTime|nextCheckTime|ca\.chainFingerprints)\b/.test(
    path,
  );
}

/** 0 for the issuer's own CA, from 1 for entries of spec.failover; undefined for an issuer without those. */
function entryInUse({ spec, status }: IssuerAsRead, { problem, failover }: Finding): number | undefined {
  if ((spec?.failover ?? []).length === 0) return undefined;
  const inUse = problem === undefined ? failover?.inUse : status?.failover;
  return inUse === undefined ? 0 : inUse.entry + 1;
}

/** The fields that an answer names as none of the CRD's, but those that are known already. */
function newlyUndeclared(result: KubernetesResult<unknown>, known: ReadonlySet<string>): readonly string[] {
  return result.kind === 'ok' ? [] : undeclaredFields(result.failure).filter((field) => !known.has(field));
}

/** An older CRD wants more of `externalCA` than this operator writes there. */
function wholeField(path: string): string {
  return path.startsWith('.status.externalCA.') ? '.status.externalCA' : path;
}
