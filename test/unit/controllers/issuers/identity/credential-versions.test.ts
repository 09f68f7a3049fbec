// Whether what an issuer's credentials come from is still the same: a Secret by its version, a ServiceAccount by its UID.
import { describe, expect, it } from 'vitest';
import type { KubernetesResult } from '../../../../../src/kubernetes/failure.ts';
import { never } from '../../../authority/pca-double.ts';
import { versionsAt } from '../check-stage.ts';
import { issuerObject, read, unserved, withSecret } from '../objects.ts';

const roleArn = 'acs:ram::9:role/a';
const withAccount = { credentials: { serviceAccountRef: { name: 'pca', roleArn } } };

/** The comparison at an API server that answers every read so, and the paths that were read. */
function versions(answer: KubernetesResult<unknown>) {
  const paths: string[] = [];
  const compared = versionsAt(async <T>(path: string) => {
    paths.push(path);
    return answer as KubernetesResult<T>;
  });
  return { compared, paths };
}

describe.each<[string, object, string, object]>([
  ['a Secret', withSecret, 'secrets/access-key', { resourceVersion: '7', uid: 'x' }],
  [
    'the Secret of a role',
    { credentials: { assumeRole: { secretRef: { name: 'access-key' }, roleArn } } },
    'secrets/access-key',
    { resourceVersion: '7', uid: 'x' },
  ],
  [
    'the Secret below a role',
    { credentials: { secretRef: { name: 'access-key' }, assumeRole: { roleArn } } },
    'secrets/access-key',
    { resourceVersion: '7', uid: 'x' },
  ],
  ['a ServiceAccount', withAccount, 'serviceaccounts/pca', { uid: '7', resourceVersion: 'x' }],
])('%s', (_, spec, path, metadata) => {
  const another = read({ metadata: { ...metadata, uid: '8', resourceVersion: '8' } });

  it.each<[string, KubernetesResult<unknown>, boolean, boolean]>([
    ['of that version is the same', read({ metadata }), true, false],
    ['of another version is replaced', another, false, true],
    ['that is gone is replaced', unserved('NotFound'), false, true],
    ['that cannot be read is not known to be replaced', unserved('Transient'), false, false],
  ])('%s', async (_name, answer, same, replaced) => {
    const { compared, paths } = versions(answer);
    const issuer = issuerObject(spec);
    expect([await compared.isSame(issuer, '7', never), await compared.isReplaced(issuer, '7', never), paths]).toEqual([
      same,
      replaced,
      [`/api/v1/namespaces/shop/${path}`, `/api/v1/namespaces/shop/${path}`],
    ]);
  });
});

it.each([
  ['rrsa', { rrsa: {} }],
  ['ecsRole', { ecsRole: {} }],
  ['rrsa with a role on top', { rrsa: {}, assumeRole: { roleArn } }],
])("the operator's own identity (%s) is always the same, and nothing is read", async (_, credentials) => {
  const { compared, paths } = versions(unserved('NotFound'));
  const issuer = issuerObject({ credentials });
  expect([await compared.isSame(issuer, '', never), await compared.isReplaced(issuer, '', never), paths]).toEqual([
    true,
    false,
    [],
  ]);
});
