// What a failed call to PCA means for the issuer: the classes that are a fault of the issuer, with the words for its user.
import type { PcaFailure } from '../alibaba/errors.ts';
import { credentialSourceOf } from '../crds/credential-source.ts';
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
  | 'MetadataUnavailable'
  | 'ServiceAccountNotFound'
  | 'ServiceAccountForbidden'
  | 'ServiceAccountUnreadable'
  | 'InvalidSettings'
  | 'UnreadableAnswer';

/** A fault of the CA, or of the way to it, that no single request can cause. */
export interface AuthorityProblem {
  readonly reason: AuthorityReason;
  readonly message: string;
}

type CAReference = Pick<IssuerSpec, 'parentIdentifier' | 'operation' | 'credentials'>;

/** The reason for each class of failure, and where the user finds the setting behind it. */
const faults: Readonly<Record<IssuerFault, (spec: CAReference, failure: PcaFailure) => AuthorityProblem>> = {
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
  EndpointNotAllowed: (_, { code, service }) => ({
    reason: 'EndpointNotAllowed',
    message:
      code === 'PlainHTTPRefused'
        ? `The protocol is ${service === 'STS' ? 'spec.stsEndpoint' : 'spec.endpoint'}.protocol.`
        : 'The host comes from spec.region, spec.endpoint or spec.stsEndpoint.',
  }),
};

/**
 * The problem behind a failure; undefined when the failure is passing or the request's own. `replacedBy`: the call was for
 * an operation that Alibaba Cloud has withdrawn, and this one is offered instead.
 */
export function problemOf(failure: PcaFailure, spec: CAReference, replacedBy?: string): AuthorityProblem | undefined {
  const ofToken = reasonsOfTokens.get(failure.code);
  if (ofToken !== undefined) return { reason: ofToken, message: `${failure.message} ${originOf(spec.credentials)}` };
  if (!isIssuerFault(failure.class)) return passingProblem(failure);
  if (failure.class === 'ActionUnavailable' && replacedBy !== undefined) {
    const message = `Alibaba Cloud has withdrawn ${spec.operation}. Set spec.operation to ${replacedBy}.`;
    return { reason: 'ActionUnavailable', message: `${failure.message} ${message}` };
  }
  const { reason, message } = faults[failure.class](spec, failure);
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

// A missing right is none of the RAM identity's here.
const reasonsOfTokens: ReadonlyMap<string, AuthorityReason> = new Map([
  ['ServiceAccountNotFound', 'ServiceAccountNotFound'],
  ['TokenRequestForbidden', 'ServiceAccountForbidden'],
]);

/** Who gives the credentials, and where that is said. */
const givers: Readonly<
  Record<Exclude<PcaFailure['service'], 'PCA'>, { readonly reason: AuthorityReason; readonly origin: string }>
> = {
  STS: {
    reason: 'STSUnavailable',
    origin:
      "STS gives the credentials for the calls to PCA. It is the one of spec.stsEndpoint, else for spec.network VPC the region's VPC host, else of the operator's environment (Helm: sts.endpoint, sts.region, sts.vpc), else of spec.region. It is tried again automatically.",
  },
  Metadata: {
    reason: 'MetadataUnavailable',
    origin:
      'The metadata service of the ECS instance gives the credentials of spec.credentials.ecsRole. It is tried again automatically. If this lasts, check that the nodes are ECS instances and that pods reach the service (IMDSv2 answers no pod beyond its hop limit; Helm: networkPolicy.extraEgress).',
  },
  Kubernetes: {
    reason: 'ServiceAccountUnreadable',
    origin: 'It is named by spec.credentials.serviceAccountRef. It is tried again automatically.',
  },
};

// Whoever meets such a failure has no credentials that are still valid.
function passingProblem({ class: name, message, service }: PcaFailure): AuthorityProblem | undefined {
  if (name === 'Cancelled' || service === 'PCA') return undefined;
  const { reason, origin } = givers[service];
  return { reason, message: `${message} ${origin}` };
}

/** Where the credentials come from. */
function originOf(credentials: IssuerSpec['credentials']): string {
  const { assumeRole } = credentials;
  const source = sourceWords(credentials);
  if (assumeRole === undefined) return `${source.charAt(0).toUpperCase()}${source.slice(1)}`;
  return `The role is spec.credentials.assumeRole.roleArn "${assumeRole.roleArn}", taken with another identity: ${source}`;
}

function sourceWords(credentials: IssuerSpec['credentials']): string {
  const source = credentialSourceOf(credentials);
  switch (source?.kind) {
    case 'secret':
      return `the access key comes from Secret "${source.ref.name}", named by ${source.path}.`;
    case 'podRole':
      return "the role is the one of spec.credentials.rrsa, or of the operator's environment.";
    case 'serviceAccount':
      return `the role is ${source.path}.roleArn "${source.ref.roleArn}", taken by ServiceAccount "${source.ref.name}", which ${source.path} names.`;
    case 'instanceRole':
      return 'the role is the one of the ECS instance on which the operator runs, for spec.credentials.ecsRole.';
    case undefined:
      return 'the credentials are those of spec.credentials.';
  }
}

function isIssuerFault(name: PcaFailure['class']): name is IssuerFault {
  return Object.hasOwn(faults, name);
}
