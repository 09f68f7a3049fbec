// Findings about issuers, the way to PCA, and limits.
import { describe, expect, it } from 'vitest';
import type { CloudFacts, EndpointFacts, Facts } from '../../../src/doctor-command/facts.ts';
import type { Finding } from '../../../src/doctor-command/finding.ts';
import { aspectReasons } from '../../../src/controllers/issuers/aspects/reasons.ts';
import { issuerReasons } from '../../../src/controllers/issuers/reasons.ts';
import { issuerKinds } from '../../../src/crds/issuer.ts';
import { seen } from '../../../src/cluster-reading/seen.ts';
import { podIdentity } from '../../../src/runtime/pod-identity.ts';
import { healthy, issuer, issuerFacts, issuers, now, operator, troubles } from './healthy.ts';

const about = 'AlibabaPCAIssuer "shop/pca"';
const own = 'Deployment pca-system/alibaba-pca-issuer';
const notReady = {
  conditions: [
    {
      type: 'Ready',
      status: 'False',
      reason: 'SecretNotFound',
      message: 'Secret "shop/key" does not exist.',
      lastTransitionTime: '2026-11-30T11:00:00Z',
      observedGeneration: 1,
    },
  ],
};
const wellConditions = issuer().status?.conditions ?? [];
const ca = { subject: 'CN=Sub', keyAlgorithm: 'ECC', issuerType: 'local', notAfter: '2036-01-01T00:00:00Z' };
const role = { credentials: { rrsa: {} } };
const environment = {
  ALIBABA_CLOUD_ROLE_ARN: 'acs:ram::1:role/pca',
  ALIBABA_CLOUD_OIDC_PROVIDER_ARN: 'acs:ram::1:oidc-provider/ack',
  ALIBABA_CLOUD_OIDC_TOKEN_FILE: '/tokens/token',
};
const identity = podIdentity(environment);
const claims = {
  issuer: 'https://oidc.example',
  subject: 'system:serviceaccount:pca-system:alibaba-pca-issuer',
  audiences: ['sts.aliyuncs.com'],
  expiresAt: now.getTime() + 1,
};
const ready: CloudFacts = {
  kind: 'ready',
  subject: 'CN=Sub',
  notAfter: new Date('2036-01-01T00:00:00Z'),
  remainingCertificates: 5_000,
};
const endpoint = (steps: EndpointFacts['steps'], proxy?: string): EndpointFacts => ({
  service: 'PCA',
  host: 'cas.aliyuncs.com',
  protocol: 'HTTPS',
  issuers: [about],
  proxy,
  steps,
});
const refused = 'TCP at cas.aliyuncs.com failed, the connection was refused (ECONNREFUSED).';
const trust = {
  bundle: 'PEM',
  certificates: [{ sha256Fingerprint: 'AA:AA', subject: 'CN=Root', notAfter: '2040-01-01T00:00:00Z' }],
  configMap: { namespace: 'shop', name: 'roots', key: 'ca.crt' },
};
const limit = {
  account: '1234',
  region: 'cn-hangzhou',
  action: 'CreateCustomCertificate',
  perSecond: 10,
  waiting: 0,
  held: false,
};

