// Events on requests in the form that the recorder takes.
import type { EventToRecord, Regarding } from '../../kubernetes/events.ts';
import { consequences } from './reasons.ts';
import type { RequestReason } from './reasons.ts';

/** An event about issuing; its type follows from the reason. */
export function requestEvent(regarding: Regarding, reason: RequestReason, note: string): EventToRecord {
  return { regarding, type: consequences[reason].event, reason, action: 'Issue', note };
}
