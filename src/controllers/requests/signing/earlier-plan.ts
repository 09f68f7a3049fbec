// What an earlier process would have asked for: nothing is known of its call but the request.
import { planIssuing } from '../../../issuing/plan.ts';
import type { IssuePlan, PlanInput } from '../../../issuing/plan.ts';
import { readSecondedRequest } from '../../../issuing/signing-request.ts';
import type { ReadyIssuer } from '../../issuers/ready-issuers.ts';
import type { InheritedRequest } from '../kinds/request.ts';
import type { IssuingCall } from '../memory.ts';

/** What an earlier call may have asked for, when the issuer still allowed it. Undefined where no issuer would have. */
export function planOfEarlier(input: PlanInput): IssuePlan | undefined {
  const { spec } = input;
  const allowing: PlanInput['spec'] = {
    ...spec,
    allowP521: true,
    validity: { backdate: spec.validity.backdate, onExceed: 'Clamp' },
    verification: { ...spec.verification, names: 'Allow', usages: 'Allow' },
  };
  const planned = planIssuing({ ...input, spec: allowing, ruleLimit: undefined });
  return planned.kind === 'planned' ? { ...planned.plan, verification: spec.verification } : undefined;
}

/**
 * The call for a request that is gone, as an earlier process would have made it. Undefined where it would have made none, and for a
 * CA certificate, whose instance the status of the issuer names.
 */
export async function inheritedCall(
  request: InheritedRequest,
  issuer: ReadyIssuer,
  { clusterUid, now }: Pick<PlanInput, 'clusterUid' | 'now'>,
): Promise<IssuingCall | undefined> {
  const read = await readSecondedRequest(request.fields);
  if (read.kind === 'refused') return undefined;
  const { spec, ca } = issuer;
  const plan = planOfEarlier({ request: read.request, spec, ca, clusterUid, now });
  return plan === undefined || plan.expected.isCA ? undefined : { plan, issuer, request };
}
