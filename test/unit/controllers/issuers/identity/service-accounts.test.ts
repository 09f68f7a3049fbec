// The ServiceAccount that an issuer names: where it is, what is wrong with it in words for its user, and tokens of it.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requestToken, ServiceAccounts } from '../../../../../src/controllers/issuers/identity/service-accounts.ts';
import type { IssuerProblem } from '../../../../../src/controllers/issuers/reasons.ts';
import { credentialSourceOf } from '../../../../../src/crds/credential-source.ts';
import type { Issuer } from '../../../../../src/crds/issuer.ts';
import type { KubernetesClient } from '../../../../../src/kubernetes/client.ts';
import type { KubernetesFailureClass, KubernetesResult } from '../../../../../src/kubernetes/failure.ts';
import { never } from '../../../authority/pca-double.ts';
import { issuerObject, read, unserved } from '../objects.ts';

const withAccount = { credentials: { serviceAccountRef: { name: 'pca', roleArn: 'acs:ram::9:role/a' } } };

function accountOf({ spec }: Issuer) {
  const source = credentialSourceOf(spec.credentials);
  if (source?.kind !== 'serviceAccount') throw new Error('it names no ServiceAccount');
  return source;
}

async function readAccount(answer: KubernetesResult<unknown>, metadata?: Partial<Issuer['metadata']>) {
  const paths: string[] = [];
  const get: KubernetesClient['get'] = async <T>(path: string) => {
    paths.push(path);
    return answer as KubernetesResult<T>;
  };
  const issuer = issuerObject(withAccount, metadata);
  return { paths, reading: await new ServiceAccounts({ get }, 'issuers').read(issuer, accountOf(issuer), never) };
}

describe('the ServiceAccount', () => {
  it.each([
    ["of an AlibabaPCAIssuer is in the issuer's namespace", { namespace: 'shop' }, 'shop'],
    ['of an AlibabaPCAClusterIssuer is in that of the operator', {}, 'issuers'],
  ])('%s', async (_, metadata, namespace) => {
    expect(await readAccount(read({ metadata: { uid: 'uid-1' } }), metadata)).toEqual({
      paths: [`/api/v1/namespaces/${namespace}/serviceaccounts/pca`],
      reading: { kind: 'ok', namespace, uid: 'uid-1' },
    });
  });

  const forbidden: IssuerProblem = {
    reason: 'ServiceAccountForbidden',
    message:
      'The operator may not read ServiceAccount "shop/pca": the API server says no. Grant its ServiceAccount a Role in namespace "shop" with apiGroups [""], resources ["serviceaccounts"], verbs ["get"], and resources ["serviceaccounts/token"], verbs ["create"] (Helm: add the namespace to serviceAccountTokens.namespaces).',
  };
  const unreadable: IssuerProblem = {
    reason: 'ServiceAccountUnreadable',
    message:
      'ServiceAccount "shop/pca" could not be read: the API server says no. The issuer is checked again automatically.',
  };
  const problems: Readonly<Record<KubernetesFailureClass, IssuerProblem>> = {
    NotFound: {
      reason: 'ServiceAccountNotFound',
      message:
        'ServiceAccount "shop/pca", named by spec.credentials.serviceAccountRef, does not exist. Create it, and name it in the trust policy of the role; the issuer is checked again automatically.',
    },
    Forbidden: forbidden,
    Unauthorized: forbidden,
    Conflict: unreadable,
    Invalid: unreadable,
    Throttled: unreadable,
    Transient: unreadable,
    Defect: unreadable,
    Cancelled: unreadable,
  };

  it.each(Object.entries(problems))('that meets %s says what to do', async (failureClass, problem) => {
    const { reading } = await readAccount(unserved(failureClass as KubernetesFailureClass));
    expect(reading).toEqual({ kind: 'problem', problem });
  });
});

const source = { kind: 'serviceAccount', namespace: 'shop', name: 'pca', uid: 'uid-1', audience: 'sts' } as const;

