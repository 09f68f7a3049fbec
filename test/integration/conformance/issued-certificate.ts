// A Certificate and everything that came of it: its Secret, its CertificateRequest, its conditions.
import type { X509Certificate } from 'node:crypto';
import { conditionsOf } from '../../support/cluster.ts';
import type { Cluster, Manifest } from '../../support/cluster.ts';
import { isIssued } from '../../support/renewal.ts';
import { NotYet, until } from '../../support/wait.ts';
import type { Wanted } from './cases.ts';
import { issuerGroup } from './scopes.ts';
import { certificatesOf, chainFacts, keyMatches, leafFacts, wantedChain, wantedFacts } from './validations.ts';
import type { ChainFacts, LeafFacts } from './validations.ts';

/** Which Certificate; its Secret bears the same name. */
export interface CertificateName {
  readonly namespace: string;
  readonly name: string;
}

/** An issuer as a Certificate names it. */
export interface IssuerReference {
  readonly kind: string;
  readonly name: string;
}

interface CertificateStatus {
  readonly notAfter?: string;
  readonly revision?: number;
}

/** What a Secret holds, decoded. */
export type SecretData = Readonly<Record<string, Buffer>>;

/** A Certificate that was issued. */
export interface IssuedCertificate {
  readonly certificate: Manifest;
  readonly revision: number;
  readonly secret: Manifest;
  readonly data: SecretData;
  readonly leaf: X509Certificate;
  readonly keyPem: string;
  /** PEM of the X.509 request behind it. */
  readonly csrPem: string;
}

/** Everything that the suite validates. */
export interface CertificateFacts {
  readonly leaf: LeafFacts;
  readonly chain: ChainFacts;
  readonly secret: {
    readonly type: unknown;
    readonly keys: readonly string[];
    readonly keyMatches: boolean;
    readonly rootIs: string;
    readonly annotations: Readonly<Record<string, string | undefined>>;
  };
}

const annotationNames = ['certificate-name', 'issuer-name', 'issuer-kind', 'issuer-group'].map(
  (name) => `cert-manager.io/${name}`,
);

/** A Certificate's reference for {@link Cluster}. */
export function certificateReference({ namespace, name }: CertificateName) {
  return { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', namespace, name };
}

/** The reference of the request for a revision. */
export function requestReference({ namespace, name }: CertificateName, revision: number) {
  return { ...certificateReference({ namespace, name: `${name}-${revision}` }), kind: 'CertificateRequest' };
}

/** A Certificate as the suite makes it: nothing but what is wanted, and the issuer. */
export function certificateOf(
  { namespace, name }: CertificateName,
  issuer: IssuerReference,
  spec: Wanted & Readonly<Record<string, unknown>>,
): Manifest {
  return {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name, namespace },
    spec: { secretName: name, issuerRef: { group: issuerGroup, ...issuer }, ...spec },
  };
}

/**
 * Waits until the Certificate is ready in its present generation, no further issuance is under way, and its status tells
 * the end of the certificate in the Secret: cert-manager writes the Secret first and the status in several steps.
 */
export async function waitForIssued(cluster: Cluster, name: CertificateName, revision = 1): Promise<IssuedCertificate> {
  return until(`${name.name} to be issued in revision ${revision}`, async () => {
    const certificate = await cluster.get(certificateReference(name));
    if (certificate === undefined || !isDone(certificate, revision))
      throw new NotYet(certificate?.['status'] ?? 'none');
    const issued = await readIssued(cluster, name, certificate);
    const { notAfter } = statusOf(certificate);
    if (notAfter !== wireTime(issued.leaf.validToDate)) throw new NotYet({ notAfter, of: issued.leaf.validTo });
    const after = await cluster.get(certificateReference(name));
    // cert-manager may have begun to issue again while Secret and request were read.
    if (after === undefined || !isDone(after, issued.revision) || statusOf(after).revision !== issued.revision)
      throw new NotYet(after?.['status'] ?? 'none');
    return issued;
  });
}

