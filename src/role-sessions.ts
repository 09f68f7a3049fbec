// The sessions of RAM roles with the process's clocks, files and log; the cloud layer itself knows none of them.
import { open } from 'node:fs/promises';
import { RoleSessions, type RoleRenewal, type RoleSessionsOptions } from './alibaba/role-sessions.ts';
import type { CredentialDependencies } from './controllers/issuer-credentials.ts';
import type { Logger } from './runtime/logger.ts';
import type { Options } from './runtime/options.ts';
import type { PodIdentity } from './runtime/pod-identity.ts';

const largestToken = 32 * 1_024;

/** What issuers need for roles. Each renewal is logged, takes twice the timeout of a call at most, and ends with `signal`. */
export function roleDependencies(
  options: Options,
  podIdentity: PodIdentity,
  rest: Pick<RoleSessionsOptions, 'connect' | 'signal'> & { readonly logger: Logger },
): Pick<CredentialDependencies, 'roles' | 'podIdentity' | 'issuersMayUsePodIdentity'> {
  const { connect, signal, logger } = rest;
  const roles = new RoleSessions({
    connect,
    signal,
    timeoutMilliseconds: options['pca-timeout'],
    readToken,
    wallClock: Date.now,
    now: () => performance.now(),
    random: Math.random,
    onRenewal: (renewal) => log(renewal, logger),
  });
  return { roles, podIdentity, issuersMayUsePodIdentity: options['issuer-ambient-credentials'] };
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
