// Conditions in both shapes of the cluster: metav1.Condition and cert-manager's, which has no observedGeneration.
import { formatMoment } from '../timing/moment.ts';

/** One condition; `lastTransitionTime` is RFC 3339 in whole seconds. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}

/** What is known of the condition before: its transition time counts only while its status stays. */
export interface PresentCondition {
  readonly status: string;
  readonly lastTransitionTime?: string;
}

/**
 * `next` with its transition time: the present one while the status stays the same (also when reason or message
 * change), else `now`.
 */
export function withCondition<Next extends Omit<Condition, 'lastTransitionTime'>>(
  present: PresentCondition | undefined,
  next: Next,
  now: Date,
): Next & { readonly lastTransitionTime: string } {
  const kept = present?.status === next.status ? present.lastTransitionTime : undefined;
  return { ...next, lastTransitionTime: kept ?? formatMoment(now) };
}
