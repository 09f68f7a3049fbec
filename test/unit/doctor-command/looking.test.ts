// What is read out of objects, tokens and metrics, and which rights are asked about.
import { describe, expect, it } from 'vitest';
import { issuerKinds } from '../../../src/crds/issuer.ts';
import { usedBy } from '../../../src/doctor-command/looking/endpoints.ts';
import { fingerprintsOf } from '../../../src/doctor-command/looking/issuers.ts';
import { signersOf } from '../../../src/doctor-command/looking/mesh.ts';
import { callLimitsOf } from '../../../src/doctor-command/looking/metrics.ts';
import { operatorOf } from '../../../src/doctor-command/looking/operator.ts';
import { Reader } from '../../../src/cluster-reading/reader.ts';
import { isOurs } from '../../../src/doctor-command/looking/requests.ts';
import { claimsOf } from '../../../src/doctor-command/looking/token.ts';
import { describeRight } from '../../../src/cluster-reading/right.ts';
import { operatorRights } from '../../../src/doctor-command/rights.ts';
import { classifyAnswer } from '../../../src/kubernetes/failure.ts';
import type { KubernetesResult } from '../../../src/kubernetes/failure.ts';
import { podIdentity } from '../../../src/runtime/pod-identity.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { grantedPermissions } from '../../support/permissions.ts';
import { readProduct } from '../../support/product.ts';
import { issuer, issuerFacts, options } from './healthy.ts';

const [ofNamespace] = issuerKinds;

describe('the rights of the operator', () => {
  it('are those that the chart grants, but for reading Secrets and ConfigMaps', async () => {
    const { objects, serviceAccount } = await readProduct();
    const chart = grantedPermissions(objects, serviceAccount).filter((name) => !/ (?:secrets|configmaps)$/.test(name));
    const asked = operatorRights({ options: options(), namespace: serviceAccount.namespace }, []);
    const names = asked.map(({ verb, group, resource, subresource }) =>
      [verb, `${group === '' ? '' : `${group}/`}${resource}${subresource === undefined ? '' : `/${subresource}`}`].join(
        ' ',
      ),
    );
    expect([...new Set(names)].toSorted()).toEqual(chart);
  });

  it('hold what issuers name', () => {
    const of = (spec: object): readonly string[] =>
      operatorRights(
        { options: options('--leader-elect=false', '--certificate-signing-requests=false'), namespace: 'pca-system' },
        [{ kind: ofNamespace, issuer: issuer({ spec }) }],
      )
        .filter(({ namespace }) => namespace !== undefined)
        .map(describeRight);
    expect([of({}), of({ credentials: { rrsa: {} }, trust: { publishTo: { name: 'roots' } } })]).toEqual([
      ['get secrets "key" in namespace shop'],
      [
        'create configmaps in namespace shop',
        'get configmaps "roots" in namespace shop',
        'patch configmaps "roots" in namespace shop',
        'delete configmaps "roots" in namespace shop',
      ],
    ]);
  });
});

describe('reading', () => {
  const answers = (status: number): KubernetesResult<never> => ({
    kind: 'failed',
    failure: classifyAnswer({ request: 'GET /x', status, retryAfter: undefined, receivedAt: new Date(0), text: '' }),
  });
  const reader = (answer: KubernetesResult<object>): Reader => {
    const reply = async (): Promise<KubernetesResult<never>> => Promise.resolve(answer as KubernetesResult<never>);
    return new Reader({
      kubernetes: { get: reply, create: reply },
      signal: new AbortController().signal,
      clock: new FakeClock(),
    });
  };
  const ok = (body: object): KubernetesResult<object> => ({ kind: 'ok', status: 200, body });
  const path = '/apis/apps/v1/namespaces/pca-system/deployments/alibaba-pca-issuer';

  it('names the right that is missing, of an object, a list and a review', async () => {
    const forbidden = reader(answers(403));
    expect([
      await forbidden.get(path),
      await forbidden.list('/api/v1/pods'),
      (await forbidden.may({ verb: 'get', group: '', resource: 'pods' }, { namespace: 'a', name: 'b' })).allowed,
    ]).toEqual([
      { kind: 'hidden', right: 'get deployments (apps) "alibaba-pca-issuer" in namespace pca-system' },
      { kind: 'hidden', right: 'list pods' },
      { kind: 'hidden', right: 'create subjectaccessreviews (authorization.k8s.io)' },
    ]);
  });

  it('tells apart what is not there, what did not answer, and what was seen', async () => {
    expect([
      await reader(answers(404)).get(path),
      await reader(answers(500)).get(path),
      await reader(ok({ a: 1 })).get(path),
    ]).toEqual([
      { kind: 'absent' },
      { kind: 'unanswered', why: 'GET /x was answered 500.' },
      { kind: 'seen', value: { a: 1 } },
    ]);
  });

  it('stops at the largest number of objects', async () => {
    const item = { metadata: { name: 'a', uid: 'u', resourceVersion: '1' } };
    const list = ok({ metadata: { resourceVersion: '1' }, items: [item, item, item] });
    expect([await reader(list).list('/api/v1/pods', {}, 2), await reader(list).list('/api/v1/pods', {}, 3)]).toEqual([
      { kind: 'seen', value: { items: [item, item], more: true } },
      { kind: 'seen', value: { items: [item, item, item], more: false } },
    ]);
  });
});

