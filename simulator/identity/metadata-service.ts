// The metadata service of an ECS instance, as far as it is about the instance's RAM role: IMDSv2 with a token, v1 without.
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { giveKey, partsOfRole } from './identity-store.ts';
import type { IdentityStore } from './identity-store.ts';

/** An ECS instance; nothing given: one without a role that insists on IMDSv2. */
export interface Instance {
  /** ARN of the role that is attached to it. */
  readonly roleArn?: string;
  /** Which versions it answers; default v2 alone. */
  readonly versions?: 'v1' | 'v2' | 'both';
}

/** One request that arrived, and the status of its answer. */
export interface MetadataCall {
  readonly method: string;
  readonly path: string;
  readonly hasToken: boolean;
  readonly status: number;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

const roles = '/latest/meta-data/ram/security-credentials/';
const longestSeconds = 21_600;
// Real instances are given new credentials in the last half hour of six.
const renewedShare = 0.5;

/** One instance's service; it answers what begins with `/latest/`. */
export class MetadataService {
  readonly #identity: IdentityStore;
  readonly #now: () => Date;
  readonly #sessionSeconds: () => number;
  readonly #tokens = new Map<string, number>();
  #instance: Instance = {};
  #given: { readonly roleArn: string; readonly key: ReturnType<typeof giveKey>; readonly renewAt: number } | undefined;
  #calls: MetadataCall[] = [];

  /** `sessionSeconds`: lifetime of credentials, 0 for six hours. */
  constructor(identity: IdentityStore, { now, sessionSeconds }: { now: () => Date; sessionSeconds: () => number }) {
    this.#identity = identity;
    this.#now = now;
    this.#sessionSeconds = sessionSeconds;
  }

  /** Everything that was asked since the start or the last reset. */
  get calls(): readonly MetadataCall[] {
    return this.#calls;
  }

  /** Makes the instance another one. */
  become(instance: Instance): void {
    this.#instance = instance;
    this.#given = undefined;
  }

  reset(): void {
    this.#calls = [];
  }

  handle(method: string, path: string, headers: IncomingHttpHeaders): Answer {
    const answer = this.#answer(method, path, headers);
    const hasToken = headers['x-aliyun-ecs-metadata-token'] !== undefined;
    this.#calls.push({ method, path, hasToken, status: answer.status });
    return answer;
  }

  #answer(method: string, path: string, headers: IncomingHttpHeaders): Answer {
    const { versions = 'v2' } = this.#instance;
    if (path === '/latest/api/token') return versions === 'v1' ? notFound() : this.#token(method, headers);
    if (method !== 'GET') return { status: 405, text: 'Method Not Allowed' };
    if (!this.#mayRead(headers)) return { status: 403, text: 'Forbidden' };
    return path.startsWith(roles) ? this.#role(path.slice(roles.length)) : notFound();
  }

  #token(method: string, headers: IncomingHttpHeaders): Answer {
    const seconds = Number(headers['x-aliyun-ecs-metadata-token-ttl-seconds'] ?? Number.NaN);
    if (method !== 'PUT') return { status: 405, text: 'Method Not Allowed' };
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > longestSeconds)
      return { status: 400, text: 'Bad Request' };
    const token = randomBytes(36).toString('base64');
    this.#tokens.set(token, this.#now().getTime() + seconds * 1_000);
    return { status: 200, text: token };
  }

  #mayRead(headers: IncomingHttpHeaders): boolean {
    const { versions = 'v2' } = this.#instance;
    const token = headers['x-aliyun-ecs-metadata-token'];
    if (typeof token !== 'string') return versions !== 'v2';
    return versions === 'v1' || (this.#tokens.get(token) ?? 0) > this.#now().getTime();
  }

  #role(name: string): Answer {
    const { roleArn } = this.#instance;
    const role = roleArn === undefined ? undefined : this.#identity.roles.get(roleArn);
    if (role === undefined) return notFound();
    const { roleName } = partsOfRole(role.arn);
    if (name === '') return { status: 200, text: roleName };
    if (name !== roleName) return notFound();
    const now = this.#now();
    const isKnown = this.#given !== undefined && this.#identity.temporaryKeys.has(this.#given.key.AccessKeyId);
    if (!isKnown || this.#given?.roleArn !== role.arn || now.getTime() >= this.#given.renewAt) {
      const seconds = this.#sessionSeconds() || longestSeconds;
      const key = giveKey(this.#identity, role, { sessionName: 'simulated-instance', seconds, now });
      this.#given = { roleArn: role.arn, key, renewAt: now.getTime() + seconds * 1_000 * renewedShare };
    }
    const body = { ...this.#given?.key, LastUpdated: now.toISOString().replace(/\.\d+Z$/, 'Z'), Code: 'Success' };
    return { status: 200, text: JSON.stringify(body) };
  }
}

function notFound(): Answer {
  return { status: 404, text: 'Not Found' };
}
