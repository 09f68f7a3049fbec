// The subscription behind a CA: PCA issues nothing after its end, whatever remains of the quota.
import type { IssueCall } from '../operation.ts';
import { asIdentifier, asMoment, asObject, asText } from '../reply-body.ts';

/** The call that tells of the instances of a CA (Alibaba: GetCAInstanceStatus, API 2020-06-30). */
export function subscriptionCall(parentIdentifier: string): IssueCall {
  return { action: 'GetCAInstanceStatus', version: '2020-06-30', parameters: { Identifier: parentIdentifier } };
}

/** When the subscription ends: the latest end of an instance that is in use; undefined when the answer names none. */
export function readSubscriptionEnd(body: unknown, parentIdentifier: string): Date | undefined {
  const list = asObject(body)?.['InstanceStatusList'];
  const ends = (Array.isArray(list) ? list : []).flatMap((entry: unknown) => {
    const instance = asObject(entry);
    const isOfCA = asIdentifier(instance?.['Identifier']) === parentIdentifier;
    const isUsed = asText(instance?.['Status'])?.toUpperCase() === 'USED';
    return (isOfCA && isUsed ? asMoment(instance?.['UseExpireTime']) : undefined) ?? [];
  });
  return ends.toSorted((one, other) => other.getTime() - one.getTime())[0];
}
