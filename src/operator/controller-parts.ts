// What the controllers of this process are made of.
import type { IssuerHosts } from '../alibaba/issuer-hosts.ts';
import type { IssuerRules } from '../controllers/issuers/tenancy/rules.ts';
import type { ReadyIssuers } from '../controllers/issuers/ready-issuers.ts';
import type { Abandoned } from '../controllers/requests/abandoned.ts';
import type { IssuerEvents } from '../controllers/requests/events.ts';
import type { RequestMemories } from '../controllers/requests/memory.ts';
import type { Revocations } from '../controllers/requests/revocations.ts';
import type { CertificateClaims } from '../controllers/requests/signing/claims.ts';
import type { IssuanceLimits } from '../controllers/requests/signing/issuance-limits.ts';
import type { EndObserver, StepObserver } from '../controllers/requests/signing/steps.ts';
import type { EventRecorder } from '../kubernetes/events.ts';
import type { PodIdentity } from '../runtime/pod-identity.ts';
import type { Cluster } from './cluster.ts';
import type { LoopParts } from './loops/loop.ts';
import type { Pca } from './pca.ts';

/** Field manager of everything the operator writes. */
export const fieldManager = 'alibaba-pca-issuer';

/** What the controllers are made of. */
export interface ControllersParts extends LoopParts {
  readonly podIdentity: PodIdentity;
  readonly hosts: IssuerHosts;
  /** Undefined: there are none. */
  readonly rules: IssuerRules | undefined;
  readonly cluster: Cluster;
  readonly pca: Pca;
  readonly issuanceLimits: IssuanceLimits;
  readonly claims: CertificateClaims;
  readonly onStep: StepObserver;
  readonly onEnd?: EndObserver | undefined;
}

/** What several controllers share. */
export interface Shared extends ControllersParts {
  readonly events: EventRecorder;
  readonly issuerEvents: IssuerEvents;
  readonly readyIssuers: ReadyIssuers;
  readonly memories: RequestMemories;
  readonly revocations: Revocations;
  readonly abandoned: Abandoned;
}
