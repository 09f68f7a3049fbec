// The Secret that an issuer names: where it is, and what is wrong with it in words for its user.
import { describe, expect, it } from 'vitest';
import { IssuerSecrets } from '../../../../src/controllers/issuers/secret.ts';
import type { IssuerProblem } from '../../../../src/controllers/issuers/reasons.ts';
import { credentialSourceOf } from '../../../../src/crds/credential-source.ts';
import type { Issuer } from '../../../../src/crds/issuer.ts';
import type { KubernetesClient } from '../../../../src/kubernetes/client.ts';
import type { KubernetesFailureClass, KubernetesResult } from '../../../../src/kubernetes/failure.ts';
import { never } from '../../authority/pca-double.ts';
import { issuerObject, read, secretData, unserved, withSecret } from './objects.ts';

const readable = read({ metadata: { resourceVersion: '7' }, data: secretData });

/** The source of an issuer with a Secret. */
function secretOf({ spec }: Issuer) {
  const source = credentialSourceOf(spec.credentials);
  if (source?.kind !== 'secret') throw new Error('it names no Secret');
  return source;
}

/** Secrets at an API server that answers every read so, and the paths that were read. */
function secrets(answer: KubernetesResult<unknown>) {
  const paths: string[] = [];
  const get: KubernetesClient['get'] = async <T>(path: string) => {
    paths.push(path);
    return answer as KubernetesResult<T>;
  };
  return { secrets: new IssuerSecrets({ get }, 'issuers'), paths };
}

describe('the Secret of an issuer', () => {
  it.each([
    ['its own namespace', { namespace: 'shop' }, '/api/v1/namespaces/shop/secrets/access-key'],
    ['the namespace for cluster-scoped issuers', {}, '/api/v1/namespaces/issuers/secrets/access-key'],
  ])('is read in %s', async (_, metadata, path) => {
    const { secrets: reader, paths } = secrets(readable);
    const issuer = issuerObject(withSecret, metadata);
    expect(await reader.readAccessKey(issuer, secretOf(issuer), never)).toEqual({
      kind: 'ok',
      accessKey: { accessKeyId: 'LTAI', accessKeySecret: 'secret', securityToken: undefined },
      version: '7',
    });
    expect(paths).toEqual([path]);
  });
});

describe('a Secret without access key', () => {
  const role =
    'Grant its ServiceAccount a Role in namespace "shop" with apiGroups [""], resources ["secrets"], verbs ["get"] (Helm: add the namespace to secretAccess.namespaces).';
  const forbidden: IssuerProblem = {
    reason: 'SecretForbidden',
    message: `The operator may not read Secret "shop/access-key": the API server says no. ${role}`,
  };
  const unreadable: IssuerProblem = {
    reason: 'SecretUnreadable',
    message:
      'Secret "shop/access-key" could not be read: the API server says no. The issuer is checked again automatically.',
  };
  const problems: Readonly<Record<KubernetesFailureClass, IssuerProblem>> = {
    NotFound: {
      reason: 'SecretNotFound',
      message:
        'Secret "shop/access-key", named by spec.credentials.secretRef, does not exist. Create it with the access key; the issuer is checked again automatically.',
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
    const issuer = issuerObject();
    const { secrets: reader } = secrets(unserved(failureClass as KubernetesFailureClass));
    expect(await reader.readAccessKey(issuer, secretOf(issuer), never)).toEqual({ kind: 'problem', problem });
  });

  it.each([
    ['no data', undefined],
    ['other keys', { 'database-password': 'YQ==' }],
  ])('with %s names what is missing, and nothing that is there', async (_, data) => {
    const issuer = issuerObject();
    const { secrets: reader } = secrets(read({ metadata: { resourceVersion: '7' }, data }));
    expect(await reader.readAccessKey(issuer, secretOf(issuer), never)).toEqual({
      kind: 'problem',
      problem: {
        reason: 'SecretInvalid',
        message:
          'Secret "shop/access-key", named by spec.credentials.secretRef, holds no usable access key: it has no value under "accessKeyId", "accessKeySecret"; add what is missing, or name the right keys in secretRef.keys.',
      },
    });
  });
});
