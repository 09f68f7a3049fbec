// The fields that a plan reads of Certificates, CertificateRequests and Kubernetes CSRs, in our schema vocabulary.
// Facts of cert-manager's API (cert-manager.io/v1) and of Kubernetes (certificates.k8s.io/v1), not choices of ours.
import type { ArraySchema, BooleanSchema, ObjectSchema, Schema, TypeOf } from '../crds/schema.ts';

const maxItems = 1000;

const text = { type: 'string', description: 'Text.' } as const satisfies Schema;
const flag = { type: 'boolean', description: 'Flag.' } as const satisfies BooleanSchema;
const texts = {
  type: 'array',
  description: 'Texts.',
  maxItems,
  'x-kubernetes-list-type': 'atomic',
  items: text,
} as const satisfies ArraySchema;

const issuerRef = {
  type: 'object',
  description: 'The issuer that should sign.',
  required: ['name'],
  properties: { name: text, kind: text, group: text },
} as const satisfies ObjectSchema;

const subject = {
  type: 'object',
  description: 'Subject, but for the common name.',
  properties: {
    countries: texts,
    organizations: texts,
    organizationalUnits: texts,
    localities: texts,
    provinces: texts,
    streetAddresses: texts,
    postalCodes: texts,
    serialNumber: text,
  },
} as const satisfies ObjectSchema;

const constraints = {
  type: 'object',
  description: 'Names below which names must, or must not, lie.',
  properties: { dnsDomains: texts, ipRanges: texts, emailAddresses: texts, uriDomains: texts },
} as const satisfies ObjectSchema;

/** The part of a Certificate's spec from which cert-manager makes a request, and by which it renews. */
export const certificateSpecSchema = {
  type: 'object',
  description: 'Spec of a Certificate.',
  required: ['issuerRef'],
  properties: {
    issuerRef,
    subject,
    literalSubject: text,
    commonName: text,
    duration: text,
    dnsNames: texts,
    ipAddresses: texts,
    uris: texts,
    emailAddresses: texts,
    otherNames: {
      type: 'array',
      description: 'Names of other kinds.',
      maxItems,
      'x-kubernetes-list-type': 'atomic',
      items: {
        type: 'object',
        description: 'Name of another kind.',
        required: ['oid', 'utf8Value'],
        properties: { oid: text, utf8Value: text },
      },
    },
    renewBefore: text,
    renewBeforePercentage: { type: 'integer', description: 'Part of the lifetime, in percent.' },
    renewal: { type: 'object', description: 'Renewal.', properties: { policy: text } },
    isCA: { ...flag, default: false },
    usages: texts,
    privateKey: {
      type: 'object',
      description: 'Key.',
      default: {},
      properties: {
        algorithm: { ...text, enum: ['RSA', 'ECDSA', 'Ed25519'], default: 'RSA' },
        size: { type: 'integer', description: 'Size in bits.' },
      },
    },
    signatureAlgorithm: {
      ...text,
      enum: [
        'SHA256WithRSA',
        'SHA384WithRSA',
        'SHA512WithRSA',
        'ECDSAWithSHA256',
        'ECDSAWithSHA384',
        'ECDSAWithSHA512',
        'PureEd25519',
      ],
    },
    encodeUsagesInRequest: { ...flag, default: true },
    nameConstraints: {
      type: 'object',
      description: 'Name constraints of a CA.',
      properties: { critical: { ...flag, default: false }, permitted: constraints, excluded: constraints },
    },
  },
} as const satisfies ObjectSchema;

/** The fields that are read from a Certificate's spec. */
export type CertificateSpec = TypeOf<typeof certificateSpecSchema>;

/** Fields of a Certificate's spec that change nothing about the request (cert-manager 1.21). */
export const certificateFieldsAside: ReadonlySet<string> = new Set(
  [
    'secretName',
    'secretTemplate',
    'keystores',
    'renewal.windows',
    'privateKey.rotationPolicy',
    'privateKey.encoding',
    'revisionHistoryLimit',
    'additionalOutputFormats',
  ].map((field) => `spec.${field}`),
);

/** Spec of a CertificateRequest. */
export const certificateRequestSpecSchema = {
  type: 'object',
  description: 'Spec of a CertificateRequest.',
  required: ['issuerRef', 'request'],
  properties: { issuerRef, request: text, duration: text, isCA: { ...flag, default: false }, usages: texts },
} as const satisfies ObjectSchema;

/** Spec of a Kubernetes CertificateSigningRequest. */
export const signingRequestSpecSchema = {
  type: 'object',
  description: 'Spec of a CertificateSigningRequest.',
  required: ['request', 'signerName'],
  properties: {
    request: text,
    signerName: text,
    usages: texts,
    expirationSeconds: { type: 'integer', description: 'Lifetime in seconds.', format: 'int32', minimum: 600 },
  },
} as const satisfies ObjectSchema;

/** Fields that the API server adds to the spec of a request: its creator's identity. */
export const requestFieldsAside: ReadonlySet<string> = new Set(
  ['username', 'uid', 'groups', 'extra'].map((field) => `spec.${field}`),
);
