// How strictly an issuer treats requests and certificates: verification, revocation, CA certificates.
import type { Schema } from './schema.ts';

const differences = ['Enforce', 'Allow'] as const;

/** What happens to a certificate that differs from its request. */
export const verificationSchema = {
  type: 'object',
  description:
    'What happens when an issued certificate differs from its request. Enforce: it is refused. Allow: it is used, and an event names the difference. Key, chain and CA flag are always enforced.',
  default: {},
  properties: {
    subject: { type: 'string', description: 'The subject.', enum: differences, default: 'Enforce' },
    names: { type: 'string', description: 'The subject alternative names.', enum: differences, default: 'Enforce' },
    usages: {
      type: 'string',
      description:
        'Key usages and extended key usages. With Allow, operations with a fixed profile also take requests that ask for a part of it.',
      enum: differences,
      default: 'Enforce',
    },
    validity: { type: 'string', description: 'Begin and end.', enum: differences, default: 'Enforce' },
  },
} as const satisfies Schema;

/** Whether certificates that nobody can use are revoked. */
export const revocationPolicySchema = {
  type: 'string',
  description:
    'RequestGone: a certificate whose request was deleted meanwhile, or that was refused because it differs from the request, is revoked. Never: it is only reported.',
  enum: ['Never', 'RequestGone'],
  default: 'Never',
} as const satisfies Schema;

/** How requests for CA certificates are answered (Alibaba: CreateExternalCACertificate). */
export const externalCASchema = {
  type: 'object',
  description:
    'Lets the issuer answer requests with isCA: true, through CreateExternalCACertificate. Left out: they are refused.',
  required: ['instanceIds'],
  properties: {
    instanceIds: {
      type: 'array',
      description:
        'Purchased instances of external subordinate CAs. Each CA certificate, renewals included, activates one of them for good.',
      minItems: 1,
      maxItems: 50,
      'x-kubernetes-list-type': 'set',
      items: {
        type: 'string',
        description: 'ID of an instance, such as cas_deposit-cn-1234abcd.',
        minLength: 1,
        maxLength: 128,
      },
    },
    pathLength: {
      type: 'integer',
      format: 'int32',
      description: 'How many CAs may follow below the certificate (path length constraint). Left out: 0, none.',
      minimum: 0,
      maximum: 10,
    },
  },
} as const satisfies Schema;
