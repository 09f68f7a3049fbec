// Calls that are signed with temporary credentials, whatever they are at the moment of the call.
import type { PcaOutcome, Wrap } from '../call.ts';
import type { SessionRequest, Sessions } from './session-request.ts';

/**
 * Signs each call with the role's present credentials. A call that was refused because of them, so that nothing was issued,
 * is made a second time with new ones; where STS gives none, the failure is that of STS.
 */
export function withRole(role: SessionRequest, sessions: Sessions): Wrap {
  return (next) => async (call, options) => {
    const callOnce = async (): Promise<{ readonly outcome: PcaOutcome; readonly isRefused: boolean }> => {
      const credentials = await sessions.get(role, options.signal);
      if (credentials.kind === 'failed') return { outcome: credentials, isRefused: false };
      const { accessKey } = credentials;
      const outcome = await next(call, { ...options, accessKey });
      const isRefused = outcome.kind === 'failed' && isTokenRefused(outcome.failure.code);
      if (isRefused) sessions.drop(role, accessKey);
      return { outcome, isRefused };
    };
    const first = await callOnce();
    return first.isRefused ? (await callOnce()).outcome : first.outcome;
  };
}

// A temporary key is deleted together with its token, so PCA may report either of them as unknown.
function isTokenRefused(code: string): boolean {
  return code.startsWith('InvalidSecurityToken') || code.startsWith('InvalidAccessKeyId');
}