function tokenWith(claims: unknown): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part(claims)}.c2lnbmF0dXJl`;
}

const claims = { iss: 'https://cluster.example', 'kubernetes.io': { serviceaccount: { name: 'pca', uid: 'uid-1' } } };

/** What comes of asking an API server that answers so, and what it was asked. */
async function ask(answer: KubernetesResult<unknown>, audience = source.audience as string) {
  const asked: unknown[] = [];
  const create: KubernetesClient['create'] = async <T>(path: string, body: object) => {
    asked.push([path, body]);
    return answer as KubernetesResult<T>;
  };
  return { asked, reading: await requestToken({ create }, { ...source, audience }, never) };
}

describe('a token', () => {
  it('is asked for with its audience alone, for the shortest time, bound to nothing', async () => {
    const token = tokenWith(claims);
    expect(await ask(read({ status: { token } }))).toEqual({
      asked: [
        [
          '/api/v1/namespaces/shop/serviceaccounts/pca/token',
          {
            apiVersion: 'authentication.k8s.io/v1',
            kind: 'TokenRequest',
            spec: { audiences: ['sts'], expirationSeconds: 600 },
          },
        ],
      ],
      reading: { kind: 'ok', token },
    });
  });

  it.each<[KubernetesFailureClass, string]>([
    ['NotFound', 'ServiceAccountNotFound'],
    ['Forbidden', 'TokenRequestForbidden'],
    ['Unauthorized', 'TokenRequestForbidden'],
    ['Invalid', 'TokenRequestRefused'],
    ['Defect', 'TokenRequestRefused'],
    ['Conflict', 'TokenRequestFailed'],
    ['Throttled', 'TokenRequestFailed'],
    ['Transient', 'TokenRequestFailed'],
    ['Cancelled', 'TokenRequestFailed'],
  ])('that meets %s is none, for the reason %s', async (failureClass, fault) => {
    const { reading } = await ask(unserved(failureClass));
    expect(reading).toEqual({ kind: 'failed', fault, detail: 'the API server says no' });
  });

  it('of another ServiceAccount of that name is not used', async () => {
    const token = tokenWith({ ...claims, 'kubernetes.io': { serviceaccount: { name: 'pca', uid: 'uid-2' } } });
    expect((await ask(read({ status: { token } }))).reading).toEqual({
      kind: 'failed',
      fault: 'ServiceAccountReplaced',
      detail: 'the token is not of UID uid-1',
    });
  });

  it('that the API server would take itself is not used', async () => {
    const { reading } = await ask(read({ status: { token: tokenWith(claims) } }), claims.iss);
    expect(reading).toEqual({
      kind: 'failed',
      fault: 'TokenForAPIServer',
      detail: 'the audience "https://cluster.example" is its own issuer',
    });
  });

  it('in whatever answer is one of that ServiceAccount, or a reason that repeats nothing of it', async () => {
    const planted = 'PLANTED';
    const anyClaims = fc.oneof(
      fc.jsonValue(),
      fc.record({
        iss: fc.jsonValue(),
        'kubernetes.io': fc.oneof(fc.jsonValue(), fc.record({ serviceaccount: fc.jsonValue() })),
      }),
      fc.constant(claims),
    );
    const tokens = fc.oneof(
      fc.jsonValue(),
      fc.string().map((text) => `${planted}${text}`),
      anyClaims.map(tokenWith),
      fc.string().map((text) => `${planted}.${Buffer.from(text).toString('base64url')}.${planted}`),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          tokens.map((token) => ({ status: { token } })),
          fc.constant({}),
        ),
        async (body) => {
          const { reading } = await ask(read(body));
          if (reading.kind === 'ok') expect(reading.token).toBe(tokenWith(claims));
          else expect(JSON.stringify(reading)).not.toContain(planted);
        },
      ),
    );
  });
});
