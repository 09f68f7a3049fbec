// A request that nobody approves waits without a word: cert-manager says nothing, and an issuer must not touch its status.
// So after a while an event tells the user, on the request and on its issuer.
import { apiVersion } from '../../crds/issuer.ts';
import type { IssuerAsRead } from '../../crds/issuer.ts';
import type { ReconcileResult } from '../../kubernetes/controller.ts';
import type { EventRecorder, Regarding } from '../../kubernetes/events.ts';
import type { Clock } from '../../timing/clock.ts';
import { formatMoment } from '../../timing/moment.ts';
import { requestEvent } from './events.ts';
import type { CachedRequest } from './kinds/cached-request.ts';

/** What reminding works with. */
export interface ApprovalReminderParts {
  /** After so long an undecided request is told of; 0: never. */
  readonly afterMs: number;
  readonly issuer: (key: string) => IssuerAsRead | undefined;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly clock: Pick<Clock, 'now'>;
}

const grant =
  'cert-manager approves automatically only where its ServiceAccount may: bind it to the ClusterRole cert-manager-controller-approve:pca-alibabacloud-com (chart: approverRole.enabled, certManager.serviceAccount). Where another approver decides, such as approver-policy, leave it so: give that one the role (chart: approverRole.subjects) and a policy that applies to the request.';

/** Reminds of requests that nobody approves. */
export class ApprovalReminder {
  readonly #on: ApprovalReminderParts;

  constructor(parts: ApprovalReminderParts) {
    this.#on = parts;
  }

  /** Tells of an undecided request, or when it is time to. */
  remind(request: CachedRequest): ReconcileResult {
    const { afterMs, clock, issuer: issuerOf } = this.#on;
    if (afterMs === 0) return { kind: 'done' };
    const ms = request.createdAt + afterMs - clock.now().getTime();
    if (ms > 0) return { kind: 'after', ms };
    this.#remindOnRequest(request);
    const issuer = request.issuer === undefined ? undefined : issuerOf(request.issuer);
    if (issuer !== undefined) this.#remindOnIssuer(issuer, request);
    return { kind: 'done' };
  }

  #remindOnRequest({ metadata: { name, namespace, uid }, object, createdAt }: CachedRequest): void {
    const command =
      namespace === undefined
        ? `nobody approves such requests automatically: kubectl certificate approve ${name}`
        : `${grant} By hand: cmctl approve -n ${namespace} ${name}`;
    const note = `Waits since ${formatMoment(new Date(createdAt))} to be approved or denied; ${command}.`;
    this.#record({ ...object, name, uid, ...(namespace === undefined ? {} : { namespace }) }, note);
  }

  #remindOnIssuer({ metadata: { name, namespace, uid } }: IssuerAsRead, request: CachedRequest): void {
    const see =
      request.metadata.namespace === undefined
        ? 'See: kubectl get csr.'
        : `${grant} See: kubectl get certificaterequests -A.`;
    this.#record(
      { apiVersion, kind: request.kind, name, uid, ...(namespace === undefined ? {} : { namespace }) },
      `Requests for this issuer wait to be approved or denied. ${see}`,
    );
  }

  #record(regarding: Regarding, note: string): void {
    this.#on.events.record(requestEvent(regarding, 'WaitingForApproval', note));
  }
}
