// The form that all issuing operations share: data about what each can do, and two pure functions.
import type { IssuerSpec } from '../crds/issuer.ts';
import type { AlternativeName, NameKind } from './x509/alternative-name.ts';
import type { NameAttribute } from './x509/distinguished-name.ts';
import type { KeyUsage, Usages } from './x509/usages.ts';

/** One attribute of a subject. */
export type SubjectAttribute = Pick<NameAttribute, 'oid' | 'value'>;

/** One call of PCA's API. Parameters have flat wire names, such as `ApiPassthrough.Extensions.ExtendedKeyUsages.1`. */
export interface IssueCall {
  readonly action: string;
  readonly version: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * The answer to an issuing or describing call. `chain` holds further PEM texts of any form and order; `pending` means
 * that the certificate is not in the reply and is read through the describe call.
 */
export type IssueReply =
  | {
      readonly kind: 'issued';
      readonly identifier: string | undefined;
      readonly certificate: string;
      readonly chain: readonly string[];
      readonly serialNumber: string | undefined;
    }
  | { readonly kind: 'pending'; readonly identifier: string }
  | { readonly kind: 'malformed'; readonly message: string };

/** A certificate that is read again: the reply, or that it was revoked, which is final. */
export type StoredReply = IssueReply | { readonly kind: 'revoked' };

/** A set of usages that an operation gives to every certificate; `name` as Alibaba's CertType has it. */
export interface UsageProfile {
  readonly name: 'SERVER' | 'CLIENT';
  readonly usages: Usages;
}

/** The requests that an operation can express. Plans are checked against it; documentation is rendered from it. */
export interface OperationCapabilities {
  readonly names: {
    readonly kinds: readonly NameKind[];
    /** Whether one certificate may carry names of several of these kinds. */
    readonly mixed: boolean;
    /** The separator of values on the wire, which no value may contain. */
    readonly separator: string | undefined;
    /** Names and addresses stand in one list, in which the service tells an address by its text. */
    readonly untyped?: true;
    /** The operation has no parameter for names; whether those of the CSR are taken is not documented. */
    readonly inCsrOnly?: true;
  };
  /** `free`: these key usages and any extended one; `profiles`: the usages of one of them and no others. */
  readonly usages:
    | { readonly kind: 'free'; readonly keyUsages: readonly KeyUsage[] }
    | { readonly kind: 'profiles'; readonly profiles: readonly UsageProfile[] };
  /** `whole`: the CSR's subject is used as it is; `fields`: only single attributes that the API has a field for. */
  readonly subject: 'whole' | 'fields';
  /** Types of attributes (dotted identifiers) that the service adds where the request has none of that type. */
  readonly addedAttributes: readonly string[];
  readonly keys: {
    /** Sizes of RSA keys in bits, as ranges with both ends included. */
    readonly rsaBits: readonly { readonly from: number; readonly to: number }[];
    readonly curves: readonly string[];
  };
  /** Whether certificates of CAs can be issued. */
  readonly certificateAuthorities: boolean;
  /** Whether the call carries an identifier of ours by which the certificate is found again. */
  readonly callerIdentifier: boolean;
  /** The operation to use instead, where Alibaba Cloud has withdrawn this one. */
  readonly replacedBy?: string;
  /** Issuer types of CAs (Alibaba: DescribeCACertificate, IssuerType) that refuse the operation. */
  readonly refusedIssuerTypes: readonly string[];
}

/**
 * A parameter whose value an issuer sets, no request. `field`: the field of the issuer, such as `spec.parentIdentifier`;
 * `attribute`: the parameter carries this type of attribute, which the issuer sets only where the CSR has none.
 */
export interface SettingParameter {
  /** Its wire name; whatever lies below it, such as `Tags.1.Key` below `Tags`, is meant as well. */
  readonly parameter: string;
  readonly field: string;
  readonly attribute?: string;
}

/** A request that passed every check, ready to be written as parameters. */
export interface PlannedRequest {
  readonly parentIdentifier: string;
  /** PEM. */
  readonly csr: string;
  /** The attributes of the CSR's subject that have a value. */
  readonly subject: readonly SubjectAttribute[];
  /** Whether that subject is sent beside the CSR, which PCA refused as it is. */
  readonly sendsSubject: boolean;
  readonly names: readonly AlternativeName[];
  readonly usages: Usages;
  /** The profile that the certificate gets; undefined where usages are free. */
  readonly profile: UsageProfile | undefined;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** undefined where the operation has no parameter for it. */
  readonly identifier: string | undefined;
  /** The purchased instance that a CA certificate activates; undefined for all other certificates. */
  readonly instanceId: string | undefined;
}

/** One entry of a store's list. `certificate`: PEM, leaf first; undefined where the list does not hold it. */
export interface StoredItem {
  readonly identifier: string;
  readonly certificate: string | undefined;
  readonly notBefore: Date | undefined;
  readonly isRevoked: boolean;
}

/** A page of a list. `entries` counts those that could not be read as well, `total` those of all pages, where PCA says it. */
export type ListPage<Item> =
  | {
      readonly kind: 'ok';
      readonly items: readonly Item[];
      readonly entries: number;
      readonly total: number | undefined;
    }
  | { readonly kind: 'malformed'; readonly message: string };

/** A page of a store's list. */
export type StoredList = ListPage<StoredItem>;

/** Where PCA keeps the certificates of an operation: how one is read again and revoked, by PCA's own identifier. */
export interface CertificateStore {
  /** The call for one page, from 1, of all certificates, the newest first. */
  list(page: number): IssueCall;
  readList(body: unknown): StoredList;
  describe(identifier: string): IssueCall;
  /** The certificate in the answer to `describe`. */
  read(body: unknown): StoredReply;
  revoke(identifier: string): IssueCall;
}

/** One issuing operation of PCA. No function reads a clock or remembers anything. */
export interface IssuingOperation {
  readonly action: string;
  readonly version: string;
  readonly capabilities: OperationCapabilities;
  /** Every documented parameter, with where its value comes from or why it is not sent; for the reference. */
  readonly parameterOrigins: Readonly<Record<string, string>>;
  /** The parameters that come from the issuer's spec: what PCA objects to in them is the issuer's fault. */
  readonly settings: readonly SettingParameter[];
  readonly store: CertificateStore;
  /** The parameters of the call that asks for this certificate. */
  parameters(request: PlannedRequest, spec: IssuerSpec): Readonly<Record<string, string>>;
  /** Attributes that the issuer sets instead of the CSR's whole subject; undefined when it sets none. */
  subjectOverride?(spec: IssuerSpec): readonly SubjectAttribute[] | undefined;
  /** Whether its parameters can say this subject so that PCA takes it instead of the CSR's; left out where it has none such. */
  canSendSubject?(subject: readonly NameAttribute[]): boolean;
  /** Attributes that the issuer sets where the CSR has none of that type. */
  subjectDefaults?(spec: IssuerSpec): readonly SubjectAttribute[];
  /** The one profile that the issuer allows; undefined when it leaves the choice to the request. */
  requiredProfile?(spec: IssuerSpec): UsageProfile['name'] | undefined;
  /** The reply in the body of a successful answer. */
  read(body: unknown): IssueReply;
}
