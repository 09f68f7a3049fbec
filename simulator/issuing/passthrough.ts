/** `ApiPassthrough` of CreateCustomCertificate: subject and extensions that the caller dictates. */
import { DerError, readChildren, readElement } from '../x509/der-reader.ts';
import { isObjectIdentifier } from '../x509/der-writer.ts';
import {
  type AlternativeName,
  type AlternativeNameType,
  extendedKeyUsage,
  extension,
  extensionType,
  isAlternativeName,
  keyUsage,
  keyUsageBit,
  subjectAlternativeName,
} from '../x509/extensions.ts';
import { attributeType, encodeName, type NameAttribute } from '../x509/names.ts';
import type { CertificationRequest } from '../x509/signing-request.ts';
import { listItems, listValues, type ParameterRule, type Parameters } from '../protocol/parameters.ts';

const subject = 'ApiPassthrough.Subject';
const extensions = 'ApiPassthrough.Extensions';

/** Parameter names of KeyUsage and their bits; NonRepudiation is the old name of ContentCommitment. */
const usageBits = {
  DigitalSignature: keyUsageBit.digitalSignature,
  ContentCommitment: keyUsageBit.contentCommitment,
  NonRepudiation: keyUsageBit.contentCommitment,
  KeyEncipherment: keyUsageBit.keyEncipherment,
  DataEncipherment: keyUsageBit.dataEncipherment,
  KeyAgreement: keyUsageBit.keyAgreement,
  EncipherOnly: keyUsageBit.encipherOnly,
  DecipherOnly: keyUsageBit.decipherOnly,
} as const;

const purposes: Readonly<Record<string, string>> = {
  any: '2.5.29.37.0',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  OCSPSigning: '1.3.6.1.5.5.7.3.9',
};

const nameTypes: readonly AlternativeNameType[] = ['rfc822Name', 'dNSName', 'uniformResourceIdentifier', 'iPAddress'];

const subjectFields = [
  ['Country', attributeType.country, 2],
  ['State', attributeType.state, 128],
  ['Locality', attributeType.locality, 128],
  ['Organization', attributeType.organization, 64],
  ['OrganizationUnit', attributeType.organizationUnit, 64],
  ['CommonName', attributeType.commonName, 64],
] as const;

const customAttributeTypes = [
  '2.5.4.3',
  '2.5.4.5',
  '2.5.4.6',
  '2.5.4.7',
  '2.5.4.8',
  '2.5.4.9',
  '2.5.4.10',
  '2.5.4.11',
  '2.5.4.12',
  // Matter: node, fabric, vendor and product identifiers.
  '1.3.6.1.4.1.37244.1.1',
  '1.3.6.1.4.1.37244.1.5',
  '1.3.6.1.4.1.37244.2.1',
  '1.3.6.1.4.1.37244.2.2',
];

/** The documented parameters. */
export const passthroughParameters: readonly ParameterRule[] = [
  ...subjectFields.map(([name, , maximumLength]): ParameterRule => ({
    name: `${subject}.${name}`,
    type: 'string',
    maximumLength,
    ...(name === 'Country' ? { pattern: /^[A-Za-z]{2}$/ } : {}),
  })),
  {
    name: `${subject}.CustomAttributes.N.ObjectIdentifier`,
    type: 'string',
    required: true,
    values: customAttributeTypes,
  },
  { name: `${subject}.CustomAttributes.N.Value`, type: 'string', required: true, maximumLength: 256, maximumItems: 20 },
  ...Object.keys(usageBits).map((name): ParameterRule => ({ name: `${extensions}.KeyUsage.${name}`, type: 'boolean' })),
  { name: `${extensions}.ExtendedKeyUsages.N`, type: 'string', maximumLength: 64, maximumItems: 50 },
  { name: `${extensions}.SubjectAlternativeNames.N.Type`, type: 'string', required: true, values: nameTypes },
  {
    name: `${extensions}.SubjectAlternativeNames.N.Value`,
    type: 'string',
    required: true,
    maximumLength: 2048,
    maximumItems: 1000,
  },
  {
    name: `${extensions}.Criticals.N`,
    type: 'string',
    values: ['KeyUsage', 'ExtendedKeyUsages', 'SubjectAlternativeNames'],
    maximumItems: 3,
  },
  { name: `${extensions}.SerialNumber`, type: 'string', pattern: /^[1-9]\d{0,47}$/ },
];

/** What goes into the certificate, or what is wrong with the parameters. */
export type PassthroughOutcome =
  | {
      readonly kind: 'ok';
      readonly subject: Buffer;
      readonly names: readonly AlternativeName[];
      readonly extensions: readonly Buffer[];
      readonly serialNumber: Buffer | undefined;
    }
  | { readonly kind: 'refused'; readonly message: string };

