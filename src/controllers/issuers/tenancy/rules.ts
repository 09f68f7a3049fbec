// The rules of the administrator: which issuers may use what (docs/adr/0019-rules-in-a-file.md). The first one that is for an
// issuer decides.
import type { IssuerHosts } from '../../../alibaba/issuer-hosts.ts';
import type { CertificateLimits } from './allowance.ts';
import { matchesAny } from './pattern.ts';

/** Whose credentials an issuer may use: its own, or those of the operator's pod (rrsa) or node (ecsRole). */
export const identityKinds = ['Secret', 'ServiceAccount', 'OperatorRole', 'NodeRole'] as const;

/** One of them. */
export type IdentityKind = (typeof identityKinds)[number];

/** One rule; what may be named is given as patterns. */
export interface IssuerRule {
  readonly name: string;
  /** Of AlibabaPCAIssuers. */
  readonly namespaces: readonly string[];
  /** Whether it is for AlibabaPCAClusterIssuers. */
  readonly cluster: boolean;
  readonly identities: readonly IdentityKind[];
  /** Roles beside the operator's own; undefined: any with a Secret or ServiceAccount, none with the operator's identity. */
  readonly roleArns: readonly string[] | undefined;
  /** Undefined: any. */
  readonly parentIdentifiers: readonly string[] | undefined;
  readonly instanceIds: readonly string[];
  /** As they are written and as they are compared; undefined: Alibaba Cloud's own. */
  readonly hosts: { readonly written: readonly string[]; readonly compared: IssuerHosts } | undefined;
  readonly maxDurationSeconds: number | undefined;
  readonly limits: CertificateLimits;
  /** Whom to ask. */
  readonly contact: string;
}

/** All rules; `contact` is for issuers that none is for. */
export interface IssuerRules {
  readonly contact: string;
  readonly rules: readonly IssuerRule[];
}

/** The rule for issuers of a namespace, or for cluster issuers where that is undefined. */
export function ruleFor({ rules }: IssuerRules, namespace: string | undefined): IssuerRule | undefined {
  return rules.find(({ namespaces, cluster }) =>
    namespace === undefined ? cluster : matchesAny(namespaces, namespace),
  );
}
