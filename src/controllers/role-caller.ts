// Calls to PCA with the temporary credentials of a role, whatever they are at the moment of the call.
import type { AccessKey } from '../alibaba/credentials/access-key.ts';
import type { PcaOutcome } from '../alibaba/pca-client.ts';
import type { RoleSessions } from '../alibaba/credentials/role-sessions.ts';
import type { RoleRequest } from '../alibaba/credentials/sts.ts';
import type { PcaCaller } from './pca-caller.ts';

/** A caller whose credentials are renewed by themselves. A call without credentials fails with the failure of STS. */
export class RoleCaller implements PcaCaller {
  readonly #role: RoleRequest;
  readonly #sessions: Pick<RoleSessions, 'get' | 'drop'>;
  readonly #connect: (accessKey: AccessKey) => PcaCaller;
  #client: { readonly accessKeyId: string; readonly caller: PcaCaller } | undefined;

  constructor(
    role: RoleRequest,
    sessions: Pick<RoleSessions, 'get' | 'drop'>,
    connect: (accessKey: AccessKey) => PcaCaller,
  ) {
    this.#role = role;
    this.#sessions = sessions;
    this.#connect = connect;
  }

  /** Makes one call; a second one with new credentials where PCA refused the old ones, which issues nothing. */
  async call(...[call, options]: Parameters<PcaCaller['call']>): Promise<PcaOutcome> {
    const first = await this.#attempt(call, options);
    if (!first.renewable) return first.outcome;
    return (await this.#attempt(call, options)).outcome;
  }

  async #attempt(
    ...[call, options]: Parameters<PcaCaller['call']>
  ): Promise<{ readonly outcome: PcaOutcome; readonly renewable: boolean }> {
    const credentials = await this.#sessions.get(this.#role, options.signal);
    if (credentials.kind === 'failed') return { outcome: credentials, renewable: false };
    const { accessKey } = credentials;
    const outcome = await this.#clientFor(accessKey).call(call, options);
    const renewable = outcome.kind === 'failed' && isTokenRefused(outcome.failure.code);
    if (renewable) this.#sessions.drop(this.#role, accessKey);
    return { outcome, renewable };
  }

  #clientFor(accessKey: AccessKey): PcaCaller {
    if (this.#client?.accessKeyId !== accessKey.accessKeyId) {
      this.#client = { accessKeyId: accessKey.accessKeyId, caller: this.#connect(accessKey) };
    }
    return this.#client.caller;
  }
}

// Temporary keys are deleted with their token, so that either may be what PCA does not know any more.
function isTokenRefused(code: string): boolean {
  return code.startsWith('InvalidSecurityToken') || code.startsWith('InvalidAccessKeyId');
}
