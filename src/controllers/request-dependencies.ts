// Everything that reconciling requests needs from outside, the same for both kinds of request.
import type { Issuer } from '../crds/issuer.ts';
import type { EventRecorder } from '../kubernetes/events.ts';
import type { Store } from '../kubernetes/store.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { Attempts } from './attempts.ts';
import type { IssuerSessions } from './issuer-sessions.ts';
import type { RequestAdapter } from './live-request.ts';
import type { OpenRequest } from './open-request.ts';
import type { Revocations } from './revocations.ts';
import type { CallTurns } from './call-turns.ts';
import type { SigningDependencies } from './signing.ts';

/** What the reconcile works with. */
export interface RequestDependencies extends Omit<SigningDependencies, 'clusterUid' | 'turns'> {
  readonly turns: SigningDependencies['turns'] & Pick<CallTurns, 'leave'>;
  readonly requests: Store<OpenRequest>;
  readonly issuer: (key: string) => Issuer | undefined;
  readonly sessions: IssuerSessions;
  readonly attempts: Attempts;
  readonly revocations: Pick<Revocations, 'offer'>;
  readonly adapter: RequestAdapter;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** UID of kube-system, or the sentence why it cannot be read now. */
  readonly clusterUid: (signal: AbortSignal) => Promise<{ readonly uid: string } | { readonly message: string }>;
  /** After so long an undecided request is warned of; 0: never. */
  readonly approvalWarningMilliseconds: number;
  /** The longest pause between two tries, as a text for messages such as `5m`. */
  readonly longestPause: string;
}