describe('the operator', () => {
  const container = {
    name: 'alibaba-pca-issuer',
    image: 'registry.example:5000/pca:1.2.3',
    args: ['--leader-election-name=pca'],
  };
  const deployment = (spec: object) => ({
    metadata: { name: 'pca', namespace: 'pca-system' },
    spec: { replicas: 2, template: { spec: { serviceAccountName: 'pca', containers: [container], ...spec } } },
    status: { availableReplicas: 1 },
  });

  it('is read off its Deployment', () => {
    const { settings, ...found } = operatorOf(deployment({}), []);
    expect(typeof settings === 'string' ? settings : settings.options['leader-election-name']).toBe('pca');
    expect(found).toEqual({
      deployment: { namespace: 'pca-system', name: 'pca' },
      namespace: 'pca-system',
      serviceAccount: 'pca',
      identity: podIdentity({}),
      tokens: [],
      version: '1.2.3',
      replicas: { wanted: 2, available: 1 },
      stuckPods: [],
    });
  });

  it('has what a webhook injected into a running pod, and tells why others are stuck', () => {
    const env = [{ name: 'ALIBABA_CLOUD_ROLE_ARN', value: 'acs:ram::1:role/pca' }];
    const sources = [
      { serviceAccountToken: { audience: 'sts.aliyuncs.com', path: 'token' } },
      { serviceAccountToken: { path: 'api' } },
    ];
    const running = {
      metadata: { name: 'a' },
      spec: { containers: [{ ...container, env }], volumes: [{ projected: { sources } }] },
      status: { phase: 'Running' },
    };
    const stuck = {
      metadata: { name: 'b' },
      status: { phase: 'Pending', containerStatuses: [{ state: { waiting: { reason: 'ImagePullBackOff' } } }] },
    };
    const { identity, tokens, stuckPods } = operatorOf(deployment({}), [running, stuck]);
    expect({ role: identity.roleArn, tokens, stuckPods }).toEqual({
      role: 'acs:ram::1:role/pca',
      tokens: [{ audience: 'sts.aliyuncs.com', path: 'token' }],
      stuckPods: ['Pod b: ImagePullBackOff'],
    });
  });

  it.each([
    [['--issuer-hosts=a b'], /^--issuer-hosts: /],
    [['--refused-networks=all'], /^--refused-networks: /],
    [['--call-limits=x'], /^--call-limits: /],
    [['--lease-duration=soon'], /^--lease-duration is "soon"/],
    [['--version'], /^--version is among its flags/],
  ])('does not start with %s', (args, message) => {
    const { settings } = operatorOf(deployment({ containers: [{ ...container, args }] }), []);
    expect(settings).toMatch(message);
  });
});

describe('a token', () => {
  const token = (claims: object): string =>
    `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`;

  it('says about itself who it is for, and nothing where it is none', () => {
    expect([
      claimsOf(token({ iss: 'i', sub: 's', aud: ['a', 'b'], exp: 10 })),
      claimsOf(token({ iss: 'i', sub: 's', aud: 'a', exp: 10 })),
      claimsOf(token({ iss: 'i' })),
      claimsOf('no token'),
      claimsOf(''),
    ]).toEqual([
      { issuer: 'i', subject: 's', audiences: ['a', 'b'], expiresAt: 10_000 },
      { issuer: 'i', subject: 's', audiences: ['a'], expiresAt: 10_000 },
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('metrics', () => {
  it('tell limits, and how many wait', () => {
    const labels = '{account="1",region="cn-hangzhou",action="CreateCustomCertificate"}';
    const text = `# HELP x\npca_issuer_call_limit_per_second${labels} 10.5\npca_issuer_calls_waiting${labels} 3\npca_issuer_endpoint_held${labels} 1\nother{a="b"} 1\n`;
    expect(callLimitsOf(text)).toEqual([
      {
        account: '1',
        region: 'cn-hangzhou',
        action: 'CreateCustomCertificate',
        perSecond: 10.5,
        waiting: 3,
        held: true,
      },
    ]);
  });
});

describe('endpoints', () => {
  it('are those of PCA, and of STS where a role is used, each once', () => {
    const role = issuerFacts({ spec: { credentials: { rrsa: {} } } });
    const used = usedBy([issuerFacts(), role], podIdentity({ ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED: 'true' }));
    expect(used.map(({ service, endpoint: { host }, issuers: users }) => [service, host, users.length])).toEqual([
      ['PCA', 'cas.aliyuncs.com', 2],
      ['STS', 'sts-vpc.cn-hangzhou.aliyuncs.com', 1],
    ]);
  });
});

describe('a mesh', () => {
  it('has the signers that istiod asks', () => {
    const domain = 'alibabapcaissuers.pca.alibabacloud.com';
    const config = { defaultConfig: { proxyMetadata: { ISTIO_META_CERT_SIGNER: 'shop.pca' } } };
    const environment = { CERT_SIGNER_DOMAIN: domain, PILOT_CERT_PROVIDER: 'istiod' };
    expect([signersOf(environment, config), signersOf({}, {})]).toEqual([
      {
        workloads: { signerName: `${domain}/shop.pca`, issuer: { kind: ofNamespace, namespace: 'shop', name: 'pca' } },
        own: undefined,
      },
      { workloads: undefined, own: undefined },
    ]);
  });
});

describe('what is ours', () => {
  it('is a reference with our group, or by mistake with our kind alone', () => {
    expect([
      isOurs({ group: 'pca.alibabacloud.com' }),
      isOurs({ kind: 'AlibabaPCAIssuer' }),
      isOurs({ group: 'cert-manager.io', kind: 'Issuer' }),
    ]).toEqual([true, true, false]);
  });

  it('has no fingerprint where a certificate cannot be read', () => {
    expect([fingerprintsOf('-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----'), fingerprintsOf('')]).toEqual([
      undefined,
      [],
    ]);
  });
});
