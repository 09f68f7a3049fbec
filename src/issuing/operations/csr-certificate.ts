// The common part of the operations around a CSR: CreateServerCertificateWithCsr, CreateClientCertificateWithCsr and
// CreateWHClientCertificate. They give a fixed profile of usages, and which of CSR and parameters wins is documented for
// the common name only; so the parameters repeat the CSR and add only what it lacks.
import type { IssuerSpec } from '../../crds/issuer.ts';
import type { NameKind } from '../x509/alternative-name.ts';
import type {
  IssueReply,
  IssuingOperation,
  OperationCapabilities,
  PlannedRequest,
  SettingParameter,
  SubjectAttribute,
  UsageProfile,
} from '../operation.ts';
import { asObject, replyOf } from '../reply-body.ts';
import {
  accountParameters,
  accountSettings,
  attributesOf,
  parentSetting,
  present,
  sharedOrigins,
  subjectFields,
} from './notation.ts';

type Settings = NonNullable<IssuerSpec['createServerCertificateWithCsr']>;
type Parameters = Readonly<Record<string, string>>;

/** Server certificates (Alibaba: CertType SERVER); what the profile holds follows the documented recipe for servers. */
export const serverProfile: UsageProfile = {
  name: 'SERVER',
  usages: { keyUsages: ['digitalSignature', 'keyEncipherment'], extendedKeyUsages: ['1.3.6.1.5.5.7.3.1'] },
};

/** Client certificates (Alibaba: CertType CLIENT); what the profile holds follows the documented recipe for clients. */
export const clientProfile: UsageProfile = {
  name: 'CLIENT',
  usages: { keyUsages: ['digitalSignature', 'keyEncipherment'], extendedKeyUsages: ['1.3.6.1.5.5.7.3.2'] },
};

/** Keys in the documented sizes that can be used: RSA 1024 is too weak, and ECC_512 names no curve. */
export const documentedKeys: OperationCapabilities['keys'] = {
  rsaBits: [
    { from: 2048, to: 2048 },
    { from: 4096, to: 4096 },
  ],
  curves: ['P-256', 'P-384'],
};

// Organization, unit, state and locality: the service has defaults for them (Alibaba: CreateClientCertificateWithCsr).
const defaultedAttributes = ['2.5.4.10', '2.5.4.11', '2.5.4.8', '2.5.4.7'] as const;

/** How these operations differ from each other. */
export interface CsrOperation extends Pick<IssuingOperation, 'action' | 'version' | 'parameterOrigins' | 'store'> {
  readonly names: Pick<OperationCapabilities['names'], 'kinds' | 'mixed' | 'untyped'>;
  readonly profile: UsageProfile;
  readonly callerIdentifier: boolean;
  /** The operation's settings in an issuer's spec; the warehouse has no CRL, tags and resource group among them. */
  readonly block: 'createServerCertificateWithCsr' | 'createClientCertificateWithCsr' | 'createWHClientCertificate';
  readonly nameParameters: (names: PlannedRequest['names']) => Parameters;
}

/** Builds such an operation: one profile, names as a list with commas, a subject of single fields. */
export function csrOperation(own: CsrOperation): IssuingOperation {
  const { action, version, store, parameterOrigins } = own;
  const settingsOf = (spec: IssuerSpec): Settings => spec[own.block] ?? {};
  return {
    action,
    version,
    capabilities: {
      names: { ...own.names, separator: ',' },
      usages: { kind: 'profiles', profiles: [own.profile] },
      subject: 'fields',
      addedAttributes: defaultedAttributes,
      keys: documentedKeys,
      certificateAuthorities: false,
      callerIdentifier: own.callerIdentifier,
      refusedIssuerTypes: [],
    },
    parameterOrigins,
    settings: [
      parentSetting,
      ...(own.block === 'createWHClientCertificate' ? [] : accountSettings(own.block)),
      ...subjectDefaultSettings(own.block),
    ],
    store,
    subjectDefaults: (spec) => attributesOf(settingsOf(spec).subjectDefaults),
    parameters: (request, spec) =>
      present({
        ...csrParameters(request, settingsOf(spec)),
        ...own.nameParameters(request.names),
        CustomIdentifier: request.identifier,
        ...accountParameters(settingsOf(spec)),
      }),
    read: (body) => readCsrReply(action, body),
  };
}

/** Kinds of names as integers (Alibaba: SanType). */
export const sanTypes: Readonly<Record<NameKind, number>> = { email: 1, dns: 2, uri: 6, ip: 7 };

/** Where the parameters of these operations come from. */
export const csrOrigins = {
  ParentIdentifier: sharedOrigins.ParentIdentifier,
  Csr: sharedOrigins.Csr,
  Immediately: sharedOrigins.Immediately,
  'BeforeTime, AfterTime': '`spec.duration` and `validity`, in seconds since 1970',
  'Days, Months, Years': 'not sent: they win over BeforeTime and AfterTime and know whole days only',
  Algorithm: 'not sent: PCA derives it from the CSR',
  'CommonName, Organization, OrganizationUnit, Country, State, Locality':
    "the CSR's subject, and setting `subjectDefaults` where it has no such attribute",
} as const;

function subjectDefaultSettings(block: string): readonly SettingParameter[] {
  return subjectFields.map(({ setting, field, oid }) => ({
    parameter: field,
    field: `spec.${block}.subjectDefaults.${setting}`,
    attribute: oid,
  }));
}

/** Parent, CSR, validity to the second, and the subject. */
function csrParameters(request: PlannedRequest, settings: Settings): Parameters {
  const present = new Set(request.subject.map(({ oid }) => oid));
  const defaults = attributesOf(settings.subjectDefaults).filter(({ oid }) => !present.has(oid));
  return {
    ParentIdentifier: request.parentIdentifier,
    Csr: request.csr,
    Immediately: '2',
    ...validitySeconds(request),
    ...subjectFieldParameters([...request.subject, ...defaults]),
  };
}

/** Both ends in seconds since 1970 (Alibaba: BeforeTime is the begin, AfterTime the end). */
export function validitySeconds({ notBefore, notAfter }: Pick<PlannedRequest, 'notBefore' | 'notAfter'>): Parameters {
  return {
    BeforeTime: String(notBefore.getTime() / 1_000),
    AfterTime: String(notAfter.getTime() / 1_000),
  };
}

/** All names of one kind, with that kind; nothing where there are none (Alibaba: SanType, SanValue). */
export function oneKindOfNames(names: PlannedRequest['names']): Parameters {
  const [first] = names;
  if (first === undefined) return {};
  return { SanType: String(sanTypes[first.kind]), SanValue: names.map(({ value }) => value).join(',') };
}

/** The reply of these operations; older ones have parent and root in fields of their own. */
function readCsrReply(action: string, body: unknown): IssueReply {
  const fields = asObject(body) ?? {};
  return replyOf(action, {
    identifier: fields['Identifier'],
    certificate: fields['X509Certificate'],
    chain: [fields['CertificateChain'], fields['ParentX509Certificate'], fields['RootX509Certificate']],
    serialNumber: fields['SerialNumber'],
  });
}

function subjectFieldParameters(attributes: readonly SubjectAttribute[]): Parameters {
  return Object.fromEntries(
    subjectFields.flatMap(({ field, oid }) => {
      const value = attributes.find((attribute) => attribute.oid === oid)?.value;
      return value === undefined ? [] : [[field, value] as const];
    }),
  );
}
