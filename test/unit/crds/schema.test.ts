// The vocabulary and the two schemas written in it: what type follows, and that nothing in them is unbounded.
import { describe, expect, expectTypeOf, it } from 'vitest';

import type { IssuerSpec, IssuerStatus } from '../../../src/crds/issuer.ts';
import { issuerSpecSchema } from '../../../src/crds/issuer-schema/spec.ts';
import { issuerStatusSchema } from '../../../src/crds/issuer-schema/status.ts';
import type { Schema, TypeOf } from '../../../src/crds/schema.ts';

const sample = {
  type: 'object',
  description: 'Sample.',
  required: ['name', 'list'],
  properties: {
    name: { type: 'string', description: 'Required.', maxLength: 1 },
    text: { type: 'string', description: 'Optional.', maxLength: 1 },
    count: { type: 'integer', description: 'Defaulted.', default: 1 },
    flag: { type: 'boolean', description: 'Optional.' },
    choice: { type: 'string', description: 'Defaulted.', enum: ['A', 'B'], default: 'A' },
    list: {
      type: 'array',
      description: 'Required.',
      maxItems: 1,
      'x-kubernetes-list-type': 'set',
      items: { type: 'string', description: 'Item.', enum: ['X', 'Y'] },
    },
    nested: {
      type: 'object',
      description: 'Defaulted.',
      default: {},
      properties: { inner: { type: 'string', description: 'Defaulted.', maxLength: 1, default: 'x' } },
    },
  },
} as const satisfies Schema;

interface CsrCertificateSettings {
  readonly enableCrl?: boolean;
  readonly tags?: readonly { readonly key: string; readonly value: string }[];
  readonly resourceGroupId?: string;
  readonly subjectDefaults?: {
    readonly country?: string;
    readonly state?: string;
    readonly locality?: string;
    readonly organization?: string;
    readonly organizationUnit?: string;
  };
}

interface SecretRef {
  readonly name: string;
  readonly keys: Readonly<Record<'accessKeyId' | 'accessKeySecret' | 'securityToken', string>>;
}

interface RoleFields {
  readonly sessionName?: string;
  readonly durationSeconds: number;
  readonly policy?: string;
}

interface PodRole extends RoleFields {
  readonly roleArn?: string;
  readonly oidcProviderArn?: string;
}

interface ServiceAccountRole extends RoleFields {
  readonly name: string;
  readonly roleArn: string;
  readonly oidcProviderArn?: string;
  readonly audience: string;
}

interface AssumedRole extends RoleFields {
  readonly secretRef?: SecretRef;
  readonly roleArn: string;
  readonly externalId?: string;
}

