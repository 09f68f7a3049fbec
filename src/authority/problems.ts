// What a failed call to PCA means for the issuer: the classes that are a fault of the issuer, with the words for its user.
import type { PcaFailure } from '../alibaba/errors.ts';
import type { IssuerSpec } from '../crds/issuer.ts';
import type { UnusableReason } from '../issuing/issuing-ca.ts';

type IssuerFault = Extract<
  PcaFailure['class'],
  'Credentials' | 'Permission' | 'IssuingCA' | 'Capacity' | 'ActionUnavailable' | 'EndpointNotAllowed'
>;

/** What can be wrong with a CA and the way to it. */
export type AuthorityReason =
  | UnusableReason
  | 'CredentialsInvalid'
  | 'PermissionDenied'
  | 'IssuingCAUnusable'
  | 'CapacityExhausted'
  | 'ActionUnavailable'
  | 'EndpointNotAllowed'
  | 'PCAUnavailable'
  | 'STSUnavailable'
  | 'InvalidSettings'
  | 'UnreadableAnswer';

/** A fault of the CA, or of the way to it, that no single request can cause. */
export interface AuthorityProblem {
  readonly reason: AuthorityReason;
  readonly message: string;
}

type CAReference = Pick<IssuerSpec, 'parentIdentifier' | 'operation' | 'credentials'>;

/** The reason for each class of failure, and where the user finds the setting behind it. */
const faults: Readonly<Record<IssuerFault, (spec: CAReference) => AuthorityProblem>> = {
  Credentials: ({ credentials }) => ({ reason: 'CredentialsInvalid', message: originOf(credentials) }),
  Permission: () => ({ reason: 'PermissionDenied', message: 'The RAM identity is the one of spec.credentials.' }),
  IssuingCA: ({ parentIdentifier }) => ({
    reason: 'IssuingCAUnusable',
    message: `The CA is spec.parentIdentifier "${parentIdentifier}"; it must be an active sub CA of this account and region.`,
  }),
  Capacity: ({ parentIdentifier }) => ({
    reason: 'CapacityExhausted',
    message: `The CA is spec.parentIdentifier "${parentIdentifier}".`,
  }),
  ActionUnavailable: () => ({
    reason: 'ActionUnavailable',
    message: 'The endpoint comes from spec.region and spec.endpoint, the action from spec.operation.',
  }),
  EndpointNotAllowed: () => ({
    reason: 'EndpointNotAllowed',
    message: 'The host comes from spec.region, spec.endpoint or spec.stsEndpoint.',
  }),
};

/**
 * The problem behind a failure; undefined when the failure is passing or the request's own. `replacedBy`: the call was for
 * an operation that Alibaba Cloud has withdrawn, and this one is offered instead.
 */
export function problemOf(failure: PcaFailure, spec: CAReference, replacedBy?: string): AuthorityProblem | undefined {
  if (!isIssuerFault(failure.class)) return failure.service === 'STS' ? stsProblem(failure) : undefined;
  if (failure.class === 'ActionUnavailable' && replacedBy !== undefined) {
    const message = `Alibaba Cloud has withdrawn ${spec.operation}. Set spec.operation to ${replacedBy}.`;
    return { reason: 'ActionUnavailable', message: `${failure.message} ${message}` };
  }
  const { reason, message } = faults[failure.class](spec);
  return { reason, message: `${failure.message} ${message}` };
}

/** The same for a call that describes the CA: all that it says is spec.parentIdentifier, so that is what PCA refuses. */
export function problemOfDescribing(failure: PcaFailure, spec: CAReference): AuthorityProblem | undefined {
  return failure.service === 'PCA' && failure.class === 'RequestRejected'
    ? problemOf({ ...failure, class: 'IssuingCA' }, spec)
    : problemOf(failure, spec);
}

/** The problem behind a refusal of the parameter that comes from this field of the issuer. */
export function settingProblem({ message }: PcaFailure, field: string): AuthorityProblem {
  return {
    reason: 'InvalidSettings',
    message: `${message} The parameter comes from ${field} of the issuer; correct it.`,
  };
}

// Whoever meets a failure of STS has no credentials that are still valid.
function stsProblem({ class: name, message }: PcaFailure): AuthorityProblem | undefined {
  if (name === 'Cancelled') return undefined;
  const origin =
    "STS gives the credentials for the calls to PCA. It is the one of spec.stsEndpoint, else of the operator's environment (Helm: sts.endpoint, sts.region, sts.vpc), else of spec.region. It is tried again automatically.";
  return { reason: 'STSUnavailable', message: `${message} ${origin}` };
}

function originOf({ rrsa, assumeRole, secretRef }: IssuerSpec['credentials']): string {
  if (rrsa !== undefined) return "The role is the one of spec.credentials.rrsa, or of the operator's environment.";
  if (assumeRole === undefined)
    return `The access key comes from Secret "${secretRef?.name ?? ''}", named by spec.credentials.secretRef.`;
  return `The role is spec.credentials.assumeRole.roleArn "${assumeRole.roleArn}", the access key the one of Secret "${assumeRole.secretRef.name}", named by its secretRef.`;
}

function isIssuerFault(name: PcaFailure['class']): name is IssuerFault {
  return Object.hasOwn(faults, name);
}
