// Judges who approves requests for the issuers. Pure.
import { shownList } from '../../issuing/x509/shown-text.ts';
import type { ObjectName, RightFacts } from '../../cluster-reading/right.ts';
import type { ApprovalFacts, Facts } from '../facts.ts';
import { error, ok, warning } from '../finding.ts';
import type { Finding } from '../finding.ts';
import { valueOr } from '../../cluster-reading/seen.ts';
import { unseen } from '../finding.ts';
import type { Unseen } from '../../cluster-reading/seen.ts';

const grant =
  "Bind cert-manager's ServiceAccount to the ClusterRole cert-manager-controller-approve:pca-alibabacloud-com (Helm: approverRole.enabled, certManager.serviceAccount), or give that role to the approver that is to decide (approverRole.subjects).";

/** Whether somebody approves, and not two against each other. */
export function judgeApproval({ approval }: Pick<Facts, 'approval'>): readonly Finding[] {
  const { certManager, byCertManager, policy, byPolicy } = approval;
  const hidden = [...byCertManager, ...byPolicy].flatMap(unseenOf)[0] ?? unseenOf({ allowed: policy })[0];
  if (hidden !== undefined) return [unseen('approval', nameOf(certManager), hidden)];
  if (!valueOr(policy, false)) return judgeCertManager(approval);
  const [first, second] = [namesOf(byCertManager, true), namesOf(byPolicy, false)];
  if (first.length > 0) {
    const found = `cert-manager approves every request for ${shownList(first)} by itself, before approver-policy has judged it.`;
    return [
      warning(
        'approval',
        nameOf(certManager),
        found,
        'Install cert-manager without its approver (disableAutoApproval=true) and without the right to approve for these issuers (Helm: approverRole.subjects).',
      ),
    ];
  }
  if (second.length > 0) {
    const found = `approver-policy is installed and may not approve for ${shownList(second)}, so nobody does.`;
    return [
      error(
        'approval',
        'approver-policy',
        found,
        'Give it the right (Helm: approverRole.subjects; docs/mesh/approver-policy.md).',
      ),
    ];
  }
  return [ok('approval', 'approver-policy', 'approver-policy decides, and may approve.')];
}

function judgeCertManager({ certManager, byCertManager, others }: ApprovalFacts): readonly Finding[] {
  const refused = namesOf(byCertManager, false);
  if (refused.length === 0)
    return [ok('approval', nameOf(certManager), 'cert-manager may approve, and does so by itself.')];
  if (others.kind === 'hidden' || others.kind === 'unanswered')
    return [unseen('approval', nameOf(certManager), others)];
  const bound = valueOr(others, []);
  if (bound.length > 0)
    return [ok('approval', shownList(bound), 'cert-manager leaves the decision to others that may approve.')];
  const found = `cert-manager may not approve requests for ${shownList(refused)}, and nobody else is bound to the role for it: they wait for ever.`;
  return [error('approval', nameOf(certManager), found, grant)];
}

function nameOf({ namespace, name }: ObjectName): string {
  return `ServiceAccount ${namespace}/${name}`;
}

/** The signers that may be approved for, or that may not. */
function namesOf(rights: readonly RightFacts[], wanted: boolean): readonly string[] {
  return rights.flatMap(({ right, allowed }) =>
    allowed.kind === 'seen' && allowed.value === wanted ? [right.name ?? ''] : [],
  );
}

function unseenOf({ allowed }: Pick<RightFacts, 'allowed'>): readonly Unseen[] {
  return allowed.kind === 'hidden' || allowed.kind === 'unanswered' ? [allowed] : [];
}
