// What the doctor has looked at, without any judgement: plain data, so that judging needs neither cluster nor network.
import type { CertificateRequest } from '../crds/cert-manager.ts';
import type { CertificateSigningRequest } from '../crds/certificate-signing-request.ts';
import type { IssuerAsRead, IssuerKind } from '../crds/issuer.ts';
import type { IssuerIdentity } from '../crds/issuer-ref.ts';
import type { PodIdentity } from '../runtime/pod-identity.ts';
import type { Options } from '../runtime/options.ts';
import type { ObjectName, RightFacts } from '../cluster-reading/right.ts';
import type { Seen } from '../cluster-reading/seen.ts';

/** Where the doctor stands: in the operator's pod, so that it meets what the operator meets, or elsewhere. */
export type Place = 'pod' | 'elsewhere';

/** One kind of the API that is needed. `differences`: paths of fields that only this version or only the CRD has. */
export interface KindFacts {
  readonly resource: string;
  readonly apiVersion: string;
  readonly served: Seen<boolean>;
  /** Undefined for kinds of others, and in the operator's pod, which may not look. */
  readonly differences: Seen<{ readonly missing: readonly string[]; readonly further: readonly string[] }> | undefined;
}

/** A token that a pod's volumes project. */
export interface ProjectedToken {
  readonly audience: string;
  /** Last part of the file's path. */
  readonly path: string;
}

/** An operator as its Deployment, or the process beside the doctor, shows it. */
export interface OperatorFacts {
  /** Undefined where only the process is known. */
  readonly deployment: ObjectName | undefined;
  readonly namespace: string;
  readonly serviceAccount: string;
  /** Its settings, or what is wrong with its flags. */
  readonly options: Options | string;
  readonly identity: PodIdentity;
  readonly tokens: readonly ProjectedToken[];
  /** By its label or the tag of its image; undefined where neither says. */
  readonly version: string | undefined;
  /** Replicas that are wanted and available; undefined where only the process is known. */
  readonly replicas: { readonly wanted: number; readonly available: number } | undefined;
  /** Why pods do not run, as `Pod NAME: REASON`; without any where they do. */
  readonly stuckPods: readonly string[];
}

/** What is said inside an OIDC token, and nothing that proves anything; times are milliseconds since 1970. */
export interface TokenClaims {
  readonly issuer: string;
  readonly subject: string;
  readonly audiences: readonly string[];
  readonly expiresAt: number;
}

/** The Lease; `renewedAt` by its holder's clock, `writtenAt` by the API server's; milliseconds since 1970. */
export interface LeaseFacts {
  readonly name: ObjectName;
  readonly holder: string;
  readonly renewedAt: number;
  readonly writtenAt: number | undefined;
  readonly durationSeconds: number;
}

/** Who may approve. */
export interface ApprovalFacts {
  /** cert-manager's ServiceAccount. */
  readonly certManager: ObjectName;
  /** What cert-manager may approve: for each signer, as cert-manager names it. */
  readonly byCertManager: readonly RightFacts[];
  /** Whether approver-policy is installed. */
  readonly policy: Seen<boolean>;
  /** What approver-policy may approve; none where it is not installed. */
  readonly byPolicy: readonly RightFacts[];
  /** Others that are bound to a ClusterRole for approving requests of our group. */
  readonly others: Seen<readonly string[]>;
}

/** A step on the way to an endpoint: done, failed (with a sentence about it), or not come to. */
export type Step =
  | { readonly kind: 'ok'; readonly detail: string }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'notReached' };

/** The way to one endpoint. Through a proxy there is nothing but the answer. */
export interface EndpointFacts {
  readonly service: 'PCA' | 'STS';
  readonly host: string;
  readonly protocol: 'HTTP' | 'HTTPS';
  /** Descriptions of the issuers that use it. */
  readonly issuers: readonly string[];
  /** Host and port of the proxy. */
  readonly proxy: string | undefined;
  /** In the order in which they are gone. */
  readonly steps: Readonly<Partial<Record<'DNS' | 'TCP' | 'TLS' | 'HTTP', Step>>>;
}