describe('TypeOf', () => {
  it('makes required and defaulted fields present, enums unions and all else optional', () => {
    expectTypeOf<TypeOf<typeof sample>>().toEqualTypeOf<{
      readonly name: string;
      readonly text?: string;
      readonly count: number;
      readonly flag?: boolean;
      readonly choice: 'A' | 'B';
      readonly list: readonly ('X' | 'Y')[];
      readonly nested: { readonly inner: string };
    }>();
  });

  it('gives the spec that the rest of the code is written against', () => {
    expectTypeOf<IssuerSpec>().toEqualTypeOf<{
      readonly parentIdentifier: string;
      readonly region: string;
      readonly endpoint: {
        readonly host?: string;
        readonly protocol: 'HTTPS' | 'HTTP';
        readonly caBundle?: string;
      };
      readonly stsEndpoint?: {
        readonly host?: string;
        readonly protocol: 'HTTPS' | 'HTTP';
        readonly caBundle?: string;
      };
      readonly operation:
        | 'CreateCustomCertificate'
        | 'CreateCertificateWithExtension'
        | 'CreateServerCertificateWithCsr'
        | 'CreateClientCertificateWithCsr'
        | 'CreateWHClientCertificate';
      readonly createCertificateWithExtension?: {
        readonly certType?: 'SERVER' | 'CLIENT';
        readonly basicConstraintsCritical?: boolean;
        readonly appendCrl?: boolean;
        readonly aliasName?: string;
      };
      readonly createServerCertificateWithCsr?: CsrCertificateSettings;
      readonly createClientCertificateWithCsr?: CsrCertificateSettings;
      readonly createWHClientCertificate?: Pick<CsrCertificateSettings, 'subjectDefaults'>;
      readonly allowP521: boolean;
      readonly externalCA?: {
        readonly instanceIds: readonly string[];
        readonly pathLength?: number;
        readonly names: 'Refuse' | 'Drop';
      };
      readonly verification: Readonly<Record<'subject' | 'names' | 'usages' | 'validity', 'Enforce' | 'Allow'>>;
      readonly revocationPolicy: 'Never' | 'RequestGone';
      readonly issuanceLimits: {
        readonly certificatesPerHour?: number;
        readonly certificatesPerDay?: number;
        readonly certificatesPerNamespacePerHour?: number;
        readonly certificatesPerNamespacePerDay?: number;
        readonly reissuesPerHour: number;
      };
      readonly patience: { readonly duration: string; readonly onExceeded: 'Report' | 'Fail' };
      readonly createCustomCertificate?: {
        readonly enableCrl?: boolean;
        readonly tags?: readonly { readonly key: string; readonly value: string }[];
        readonly resourceGroupId?: string;
        readonly criticals?: readonly ('KeyUsage' | 'ExtendedKeyUsages' | 'SubjectAlternativeNames')[];
        readonly subject?: {
          readonly country?: string;
          readonly state?: string;
          readonly locality?: string;
          readonly organization?: string;
          readonly organizationUnit?: string;
          readonly commonName?: string;
          readonly customAttributes?: readonly { readonly objectIdentifier: string; readonly value: string }[];
        };
      };
      readonly validity: {
        readonly maxDuration?: string;
        readonly minDuration?: string;
        readonly backdate: string;
        readonly onExceed: 'Refuse' | 'Clamp';
      };
      readonly trust: {
        readonly source: 'Root' | 'IssuingCA' | 'AllActiveRoots' | 'Static';
        readonly certificates?: string;
        readonly certificatesFrom?: {
          readonly kind: 'ConfigMap' | 'Secret';
          readonly name: string;
          readonly key: string;
        };
        readonly publishTo?: { readonly name: string; readonly namespace?: string; readonly key: string };
      };
      readonly failover?: readonly {
        readonly parentIdentifier: string;
        readonly region?: string;
        readonly endpoint?: {
          readonly host?: string;
          readonly protocol: 'HTTPS' | 'HTTP';
          readonly caBundle?: string;
        };
        readonly stsEndpoint?: {
          readonly host?: string;
          readonly protocol: 'HTTPS' | 'HTTP';
          readonly caBundle?: string;
        };
      }[];
      readonly credentials: {
        readonly secretRef?: SecretRef;
        readonly rrsa?: PodRole;
        readonly serviceAccountRef?: ServiceAccountRole;
        readonly ecsRole?: { readonly name?: string };
        readonly assumeRole?: AssumedRole;
      };
    }>();
  });

  it('gives a status whose conditions are metav1.Condition', () => {
    expectTypeOf<IssuerStatus>().toEqualTypeOf<{
      readonly observedGeneration?: number;
      readonly operator?: string;
      readonly conditions: readonly {
        readonly type: string;
        readonly status: 'True' | 'False' | 'Unknown';
        readonly observedGeneration?: number;
        readonly lastTransitionTime: string;
        readonly reason: string;
        readonly message: string;
      }[];
      readonly ca?: {
        readonly subject: string;
        readonly keyAlgorithm: string;
        readonly formerKeyAlgorithm?: string;
        readonly issuerType: string;
        readonly notAfter: string;
        readonly certificatesRemaining?: number;
      };
      readonly failover?: {
        readonly entry: number;
        readonly parentIdentifier: string;
        readonly region: string;
        readonly host?: string;
        readonly since: string;
        readonly reason: string;
      };
      readonly trust?: {
        readonly bundle: string;
        readonly certificates: readonly {
          readonly sha256Fingerprint: string;
          readonly subject: string;
          readonly notAfter: string;
          readonly neededUntil?: string;
          readonly former?: boolean;
        }[];
        readonly longestLifetime?: string;
        readonly configMap?: { readonly namespace: string; readonly name: string; readonly key: string };
      };
      readonly externalCA?: {
        readonly instancesRemaining?: number;
        readonly instances?: readonly {
          readonly instanceId: string;
          readonly requestUID: string;
          readonly request?: string;
        }[];
      };
    }>();
  });
});

