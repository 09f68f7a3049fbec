// CreateCustomCertificate: names and usages through ApiPassthrough, validity to the second, the CSR's subject whole.
import type { IssuerSpec } from '../../crds/issuer.ts';
import type { IssuingOperation, PlannedRequest, SubjectAttribute } from '../operation.ts';
import { hasNoGroups, withValue } from '../x509/distinguished-name.ts';
import type { NameAttribute } from '../x509/distinguished-name.ts';
import { readReply } from '../reply-body.ts';
import { clientCertificates } from '../certificate-store.ts';
import {
  absoluteValidity,
  accountParameters,
  accountSettings,
  attributesOf,
  extendedUsageName,
  keyUsageFields,
  nameTypes,
  numbered,
  numberedObjects,
  parentSetting,
  present,
  sharedOrigins,
  subjectFields,
} from './notation.ts';

const action = 'CreateCustomCertificate';
const block = 'createCustomCertificate';
type Settings = NonNullable<IssuerSpec['createCustomCertificate']>;
type Parameters = Readonly<Record<string, string>>;

/** The operation CreateCustomCertificate (Alibaba: CreateCustomCertificate, API 2020-06-30). */
export const customCertificate: IssuingOperation = {
  action,
  version: '2020-06-30',
  capabilities: {
    names: { kinds: ['dns', 'ip', 'email', 'uri'], mixed: true, separator: undefined },
    usages: { kind: 'free', keyUsages: [...keyUsageFields.keys()] },
    subject: 'whole',
    addedAttributes: [],
    keys: { rsaBits: [{ from: 2048, to: 8192 }], curves: ['P-256', 'P-384'] },
    certificateAuthorities: false,
    callerIdentifier: true,
    refusedIssuerTypes: ['iTrusChina'],
  },
  parameterOrigins: {
    ...sharedOrigins,
    Validity: '`spec.duration` and `validity` as `NotBefore/NotAfter`, exact to the second',
    customIdentifier: "derived from the cluster's and the request's UID",
    'ApiPassthrough.Subject':
      "setting `subject`; without it the CSR's subject is used whole, and sent here only after PCA refused a CSR with an attribute without a value",
    'ApiPassthrough.Extensions.KeyUsage': "the request's usages",
    'ApiPassthrough.Extensions.ExtendedKeyUsages.N': "the request's usages",
    'ApiPassthrough.Extensions.SubjectAlternativeNames.N.Type, .Value': "the CSR's alternative names",
    'ApiPassthrough.Extensions.Criticals.N': 'setting `criticals`, and alternative names without a subject',
    'ApiPassthrough.Extensions.SerialNumber': 'not sent: PCA chooses serial numbers, which must be unpredictable',
  },
  settings: [
    parentSetting,
    ...accountSettings(block),
    { parameter: 'ApiPassthrough.Subject', field: `spec.${block}.subject` },
    { parameter: 'ApiPassthrough.Extensions.Criticals', field: `spec.${block}.criticals` },
  ],
  store: clientCertificates,
  subjectOverride: subjectOf,
  canSendSubject,
  parameters(request: PlannedRequest, spec: IssuerSpec): Parameters {
    const settings = spec.createCustomCertificate ?? {};
    return present({
      ParentIdentifier: request.parentIdentifier,
      Csr: request.csr,
      Validity: absoluteValidity(request),
      Immediately: '2',
      customIdentifier: request.identifier,
      ...accountParameters(settings),
      ...subjectParameters(request, settings),
      ...extensionParameters(request, spec),
    });
  },
  read: (body) => readReply(action, body),
};

function subjectOf({ createCustomCertificate }: IssuerSpec): readonly SubjectAttribute[] | undefined {
  const subject = createCustomCertificate?.subject;
  const custom = (subject?.customAttributes ?? []).map(({ objectIdentifier, value }) => ({
    oid: objectIdentifier,
    value,
  }));
  const attributes = [...attributesOf(subject), ...withValue(custom)];
  return attributes.length === 0 ? undefined : attributes;
}

