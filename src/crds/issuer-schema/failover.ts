// CAs that issue while the issuer's own cannot.
import type { Schema } from '../schema.ts';
import { failoverEndpointSchema, failoverStsEndpointSchema } from './endpoint.ts';
import { identifierRules, regionRules } from './place-rules.ts';

/** `spec.failover`. */
export const failoverSchema = {
  type: 'array',
  description:
    "CAs that issue, in this order, while the issuer's own CA or its endpoint fails. Each entry is the issuer with these fields replaced. Clients must trust the roots of all of them beforehand: see docs/failover.md. Left out: requests wait for the issuer's own CA.",
  maxItems: 3,
  'x-kubernetes-list-type': 'atomic',
  items: {
    type: 'object',
    description: 'One further CA, or another way to the same one.',
    required: ['parentIdentifier'],
    properties: {
      parentIdentifier: {
        type: 'string',
        description: "Identifier of its subordinate CA. Its key must be of the same family as the issuer's own CA.",
        maxLength: 128,
        'x-kubernetes-validations': identifierRules,
      },
      region: {
        type: 'string',
        description: "Region of its PCA instance. Left out: the issuer's.",
        maxLength: 32,
        'x-kubernetes-validations': regionRules,
      },
      endpoint: failoverEndpointSchema,
      stsEndpoint: failoverStsEndpointSchema,
    },
  },
} as const satisfies Schema;

/** `status.failover`. */
export const failoverStatusSchema = {
  type: 'object',
  description: "The entry of spec.failover that issues instead of the issuer's own CA. Left out: none does.",
  required: ['entry', 'parentIdentifier', 'region', 'since', 'reason'],
  properties: {
    entry: {
      type: 'integer',
      format: 'int32',
      minimum: 0,
      description: 'Its index in spec.failover, from 0.',
    },
    parentIdentifier: { type: 'string', description: 'Identifier of its CA.', maxLength: 128 },
    region: { type: 'string', description: 'Region of its PCA instance.', maxLength: 32 },
    host: { type: 'string', description: 'Host of its endpoint, where one is named.', maxLength: 260 },
    since: { type: 'string', format: 'date-time', description: 'Since when it issues.' },
    reason: {
      type: 'string',
      description: 'Why the entry before it was left: a reason of the condition Ready.',
      maxLength: 1024,
    },
  },
} as const satisfies Schema;
