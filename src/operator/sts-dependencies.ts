// RAM roles and the accounts of access keys with the process's clocks, files and log; the cloud layer itself knows none.
import { open } from 'node:fs/promises';
import { RoleSessions, type RoleRenewal, type RoleSessionsOptions } from '../alibaba/credentials/role-sessions.ts';
import { CallerAccounts, type CallerAccountsOptions } from '../controllers/caller-accounts.ts';
import type { CredentialDependencies } from '../controllers/issuer-credentials.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Options } from '../runtime/options.ts';
import type { PodIdentity } from '../runtime/pod-identity.ts';

const largestToken = 32 * 1_024;
// A check of an issuer asks PCA meanwhile, so that this is seldom felt.
const accountMilliseconds = 3_000;

/** What issuers need of STS. Each renewal is logged, takes twice the timeout of a call at most, and ends with `signal`. */
export function stsDependencies(
  options: Options,
  podIdentity: PodIdentity,
  rest: Pick<RoleSessionsOptions & CallerAccountsOptions, 'connect' | 'signal'> & { readonly logger: Logger },
): Pick<CredentialDependencies, 'roles' | 'accounts' | 'podIdentity' | 'issuersMayUsePodIdentity'> {
  const { connect, signal, logger } = rest;
  const process = { now: () => performance.now(), random: Math.random };
  const roles = new RoleSessions({
    connect,
    signal,
    timeoutMilliseconds: options['pca-timeout'],
    readToken,
    wallClock: Date.now,
    ...process,
    onRenewal: (renewal) => log(renewal, logger),
  });
  const accounts = new CallerAccounts({
    connect,
    ...process,
    patience: () => AbortSignal.any([signal, AbortSignal.timeout(accountMilliseconds)]),
    onFailure: ({ message }) =>
      logger.info(
        {},
        `STS did not tell to which account an access key belongs, so its limits are kept for the key alone; asked again by itself: ${message}`,
      ),
  });
  return { roles, accounts, podIdentity, issuersMayUsePodIdentity: options['issuer-ambient-credentials'] };
}

/** The token in a file, without the line end that some writers leave; rejects when it is no file or too long for one. */
async function readToken(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(largestToken), 0, largestToken, 0);
    if (bytesRead === largestToken) throw new RangeError('the file is too long for a token');
    return buffer.toString('utf8', 0, bytesRead).trim();
  } finally {
    await file.close();
  }
}

function log({ roleArn, validMilliseconds, failure }: RoleRenewal, logger: Logger): void {
  const fields = { role: roleArn, validSeconds: Math.round(validMilliseconds / 1_000) };
  if (failure === undefined) logger.debug(fields, 'The credentials of the role were renewed.');
  else logger.warn(fields, `The credentials of the role were not renewed; tried again by itself: ${failure.message}`);
}