/** What the credentials of an issuer opened when the doctor used them; the reason and message of the issuer's check else. */
export type CloudFacts =
  | {
      readonly kind: 'ready';
      readonly subject: string;
      readonly notAfter: Date;
      readonly remainingCertificates: number | undefined;
    }
  | { readonly kind: 'notReady'; readonly reason: string; readonly message: string };

/** One issuer. */
export interface IssuerFacts {
  readonly identity: IssuerIdentity;
  readonly issuer: IssuerAsRead;
  /** Undefined where its credentials were not used. */
  readonly cloud: CloudFacts | undefined;
  /** The ConfigMap of `status.trust.configMap`: what is under its key; undefined where it publishes none. */
  readonly published: Seen<string | undefined> | undefined;
  /** SHA-256 fingerprints of what its clients must trust; none where nothing tells. */
  readonly roots: readonly string[];
}

/** Requests, as many as were looked at. */
export interface RequestFacts {
  readonly certificateRequests: Seen<readonly CertificateRequest[]>;
  readonly signingRequests: Seen<readonly CertificateSigningRequest[]>;
  /** Whether there are more of them than were looked at. */
  readonly more: boolean;
}

/** Limits on calls that the operator found, by its metrics. */
export interface CallLimitFacts {
  readonly account: string;
  readonly region: string;
  readonly action: string;
  readonly perSecond: number;
  readonly waiting: number;
  readonly held: boolean;
}

/** A signer that a mesh uses, and the issuer behind it. */
export interface MeshSigner {
  readonly signerName: string;
  readonly issuer: IssuerIdentity | undefined;
}

/** One istiod that has to do with our issuers. Durations are texts as they were written. */
export interface IstiodFacts {
  readonly deployment: ObjectName;
  readonly serviceAccount: string;
  /** Signer of workloads' certificates; undefined where istiod issues them itself. */
  readonly workloads: MeshSigner | undefined;
  /** Signer of istiod's own certificate; undefined where it is another's. */
  readonly own: MeshSigner | undefined;
  /** Whether K8S_SIGNER is set. */
  readonly usesKubernetesSigner: boolean;
  /** What is asked for, by the setting that says so. */
  readonly lifetimes: readonly {
    readonly setting: string;
    readonly duration: string;
    readonly of: 'workloads' | 'own';
  }[];
  /** Fingerprints of meshConfig.caCertificates by signer name; `broken` where one cannot be read. */
  readonly trusted: Seen<Readonly<Record<string, readonly string[] | 'broken'>>>;
  /** Issuer of the Certificate `cacerts` in istiod's namespace, where istiod is an intermediate CA. */
  readonly intermediate: IssuerIdentity | undefined;
  /** Fingerprints of the ConfigMap istio-ca-root-cert, which istiod hands out as the mesh's root. */
  readonly handedOut: Seen<readonly string[]>;
  readonly mayApprove: RightFacts | undefined;
}

/** Everything. */
export interface Facts {
  readonly place: Place;
  readonly version: string;
  /** By the API server's clock. */
  readonly now: Date;
  /** How far this machine's clock is ahead of the API server's; undefined where that did not say. */
  readonly clockOffsetSeconds: number | undefined;
  readonly kinds: readonly KindFacts[];
  /** Every operator that is installed; the first one is the one that is judged. */
  readonly operators: Seen<readonly OperatorFacts[]>;
  readonly serviceAccount: Seen<true> | undefined;
  readonly token: TokenClaims | string | undefined;
  readonly lease: Seen<LeaseFacts> | undefined;
  readonly rights: readonly RightFacts[];
  readonly certManagerRights: readonly RightFacts[];
  readonly approval: ApprovalFacts;
  /** What is wrong with the proxy of the environment; its host and port are in {@link EndpointFacts}. */
  readonly proxyFault: string | undefined;
  readonly endpoints: readonly EndpointFacts[];
  /** By the kind's name, so that one which may not be read is told once. */
  readonly issuers: Readonly<Record<IssuerKind['kind'], Seen<readonly IssuerFacts[]>>>;
  readonly requests: RequestFacts;
  /** Undefined where nobody named the address of the metrics. */
  readonly callLimits: Seen<readonly CallLimitFacts[]> | undefined;
  /** Undefined in the operator's pod, which may not look. */
  readonly mesh: Seen<readonly IstiodFacts[]> | undefined;
}
