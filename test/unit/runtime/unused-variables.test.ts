// Misspelt variables of the executable.
import { expect, test } from 'vitest';
import { unusedVariables } from '../../../src/runtime/unused-variables.ts';

test.each<[string, readonly string[], readonly string[]]>([
  ['a setting', ['PCA_ISSUER_LOG_LEVEL', 'PCA_ISSUER_PCA_TIMEOUT'], []],
  ['a misspelt one', ['PCA_ISSUER_LOGLEVEL', 'PCA_ISSUER_'], ['PCA_ISSUER_', 'PCA_ISSUER_LOGLEVEL']],
  ["somebody else's", ['PATH', 'HTTPS_PROXY', 'PCA_OTHER', 'pca_issuer_log'], []],
  [
    'what Kubernetes sets for a Service called pca-issuer',
    [
      'PCA_ISSUER_SERVICE_HOST',
      'PCA_ISSUER_SERVICE_PORT_HTTP',
      'PCA_ISSUER_PORT',
      'PCA_ISSUER_PORT_8080_TCP_ADDR',
      'PCA_ISSUER_METRICS_SERVICE_HOST',
    ],
    [],
  ],
])('of %s in the environment', (_, names, unused) => {
  expect(unusedVariables(Object.fromEntries(names.map((name) => [name, 'x'])))).toEqual(unused);
});
