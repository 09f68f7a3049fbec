// The cluster that the global set-up started, for the tests of one file; what they created goes when the file is done.
import { afterAll, inject } from 'vitest';

import { Cluster } from './cluster.ts';
import type { ClusterAccess } from './cluster.ts';

declare module 'vitest' {
  // Values that test/support/global-setup.ts hands to every test file of the project `integration`.
  interface ProvidedContext {
    readonly controlPlane: ClusterAccess;
  }
}

/** The run's shared cluster. Call it once in a file, outside of tests: it registers the cleaning up. */
export function testCluster(): Cluster {
  const cluster = new Cluster(inject('controlPlane'));
  afterAll(async () => {
    await cluster.cleanUp();
    cluster.close();
  });
  return cluster;
}
