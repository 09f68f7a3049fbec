// Facts of a set-up in which all is well; tests change what they are about.
import { readIssuer } from '../../../src/crds/issuer-reading.ts';
import { issuerKinds } from '../../../src/crds/issuer.ts';
import type { IssuerAsRead } from '../../../src/crds/issuer.ts';
import type { RightFacts } from '../../../src/cluster-reading/right.ts';
import type { Facts, IssuerFacts, IstiodFacts, OperatorFacts } from '../../../src/doctor-command/facts.ts';
import type { Finding } from '../../../src/doctor-command/finding.ts';
import { judge } from '../../../src/doctor-command/judging/judge.ts';
import { approvalRight } from '../../../src/doctor-command/rights.ts';
import type { Right } from '../../../src/cluster-reading/right.ts';
import { seen } from '../../../src/cluster-reading/seen.ts';
import { parseOptions } from '../../../src/runtime/options.ts';
import type { Options } from '../../../src/runtime/options.ts';
import { podIdentity } from '../../../src/runtime/pod-identity.ts';

/** The moment of the looks. */
export const now = new Date('2026-11-30T12:00:00Z');

const [ofNamespace, ofCluster] = issuerKinds;

/** Settings that these flags give. */
export function options(...args: readonly string[]): Options {
  const parsed = parseOptions(args, {});
  if (parsed.kind !== 'run') throw new Error(JSON.stringify(parsed));
  return parsed.options;
}

/** A right that is granted, or not. */
export function granted(right: Right, allowed = true): RightFacts {
  return { right, allowed: seen(allowed) };
}

const conditions = [
  {
    type: 'Ready',
    status: 'True',
    reason: 'Checked',
    message: 'CA "ca" answers and can issue.',
    lastTransitionTime: '2026-11-30T10:00:00Z',
    observedGeneration: 1,
  },
] as const;

/** The issuer shop/pca with changes to spec and status. */
export function issuer({
  spec = {},
  status = {},
}: { readonly spec?: object; readonly status?: object } = {}): IssuerAsRead {
  return readIssuer({
    metadata: {
      name: 'pca',
      namespace: 'shop',
      uid: 'uid-of-pca',
      resourceVersion: '1',
      creationTimestamp: '2026-11-30T09:00:00Z',
      generation: 1,
    },
    spec: { parentIdentifier: 'ca', credentials: { secretRef: { name: 'key' } }, ...spec },
    status: {
      observedGeneration: 1,
      operator: 'pca-system/alibaba-pca-issuer',
      conditions,
      ca: { subject: 'CN=Sub', keyAlgorithm: 'ECC', issuerType: 'local', notAfter: '2036-01-01T00:00:00Z' },
      ...status,
    },
  });
}

/** The same with what is known of it. */
export function issuerFacts(changes: Parameters<typeof issuer>[0] = {}, more: Partial<IssuerFacts> = {}): IssuerFacts {
  return {
    identity: { kind: ofNamespace, namespace: 'shop', name: 'pca' },
    issuer: issuer(changes),
    cloud: undefined,
    published: undefined,
    roots: ['AA:AA'],
    ...more,
  };
}

/** The operator, with changes. */
export function operator(changes: Partial<OperatorFacts> = {}): OperatorFacts {
  return {
    deployment: { namespace: 'pca-system', name: 'alibaba-pca-issuer' },
    namespace: 'pca-system',
    serviceAccount: 'alibaba-pca-issuer',
    options: options(),
    identity: podIdentity({}),
    tokens: [],
    version: '0.1.0',
    replicas: { wanted: 2, available: 2 },
    stuckPods: [],
    ...changes,
  };
}

