// Events on requests in the form that the recorder takes.
import { apiVersion } from '../../crds/issuer.ts';
import type { EventToRecord, Regarding } from '../../kubernetes/events.ts';
import { consequences } from './reasons.ts';
import type { RequestReason } from './reasons.ts';
import type { IssuerNews } from '../issuers/reasons.ts';
import type { InstanceUse } from './signing/ca-instances.ts';

/** An event about issuing; its type follows from the reason. */
export function requestEvent(regarding: Regarding, reason: RequestReason, note: string): EventToRecord {
  return { regarding, type: consequences[reason].event, reason, action: 'Issue', note };
}

/** The event on an issuer that an instance of it is used. */
export function instanceEvent({ issuer, issuerUid, instanceId, request, left, of }: InstanceUse): EventToRecord {
  const { kind, name, namespace } = issuer;
  const reason: IssuerNews = 'InstanceUsed';
  const note = `Instance ${instanceId} is promised to CertificateRequest "${request}", whose CA certificate activates it. Of ${of} in spec.externalCA.instanceIds, ${left} ${left === 1 ? 'is' : 'are'} left.`;
  const regarding = {
    apiVersion,
    kind: kind.kind,
    name,
    uid: issuerUid,
    ...(namespace === undefined ? {} : { namespace }),
  };
  return { regarding, type: 'Normal', reason, action: 'Issue', note };
}
