// Findings about requests and meshes, and the five lines about one request.
import { describe, expect, it } from 'vitest';
import type { CertificateRequest } from '../../../src/crds/cert-manager.ts';
import type { CertificateSigningRequest } from '../../../src/crds/certificate-signing-request.ts';
import { apiGroup, issuerKinds } from '../../../src/crds/issuer.ts';
import type { Facts, IstiodFacts } from '../../../src/doctor-command/facts.ts';
import { certificateRequestLines, signingRequestLines } from '../../../src/doctor-command/judging/request-lines.ts';
import { judge } from '../../../src/doctor-command/judging/judge.ts';
import { seen } from '../../../src/cluster-reading/seen.ts';
import { approved, certificateRequest, denied, ready } from '../../support/certificate-requests.ts';
import { granted, healthy, issuerFacts, issuers, istiod, troubles } from './healthy.ts';

const [ofNamespace] = issuerKinds;
const issuerRef = { group: apiGroup, kind: 'AlibabaPCAIssuer', name: 'pca' };

function requests(...certificateRequests: readonly CertificateRequest[]): Partial<Facts> {
  return { requests: { certificateRequests: seen(certificateRequests), signingRequests: seen([]), more: false } };
}

function signing(
  changes: Partial<CertificateSigningRequest['spec']>,
  status?: CertificateSigningRequest['status'],
): CertificateSigningRequest {
  return {
    metadata: { name: 'csr-1', uid: 'uid', resourceVersion: '1', creationTimestamp: '2026-11-30T11:00:00Z' },
    spec: { request: '', signerName: 'alibabapcaissuers.pca.alibabacloud.com/shop.pca', ...changes },
    ...(status === undefined ? {} : { status }),
  };
}

const since = 'Since 2026-11-22T10:00:00Z: ';
const rows: readonly (readonly [name: string, request: CertificateRequest, finding: readonly string[]])[] = [
  [
    'that nobody approves',
    certificateRequest({ spec: { issuerRef }, conditions: [] }),
    [
      'error',
      'CertificateRequest shop/web-1',
      `${since}Nobody has approved or denied it.`,
      'cert-manager must be allowed to approve for the issuer (see approval), or another approver must; by hand: cmctl approve -n NAMESPACE NAME.',
    ],
  ],
  [
    'for a kind of ours in another group',
    certificateRequest({ spec: { issuerRef: { ...issuerRef, group: 'cert-manager.io' } } }),
    [
      'error',
      'CertificateRequest shop/web-1',
      `${since}Its issuerRef names the kind AlibabaPCAIssuer in group "cert-manager.io", so no issuer answers it.`,
      'Set issuerRef.group of the Certificate to pca.alibabacloud.com.',
    ],
  ],
  [
    'for a kind that our group has not',
    certificateRequest({ spec: { issuerRef: { ...issuerRef, kind: 'ClusterIssuer' } } }),
    [
      'error',
      'CertificateRequest shop/web-1',
      `${since}Its issuerRef names the kind ClusterIssuer, which group pca.alibabacloud.com has not.`,
      'Set issuerRef.kind of the Certificate to AlibabaPCAIssuer or AlibabaPCAClusterIssuer.',
    ],
  ],
  [
    'whose issuer does not exist',
    certificateRequest({ spec: { issuerRef: { ...issuerRef, name: 'nowhere' } } }),
    [
      'error',
      'CertificateRequest shop/web-1',
      `${since}Waiting for AlibabaPCAIssuer "shop/nowhere", which does not exist or may not be read.`,
      'Create the issuer, or correct issuerRef of the Certificate.',
    ],
  ],
  [
    'that the operator lets wait',
    certificateRequest({ spec: { issuerRef }, conditions: [approved, ready('Pending', 'Held: enough.')] }),
    [
      'error',
      'CertificateRequest shop/web-1',
      'Since 2026-11-22T10:00:02Z: Held: enough.',
      'Do what it says; if it says nothing, see whether a replica leads (Lease) and its log.',
    ],
  ],
];

