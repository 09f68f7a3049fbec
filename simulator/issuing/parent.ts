/** Which CA may issue for a call: the checks that all issuing operations share. */
import type { World } from '../actions/action.ts';
import { type Problem, problem } from '../protocol/problem.ts';
import { type CertificationRequest, readCertificationRequest } from '../x509/signing-request.ts';
import type { Authority } from './authority.ts';

/** An active sub CA with quota left, or why `ParentIdentifier` cannot be used. */
export function findIssuer(
  identifier: string,
  world: World,
): { readonly kind: 'found'; readonly authority: Authority } | { readonly kind: 'refused'; readonly problem: Problem } {
  const authority = world.authorities.get(identifier);
  if (authority === undefined) return refusal('NotFound', 'The specified CA certificate does not exist.');
  if (authority.kind === 'ROOT') {
    return refusal(
      'InvalidParameter.ParentIdentifier',
      'A root CA issues no end-entity certificates; name a subordinate CA.',
    );
  }
  if (authority.status === 'REVOKE') return refusal('InvalidStatus.Revoked', 'The CA certificate has been revoked.');
  if (authority.notAfter <= world.now()) return refusal('CertificateExpired', 'The CA certificate has expired.');
  if (authority.quota <= 0) return refusal('InsufficientQuota', 'The CA has no certificates left to issue.');
  return { kind: 'found', authority };
}

/** The signing request, proven and of the CA's key family, or why `Csr` cannot be used. */
export function readRequestFor(
  authority: Authority,
  csr: string,
):
  | { readonly kind: 'read'; readonly request: CertificationRequest }
  | { readonly kind: 'refused'; readonly problem: Problem } {
  const outcome = readCertificationRequest(csr);
  if (outcome.kind === 'malformed') {
    return refusal('InvalidSource.Content.Malformed', `The CSR cannot be read: ${outcome.message}.`);
  }
  if (outcome.kind === 'unproven') return refusal('InvalidParameter.Csr', `The CSR is refused: ${outcome.message}.`);
  if (outcome.request.keyFamily !== authority.keyFamily) {
    return refusal(
      'InvalidParameter.Csr',
      `The key family ${outcome.request.keyFamily} of the CSR is not that of the CA (${authority.keyFamily}).`,
    );
  }
  return { kind: 'read', request: outcome.request };
}

function refusal(code: string, message: string): { readonly kind: 'refused'; readonly problem: Problem } {
  return { kind: 'refused', problem: problem(code, message) };
}