// Any field here makes PCA ignore the CSR's subject, so nothing is sent unless the issuer sets a subject, or PCA refused the CSR's.
function subjectParameters(request: PlannedRequest, settings: Settings): Parameters {
  const { customAttributes = [], ...fields } = settings.subject ?? {};
  const custom = customAttributes.map(({ objectIdentifier, value }) => ({ oid: objectIdentifier, value }));
  const set = parametersOf(attributesOf(fields), withValue(custom));
  if (Object.keys(set).length > 0 || !request.sendsSubject) return set;
  const { subject } = request;
  const isField = ({ oid }: SubjectAttribute): boolean =>
    subjectFields.some((field) => field.oid === oid) &&
    subject.filter((attribute) => attribute.oid === oid).length === 1;
  return parametersOf(
    subject.filter(isField),
    subject.filter((attribute) => !isField(attribute)),
  );
}

function parametersOf(fields: readonly SubjectAttribute[], custom: readonly SubjectAttribute[]): Parameters {
  return {
    ...Object.fromEntries(
      fields.map(({ oid, value }) => {
        const field = subjectFields.find((known) => known.oid === oid)?.field ?? oid;
        return [`ApiPassthrough.Subject.${field}`, value] as const;
      }),
    ),
    ...numberedObjects(
      'ApiPassthrough.Subject.CustomAttributes',
      custom.map(({ oid, value }) => ({ ObjectIdentifier: oid, Value: value })),
    ),
  };
}

// Types of attributes that the API documents for custom ones, the fields' among them (Alibaba: CustomAttributes).
const customTypes: ReadonlySet<string> = new Set([
  '2.5.4.3',
  '2.5.4.5',
  '2.5.4.6',
  '2.5.4.7',
  '2.5.4.8',
  '2.5.4.9',
  '2.5.4.10',
  '2.5.4.11',
  '2.5.4.12',
  '1.3.6.1.4.1.37244.1.1',
  '1.3.6.1.4.1.37244.1.5',
  '1.3.6.1.4.1.37244.2.1',
  '1.3.6.1.4.1.37244.2.2',
]);
const mostCustom = 20;

/** What stands in relative names of its own, of types that the API knows. */
function canSendSubject(subject: readonly NameAttribute[]): boolean {
  return subject.length <= mostCustom && hasNoGroups(subject) && subject.every(({ oid }) => customTypes.has(oid));
}

// Whether PCA honours what the CSR asks is not documented, so names and usages are always sent.
function extensionParameters(request: PlannedRequest, spec: IssuerSpec): Parameters {
  const prefix = 'ApiPassthrough.Extensions';
  const { keyUsages, extendedKeyUsages } = request.usages;
  const flags = keyUsages.flatMap((usage) => keyUsageFields.get(usage) ?? []);
  return {
    ...Object.fromEntries(flags.map((field) => [`${prefix}.KeyUsage.${field}`, 'true'])),
    ...numbered(`${prefix}.ExtendedKeyUsages`, extendedKeyUsages.map(extendedUsageName)),
    ...numberedObjects(
      `${prefix}.SubjectAlternativeNames`,
      request.names.map(({ kind, value }) => ({ Type: nameTypes[kind], Value: value })),
    ),
    ...numbered(`${prefix}.Criticals`, criticals(request, spec)),
  };
}

/** Extensions to mark critical: the issuer's choice among those present, and names that stand in for a subject. */
function criticals({ usages, names, subject }: PlannedRequest, spec: IssuerSpec): readonly string[] {
  const chosen: readonly string[] = spec.createCustomCertificate?.criticals ?? [];
  const noSubject = (subjectOf(spec) ?? subject).length === 0;
  return [
    ...(usages.keyUsages.length > 0 && chosen.includes('KeyUsage') ? ['KeyUsage'] : []),
    ...(usages.extendedKeyUsages.length > 0 && chosen.includes('ExtendedKeyUsages') ? ['ExtendedKeyUsages'] : []),
    ...(names.length > 0 && (noSubject || chosen.includes('SubjectAlternativeNames'))
      ? ['SubjectAlternativeNames']
      : []),
  ];
}