const rows: readonly (readonly [name: string, changes: Partial<Facts>, finding: Finding])[] = [
  [
    'an issuer that is not ready',
    { issuers: issuers(issuerFacts({ status: notReady })) },
    {
      check: 'issuer',
      level: 'error',
      about,
      found: 'Not ready since 2026-11-30T11:00:00Z (SecretNotFound): Secret "shop/key" does not exist.',
      todo: issuerReasons.SecretNotFound.meaning,
    },
  ],
  [
    'an issuer that nobody has checked',
    { issuers: issuers(issuerFacts({ status: { observedGeneration: -1, conditions: [] } })) },
    {
      check: 'issuer',
      level: 'error',
      about,
      found: 'The operator has never checked it.',
      todo: 'See whether a replica leads (Lease) and may read and write issuers.',
    },
  ],
  [
    'an issuer whose spec was changed since',
    {
      issuers: issuers({
        ...issuerFacts(),
        issuer: { ...issuer(), metadata: { ...issuer().metadata, generation: 2 } },
      }),
    },
    {
      check: 'issuer',
      level: 'error',
      about,
      found: 'The operator has not checked its present spec.',
      todo: 'See whether a replica leads (Lease) and may read and write issuers.',
    },
  ],
  [
    'an issuer with fields of another version',
    { issuers: issuers(issuerFacts({ spec: { novelty: 1 } })) },
    {
      check: 'issuer',
      level: 'warning',
      about,
      found: 'Fields that this version does not know: spec.novelty.',
      todo: 'Upgrade the operator, or remove them.',
    },
  ],
  [
    'an issuer of another operator',
    { issuers: issuers(issuerFacts({ status: { operator: 'other/pca' } })) },
    {
      check: 'issuer',
      level: 'warning',
      about,
      found:
        'Its status was written by the operator with the Lease other/pca, not by that of pca-system/alibaba-pca-issuer.',
      todo: 'Run one release of the operator per cluster: uninstall one of them.',
    },
  ],
  [
    'credentials that open nothing',
    {
      issuers: issuers(issuerFacts({}, { cloud: { kind: 'notReady', reason: 'CredentialsInvalid', message: 'No.' } })),
    },
    {
      check: 'credentials',
      level: 'error',
      about,
      found: 'Tried now (CredentialsInvalid): No.',
      todo: issuerReasons.CredentialsInvalid.meaning,
    },
  ],
  [
    'a CA that ends soon',
    { issuers: issuers(issuerFacts({ status: { ca: { ...ca, notAfter: '2026-12-10T12:00:00Z' } } })) },
    {
      check: 'ca',
      level: 'warning',
      about,
      found: 'Its CA ends in 10 days, at 2026-12-10T12:00:00Z; no certificate can outlive it.',
      todo: 'Make a new subordinate CA in PCA and name it in spec.parentIdentifier (docs/operations.md).',
    },
  ],
  [
    'what the operator tells ahead of time, instead of what is seen here',
    {
      issuers: issuers(
        issuerFacts({
          status: {
            ca: { ...ca, notAfter: '2026-12-10T12:00:00Z' },
            conditions: [
              ...wellConditions,
              { ...wellConditions[0]!, type: 'CAHealthy', reason: 'CAEndsVerySoon', message: 'It ends.' },
            ],
          },
        }),
      ),
    },
    { check: 'ca', level: 'warning', about, found: 'It ends.', todo: aspectReasons.CAEndsVerySoon.meaning },
  ],
  [
    'a subscription that has ended',
    {
      issuers: issuers(
        issuerFacts({
          status: {
            conditions: [
              ...wellConditions,
              {
                ...wellConditions[0]!,
                type: 'QuotaAvailable',
                status: 'False',
                reason: 'SubscriptionEnded',
                message: 'It ended.',
              },
            ],
          },
        }),
      ),
    },
    { check: 'quota', level: 'error', about, found: 'It ended.', todo: aspectReasons.SubscriptionEnded.meaning },
  ],
  [
    'a quota that is used up',
    { issuers: issuers(issuerFacts({ status: { ca: { ...ca, certificatesRemaining: 0 } } })) },
    {
      check: 'quota',
      level: 'error',
      about,
      found: 'Its CA has no certificates left.',
      todo: 'Buy or assign more in the PCA console.',
    },
  ],
  [
    'a quota that is used up soon, as PCA says now',
    {
      issuers: issuers(
        issuerFacts(
          { status: { ca: { ...ca, certificatesRemaining: 5_000 } } },
          { cloud: { ...ready, remainingCertificates: 99 } },
        ),
      ),
    },
    {
      check: 'quota',
      level: 'warning',
      about,
      found: 'Its CA has 99 certificates left.',
      todo: 'Buy or assign more in the PCA console.',
    },
  ],
  [
    'the last bought instance',
    { issuers: issuers(issuerFacts({ status: { externalCA: { instancesRemaining: 1 } } })) },
    {
      check: 'quota',
      level: 'warning',
      about,
      found: '1 of its instances in spec.externalCA.instanceIds are free; the next CA certificate needs one.',
      todo: 'Buy a further instance of an external subordinate CA and add its ID.',
    },
  ],
  [
    'roots that are published otherwise',
    { issuers: issuers(issuerFacts({ status: { trust } }, { published: seen('another') })) },
    {
      check: 'trust',
      level: 'error',
      about,
      found:
        'ConfigMap shop/roots does not hold under "ca.crt" what its clients must trust: it was changed or deleted.',
      todo: 'Undo the change or delete the ConfigMap; the operator writes it again with its next check.',
    },
  ],
  [
    'a root that ends soon',
    {
      issuers: issuers(
        issuerFacts(
          {
            status: {
              trust: {
                ...trust,
                certificates: [{ sha256Fingerprint: 'AA:AA', subject: 'CN=Root', notAfter: '2026-12-01T00:00:00Z' }],
              },
            },
          },
          { published: seen('PEM') },
        ),
      ),
    },
    {
      check: 'trust',
      level: 'warning',
      about,
      found: 'The root CN=Root, which its clients trust, ends at 2026-12-01T00:00:00Z.',
      todo: 'Move to a CA below another root in time (docs/operations.md).',
    },
  ],
  [
    'issuers that may not be read',
    {
      issuers: {
        AlibabaPCAIssuer: { kind: 'hidden', right: 'list alibabapcaissuers' },
        AlibabaPCAClusterIssuer: seen([]),
      },
    },
    {
      check: 'issuer',
      level: 'unknown',
      about: 'alibabapcaissuers',
      found: 'It may not be read: the right to list alibabapcaissuers is missing.',
      todo: 'Ask for that right, or have somebody run this who has it.',
    },
  ],
  [
    'an operator without the role that its issuers want',
    { issuers: issuers(issuerFacts({ spec: role })) },
    {
      check: 'identity',
      level: 'error',
      about: own,
      found:
        'Its pods lack ALIBABA_CLOUD_OIDC_TOKEN_FILE, ALIBABA_CLOUD_ROLE_ARN, ALIBABA_CLOUD_OIDC_PROVIDER_ARN, which issuers with spec.credentials.rrsa need.',
      todo: 'Set rrsa.enabled, rrsa.roleArn and rrsa.oidcProviderArn in the Helm values, or have ack-pod-identity-webhook inject them.',
    },
  ],
  [
    'a token of another audience, by the Deployment',
    { operators: seen([operator({ identity, tokens: [{ audience: 'kubernetes', path: 'token' }] })]) },
    {
      check: 'identity',
      level: 'warning',
      about: own,
      found: 'Its token for STS has the audience kubernetes, not sts.aliyuncs.com.',
      todo: "Set rrsa.audience to a client ID of the cluster's OIDC provider in RAM, mostly sts.aliyuncs.com.",
    },
  ],
  [
    'a token that has expired',
    { token: { ...claims, expiresAt: now.getTime() } },
    {
      check: 'identity',
      level: 'error',
      about: 'file of ALIBABA_CLOUD_OIDC_TOKEN_FILE',
      found: 'The token has expired at 2026-11-30T12:00:00Z.',
      todo: 'The kubelet renews it: look at the node, and at its clock.',
    },
  ],
  [
    'a token of somebody else',
    { token: { ...claims, subject: 'system:serviceaccount:a:b' } },
    {
      check: 'identity',
      level: 'warning',
      about: 'file of ALIBABA_CLOUD_OIDC_TOKEN_FILE',
      found:
        'The token is that of system:serviceaccount:a:b, not of system:serviceaccount:pca-system:alibaba-pca-issuer.',
      todo: 'Compare the subject with the trust policy of the role.',
    },
  ],
  [
    'no token',
    { token: 'cannot be read (ENOENT)' },
    {
      check: 'identity',
      level: 'error',
      about: 'file of ALIBABA_CLOUD_OIDC_TOKEN_FILE',
      found: 'It cannot be read (ENOENT).',
      todo: 'Mount a projected ServiceAccount token there (Helm: rrsa.enabled), or correct ALIBABA_CLOUD_OIDC_TOKEN_FILE.',
    },
  ],
  [
    'a proxy that is none',
    { proxyFault: 'HTTPS_PROXY is no URL of a proxy.', endpoints: [] },
    {
      check: 'proxy',
      level: 'error',
      about: 'HTTPS_PROXY',
      found: 'HTTPS_PROXY is no URL of a proxy.',
      todo: 'Correct it where the operator gets its environment (Helm: proxy).',
    },
  ],
  [
    'a connection that fails in the pod',
    {
      place: 'pod',
      endpoints: [
        endpoint({
          DNS: { kind: 'ok', detail: '' },
          TCP: { kind: 'failed', message: refused },
          TLS: { kind: 'notReached' },
        }),
      ],
    },
    {
      check: 'connection',
      level: 'error',
      about: 'PCA at cas.aliyuncs.com (HTTPS)',
      found: refused,
      todo: `Used by ${about}.`,
    },
  ],
  [
    'a connection that fails elsewhere, through a proxy',
    { endpoints: [endpoint({ HTTP: { kind: 'failed', message: refused } }, 'proxy:3128')] },
    {
      check: 'connection',
      level: 'warning',
      about: 'PCA at cas.aliyuncs.com (HTTPS, through the proxy proxy:3128)',
      found: `From this machine: ${refused}`,
      todo: `Used by ${about}. The operator's pods may have another way: run the doctor there to know.`,
    },
  ],
  [
    'a connection for which no time was left',
    { endpoints: [endpoint({ DNS: { kind: 'notReached' } })] },
    {
      check: 'connection',
      level: 'unknown',
      about: 'PCA at cas.aliyuncs.com (HTTPS)',
      found: 'There was no time to try it.',
      todo: 'Run this again with a longer --timeout.',
    },
  ],
  [
    'calls that are held',
    { callLimits: seen([{ ...limit, held: true }]) },
    {
      check: 'call-limit',
      level: 'error',
      about: 'CreateCustomCertificate in cn-hangzhou, account 1234',
      found: 'Several calls in a row had no answer, so calls are held but for one at a time.',
      todo: 'Look at the connection to PCA; spec.region and spec.endpoint of the issuer.',
    },
  ],
  [
    'calls that wait',
    { callLimits: seen([{ ...limit, waiting: 7 }]) },
    {
      check: 'call-limit',
      level: 'warning',
      about: 'CreateCustomCertificate in cn-hangzhou, account 1234',
      found: '7 requests wait: PCA allows 10 calls per second.',
      todo: 'They go on by themselves. Where that is too slow, have Alibaba Cloud raise the limit (alibaba-pca-issuer capacity).',
    },
  ],
  [
    'metrics that nobody serves',
    { callLimits: { kind: 'unanswered', why: 'nothing answered at the address of the metrics.' } },
    {
      check: 'call-limit',
      level: 'unknown',
      about: 'metrics of the operator',
      found: 'They could not be read: nothing answered at the address of the metrics.',
      todo: 'Correct --metrics, for instance to that of a port-forward to the pod that holds the Lease.',
    },
  ],
];

