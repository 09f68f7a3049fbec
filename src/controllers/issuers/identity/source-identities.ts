// From the source of an issuer's credentials to who calls: the owner of an access key, or a role that is taken for the issuer.
// What is the operator's own, its pod's role and its node's, is lent to cluster issuers, and to others only where allowed.
import type { AccessKey } from '../../../alibaba/credentials/access-key.ts';
import type { RoleSettings, SessionRequest } from '../../../alibaba/credentials/session-request.ts';
import type { PcaEndpoint } from '../../../alibaba/endpoint.ts';
import { credentialSourceOf } from '../../../crds/credential-source.ts';
import type { CredentialSource } from '../../../crds/credential-source.ts';
import type { Issuer } from '../../../crds/issuer.ts';
import type { PodIdentity } from '../../../runtime/pod-identity.ts';
import type { IssuerProblem } from '../reasons.ts';
import type { IssuerSecrets } from '../secret.ts';
import type { ServiceAccounts } from './service-accounts.ts';

/** Who calls, or what the issuer's condition says; `version` is of what it comes from, empty for the operator's own. */
export type SourceIdentity =
  | { readonly kind: 'key'; readonly accessKey: AccessKey; readonly version: string }
  | { readonly kind: 'session'; readonly request: SessionRequest; readonly version: string }
  | { readonly kind: 'problem'; readonly problem: IssuerProblem };

/** Where the identity is used (`service`), and the STS that gives it. */
export interface Places {
  readonly sts: PcaEndpoint;
  readonly service: string;
}

/** Whether AlibabaPCAIssuers, too, may use what is the operator's own. */
export interface LentIdentities {
  /** The role of its pod. */
  readonly podRole: boolean;
  /** The role of its node. */
  readonly instanceRole: boolean;
}

type Source<Kind extends CredentialSource['kind']> = Extract<CredentialSource, { readonly kind: Kind }>;

/** Finds out who calls for an issuer. */
export class SourceIdentities {
  readonly #secrets: Pick<IssuerSecrets, 'readAccessKey'>;
  readonly #serviceAccounts: Pick<ServiceAccounts, 'read'>;
  readonly #podIdentity: PodIdentity;
  readonly #lent: LentIdentities;

  constructor(parts: {
    readonly secrets: Pick<IssuerSecrets, 'readAccessKey'>;
    readonly serviceAccounts: Pick<ServiceAccounts, 'read'>;
    readonly podIdentity: PodIdentity;
    readonly lent: LentIdentities;
  }) {
    this.#secrets = parts.secrets;
    this.#serviceAccounts = parts.serviceAccounts;
    this.#podIdentity = parts.podIdentity;
    this.#lent = parts.lent;
  }

  /** Who calls for the issuer, apart from a role that is assumed on top. */
  async of(issuer: Issuer, places: Places, signal: AbortSignal): Promise<SourceIdentity> {
    const source = credentialSourceOf(issuer.spec.credentials);
    switch (source?.kind) {
      case 'secret': {
        const read = await this.#secrets.readAccessKey(issuer, source, signal);
        return read.kind === 'problem' ? read : { ...read, kind: 'key' };
      }
      case 'serviceAccount':
        return this.#ofServiceAccount(issuer, source, places, signal);
      case 'podRole':
        return this.#refusal(issuer, source.kind) ?? this.#ofPod(source, places);
      case 'instanceRole': {
        const request = { kind: 'instanceRole', name: source.name, service: places.service } as const;
        return this.#refusal(issuer, source.kind) ?? { kind: 'session', request, version: '' };
      }
      case undefined:
        return { kind: 'problem', problem: noSource };
    }
  }

