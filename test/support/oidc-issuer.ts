// An OIDC provider of a test's own: a key pair, tokens signed with it, and what RAM knows of it.
import { generateKeyPairSync, sign } from 'node:crypto';
import type { OidcProvider } from '../../simulator/simulator.ts';

/** Account of the roles and providers in tests. */
export const testAccount = '1234567890123456';
/** What a ServiceAccount token for STS has as audience. */
export const stsAudience = 'sts.aliyuncs.com';

/** A provider with a key of its own. */
export class OidcIssuer {
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  readonly provider: OidcProvider = {
    arn: `acs:ram::${testAccount}:oidc-provider/ack-rrsa-test`,
    issuer: 'https://oidc.example',
    clientIds: [stsAudience],
    keys: [{ ...this.#keys.publicKey.export({ format: 'jwk' }), kid: 'key-1' }],
  };

  /** A token for a subject that is good for an hour from `now`; `changes` replace claims. */
  token(subject: string, changes: Readonly<Record<string, unknown>> = {}, now = new Date()): string {
    const seconds = Math.floor(now.getTime() / 1_000);
    const claims = { iss: this.provider.issuer, aud: [stsAudience], sub: subject, exp: seconds + 3_600, ...changes };
    const text = [{ alg: 'ES256', kid: 'key-1' }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const key = { key: this.#keys.privateKey, dsaEncoding: 'ieee-p1363' } as const;
    return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
  }
}
