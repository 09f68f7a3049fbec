// What the operator's OIDC token says about itself. It is decoded only; nothing of it that proves anything leaves this file.
import { readFile } from 'node:fs/promises';
import type { TokenClaims } from '../facts.ts';

/** The claims of the token in a file, or what is wrong with it as the end of a sentence. */
export async function lookAtToken(file: string, signal: AbortSignal): Promise<TokenClaims | string> {
  try {
    return claimsOf((await readFile(file, { encoding: 'utf8', signal })).trim()) ?? 'holds no token';
  } catch (error) {
    const code =
      error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'no reason given';
    return `cannot be read (${code})`;
  }
}

/** The claims of a JSON Web Token (RFC 7519); undefined where it is none. Pure. */
export function claimsOf(token: string): TokenClaims | undefined {
  const [, payload = ''] = token.split('.');
  try {
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Readonly<Record<string, unknown>>;
    const { iss, sub, aud, exp } = claims;
    if (typeof iss !== 'string' || typeof sub !== 'string' || typeof exp !== 'number') return undefined;
    const audiences = (Array.isArray(aud) ? aud : [aud]).filter((each) => typeof each === 'string');
    return { issuer: iss, subject: sub, audiences, expiresAt: exp * 1_000 };
  } catch {
    return undefined;
  }
}
