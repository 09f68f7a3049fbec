// The contract of the issuing operations as data: what a request may ask for, part by part, with what each operation
// makes of it by Alibaba's documents. Written from the documents, not from the code under test.
import type { KeyKind, TestContent } from '../support/certificates.ts';

/** The five operations. */
export const operations = [
  'CreateCustomCertificate',
  'CreateCertificateWithExtension',
  'CreateServerCertificateWithCsr',
  'CreateClientCertificateWithCsr',
  'CreateWHClientCertificate',
] as const;

/** Name of an operation. */
export type Operation = (typeof operations)[number];
type Parameters = Readonly<Record<string, string>>;

/** One choice for a part of a request; where an operation is missing from `parameters`, it refuses the choice. */
export interface Choice {
  readonly label: string;
  readonly parameters: Readonly<Partial<Record<Operation, Parameters>>>;
}

const onAll = (parameters: Parameters = {}): Choice['parameters'] =>
  Object.fromEntries(operations.map((operation) => [operation, parameters]));

const passthrough = 'ApiPassthrough.Extensions';

const client = (parameters: Parameters): Choice['parameters'] => ({
  CreateClientCertificateWithCsr: parameters,
  CreateWHClientCertificate: parameters,
});

/** Keys: the documents list RSA 1024, 2048, 4096 and ECC 256, 384, 512; 1024 is too weak and 512 names no curve. */
export const keys: readonly (Choice & { readonly kind: KeyKind })[] = [
  { label: 'P-256', kind: 'P-256', parameters: onAll() },
  { label: 'P-384', kind: 'P-384', parameters: onAll() },
  { label: 'P-521', kind: 'P-521', parameters: {} },
  { label: 'RSA 1024', kind: 'RSA-1024', parameters: {} },
  { label: 'RSA 2048', kind: 'RSA-2048', parameters: onAll() },
  { label: 'RSA 4096', kind: 'RSA-4096', parameters: onAll() },
];

