// From a readable request and a checked issuer to the exact call, or to the reason why there is none.
import { createHash } from 'node:crypto';
import type { IssuerSpec } from '../crds/issuer.ts';
import { refusalOf } from './acceptance.ts';
import type { Candidate } from './acceptance.ts';
import type { AlternativeName } from './x509/alternative-name.ts';
import { isInDerOrder, withValue } from './x509/distinguished-name.ts';
import type { DistinguishedName } from './x509/distinguished-name.ts';
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
import type { CALimits, ClampedLifetime, LifetimeLimit, PlannedLifetime, Renewal } from './validity.ts';

/**
 * `exact`: this name, octet by octet. `attributes`: these, in any order and grouping, and where the service has
 * defaults, further ones of the types in `mayAdd`. In both, attributes without a value count as none.
 */
export type ExpectedSubject =
  | { readonly kind: 'exact'; readonly name: DistinguishedName }
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
  /** Whether the call sends a subject that PCA takes instead of the CSR's. */
  readonly sendsSubject: boolean;
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
  /** PCA refused the CSR for its subject: what has a value in it is sent beside it. */
  readonly sendsSubject?: boolean;
  /** How the Certificate behind the request is renewed; undefined where there is none, or where that is not known. */
  readonly renewal?: Renewal | undefined;
  readonly ruleLimit?: LifetimeLimit | undefined;
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
  const { request, spec, ca, now } = input;
  const operation = operationFor(request, spec);
  const candidate = candidateOf(operation, input);
  const refused = refusalOf(candidate);
  if (refused !== undefined) return withAlternatives(refused, input);
  const resolved = resolveValidity({
    durationSeconds: request.durationSeconds,
    spec,
    ca: request.isCA ? anyCA : ca,
    now,
    ruleLimit: input.ruleLimit,
  });
  if (resolved.kind === 'refused') return resolved;

  const { validity, lifetime } = resolved;
  const planned = plannedRequest(input, candidate, validity);
  const { identifier, names } = planned;
  const { action, version } = operation;
  return {
    kind: 'planned',
    plan: {
      operation,
      call: { action, version, parameters: operation.parameters(planned, spec) },
      sendsSubject: candidate.subjectFromIssuer || candidate.sendsSubject,
      identifier,
      ...validity,
      request,
      expected: {
        spki: request.csr.publicKey.spki,
        subject: expectedSubject(candidate, spec),
        ...expectedNames(names, candidate),
        usages: request.usages,
        isCA: request.isCA,
        pathLength: request.isCA ? (spec.externalCA?.pathLength ?? 0) : undefined,
        ...validity,
      },
      verification: spec.verification,
      lifetime,
      clamped: clampedLifetime(lifetime),
      notices: [...(candidate.sendsSubject ? [sentNotice] : []), ...noticesOf(input, lifetime)],
    },
  };
}

function expectedNames(
  names: readonly AlternativeName[],
  { mayDropNames }: Candidate,
): Pick<ExpectedCertificate, 'names' | 'mayLack'> {
  return mayDropNames ? { names: [], mayLack: names } : { names, mayLack: [] };
}

/** What the operation is asked for. */
function plannedRequest(
  { request, spec, clusterUid, instanceId = spec.externalCA?.instanceIds[0] }: PlanInput,
  candidate: Candidate,
  validity: Pick<PlannedRequest, 'notBefore' | 'notAfter'>,
): PlannedRequest {
  const { usages, callerIdentifier: hasIdentifier } = candidate.operation.capabilities;
  return {
    parentIdentifier: spec.parentIdentifier,
    csr: request.csr.pem,
    subject: withValue(request.csr.subject.attributes),
    sendsSubject: candidate.sendsSubject,
    names: request.csr.extensions.alternativeNames.names,
    usages: request.usages,
    profile: usages.kind === 'profiles' ? profileFor(request.usages, usages.profiles, candidate) : undefined,
    ...validity,
    identifier: hasIdentifier ? callerIdentifier(clusterUid, request.uid) : undefined,
    instanceId: request.isCA ? instanceId : undefined,
  };
}

/** Whether a plan is another one when it is known how the Certificate behind the request is renewed. */
export function dependsOnRenewal({ lifetime, expected }: IssuePlan): boolean {
  return isShortened(lifetime) || expected.isCA;
}

const sentNotice =
  'PCA refused its CSR for an attribute without a value in the subject, so the others were sent beside it in another call.';

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

type CandidateInput = Pick<PlanInput, 'request' | 'spec' | 'ca' | 'sendsSubject'>;

function candidateOf(operation: IssuingOperation, { request, spec, ca, ...input }: CandidateInput): Candidate {
  const override = operation.subjectOverride?.(spec);
  const asked = withValue(request.csr.subject.attributes);
  const isSendable = override === undefined && asked.length > 0 && operation.canSendSubject?.(asked) === true;
  return {
    request,
    subject: override ?? asked,
    sendsSubject: input.sendsSubject === true && isSendable,
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

function expectedSubject({ operation, request: { csr }, sendsSubject }: Candidate, spec: IssuerSpec): ExpectedSubject {
  const override = operation.subjectOverride?.(spec);
  if (override !== undefined) return { kind: 'attributes', attributes: override, mayAdd: [] };
  const { addedAttributes } = operation.capabilities;
  const asked = withValue(csr.subject.attributes);
  if (addedAttributes.length === 0) {
    return isInDerOrder(csr.subject) && !sendsSubject
      ? { kind: 'exact', name: csr.subject }
      : { kind: 'attributes', attributes: asked, mayAdd: [] };
  }
  const present = new Set(asked.map(({ oid }) => oid));
  const defaults = (operation.subjectDefaults?.(spec) ?? []).filter(({ oid }) => !present.has(oid));
  const attributes = [...asked.map(({ oid, value }) => ({ oid, value })), ...defaults];
  const settled = new Set(attributes.map(({ oid }) => oid));
  return { kind: 'attributes', attributes, mayAdd: addedAttributes.filter((oid) => !settled.has(oid)) };
}
