// Which tests run on the oldest Kubernetes and cert-manager too: those of what differs between versions of theirs. What we decide
// by ourselves is the same on each. Not those that need what only newer ones have: fields of a Certificate that were behind feature
// gates, and a list that is a watch.

/** Files and folders of the integration tests. */
export const testsOnOldestVersions: readonly string[] = [
  'test/helm/apply.test.ts',
  'test/helm/install.test.ts',
  'test/helm/issuers-of-values.test.ts',
  'test/integration/certificate-signing-requests.test.ts',
  'test/integration/conformance/certificate-signing-requests.test.ts',
  'test/integration/crd-rules.test.ts',
  'test/integration/crds.test.ts',
  'test/integration/issuers/ahead-of-time.test.ts',
  'test/integration/issuers/other-versions.test.ts',
  'test/integration/issuers/trust.test.ts',
  'test/integration/issuing.test.ts',
  'test/integration/kubernetes/client.test.ts',
  'test/integration/kubernetes/events.test.ts',
  'test/integration/kubernetes/leader-election.test.ts',
  'test/integration/operations.test.ts',
  'test/integration/permissions.test.ts',
  'test/integration/waiting.test.ts',
];
