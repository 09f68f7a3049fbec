// How an issuer authenticates: one source, and optionally a role that is assumed on top of it (docs/adr/0018-one-source-and-a-role-on-top.md).
import type { Schema } from '../schema.ts';

const secretKeyRule = {
  rule: "self.matches('^[-._a-zA-Z0-9]+$')",
  message: 'must be a key of a Secret: letters, digits, -, _ and .',
} as const;

const secretRefSchema = {
  type: 'object',
  description:
    "A Secret with an access key. An AlibabaPCAIssuer's is in its own namespace, an AlibabaPCAClusterIssuer's in the operator's cluster resource namespace.",
  required: ['name'],
  properties: {
    name: {
      type: 'string',
      description: 'Name of the Secret.',
      maxLength: 253,
      'x-kubernetes-validations': [
        {
          rule: "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",
          message: 'must be the name of a Secret: lower-case letters, digits, - and .',
        },
      ],
    },
    keys: {
      type: 'object',
      description: 'Names of the keys in the Secret.',
      default: {},
      properties: {
        accessKeyId: {
          type: 'string',
          description: 'Key that holds the AccessKey ID.',
          default: 'accessKeyId',
          maxLength: 253,
          'x-kubernetes-validations': [secretKeyRule],
        },
        accessKeySecret: {
          type: 'string',
          description: 'Key that holds the AccessKey secret.',
          default: 'accessKeySecret',
          maxLength: 253,
          'x-kubernetes-validations': [secretKeyRule],
        },
        securityToken: {
          type: 'string',
          description: 'Key that holds the STS token, if the Secret has one.',
          default: 'securityToken',
          maxLength: 253,
          'x-kubernetes-validations': [secretKeyRule],
        },
      },
    },
  },
} as const satisfies Schema;

// Alibaba Cloud, STS API 2015-04-01, AssumeRole and AssumeRoleWithOIDC: the limits of their parameters.
const roleArnRule = {
  rule: "self.matches('^acs:ram::[0-9]+:role/[A-Za-z0-9._/-]+$')",
  message: 'must be the ARN of a RAM role, such as acs:ram::1234567890123456:role/pca-issuer',
} as const;

const roleFields = {
  sessionName: {
    type: 'string',
    description: "Name of the session in ActionTrail. Left out: the operator's own, alibaba-pca-issuer.",
    maxLength: 64,
    'x-kubernetes-validations': [
      {
        rule: "self.matches('^[A-Za-z0-9.@_-]{2,64}$')",
        message: 'must have 2 to 64 letters, digits, ., @, - and _',
      },
    ],
  },
  durationSeconds: {
    type: 'integer',
    description:
      "Lifetime of the temporary credentials; at most the role's own maximum. They are renewed automatically.",
    format: 'int32',
    minimum: 900,
    maximum: 43200,
    default: 3600,
  },
  policy: {
    type: 'string',
    description: "RAM policy in JSON that limits the session's permissions. Left out: all permissions of the role.",
    maxLength: 2048,
    'x-kubernetes-validations': [
      {
        rule: "self.matches('^\\\\s*[{]') && self.contains('Statement')",
        message: 'must be a RAM policy in JSON, with a Statement',
      },
    ],
  },
} as const;

const oidcProviderArnSchema = {
  type: 'string',
  description: "ARN of the cluster's OIDC provider in RAM. Left out: ALIBABA_CLOUD_OIDC_PROVIDER_ARN of the operator.",
  maxLength: 256,
  'x-kubernetes-validations': [
    {
      rule: "self.matches('^acs:ram::[0-9]+:oidc-provider/[A-Za-z0-9._/-]+$')",
      message: 'must be the ARN of an OIDC provider, such as acs:ram::1234567890123456:oidc-provider/ack-rrsa-c1',
    },
  ],
} as const satisfies Schema;

const rrsaSchema = {
  type: 'object',
  description:
    "The operator's own RAM role, assumed with the OIDC token of its pod (RRSA). For AlibabaPCAClusterIssuers; for AlibabaPCAIssuers only where the operator runs with --issuer-ambient-credentials.",
  properties: {
    roleArn: {
      type: 'string',
      description: 'ARN of the role. Left out: ALIBABA_CLOUD_ROLE_ARN of the operator.',
      maxLength: 256,
      'x-kubernetes-validations': [roleArnRule],
    },
    oidcProviderArn: oidcProviderArnSchema,
    ...roleFields,
  },
} as const satisfies Schema;

