// Reads of the cluster as looks that never throw: what may not be read is named by the right that is missing.
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { KubernetesFailure, KubernetesResult } from '../kubernetes/failure.ts';
import { listPages } from '../kubernetes/paged-list.ts';
import { describeRequest } from '../kubernetes/request-path.ts';
import type { Clock } from '../timing/clock.ts';
import { describeRight } from './right.ts';
import type { ObjectName, Right, RightFacts } from './right.ts';
import { seen } from './seen.ts';
import type { Seen } from './seen.ts';

/** What reading works with. */
export interface ReaderParts {
  readonly kubernetes: Pick<KubernetesClient, 'get' | 'create'>;
  /** Ends every read. */
  readonly signal: AbortSignal;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** Some of a list; `more` where it was cut off. */
export interface Listed<T> {
  readonly items: readonly T[];
  readonly more: boolean;
}

// Nobody waits for a doctor as long as for an operator.
const readMs = 10_000;
const pageSize = 500;

/** Reads, each with a deadline of its own. */
export class Reader {
  readonly #on: ReaderParts;

  constructor(parts: ReaderParts) {
    this.#on = parts;
  }

  /** An object, or whatever else is behind a path. */
  async get<T>(path: string): Promise<Seen<T>> {
    const { kubernetes, signal } = this.#on;
    return lookOf(await kubernetes.get<T>(path, { signal, timeoutMs: readMs, attempts: 2 }), path);
  }

  /** The objects of a collection, `most` at the most. */
  async list<T>(
    path: string,
    query: Readonly<Record<string, string>> = {},
    most = 10 * pageSize,
  ): Promise<Seen<Listed<T>>> {
    const { kubernetes: client, signal, clock } = this.#on;
    let items: unknown[] = [];
    const enough = new AbortController();
    const result = await listPages({
      client,
      path,
      query,
      pageSize,
      timeoutMs: readMs,
      signal: AbortSignal.any([signal, enough.signal]),
      clock,
      onStart: () => (items = []),
      onItem: (object) => {
        items.push(object);
        if (items.length > most) enough.abort();
      },
    });
    const listed: Listed<T> = { items: items.slice(0, most) as T[], more: items.length > most };
    if (listed.more || result.kind === 'listed') return seen(listed);
    return result.kind === 'garbage' ? { kind: 'unanswered', why: result.message } : failedLook(result.failure, path);
  }

  /** Whether somebody may do something: `user`, or whoever asks where none is named. */
  async may(right: Right, user?: ObjectName): Promise<RightFacts> {
    const { kubernetes, signal } = this.#on;
    const { name, subresource, namespace, ...rest } = right;
    const resourceAttributes = {
      ...rest,
      ...(name === undefined ? {} : { name }),
      ...(subresource === undefined ? {} : { subresource }),
      ...(namespace === undefined ? {} : { namespace }),
    };
    const kind = user === undefined ? 'SelfSubjectAccessReview' : 'SubjectAccessReview';
    const spec = user === undefined ? { resourceAttributes } : { ...subjectOf(user), resourceAttributes };
    const path = `/apis/authorization.k8s.io/v1/${kind.toLowerCase()}s`;
    const body = { apiVersion: 'authorization.k8s.io/v1', kind, spec };
    const result = await kubernetes.create<{ readonly status?: { readonly allowed?: boolean } }>(path, body, {
      signal,
      timeoutMs: readMs,
    });
    if (result.kind === 'ok') return { right, allowed: seen(result.body.status?.allowed === true) };
    const look = failedLook(result.failure, path);
    return {
      right,
      allowed: look.kind === 'hidden' ? { kind: 'hidden', right: describeRight(reviewing) } : look,
    };
  }

  /** Each of several rights, `user`'s or one's own. */
  async mayEach(rights: readonly Right[], user?: ObjectName): Promise<readonly RightFacts[]> {
    return Promise.all(rights.map(async (right) => this.may(right, user)));
  }

  /** Namespace and name of the ServiceAccount that asks; undefined where it is none. */
  async self(): Promise<ObjectName | undefined> {
    const { kubernetes, signal } = this.#on;
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const result = await kubernetes.create<{
      readonly status?: { readonly userInfo?: { readonly username?: string } };
    }>('/apis/authentication.k8s.io/v1/selfsubjectreviews', body, { signal, timeoutMs: readMs });
    const username = result.kind === 'ok' ? (result.body.status?.userInfo?.username ?? '') : '';
    const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username) ?? [];
    return namespace === undefined || name === undefined ? undefined : { namespace, name };
  }
}

const reviewing: Right = { verb: 'create', group: 'authorization.k8s.io', resource: 'subjectaccessreviews' };

/** A ServiceAccount as an authorizer sees it. */
function subjectOf({ namespace, name }: ObjectName): { readonly user: string; readonly groups: readonly string[] } {
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
  return { user: `system:serviceaccount:${namespace}:${name}`, groups };
}

function lookOf<T>(result: KubernetesResult<T>, path: string): Seen<T> {
  return result.kind === 'ok' ? seen(result.body) : failedLook(result.failure, path);
}

function failedLook(failure: KubernetesFailure, path: string): Exclude<Seen<never>, { readonly kind: 'seen' }> {
  if (failure.class === 'NotFound') return { kind: 'absent' };
  if (failure.class !== 'Forbidden') return { kind: 'unanswered', why: `${failure.message}.` };
  return { kind: 'hidden', right: rightFor(path) };
}

/** The right that reading a path takes. */
function rightFor(path: string): string {
  const { verb, resource } = describeRequest('GET', path, false);
  const [, group = ''] = /^\/apis\/([^/]+)\//.exec(path) ?? [];
  const [, namespace, , name] = /\/namespaces\/([^/]+)\/([^/]+)(?:\/([^/]+))?/.exec(path) ?? [];
  return describeRight({
    verb,
    group,
    resource,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  });
}