/** Alternative names. */
export const names: readonly (Choice & { readonly content: NonNullable<TestContent['names']> })[] = [
  { label: 'no names', content: [], parameters: onAll() },
  {
    label: 'DNS names',
    content: [
      { kind: 'dns', value: 'a.example.com' },
      { kind: 'dns', value: '*.example.com' },
    ],
    parameters: {
      CreateCustomCertificate: {
        [`${passthrough}.SubjectAlternativeNames.1.Type`]: 'dNSName',
        [`${passthrough}.SubjectAlternativeNames.1.Value`]: 'a.example.com',
        [`${passthrough}.SubjectAlternativeNames.2.Type`]: 'dNSName',
        [`${passthrough}.SubjectAlternativeNames.2.Value`]: '*.example.com',
      },
      CreateCertificateWithExtension: {
        Sans: '[{"Type":2,"Value":"a.example.com"},{"Type":2,"Value":"*.example.com"}]',
      },
      CreateServerCertificateWithCsr: { Domain: 'a.example.com,*.example.com' },
      ...client({ SanType: '2', SanValue: 'a.example.com,*.example.com' }),
    },
  },
  {
    label: 'IP addresses',
    content: [
      { kind: 'ip', value: '10.0.0.1' },
      { kind: 'ip', value: '2001:db8::1' },
    ],
    parameters: {
      CreateCustomCertificate: {
        [`${passthrough}.SubjectAlternativeNames.1.Type`]: 'iPAddress',
        [`${passthrough}.SubjectAlternativeNames.1.Value`]: '10.0.0.1',
        [`${passthrough}.SubjectAlternativeNames.2.Type`]: 'iPAddress',
        [`${passthrough}.SubjectAlternativeNames.2.Value`]: '2001:db8::1',
      },
      CreateCertificateWithExtension: {
        Sans: '[{"Type":7,"Value":"10.0.0.1"},{"Type":7,"Value":"2001:db8::1"}]',
      },
      CreateServerCertificateWithCsr: { Domain: '10.0.0.1,2001:db8::1' },
      ...client({ SanType: '7', SanValue: '10.0.0.1,2001:db8::1' }),
    },
  },
  {
    label: 'an e-mail address',
    content: [{ kind: 'email', value: 'a@example.com' }],
    parameters: {
      CreateCustomCertificate: {
        [`${passthrough}.SubjectAlternativeNames.1.Type`]: 'rfc822Name',
        [`${passthrough}.SubjectAlternativeNames.1.Value`]: 'a@example.com',
      },
      CreateCertificateWithExtension: { Sans: '[{"Type":1,"Value":"a@example.com"}]' },
      ...client({ SanType: '1', SanValue: 'a@example.com' }),
    },
  },
  {
    label: 'a URI',
    content: [{ kind: 'uri', value: 'spiffe://cluster.local/ns/a/sa/b' }],
    parameters: {
      CreateCustomCertificate: {
        [`${passthrough}.SubjectAlternativeNames.1.Type`]: 'uniformResourceIdentifier',
        [`${passthrough}.SubjectAlternativeNames.1.Value`]: 'spiffe://cluster.local/ns/a/sa/b',
      },
      CreateCertificateWithExtension: { Sans: '[{"Type":6,"Value":"spiffe://cluster.local/ns/a/sa/b"}]' },
      ...client({ SanType: '6', SanValue: 'spiffe://cluster.local/ns/a/sa/b' }),
    },
  },
  {
    label: 'a URI with a comma',
    content: [{ kind: 'uri', value: 'spiffe://cluster.local/a,b' }],
    parameters: {
      CreateCustomCertificate: {
        [`${passthrough}.SubjectAlternativeNames.1.Type`]: 'uniformResourceIdentifier',
        [`${passthrough}.SubjectAlternativeNames.1.Value`]: 'spiffe://cluster.local/a,b',
      },
      CreateCertificateWithExtension: { Sans: '[{"Type":6,"Value":"spiffe://cluster.local/a,b"}]' },
    },
  },
  {
    label: 'a DNS name and an IP address',
    content: [
      { kind: 'dns', value: 'a.example.com' },
      { kind: 'ip', value: '10.0.0.1' },
    ],
    parameters: {
      CreateCustomCertificate: {
        [`${passthrough}.SubjectAlternativeNames.1.Type`]: 'dNSName',
        [`${passthrough}.SubjectAlternativeNames.1.Value`]: 'a.example.com',
        [`${passthrough}.SubjectAlternativeNames.2.Type`]: 'iPAddress',
        [`${passthrough}.SubjectAlternativeNames.2.Value`]: '10.0.0.1',
      },
      CreateCertificateWithExtension: {
        Sans: '[{"Type":2,"Value":"a.example.com"},{"Type":7,"Value":"10.0.0.1"}]',
      },
      CreateServerCertificateWithCsr: { Domain: 'a.example.com,10.0.0.1' },
    },
  },
  {
    label: 'a DNS name and a URI',
    content: [
      { kind: 'dns', value: 'a.example.com' },
      { kind: 'uri', value: 'spiffe://cluster.local/ns/a/sa/b' },
    ],
    parameters: {
      CreateCustomCertificate: {
        [`${passthrough}.SubjectAlternativeNames.1.Type`]: 'dNSName',
        [`${passthrough}.SubjectAlternativeNames.1.Value`]: 'a.example.com',
        [`${passthrough}.SubjectAlternativeNames.2.Type`]: 'uniformResourceIdentifier',
        [`${passthrough}.SubjectAlternativeNames.2.Value`]: 'spiffe://cluster.local/ns/a/sa/b',
      },
      CreateCertificateWithExtension: {
        Sans: '[{"Type":2,"Value":"a.example.com"},{"Type":6,"Value":"spiffe://cluster.local/ns/a/sa/b"}]',
      },
    },
  },
  { label: 'a directory name', content: [{ kind: 'dn', value: 'CN=a' }], parameters: {} },
];

const server = ['digital signature', 'key encipherment', 'server auth'] as const;
const flags = (...list: readonly string[]): Parameters =>
  Object.fromEntries(list.map((flag) => [`${passthrough}.KeyUsage.${flag}`, 'true']));
const extended = (...list: readonly string[]): Parameters =>
  Object.fromEntries(list.map((usage, index) => [`${passthrough}.ExtendedKeyUsages.${index + 1}`, usage]));

