// Settings of the operations in an issuer's spec: the shared ones, and all blocks except that of CreateCustomCertificate.
import type { Schema } from '../schema.ts';

/** Whether certificates carry the CRL distribution point (Alibaba: EnableCrl). */
export const enableCrlSchema = {
  type: 'boolean',
  description: 'Whether certificates name the CRL distribution point of the CA. Left out: they do not.',
} as const satisfies Schema;

/** Tags of certificates (Alibaba: Tags.N). */
export const tagsSchema = {
  type: 'array',
  description: 'Tags of the certificates in PCA.',
  maxItems: 20,
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['key'],
  items: {
    type: 'object',
    description: 'One tag.',
    required: ['key', 'value'],
    properties: {
      key: { type: 'string', description: 'Key of the tag.', minLength: 1, maxLength: 128 },
      value: { type: 'string', description: 'Value of the tag; may be empty.', maxLength: 128 },
    },
  },
} as const satisfies Schema;

/** Resource group of certificates (Alibaba: ResourceGroupId). */
export const resourceGroupIdSchema = {
  type: 'string',
  description: 'Resource group of the certificates in PCA, such as rg-acfmxazb4ph6aiy.',
  maxLength: 64,
  'x-kubernetes-validations': [
    {
      rule: "self.matches('^rg-[A-Za-z0-9-]+$')",
      message: 'must be the ID of a resource group, starting with rg-',
    },
  ],
} as const satisfies Schema;

/** The attributes of a subject that every operation has a field for, without the common name. */
export const subjectFieldSchemas = {
  country: {
    type: 'string',
    description: 'Two-letter country code.',
    maxLength: 2,
    'x-kubernetes-validations': [
      { rule: "self.matches('^[A-Z]{2}$')", message: 'must be a country code of two capital letters, such as CN' },
    ],
  },
  state: { type: 'string', description: 'State or province.', minLength: 1, maxLength: 128 },
  locality: { type: 'string', description: 'City.', minLength: 1, maxLength: 128 },
  organization: { type: 'string', description: 'Organization.', minLength: 1, maxLength: 64 },
  organizationUnit: { type: 'string', description: 'Organizational unit.', minLength: 1, maxLength: 64 },
} as const satisfies Readonly<Record<string, Schema>>;

const subjectDefaultsSchema = {
  type: 'object',
  description:
    "Attributes for requests that lack them. Left out: the service adds its own, such as O=Alibaba Inc. and OU=Aliyun CDN, and the CA's state and locality.",
  properties: subjectFieldSchemas,
} as const satisfies Schema;

/** Settings of CreateCertificateWithExtension (Alibaba: CreateCertificateWithExtension). */
export const certificateWithExtensionSchema = {
  type: 'object',
  description: 'Settings of the operation CreateCertificateWithExtension.',
  properties: {
    certType: {
      type: 'string',
      description:
        'Profile of every certificate; a request with other usages is refused. Left out: SERVER for "server auth", CLIENT for "client auth".',
      enum: ['SERVER', 'CLIENT'],
    },
    basicConstraintsCritical: {
      type: 'boolean',
      description: 'Whether the extension BasicConstraints is critical. Left out: it is.',
    },
    appendCrl: {
      type: 'boolean',
      description:
        'Whether certificates name the CRL distribution point of the CA; the other operations call this setting enableCrl. Left out: they do not.',
    },
    aliasName: {
      type: 'string',
      description: 'Name of the certificates in the PCA console.',
      minLength: 1,
      maxLength: 128,
    },
  },
} as const satisfies Schema;

const csrCertificateProperties = {
  enableCrl: enableCrlSchema,
  tags: tagsSchema,
  resourceGroupId: resourceGroupIdSchema,
  subjectDefaults: subjectDefaultsSchema,
} as const;

/** Settings of CreateServerCertificateWithCsr (Alibaba: CreateServerCertificateWithCsr). */
export const serverCertificateWithCsrSchema = {
  type: 'object',
  description: 'Settings of the operation CreateServerCertificateWithCsr.',
  properties: csrCertificateProperties,
} as const satisfies Schema;

/** Settings of CreateClientCertificateWithCsr (Alibaba: CreateClientCertificateWithCsr). */
export const clientCertificateWithCsrSchema = {
  type: 'object',
  description: 'Settings of the operation CreateClientCertificateWithCsr.',
  properties: csrCertificateProperties,
} as const satisfies Schema;

/** Settings of CreateWHClientCertificate (Alibaba: CreateWHClientCertificate). */
export const warehouseClientCertificateSchema = {
  type: 'object',
  description: 'Settings of the operation CreateWHClientCertificate.',
  properties: { subjectDefaults: subjectDefaultsSchema },
} as const satisfies Schema;
