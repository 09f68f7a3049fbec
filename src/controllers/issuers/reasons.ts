// The reasons of an issuer's Ready condition, each with its meaning; docs/conditions-and-errors.md is rendered from it.

/** Reason of Ready and of the event that goes with it. */
export const issuerReasons = {
  Checked: 'Ready is True: Secret, endpoint and CA were checked.',
  SecretNotFound: 'The Secret that spec.credentials names does not exist. Create it.',
  SecretForbidden: 'The operator may not read the Secret. Grant the Role that the message names.',
  SecretUnreadable: 'The API server did not give the Secret; tried again automatically.',
  SecretInvalid: 'The Secret lacks a key or holds no access key. The message names the keys.',
  EndpointNotAllowed:
    'The issuer names a host that --issuer-hosts does not allow, or one with an address that is refused. Name another, or have the administrator allow it.',
  CredentialsNotAllowed:
    "A namespaced issuer wants the operator's own identity, which --issuer-ambient-credentials allows. Name a Secret instead.",
  IdentityNotConfigured:
    "spec.credentials.rrsa is used, but the operator's pod has no role or token. Set rrsa.enabled.",
  CredentialsInvalid:
    'PCA or STS does not accept the credentials, or the clock is off. Correct the Secret, the role or the clock.',
  PermissionDenied:
    'The RAM identity lacks an action or may not assume the role. Allow it; the message names action and identity.',
  IssuingCAUnusable: 'spec.parentIdentifier names no CA that PCA lets this account use.',
  IssuingCAIsRoot: 'spec.parentIdentifier names a root CA; certificates come from subordinate CAs only.',
  OperationRefusedByCA: 'The operation cannot issue from this kind of CA. Choose another operation or another CA.',
  IssuingCAKeyNotSupported: 'The CA has an SM2 key, which cert-manager cannot verify. Name an RSA or ECC CA.',
  IssuingCANotActive: 'The CA is revoked or forbidden in PCA. Activate it or name another.',
  IssuingCAExpired: "The CA's certificate has expired, or one above it. Renew it or name another.",
  IssuingCAPathInvalid:
    'Clients would refuse every certificate of the CA because of its own certificate or one above it. The message names it and what is wrong with it.',
  IssuingCANotYetValid: 'The CA is not valid yet.',
  IssuingCAExhausted: 'The CA has no certificates left. Assign more.',
  CapacityExhausted: 'No certificates are left or the subscription ended. Buy or assign more.',
  ActionUnavailable:
    'The endpoint does not offer the operation. Check region and endpoint, or choose another operation.',
  PCAUnavailable: 'PCA could not be asked; tried again automatically.',
  STSUnavailable:
    'STS, whose credentials the calls to PCA need, could not be asked; tried again automatically. If it lasts, check spec.stsEndpoint or sts.endpoint of the Helm values.',
  InvalidSettings:
    'A setting of the issuer cannot be used, or PCA refuses the parameter that comes from it. The message names the field; correct it.',
  UnreadableAnswer: 'The answer was no description of a CA. Check the endpoint.',
  CertificateRefused:
    'PCA issued a certificate that no request can have caused, such as one of another CA, or requests of two owners met the same difference. The issuer is held so that one setting costs few certificates.',
} as const;

/** Name of a reason. */
export type IssuerReason = keyof typeof issuerReasons;

/** A fault of the issuer as a whole; it becomes the issuer's Ready condition, never a failed request. */
export interface IssuerProblem {
  readonly reason: Exclude<IssuerReason, 'Checked'>;
  readonly message: string;
}

/** Reasons that often pass without anybody's help, as when the API server or PCA restarts. */
export const passingReasons: ReadonlySet<IssuerReason> = new Set([
  'SecretForbidden',
  'SecretUnreadable',
  'PCAUnavailable',
  'STSUnavailable',
]);