describe('the doctor', () => {
  it.each(rows)('tells of %s', (_name, changes, finding) => {
    expect(troubles(changes)).toEqual([finding]);
  });

  it('says both where credentials open PCA now and the issuer is not ready', () => {
    const found = troubles({ issuers: issuers(issuerFacts({ status: notReady }, { cloud: ready })) });
    expect(found.map(({ check, level, found: text }) => [check, level, text])).toEqual([
      ['issuer', 'error', 'Not ready since 2026-11-30T11:00:00Z (SecretNotFound): Secret "shop/key" does not exist.'],
      [
        'credentials',
        'warning',
        'Tried now, they open PCA: CA CN=Sub answers, until 2036-01-01T00:00:00Z. The operator met something else.',
      ],
    ]);
  });

  it('has nothing to say of a role with a fresh token, of a new issuer but that it is new', () => {
    expect(
      troubles({
        place: 'pod',
        issuers: issuers(issuerFacts({ spec: role })),
        operators: seen([operator({ identity, tokens: [{ audience: 'sts.aliyuncs.com', path: 'token' }] })]),
        token: claims,
      }),
    ).toEqual([]);
    const young = { ...issuer({ status: { observedGeneration: -1, conditions: [] } }) };
    const metadata = { ...young.metadata, creationTimestamp: '2026-11-30T11:59:30Z' };
    const found = troubles({ issuers: issuers({ ...issuerFacts(), issuer: { ...young, metadata } }) });
    expect(found.map(({ level, found: text }) => [level, text])).toEqual([
      ['unknown', 'It was created a moment ago and not checked yet.'],
    ]);
  });

  it('tells that the issuer that was asked for does not exist', () => {
    const [kind] = issuerKinds;
    const named = { kind, namespace: 'shop', name: 'nowhere' };
    const found = troubles({ issuers: { ...healthy().issuers, AlibabaPCAIssuer: { kind: 'absent' } } }, named);
    expect(found).toEqual([
      {
        check: 'issuer',
        level: 'error',
        about: 'alibabapcaissuers',
        found: 'There is no such issuer.',
        todo: 'Correct --issuer: NAMESPACE/NAME, or NAME of an AlibabaPCAClusterIssuer.',
      },
    ]);
  });
});
