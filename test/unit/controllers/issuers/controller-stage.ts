// The reconcile of one issuer, with everything that it tells anybody: writes, events, metrics, log lines.
import { IssuerController } from '../../../../src/controllers/issuers/controller.ts';
import { ReadyIssuers } from '../../../../src/controllers/issuers/ready-issuers.ts';
import type { Publishing } from '../../../../src/controllers/issuers/trust/issuer-trust.ts';
import { issuerKey } from '../../../../src/crds/issuer-ref.ts';
import { generationOf, issuerKind, readyCondition } from '../../../../src/crds/issuer.ts';
import type { Issuer, IssuerAsRead } from '../../../../src/crds/issuer.ts';
import type { ReconcileResult } from '../../../../src/kubernetes/controller.ts';
import type { EventToRecord } from '../../../../src/kubernetes/events.ts';
import type { KubernetesResult } from '../../../../src/kubernetes/failure.ts';
import type { Logger } from '../../../../src/runtime/logger.ts';
import type { Metrics } from '../../../../src/runtime/metrics.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { never } from '../../authority/pca-double.ts';
import { checkParts, describedWith, readableSecret, versionsAt } from './check-stage.ts';
import type { Found } from './check-stage.ts';
import { issuerObject, read } from './objects.ts';

const kind = issuerKind('AlibabaPCAIssuer')!;
/** The key of the issuer. */
export const key = issuerKey({ kind, namespace: 'shop', name: 'pca' });
export const checkSeconds = 300;
export const secretSeconds = 15;
export const checkTimeoutSeconds = 10;

/** What is written to an issuer. */
interface Write {
  readonly path: string;
  readonly body: { readonly metadata: object; readonly status: NonNullable<Issuer['status']> };
  readonly fieldManager: string;
  /** Whether requests might go out while it was written. */
  readonly state: string;
}

/** An issuer and its controller. What the API server, PCA and the watch give may be replaced. */
export class Stage {
  readonly clock = new FakeClock();
  readonly readyIssuers = new ReadyIssuers(this.clock);
  issuer: IssuerAsRead | undefined = issuerObject();
  secret: NonNullable<Found['secret']> = readableSecret;
  described: NonNullable<Found['described']> = describedWith();
  /** The answer to the next writes; the object is changed only by those that succeed. */
  writeAnswer: KubernetesResult<undefined> = read(undefined);
  /** Fields of the status that the CRD in the cluster does not have. */
  undeclared: readonly string[] = [];
  /** Whether an answer names but one of them, as kube-apiserver's does at times. */
  namesUndeclaredOneByOne = false;
  /** What becomes of publishing what clients must trust; nothing to publish unless given. */
  publishing: Publishing | undefined;
  isSettled = true;
  /** What a check throws, if anything. */
  thrown: Error | undefined;
  checks = 0;
  readonly writes: Write[] = [];
  readonly events: EventToRecord[] = [];
  /** Values of gauges by name and issuer. */
  readonly gauges = new Map<string, number>();
  /** Level and text of each line. */
  readonly lines: string[] = [];
  readonly #controller: IssuerController;

