// The slice of alibabacloud-privateca-issuer's API that is read: its two kinds, and what their specs mean to it
// (AliyunContainerService/alibabacloud-privateca-issuer: api/v1beta/pcaissuer_types.go, pkg/issuer/auth.go, its chart's CRDs).

/** Its API group. Its version is asked of the API server. */
export const incumbentGroup = 'alibabacloud.com';

/** Its kinds, with the kind of ours that takes their place. */
export const incumbentKinds = [
  { kind: 'PCAIssuer', plural: 'pcaissuers', becomes: 'AlibabaPCAIssuer' },
  { kind: 'PCAClusterIssuer', plural: 'pcaclusterissuers', becomes: 'AlibabaPCAClusterIssuer' },
] as const;

/** One of its kinds. */
export type IncumbentKind = (typeof incumbentKinds)[number];

/** A key of a Secret in any namespace; only older versions have it. */
export interface IncumbentSecretKey {
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
}

/** The spec of both kinds. */
export interface IncumbentSpec {
  readonly parentIdentifier?: string;
  readonly ramRoleARN?: string;
  readonly ramRoleSessionName?: string;
  readonly oidcProviderARN?: string;
  readonly oidcTokenFilePath?: string;
  readonly roleSessionExpiration?: string;
  readonly remoteRamRoleARN?: string;
  readonly remoteRamRoleSessionName?: string;
  readonly accessKey?: IncumbentSecretKey;
  readonly accessKeySecret?: IncumbentSecretKey;
}

/** One of its issuers. */
export interface IncumbentIssuer {
  readonly kind: IncumbentKind;
  /** Undefined for the cluster-wide kind. */
  readonly namespace: string | undefined;
  readonly name: string;
  readonly spec: IncumbentSpec;
}
