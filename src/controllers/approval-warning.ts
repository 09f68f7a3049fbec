// A request that nobody approves waits without a word: cert-manager says nothing, and an issuer must not touch its status.
// So after a while an event tells the user, on the request and on its issuer.
import { apiVersion, type Issuer } from '../crds/issuer.ts';
import type { ReconcileResult } from '../kubernetes/controller.ts';
import type { EventRecorder, Regarding } from '../kubernetes/events.ts';
import type { OpenRequest } from './open-request.ts';
import { requestEvent } from './request-events.ts';

/** What warning works with; `afterMilliseconds` 0 never warns. */
export interface ApprovalWarning {
  readonly afterMilliseconds: number;
  readonly issuer: (key: string) => Issuer | undefined;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly now: () => Date;
}

const grant =
  'cert-manager approves by itself only where its ServiceAccount may: bind it to the ClusterRole for approving requests of group pca.alibabacloud.com (Helm: approver).';

/** Warns about an undecided request, or tells when it is time to. */
export function warnOfApproval(request: OpenRequest, on: ApprovalWarning): ReconcileResult {
  if (on.afterMilliseconds === 0 || request.issuer === undefined) return { kind: 'done' };
  const left = request.createdAt + on.afterMilliseconds - on.now().getTime();
  if (left > 0) return { kind: 'after', milliseconds: left };
  const { name, namespace, uid } = request.metadata;
  const since = new Date(request.createdAt).toISOString().slice(0, 19);
  const command =
    namespace === undefined
      ? `nobody approves such requests by itself: kubectl certificate approve ${name}`
      : `${grant} By hand: cmctl approve -n ${namespace} ${name}`;
  const regarding = { ...request.object, name, uid, ...(namespace === undefined ? {} : { namespace }) };
  on.events.record(
    requestEvent(regarding, 'WaitingForApproval', `Waits since ${since}Z to be approved or denied; ${command}.`),
  );
  const issuer = on.issuer(request.issuer);
  if (issuer !== undefined) {
    on.events.record(
      requestEvent(
        issuerObject(issuer, request.kind),
        'WaitingForApproval',
        `Requests for this issuer wait to be approved or denied. ${namespace === undefined ? 'See: kubectl get csr.' : `${grant} See: kubectl get certificaterequests -A.`}`,
      ),
    );
  }
  return { kind: 'done' };
}

function issuerObject({ metadata: { name, namespace, uid } }: Issuer, kind: string): Regarding {
  return { apiVersion, kind, name, uid, ...(namespace === undefined ? {} : { namespace }) };
}