describe('the doctor', () => {
  it.each(rows)('tells of a request %s', (_name, request, expected) => {
    const found = troubles(requests(request));
    expect(found.map(({ level, about, found: text, todo }) => [level, about, text, todo])).toEqual([expected]);
  });

  it('tells of a failure within the last hour, and of none before that', () => {
    const failed = (at: string): CertificateRequest =>
      certificateRequest({
        spec: { issuerRef },
        conditions: [approved, { ...ready('Failed', 'No.'), lastTransitionTime: at }],
      });
    const of = (at: string): readonly (readonly string[])[] =>
      troubles(requests(failed(at))).map(({ level, found }) => [level, found]);
    expect([of('2026-11-30T11:30:00Z'), of('2026-11-30T10:59:59Z')]).toEqual([
      [['warning', 'Since 2026-11-30T11:30:00Z: Failed: No.']],
      [],
    ]);
  });

  it('tells each cause once, with the oldest request', () => {
    const waiting = (name: string, at: string): CertificateRequest =>
      certificateRequest({
        metadata: { name },
        spec: { issuerRef },
        conditions: [approved, { ...ready('Pending', 'Held: enough.'), lastTransitionTime: at }],
      });
    const found = troubles(requests(waiting('b', '2026-11-30T11:02:00Z'), waiting('a', '2026-11-30T11:01:00Z')));
    expect(found.map(({ about, found: text }) => [about, text])).toEqual([
      ['CertificateRequest shop/a and 1 more', 'Since 2026-11-30T11:01:00Z: Held: enough.'],
    ]);
  });

  it('says nothing of requests that are on their way, issued, or for other issuers than the one that was asked for', () => {
    const young = certificateRequest({
      metadata: { creationTimestamp: '2026-11-30T11:59:01Z' },
      spec: { issuerRef },
      conditions: [],
    });
    const issued = certificateRequest({ spec: { issuerRef }, conditions: [approved, ready('Issued')] });
    const other = certificateRequest({ spec: { issuerRef: { ...issuerRef, name: 'other' } }, conditions: [] });
    const named = { kind: ofNamespace, namespace: 'shop', name: 'pca' };
    expect(troubles(requests(young, issued, other), named)).toEqual([]);
  });

  it.each([
    ['undecided', signing({}), ['error', 'Nobody has approved or denied it.']],
    [
      'of a signer that is none',
      signing({ signerName: 'issuers.pca.alibabacloud.com/pca' }),
      ['error', 'Its signer issuers.pca.alibabacloud.com/pca is none of ours.'],
    ],
    [
      'failed',
      signing(
        {},
        {
          conditions: [
            { type: 'Failed', status: 'True', reason: 'DurationTooLong', lastTransitionTime: '2026-11-30T11:50:00Z' },
          ],
        },
      ),
      ['warning', 'Failed (DurationTooLong).'],
    ],
  ] as const)('tells of a CertificateSigningRequest that is %s', (_name, request, [level, text]) => {
    const found = troubles({
      requests: { certificateRequests: seen([]), signingRequests: seen([request]), more: false },
    });
    expect(found.map((finding) => [finding.level, finding.found.replace(/^Since \S+: /, '')])).toEqual([[level, text]]);
  });

  it('tells that it has not seen all requests', () => {
    const found = troubles({
      requests: { certificateRequests: { kind: 'hidden', right: 'list x' }, signingRequests: seen([]), more: true },
    });
    expect(found.map(({ level, about }) => [level, about])).toEqual([
      ['unknown', 'CertificateRequests'],
      ['unknown', 'requests'],
    ]);
  });
});

