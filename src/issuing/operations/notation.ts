// How PCA's API writes things: validity, kinds of names, usages, subjects, lists.
import type { IssuerSpec } from '../../crds/issuer.ts';
import type { NameKind } from '../x509/alternative-name.ts';
import type { SettingParameter, SubjectAttribute } from '../operation.ts';
import { hasNoGroups } from '../x509/distinguished-name.ts';
import type { NameAttribute } from '../x509/distinguished-name.ts';
import type { KeyUsage } from '../x509/usages.ts';
import type { Validity } from '../validity.ts';
import { formatMoment } from '../../timing/moment.ts';

/** Kinds of names as CreateCustomCertificate spells them (Alibaba: SubjectAlternativeNames.N.Type). */
export const nameTypes: Readonly<Record<NameKind, string>> = {
  dns: 'dNSName',
  ip: 'iPAddress',
  email: 'rfc822Name',
  uri: 'uniformResourceIdentifier',
};

/** Key usages as CreateCustomCertificate spells them (Alibaba: ApiPassthrough.Extensions.KeyUsage); it has no others. */
export const keyUsageFields: ReadonlyMap<KeyUsage, string> = new Map<KeyUsage, string>([
  ['digitalSignature', 'DigitalSignature'],
  ['contentCommitment', 'ContentCommitment'],
  ['keyEncipherment', 'KeyEncipherment'],
  ['dataEncipherment', 'DataEncipherment'],
  ['keyAgreement', 'KeyAgreement'],
  ['encipherOnly', 'EncipherOnly'],
  ['decipherOnly', 'DecipherOnly'],
]);

/** Extended usages that have a documented name (Alibaba: ExtendedKeyUsages.N); all others go by their identifier. */
const extendedUsageNames: Readonly<Record<string, string>> = {
  '2.5.29.37.0': 'any',
  '1.3.6.1.5.5.7.3.1': 'serverAuth',
  '1.3.6.1.5.5.7.3.2': 'clientAuth',
  '1.3.6.1.5.5.7.3.3': 'codeSigning',
  '1.3.6.1.5.5.7.3.4': 'emailProtection',
  '1.3.6.1.5.5.7.3.8': 'timeStamping',
  '1.3.6.1.5.5.7.3.9': 'OCSPSigning',
};

/** Fields of a subject (Alibaba: ApiPassthrough.Subject), in the order in which X.509 names usually go. */
export const subjectFields = [
  { setting: 'country', field: 'Country', oid: '2.5.4.6' },
  { setting: 'state', field: 'State', oid: '2.5.4.8' },
  { setting: 'locality', field: 'Locality', oid: '2.5.4.7' },
  { setting: 'organization', field: 'Organization', oid: '2.5.4.10' },
  { setting: 'organizationUnit', field: 'OrganizationUnit', oid: '2.5.4.11' },
  { setting: 'commonName', field: 'CommonName', oid: '2.5.4.3' },
] as const;

/** The name or identifier of an extended usage on the wire. */
export function extendedUsageName(oid: string): string {
  return extendedUsageNames[oid] ?? oid;
}

/** `NotBefore/NotAfter`, the form that is exact to the second (Alibaba: CreateCustomCertificate, Validity). */
export function absoluteValidity({ notBefore, notAfter }: Validity): string {
  return `${formatMoment(notBefore)}/${formatMoment(notAfter)}`;
}

/** `Prefix.1`, `Prefix.2`, …: how a list of texts is flattened. */
export function numbered(prefix: string, values: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(values.map((value, index) => [`${prefix}.${index + 1}`, value]));
}

/** `Prefix.1.Field`, …: how a list of objects is flattened. */
export function numberedObjects(
  prefix: string,
  objects: readonly Readonly<Record<string, string>>[],
): Readonly<Record<string, string>> {
  const entries = objects.flatMap((object, index) =>
    Object.entries(object).map(([field, value]) => [`${prefix}.${index + 1}.${field}`, value]),
  );
  return Object.fromEntries(entries) as Record<string, string>;
}

/** The parameters that have a value. */
export function present(parameters: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  const entries = Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return Object.fromEntries(entries) as Record<string, string>;
}

/** Whether these fields, which hold one value each, can say a subject. */
export function fitsFields(subject: readonly NameAttribute[]): boolean {
  return (
    hasNoGroups(subject) &&
    new Set(subject.map(({ oid }) => oid)).size === subject.length &&
    subject.every(({ oid }) => subjectFields.some((field) => field.oid === oid))
  );
}

/** The attributes that these settings name; fields left out or empty are not among them. */
export function attributesOf(
  settings: Readonly<Partial<Record<(typeof subjectFields)[number]['setting'], string>>> | undefined,
): readonly SubjectAttribute[] {
  if (settings === undefined) return [];
  return subjectFields
    .map(({ setting, oid }) => ({ oid, value: settings[setting] ?? '' }))
    .filter(({ value }) => value !== '');
}

/** CRL, tags and resource group, which three operations take under the same names. */
export function accountParameters({
  enableCrl,
  tags = [],
  resourceGroupId,
}: Pick<NonNullable<IssuerSpec['createServerCertificateWithCsr']>, 'enableCrl' | 'tags' | 'resourceGroupId'>): Readonly<
  Record<string, string>
> {
  return present({
    EnableCrl: enableCrl === undefined ? undefined : enableCrl ? '1' : '0',
    ...numberedObjects(
      'Tags',
      tags.map(({ key, value }) => ({ Key: key, Value: value })),
    ),
    ResourceGroupId: resourceGroupId,
  });
}

/** The parameter of every operation below an issuing CA that names it. */
export const parentSetting: SettingParameter = { parameter: 'ParentIdentifier', field: 'spec.parentIdentifier' };

/** The settings that become `accountParameters`, in this block of the spec. */
export function accountSettings(block: string): readonly SettingParameter[] {
  return [
    { parameter: 'EnableCrl', field: `spec.${block}.enableCrl` },
    { parameter: 'Tags', field: `spec.${block}.tags` },
    { parameter: 'ResourceGroupId', field: `spec.${block}.resourceGroupId` },
  ];
}

/** Where the parameters that several operations share come from. */
export const sharedOrigins = {
  ParentIdentifier: '`spec.parentIdentifier`',
  Csr: "the request's CSR",
  Immediately: 'always 2: certificate and chain in the answer',
  EnableCrl: 'setting `enableCrl`',
  'Tags.N.Key, .Value': 'setting `tags`',
  ResourceGroupId: 'setting `resourceGroupId`',
} as const;
