// The settings of the operation CreateCustomCertificate in an issuer's spec.
import { enableCrlSchema, resourceGroupIdSchema, subjectFieldSchemas, tagsSchema } from './operation-settings.ts';
import type { Schema } from '../schema.ts';

const customAttributesSchema = {
  type: 'array',
  description: 'Further attributes by object identifier, in this order; an identifier may occur several times.',
  minItems: 1,
  maxItems: 20,
  'x-kubernetes-list-type': 'atomic',
  items: {
    type: 'object',
    description: 'One attribute of the subject.',
    required: ['objectIdentifier', 'value'],
    properties: {
      objectIdentifier: {
        type: 'string',
        description: 'Dotted object identifier, such as 2.5.4.11.',
        maxLength: 128,
        'x-kubernetes-validations': [
          {
            // DER keeps the first two numbers in one, for which the second is below 40 after 0 and 1 (X.690, 8.19.4).
            rule: "self.matches('^([01]\\\\.([0-9]|[1-3][0-9])|2\\\\.(0|[1-9][0-9]*))(\\\\.(0|[1-9][0-9]*))*$')",
            message: 'must be a dotted object identifier, such as 2.5.4.11',
          },
        ],
      },
      value: { type: 'string', description: 'Value of the attribute.', minLength: 1, maxLength: 256 },
    },
  },
} as const satisfies Schema;

const subjectSchema = {
  type: 'object',
  description:
    "Subject of every certificate. If any field is set, PCA ignores the request's own subject. Left out: PCA uses the request's subject unchanged.",
  properties: {
    ...subjectFieldSchemas,
    commonName: { type: 'string', description: 'Common name.', minLength: 1, maxLength: 64 },
    customAttributes: customAttributesSchema,
  },
  'x-kubernetes-validations': [
    {
      rule: 'has(self.country) || has(self.state) || has(self.locality) || has(self.organization) || has(self.organizationUnit) || has(self.commonName) || has(self.customAttributes)',
      message: "must have at least one field; leave subject out to use the request's own",
    },
  ],
} as const satisfies Schema;

/** Settings of CreateCustomCertificate (Alibaba: CreateCustomCertificate). */
export const customCertificateSchema = {
  type: 'object',
  description: 'Settings of the operation CreateCustomCertificate.',
  properties: {
    enableCrl: enableCrlSchema,
    tags: tagsSchema,
    resourceGroupId: resourceGroupIdSchema,
    criticals: {
      type: 'array',
      description:
        'Extensions that are marked critical. SubjectAlternativeNames is always critical if the subject is empty.',
      maxItems: 3,
      'x-kubernetes-list-type': 'set',
      items: {
        type: 'string',
        description: "Name of an extension in PCA's API.",
        enum: ['KeyUsage', 'ExtendedKeyUsages', 'SubjectAlternativeNames'],
      },
    },
    subject: subjectSchema,
  },
} as const satisfies Schema;
