// What an issuer says of its failover: in the message of Ready, and when another entry is in use than before.
import type { IssuerStatus } from '../../../crds/issuer.ts';
import type { FailoverOf, FailoverStatus } from './other-entry.ts';

type Told = Omit<FailoverOf<unknown>, 'others'>;

/** News for an event, and whether somebody has to look at it. */
export interface FailoverNews {
  readonly reason: 'FailedOver' | 'FailedBack' | 'StandbyUnusable';
  readonly isTrouble: boolean;
  readonly text: string;
}

/** Who issues instead of the issuer's own CA; undefined where that issues itself. */
export function failoverText(failover: Told | undefined): string | undefined {
  if (failover?.inUse === undefined) return undefined;
  const { name, ownName, inUse } = failover;
  return `${name} (spec.failover[${inUse.entry}]) answers and issues instead of ${ownName} since ${inUse.since}: ${inUse.reason}. Requests for which ${ownName} was called without an answer wait until it says what became of them. It issues again once it has answered for a while.`;
}

/** What is new since the status before. `toldBefore`: the message of Ready then. */
export function failoverNews(
  before: IssuerStatus['failover'],
  failover: Told | undefined,
  toldBefore: string,
): readonly FailoverNews[] {
  if (failover === undefined) return [];
  const text = failoverText(failover);
  const news: FailoverNews[] = [];
  if (text !== undefined && !isSameEntry(before, failover.inUse))
    news.push({ reason: 'FailedOver', isTrouble: true, text });
  if (text === undefined && before !== undefined) {
    const back = `${failover.name} issues again, instead of CA "${before.parentIdentifier}" in ${before.region}.`;
    news.push({ reason: 'FailedBack', isTrouble: false, text: back });
  }
  const toldThen = withoutRequestIds(toldBefore);
  // Of the issuer's own CA FailedOver has told.
  const fresh = failover.faults.filter(
    ({ isOwn, text: fault }) => !isOwn && !toldThen.includes(withoutRequestIds(fault)),
  );
  if (fresh.length > 0)
    news.push({ reason: 'StandbyUnusable', isTrouble: true, text: fresh.map((fault) => fault.text).join(' ') });
  return news;
}

function isSameEntry(one: FailoverStatus | undefined, other: FailoverStatus | undefined): boolean {
  return (
    one?.parentIdentifier === other?.parentIdentifier && one?.region === other?.region && one?.host === other?.host
  );
}

// They differ in each answer to the same fault.
function withoutRequestIds(text: string): string {
  return text.replaceAll(/RequestId:? [\w-]+/gi, '');
}