  async #ofServiceAccount(
    issuer: Issuer,
    source: Source<'serviceAccount'>,
    { sts, service }: Places,
    signal: AbortSignal,
  ): Promise<SourceIdentity> {
    const { ref } = source;
    const oidcProviderArn = ref.oidcProviderArn ?? this.#podIdentity.oidcProviderArn;
    if (oidcProviderArn === undefined) return { kind: 'problem', problem: noProvider };
    const read = await this.#serviceAccounts.read(issuer, source, signal);
    if (read.kind === 'problem') return read;
    const { namespace, uid } = read;
    const token = { kind: 'serviceAccount', namespace, name: ref.name, uid, audience: ref.audience } as const;
    const settings = roleSettings(ref.roleArn, ref, this.#podIdentity, service);
    return {
      kind: 'session',
      request: { ...settings, kind: 'oidc', endpoint: sts, oidcProviderArn, token },
      version: uid,
    };
  }

  #ofPod({ rrsa }: Source<'podRole'>, { sts, service }: Places): SourceIdentity {
    const roleArn = rrsa.roleArn ?? this.#podIdentity.roleArn;
    const oidcProviderArn = rrsa.oidcProviderArn ?? this.#podIdentity.oidcProviderArn;
    const { tokenFile } = this.#podIdentity;
    if (roleArn === undefined || oidcProviderArn === undefined || tokenFile === undefined)
      return { kind: 'problem', problem: unconfigured({ roleArn, oidcProviderArn, tokenFile }) };

    const settings = roleSettings(roleArn, rrsa, this.#podIdentity, service);
    const token = { kind: 'file', file: tokenFile } as const;
    return {
      kind: 'session',
      request: { ...settings, kind: 'oidc', endpoint: sts, oidcProviderArn, token },
      version: '',
    };
  }

  // Who may write an issuer in a namespace is seldom who may use every role that trusts the operator: a confused deputy.
  #refusal({ spec, metadata }: Issuer, kind: keyof typeof lending): SourceIdentity | undefined {
    if (metadata.namespace === undefined) return undefined;
    const { field, flag, value } = lending[kind];
    if (!this.#lent[kind]) {
      return notAllowed(
        `An AlibabaPCAIssuer may not use the operator's own identity (${field}). Name a Secret in spec.credentials.secretRef or a ServiceAccount in spec.credentials.serviceAccountRef, use an AlibabaPCAClusterIssuer, or have the administrator start the operator with ${flag} (Helm: ${value}).`,
      );
    }
    if (spec.stsEndpoint === undefined) return undefined;
    return notAllowed(
      `An AlibabaPCAIssuer with ${field} may not choose where the operator's credentials are sent. Remove spec.stsEndpoint; the operator's environment decides (ALIBABA_CLOUD_STS_ENDPOINT).`,
    );
  }
}

/** What is asked of STS for a role of the spec. */
export function roleSettings(
  roleArn: string,
  settings: { readonly sessionName?: string; readonly durationSeconds: number; readonly policy?: string },
  { sessionName }: Pick<PodIdentity, 'sessionName'>,
  service: string,
): RoleSettings {
  return {
    roleArn,
    sessionName: settings.sessionName ?? sessionName,
    durationSeconds: settings.durationSeconds,
    policy: settings.policy,
    service,
  };
}

const lending = {
  podRole: {
    field: 'spec.credentials.rrsa',
    flag: '--issuer-ambient-credentials',
    value: 'rrsa.namespacedIssuers',
  },
  instanceRole: {
    field: 'spec.credentials.ecsRole',
    flag: '--issuer-ecs-role',
    value: 'ecsRole.namespacedIssuers',
  },
} as const;

function notAllowed(message: string): SourceIdentity {
  return { kind: 'problem', problem: { reason: 'CredentialsNotAllowed', message } };
}

const noSource: IssuerProblem = {
  reason: 'SpecNotUnderstood',
  message:
    'spec.credentials holds no source of credentials that this version of the operator knows, or more than one, so that it does not choose. The CRD in the cluster is of another version than the operator: upgrade the older of the two, or name one source.',
};

const noProvider: IssuerProblem = {
  reason: 'IdentityNotConfigured',
  message:
    "spec.credentials.serviceAccountRef needs the cluster's OIDC provider in RAM. Name it in spec.credentials.serviceAccountRef.oidcProviderArn, or have the administrator set rrsa.oidcProviderArn in the Helm values (ALIBABA_CLOUD_OIDC_PROVIDER_ARN of the operator).",
};

const variables = {
  roleArn: 'ALIBABA_CLOUD_ROLE_ARN (or spec.credentials.rrsa.roleArn)',
  oidcProviderArn: 'ALIBABA_CLOUD_OIDC_PROVIDER_ARN (or spec.credentials.rrsa.oidcProviderArn)',
  tokenFile: 'ALIBABA_CLOUD_OIDC_TOKEN_FILE',
} as const;

function unconfigured(found: Readonly<Record<keyof typeof variables, string | undefined>>): IssuerProblem {
  const missing = Object.entries(variables).flatMap(([name, variable]) =>
    found[name as keyof typeof variables] === undefined ? [variable] : [],
  );
  return {
    reason: 'IdentityNotConfigured',
    message: `spec.credentials.rrsa needs the operator's own RAM role, but the operator's pod lacks ${missing.join(', ')}. Set rrsa.enabled in the Helm values, or have ack-pod-identity-webhook inject them; the pod must be started anew.`,
  };
}
