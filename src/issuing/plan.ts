// From a readable request and a checked issuer to the exact call, or to the reason why none is made.
import { createHash } from 'node:crypto';
import type { IssuerSpec } from '../crds/issuer.ts';
import { refusalOf } from './acceptance.ts';
import type { AlternativeName } from './alternative-name.ts';
import type { IssuingCA } from './issuing-ca.ts';
import type { IssueCall, IssuingOperation, PlannedRequest } from './operation.ts';
import { issuingOperations } from './operations/index.ts';
import { subjectOverride } from './operations/notation.ts';
import type { Refused } from './refusal.ts';
import type { SigningRequest } from './signing-request.ts';
import type { Usages } from './usages.ts';
import { resolveValidity } from './validity.ts';

/** `exact`: this DER. `attributes`: these, in whatever order and grouping PCA writes them. */
export type ExpectedSubject =
  | { readonly kind: 'exact'; readonly der: Buffer }
  | { readonly kind: 'attributes'; readonly attributes: readonly { readonly oid: string; readonly value: string }[] };

/** What the certificate must be. */
export interface ExpectedCertificate {
  /** DER of SubjectPublicKeyInfo. */
  readonly spki: Buffer;
  readonly subject: ExpectedSubject;
  readonly names: readonly AlternativeName[];
  readonly usages: Usages;
  readonly isCA: boolean;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** One call that is allowed to be made, and what must come of it. `identifier` is ours, the same for every attempt. */
export interface IssuePlan {
  readonly operation: IssuingOperation;
  readonly call: IssueCall;
  readonly identifier: string | undefined;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly request: SigningRequest;
  readonly expected: ExpectedCertificate;
}

/** Our identifier of a request (Alibaba: customIdentifier): the form of a UUID, from the two UIDs alone. */
export function callerIdentifier(clusterUid: string, requestUid: string): string {
  const hash = createHash('sha256').update(`${clusterUid}/${requestUid}`).digest('hex');
  const groups = [hash.slice(0, 8), hash.slice(8, 12), hash.slice(12, 16), hash.slice(16, 20), hash.slice(20, 32)];
  return groups.join('-');
}

/** Plans the call for a request; whatever PCA or the issuer cannot give is refused here, before any call. */
export function planIssuing(input: {
  readonly request: SigningRequest;
  readonly spec: IssuerSpec;
  readonly ca: IssuingCA;
  readonly clusterUid: string;
  readonly now: Date;
}): { readonly kind: 'planned'; readonly plan: IssuePlan } | Refused {
  const { request, spec, ca, clusterUid, now } = input;
  const operation = issuingOperations[spec.operation];
  const override = subjectOverride(spec);
  const subject = override ?? request.csr.subject.attributes;
  const refused = refusalOf({ request, subject, subjectFromIssuer: override !== undefined, operation, ca });
  if (refused !== undefined) return refused;
  const resolved = resolveValidity({ durationSeconds: request.durationSeconds, spec, ca, now });
  if (resolved.kind === 'refused') return resolved;

  const { validity } = resolved;
  const { names } = request.csr.extensions.alternativeNames;
  const identifier = operation.capabilities.callerIdentifier ? callerIdentifier(clusterUid, request.uid) : undefined;
  const planned: PlannedRequest = {
    parentIdentifier: spec.parentIdentifier,
    csr: request.csr.pem,
    subject: request.csr.subject,
    names,
    usages: request.usages,
    ...validity,
    identifier,
  };
  const { action, version } = operation;
  return {
    kind: 'planned',
    plan: {
      operation,
      call: { action, version, parameters: operation.parameters(planned, spec) },
      identifier,
      ...validity,
      request,
      expected: {
        spki: request.csr.publicKey.spki,
        subject:
          override === undefined
            ? { kind: 'exact', der: request.csr.subject.der }
            : { kind: 'attributes', attributes: override },
        names,
        usages: request.usages,
        isCA: request.isCA,
        ...validity,
      },
    },
  };
}
