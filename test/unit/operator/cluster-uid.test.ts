// The identity of the cluster: asked for once, and again after a failure.
import { expect, it } from 'vitest';
import type { KubernetesClient } from '../../../src/kubernetes/client.ts';
import type { KubernetesResult } from '../../../src/kubernetes/failure.ts';
import { clusterUidReader } from '../../../src/operator/cluster-uid.ts';
import { never } from '../authority/pca-double.ts';
import { read, unserved } from '../controllers/issuers/objects.ts';

const namespace = read({ metadata: { uid: 'cluster' } });
const refused = {
  message:
    "The cluster's identity could not be read: the API server says no. The operator's ClusterRole must allow get on the namespace kube-system.",
};

/** A reader at an API server that answers so, in order, and the paths that it reads. */
function reader(...answers: KubernetesResult<unknown>[]) {
  const paths: string[] = [];
  const get: KubernetesClient['get'] = async <T>(path: string) => {
    paths.push(path);
    return (answers.shift() ?? unserved('Defect')) as KubernetesResult<T>;
  };
  return { uid: clusterUidReader({ get }), paths };
}

it('is the UID of kube-system, read once for all', async () => {
  const { uid, paths } = reader(namespace);
  expect([await Promise.all([uid(never), uid(never)]), await uid(never), paths]).toEqual([
    [{ uid: 'cluster' }, { uid: 'cluster' }],
    { uid: 'cluster' },
    ['/api/v1/namespaces/kube-system'],
  ]);
});

it('says what is missing when it cannot be read, and is asked for again', async () => {
  const { uid, paths } = reader(unserved('Forbidden'), namespace);
  expect([await Promise.all([uid(never), uid(never)]), await uid(never), paths.length]).toEqual([
    [refused, refused],
    { uid: 'cluster' },
    2,
  ]);
});