/** Usages in cert-manager's words. */
export const usages: readonly (Choice & { readonly words: readonly string[] | undefined })[] = [
  {
    label: 'the usages of a server',
    words: server,
    parameters: {
      CreateCustomCertificate: { ...flags('DigitalSignature', 'KeyEncipherment'), ...extended('serverAuth') },
      CreateCertificateWithExtension: { CertType: 'SERVER' },
      CreateServerCertificateWithCsr: {},
    },
  },
  {
    label: 'the usages of a client',
    words: ['digital signature', 'key encipherment', 'client auth'],
    parameters: {
      CreateCustomCertificate: { ...flags('DigitalSignature', 'KeyEncipherment'), ...extended('clientAuth') },
      CreateCertificateWithExtension: { CertType: 'CLIENT' },
      ...client({}),
    },
  },
  {
    label: "cert-manager's default usages",
    words: undefined,
    parameters: { CreateCustomCertificate: flags('DigitalSignature', 'KeyEncipherment') },
  },
  {
    label: 'the usages of mTLS',
    words: [...server, 'client auth'],
    parameters: {
      CreateCustomCertificate: {
        ...flags('DigitalSignature', 'KeyEncipherment'),
        ...extended('serverAuth', 'clientAuth'),
      },
    },
  },
  {
    label: 'unusual usages',
    words: ['content commitment', 'data encipherment', 'key agreement', 'code signing', 'ipsec user', 'any'],
    parameters: {
      CreateCustomCertificate: {
        ...flags('ContentCommitment', 'DataEncipherment', 'KeyAgreement'),
        ...extended('codeSigning', '1.3.6.1.5.5.7.3.7', 'any'),
      },
    },
  },
  { label: 'crl sign', words: [...server, 'crl sign'], parameters: {} },
  { label: 'cert sign', words: [...server, 'cert sign'], parameters: {} },
];

const whole = { CreateCustomCertificate: {}, CreateCertificateWithExtension: {} } as const;
const fields = (parameters: Parameters): Choice['parameters'] => ({
  ...whole,
  CreateServerCertificateWithCsr: parameters,
  CreateClientCertificateWithCsr: parameters,
  CreateWHClientCertificate: parameters,
});

/** Subjects. */
export const subjects: readonly (Choice & { readonly content: NonNullable<TestContent['subject']> })[] = [
  {
    label: 'a common name',
    content: [{ CN: ['a.example.com'] }],
    parameters: fields({ CommonName: 'a.example.com' }),
  },
  {
    label: 'every single field',
    content: [
      { C: ['CN'] },
      { ST: ['浙江'] },
      { L: ['Hangzhou'] },
      { O: ['ACME, Inc.'] },
      { OU: ['One'] },
      { CN: ['a'] },
    ],
    parameters: fields({
      Country: 'CN',
      State: '浙江',
      Locality: 'Hangzhou',
      Organization: 'ACME, Inc.',
      OrganizationUnit: 'One',
      CommonName: 'a',
    }),
  },
  { label: 'two units', content: [{ OU: ['One'] }, { OU: ['Two'] }, { CN: ['a'] }], parameters: whole },
  { label: 'a serial number', content: [{ '2.5.4.5': ['42'] }, { CN: ['a'] }], parameters: whole },
  { label: 'a multi-valued name', content: [{ O: ['ACME'], CN: ['a'] }], parameters: whole },
  { label: 'a common name of 65 characters', content: [{ CN: ['a'.repeat(65)] }], parameters: {} },
];

/** One request: a choice for each part. */
export interface RequestCase {
  readonly key: (typeof keys)[number];
  readonly names: (typeof names)[number];
  readonly usages: (typeof usages)[number];
  readonly subject: (typeof subjects)[number];
}

/** Every combination of the parts. */
export function allRequests(): readonly RequestCase[] {
  return keys.flatMap((key) =>
    names.flatMap((name) =>
      usages.flatMap((usage) => subjects.map((subject) => ({ key, names: name, usages: usage, subject }))),
    ),
  );
}

/** In words, for the names of tests and for messages. */
export function describeRequest(request: RequestCase): string {
  return `${request.key.label}, ${request.subject.label}, ${request.names.label}, ${request.usages.label}`;
}

/** The parts that the operation refuses; empty when it can issue this. */
export function refusedParts(request: RequestCase, operation: Operation): readonly (keyof RequestCase)[] {
  return (['usages', 'key', 'names', 'subject'] as const).filter(
    (part) => request[part].parameters[operation] === undefined,
  );
}

/** The parameters that follow from the parts, without those of the CSR, the parent, the validity and the identifier. */
export function partParameters(request: RequestCase, operation: Operation): Parameters {
  return Object.assign({}, ...Object.values(request).map((part: Choice) => part.parameters[operation])) as Parameters;
}
