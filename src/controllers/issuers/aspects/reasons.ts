// The reasons of an issuer's conditions beside Ready and Stalled, each with its meaning; docs/conditions-and-errors.md is
// rendered from it.

/** Types of these conditions, in the order in which they stand in the status. */
export const aspectTypes = ['CredentialsValid', 'CAHealthy', 'QuotaAvailable'] as const;

/** Type of such a condition. */
export type AspectType = (typeof aspectTypes)[number];

interface AspectReasonFacts {
  readonly type: AspectType | 'any';
  readonly status: 'True' | 'False' | 'Unknown';
  /** Ready is still True, and somebody has to do something before it is not. */
  readonly isWarning: boolean;
  readonly meaning: string;
}

const good = { status: 'True', isWarning: false } as const;
const warning = { status: 'True', isWarning: true } as const;

/** Reasons of their own; the other reasons of a condition that is False are those of Ready. Of several, the first one stands. */
export const aspectReasons = {
  NotChecked: {
    type: 'any',
    status: 'Unknown',
    isWarning: false,
    meaning: 'The last check did not get that far; the message of Ready says why.',
  },
  Accepted: { type: 'CredentialsValid', ...good, meaning: 'PCA accepts the credentials; the message names whose.' },
  ClockOff: {
    type: 'CredentialsValid',
    ...warning,
    meaning:
      "The clock of the operator's node is more than a minute off that of PCA, which refuses calls from 15 minutes on. Set the clock.",
  },
  CredentialsNotRenewed: {
    type: 'CredentialsValid',
    ...warning,
    meaning:
      'The temporary credentials of the role could not be renewed. The message says until when the present ones last, and what is wrong.',
  },
  Healthy: { type: 'CAHealthy', ...good, meaning: 'The CA is active, and its path is valid for long enough.' },
  CAEndsVerySoon: {
    type: 'CAHealthy',
    ...warning,
    meaning: 'The CA ends within 14 days, and everything below it with it. Renew it, or name another one, now.',
  },
  LifetimeNoLongerFits: {
    type: 'CAHealthy',
    ...warning,
    meaning:
      'The longest lifetime that was asked for no longer fits before the end of the CA: the next renewal of such a Certificate fails, or is shortened. Renew the CA, or have spec.duration of the Certificates ask for less.',
  },
  CAEndsSoon: {
    type: 'CAHealthy',
    ...warning,
    meaning: 'The CA ends within 60 days. Renew it in PCA, or name another one.',
  },
  Available: { type: 'QuotaAvailable', ...good, meaning: 'Certificates remain of the quota.' },
  NotTold: {
    type: 'QuotaAvailable',
    ...good,
    meaning: 'PCA does not say how many certificates remain; the issuer learns it when a call is refused.',
  },
  SubscriptionEnded: {
    type: 'QuotaAvailable',
    status: 'False',
    isWarning: false,
    meaning: 'The subscription of the CA has ended, after which PCA issues nothing. Renew it.',
  },
  QuotaEndsSoon: {
    type: 'QuotaAvailable',
    ...warning,
    meaning:
      'At the rate of the last week the certificates that remain are used up within 14 days. Buy or assign more.',
  },
  SubscriptionEndsSoon: {
    type: 'QuotaAvailable',
    ...warning,
    meaning: 'The subscription of the CA ends within 14 days, and then PCA issues nothing. Renew it.',
  },
  QuotaLow: {
    type: 'QuotaAvailable',
    ...warning,
    meaning: 'At most 20 % of the quota remain. Buy or assign more certificates.',
  },
} as const satisfies Readonly<Record<string, AspectReasonFacts>>;

/** Name of such a reason. */
export type AspectReason = keyof typeof aspectReasons;

/** Those of which an event tells as soon as they come. */
export type AspectNews = {
  [Reason in AspectReason]: (typeof aspectReasons)[Reason]['isWarning'] extends true
    ? Reason
    : (typeof aspectReasons)[Reason]['status'] extends 'False'
      ? Reason
      : never;
}[AspectReason];

/** Whether an event tells of a reason. */
export function isAspectNews(reason: string): reason is AspectNews {
  const facts = (aspectReasons as Readonly<Record<string, AspectReasonFacts>>)[reason];
  return facts !== undefined && (facts.isWarning || facts.status === 'False');
}
