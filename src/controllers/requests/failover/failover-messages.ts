// What requests are told that wait for another entry of spec.failover than the one in use.

/** Why a request waits for an entry of spec.failover that is not in use. `action`: that of the call that this operator made. */
export function entryAwaitedMessage({
  entry,
  inUse,
  action,
  why = 'It has none so far, but a call may still arrive there, so it is asked again.',
}: {
  readonly entry: string;
  readonly inUse: string;
  readonly action: string | undefined;
  readonly why: string | undefined;
}): string {
  const called =
    action === undefined
      ? `An earlier operator may have called ${entry} for this request`
      : `${action} was called for this request at ${entry} without an answer that was seen`;
  return `${called}, and only that CA can tell whether a certificate exists. The issuer uses ${inUse} now, where a second certificate would be paid for, so the request waits: ${why}`;
}

/** Why a request for a CA certificate waits while another entry of spec.failover is in use. */
export function externalCAAwaitedMessage({
  name,
  ownName,
}: {
  readonly name: string;
  readonly ownName: string;
}): string {
  return `Bought instances of external CAs are used at ${ownName} alone, instead of which ${name} issues now (spec.failover), so this CA certificate waits until the issuer has gone back to it.`;
}
