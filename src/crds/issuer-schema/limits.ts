// How strictly an issuer treats requests and certificates: verification, revocation, CA certificates.
import type { Schema } from '../schema.ts';

const differences = ['Enforce', 'Allow'] as const;

// Go's notation, in the units that PCA can express. At most 999999 of each unit, so that CEL's duration() can read it.
const durationPattern = '^([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?$';

/** CEL: whether a field is written as a duration. */
export const isDuration = (field: string) => `${field}.matches('${durationPattern}')` as const;

/** CEL rule of a duration above zero. */
export const lifetimeRule = {
  rule: `${isDuration('self')} && self.matches('[1-9]')`,
  message: 'must be a duration above zero in hours, minutes and seconds, such as 2160h or 1h30m',
} as const;

/** Certificates that a limit on an issuer can allow at most. */
export const highestIssuanceLimit = 10_000_000;

const maximum = (description: string) =>
  ({ type: 'integer', format: 'int32', description, minimum: 1, maximum: highestIssuanceLimit }) as const;

/** Maximum numbers of certificates. */
export const issuanceLimitsSchema = {
  type: 'object',
  description:
    'Maximum numbers of certificates in any sliding hour or day. A request beyond a limit waits, and an event says so. After a restart the operator counts the finished requests that are still in the cluster.',
  default: {},
  properties: {
    certificatesPerHour: maximum('For the issuer in an hour. Left out: no limit.'),
    certificatesPerDay: maximum('For the issuer in a day. Left out: no limit.'),
    certificatesPerNamespacePerHour: maximum('For each namespace in an hour. Left out: no limit.'),
    certificatesPerNamespacePerDay: maximum('For each namespace in a day. Left out: no limit.'),
    reissuesPerHour: {
      type: 'integer',
      format: 'int32',
      description:
        'For each Certificate in an hour. More look like a loop: the request is held, and an event reports it. 0: no limit.',
      minimum: 0,
      maximum: 10_000,
      default: 10,
    },
  },
} as const satisfies Schema;

/** How long passing trouble may last before the operator reports it. */
export const patienceSchema = {
  type: 'object',
  description: 'How long passing trouble with PCA may last before the operator reports it or gives up.',
  default: {},
  properties: {
    duration: {
      type: 'string',
      description: 'Time since the acting replica first met the trouble.',
      default: '24h',
      minLength: 2,
      maxLength: 24,
      'x-kubernetes-validations': [lifetimeRule],
    },
    onExceeded: {
      type: 'string',
      description:
        'Report: an event is recorded, and the operator keeps trying. Fail: the request fails if it is certain that no certificate was issued, and cert-manager creates a new one later.',
      enum: ['Report', 'Fail'],
      default: 'Report',
    },
  },
} as const satisfies Schema;

/** Which differences between a certificate and its request are accepted. */
export const verificationSchema = {
  type: 'object',
  description:
    'What happens when an issued certificate differs from its request. Enforce: it is refused. Allow: it is used, and the Ready message of the request names the difference. Key, chain and CA flag are always enforced.',
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
    validity: { type: 'string', description: 'Start and end.', enum: differences, default: 'Enforce' },
  },
} as const satisfies Schema;

/** Whether certificates that nobody can use are revoked. */
export const revocationPolicySchema = {
  type: 'string',
  description:
    'RequestGone: the operator revokes a certificate if its request was deleted in the meantime, or if it was refused because it differs from the request. Never: the operator only reports it.',
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
        'Purchased instances of external subordinate CAs. Each CA certificate, renewals included, activates one of them permanently.',
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
    names: {
      type: 'string',
      description:
        'What happens to a request for a CA certificate with alternative names, which CreateExternalCACertificate has no parameter for. Refuse: it fails. Drop: it is issued, though the certificate may lack them; its Ready message names those that it lacks. Names that were not asked for stay refused. Other certificates of the issuer keep theirs.',
      enum: ['Refuse', 'Drop'],
      default: 'Refuse',
    },
  },
} as const satisfies Schema;
