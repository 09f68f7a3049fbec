// The status that the operator writes to an issuer.
import type { Schema } from '../schema.ts';
import { failoverStatusSchema } from './failover.ts';
import {
  askedLifetimeStatusSchema,
  identityStatusSchema,
  lastCheckTimeSchema,
  nextCheckTimeSchema,
  quotaStatusSchema,
} from './observed-status.ts';
import { trustStatusSchema } from './trust.ts';

/** One metav1.Condition, with the bounds of Kubernetes' own API. */
const conditionSchema = {
  type: 'object',
  description: 'One aspect of the current state.',
  required: ['type', 'status', 'lastTransitionTime', 'reason', 'message'],
  properties: {
    type: {
      type: 'string',
      description:
        'Type of the condition in CamelCase. Ready says whether the issuer can sign. Stalled is True beside it while only a change mends what is wrong. CredentialsValid, CAHealthy and QuotaAvailable say which part is at fault, or, in their reasons, which will be.',
      maxLength: 316,
      pattern:
        '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$',
    },
    status: { type: 'string', description: 'Whether the condition holds.', enum: ['True', 'False', 'Unknown'] },
    observedGeneration: {
      type: 'integer',
      format: 'int64',
      minimum: 0,
      description: 'The metadata.generation of the spec that this was observed with; smaller means outdated.',
    },
    lastTransitionTime: { type: 'string', format: 'date-time', description: 'When status last changed.' },
    reason: {
      type: 'string',
      description: 'Reason in CamelCase, for programs.',
      minLength: 1,
      maxLength: 1024,
      pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$',
    },
    message: { type: 'string', description: 'Explanation for people: what happened and what to do.', maxLength: 32768 },
  },
} as const satisfies Schema;

/**
 * Status of both kinds. Its default tells those who wait for an issuer (kstatus, so Flux; Argo CD) that nobody has looked at
 * it yet: without a status they take a new object for finished. The empty list is for operators that rely on it.
 */
export const issuerStatusSchema = {
  type: 'object',
  description: 'State of the issuer as the operator last observed it.',
  required: ['conditions'],
  default: { observedGeneration: -1, conditions: [] },
  properties: {
    observedGeneration: {
      type: 'integer',
      format: 'int64',
      minimum: -1,
      description: 'The metadata.generation of the spec that this status is about; -1 before the first check.',
    },
    operator: {
      type: 'string',
      description:
        'Which operator wrote this status: namespace and name of its Lease. One that changes for ever means that two releases run in one cluster.',
      maxLength: 512,
    },
    lastCheckTime: lastCheckTimeSchema,
    nextCheckTime: nextCheckTimeSchema,
    conditions: {
      type: 'array',
      description: 'Conditions by type. Requests wait until Ready is True for the current generation.',
      maxItems: 16,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
      items: conditionSchema,
    },
    ca: {
      type: 'object',
      description: 'The issuing CA as PCA described it at the last successful check.',
      required: ['subject', 'keyAlgorithm', 'issuerType', 'notAfter'],
      properties: {
        subject: { type: 'string', description: "The CA's subject.", maxLength: 1024 },
        keyAlgorithm: {
          type: 'string',
          description: "Family of the CA's key, RSA, ECC or SM2. A request's key must be of the same family.",
          maxLength: 64,
        },
        formerKeyAlgorithm: {
          type: 'string',
          description:
            "Family of the key of the CA that the issuer named before, where it was another one. Renewals with keys of that family wait until they ask for the present one, or the issuer's CA is changed back.",
          maxLength: 64,
        },
        issuerType: {
          type: 'string',
          description: 'Origin of the CA as PCA names it, such as local.',
          maxLength: 64,
        },
        notAfter: {
          type: 'string',
          format: 'date-time',
          description: 'When the CA expires. No certificate can outlive it.',
        },
        certificatesRemaining: {
          type: 'integer',
          format: 'int64',
          minimum: 0,
          description: 'Certificates that may still be issued from the purchased quota, where PCA says so.',
        },
        chainFingerprints: {
          type: 'array',
          description:
            "SHA-256 fingerprints of the CA's certificate and of those above it, the root last, as openssl prints them.",
          maxItems: 16,
          'x-kubernetes-list-type': 'atomic',
          items: { type: 'string', description: 'One fingerprint.', maxLength: 128 },
        },
      },
    },
    identity: identityStatusSchema,
    quota: quotaStatusSchema,
    longestAskedLifetime: askedLifetimeStatusSchema,
    trust: trustStatusSchema,
    failover: failoverStatusSchema,
    externalCA: {
      type: 'object',
      description: 'State of the instances in spec.externalCA.',
      properties: {
        instancesRemaining: {
          type: 'integer',
          format: 'int32',
          minimum: 0,
          description:
            'Instances in spec.externalCA.instanceIds that are neither used nor promised to a request. Each CA certificate, renewals included, needs one.',
        },
        instances: {
          type: 'array',
          description: 'Instances that are used or promised to a request; the others are free.',
          maxItems: 1000,
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['instanceId'],
          items: {
            type: 'object',
            description: 'One instance.',
            required: ['instanceId', 'requestUID'],
            properties: {
              instanceId: { type: 'string', description: 'ID of the instance.', minLength: 1, maxLength: 128 },
              requestUID: {
                type: 'string',
                description:
                  'UID of the CertificateRequest that the instance is for; empty if it was used outside this operator.',
                maxLength: 64,
              },
              request: {
                type: 'string',
                description: 'Namespace and name of that CertificateRequest.',
                maxLength: 512,
              },
            },
          },
        },
      },
    },
  },
} as const satisfies Schema;