/** istiod in form A of docs/mesh/istio.md, with changes. */
export function istiod(changes: Partial<IstiodFacts> = {}): IstiodFacts {
  const signerName = 'alibabapcaissuers.pca.alibabacloud.com/shop.pca';
  const signer = { signerName, issuer: { kind: ofNamespace, namespace: 'shop', name: 'pca' } };
  return {
    deployment: { namespace: 'istio-system', name: 'istiod' },
    serviceAccount: 'istiod',
    workloads: signer,
    own: signer,
    usesKubernetesSigner: false,
    lifetimes: [
      { setting: 'SECRET_TTL', duration: '24h', of: 'workloads' },
      { setting: 'CITADEL_SELF_SIGNED_CA_CERT_TTL', duration: '2160h', of: 'own' },
    ],
    trusted: seen({ [signerName]: ['AA:AA'] }),
    intermediate: undefined,
    handedOut: { kind: 'absent' },
    mayApprove: granted({
      verb: 'approve',
      group: 'certificates.k8s.io',
      resource: 'signers',
      name: 'alibabapcaissuers.pca.alibabacloud.com/*',
    }),
    ...changes,
  };
}

const kind = (resource: string, apiVersion: string, own: boolean): Facts['kinds'][number] => ({
  resource,
  apiVersion,
  served: seen(true),
  differences: own ? seen({ missing: [], further: [] }) : undefined,
});

/** All facts, with changes. */
export function healthy(changes: Partial<Facts> = {}): Facts {
  return {
    place: 'elsewhere',
    version: '0.1.0',
    now,
    clockOffsetSeconds: 0,
    kinds: [
      kind('alibabapcaissuers', 'pca.alibabacloud.com/v1alpha1', true),
      kind('alibabapcaclusterissuers', 'pca.alibabacloud.com/v1alpha1', true),
      kind('certificaterequests', 'cert-manager.io/v1', false),
    ],
    operators: seen([operator()]),
    serviceAccount: seen(true),
    token: undefined,
    lease: seen({
      name: { namespace: 'pca-system', name: 'alibaba-pca-issuer' },
      holder: 'pod-1_uid',
      renewedAt: now.getTime() - 2_000,
      writtenAt: now.getTime() - 2_000,
      durationSeconds: 15,
    }),
    rights: [granted({ verb: 'get', group: '', resource: 'namespaces', name: 'kube-system' })],
    certManagerRights: [granted({ verb: 'create', group: 'cert-manager.io', resource: 'certificaterequests' })],
    approval: {
      certManager: { namespace: 'cert-manager', name: 'cert-manager' },
      byCertManager: [granted(approvalRight(ofNamespace)), granted(approvalRight(ofCluster))],
      policy: seen(false),
      byPolicy: [],
      others: seen([]),
    },
    proxyFault: undefined,
    endpoints: [
      {
        service: 'PCA',
        host: 'cas.aliyuncs.com',
        protocol: 'HTTPS',
        issuers: ['AlibabaPCAIssuer "shop/pca"'],
        proxy: undefined,
        steps: {
          DNS: { kind: 'ok', detail: '203.0.113.7' },
          TCP: { kind: 'ok', detail: 'connected' },
          TLS: { kind: 'ok', detail: 'TLSv1.3' },
          HTTP: { kind: 'ok', detail: 'answered with status 400' },
        },
      },
    ],
    issuers: { AlibabaPCAIssuer: seen([issuerFacts()]), AlibabaPCAClusterIssuer: seen([]) },
    requests: { certificateRequests: seen([]), signingRequests: seen([]), more: false },
    callLimits: undefined,
    mesh: seen([]),
    ...changes,
  };
}

/** What is to be mended in facts that are healthy but for these changes. */
export function troubles(changes: Partial<Facts>, ...[named]: [Parameters<typeof judge>[1]?]): readonly Finding[] {
  return judge(healthy(changes), named).filter(({ level }) => level !== 'ok');
}

/** The issuers of facts. */
export function issuers(...facts: readonly IssuerFacts[]): Facts['issuers'] {
  return { AlibabaPCAIssuer: seen(facts), AlibabaPCAClusterIssuer: seen([]) };
}
