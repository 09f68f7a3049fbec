// The reasons of an issuer's Ready condition, each with its meaning; docs/conditions-and-errors.md is rendered from it.
import type { AspectNews } from './aspects/reasons.ts';

/**
 * What waiting does about a reason: it often passes without anybody's help, as when the API server or PCA restarts; it may pass,
 * as when something else is still to be created; or nothing but a change of somebody mends it, so that whoever waits may give
 * up (condition Stalled, which kstatus knows).
 */
export type Outlook = 'Ready' | 'OftenPasses' | 'MayPass' | 'Stalled';

/** One reason, as the table of the documentation has it. */
interface ReasonFacts {
  readonly outlook: Outlook;
  readonly meaning: string;
}

/** Reasons of Ready and of the event that goes with it. */
export const issuerReasons = {
  Checked: { outlook: 'Ready', meaning: 'Ready is True: Secret, endpoint and CA were checked.' },
  SecretNotFound: { outlook: 'MayPass', meaning: 'The Secret that spec.credentials names does not exist. Create it.' },
  SecretForbidden: {
    outlook: 'OftenPasses',
    meaning: 'The operator may not read the Secret. Grant the Role that the message names.',
  },
  SecretUnreadable: {
    outlook: 'OftenPasses',
    meaning: 'The API server did not give the Secret; tried again automatically.',
  },
  SecretInvalid: {
    outlook: 'Stalled',
    meaning: 'The Secret lacks a key or holds no access key. The message names the keys.',
  },
  ServiceAccountNotFound: {
    outlook: 'MayPass',
    meaning: 'The ServiceAccount that spec.credentials names does not exist. Create it.',
  },
  ServiceAccountForbidden: {
    outlook: 'OftenPasses',
    meaning:
      'The operator may not read the ServiceAccount or make a token of it. Grant the Role that the message names (Helm: serviceAccountTokens.namespaces).',
  },
  ServiceAccountUnreadable: {
    outlook: 'OftenPasses',
    meaning: 'The API server gave neither the ServiceAccount nor a token of it; tried again automatically.',
  },
  EndpointNotAllowed: {
    outlook: 'Stalled',
    meaning:
      'The issuer names a host that --issuer-hosts does not allow, or one with an address that is refused, or goes without TLS beyond the loopback. Name another, or have the administrator allow it.',
  },
  IssuerNotAllowed: {
    outlook: 'Stalled',
    meaning:
      'A rule of the administrator (--issuer-rules) does not allow what the issuer names, or none is for it. Nothing was read or sent for it. The message names the field, the rule and whom to ask.',
  },
  CredentialsNotAllowed: {
    outlook: 'Stalled',
    meaning:
      "A namespaced issuer wants the operator's own identity (rrsa, ecsRole), which --issuer-ambient-credentials or --issuer-ecs-role allows. Name a Secret or a ServiceAccount instead.",
  },
  IdentityNotConfigured: {
    outlook: 'Stalled',
    meaning:
      "spec.credentials.rrsa is used, but the operator's pod has no role or token: set rrsa.enabled. Or serviceAccountRef is used, and nobody names the OIDC provider.",
  },
  CredentialsInvalid: {
    outlook: 'Stalled',
    meaning:
      'PCA or STS does not accept the credentials, or there are none to be had, or the clock is off. Correct the Secret, the role, the token or the clock.',
  },
  PermissionDenied: {
    outlook: 'Stalled',
    meaning:
      'The RAM identity lacks an action or may not assume the role. Allow it; the message names action and identity.',
  },
  IssuingCAUnusable: {
    outlook: 'Stalled',
    meaning: 'spec.parentIdentifier names no CA that PCA lets this account use.',
  },
  IssuingCAIsRoot: {
    outlook: 'Stalled',
    meaning: 'spec.parentIdentifier names a root CA; certificates come from subordinate CAs only.',
  },
  OperationRefusedByCA: {
    outlook: 'Stalled',
    meaning: 'The operation cannot issue from this kind of CA. Choose another operation or another CA.',
  },
  IssuingCAKeyNotSupported: {
    outlook: 'Stalled',
    meaning: 'The CA has an SM2 key, which cert-manager cannot verify. Name an RSA or ECC CA.',
  },
  IssuingCANotActive: {
    outlook: 'Stalled',
    meaning: 'The CA is revoked or forbidden in PCA. Activate it or name another.',
  },
  IssuingCAExpired: {
    outlook: 'Stalled',
    meaning: "The CA's certificate has expired, or one above it. Renew it or name another.",
  },
  IssuingCAPathInvalid: {
    outlook: 'Stalled',
    meaning:
      'Clients would refuse every certificate of the CA because of its own certificate or one above it. The message names it and what is wrong with it.',
  },
  IssuingCANotYetValid: { outlook: 'MayPass', meaning: 'The CA is not valid yet.' },
  IssuingCAExhausted: { outlook: 'Stalled', meaning: 'The CA has no certificates left. Assign more.' },
  CapacityExhausted: {
    outlook: 'Stalled',
    meaning: 'No certificates are left or the subscription ended. Buy or assign more.',
  },
  ActionUnavailable: {
    outlook: 'Stalled',
    meaning: 'The endpoint does not offer the operation. Check region and endpoint, or choose another operation.',
  },
  PCAUnavailable: { outlook: 'OftenPasses', meaning: 'PCA could not be asked; tried again automatically.' },
  STSUnavailable: {
    outlook: 'OftenPasses',
    meaning:
      'STS, whose credentials the calls to PCA need, could not be asked; tried again automatically. If it lasts, check spec.stsEndpoint or sts.endpoint of the Helm values.',
  },
  MetadataUnavailable: {
    outlook: 'OftenPasses',
    meaning:
      'The metadata service of the ECS instance, which gives the credentials of spec.credentials.ecsRole, could not be asked; tried again automatically. If it lasts, the nodes are no ECS instances, or pods do not reach it.',
  },
  InvalidSettings: {
    outlook: 'Stalled',
    meaning:
      'A setting of the issuer cannot be used, or PCA refuses the parameter that comes from it. The message names the field; correct it.',
  },
  UnreadableAnswer: { outlook: 'MayPass', meaning: 'The answer was no description of a CA. Check the endpoint.' },
  TrustUnavailable: {
    outlook: 'OftenPasses',
    meaning:
      "The certificates that spec.trust names could not be read: the ConfigMap or Secret is missing or may not be read, or PCA did not list the account's roots. The message says which.",
  },
  TrustInvalid: {
    outlook: 'Stalled',
    meaning:
      'The certificates that spec.trust names cannot be used, or the root of the CA is not among them. Correct them, or choose another spec.trust.source.',
  },
  ConfigMapForbidden: {
    outlook: 'OftenPasses',
    meaning:
      'The operator may not write the ConfigMap of spec.trust.publishTo. Grant the Role that the message names (Helm: configMapAccess.namespaces).',
  },
  ConfigMapTaken: {
    outlook: 'Stalled',
    meaning:
      'The ConfigMap of spec.trust.publishTo exists, and this issuer did not make it. Name another one, or delete it.',
  },
  ConfigMapNotWritten: {
    outlook: 'OftenPasses',
    meaning:
      'The API server did not take the ConfigMap of spec.trust.publishTo; tried again automatically. Until then nothing is issued, since clients would not trust it.',
  },
  CertificateRefused: {
    outlook: 'Stalled',
    meaning:
      'PCA issued a certificate that no request can have caused, such as one of another CA, or requests of two owners met the same difference. The issuer is held so that one setting costs few certificates.',
  },
  SpecNotUnderstood: {
    outlook: 'Stalled',
    meaning:
      'The spec holds what this version of the operator does not know, or lacks what it needs: the CRD in the cluster is of another version. Upgrade the operator or the CRDs, or correct the field that the message names.',
  },
  CheckFailed: {
    outlook: 'OftenPasses',
    meaning:
      'Ready is Unknown: a defect of the operator kept the issuer from being checked. It is tried again automatically; the log of the operator has the details.',
  },
} as const satisfies Readonly<Record<string, ReasonFacts>>;