describe('five lines about a request', () => {
  const context = (changes: Partial<Facts> = {}) => ({
    issuers: [issuerFacts()],
    around: judge(healthy(changes), undefined),
  });

  it('say who approves where nobody has', () => {
    const { approval } = healthy();
    const byCertManager = approval.byCertManager.map(({ right }) => granted(right, false));
    const lines = certificateRequestLines(
      certificateRequest({
        spec: { issuerRef, username: 'system:serviceaccount:cert-manager:cert-manager' },
        conditions: [],
      }),
      context({ approval: { ...approval, byCertManager } }),
    );
    expect(lines).toEqual({
      isReady: false,
      request:
        'CertificateRequest shop/web-1, made by system:serviceaccount:cert-manager:cert-manager, of 2026-11-22T10:00:00Z',
      approval:
        'Nobody has approved or denied it. ServiceAccount cert-manager/cert-manager: cert-manager may not approve requests for alibabapcaissuers.pca.alibabacloud.com/*, alibabapcaclusterissuers.pca.alibabacloud.com/*, and nobody else is bound to the role for it: they wait for ever.',
      issuer: 'AlibabaPCAIssuer "shop/pca" is ready: CA "ca" answers and can issue.',
      state: 'Since 2026-11-22T10:00:00Z: Nobody has approved or denied it.',
      todo: expect.stringContaining('Bind cert-manager') as string,
    });
  });

  it('say of one that is issued that there is nothing to do', () => {
    const request = certificateRequest({ spec: { issuerRef }, conditions: [approved, ready('Issued')] });
    const { isReady, approval, state, todo } = certificateRequestLines(request, context());
    expect({ isReady, approval, state, todo }).toEqual({
      isReady: true,
      approval: 'Approved at 2026-11-22T10:00:01Z (cert-manager.io).',
      state: 'Issued at 2026-11-22T10:00:02Z.',
      todo: 'Nothing.',
    });
  });

  it('say that no replica leads before anything else', () => {
    const request = certificateRequest({ spec: { issuerRef } });
    const { state, todo } = certificateRequestLines(request, context({ lease: { kind: 'absent' } }));
    expect({ state, todo }).toEqual({
      state: 'Since 2026-11-22T10:00:00Z: The operator has said nothing about it yet.',
      todo: 'Lease of Deployment pca-system/alibaba-pca-issuer: It does not exist: no replica has ever led, so nothing is issued. See the log of the operator; it needs the rights of the chart for Leases.',
    });
  });

  it.each([
    [
      { name: 'pca' },
      '(no kind) pca, group (none): none of ours.',
      'Its issuerRef names the kind Issuer in group "cert-manager.io", which is not of this operator.',
      'For a certificate of PCA, set issuerRef.group of the Certificate to pca.alibabacloud.com and issuerRef.kind to AlibabaPCAIssuer or AlibabaPCAClusterIssuer.',
    ],
    [
      { group: apiGroup, name: 'pca' },
      '(no kind) pca, group pca.alibabacloud.com: none of ours.',
      'Its issuerRef names the kind (none), which group pca.alibabacloud.com has not.',
      'Set issuerRef.kind of the Certificate to AlibabaPCAIssuer or AlibabaPCAClusterIssuer.',
    ],
    [
      { ...issuerRef, group: 'pca.aliyun.com' },
      'AlibabaPCAIssuer "shop/pca" is ready: CA "ca" answers and can issue.',
      'Its issuerRef names the kind AlibabaPCAIssuer in group "pca.aliyun.com", so no issuer answers it.',
      'Set issuerRef.group of the Certificate to pca.alibabacloud.com.',
    ],
  ])('say that issuerRef %j names none of ours before anything else', (reference, ...expected) => {
    const request = certificateRequest({ spec: { issuerRef: reference } });
    const { issuer, state, todo } = certificateRequestLines(request, context({ lease: { kind: 'absent' } }));
    expect([issuer, state.replace(/^Since \S+: /, ''), todo]).toEqual(expected);
  });

  it('say what a denied one is', () => {
    const request = certificateRequest({
      spec: { issuerRef },
      conditions: [denied, ready('Denied', 'It was denied.')],
    });
    const { approval, state } = certificateRequestLines(request, context());
    expect([approval, state]).toEqual([
      'Denied at 2026-11-22T10:00:01Z (policy).',
      'Since 2026-11-22T10:00:02Z: Denied: It was denied.',
    ]);
  });

  it('say how a CertificateSigningRequest is approved', () => {
    expect(signingRequestLines(signing({ username: 'jane' }), context())).toEqual({
      isReady: false,
      request: 'CertificateSigningRequest csr-1, made by jane, of 2026-11-30T11:00:00Z',
      approval: 'Nobody has approved or denied it; nobody does so by itself.',
      issuer: 'AlibabaPCAIssuer "shop/pca" is ready: CA "ca" answers and can issue.',
      state: 'Since 2026-11-30T11:00:00Z: Nobody has approved or denied it.',
      todo: 'Nobody approves such requests by itself: kubectl certificate approve csr-1.',
    });
  });
});

