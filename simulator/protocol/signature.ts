// ACS3-HMAC-SHA256 as Alibaba Cloud's RPC gateway verifies it, with the refusals for each way to get it wrong.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { SessionPolicy } from '../identity/session-policy.ts';
import { problem } from './problem.ts';
import type { Problem } from './problem.ts';

/** A key pair that the simulator accepts; with a token it stands for temporary (STS) credentials. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string;
  /** When the token ends, RFC 3339; default never. */
  readonly expiresAt?: string;
  /** The account that the key belongs to, 16 digits; default one of its own, the same at each start. */
  readonly accountId?: string;
  /** The role and the session's name, for a temporary key that STS issued. */
  readonly session?: {
    readonly roleName: string;
    readonly sessionName: string;
    /** Which actions it may call at most; undefined: all that the role may. */
    readonly policy?: SessionPolicy;
  };
}

/** The parts of a request that are signed. */
export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** The memory and facts that verification needs. */
export interface SignatureContext {
  readonly accessKey: (accessKeyId: string) => AccessKey | undefined;
  readonly now: () => Date;
  /** Nonces of the last half hour and when they were used, oldest first. */
  readonly nonces: Map<string, number>;
}

/** The signer, or why the request is refused. */
export type Verification =
  | { readonly kind: 'verified'; readonly accessKey: AccessKey }
  | { readonly kind: 'refused'; readonly problem: Problem };

const algorithm = 'ACS3-HMAC-SHA256';
const tolerance = 15 * 60_000;
const alwaysSigned = [
  'host',
  'x-acs-action',
  'x-acs-version',
  'x-acs-date',
  'x-acs-signature-nonce',
  'x-acs-content-sha256',
];

/** Verifies credentials, date, nonce and signature. */
export function verifySignature(request: SignedRequest, context: SignatureContext): Verification {
  const parts = /^ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})$/.exec(
    request.headers.authorization ?? '',
  );
  const [, accessKeyId, signedHeaders, signature] = parts ?? [];
  if (accessKeyId === undefined || signedHeaders === undefined || signature === undefined)
    return refuse('IncompleteSignature', `The request must carry an ${algorithm} Authorization header.`);

  const accessKey = context.accessKey(accessKeyId);
  if (accessKey === undefined) return refuse('InvalidAccessKeyId.NotFound', 'Specified access key is not found.', 404);
  const objection =
    dateProblem(request, context) ??
    tokenProblem(request, accessKey, context) ??
    signatureProblem(request, accessKey, signedHeaders, signature) ??
    nonceProblem(request, context);
  return objection === undefined ? { kind: 'verified', accessKey } : { kind: 'refused', problem: objection };
}

function refuse(code: string, message: string, status = 400): Verification {
  return { kind: 'refused', problem: problem(code, message, status) };
}

function dateProblem({ headers }: SignedRequest, { now }: SignatureContext): Problem | undefined {
  const date = header(headers, 'x-acs-date');
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(date) || Number.isNaN(Date.parse(date)))
    return problem('InvalidTimeStamp.Format', 'Specified time stamp or date value is not well formatted.');

  return Math.abs(now().getTime() - Date.parse(date)) > tolerance
    ? problem('InvalidTimeStamp.Expired', 'Specified time stamp or date value is expired.')
    : undefined;
}

function tokenProblem({ headers }: SignedRequest, key: AccessKey, { now }: SignatureContext): Problem | undefined {
  const token = header(headers, 'x-acs-security-token');
  if (token === (key.securityToken ?? '')) {
    return key.expiresAt !== undefined && now() >= new Date(key.expiresAt)
      ? problem('InvalidSecurityToken.Expired', 'Specified SecurityToken is expired.')
      : undefined;
  }
  return token === ''
    ? problem('InvalidSecurityToken.Malformed', 'Specified SecurityToken is malformed.')
    : problem('InvalidSecurityToken.MismatchWithAccessKey', 'Specified SecurityToken mismatch with the AccessKey.');
}

function nonceProblem({ headers }: SignedRequest, { nonces, now }: SignatureContext): Problem | undefined {
  const nonce = header(headers, 'x-acs-signature-nonce');
  const time = now().getTime();
  if (nonces.has(nonce)) return problem('SignatureNonceUsed', 'Specified signature nonce was used already.');
  nonces.set(nonce, time);
  for (const [oldest, usedAt] of nonces) {
    if (usedAt > time - 2 * tolerance) break;
    nonces.delete(oldest);
  }
  return undefined;
}

function signatureProblem(
  request: SignedRequest,
  accessKey: AccessKey,
  signedHeaders: string,
  signature: string,
): Problem | undefined {
  const names = signedHeaders.split(';');
  const required = accessKey.securityToken === undefined ? alwaysSigned : [...alwaysSigned, 'x-acs-security-token'];
  const bodyHash = createHash('sha256').update(request.body).digest('hex');
  const sorted = names.every((name, index) => index === 0 || (names[index - 1] ?? '') < name);
  if (
    !sorted ||
    required.some((name) => !names.includes(name)) ||
    header(request.headers, 'x-acs-content-sha256') !== bodyHash
  )
    return mismatch();

  const canonical = canonicalRequest(request, names, bodyHash);
  const expected = signText(canonical, accessKey.accessKeySecret);
  return timingSafeEqual(Buffer.from(expected), Buffer.from(signature)) ? undefined : mismatch();
}

function mismatch(): Problem {
  return problem('SignatureDoesNotMatch', 'Specified signature is not matched with our calculation.');
}

/** The canonical request: method, path, query, headers, header names and body hash, joined by line feeds. */
export function canonicalRequest(
  request: Omit<SignedRequest, 'body'>,
  names: readonly string[],
  bodyHash: string,
): string {
  const query = [...request.query]
    .sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
    .map(([name, value]) => `${name}=${percentEncode(value)}`)
    .join('&');
  const headers = names.map((name) => `${name}:${header(request.headers, name).trim()}\n`).join('');
  return [request.method, request.path, query, headers, names.join(';'), bodyHash].join('\n');
}

/** The signature of a canonical request, hex. */
export function signText(canonical: string, secret: string): string {
  const digest = createHash('sha256').update(canonical).digest('hex');
  return createHmac('sha256', secret).update(`${algorithm}\n${digest}`).digest('hex');
}

function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

function header(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value : (value?.join(',') ?? '');
}
