// What the clients of an issuer's certificates are to trust: which certificates these are, and where they are published.
import type { Schema } from '../schema.ts';
import { certificatesRules } from './certificates-rules.ts';

const nameRule = {
  rule: "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",
  message: 'must be the name of an object: lower-case letters, digits, - and .',
} as const;

const keyRule = {
  rule: "self.matches('^[-._a-zA-Z0-9]+$')",
  message: 'must be a key of a ConfigMap or Secret: letters, digits, -, _ and .',
} as const;

const keySchema = (description: string) =>
  ({
    type: 'string',
    description,
    default: 'ca.crt',
    maxLength: 253,
    'x-kubernetes-validations': [keyRule],
  }) as const satisfies Schema;

const certificatesFromSchema = {
  type: 'object',
  description:
    "For Static: where the certificates are, instead of in certificates. For an AlibabaPCAIssuer in its own namespace, for an AlibabaPCAClusterIssuer in the operator's cluster resource namespace.",
  required: ['name'],
  properties: {
    kind: {
      type: 'string',
      description: 'Kind of the object.',
      enum: ['ConfigMap', 'Secret'],
      default: 'ConfigMap',
    },
    name: {
      type: 'string',
      description: 'Name of the object.',
      maxLength: 253,
      'x-kubernetes-validations': [nameRule],
    },
    key: keySchema('Key that holds the PEM certificates.'),
  },
} as const satisfies Schema;

const publishToSchema = {
  type: 'object',
  description:
    'A ConfigMap in which the issuer publishes what its clients must trust, former roots included as long as they are needed. The operator makes it and needs the right to do so (Helm: configMapAccess.namespaces); one that it did not make is left alone.',
  required: ['name'],
  properties: {
    name: {
      type: 'string',
      description: 'Name of the ConfigMap.',
      maxLength: 253,
      'x-kubernetes-validations': [nameRule],
    },
    namespace: {
      type: 'string',
      description:
        "Namespace of an AlibabaPCAClusterIssuer's ConfigMap. Left out: the operator's cluster resource namespace. An AlibabaPCAIssuer's is always in its own.",
      maxLength: 63,
      'x-kubernetes-validations': [
        {
          rule: "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
          message: 'must be the name of a namespace: lower-case letters, digits and -',
        },
      ],
    },
    key: keySchema('Key that holds the PEM certificates.'),
  },
} as const satisfies Schema;

/** `spec.trust`. */
export const trustSchema = {
  type: 'object',
  description: 'Which certificates clients are to trust: what is written to ca.crt, and where it is published.',
  default: {},
  properties: {
    source: {
      type: 'string',
      description:
        "Root: the root of the chain. IssuingCA: the certificate of the issuing CA. AllActiveRoots: that root, and the account's other active roots with keys of the CA's family. Static: the certificates that are given here, among which that root must be.",
      enum: ['Root', 'IssuingCA', 'AllActiveRoots', 'Static'],
      default: 'Root',
    },
    certificates: {
      type: 'string',
      description: 'For Static: PEM certificates of CAs, at most 32.',
      maxLength: 65536,
      'x-kubernetes-validations': certificatesRules,
    },
    certificatesFrom: certificatesFromSchema,
    publishTo: publishToSchema,
  },
  // The API server evaluates these on the default as well, in which the default of source is not set yet.
  'x-kubernetes-validations': [
    {
      rule: "!has(self.source) || self.source != 'Static' || has(self.certificates) != has(self.certificatesFrom)",
      message: 'source Static needs either certificates or certificatesFrom',
    },
    {
      rule: "(has(self.source) && self.source == 'Static') || (!has(self.certificates) && !has(self.certificatesFrom))",
      message: 'certificates and certificatesFrom are for source Static only; remove them or choose that source',
    },
  ],
} as const satisfies Schema;

/** `status.trust`. */
export const trustStatusSchema = {
  type: 'object',
  description: "What clients of this issuer's certificates must trust.",
  required: ['bundle', 'certificates'],
  properties: {
    bundle: {
      type: 'string',
      description:
        'The PEM certificates, as they are published: those of now, then former ones. A new one stands here before the first certificate is issued below it.',
      maxLength: 262144,
    },
    certificates: {
      type: 'array',
      description: 'The certificates of the bundle, in its order.',
      maxItems: 64,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['sha256Fingerprint'],
      items: {
        type: 'object',
        description: 'One certificate.',
        required: ['sha256Fingerprint', 'subject', 'notAfter'],
        properties: {
          sha256Fingerprint: {
            type: 'string',
            description: 'Its SHA-256 fingerprint, as openssl prints it.',
            minLength: 1,
            maxLength: 128,
          },
          subject: { type: 'string', description: 'Its subject.', maxLength: 1024 },
          notAfter: { type: 'string', format: 'date-time', description: 'When it expires.' },
          neededUntil: {
            type: 'string',
            format: 'date-time',
            description:
              'When the last certificate that this issuer issued below it ends, at the latest. Left out: nothing was issued below it.',
          },
          former: {
            type: 'boolean',
            description: 'True: nothing is issued below it any more. It is removed at neededUntil.',
          },
        },
      },
    },
    longestLifetime: {
      type: 'string',
      description:
        'Longest lifetime that certificates of this issuer could have so far. Left out: only the CA has limited it.',
      maxLength: 24,
    },
    configMap: {
      type: 'object',
      description: 'The ConfigMap in which the bundle is published.',
      required: ['namespace', 'name', 'key'],
      properties: {
        namespace: { type: 'string', description: 'Its namespace.', maxLength: 63 },
        name: { type: 'string', description: 'Its name.', maxLength: 253 },
        key: { type: 'string', description: 'The key that holds the bundle.', maxLength: 253 },
      },
    },
  },
} as const satisfies Schema;
