// Findings about what must be in the cluster before any issuer can work.
import { describe, expect, it } from 'vitest';
import type { Facts, LeaseFacts } from '../../../src/doctor-command/facts.ts';
import type { Finding } from '../../../src/doctor-command/finding.ts';
import { judge, leftOut } from '../../../src/doctor-command/judging/judge.ts';
import { approvalRight } from '../../../src/doctor-command/rights.ts';
import { mapSeen, seen } from '../../../src/cluster-reading/seen.ts';
import { issuerKinds } from '../../../src/crds/issuer.ts';
import { granted, healthy, issuerFacts, issuers, now, operator, troubles } from './healthy.ts';

const own = 'Deployment pca-system/alibaba-pca-issuer';
const account = 'ServiceAccount pca-system/alibaba-pca-issuer';
const lease = (changes: Partial<LeaseFacts>): Facts['lease'] => {
  const { lease: usual } = healthy();
  return usual && mapSeen(usual, (value) => ({ ...value, ...changes }));
};
const hidden = (right: string): { readonly kind: 'hidden'; readonly right: string } => ({ kind: 'hidden', right });
const ask = 'Ask for that right, or have somebody run this who has it.';
const [ofNamespace, ofCluster] = issuerKinds;
const refused = [granted(approvalRight(ofNamespace), false), granted(approvalRight(ofCluster), false)];
const allowed = [granted(approvalRight(ofNamespace)), granted(approvalRight(ofCluster))];
const { approval } = healthy();

