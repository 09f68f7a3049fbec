// From facts to findings, in the order in which a reader mends them: what stands below comes first. Pure.
import type { IssuerIdentity } from '../../crds/issuer-ref.ts';
import type { Facts } from '../facts.ts';
import type { Finding } from '../finding.ts';
import { judgeApproval } from './approval.ts';
import {
  judgeClocks,
  judgeDefinitions,
  judgeKinds,
  judgeLease,
  judgeOperator,
  judgeRights,
  judgeServiceAccount,
  judgeVersion,
} from './cluster.ts';
import { judgeIssuers } from './issuers.ts';
import { judgeMesh } from './mesh.ts';
import { judgeRequests } from './requests.ts';
import { judgeCallLimits, judgeConnections, judgeIdentity } from './way.ts';

/** Every finding. `issuer`: the one that was asked for, which requests are about as well. */
export function judge(facts: Facts, issuer: IssuerIdentity | undefined): readonly Finding[] {
  return [
    ...judgeKinds(facts),
    ...judgeDefinitions(facts),
    ...judgeOperator(facts),
    ...judgeVersion(facts),
    ...judgeServiceAccount(facts),
    ...judgeLease(facts),
    ...judgeClocks(facts),
    ...judgeRights(facts),
    ...judgeApproval(facts),
    ...judgeIdentity(facts),
    ...judgeConnections(facts),
    ...judgeIssuers(facts, issuer !== undefined),
    ...judgeCallLimits(facts),
    ...judgeRequests(facts, issuer),
    ...judgeMesh(facts),
  ];
}

/** What was not looked at, since nobody asked for it or the operator may not, as sentences. */
export function leftOut({
  place,
  callLimits,
  issuers,
  mesh,
}: Pick<Facts, 'place' | 'callLimits' | 'issuers' | 'mesh'>): readonly string[] {
  const all = Object.values(issuers).flatMap((look) => (look.kind === 'seen' ? look.value : []));
  const untried = all.filter(({ cloud, issuer }) => cloud === undefined && issuer.spec !== undefined).length;
  const advice =
    place === 'pod'
      ? '.'
      : ": what PCA says is taken from their statuses (--with-credentials; a role of the operator's own only in its pod).";
  return [
    ...(untried === 0 ? [] : [`Credentials of ${untried === 1 ? '1 issuer' : `${untried} issuers`}${advice}`]),
    ...(callLimits === undefined ? ['Limits on calls that the operator found (--metrics).'] : []),
    ...(mesh === undefined
      ? [
          'Deployment, fields of the CRDs, and istiod: the operator may not read them (run the doctor with a kubeconfig).',
        ]
      : []),
  ];
}
