// OIDC tokens as STS checks them: form, issuer, signature by the issuer's keys, audience, time.
import { createPublicKey, verify } from 'node:crypto';
import { problem } from '../protocol/problem.ts';
import type { Problem } from '../protocol/problem.ts';
import type { OidcProvider } from './identity-store.ts';

/** The subject of a good token, or why STS refuses it. */
export type TokenCheck =
  { readonly kind: 'ok'; readonly subject: string } | { readonly kind: 'refused'; readonly problem: Problem };

// Clocks differ.
const skewSeconds = 60;

const algorithms: Readonly<Record<string, { readonly hash: string; readonly ieee: boolean }>> = {
  RS256: { hash: 'sha256', ieee: false },
  ES256: { hash: 'sha256', ieee: true },
};

/** Checks a token of that provider. */
export function checkToken(token: string, provider: OidcProvider, now: Date): TokenCheck {
  const parts = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(token);
  const [header, claims] = [parsed(parts?.[1]), parsed(parts?.[2])];
  if (header === undefined || claims === undefined) return refuse('Invalid', 'The OIDC token is invalid.');
  if (claims['iss'] !== provider.issuer) return refuse('Invalid', 'The issuer of the OIDC token does not match.');
  if (provider.isUnreadable === true)
    return refuse('HttpsUrlInvalid', 'The URL of the OIDC provider cannot be read, or its fingerprint is another.');
  if (!isSigned(token, header, provider))
    return refuse('InvalidSignature', 'The signature of the OIDC token is invalid.');

  const audiences = [claims['aud']].flat();
  if (!provider.clientIds.some((id) => audiences.includes(id)))
    return refuse('AudienceNotMatch', 'The audience of the OIDC token does not match.');

  if (!isCurrent(claims, provider, now)) return refuse('Expired', 'The OIDC token has expired.');
  return typeof claims['sub'] === 'string' && claims['sub'] !== ''
    ? { kind: 'ok', subject: claims['sub'] }
    : refuse('Invalid', 'The OIDC token has no subject.');
}

/** By its own end, and by its age where it tells that. */
function isCurrent(
  { exp, nbf = 0, iat }: Readonly<Record<string, unknown>>,
  { issuanceLimitHours = 12 }: OidcProvider,
  now: Date,
): boolean {
  const seconds = now.getTime() / 1_000;
  const oldest = seconds - issuanceLimitHours * 3_600;
  return Number(exp) > seconds && Number(nbf) <= seconds + skewSeconds && (iat === undefined || Number(iat) > oldest);
}

function isSigned(token: string, header: Readonly<Record<string, unknown>>, { keys }: OidcProvider): boolean {
  const algorithm = algorithms[String(header['alg'])];
  const jwk = keys.find(({ kid }) => kid === header['kid']);
  if (algorithm === undefined || jwk === undefined) return false;
  const end = token.lastIndexOf('.');
  return verify(
    algorithm.hash,
    Buffer.from(token.slice(0, end)),
    { key: createPublicKey({ key: jwk, format: 'jwk' }), ...(algorithm.ieee ? { dsaEncoding: 'ieee-p1363' } : {}) },
    Buffer.from(token.slice(end + 1), 'base64url'),
  );
}

function refuse(what: string, message: string): TokenCheck {
  return { kind: 'refused', problem: problem(`AuthenticationFail.OIDCToken.${what}`, message, 401) };
}

function parsed(part = ''): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}
