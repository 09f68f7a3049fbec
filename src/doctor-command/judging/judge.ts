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

/** What was not looked at since nobody asked for it, as sentences. */
export function leftOut({
  place,
  callLimits,
  issuers,
}: Pick<Facts, 'place' | 'callLimits' | 'issuers'>): readonly string[] {
  const all = Object.values(issuers).flatMap((look) => (look.kind === 'seen' ? look.value : []));
  const untried = all.filter(({ cloud, issuer }) => cloud === undefined && issuer.spec !== undefined).length;
  return [
    ...(untried === 0
      ? []
      : [
          place === 'pod'
            ? `Credentials of ${untried} issuers.`
            : `Credentials of ${untried} issuers: what PCA says is taken from their statuses (--with-credentials; a role of the operator's own only in its pod).`,
        ]),
    ...(callLimits === undefined ? ['Limits on calls that the operator found (--metrics).'] : []),
  ];
}
