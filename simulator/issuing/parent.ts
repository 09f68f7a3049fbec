// Which CA may issue: an active sub CA with certificates left, compliance CAs for some operations only.
import type { Service } from '../actions/action.ts';
import { problem } from '../protocol/problem.ts';
import type { Problem } from '../protocol/problem.ts';
import type { Authority } from './authority.ts';

/** The CA with that identifier, or why it cannot issue; `compliance`: compliance CAs may too. */
export function issuingParent(
  identifier: string,
  { authorities, faults, now }: Service,
  compliance: 'Allowed' | 'Refused',
): Authority | Problem {
  const parent = authorities.get(identifier);
  if (parent === undefined) return problem('NotFound', 'The specified CA certificate does not exist.');
  if (parent.kind === 'ROOT')
    return problem('InvalidParameter.ParentIdentifier', 'Certificates are issued by subordinate CAs only.');

  if (parent.issuerType === 'iTrusChina' && compliance === 'Refused')
    return problem('InvalidParameter.ParentIdentifier', 'This operation is not available for compliance CAs.');

  if (parent.status !== 'ISSUE') return problem('CertificateExpired', 'The CA certificate is not active.');
  if (now() >= parent.notAfter) return problem('CertificateExpired', 'The CA certificate has expired.');
  if (parent.subscriptionEnd !== undefined && now() >= parent.subscriptionEnd)
    return problem('OrderExpired', 'The subscription has ended.');
  if (faults.current.quotaExhausted || parent.issuedCount >= parent.quota)
    return problem('InsufficientQuota', 'The number of certificates of the CA is used up.');

  return parent;
}
