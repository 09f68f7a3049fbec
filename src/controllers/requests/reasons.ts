// Every reason that a request can be given, by catalogue: what it means, and what follows from it. The tables of
// docs/conditions-and-errors.md are rendered from here.
import type { PcaErrorClass } from '../../alibaba/error-table.ts';
import type { MismatchReason } from '../../issuing/certificate-differences.ts';
import type { RefusalReason } from '../../issuing/refusal.ts';

/** What a reason leads to, beside the status. */
export interface Consequence {
  readonly event: 'Normal' | 'Warning';
  /** The condition of the request says the same, so that in a burst the event may be left out. */
  readonly isSpare?: boolean;
  readonly meaning: string;
  /** At which level each try is logged; not at all unless given. */
  readonly log?: 'info' | 'warn';
  /** Counts each try, labelled with the issuer and the reason or its detail. */
  readonly counter?: 'pca_issuer_certificate_request_retries_total' | 'pca_issuer_certificate_requests_held_total';
  /** A wait that ends sooner is not worth a word. */
  readonly silentMs?: number;
}

/** Reasons of events on requests, and all that follows from each. */
export const consequences = {
  Issued: {
    event: 'Normal',
    isSpare: true,
    log: 'info',
    meaning:
      'The certificate was issued and written. The condition `Ready` says the same, so that of a burst only some requests get an event.',
  },
  Failed: { event: 'Warning', log: 'warn', meaning: 'The request failed for good; the message says what to correct.' },
  RequestFailed: {
    event: 'Warning',
    meaning:
      'On the issuer: a request for it failed for good, with this reason for the first time within ten minutes; further ones are counted in the next such event and in `pca_issuer_certificate_requests_refused_total`.',
  },
  WaitingForApproval: {
    event: 'Warning',
    meaning: 'Nobody has approved or denied the request for a while; the same event is recorded on its issuer.',
  },
  UnknownIssuerKind: {
    event: 'Warning',
    log: 'warn',
    meaning:
      'The request names our group but a kind (or the form of a signer) that does not exist in it. Nobody can approve such a request, so this is told at once.',
  },
  IssuerNotFound: { event: 'Warning', meaning: 'issuerRef names an issuer that does not exist.' },
  IssuerNotReady: { event: 'Warning', meaning: 'The issuer exists but is not ready; its own condition says why.' },
  RetryableError: {
    event: 'Warning',
    log: 'warn',
    counter: 'pca_issuer_certificate_request_retries_total',
    meaning: 'Passing trouble; the request is tried again automatically.',
  },
  PatienceExceeded: {
    event: 'Warning',
    log: 'warn',
    counter: 'pca_issuer_certificate_request_retries_total',
    meaning:
      'Passing trouble lasts longer than spec.patience.duration; the message says when the present certificate ends.',
  },
  WaitingForTurn: {
    event: 'Normal',
    silentMs: 30_000,
    meaning: "The account's limit on calls makes the request wait, or an endpoint that does not answer.",
  },
  IssuanceLimitReached: {
    event: 'Warning',
    counter: 'pca_issuer_certificate_requests_held_total',
    meaning: "A limit in the issuer's spec.issuanceLimits is used up, or one of the administrator's rule.",
  },
  ReissueLoop: {
    event: 'Warning',
    counter: 'pca_issuer_certificate_requests_held_total',
    meaning: 'One Certificate is issued again and again; it is held for a while.',
  },
  AskedAgain: {
    event: 'Normal',
    counter: 'pca_issuer_certificate_requests_held_total',
    meaning:
      'cert-manager asks for a further certificate of a Certificate just after it got one, and its own account of the Certificate gives no need for it. Nothing is paid until there is one, or for a while: seconds at first, longer each time within a day. `cmctl renew` goes on at once, a changed spec within seconds.',
  },
  OwnerHeld: {
    event: 'Warning',
    counter: 'pca_issuer_certificate_requests_held_total',
    meaning:
      'PCA issued something else than the same Certificate had asked for, or refused it repeatedly; its next try is held for a while. Other Certificates go on.',
  },
  RequestRestored: {
    event: 'Warning',
    counter: 'pca_issuer_certificate_requests_held_total',
    meaning:
      'cert-manager once made the request, and its Certificate is missing, is another one, or has had the certificate: nobody would use a certificate for it. The message says what to delete.',
  },
  KeyFamilyChanged: {
    event: 'Warning',
    meaning:
      "A renewal asks for a key of the family that the issuer's CA had before spec.parentIdentifier was changed. It waits, since the Certificate is not at fault.",
  },
  AnotherOperator: {
    event: 'Warning',
    log: 'warn',
    meaning:
      'Somebody else ended the request while this operator worked on it, which shows that two releases run in one cluster. The message says what becomes of a certificate that was paid for. Counted in `pca_issuer_other_operator_total`.',
  },
  ResultNotWritten: {
    event: 'Warning',
    log: 'warn',
    meaning:
      "The API server, or an admission policy or webhook, refuses the request's status; the write is tried again.",
  },
} as const satisfies Readonly<Record<string, Consequence>>;

/** Reason of an event on a request. */
export type RequestReason = keyof typeof consequences;

