// The spec that a user writes: fields, descriptions, bounds, defaults and CEL rules of both kinds.
// A rule sits on the smallest object that it needs: one on an ancestor would be evaluated again on every change below
// it, and so could never be added or tightened later without breaking the edits of stored objects.
import { credentialsSchema } from './credentials.ts';
import { customCertificateSchema } from './custom-certificate.ts';
import { endpointSchema, networkSchema, stsEndpointSchema } from './endpoint.ts';
import { failoverSchema } from './failover.ts';
import { identifierRules, regionRules } from './place-rules.ts';
import {
  externalCASchema,
  isDuration,
  issuanceLimitsSchema,
  lifetimeRule,
  patienceSchema,
  revocationPolicySchema,
  verificationSchema,
} from './limits.ts';
import {
  certificateWithExtensionSchema,
  clientCertificateWithCsrSchema,
  serverCertificateWithCsrSchema,
  warehouseClientCertificateSchema,
} from './operation-settings.ts';
import { trustSchema } from './trust.ts';
import type { Schema } from '../schema.ts';

const validitySchema = {
  type: 'object',
  description: 'Limits for the lifetime of certificates. A request outside them is refused.',
  default: {},
  properties: {
    maxDuration: {
      type: 'string',
      description: 'Longest lifetime that a request may ask for. Left out: the end of the CA is the only limit.',
      maxLength: 24,
      'x-kubernetes-validations': [lifetimeRule],
    },
    minDuration: {
      type: 'string',
      description: 'Shortest lifetime that a request may ask for. Left out: no limit.',
      maxLength: 24,
      'x-kubernetes-validations': [lifetimeRule],
    },
    backdate: {
      type: 'string',
      description:
        'How far notBefore lies before the moment of issuing, for verifiers whose clocks are behind; at most 24h. It moves both ends: the lifetime stays as requested.',
      default: '0s',
      minLength: 2,
      maxLength: 24,
      'x-kubernetes-validations': [
        {
          rule: `${isDuration('self')} && duration(self) <= duration('24h')`,
          message: 'must be a duration in hours, minutes and seconds of at most 24h, such as 5m',
        },
      ],
    },
    onExceed: {
      type: 'string',
      description:
        "What happens to a request for a lifetime above maxDuration or beyond the end of the CA. Refuse: it fails. Clamp: its lifetime is shortened, and its Ready message says so, if minDuration and the Certificate's renewBefore allow it.",
      enum: ['Refuse', 'Clamp'],
      default: 'Refuse',
    },
  },
  'x-kubernetes-validations': [
    {
      // The two matches leave a badly written duration to the rule of its own field.
      rule: `!has(self.minDuration) || !has(self.maxDuration) || !${isDuration('self.minDuration')} || !${isDuration('self.maxDuration')} || duration(self.minDuration) <= duration(self.maxDuration)`,
      message: 'minDuration must not exceed maxDuration',
    },
  ],
} as const satisfies Schema;

const blockRule = (block: string, operation: string) => ({
  rule: `!has(self.${block}) || self.operation == '${operation}'`,
  message: `${block} is for operation ${operation} only; remove it or choose that operation`,
});

/** Spec of both kinds. */
export const issuerSpecSchema = {
  type: 'object',
  description: 'Which CA issues, how, and with which credentials.',
  required: ['parentIdentifier', 'credentials'],
  properties: {
    parentIdentifier: {
      type: 'string',
      description: 'Identifier of the subordinate CA that issues, as the PCA console shows it. A root CA cannot issue.',
      maxLength: 128,
      'x-kubernetes-validations': identifierRules,
    },
    region: {
      type: 'string',
      description: 'Region of the PCA instance.',
      default: 'cn-hangzhou',
      maxLength: 32,
      'x-kubernetes-validations': regionRules,
    },
    network: networkSchema,
    endpoint: endpointSchema,
    stsEndpoint: stsEndpointSchema,
    operation: {
      type: 'string',
      description: "The operation of PCA's API that issues.",
      enum: [
        'CreateCustomCertificate',
        'CreateCertificateWithExtension',
        'CreateServerCertificateWithCsr',
        'CreateClientCertificateWithCsr',
        'CreateWHClientCertificate',
      ],
      default: 'CreateCustomCertificate',
    },
    createCustomCertificate: customCertificateSchema,
    createCertificateWithExtension: certificateWithExtensionSchema,
    createServerCertificateWithCsr: serverCertificateWithCsrSchema,
    createClientCertificateWithCsr: clientCertificateWithCsrSchema,
    createWHClientCertificate: warehouseClientCertificateSchema,
    allowP521: {
      type: 'boolean',
      description:
        "Whether requests with P-521 keys are sent to PCA. PCA documents 'ECC 512' without naming the curve, so the operator refuses such requests by default. Set it to true if you know that your CA accepts these keys.",
      default: false,
    },
    externalCA: externalCASchema,
    validity: validitySchema,
    verification: verificationSchema,
    revocationPolicy: revocationPolicySchema,
    issuanceLimits: issuanceLimitsSchema,
    patience: patienceSchema,
    trust: trustSchema,
    failover: failoverSchema,
    credentials: credentialsSchema,
  },
  'x-kubernetes-validations': [
    blockRule('createCustomCertificate', 'CreateCustomCertificate'),
    blockRule('createCertificateWithExtension', 'CreateCertificateWithExtension'),
    blockRule('createServerCertificateWithCsr', 'CreateServerCertificateWithCsr'),
    blockRule('createClientCertificateWithCsr', 'CreateClientCertificateWithCsr'),
    blockRule('createWHClientCertificate', 'CreateWHClientCertificate'),
  ],
} as const satisfies Schema;