const rows: readonly (readonly [name: string, changes: Partial<Facts>, finding: Finding])[] = [
  [
    'a kind of ours that is not served',
    {
      kinds: [
        {
          resource: 'alibabapcaissuers',
          apiVersion: 'pca.alibabacloud.com/v1alpha1',
          served: seen(false),
          differences: { kind: 'absent' },
        },
      ],
    },
    {
      check: 'crds',
      level: 'error',
      about: 'alibabapcaissuers (pca.alibabacloud.com/v1alpha1)',
      found: 'The API server does not serve this kind.',
      todo: "Install the operator's CRDs (docs/install.md).",
    },
  ],
  [
    "a kind of cert-manager's that is not served",
    {
      kinds: [
        {
          resource: 'certificaterequests',
          apiVersion: 'cert-manager.io/v1',
          served: seen(false),
          differences: undefined,
        },
      ],
    },
    {
      check: 'crds',
      level: 'error',
      about: 'certificaterequests (cert-manager.io/v1)',
      found: 'The API server does not serve this kind.',
      todo: 'Install cert-manager with its CRDs.',
    },
  ],
  [
    'a CRD that is older',
    {
      kinds: [
        {
          resource: 'alibabapcaissuers',
          apiVersion: 'pca.alibabacloud.com/v1alpha1',
          served: seen(true),
          differences: seen({ missing: ['spec.trust'], further: ['spec.old'] }),
        },
      ],
    },
    {
      check: 'crd-version',
      level: 'error',
      about: 'CRD alibabapcaissuers.pca.alibabacloud.com',
      found: 'It is older than version 0.1.0 and lacks spec.trust: the API server drops these fields.',
      todo: 'Apply the CRDs of version 0.1.0: helm upgrade, or deploy/crds.',
    },
  ],
  [
    'a CRD that is newer',
    {
      kinds: [
        {
          resource: 'alibabapcaissuers',
          apiVersion: 'pca.alibabacloud.com/v1alpha1',
          served: seen(true),
          differences: seen({ missing: [], further: ['spec.new'] }),
        },
      ],
    },
    {
      check: 'crd-version',
      level: 'warning',
      about: 'CRD alibabapcaissuers.pca.alibabacloud.com',
      found: 'It is newer than version 0.1.0, which does not know spec.new.',
      todo: 'Upgrade the operator, and run the doctor of that version.',
    },
  ],
  [
    'no operator',
    { operators: seen([]) },
    {
      check: 'operator',
      level: 'error',
      about: 'Deployment',
      found: 'No Deployment has the label app.kubernetes.io/name=alibaba-pca-issuer.',
      todo: 'Install the operator (docs/install.md), or name it with --deployment.',
    },
  ],
  [
    'a named Deployment that is not there',
    { operators: { kind: 'absent' } },
    {
      check: 'operator',
      level: 'error',
      about: 'Deployment',
      found: 'There is no such Deployment.',
      todo: 'Correct --deployment.',
    },
  ],
  [
    'Deployments that may not be read',
    { operators: hidden('list deployments (apps)') },
    {
      check: 'operator',
      level: 'unknown',
      about: 'Deployment',
      found: 'It may not be read: the right to list deployments (apps) is missing.',
      todo: ask,
    },
  ],
  [
    'a second operator',
    {
      operators: seen([operator(), operator({ deployment: { namespace: 'other', name: 'pca' }, namespace: 'other' })]),
    },
    {
      check: 'operator',
      level: 'error',
      about: 'Deployment other/pca',
      found: `A second operator is installed beside ${own}: both sign, and write the same statuses.`,
      todo: 'Uninstall one of them: one release per cluster.',
    },
  ],
  [
    'flags that cannot be read',
    { operators: seen([operator({ options: '--log-level is "loud".' })]) },
    {
      check: 'operator',
      level: 'error',
      about: own,
      found: 'It does not start: --log-level is "loud".',
      todo: 'Correct the flag or the variable.',
    },
  ],
  [
    'no replica that is available',
    { operators: seen([operator({ replicas: { wanted: 2, available: 0 }, stuckPods: ['Pod a: ImagePullBackOff'] })]) },
    {
      check: 'operator',
      level: 'error',
      about: own,
      found: '0 of 2 replicas are available. Pod a: ImagePullBackOff.',
      todo: 'See kubectl describe and kubectl logs of its pods; /readyz says what a replica waits for.',
    },
  ],
  [
    'fewer replicas than are wanted',
    { operators: seen([operator({ replicas: { wanted: 2, available: 1 } })]) },
    {
      check: 'operator',
      level: 'warning',
      about: own,
      found: '1 of 2 replicas are available.',
      todo: 'See kubectl describe and kubectl logs of its pods; /readyz says what a replica waits for.',
    },
  ],
  [
    'a Deployment that is scaled to nothing',
    { operators: seen([operator({ replicas: { wanted: 0, available: 0 } })]) },
    {
      check: 'operator',
      level: 'error',
      about: own,
      found: '0 of 0 replicas are available.',
      todo: 'Scale the Deployment up.',
    },
  ],
  [
    'an operator of another version',
    { operators: seen([operator({ version: '0.0.9' })]) },
    {
      check: 'version-skew',
      level: 'warning',
      about: own,
      found: "Its version is 0.0.9, the doctor's 0.1.0.",
      todo: "Run the doctor of the operator's own image, or upgrade the operator.",
    },
  ],
  [
    'an operator of an unknown version',
    { operators: seen([operator({ version: undefined })]) },
    {
      check: 'version-skew',
      level: 'warning',
      about: own,
      found: 'Neither its label nor its image says of which version it is.',
      todo: 'Compare its image with version 0.1.0 of the doctor.',
    },
  ],
  [
    'no ServiceAccount',
    { serviceAccount: { kind: 'absent' } },
    {
      check: 'service-account',
      level: 'error',
      about: account,
      found: 'It does not exist, so no pod of the operator starts.',
      todo: 'Create it (Helm: serviceAccount.create), or correct serviceAccount.name.',
    },
  ],
  [
    'no Lease',
    { lease: { kind: 'absent' } },
    {
      check: 'lease',
      level: 'error',
      about: `Lease of ${own}`,
      found: 'It does not exist: no replica has ever led, so nothing is issued.',
      todo: 'See the log of the operator; it needs the rights of the chart for Leases.',
    },
  ],
  [
    'a Lease that nobody holds',
    { lease: lease({ holder: '' }) },
    {
      check: 'lease',
      level: 'error',
      about: 'Lease pca-system/alibaba-pca-issuer',
      found: 'Nobody holds it since 2026-11-30T11:59:58Z, so nothing is issued.',
      todo: "See whether the operator's pods run and what their log says.",
    },
  ],
  [
    'a Lease that is not renewed',
    { lease: lease({ writtenAt: now.getTime() - 16_000, renewedAt: now.getTime() - 16_000 }) },
    {
      check: 'lease',
      level: 'error',
      about: 'Lease pca-system/alibaba-pca-issuer',
      found: 'Its holder has not renewed it since 2026-11-30T11:59:44Z, so nothing is issued.',
      todo: "See whether the operator's pods run and what their log says.",
    },
  ],
  [
    "a leader's clock that is ahead",
    { lease: lease({ renewedAt: now.getTime() + 88_000 }) },
    {
      check: 'clock',
      level: 'error',
      about: "the leader's node",
      found:
        "The clock of the leader's node is 90 seconds ahead of the API server's. Certificates begin and end that much off, and PCA refuses calls that are 15 minutes off.",
      todo: 'Set the clock of the node by NTP.',
    },
  ],
  [
    'a clock of a laptop that is behind',
    { clockOffsetSeconds: -31 },
    {
      check: 'clock',
      level: 'warning',
      about: 'this machine',
      found: "This machine's clock is 31 seconds behind the API server's.",
      todo: 'Set the clock of this machine.',
    },
  ],
  [
    'no time of the API server',
    { clockOffsetSeconds: undefined },
    {
      check: 'clock',
      level: 'unknown',
      about: 'this machine',
      found: "The API server's answers name no time.",
      todo: 'Compare the clocks by hand.',
    },
  ],
  [
    'a right that the operator lacks',
    { rights: [granted({ verb: 'get', group: '', resource: 'secrets', namespace: 'shop', name: 'key' }, false)] },
    {
      check: 'rights',
      level: 'error',
      about: account,
      found: 'It may not get secrets "key" in namespace shop.',
      todo: "Bind the chart's Roles and ClusterRole to it; for what is in a namespace Helm: secretAccess.namespaces, configMapAccess.namespaces, serviceAccountTokens.namespaces.",
    },
  ],
  [
    'rights that may not be asked for',
    {
      rights: [1, 2].map((each) => ({
        right: { verb: 'get', group: '', resource: `thing-${each}` },
        allowed: hidden('create subjectaccessreviews (authorization.k8s.io)'),
      })),
    },
    {
      check: 'rights',
      level: 'unknown',
      about: account,
      found: 'It may not be read: the right to create subjectaccessreviews (authorization.k8s.io) is missing.',
      todo: ask,
    },
  ],
  [
    'a right that cert-manager lacks',
    {
      certManagerRights: [
        granted({ verb: 'create', group: 'cert-manager.io', resource: 'certificaterequests' }, false),
      ],
    },
    {
      check: 'cert-manager-rights',
      level: 'error',
      about: 'ServiceAccount cert-manager/cert-manager',
      found: 'It may not create certificaterequests (cert-manager.io).',
      todo: "Install cert-manager's own RBAC, or name its ServiceAccount with --cert-manager.",
    },
  ],
  [
    'nobody who may approve',
    { approval: { ...approval, byCertManager: refused } },
    {
      check: 'approval',
      level: 'error',
      about: 'ServiceAccount cert-manager/cert-manager',
      found:
        'cert-manager may not approve requests for alibabapcaissuers.pca.alibabacloud.com/*, alibabapcaclusterissuers.pca.alibabacloud.com/*, and nobody else is bound to the role for it: they wait for ever.',
      todo: "Bind cert-manager's ServiceAccount to the ClusterRole cert-manager-controller-approve:pca-alibabacloud-com (Helm: approverRole.enabled, certManager.serviceAccount), or give that role to the approver that is to decide (approverRole.subjects).",
    },
  ],
  [
    'two that approve',
    { approval: { ...approval, policy: seen(true), byPolicy: allowed } },
    {
      check: 'approval',
      level: 'warning',
      about: 'ServiceAccount cert-manager/cert-manager',
      found:
        'cert-manager approves every request for alibabapcaissuers.pca.alibabacloud.com/*, alibabapcaclusterissuers.pca.alibabacloud.com/* by itself, before approver-policy has judged it.',
      todo: 'Install cert-manager without its approver (disableAutoApproval=true) and without the right to approve for these issuers (Helm: approverRole.subjects).',
    },
  ],
  [
    'approver-policy without the right',
    { approval: { ...approval, byCertManager: refused, policy: seen(true), byPolicy: refused.slice(0, 1) } },
    {
      check: 'approval',
      level: 'error',
      about: 'approver-policy',
      found:
        'approver-policy is installed and may not approve for alibabapcaissuers.pca.alibabacloud.com/*, so nobody does.',
      todo: 'Give it the right (Helm: approverRole.subjects; docs/mesh/approver-policy.md).',
    },
  ],
];