describe('the doctor of a mesh', () => {
  const signerName = 'alibabapcaissuers.pca.alibabacloud.com/shop.pca';
  const meshed = (changes: Partial<IstiodFacts>, spec: object = {}): readonly (readonly string[])[] =>
    troubles({ mesh: seen([istiod(changes)]), issuers: issuers(issuerFacts({ spec })) }).map(
      ({ check, level, found }) => [check, level, found],
    );
  const entry = `meshConfig.caCertificates for ${signerName}`;

  it.each([
    ['well', {}, {}, []],
    [
      'without the root',
      { trusted: seen({}) },
      {},
      [['mesh-roots', 'error', `There is no ${entry}: workloads take the subordinate CA for the root of the mesh.`]],
    ],
    [
      'with a broken root',
      { trusted: seen({ [signerName]: 'broken' as const }) },
      {},
      [['mesh-roots', 'error', `${entry} holds a certificate that cannot be read.`]],
    ],
    [
      'with another root',
      { trusted: seen({ [signerName]: ['BB:BB'] }) },
      {},
      [
        [
          'mesh-roots',
          'error',
          `${entry} lacks the root of AlibabaPCAIssuer "shop/pca" with the SHA-256 fingerprint AA:AA: workloads do not trust each other's certificates.`,
        ],
      ],
    ],
    [
      'with K8S_SIGNER',
      { usesKubernetesSigner: true },
      {},
      [
        [
          'mesh-roots',
          'error',
          "K8S_SIGNER is set: istiod may hand out the CA of the Kubernetes cluster as the mesh's root.",
        ],
      ],
    ],
    [
      'below an intermediate CA with a root of its own',
      {
        workloads: undefined,
        own: undefined,
        mayApprove: undefined,
        intermediate: { kind: ofNamespace, namespace: 'shop', name: 'pca' },
        handedOut: seen(['CC:CC']),
      },
      {},
      [
        [
          'mesh-roots',
          'error',
          'ConfigMap istio-ca-root-cert has another root than AlibabaPCAIssuer "shop/pca": istiod made one of its own before the Secret cacerts was there, or still has an old one.',
        ],
      ],
    ],
    [
      'that asks for more than maxDuration',
      {},
      { validity: { maxDuration: '720h' } },
      [
        [
          'mesh-lifetime',
          'error',
          'It asks for 2160h (CITADEL_SELF_SIGNED_CA_CERT_TTL), more than the 720h of spec.validity.maxDuration of AlibabaPCAIssuer "shop/pca". Every such request is refused.',
        ],
      ],
    ],
    [
      'whose certificates are clamped',
      { own: undefined },
      { validity: { maxDuration: '12h', onExceed: 'Clamp' } },
      [
        [
          'mesh-lifetime',
          'warning',
          'It asks for 24h (SECRET_TTL), more than the 12h of spec.validity.maxDuration of AlibabaPCAIssuer "shop/pca". Certificates are shortened, and renewed the more often.',
        ],
      ],
    ],
    [
      'that asks for less than minDuration',
      { own: undefined },
      { validity: { minDuration: '48h' } },
      [
        [
          'mesh-lifetime',
          'error',
          'It asks for 24h (SECRET_TTL), less than the 48h of spec.validity.minDuration of AlibabaPCAIssuer "shop/pca". Every such request is refused.',
        ],
      ],
    ],
    [
      'that asks for more than is left of the CA',
      { lifetimes: [{ setting: 'CITADEL_SELF_SIGNED_CA_CERT_TTL', duration: '87600h', of: 'own' as const }] },
      {},
      [
        [
          'mesh-lifetime',
          'error',
          'It asks for 87600h (CITADEL_SELF_SIGNED_CA_CERT_TTL), which goes beyond 2036-01-01T00:00:00Z, the end of the CA of AlibabaPCAIssuer "shop/pca". Every such request is refused.',
        ],
      ],
    ],
    [
      'that may not approve',
      {
        mayApprove: granted({ verb: 'approve', group: 'certificates.k8s.io', resource: 'signers', name: 'x/*' }, false),
      },
      {},
      [
        [
          'mesh-approval',
          'error',
          'istiod may not approve requests for x/*, so it gets no certificate for any workload.',
        ],
      ],
    ],
  ] as const)('tells of an istiod %s', (_name, changes, spec, expected) => {
    expect(meshed(changes, spec)).toEqual(expected);
  });
});
