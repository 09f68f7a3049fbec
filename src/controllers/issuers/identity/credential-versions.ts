// Whether what an issuer's credentials come from is still what the last check found: the same version of its Secret, or the same
// ServiceAccount. The operator's own identity has nothing of the kind.
import { credentialSourceOf } from '../../../crds/credential-source.ts';
import type { Issuer } from '../../../crds/issuer.ts';
import type { KubernetesFailure } from '../../../kubernetes/failure.ts';
import type { IssuerSecrets } from '../secret.ts';
import type { ServiceAccounts } from './service-accounts.ts';

type Present =
  | { readonly kind: 'none' }
  | { readonly kind: 'ok'; readonly version: string }
  | { readonly kind: 'failed'; readonly failure: KubernetesFailure };

/** Compares versions: resourceVersion of a Secret, UID of a ServiceAccount, which is all of it that matters. */
export class CredentialVersions {
  readonly #secrets: Pick<IssuerSecrets, 'get'>;
  readonly #serviceAccounts: Pick<ServiceAccounts, 'get'>;

  constructor(secrets: Pick<IssuerSecrets, 'get'>, serviceAccounts: Pick<ServiceAccounts, 'get'>) {
    this.#secrets = secrets;
    this.#serviceAccounts = serviceAccounts;
  }

  /** Whether it is still that of `version`; what cannot be read has changed. */
  async isSame(issuer: Issuer, version: string, signal: AbortSignal): Promise<boolean> {
    const present = await this.#present(issuer, signal);
    return present.kind === 'none' || (present.kind === 'ok' && present.version === version);
  }

  /** Whether it is another than that of `version`, or gone; not known of what cannot be read. */
  async isReplaced(issuer: Issuer, version: string, signal: AbortSignal): Promise<boolean> {
    const present = await this.#present(issuer, signal);
    if (present.kind === 'failed') return present.failure.class === 'NotFound';
    return present.kind === 'ok' && present.version !== version;
  }

  async #present(issuer: Issuer, signal: AbortSignal): Promise<Present> {
    const source = credentialSourceOf(issuer.spec.credentials);
    if (source?.kind === 'secret') {
      const result = await this.#secrets.get(issuer, source.ref.name, signal);
      return result.kind === 'ok' ? { kind: 'ok', version: result.body.metadata.resourceVersion } : result;
    }
    if (source?.kind === 'serviceAccount') {
      const result = await this.#serviceAccounts.get(issuer, source.ref.name, signal);
      return result.kind === 'ok' ? { kind: 'ok', version: result.body.metadata.uid } : result;
    }
    return { kind: 'none' };
  }
}