  constructor(intervals: { readonly checkIntervalMs?: number; readonly secretIntervalMs?: number } = {}) {
    this.#controller = new IssuerController({
      issuer: () => this.issuer,
      check: {
        check: async (issuer, signal) => {
          this.checks += 1;
          if (this.thrown !== undefined) throw this.thrown;
          return checkParts({ secret: this.secret, described: this.described }).check.check(issuer, signal);
        },
      },
      credentialVersions: versionsAt(async <T>() => this.secret as KubernetesResult<T>),
      readyIssuers: this.readyIssuers,
      trust: {
        isSettled: async () => this.isSettled,
        publish: async (_issuer, issuer) => this.publishing ?? { kind: 'ready', issuer },
      },
      kubernetes: { applyStatus: async (path, body, { fieldManager }) => this.#write(path, body, fieldManager) },
      fieldManager: 'test',
      operator: 'issuers/test',
      events: { record: (event) => void this.events.push(event) },
      metrics: this.#metrics(),
      logger: this.#logger(),
      clock: this.clock,
      checkIntervalMs: checkSeconds * 1_000,
      secretIntervalMs: secretSeconds * 1_000,
      checkTimeoutMs: checkTimeoutSeconds * 1_000,
      ...intervals,
    });
  }

  /** Reasons of Ready that were written. */
  get written(): readonly string[] {
    return this.writes.map(({ body }) => readyCondition(body)?.reason ?? 'none');
  }

  get state(): string {
    const { uid = '' } = this.issuer?.metadata ?? {};
    const generation = this.issuer === undefined ? 0 : generationOf(this.issuer);
    return this.readyIssuers.state(key, { uid, generation }).kind;
  }

  /** What the last check tells of the way to PCA. */
  get standing(): string {
    return this.#controller.standingOf(key);
  }

  async reconcile(of = key, signal = never): Promise<ReconcileResult> {
    return this.#controller.reconcile(of, signal);
  }

  /** Reconciles after so many seconds; answers what was decided and whether requests may go out. */
  async after(seconds: number): Promise<readonly [decision: string, state: string]> {
    this.clock.advance(seconds * 1_000);
    const { kind: decision } = await this.reconcile();
    return [decision, this.state];
  }

  #write(path: string, body: object, fieldManager: string): KubernetesResult<undefined> {
    const written = body as Write['body'];
    this.writes.push({ path, body: written, fieldManager, state: this.state });
    const refused = this.undeclared.filter((field) => Object.hasOwn(written.status, field));
    if (refused.length > 0) return undeclaredAnswer(this.namesUndeclaredOneByOne ? refused.slice(0, 1) : refused);
    if (this.writeAnswer.kind === 'ok' && this.issuer !== undefined) {
      const { metadata, status } = this.issuer;
      const resourceVersion = `${Number(metadata.resourceVersion) + 1}`;
      const { externalCA } = written.status;
      // An apply leaves the account, which another field manager has.
      const { instances } = status?.externalCA ?? {};
      const kept =
        externalCA === undefined || instances === undefined ? {} : { externalCA: { ...externalCA, instances } };
      this.issuer = {
        ...this.issuer,
        metadata: { ...metadata, resourceVersion },
        status: { ...written.status, ...kept },
      };
    }

    return this.writeAnswer;
  }

  #metrics(): Metrics {
    const nameOf = (name: string, labels: object): string => [name, ...Object.values(labels)].join(' ');
    return {
      count: () => undefined,
      set: (name, labels, value) => void this.gauges.set(nameOf(name, labels), value),
      remove: (name, labels) => void this.gauges.delete(nameOf(name, labels)),
      observe: () => undefined,
      beforeRender: () => undefined,
      render: async () => ({ contentType: '', text: '' }),
    };
  }

  #logger(): Logger {
    const note =
      (level: string) =>
      (_fields: object, message: string): void =>
        void this.lines.push(`${level}: ${message}`);
    return { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') };
  }
}

/** What kube-apiserver 1.36 answers to an apply with fields that the schema lacks. */
function undeclaredAnswer(fields: readonly string[]): KubernetesResult<undefined> {
  const faults = fields.map((field) => `.status.${field}: field not declared in schema`);
  const said = `failed to create typed patch object (shop/pca; pca.alibabacloud.com/v1alpha1, Kind=AlibabaPCAIssuer): ${faults.length > 1 ? `errors:\n  ${faults.join('\n  ')}` : faults.join('')}`;
  const message = `PATCH /apis/pca.alibabacloud.com/v1alpha1/namespaces/shop/alibabapcaissuers/pca/status: 500 ${said}`;
  return {
    kind: 'failed',
    failure: { class: 'Defect', status: 500, reason: undefined, message, retryAfterMs: undefined },
  };
}
