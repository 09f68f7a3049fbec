// From a readable request and a checked issuer to the exact call, or to the reason why there is none.
import { createHash } from 'node:crypto';
import type { IssuerSpec } from '../crds/issuer.ts';
import { refusalOf } from './acceptance.ts';
import type { Candidate } from './acceptance.ts';
import type { AlternativeName } from './x509/alternative-name.ts';
import { isInDerOrder } from './x509/distinguished-name.ts';
import type { IssuingCA } from './issuing-ca.ts';
import type { IssueCall, IssuingOperation, PlannedRequest, SubjectAttribute } from './operation.ts';
import { externalCACertificate, instanceNotice } from './operations/external-ca-certificate.ts';
import { issuingOperations } from './operations/index.ts';
import { settingsFault } from './operations/settings.ts';
import { refusalReasons, refuse } from './refusal.ts';
import type { Refused } from './refusal.ts';
import type { SigningRequest } from './signing-request.ts';
import type { Usages } from './x509/usages.ts';
import { profileFor } from './usage-profile.ts';
import { clampedLifetime, isShortened, refuseForRenewal, renewedAfter, resolveValidity } from './validity.ts';
import type { CALimits, ClampedLifetime, PlannedLifetime, Renewal } from './validity.ts';

/**
 * `exact`: this DER. `attributes`: these, in any order and grouping, and where the service has
 * defaults, further ones of the types in `mayAdd`.
 */
export type ExpectedSubject =
  | { readonly kind: 'exact'; readonly der: Buffer }
  | {
      readonly kind: 'attributes';
      readonly attributes: readonly SubjectAttribute[];
      readonly mayAdd: readonly string[];
    };

/** The contents that the certificate must have. */
export interface ExpectedCertificate {
  /** DER of SubjectPublicKeyInfo. */
  readonly spki: Buffer;
  readonly subject: ExpectedSubject;
  readonly names: readonly AlternativeName[];
  /** Further names that it may have or lack. */
  readonly mayLack: readonly AlternativeName[];
  readonly usages: Usages;
  readonly isCA: boolean;
  /** Path length of a CA certificate; undefined for all others. */
  readonly pathLength: number | undefined;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** One allowed call and the certificate that it must give. `identifier` is ours, the same for every attempt. */
export interface IssuePlan {
  readonly operation: IssuingOperation;
  readonly call: IssueCall;
  readonly identifier: string | undefined;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly request: SigningRequest;
  readonly expected: ExpectedCertificate;
  /** Aspects whose differences are accepted (spec.verification). */
  readonly verification: IssuerSpec['verification'];
  readonly lifetime: PlannedLifetime;
  /** The same where it is shorter than was asked. */
  readonly clamped: ClampedLifetime | undefined;
  /** What its owner may not expect of the certificate, beside a cut lifetime; one sentence each. */
  readonly notices: readonly string[];
}

/** Our identifier of a request (Alibaba: customIdentifier): the form of a UUID, from the two UIDs alone. */
export function callerIdentifier(clusterUid: string, requestUid: string): string {
  const hash = createHash('sha256').update(`${clusterUid}/${requestUid}`).digest('hex');
  const groups = [hash.slice(0, 8), hash.slice(8, 12), hash.slice(12, 16), hash.slice(16, 20), hash.slice(20, 32)];
  return groups.join('-');
}

/** What a plan is made of. */
export interface PlanInput {
  readonly request: SigningRequest;
  readonly spec: IssuerSpec;
  readonly ca: IssuingCA;
  readonly clusterUid: string;
  readonly now: Date;
  /** For a CA certificate the instance that it activates; the first of the issuer's when not given. */
  readonly instanceId?: string;
  /** How the Certificate behind the request is renewed; undefined where there is none, or where that is not known. */
  readonly renewal?: Renewal | undefined;
}

type Planned = { readonly kind: 'planned'; readonly plan: IssuePlan } | Refused;

/** Plans the call for a request, and refuses before any call everything that PCA or the issuer cannot give. */
export function planIssuing(input: PlanInput): Planned {
  const fault = settingsFault(input.spec);
  if (fault !== undefined)
    return refuse(refusalReasons.invalidIssuerSettings, `${fault.field} of the issuer`, fault.message);

  const planned = planUnder(input);
  if (planned.kind === 'refused' || input.renewal === undefined) return planned;
  return refuseForRenewal(planned.plan.lifetime, input.renewal) ?? planned;
}

/** The same under settings that can be used. */
function planUnder(input: PlanInput): Planned {
  const { request, spec, ca, clusterUid, now } = input;
  const operation = operationFor(request, spec);
  const candidate = candidateOf(operation, input);
  const refused = refusalOf(candidate);
  if (refused !== undefined) return withAlternatives(refused, input);
  const resolved = resolveValidity({
    durationSeconds: request.durationSeconds,
    spec,
    ca: request.isCA ? anyCA : ca,
    now,
  });
  if (resolved.kind === 'refused') return resolved;

  const { validity, lifetime } = resolved;
  const { names } = request.csr.extensions.alternativeNames;
  const { usages } = operation.capabilities;
  const identifier = operation.capabilities.callerIdentifier ? callerIdentifier(clusterUid, request.uid) : undefined;
  const planned: PlannedRequest = {
    parentIdentifier: spec.parentIdentifier,
    csr: request.csr.pem,
    subject: request.csr.subject,
    names,
    usages: request.usages,
    profile: usages.kind === 'profiles' ? profileFor(request.usages, usages.profiles, candidate) : undefined,
    ...validity,
    identifier,
    instanceId: request.isCA ? (input.instanceId ?? spec.externalCA?.instanceIds[0]) : undefined,
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
        subject: expectedSubject(operation, request, spec),
        ...expectedNames(names, candidate),
        usages: request.usages,
        isCA: request.isCA,
        pathLength: request.isCA ? (spec.externalCA?.pathLength ?? 0) : undefined,
        ...validity,
      },
      verification: spec.verification,
      lifetime,
      clamped: clampedLifetime(lifetime),
      notices: noticesOf(input, lifetime),
    },
  };
}

