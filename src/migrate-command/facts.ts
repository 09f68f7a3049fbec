// What a migration depends on, as it was seen in the cluster.
import type { Seen } from '../cluster-reading/seen.ts';
import type { IssuerReference } from '../crds/cert-manager.ts';
import type { IssuerIdentity } from '../crds/issuer-ref.ts';
import type { IncumbentIssuer } from './incumbent.ts';

/** Annotations of what was moved: where it came from, as JSON of an issuerRef; and that it is being moved. */
export const annotations = {
  migratedFrom: 'pca.alibabacloud.com/migrated-from',
  held: 'pca.alibabacloud.com/migration-held',
} as const;

/** An issuer of ours that exists. */
export interface OurIssuer {
  readonly identity: IssuerIdentity;
  readonly uid: string;
  readonly parentIdentifier: string | undefined;
  /** Whether an earlier migration made it. */
  readonly isMigrated: boolean;
}

/** What a Certificate asks for, as cert-manager compares it with the certificate in its Secret. */
export interface AskedNames {
  readonly commonName?: string;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly uris?: readonly string[];
  readonly emailAddresses?: readonly string[];
}

/** A Certificate that refers to an issuer of either operator. */
export interface FoundCertificate {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly issuerRef: IssuerReference;
  readonly migratedFrom: IssuerReference | undefined;
  /** Whether an earlier migration began with it and did not end. */
  readonly isHeld: boolean;
  /** Kind and name of what controls it. */
  readonly owner: string | undefined;
  readonly isReady: boolean;
  readonly isIssuing: boolean;
  /** Whether its last issuance failed. */
  readonly hasFailed: boolean;
  readonly names: AskedNames;
  readonly secretName: string;
  /** The chain in its Secret, in PEM; undefined where it holds none. Looked at only where it is to be moved. */
  readonly chain: Seen<string | undefined>;
}

/** All of it. */
export interface Facts {
  readonly incumbents: readonly IncumbentIssuer[];
  readonly ours: readonly OurIssuer[];
  readonly certificates: readonly FoundCertificate[];
}
