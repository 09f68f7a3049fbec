// What the status tells ahead of time: whose credentials are used, what remains of the quota, and when the issuer was checked.
import type { Schema } from '../schema.ts';

/** `status.identity`. */
export const identityStatusSchema = {
  type: 'object',
  description: 'The identity that calls PCA, in the words of STS (GetCallerIdentity). Left out where STS does not say.',
  required: ['accountId'],
  properties: {
    accountId: { type: 'string', description: 'Number of the Alibaba Cloud account.', maxLength: 32 },
    arn: { type: 'string', description: 'ARN of the user or of the session of a role.', maxLength: 256 },
    type: { type: 'string', description: 'Type of the identity, such as RAMUser or AssumedRoleUser.', maxLength: 32 },
  },
} as const satisfies Schema;

/** `status.quota`. */
export const quotaStatusSchema = {
  type: 'object',
  description: 'The purchased quota behind the CA, where PCA tells of it.',
  properties: {
    certificatesTotal: {
      type: 'integer',
      format: 'int64',
      minimum: 0,
      description: 'Certificates of the quota altogether; ca.certificatesRemaining are left.',
    },
    subscriptionEndTime: {
      type: 'string',
      format: 'date-time',
      description: 'When the subscription ends. After that PCA issues nothing, whatever remains.',
    },
    samples: {
      type: 'array',
      description:
        'How many certificates remained in the last week, about once a day, from which the operator tells how long the rest lasts.',
      maxItems: 16,
      'x-kubernetes-list-type': 'atomic',
      items: {
        type: 'object',
        description: 'One sample.',
        required: ['time', 'certificatesRemaining'],
        properties: {
          time: { type: 'string', format: 'date-time', description: 'When it was taken.' },
          certificatesRemaining: {
            type: 'integer',
            format: 'int64',
            minimum: 0,
            description: 'Certificates that remained.',
          },
        },
      },
    },
  },
} as const satisfies Schema;

/** `status.longestAskedLifetime`. */
export const askedLifetimeStatusSchema = {
  type: 'object',
  description:
    'Longest lifetime that a request asked for. Forgotten when nobody has asked for it for as long as it lasts.',
  required: ['duration', 'time'],
  properties: {
    duration: { type: 'string', description: 'The lifetime, such as 2160h0m0s.', maxLength: 24 },
    time: { type: 'string', format: 'date-time', description: 'When it was asked for, at the latest.' },
  },
} as const satisfies Schema;

/** `status.lastCheckTime`. */
export const lastCheckTimeSchema = {
  type: 'string',
  format: 'date-time',
  description:
    'When the operator last checked the issuer. Written at most once in a check interval where nothing else changed.',
} as const satisfies Schema;

/** `status.nextCheckTime`. */
export const nextCheckTimeSchema = {
  type: 'string',
  format: 'date-time',
  description:
    'When the operator will have checked it again, at the latest. A time that has passed means that no operator is at work, and that the conditions may be out of date.',
} as const satisfies Schema;