/** Why a request waits. */
export type WaitingReason = Exclude<
  RequestReason,
  | 'Issued'
  | 'Failed'
  | 'RequestFailed'
  | 'WaitingForApproval'
  | 'UnknownIssuerKind'
  | 'ResultNotWritten'
  | 'AnotherOperator'
>;

/** Troubles that are not classes of PCA's failures; each passes, and the request is tried again. */
export const troubleReasons = {
  CertificateNotReady: 'PCA accepted the request and has not given the certificate yet, or it is still looked for.',
  RootNotPublished:
    'The certificate leads to a root that does not stand yet where the issuer publishes what clients must trust (status.trust, and the ConfigMap of spec.trust.publishTo). It is written once the root does.',
  EarlierCallUnsettled:
    'The request was called for at another entry of spec.failover than the one in use, or may have been by an earlier operator, and only that one can tell whether a certificate exists. It waits for its word, so that no second one is paid for.',
  UnreadableAnswer: "PCA's answer holds no certificate; the certificate is looked for before the next call.",
  CertificateUnreadable: 'The Certificate behind the request could not be read, and the answer depends on it.',
  ClusterUnknown: 'The UID of the namespace kube-system could not be read.',
  AuthorizationUnknown: 'Whether the requester may use the issuer could not be found out.',
  Defect: 'Exceptions keep the operator from deciding about the request; its log has their words.',
  NoInstanceLeft: 'No bought instance of an external subordinate CA is free for a CA certificate.',
  InstanceUnsettled: 'Which bought instance a CA certificate uses could not be settled.',
} as const;

/**
 * What passing trouble is: one of ours, or the class of PCA's failure (src/alibaba/error-table.ts). A call that this process gave
 * up by itself is no trouble of the request.
 */
export type TroubleReason = keyof typeof troubleReasons | Exclude<PcaErrorClass, 'Cancelled'>;

/** Why a request fails for good; the reason of the condition `Failed` of a CertificateSigningRequest. */
export const failureReasons = {
  InvalidCSR: 'The CSR cannot be read, or its signature does not fit its key.',
  InvalidDuration: 'The duration is no duration.',
  DurationTooLong: 'The duration exceeds what the CA or the issuer allows.',
  DurationTooShort: 'The duration is shorter than PCA or the issuer allows, or than renewBefore needs.',
  UnknownUsage: 'A usage is none that cert-manager knows.',
  UsageNotSupported: "The issuer's operation cannot give one of the usages.",
  CSRContradictsSpec: 'CSR and request differ in what they ask for.',
  CANotSupported: 'A CA certificate was asked for, and the issuer cannot issue one.',
  KeyNotSupported: "The issuer's operation does not take this kind or size of key.",
  KeyFamilyMismatch: "The key's family is not the CA's, which PCA refuses.",
  NameNotSupported: "The issuer's operation cannot give one of the names.",
  NameConstraintsNotSupported: 'Name constraints were asked for, which PCA cannot give.',
  NameForbiddenByCA: "The name constraints of the CA's certificate, or of one above it, forbid one of the names.",
  NoName: 'Neither a subject nor an alternative name was asked for.',
  SubjectNotSupported: "The issuer's operation cannot give this subject.",
  DeniedReference: 'The requester may not use the issuer.',
  RejectedByPCA: 'PCA refuses the request for good.',
  CertificateRevoked: 'The certificate was revoked in PCA before it was written to the request.',
  EarlierCertificateNotFound:
    'An earlier call made a certificate, or may have, and it cannot be found any more; the message says where to look.',
  Superseded:
    'No bought instance was free for the CA certificate, and the same client has asked for the same CA again: the newer request goes first.',
  PatienceExceeded: 'Passing trouble outlasted spec.patience, whose onExceeded is Fail.',
  CertificateMalformed: 'PCA returned something that is no certificate.',
  KeyMismatch: 'The certificate carries another key than the CSR.',
  ChainBroken: "The certificate's chain does not hold.",
  NotSignedByCA: 'The certificate is not signed by the CA of the issuer.',
  CAFlagMismatch: 'The certificate is a CA where none was asked for, or the other way round.',
  PathLengthMismatch: 'The path length of the CA certificate is not the one that was asked for.',
  CertificateExpired: 'The certificate has expired already.',
  SubjectMismatch: 'The subject is not the one that was asked for.',
  AlternativeNamesMismatch: 'The alternative names are not those that were asked for.',
  KeyUsageMismatch: 'The key usages are not those that were asked for.',
  ExtendedKeyUsageMismatch: 'The extended key usages are not those that were asked for.',
  ExtensionMismatch:
    'The certificate has an extension that nobody asked for and that clients refuse, or that only CAs have.',
  NameConstraintsMismatch: 'The certificate has a name that the name constraints of a CA above it forbid.',
  ValidityMismatch: 'The validity is not the one that was asked for.',
} as const satisfies Readonly<
  Record<
    | Exclude<RefusalReason, 'InvalidIssuerSettings'>
    | MismatchReason
    | 'DeniedReference'
    | 'RejectedByPCA'
    | 'CertificateRevoked'
    | 'EarlierCertificateNotFound'
    | 'Superseded'
    | 'PatienceExceeded',
    string
  >
>;

/** Why a request failed for good. */
export type FailureReason = keyof typeof failureReasons;