interface Node {
  readonly path: string;
  readonly schema: Schema;
}

function nodes(schema: Schema, path: string): readonly Node[] {
  if (schema.type === 'object') {
    return [
      { path, schema },
      ...Object.entries(schema.properties).flatMap(([name, child]) => nodes(child, `${path}.${name}`)),
    ];
  }
  return schema.type === 'array' ? [{ path, schema }, ...nodes(schema.items, `${path}[]`)] : [{ path, schema }];
}

const all = [...nodes(issuerSpecSchema, 'spec'), ...nodes(issuerStatusSchema, 'status')];

const unmet = (expectation: (schema: Schema) => boolean): readonly string[] =>
  all.filter(({ schema }) => !expectation(schema)).map(({ path }) => path);

describe('the schemas of spec and status', () => {
  it('bound every string by length, enum or format', () => {
    expect(
      unmet(
        (schema) =>
          schema.type !== 'string' ||
          schema.maxLength !== undefined ||
          schema.enum !== undefined ||
          schema.format !== undefined,
      ),
    ).toEqual([]);
  });

  it('bound every list and say how it is merged', () => {
    expect(
      unmet(
        (schema) =>
          schema.type !== 'array' ||
          (schema.maxItems > 0 &&
            (schema['x-kubernetes-list-type'] === 'map') === (schema['x-kubernetes-list-map-keys'] !== undefined)),
      ),
    ).toEqual([]);
  });

  it('describe every field in whole sentences', () => {
    expect(unmet(({ description }) => /^[A-Z].*\.$/.test(description))).toEqual([]);
  });

  it('require only fields that exist', () => {
    expect(
      unmet(
        (schema) =>
          schema.type !== 'object' || (schema.required ?? []).every((name) => Object.hasOwn(schema.properties, name)),
      ),
    ).toEqual([]);
  });

  it('give every object that holds a default and is not required a default of its own, unless its absence says something', () => {
    const missing = all.flatMap(({ path, schema }) =>
      schema.type !== 'object'
        ? []
        : Object.entries(schema.properties)
            .filter(([name, child]) => holdsDefault(child) && !isPresent(schema.required, name, child))
            .map(([name]) => `${path}.${name}`),
    );
    expect(missing).toEqual([
      'spec.stsEndpoint',
      'spec.externalCA',
      'spec.trust.certificatesFrom',
      'spec.trust.publishTo',
      'spec.failover[].endpoint',
      'spec.failover[].stsEndpoint',
      'spec.credentials.secretRef',
      'spec.credentials.rrsa',
      'spec.credentials.serviceAccountRef',
      'spec.credentials.assumeRole',
      'spec.credentials.assumeRole.secretRef',
    ]);
  });

  it('put on the spec as a whole only what no smaller object holds: which block belongs to which operation', () => {
    expect(issuerSpecSchema['x-kubernetes-validations'].map(({ rule }) => rule)).toEqual(
      issuerSpecSchema.properties.operation.enum.map(
        (operation) => `!has(self.c${operation.slice(1)}) || self.operation == '${operation}'`,
      ),
    );
  });
});

function holdsDefault(schema: Schema): boolean {
  return (
    schema.type === 'object' &&
    Object.values(schema.properties).some((child) => 'default' in child || holdsDefault(child))
  );
}

function isPresent(required: readonly string[] | undefined, name: string, schema: Schema): boolean {
  return 'default' in schema || (required ?? []).includes(name);
}