function isDone(certificate: Manifest, wanted: number): boolean {
  return isIssued(certificate) && (statusOf(certificate).revision ?? 0) >= wanted;
}

function wireTime(time: Date): string {
  return time.toISOString().replace('.000Z', 'Z');
}

async function readIssued(cluster: Cluster, name: CertificateName, certificate: Manifest): Promise<IssuedCertificate> {
  const revision = statusOf(certificate).revision ?? 0;
  const secret = await cluster.get({ apiVersion: 'v1', kind: 'Secret', ...name });
  const request = await cluster.get(requestReference(name, revision));
  if (secret === undefined || request === undefined) throw new Error(`${name.name} has no Secret or no request.`);
  const encoded = (secret['data'] ?? {}) as Readonly<Record<string, string>>;
  const data = Object.fromEntries(Object.entries(encoded).map(([key, text]) => [key, Buffer.from(text, 'base64')]));
  const [leaf] = certificatesOf(text(data, 'tls.crt'));
  if (leaf === undefined) throw new Error(`Secret ${name.name} holds no certificate.`);
  const { request: csr } = request['spec'] as { readonly request: string };
  const csrPem = Buffer.from(csr, 'base64').toString();
  return { certificate, revision, secret, data, leaf, keyPem: text(data, 'tls.key'), csrPem };
}

/** The text of an entry of a Secret; empty when there is none. */
export function text(data: SecretData, key: string): string {
  return data[key]?.toString() ?? '';
}

/** The facts of what was issued. */
export function factsOf({ certificate, secret, data, leaf, keyPem, csrPem }: IssuedCertificate): CertificateFacts {
  const { dnsNames } = certificate['spec'] as Wanted;
  const annotations = secret.metadata.annotations ?? {};
  return {
    leaf: leafFacts(leaf, csrPem),
    chain: chainFacts(certificatesOf(text(data, 'tls.crt')), text(data, 'ca.crt'), dnsNames),
    secret: {
      type: secret['type'],
      keys: Object.keys(data).toSorted(),
      keyMatches: keyMatches(leaf, keyPem),
      rootIs: text(data, 'ca.crt').trim(),
      annotations: Object.fromEntries(annotationNames.map((name) => [name, annotations[name]])),
    },
  };
}

/** The facts that it must have. */
export function factsWanted(
  wanted: Wanted,
  {
    rootPem,
    name,
    issuer,
  }: {
    readonly rootPem: string;
    readonly name: string;
    readonly issuer: IssuerReference;
  },
): CertificateFacts {
  return {
    leaf: wantedFacts(wanted),
    chain: wantedChain(wanted),
    secret: {
      type: 'kubernetes.io/tls',
      keys: ['ca.crt', 'tls.crt', 'tls.key'],
      keyMatches: true,
      rootIs: rootPem.trim(),
      annotations: {
        'cert-manager.io/certificate-name': name,
        'cert-manager.io/issuer-name': issuer.name,
        'cert-manager.io/issuer-kind': issuer.kind,
        'cert-manager.io/issuer-group': issuerGroup,
      },
    },
  };
}

/** Waits until the issuance failed, and answers why: the request's message and what the Certificate says of it. */
export async function waitForFailure(
  cluster: Cluster,
  name: CertificateName,
): Promise<{ readonly request: string; readonly certificate: string; readonly failureTime: string | undefined }> {
  return until(`${name.name} to fail`, async () => {
    const certificate = await cluster.get(certificateReference(name));
    const request = await cluster.get(requestReference(name, 1));
    const issuing = certificate && conditionsOf(certificate).find(({ type }) => type === 'Issuing');
    const ready = request && conditionsOf(request).find(({ type }) => type === 'Ready');
    if (issuing?.reason !== 'Failed' || ready?.reason !== 'Failed') throw new NotYet({ issuing, ready });
    const { failureTime } = (request?.['status'] ?? {}) as { readonly failureTime?: string };
    return { request: ready.message ?? '', certificate: issuing.message ?? '', failureTime };
  });
}

function statusOf(certificate: Manifest): CertificateStatus {
  return certificate['status'] ?? {};
}
