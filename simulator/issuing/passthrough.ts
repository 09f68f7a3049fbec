// `ApiPassthrough` of CreateCustomCertificate: subject and extensions that the caller dictates.
import { isObjectIdentifier } from '../x509/der-writer.ts';
import {
  extendedKeyUsage,
  extensionType,
  isAlternativeName,
  keyUsage,
  keyUsageBit,
  purposes,
  subjectAlternativeName,
} from '../x509/extensions.ts';
import type { AlternativeName, AlternativeNameType, ExtensionContent } from '../x509/extensions.ts';
import { encodeName } from '../x509/names.ts';
import type { NameAttribute } from '../x509/names.ts';
import type { CertificationRequest } from '../x509/signing-request.ts';
import { listItems, listValues } from '../protocol/parameters.ts';
import type { ParameterRule, Parameters } from '../protocol/parameters.ts';
import { subjectFields, subjectRules } from './subject-fields.ts';

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

const nameTypes: readonly AlternativeNameType[] = ['rfc822Name', 'dNSName', 'uniformResourceIdentifier', 'iPAddress'];

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
  ...subjectRules(`${subject}.`),
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

/** The contents for the certificate, or the fault of the parameters. */
export type PassthroughOutcome =
  | {
      readonly kind: 'ok';
      /** DER of the Name; undefined where none is given: then the CSR's is used whole. */
      readonly subject: Buffer | undefined;
      readonly names: readonly AlternativeName[];
      readonly extensions: readonly ExtensionContent[];
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
    subject: passed === undefined ? undefined : encodeName(passed),
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
  if (wrongUsage !== undefined) return `"${wrongUsage}" is not an extended key usage`;
  return !bits.includes(keyUsageBit.keyAgreement) && bits.some((bit) => bit >= keyUsageBit.encipherOnly)
    ? 'EncipherOnly and DecipherOnly need KeyAgreement'
    : undefined;
}

function one(
  type: string,
  critical: boolean,
  passed: Buffer | undefined,
  csr: CertificationRequest | undefined,
): ExtensionContent[] {
  if (passed !== undefined) return [{ type, critical, value: passed }];
  const asked = csr?.extensions.get(type);
  return asked === undefined ? [] : [{ type, ...asked }];
}

/** The passed subject, or undefined when none of its fields is given. */
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
