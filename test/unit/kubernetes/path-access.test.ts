// What is asked of the API server about a token, what opens, and for how long that holds.
import { describe, expect, it } from 'vitest';
import type { KubernetesResult } from '../../../src/kubernetes/client.ts';
import { PathAccess } from '../../../src/kubernetes/path-access.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const user = { username: 'system:serviceaccount:monitoring:prometheus', uid: '1', groups: ['a'], extra: { b: ['c'] } };
const known = { authenticated: true, user };
const down: KubernetesResult<never> = {
  kind: 'failed',
  failure: { class: 'Transient', status: 500, reason: undefined, message: 'down', retryAfterMs: undefined },
};

/** An API server with these answers, and what it was asked. */
class Reviews {
  readonly asked: (readonly [path: string, body: unknown])[] = [];
  token: object | undefined = known;
  access: object | undefined = { allowed: true };
  /** Resolves when answers may go out. */
  gate: Promise<void> = Promise.resolve();
  readonly clock = new FakeClock();
  readonly paths = new PathAccess({ client: this, clock: this.clock, signal: new AbortController().signal });

  async create<T>(path: string, body: object): Promise<KubernetesResult<T>> {
    this.asked.push([path, body]);
    await this.gate;
    const status = path.endsWith('/tokenreviews') ? this.token : this.access;
    return status === undefined ? down : { kind: 'ok', status: 201, body: { status } as T };
  }
}

it('asks whose the token is, then whether they may get the path', async () => {
  const reviews = new Reviews();
  expect(await reviews.paths.of('secret', '/metrics')).toBe('allowed');
  expect(reviews.asked).toEqual([
    [
      '/apis/authentication.k8s.io/v1/tokenreviews',
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: 'secret' } },
    ],
    [
      '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: {
          user: user.username,
          uid: '1',
          groups: ['a'],
          extra: { b: ['c'] },
          nonResourceAttributes: { path: '/metrics', verb: 'get' },
        },
      },
    ],
  ]);
});

describe('opens nothing', () => {
  it.each<[string, object | undefined, object | undefined, string]>([
    [
      'for a token that nobody has',
      { authenticated: false, error: 'invalid bearer token' },
      undefined,
      'unauthenticated',
    ],
    ['for an answer without a verdict', {}, { allowed: true }, 'unauthenticated'],
    ['for a user without a name', { authenticated: true, user: {} }, { allowed: true }, 'unauthenticated'],
    ['for a user without the right', known, { allowed: false }, 'forbidden'],
    ['for a review that could not be made whole', known, { evaluationError: 'webhook' }, 'forbidden'],
    ['when nobody says whose the token is', undefined, { allowed: true }, 'unknown'],
    ['when nobody says what they may', known, undefined, 'unknown'],
  ])('%s', async (_, token, access, expected) => {
    const reviews = new Reviews();
    Object.assign(reviews, { token, access });
    expect(await reviews.paths.of('t', '/metrics')).toBe(expected);
  });

  it('when asking is a defect', async () => {
    const reviews = new Reviews();
    reviews.gate = Promise.reject(new Error('defect'));
    expect(await reviews.paths.of('t', '/metrics')).toBe('unknown');
  });
});

describe('an answer', () => {
  it.each<[string, object | undefined, object | undefined, number]>([
    ['that allows', known, { allowed: true }, 60_000],
    ['that refuses', known, { allowed: false }, 5_000],
    ['that knows no such token', { authenticated: false }, undefined, 5_000],
  ])('%s holds for a while, and no longer', async (_, token, access, holdsMs) => {
    const reviews = new Reviews();
    Object.assign(reviews, { token, access });
    await reviews.paths.of('t', '/metrics');
    const once = reviews.asked.length;
    reviews.clock.advance(holdsMs - 1);
    await reviews.paths.of('t', '/metrics');
    expect(reviews.asked.length).toBe(once);
    reviews.clock.advance(1);
    await reviews.paths.of('t', '/metrics');
    expect(reviews.asked.length).toBe(2 * once);
  });

  it('is none where nobody answered: the next one asks again', async () => {
    const reviews = new Reviews();
    reviews.token = undefined;
    expect(await reviews.paths.of('t', '/metrics')).toBe('unknown');
    reviews.token = known;
    expect(await reviews.paths.of('t', '/metrics')).toBe('allowed');
  });

  it('is for one token and one path', async () => {
    const reviews = new Reviews();
    await reviews.paths.of('t', '/metrics');
    await reviews.paths.of('u', '/metrics');
    await reviews.paths.of('t', '/other');
    expect(reviews.asked.length).toBe(6);
  });

  it('serves all who ask meanwhile, and strangers do not get more than a few questions at a time', async () => {
    const reviews = new Reviews();
    const gate = Promise.withResolvers<void>();
    reviews.gate = gate.promise;
    const same = ['a', 'a', 'a'].map(async (token) => reviews.paths.of(token, '/metrics'));
    const others = ['b', 'c', 'd', 'e', 'f'].map(async (token) => reviews.paths.of(token, '/metrics'));
    const again = reviews.paths.of('a', '/metrics');
    gate.resolve();
    expect([await Promise.all(same), await Promise.all(others), await again]).toEqual([
      ['allowed', 'allowed', 'allowed'],
      ['allowed', 'allowed', 'allowed', 'unknown', 'unknown'],
      'allowed',
    ]);
    expect(reviews.asked.length).toBe(8);
    expect(await reviews.paths.of('f', '/metrics')).toBe('allowed');
  });
});