/** Name of a reason. */
export type IssuerReason = keyof typeof issuerReasons;

/** A fault of the issuer as a whole; it becomes the issuer's Ready condition, never a failed request. */
export interface IssuerProblem {
  readonly reason: Exclude<IssuerReason, 'Checked'>;
  readonly message: string;
}

/** What waiting does about a reason. */
export function outlookOf(reason: IssuerReason): Outlook {
  return issuerReasons[reason].outlook;
}

/** Events on issuers that are not reasons of Ready. */
export const issuerNews = {
  FieldUnknown:
    'The spec has fields that this version of the operator does not know and leaves out of account; the message of Ready names them. They are of a newer CRD: upgrade the operator, or remove them.',
  KeyFamilyChanged:
    'The key of the issuing CA is of another family than before. Renewals of Certificates with keys of the former family wait; the message of Ready says for what.',
  TrustChanged:
    'What clients must trust is something else than before; the message names what is new, what is former and until when, and where it stands. Give what is new to clients that do not read it there.',
  InstanceUsed:
    'A bought instance was promised to the request that the message names, whose CA certificate activates it. Recorded for each use.',
  LastInstance:
    'One bought instance is left for CA certificates: the next CA certificate or renewal uses it. Buy a further one and add its ID.',
  NoInstanceLeft:
    'No bought instance is left for CA certificates: the next CA certificate or renewal waits. Buy a further one and add its ID.',
  FailedOver:
    "Another entry of spec.failover issues instead of the issuer's own CA; status.failover and the message say which and why.",
  FailedBack: "The issuer's own CA issues again.",
  StandbyUnusable:
    'An entry of spec.failover could not stand in now; the message says why. The issuer is Ready all the same.',
  AnotherOperator:
    'Another operator writes the status of the same issuer, or ended a request of it. Run one release per cluster. Counted in `pca_issuer_other_operator_total`.',
} as const;

/** Name of such an event, or the reason of a condition that tells of something ahead of time. */
export type IssuerNews = keyof typeof issuerNews | AspectNews;
