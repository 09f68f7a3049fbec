// The CustomResourceDefinition of each issuer kind, as the object that is written to YAML.
import { apiGroup, version } from './issuer.ts';
import type { IssuerKind } from './issuer.ts';
import { issuerSpecSchema } from './issuer-schema/spec.ts';
import { issuerStatusSchema } from './issuer-schema/status.ts';

/** The columns of `kubectl get`; those with priority 1 only with `-o wide`. */
export const printerColumns = [
  {
    name: 'Ready',
    type: 'string',
    description: 'Whether the issuer can sign.',
    jsonPath: '.status.conditions[?(@.type=="Ready")].status',
  },
  {
    name: 'Reason',
    type: 'string',
    description: 'Reason of the condition Ready.',
    jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
  },
  {
    name: 'Operation',
    type: 'string',
    description: "The operation of PCA's API that issues.",
    jsonPath: '.spec.operation',
  },
  {
    name: 'CA',
    type: 'string',
    description: 'Identifier of the issuing CA.',
    jsonPath: '.spec.parentIdentifier',
  },
  {
    name: 'Expires',
    type: 'string',
    description: 'When the issuing CA ends.',
    jsonPath: '.status.ca.notAfter',
    priority: 1,
  },
  {
    name: 'Left',
    type: 'integer',
    description: 'Certificates that remain of the quota, where PCA says so.',
    jsonPath: '.status.ca.certificatesRemaining',
    priority: 1,
  },
  {
    name: 'Subject',
    type: 'string',
    description: 'Subject of the issuing CA.',
    jsonPath: '.status.ca.subject',
    priority: 1,
  },
  {
    name: 'Root',
    type: 'string',
    description: 'SHA-256 fingerprint of the first certificate that clients must trust.',
    jsonPath: '.status.trust.certificates[0].sha256Fingerprint',
    priority: 1,
  },
  {
    name: 'Message',
    type: 'string',
    description: 'Message of the condition Ready.',
    jsonPath: '.status.conditions[?(@.type=="Ready")].message',
    priority: 1,
  },
  {
    name: 'Age',
    type: 'date',
    description: 'Time since creation.',
    jsonPath: '.metadata.creationTimestamp',
  },
] as const;

const descriptions: Readonly<Record<IssuerKind['kind'], string>> = {
  AlibabaPCAIssuer:
    'AlibabaPCAIssuer signs CertificateRequests of its own namespace with a CA of Alibaba Cloud Private CA.',
  AlibabaPCAClusterIssuer:
    'AlibabaPCAClusterIssuer signs CertificateRequests of every namespace with a CA of Alibaba Cloud Private CA.',
};

/** The CustomResourceDefinition of one kind (apiextensions.k8s.io/v1). */
export interface CustomResourceDefinition {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: object;
}

/** Builds the CustomResourceDefinition of one kind. */
export function customResourceDefinition(kind: IssuerKind): CustomResourceDefinition {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${kind.plural}.${apiGroup}` },
    spec: {
      group: apiGroup,
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular: kind.singular,
        shortNames: kind.shortNames,
        categories: ['cert-manager'],
      },
      scope: kind.scope,
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: printerColumns,
          schema: { openAPIV3Schema: rootSchema(kind) },
        },
      ],
    },
  };
}

function rootSchema(kind: IssuerKind): object {
  return {
    type: 'object',
    description: descriptions[kind.kind],
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string', description: 'Version of the schema of this object.' },
      kind: { type: 'string', description: 'Kind of this object.' },
      metadata: { type: 'object' },
      spec: issuerSpecSchema,
      status: issuerStatusSchema,
    },
  };
}
