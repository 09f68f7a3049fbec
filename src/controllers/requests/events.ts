// Events on requests, and on their issuers, in the form that the recorder takes.
import { apiVersion } from '../../crds/issuer.ts';
import type { IssuerAsRead } from '../../crds/issuer.ts';
import { issuerKey } from '../../crds/issuer-ref.ts';
import type { IssuerIdentity } from '../../crds/issuer-ref.ts';
import type { EventRecorder, EventToRecord, Regarding } from '../../kubernetes/events.ts';
import type { Clock } from '../../timing/clock.ts';
import { RecentMap } from '../../timing/recent-map.ts';
import type { IssuerNews } from '../issuers/reasons.ts';
import { failedOnIssuerMessage } from './messages.ts';
import { consequences } from './reasons.ts';
import type { Consequence, FailureReason, RequestReason } from './reasons.ts';
import type { InstanceUse } from './signing/ca-instances.ts';

/** An event about issuing; its type follows from the reason. */
export function requestEvent(regarding: Regarding, reason: RequestReason, note: string): EventToRecord {
  const { event: type, isSpare = false }: Consequence = consequences[reason];
  return { regarding, type, reason, action: 'Issue', note, ...(isSpare ? { isSpare } : {}) };
}

/** The event on an issuer that an instance of it is used. */
export function instanceEvent({ issuer, issuerUid, instanceId, request, left, of }: InstanceUse): EventToRecord {
  const reason: IssuerNews = 'InstanceUsed';
  const note = `Instance ${instanceId} is promised to CertificateRequest "${request}", whose CA certificate activates it. Of ${of} in spec.externalCA.instanceIds, ${left} ${left === 1 ? 'is' : 'are'} left.`;
  return { regarding: regardingIssuer(issuer, issuerUid), type: 'Normal', reason, action: 'Issue', note };
}

function regardingIssuer({ kind, name, namespace }: IssuerIdentity, uid: string): Regarding {
  return { apiVersion, kind: kind.kind, name, uid, ...(namespace === undefined ? {} : { namespace }) };
}

/** What telling issuers of failed requests works with. */
export interface IssuerEventsParts {
  /** The issuer of a key as the watch has it. */
  readonly issuer: (key: string) => IssuerAsRead | undefined;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly clock: Pick<Clock, 'monotonic'>;
}

// Who asked may not look at its request, or has deleted it by then. So the issuer tells as well, once in a while for each reason.
const sameReasonMs = 10 * 60_000;

/** Events on issuers about requests that failed. */
export class IssuerEvents {
  readonly #on: IssuerEventsParts;
  /** By issuer and reason: how many failed since the last event, and when that was (monotonic, ms). */
  readonly #failures: RecentMap<{ count: number; toldAt: number }>;

  constructor(parts: IssuerEventsParts) {
    this.#on = parts;
    this.#failures = new RecentMap({ clock: parts.clock });
  }

  /** A request failed for good. `message` is what it was told. */
  failed(identity: IssuerIdentity, request: Regarding, reason: FailureReason, message: string): void {
    const issuer = this.#on.issuer(issuerKey(identity));
    if (issuer === undefined) return;
    const now = this.#on.clock.monotonic();
    const { namespace, uid } = issuer.metadata;
    const failures = this.#failures.use(`${uid}/${reason}`, () => ({ count: 0, toldAt: Number.NEGATIVE_INFINITY }));
    failures.count += 1;
    if (now - failures.toldAt < sameReasonMs) return;
    const note = failedOnIssuerMessage(request, {
      reason,
      message,
      count: failures.count,
      isShared: namespace === undefined,
    });
    failures.count = 0;
    failures.toldAt = now;
    this.#on.events.record(requestEvent(regardingIssuer(identity, uid), 'RequestFailed', note));
  }
}