/** Applies the passthrough over the signing request; `useCsr`: its extensions count where nothing is passed through. */
export function applyPassthrough(
  given: Parameters,
  request: CertificationRequest,
  useCsr: boolean,
): PassthroughOutcome {
  const names = listItems(given, `${extensions}.SubjectAlternativeNames`).map((item) => ({
    type: given.get(`${extensions}.SubjectAlternativeNames.${item}.Type`) as AlternativeNameType,
    value: given.get(`${extensions}.SubjectAlternativeNames.${item}.Value`) ?? '',
  }));
  const usages = listValues(given, `${extensions}.ExtendedKeyUsages`).map((usage) => purposes[usage] ?? usage);
  const bits = Object.entries(usageBits)
    .filter(([name]) => given.get(`${extensions}.KeyUsage.${name}`) === 'true')
    .map(([, bit]) => bit);
  const objection = objectionTo(names, usages, bits);
  if (objection !== undefined) return { kind: 'refused', message: objection };
  const criticals = new Set(listValues(given, `${extensions}.Criticals`));
  const serial = given.get(`${extensions}.SerialNumber`);
  const passed = passedSubject(given);
  return {
    kind: 'ok',
    subject: passed === undefined ? request.subject : encodeName(passed),
    names,
    extensions: [
      ...one(
        extensionType.keyUsage,
        criticals.has('KeyUsage'),
        bits.length > 0 ? keyUsage([...new Set(bits)]) : undefined,
        useCsr ? request : undefined,
      ),
      ...one(
        extensionType.extendedKeyUsage,
        criticals.has('ExtendedKeyUsages'),
        usages.length > 0 ? extendedKeyUsage(usages) : undefined,
        useCsr ? request : undefined,
      ),
      ...one(
        extensionType.subjectAlternativeName,
        criticals.has('SubjectAlternativeNames'),
        names.length > 0 ? subjectAlternativeName(names) : undefined,
        useCsr ? request : undefined,
      ),
    ],
    serialNumber: serial === undefined ? undefined : bigEndian(BigInt(serial)),
  };
}

function objectionTo(
  names: readonly AlternativeName[],
  usages: readonly string[],
  bits: readonly number[],
): string | undefined {
  const wrongName = names.find((name) => !isAlternativeName(name));
  if (wrongName !== undefined) return `"${wrongName.value}" is no ${wrongName.type}`;
  const wrongUsage = usages.find((usage) => !isObjectIdentifier(usage));
  if (wrongUsage !== undefined) return `"${wrongUsage}" is no extended key usage`;
  return !bits.includes(keyUsageBit.keyAgreement) && bits.some((bit) => bit >= keyUsageBit.encipherOnly)
    ? 'EncipherOnly and DecipherOnly need KeyAgreement'
    : undefined;
}

function one(
  type: string,
  critical: boolean,
  passed: Buffer | undefined,
  csr: CertificationRequest | undefined,
): Buffer[] {
  if (passed !== undefined) return [extension(type, critical, passed)];
  const asked = csr?.extensions.get(type);
  return asked === undefined ? [] : [extension(type, asked.critical, asked.value)];
}

/** The passed subject, or undefined when none of its fields is given: then the CSR's is used whole. */
function passedSubject(given: Parameters): readonly NameAttribute[] | undefined {
  const fields = subjectFields.flatMap(([name, type]) => {
    const value = given.get(`${subject}.${name}`);
    return value === undefined ? [] : [{ type, value }];
  });
  const custom = listItems(given, `${subject}.CustomAttributes`).map((item) => ({
    type: given.get(`${subject}.CustomAttributes.${item}.ObjectIdentifier`) ?? '',
    value: given.get(`${subject}.CustomAttributes.${item}.Value`) ?? '',
  }));
  return fields.length + custom.length === 0 ? undefined : [...fields, ...custom];
}

function bigEndian(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

/** Names of a SubjectAlternativeName value as far as they are of the four kinds; for lists and descriptions. */
export function dnsNamesOf(value: Buffer | undefined): readonly AlternativeName[] {
  if (value === undefined) return [];
  try {
    return readChildren(readElement(value)).flatMap(({ tag, contents }) => {
      const type = ({ 0x81: 'rfc822Name', 0x82: 'dNSName', 0x86: 'uniformResourceIdentifier' } as const)[tag];
      return type === undefined ? [] : [{ type, value: contents.toString('latin1') }];
    });
  } catch (error) {
    if (error instanceof DerError) return [];
    throw error;
  }
}
