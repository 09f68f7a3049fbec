// The issuing core with defaults filled in: issuer specs, CAs, requests, plans, and certificates that fit a plan.
import type { IssuerSpec } from '../../src/crds/issuer.ts';
import type { IssueReply } from '../../src/issuing/operation.ts';
import { readIssuingCA } from '../../src/issuing/issuing-ca.ts';
import type { IssuingCA } from '../../src/issuing/issuing-ca.ts';
import { planIssuing } from '../../src/issuing/plan.ts';
import type { IssuePlan } from '../../src/issuing/plan.ts';
import { readSigningRequest } from '../../src/issuing/signing-request.ts';
import type { RequestFields, SigningRequest } from '../../src/issuing/signing-request.ts';
import { describedCA, encoded, issue } from './certificates.ts';
import type { TestCA, TestContent, TestHierarchy } from './certificates.ts';

/** The clock of these tests. */
export const now = new Date('2026-11-23T10:00:00.750Z');
export const clusterUid = '7c7f0b5e-8f0a-4d1c-9f55-0d6b0f6f2a11';
export const requestUid = 'c9a4f7a2-6a39-4c51-b3a5-5d8a1b8c7d10';

/** An issuer's spec with the defaults that the API server fills in. */
export function issuerSpec(changes: Partial<IssuerSpec> = {}): IssuerSpec {
  return {
    parentIdentifier: '1ed4068c-6f1b-6deb-8e32-3f8439a851cb',
    region: 'cn-hangzhou',
    network: 'Public',
    endpoint: { protocol: 'HTTPS' },
    operation: 'CreateCustomCertificate',
    allowP521: false,
    validity: { backdate: '0s', onExceed: 'Refuse' },
    verification: { subject: 'Enforce', names: 'Enforce', usages: 'Enforce', validity: 'Enforce' },
    revocationPolicy: 'Never',
    issuanceLimits: { reissuesPerHour: 10 },
    patience: { duration: '24h', onExceeded: 'Report' },
    trust: { source: 'Root' },
    credentials: {
      secretRef: {
        name: 'pca',
        keys: { accessKeyId: 'accessKeyId', accessKeySecret: 'accessKeySecret', securityToken: 'securityToken' },
      },
    },
    ...changes,
  };
}

/** The fields of a CertificateRequest with this CSR. */
export function requestFields(pem: string, changes: Partial<RequestFields> = {}): RequestFields {
  return { uid: requestUid, request: encoded(pem), duration: undefined, isCA: false, usages: undefined, ...changes };
}

/** The request, which must be readable. */
export function signingRequest(pem: string, changes: Partial<RequestFields> = {}): SigningRequest {
  const read = readSigningRequest(requestFields(pem, changes));
  if (read.kind === 'refused') throw new Error(read.refusal.message);
  return read.request;
}

/** The CA as the product reads it from PCA's description. */
export function issuingCA(hierarchy: TestHierarchy, changes: Readonly<Record<string, unknown>> = {}): IssuingCA {
  const read = readIssuingCA(describedCA(hierarchy, changes));
  if (read.kind === 'malformed') throw new Error(read.message);
  return read.ca;
}

/** The plan, which must not be refused. */
export function plan(
  request: SigningRequest,
  ca: IssuingCA,
  spec: IssuerSpec = issuerSpec(),
  at: Date = now,
): IssuePlan {
  const planned = planIssuing({ request, spec, ca, clusterUid, now: at });
  if (planned.kind === 'refused') throw new Error(planned.refusal.message);
  return planned.plan;
}

/** What may deviate from a plan in the certificate that fulfil() makes. */
export interface Deviation {
  readonly spki?: Buffer;
  readonly subject?: Parameters<typeof issue>[1]['subject'];
  readonly content?: Omit<TestContent, 'subject'>;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

/** The certificate that a plan asks for, but for the deviation. */
export async function fulfil(planned: IssuePlan, ca: TestCA, deviation: Deviation = {}): Promise<string> {
  const { expected } = planned;
  const subject = expected.subject.kind === 'exact' ? expected.subject.name.der : [];
  const { keyUsages, extendedKeyUsages } = expected.usages;
  return issue(ca, {
    spki: deviation.spki ?? expected.spki,
    subject: deviation.subject ?? subject,
    content: { names: expected.names, keyUsages, extendedKeyUsages, ...deviation.content },
    notBefore: deviation.notBefore ?? expected.notBefore,
    notAfter: deviation.notAfter ?? expected.notAfter,
  });
}

/** A reply with these PEM texts. */
export function reply(certificate: string, ...chain: readonly string[]): IssueReply & { readonly kind: 'issued' } {
  return { kind: 'issued', identifier: '1f0e7d6c', certificate, chain, serialNumber: undefined };
}
