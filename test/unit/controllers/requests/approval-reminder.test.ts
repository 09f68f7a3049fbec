// A request that nobody approves: told of after a while, on itself and on its issuer.
import { expect, test } from 'vitest';
import { ApprovalReminder } from '../../../../src/controllers/requests/approval-reminder.ts';
import { cachedRequest, cachedSigningRequest } from '../../../../src/controllers/requests/kinds/cached-request.ts';
import type { CachedRequest } from '../../../../src/controllers/requests/kinds/cached-request.ts';
import { parseIssuerKey } from '../../../../src/crds/issuer-ref.ts';
import type { ReconcileResult } from '../../../../src/kubernetes/controller.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { certificateRequest } from '../../../support/certificate-requests.ts';
import { Journal } from './journal.ts';
import { uid } from './samples.ts';

const minute = 60_000;
const creationTimestamp = '2026-11-22T00:15:00Z';
const ref = (kind: string) => ({ group: 'pca.alibabacloud.com', kind, name: 'pca' });
const web = (kind = 'AlibabaPCAIssuer') =>
  cachedRequest(
    certificateRequest({ metadata: { creationTimestamp }, spec: { issuerRef: ref(kind) }, conditions: [] }),
  );
const csr = cachedSigningRequest({
  metadata: { name: 'csr-1', uid: 'u', resourceVersion: '1', creationTimestamp },
  spec: { request: '', signerName: 'alibabapcaclusterissuers.pca.alibabacloud.com/pca' },
});

/** What is told of a request so long after it was made. */
function remind(request: CachedRequest | undefined, ageMs: number, { afterMs = minute, isThere = true } = {}) {
  if (request === undefined) throw new Error('The request is not open.');
  const journal = new Journal();
  const clock = new FakeClock();
  clock.jump(Date.parse(creationTimestamp) + ageMs - clock.now().getTime());
  const issuer = (key: string) => {
    const identity = isThere ? parseIssuerKey(key) : undefined;
    if (identity === undefined) return undefined;
    const { name, namespace } = identity;
    const metadata = { name, uid: 'issuer-uid', resourceVersion: '1', creationTimestamp };
    return { metadata: namespace === undefined ? metadata : { ...metadata, namespace }, spec: {} as never };
  };
  const result = new ApprovalReminder({ afterMs, issuer, events: journal.events, clock }).remind(request);
  return [result, journal.read()] as const;
}

const event = (regarding: object, note: string): object => ({
  event: { regarding, type: 'Warning', reason: 'WaitingForApproval', action: 'Issue', note },
});
const grant =
  'cert-manager approves automatically only where its ServiceAccount may: bind it to the ClusterRole cert-manager-controller-approve:pca-alibabacloud-com (chart: approverRole.enabled, certManager.serviceAccount). Where another approver decides, such as approver-policy, leave it so: give that one the role (chart: approverRole.subjects) and a policy that applies to the request.';
const onWeb = event(
  { apiVersion: 'cert-manager.io/v1', kind: 'CertificateRequest', namespace: 'shop', name: 'web-1', uid },
  `Waits since 2026-11-22T00:15:00Z to be approved or denied; ${grant} By hand: cmctl approve -n shop web-1.`,
);
const ours = { apiVersion: 'pca.alibabacloud.com/v1alpha1', name: 'pca', uid: 'issuer-uid' };
const onIssuer = event(
  { ...ours, kind: 'AlibabaPCAIssuer', namespace: 'shop' },
  `Requests for this issuer wait to be approved or denied. ${grant} See: kubectl get certificaterequests -A.`,
);
const onCsr = event(
  { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', name: 'csr-1', uid: 'u' },
  'Waits since 2026-11-22T00:15:00Z to be approved or denied; nobody approves such requests automatically: kubectl certificate approve csr-1.',
);
const onClusterIssuer = event(
  { ...ours, kind: 'AlibabaPCAClusterIssuer' },
  'Requests for this issuer wait to be approved or denied. See: kubectl get csr.',
);
const done: ReconcileResult = { kind: 'done' };

test.each<[string, ReturnType<typeof remind>, ReconcileResult, readonly object[]]>([
  ['is looked at again when the time has come', remind(web(), minute - 1), { kind: 'after', ms: 1 }, []],
  ['is told of, on itself and on its issuer', remind(web(), minute), done, [onWeb, onIssuer]],
  ['is told of alone where its issuer does not exist', remind(web(), minute, { isThere: false }), done, [onWeb]],
  ['of the other kind has another advice', remind(csr, minute), done, [onCsr, onClusterIssuer]],
  ['is never told of where that is turned off', remind(web(), minute, { afterMs: 0 }), done, []],
])('an undecided request %s', (_, seen, result, events) => {
  expect(seen).toEqual([result, events]);
});
