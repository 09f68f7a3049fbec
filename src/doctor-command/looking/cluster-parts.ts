// What surrounds the operator in the cluster: its Lease and ServiceAccount, cert-manager, and who may approve.
import { issuerKinds } from '../../crds/issuer.ts';
import type { Lease } from '../../kubernetes/lease.ts';
import type { ObjectName, RightFacts } from '../../cluster-reading/right.ts';
import type { ApprovalFacts, IssuerFacts, LeaseFacts, OperatorFacts } from '../facts.ts';
import { approvalRight } from '../rights.ts';
import { mapSeen, seen, valueOr } from '../../cluster-reading/seen.ts';
import type { Seen } from '../../cluster-reading/seen.ts';
import { deploymentsPath } from './operator.ts';
import type { Deployment } from './operator.ts';
import type { Reader } from '../../cluster-reading/reader.ts';

interface ManagedLease extends Lease {
  readonly metadata: Lease['metadata'] & { readonly managedFields?: readonly { readonly time?: string }[] };
}

interface Binding {
  readonly metadata: { readonly name: string };
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace?: string }[];
}

/** How chart and documentation name the ClusterRole for approving requests of our group. */
const approverRole = 'cert-manager-controller-approve:pca-alibabacloud-com';
const policyGroup = '/apis/policy.cert-manager.io/v1alpha1';
const policyAccount: ObjectName = { namespace: 'cert-manager', name: 'cert-manager-approver-policy' };
const certManagerAccount: ObjectName = { namespace: 'cert-manager', name: 'cert-manager' };
const certManagerLabels = 'app.kubernetes.io/name=cert-manager,app.kubernetes.io/component=controller';
// Of more issuers nobody reads a line each.
const mostIssuers = 50;

/** The Lease of the operator's election; undefined where it takes part in none. */
export async function lookAtLease(
  { options, namespace }: Pick<OperatorFacts, 'options' | 'namespace'>,
  reader: Reader,
): Promise<Seen<LeaseFacts> | undefined> {
  if (typeof options === 'string' || !options['leader-elect']) return undefined;
  const name: ObjectName = {
    namespace: options['leader-election-namespace'] || namespace,
    name: options['leader-election-name'],
  };
  const path = `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(name.namespace)}/leases/${encodeURIComponent(name.name)}`;
  return mapSeen(await reader.get<ManagedLease>(path), ({ metadata, spec }) => {
    const writtenAt = metadata.managedFields
      ?.map(({ time }) => Date.parse(time ?? ''))
      .filter((at) => !Number.isNaN(at));
    return {
      name,
      holder: spec?.holderIdentity ?? '',
      renewedAt: Date.parse(spec?.renewTime ?? '') || 0,
      writtenAt: writtenAt === undefined || writtenAt.length === 0 ? undefined : Math.max(...writtenAt),
      durationSeconds: spec?.leaseDurationSeconds ?? 0,
    };
  });
}

/** Whether a ServiceAccount exists. */
export async function lookAtServiceAccount({ namespace, name }: ObjectName, reader: Reader): Promise<Seen<true>> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts/${encodeURIComponent(name)}`;
  return mapSeen(await reader.get<object>(path), () => true);
}

/** cert-manager's ServiceAccount: the one that is named, else that of its Deployment, else the chart's own. */
export async function certManagerOf(named: ObjectName | undefined, reader: Reader): Promise<ObjectName> {
  if (named !== undefined) return named;
  const look = await reader.list<Deployment>(deploymentsPath(), { labelSelector: certManagerLabels });
  const [deployment] = look.kind === 'seen' ? look.value.items : [];
  const name = deployment?.spec?.template?.spec?.serviceAccountName;
  return deployment === undefined || name === undefined
    ? certManagerAccount
    : { namespace: deployment.metadata.namespace, name };
}

/** Who may approve requests for these issuers. */
export async function lookAtApproval(
  certManager: ObjectName,
  issuers: readonly IssuerFacts[],
  reader: Reader,
): Promise<ApprovalFacts> {
  const policy = policyLook(await reader.get<object>(policyGroup));
  const [byCertManager, byPolicy, others] = await Promise.all([
    mayApprove(certManager, issuers, reader),
    valueOr(policy, false) ? mayApprove(policyAccount, issuers, reader) : [],
    boundSubjects(certManager, reader),
  ]);
  return { certManager, byCertManager, policy, byPolicy, others };
}

function policyLook(look: Seen<object>): Seen<boolean> {
  return look.kind === 'absent' ? seen(false) : mapSeen(look, () => true);
}

/** By kind; where a kind as a whole is not allowed, by issuer. */
async function mayApprove(
  user: ObjectName,
  issuers: readonly IssuerFacts[],
  reader: Reader,
): Promise<readonly RightFacts[]> {
  const kinds = await Promise.all(
    issuerKinds.map(async (kind) => {
      const whole = await reader.may(approvalRight(kind), user);
      const own = issuers.filter(({ identity }) => identity.kind === kind).slice(0, mostIssuers);
      if (whole.allowed.kind !== 'seen' || whole.allowed.value || own.length === 0) return [whole];
      return reader.mayEach(
        own.map(({ issuer: { metadata } }) => approvalRight(kind, metadata)),
        user,
      );
    }),
  );
  return kinds.flat();
}

async function boundSubjects(certManager: ObjectName, reader: Reader): Promise<Seen<readonly string[]>> {
  const look = await reader.list<Binding>('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings');
  return mapSeen(look, ({ items }) =>
    items
      .filter(({ roleRef }) => roleRef.kind === 'ClusterRole' && roleRef.name === approverRole)
      .flatMap(({ subjects = [] }) => subjects)
      .filter(({ namespace, name }) => namespace !== certManager.namespace || name !== certManager.name)
      .map(({ kind, namespace, name }) => `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`),
  );
}