function expectedNames(
  names: readonly AlternativeName[],
  { mayDropNames }: Candidate,
): Pick<ExpectedCertificate, 'names' | 'mayLack'> {
  return mayDropNames ? { names: [], mayLack: names } : { names, mayLack: [] };
}

/** Whether a plan is another one when it is known how the Certificate behind the request is renewed. */
export function dependsOnRenewal({ lifetime, expected }: IssuePlan): boolean {
  return isShortened(lifetime) || expected.isCA;
}

function noticesOf({ request, spec, renewal }: PlanInput, lifetime: PlannedLifetime): readonly string[] {
  if (!request.isCA) return [];
  const every = renewal === undefined || renewal.isDisabled ? undefined : renewedAfter(lifetime, renewal);
  return [instanceNotice(spec.externalCA?.instanceIds.length ?? 0, every)];
}

/** The operation that answers the request: the issuer's, or for CA certificates the one that issues those. */
function operationFor(request: SigningRequest, spec: IssuerSpec): IssuingOperation {
  return request.isCA && spec.externalCA !== undefined ? externalCACertificate : issuingOperations[spec.operation];
}

// Which CA signs an external subordinate CA is a property of the purchased instance, so nothing is known of its limits.
const anyCA: CALimits = {
  identifier: 'of the instance',
  notBefore: new Date(0),
  notAfter: new Date(253_402_300_799_000),
  maxValiditySeconds: undefined,
};

type CandidateInput = Pick<PlanInput, 'request' | 'spec' | 'ca'>;

function candidateOf(operation: IssuingOperation, { request, spec, ca }: CandidateInput): Candidate {
  const override = operation.subjectOverride?.(spec);
  return {
    request,
    subject: override ?? request.csr.subject.attributes,
    subjectFromIssuer: override !== undefined,
    operation,
    ca,
    requiredProfile: operation.requiredProfile?.(spec),
    allowWiderUsages: spec.verification.usages === 'Allow',
    allowOtherNames: spec.verification.names === 'Allow',
    mayDropNames: operation.capabilities.names.inCsrOnly === true && spec.externalCA?.names === 'Drop',
    allowP521: spec.allowP521,
  };
}

/** Adds the operations that could issue this with the same CA, if there are any. */
function withAlternatives(refused: Refused, input: CandidateInput): Refused {
  const able = Object.values(issuingOperations).filter(
    (operation) =>
      operation.capabilities.replacedBy === undefined &&
      !operation.capabilities.refusedIssuerTypes.includes(input.ca.issuerType) &&
      refusalOf(candidateOf(operation, input)) === undefined,
  );
  if (able.length === 0) return refused;
  const { refusal } = refused;
  const names = able.map(({ action }) => action).join(' or ');
  return {
    kind: 'refused',
    refusal: { ...refusal, message: `${refusal.message} Or use an issuer with spec.operation ${names}, which can.` },
  };
}

function expectedSubject(operation: IssuingOperation, { csr }: SigningRequest, spec: IssuerSpec): ExpectedSubject {
  const override = operation.subjectOverride?.(spec);
  if (override !== undefined) return { kind: 'attributes', attributes: override, mayAdd: [] };
  const { addedAttributes } = operation.capabilities;
  if (addedAttributes.length === 0) {
    return isInDerOrder(csr.subject)
      ? { kind: 'exact', der: csr.subject.der }
      : { kind: 'attributes', attributes: csr.subject.attributes, mayAdd: [] };
  }
  const present = new Set(csr.subject.attributes.map(({ oid }) => oid));
  const defaults = (operation.subjectDefaults?.(spec) ?? []).filter(({ oid }) => !present.has(oid));
  const attributes = [...csr.subject.attributes.map(({ oid, value }) => ({ oid, value })), ...defaults];
  const settled = new Set(attributes.map(({ oid }) => oid));
  return { kind: 'attributes', attributes, mayAdd: addedAttributes.filter((oid) => !settled.has(oid)) };
}