const serviceAccountRefSchema = {
  type: 'object',
  description:
    "A RAM role, assumed with a token of a ServiceAccount (RRSA), for which the operator asks the API server. An AlibabaPCAIssuer's is in its own namespace, an AlibabaPCAClusterIssuer's in the operator's cluster resource namespace.",
  required: ['name', 'roleArn'],
  properties: {
    name: {
      type: 'string',
      description: 'Name of the ServiceAccount.',
      maxLength: 253,
      'x-kubernetes-validations': [
        {
          rule: "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",
          message: 'must be the name of a ServiceAccount: lower-case letters, digits, - and .',
        },
      ],
    },
    roleArn: {
      type: 'string',
      description: 'ARN of the role, whose trust policy names the ServiceAccount.',
      maxLength: 256,
      'x-kubernetes-validations': [roleArnRule],
    },
    oidcProviderArn: oidcProviderArnSchema,
    audience: {
      type: 'string',
      description: 'Audience of the token, a client ID of the OIDC provider.',
      default: 'sts.aliyuncs.com',
      maxLength: 64,
      'x-kubernetes-validations': [
        {
          rule: "self.matches('^[A-Za-z0-9][A-Za-z0-9._:/-]*$')",
          message: 'must be a client ID of the OIDC provider: letters, digits and . _ : / -',
        },
        {
          // What the API server itself takes leaves the cluster for nobody; its own issuer is refused by the operator.
          rule: "!self.matches('^(https?://)?kubernetes([.:/]|$)')",
          message: 'must not be an audience of the API server, which would make the token one for the cluster',
        },
      ],
    },
    ...roleFields,
  },
} as const satisfies Schema;

const ecsRoleSchema = {
  type: 'object',
  description:
    'The RAM role of the ECS instance on which the operator runs. For AlibabaPCAClusterIssuers; for AlibabaPCAIssuers only where the operator runs with --issuer-ecs-role.',
  properties: {
    name: {
      type: 'string',
      description: "Name of the role. Left out: the instance's role.",
      maxLength: 64,
      'x-kubernetes-validations': [
        {
          rule: "self.matches('^[A-Za-z0-9][A-Za-z0-9._-]*$')",
          message: 'must be the name of a RAM role, not its ARN: letters, digits, ., - and _',
        },
      ],
    },
  },
} as const satisfies Schema;

const assumeRoleSchema = {
  type: 'object',
  description:
    'A RAM role of this or another account, assumed with the source: the one beside it, or its own secretRef.',
  required: ['roleArn'],
  properties: {
    secretRef: secretRefSchema,
    roleArn: {
      type: 'string',
      description: 'ARN of the role.',
      maxLength: 256,
      'x-kubernetes-validations': [roleArnRule],
    },
    externalId: {
      type: 'string',
      description: "External ID that the role's trust policy requires.",
      maxLength: 1224,
      'x-kubernetes-validations': [
        {
          rule: "self.matches('^[A-Za-z0-9_=,.@:/+-]{2,}$')",
          message: 'must have at least 2 letters, digits and _ = , . @ : / + -',
        },
      ],
    },
    ...roleFields,
  },
} as const satisfies Schema;

// Nobody has seen STS give longer sessions to callers whose credentials are temporary themselves.
const chainedSeconds = 3_600;

/** Credentials of an issuer. */
export const credentialsSchema = {
  type: 'object',
  description:
    'How the operator authenticates to Alibaba Cloud: exactly one source, and optionally a role that is assumed on top of it.',
  properties: {
    secretRef: secretRefSchema,
    rrsa: rrsaSchema,
    serviceAccountRef: serviceAccountRefSchema,
    ecsRole: ecsRoleSchema,
    assumeRole: assumeRoleSchema,
  },
  'x-kubernetes-validations': [
    {
      rule: '[has(self.secretRef), has(self.rrsa), has(self.serviceAccountRef), has(self.ecsRole), has(self.assumeRole) && has(self.assumeRole.secretRef)].filter(given, given).size() == 1',
      message: 'must hold exactly one source: secretRef, rrsa, serviceAccountRef, ecsRole or assumeRole.secretRef',
    },
    {
      rule: `!has(self.assumeRole) || has(self.secretRef) || has(self.assumeRole.secretRef) || self.assumeRole.durationSeconds <= ${chainedSeconds}`,
      message: `assumeRole.durationSeconds must be at most ${chainedSeconds} on top of another role: rrsa, serviceAccountRef or ecsRole`,
    },
  ],
} as const satisfies Schema;