describe('the doctor', () => {
  it('has nothing to say of healthy facts', () => {
    expect(troubles({})).toEqual([]);
    expect(judge(healthy(), undefined).map(({ check }) => check)).toEqual([
      'crds',
      'crd-version',
      'operator',
      'version-skew',
      'service-account',
      'lease',
      'clock',
      'rights',
      'cert-manager-rights',
      'approval',
      'connection',
      'issuer',
      'requests',
    ]);
  });

  it.each(rows)('tells of %s', (_name, changes, finding) => {
    expect(troubles(changes)).toEqual([finding]);
  });

  it('lets others decide where cert-manager may not approve', () => {
    const others = seen(['ServiceAccount gate/keeper']);
    expect(troubles({ approval: { ...approval, byCertManager: refused, others } })).toEqual([]);
    expect(
      troubles({ approval: { ...approval, byCertManager: refused, policy: seen(true), byPolicy: allowed } }),
    ).toEqual([]);
  });

  it('tells of a clock in the pod as an error', () => {
    const [finding] = troubles({ place: 'pod', clockOffsetSeconds: 31 });
    expect(finding?.level).toBe('error');
  });

  it("has nothing to say of what the operator's pod may not look at", () => {
    const kinds = healthy().kinds.map((kind) => ({ ...kind, differences: undefined }));
    expect(troubles({ place: 'pod', kinds, mesh: undefined })).toEqual([]);
    expect(leftOut(healthy({ place: 'pod', mesh: undefined, issuers: issuers() }))).toEqual([
      'Limits on calls that the operator found (--metrics).',
      'Deployment, fields of the CRDs, and istiod: the operator may not read them (run the doctor with a kubeconfig).',
    ]);
  });

  it('looks at nothing of an operator that nobody found', () => {
    const found = troubles({
      operators: seen([]),
      serviceAccount: undefined,
      lease: undefined,
      rights: [],
      issuers: issuers(issuerFacts()),
    });
    expect(found.map(({ check }) => check)).toEqual(['operator']);
  });
});
