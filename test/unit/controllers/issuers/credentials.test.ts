// From an issuer's credentials to a caller: who may use the operator's identity, what is asked of STS, and renewal on refusal.
import { describe, expect, it } from 'vitest';
import type { AccessKey } from '../../../../src/alibaba/credentials/access-key.ts';
import type { SessionRequest } from '../../../../src/alibaba/credentials/session-request.ts';
import type { PcaEndpoint } from '../../../../src/alibaba/endpoint.ts';
import { IssuerCredentials } from '../../../../src/controllers/issuers/credentials.ts';
import { SourceIdentities } from '../../../../src/controllers/issuers/identity/source-identities.ts';
import type { LentIdentities } from '../../../../src/controllers/issuers/identity/source-identities.ts';
import { podIdentity } from '../../../../src/runtime/pod-identity.ts';
import { answered, never, refused } from '../../authority/pca-double.ts';
import { issuerObject } from './objects.ts';

const environment = {
  ALIBABA_CLOUD_ROLE_ARN: 'acs:ram::42:role/pod',
  ALIBABA_CLOUD_OIDC_PROVIDER_ARN: 'acs:ram::42:oidc-provider/p',
  ALIBABA_CLOUD_OIDC_TOKEN_FILE: '/token',
};
const describeCall = { action: 'DescribeCACertificate', version: '2020-06-30', parameters: {} } as const;

/** What the credentials are opened with: a Secret that is readable, and an STS and a PCA that note who calls. */
class Surroundings {
  readonly requests: SessionRequest[] = [];
  readonly dropped: string[] = [];
  readonly usedKeys: string[] = [];
  readonly endpoints: PcaEndpoint[] = [];
  /** Codes with which PCA refuses, in order. */
  refusals: string[] = [];
  readonly credentials: IssuerCredentials;

  secretsRead = 0;

  constructor(
    variables: Readonly<Record<string, string>>,
    issuersMayUsePodIdentity = false,
    accessKeyId = 'LTAI',
    lent?: LentIdentities,
  ) {
    this.credentials = new IssuerCredentials({
      identities: new SourceIdentities({
        secrets: {
          readAccessKey: async () => {
            this.secretsRead += 1;
            const accessKey = { accessKeyId, accessKeySecret: 'secret', securityToken: undefined };
            return { kind: 'ok', accessKey, version: '7' };
          },
        },
        serviceAccounts: {
          read: async ({ metadata: { namespace = 'issuers' } }) => ({ kind: 'ok', namespace, uid: 'uid-1' }),
        },
        podIdentity: podIdentity(variables),
        lent: lent ?? { podRole: issuersMayUsePodIdentity, instanceRole: false },
      }),
      podIdentity: podIdentity(variables),
      hosts: { allows: (host) => !host.startsWith('refused.') },
      accounts: {
        of: async ({ accessKeyId }, { host }) => `the account of ${accessKeyId} by ${host}`,
        identityOf: async ({ accessKeyId }, { host }) => {
          const arn = `acs:ram::42:user/${accessKeyId}-by-${host}`;
          return { accountId: '42', arn, type: 'RAMUser' };
        },
      },
      roles: {
        get: async (request) => {
          this.requests.push(request);
          const accessKeyId = `STS.${this.requests.length}`;
          return { kind: 'ok', accessKey: { accessKeyId, accessKeySecret: 'x', securityToken: 't' } };
        },
        drop: (_request, { accessKeyId }: AccessKey) => void this.dropped.push(accessKeyId),
        stateOf: () => undefined,
      },
      connect: (endpoint) => {
        this.endpoints.push(endpoint);
        return async (_call, { accessKey }) => {
          this.usedKeys.push(accessKey?.accessKeyId ?? 'none');
          const code = this.refusals.shift();
          return code === undefined ? answered({}) : refused('Credentials', { code });
        };
      },
    });
  }

  /** The reason why there are no credentials, or what STS was asked for. */
  async open(namespace: string | undefined, spec: object): Promise<unknown> {
    const metadata = namespace === undefined ? {} : { namespace };
    const opened = await this.credentials.open(issuerObject(spec, metadata), never);
    if (opened.kind === 'problem') return opened.problem.reason;
    await opened.call(describeCall, { signal: never });
    return { account: await opened.account, credentialsVersion: opened.credentialsVersion, asked: this.requests };
  }
}

const rrsa = { credentials: { rrsa: {} } };
const stsEndpoint = { host: 'evil.example' };

describe("the operator's own identity", () => {
  it('is taken from its environment', async () => {
    expect(await new Surroundings(environment).open(undefined, rrsa)).toEqual({
      account: '42',
      credentialsVersion: '',
      asked: [
        {
          kind: 'oidc',
          roleArn: 'acs:ram::42:role/pod',
          oidcProviderArn: 'acs:ram::42:oidc-provider/p',
          token: { kind: 'file', file: '/token' },
          sessionName: 'alibaba-pca-issuer',
          durationSeconds: 3_600,
          policy: undefined,
          service: 'Alibaba Cloud',
          endpoint: {
            host: 'sts.cn-hangzhou.aliyuncs.com',
            protocol: 'HTTPS',
            caBundle: undefined,
            region: 'cn-hangzhou',
          },
        },
      ],
    });
  });

  it('gives way to what the issuer says', async () => {
    const own = {
      roleArn: 'acs:ram::7:role/a',
      oidcProviderArn: 'acs:ram::7:oidc-provider/q',
      sessionName: 'me',
      durationSeconds: 900,
      policy: '{"Statement":[]}',
    };
    const spec = { credentials: { rrsa: own }, region: 'eu-central-1', stsEndpoint: { host: 'sts.example' } };
    expect(await new Surroundings(environment).open(undefined, spec)).toEqual({
      // Another STS gives this role away, so nobody knows whose it is.
      account: expect.stringMatching(/^key-[0-9a-f]{16}$/),
      credentialsVersion: '',
      asked: [
        {
          ...own,
          service: 'Alibaba Cloud',
          kind: 'oidc',
          token: { kind: 'file', file: '/token' },
          endpoint: { host: 'sts.example', protocol: 'HTTPS', caBundle: undefined, region: 'eu-central-1' },
        },
      ],
    });
  });

  it.each<[string, string | undefined, object, boolean, unknown]>([
    ['a cluster issuer', undefined, rrsa, false, expect.objectContaining({ account: '42' })],
    ['no namespaced issuer', 'shop', rrsa, false, 'CredentialsNotAllowed'],
    ['a namespaced issuer where the flag is set', 'shop', rrsa, true, expect.objectContaining({ account: '42' })],
    ['none that chooses who gets the token', 'shop', { ...rrsa, stsEndpoint }, true, 'CredentialsNotAllowed'],
    ['a cluster issuer that chooses STS', undefined, { ...rrsa, stsEndpoint }, false, expect.anything()],
  ])('may be used by %s', async (_, namespace, spec, allowed, expected) => {
    const surroundings = new Surroundings(environment, allowed);
    expect(await surroundings.open(namespace, spec)).toEqual(expected);
    expect(surroundings.requests.length).toBe(typeof expected === 'string' ? 0 : 1);
  });

  it('names each variable that the pod lacks', async () => {
    const opened = await new Surroundings({}).credentials.open(issuerObject(rrsa, {}), never);
    expect(opened).toEqual({
      kind: 'problem',
      problem: {
        reason: 'IdentityNotConfigured',
        message:
          "spec.credentials.rrsa needs the operator's own RAM role, but the operator's pod lacks ALIBABA_CLOUD_ROLE_ARN (or spec.credentials.rrsa.roleArn), ALIBABA_CLOUD_OIDC_PROVIDER_ARN (or spec.credentials.rrsa.oidcProviderArn), ALIBABA_CLOUD_OIDC_TOKEN_FILE. Set rrsa.enabled in the Helm values, or have ack-pod-identity-webhook inject them; the pod must be started anew.",
      },
    });
  });
});

describe('an access key', () => {
  const unproven = expect.stringMatching(/^key-[0-9a-f]{16}$/) as string;
  const gateway = { endpoint: { host: 'pca.example' } };

  it.each([
    ['at the real PCA', {}, {}, 'the account of LTAI by sts.cn-hangzhou.aliyuncs.com'],
    [
      'in a VPC',
      { endpoint: { host: 'cas-vpc.cn-hangzhou.aliyuncs.com' } },
      {},
      'the account of LTAI by sts.cn-hangzhou.aliyuncs.com',
    ],
    [
      "with Alibaba Cloud's STS in a VPC",
      { stsEndpoint: { host: 'sts-vpc.cn-hangzhou.aliyuncs.com' } },
      {},
      'the account of LTAI by sts-vpc.cn-hangzhou.aliyuncs.com',
    ],
    [
      'at a place that is PCA and STS in one',
      { ...gateway, stsEndpoint: { host: 'pca.example' } },
      {},
      'the account of LTAI by pca.example at HTTPS pca.example',
    ],
    [
      "with the pod's STS",
      gateway,
      { ALIBABA_CLOUD_STS_ENDPOINT: 'sts.pod' },
      'the account of LTAI by sts.pod at HTTPS pca.example',
    ],
    ['in network VPC', { network: 'VPC' }, {}, 'the account of LTAI by sts-vpc.cn-hangzhou.aliyuncs.com'],
    [
      "in network VPC, where the pod's STS is not used",
      { ...gateway, network: 'VPC' },
      { ALIBABA_CLOUD_STS_ENDPOINT: 'sts.pod' },
      unproven,
    ],
    ['with an STS that the issuer names', { stsEndpoint: { host: 'sts.example' } }, {}, unproven],
    ['at two places that the issuer names', { ...gateway, stsEndpoint: { host: 'sts.example' } }, {}, unproven],
    ["where something else is in PCA's place", { endpoint: { host: 'aliyuncs.com.example' } }, {}, unproven],
    [
      "at somebody's host below aliyuncs.com",
      { endpoint: { host: 'alb-x.cn-hangzhou.alb.aliyuncs.com' } },
      {},
      unproven,
    ],
    [
      'at a host that need not prove to be PCA',
      { endpoint: { host: 'cas.aliyuncs.com', protocol: 'HTTP' } },
      {},
      unproven,
    ],
  ])('%s counts against the limits of what is proven of its account', async (_, spec, variables, account) => {
    const credentials = { credentials: { secretRef: { name: 'key' } }, ...spec };
    expect(await new Surroundings(variables).open('shop', credentials)).toEqual({
      account,
      credentialsVersion: '7',
      asked: [],
    });
  });

  it('whose id is the number of an account counts against no account', async () => {
    const names = ['pca.example', 'other.example', 'cas.aliyuncs.com'].map(async (host) => {
      const spec = {
        endpoint: { host },
        stsEndpoint: { host: 'sts.example' },
        credentials: { secretRef: { name: 'key' } },
      };
      const opened = await new Surroundings({}, false, '1000000000000042').open('shop', spec);
      return (opened as { readonly account: string }).account;
    });
    const accounts = await Promise.all(names);
    expect([accounts, new Set(accounts).size]).toEqual([[unproven, unproven, unproven], 3]);
  });
});

describe('a host that issuers may not name', () => {
  it.each([
    ['spec.endpoint.host', { endpoint: { host: 'refused.example:9' } }],
    ['spec.stsEndpoint.host', { stsEndpoint: { host: 'refused.example:9' } }],
  ])('in %s is said, and nothing is read or sent', async (field, spec) => {
    const surroundings = new Surroundings(environment);
    const opened = await surroundings.credentials.open(issuerObject(spec, {}), never);
    expect([opened, surroundings.endpoints, surroundings.requests, surroundings.secretsRead]).toEqual([
      {
        kind: 'problem',
        problem: {
          reason: 'EndpointNotAllowed',
          message: `${field} names "refused.example:9", which is none of the hosts that issuers may name. Correct it, or remove it to use Alibaba Cloud's own endpoint of the region; or have the administrator allow the host with the operator's --issuer-hosts (Helm: issuerHosts).`,
        },
      },
      [],
      [],
      0,
    ]);
  });
});

describe('network VPC', () => {
  it('in a region without a VPC host is refused, and nothing is read or sent', async () => {
    const surroundings = new Surroundings(environment);
    const opened = await surroundings.credentials.open(issuerObject({ network: 'VPC', region: 'eu-central-1' }), never);
    expect([opened, surroundings.endpoints, surroundings.requests, surroundings.secretsRead]).toMatchObject([
      { kind: 'problem', problem: { reason: 'InvalidSettings' } },
      [],
      [],
      0,
    ]);
  });

  it('needs no VPC host where the issuer names one', async () => {
    const surroundings = new Surroundings({});
    const spec = { network: 'VPC', region: 'eu-central-1', endpoint: { host: 'pca.example' } };
    const opened = await surroundings.credentials.open(
      issuerObject({ ...spec, credentials: { secretRef: { name: 'key' } } }),
      never,
    );
    expect(opened).toMatchObject({ kind: 'ok', endpoint: { host: 'pca.example' } });
  });
});

describe('a CA bundle that cannot be read', () => {
  const bad = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

  it.each([
    ['spec.endpoint.caBundle', { endpoint: { caBundle: bad } }],
    ['spec.stsEndpoint.caBundle', { stsEndpoint: { caBundle: bad } }],
  ])('in %s is said, and nothing is read or sent', async (field, spec) => {
    const surroundings = new Surroundings(environment);
    const opened = await surroundings.credentials.open(issuerObject(spec, {}), never);
    expect([opened, surroundings.endpoints, surroundings.requests, surroundings.secretsRead]).toEqual([
      {
        kind: 'problem',
        problem: {
          reason: 'InvalidSettings',
          message: `${field}: PEM block 1 of 1 holds no certificate that can be read, so that none from there on would be trusted. Copy the certificate of the CA again, with its first and last line.`,
        },
      },
      [],
      [],
      0,
    ]);
  });
});

describe('calls', () => {
  it.each([
    ['an access key', { credentials: { secretRef: { name: 'key' } } }, 'LTAI'],
    ['a role', { credentials: { assumeRole: { secretRef: { name: 'key' }, roleArn: 'acs:ram::9:role/a' } } }, 'STS.1'],
  ])("with %s go to the issuer's endpoint, signed", async (_, credentials, key) => {
    const surroundings = new Surroundings({});
    const endpoint = { host: 'pca.example', protocol: 'HTTP' };
    const opened = await surroundings.credentials.open(issuerObject({ ...credentials, endpoint }), never);
    const expected = { host: 'pca.example', protocol: 'HTTP', caBundle: undefined, region: 'cn-hangzhou' };
    expect([opened.kind === 'ok' ? opened.endpoint : opened, surroundings.endpoints]).toEqual([expected, [expected]]);
    if (opened.kind === 'ok') await opened.call(describeCall, { signal: never });
    expect(surroundings.usedKeys).toEqual([key]);
  });

  it('are not opened where the Secret has no access key', async () => {
    const problem = { reason: 'SecretInvalid', message: 'No key.' } as const;
    const unopened = new IssuerCredentials({
      identities: { of: async () => ({ kind: 'problem', problem }) },
      podIdentity: podIdentity({}),
      hosts: { allows: () => true },
      accounts: { of: async () => '42', identityOf: async () => undefined },
      roles: { get: async () => refused('Unknown'), drop: () => undefined, stateOf: () => undefined },
      connect: () => async () => answered({}),
    });
    expect(await unopened.open(issuerObject(), never)).toEqual({ kind: 'problem', problem });
  });
});

describe('the identity that calls', () => {
  const identityOf = async (spec: object, variables: Readonly<Record<string, string>> = {}): Promise<unknown> => {
    const surroundings = new Surroundings(variables, true);
    const opened = await surroundings.credentials.open(issuerObject(spec, {}), never);
    if (opened.kind === 'problem') return opened.problem.reason;
    return [(await opened.identity())?.arn, opened.session()];
  };
  const hangzhou = 'sts.cn-hangzhou.aliyuncs.com';
  const roleArn = 'acs:ram::9:role/a';

  it.each<[string, object, string | undefined]>([
    ['of a Secret', {}, `acs:ram::42:user/LTAI-by-${hangzhou}`],
    ['of the session of a role', { credentials: { rrsa: {} } }, `acs:ram::42:user/STS.1-by-${hangzhou}`],
    [
      'of a role at the STS that gives it, whose PCA is another',
      { credentials: { rrsa: { roleArn } }, endpoint: { host: 'pca.example' }, stsEndpoint: { host: 'sts.example' } },
      'acs:ram::42:user/STS.1-by-sts.example',
    ],
    [
      'of a Secret for another PCA, which no public STS is asked about',
      { endpoint: { host: 'pca.example' } },
      undefined,
    ],
  ])('is that %s', async (_, spec, arn) => {
    expect(await identityOf(spec, environment)).toEqual([arn, undefined]);
  });
});

describe('a role taken with an access key', () => {
  it('uses the key of its own Secret', async () => {
    const assumeRole = { secretRef: { name: 'key' }, roleArn: 'acs:ram::9:role/a', externalId: 'x-1' };
    expect(await new Surroundings({}).open('shop', { credentials: { assumeRole } })).toEqual({
      account: '9',
      credentialsVersion: '7',
      asked: [
        {
          kind: 'accessKey',
          accessKey: { accessKeyId: 'LTAI', accessKeySecret: 'secret', securityToken: undefined },
          externalId: 'x-1',
          roleArn: 'acs:ram::9:role/a',
          sessionName: 'alibaba-pca-issuer',
          durationSeconds: 3_600,
          policy: undefined,
          service: 'Alibaba Cloud',
          endpoint: {
            host: 'sts.cn-hangzhou.aliyuncs.com',
            protocol: 'HTTPS',
            caBundle: undefined,
            region: 'cn-hangzhou',
          },
        },
      ],
    });
  });
});

const sts = { host: 'sts.cn-hangzhou.aliyuncs.com', protocol: 'HTTPS', caBundle: undefined, region: 'cn-hangzhou' };
const asked = { sessionName: 'alibaba-pca-issuer', durationSeconds: 3_600, policy: undefined };
const ofAccount = {
  ...asked,
  kind: 'oidc',
  roleArn: 'acs:ram::9:role/a',
  oidcProviderArn: 'acs:ram::9:oidc-provider/q',
  endpoint: sts,
  token: { kind: 'serviceAccount', namespace: 'shop', name: 'pca', uid: 'uid-1', audience: 'sts.aliyuncs.com' },
};
const serviceAccountRef = {
  name: 'pca',
  roleArn: 'acs:ram::9:role/a',
  oidcProviderArn: 'acs:ram::9:oidc-provider/q',
};

describe('a ServiceAccount', () => {
  it('takes its role with a token of its own, and the operator needs no identity', async () => {
    expect(await new Surroundings({}).open('shop', { credentials: { serviceAccountRef } })).toEqual({
      account: '9',
      credentialsVersion: 'uid-1',
      asked: [{ ...ofAccount, service: 'Alibaba Cloud' }],
    });
  });

  it("of a cluster issuer is in the operator's namespace, and may be for another audience", async () => {
    const credentials = { serviceAccountRef: { ...serviceAccountRef, audience: 'pca' } };
    expect(await new Surroundings({}).open(undefined, { credentials })).toEqual(
      expect.objectContaining({
        asked: [expect.objectContaining({ token: { ...ofAccount.token, namespace: 'issuers', audience: 'pca' } })],
      }),
    );
  });

  it("uses the provider of the operator's environment where it names none, and needs one", async () => {
    const credentials = { serviceAccountRef: { ...serviceAccountRef, oidcProviderArn: undefined } };
    const ofOperator = await new Surroundings(environment).open('shop', { credentials });
    const opened = await new Surroundings({}).credentials.open(issuerObject({ credentials }), never);
    expect([ofOperator, opened]).toEqual([
      expect.objectContaining({ asked: [expect.objectContaining({ oidcProviderArn: 'acs:ram::42:oidc-provider/p' })] }),
      {
        kind: 'problem',
        problem: {
          reason: 'IdentityNotConfigured',
          message:
            "spec.credentials.serviceAccountRef needs the cluster's OIDC provider in RAM. Name it in spec.credentials.serviceAccountRef.oidcProviderArn, or have the administrator set rrsa.oidcProviderArn in the Helm values (ALIBABA_CLOUD_OIDC_PROVIDER_ARN of the operator).",
        },
      },
    ]);
  });
});

describe("the role of the operator's node", () => {
  const ecsRole = { credentials: { ecsRole: { name: 'node' } } };
  const request = { kind: 'instanceRole', name: 'node', service: 'Alibaba Cloud' };
  const open = async (lent: LentIdentities, namespace: string | undefined, spec: object) =>
    new Surroundings({}, false, 'LTAI', lent).open(namespace, spec);
  const nobody = { podRole: false, instanceRole: false };

  it('is for cluster issuers, and counts against the account that STS names', async () => {
    expect(await open(nobody, undefined, ecsRole)).toEqual({
      account: 'the account of STS.1 by sts.cn-hangzhou.aliyuncs.com',
      credentialsVersion: '',
      asked: [request, request],
    });
  });

  it('counts against limits of its own where nobody can be asked for the account', async () => {
    const opened = await open(nobody, undefined, { ...ecsRole, endpoint: { host: 'pca.example' } });
    expect(opened).toEqual(expect.objectContaining({ account: expect.stringMatching(/^key-[0-9a-f]{16}$/) }));
  });

  it.each<[string, LentIdentities, object, unknown]>([
    ['not for other issuers', nobody, ecsRole, 'CredentialsNotAllowed'],
    ['not for those that may have the role of the pod', { ...nobody, podRole: true }, ecsRole, 'CredentialsNotAllowed'],
    [
      'for those that may',
      { ...nobody, instanceRole: true },
      ecsRole,
      expect.objectContaining({ credentialsVersion: '' }),
    ],
    [
      'not with an STS of their own',
      { ...nobody, instanceRole: true },
      { ...ecsRole, stsEndpoint },
      'CredentialsNotAllowed',
    ],
    [
      'not below a role either',
      nobody,
      { credentials: { ...ecsRole.credentials, assumeRole: { roleArn: 'acs:ram::7:role/x' } } },
      'CredentialsNotAllowed',
    ],
  ])('is %s', async (_, lent, spec, expected) => {
    expect(await open(lent, 'shop', spec)).toEqual(expected);
  });

  it('says which flag would allow it', async () => {
    const opened = await new Surroundings({}).credentials.open(issuerObject(ecsRole), never);
    expect(opened).toEqual({
      kind: 'problem',
      problem: {
        reason: 'CredentialsNotAllowed',
        message:
          "An AlibabaPCAIssuer may not use the operator's own identity (spec.credentials.ecsRole). Name a Secret in spec.credentials.secretRef or a ServiceAccount in spec.credentials.serviceAccountRef, use an AlibabaPCAClusterIssuer, or have the administrator start the operator with --issuer-ecs-role (Helm: ecsRole.namespacedIssuers).",
      },
    });
  });
});

describe('a role that is assumed on top', () => {
  const assumeRole = { roleArn: 'acs:ram::7:role/x', externalId: 'x-1', policy: '{"Statement":[]}' };
  const onTop = { ...asked, roleArn: 'acs:ram::7:role/x', policy: '{"Statement":[]}', service: 'Alibaba Cloud' };
  const below = 'STS of Alibaba Cloud';

  it.each<[string, object, object, string]>([
    [
      'of the role of a ServiceAccount',
      { serviceAccountRef },
      { kind: 'chained', source: { ...ofAccount, service: below } },
      'uid-1',
    ],
    [
      "of the pod's role",
      { rrsa: {} },
      {
        kind: 'chained',
        source: {
          ...ofAccount,
          service: below,
          roleArn: 'acs:ram::42:role/pod',
          oidcProviderArn: 'acs:ram::42:oidc-provider/p',
          token: { kind: 'file', file: '/token' },
        },
      },
      '',
    ],
    [
      "of the node's role",
      { ecsRole: {} },
      { kind: 'chained', source: { kind: 'instanceRole', name: undefined, service: below } },
      '',
    ],
    [
      'of an access key',
      { secretRef: { name: 'key' } },
      { kind: 'accessKey', accessKey: { accessKeyId: 'LTAI', accessKeySecret: 'secret', securityToken: undefined } },
      '7',
    ],
  ])('%s is what PCA is called with', async (_, source, taker, version) => {
    const namespace = 'serviceAccountRef' in source ? 'shop' : undefined;
    const surroundings = new Surroundings(environment);
    expect(await surroundings.open(namespace, { credentials: { ...source, assumeRole } })).toEqual({
      account: '7',
      credentialsVersion: version,
      asked: [{ ...onTop, endpoint: sts, externalId: 'x-1', ...taker }],
    });
  });
});

describe('a spec of another version', () => {
  it.each([
    ['no source that is known', {}],
    ['two sources', { rrsa: {}, ecsRole: {} }],
    ['a role on top of nothing', { assumeRole: { roleArn: 'acs:ram::7:role/x' } }],
  ])('with %s does not get the identity of the operator instead', async (_, credentials) => {
    const surroundings = new Surroundings(environment, true);
    expect([await surroundings.open(undefined, { credentials }), surroundings.requests]).toEqual([
      'SpecNotUnderstood',
      [],
    ]);
  });
});

describe('credentials that PCA refuses', () => {
  it.each([
    [['InvalidSecurityToken.Expired'], ['STS.1', 'STS.2'], ['STS.1']],
    [['InvalidAccessKeyId.NotFound'], ['STS.1', 'STS.2'], ['STS.1']],
    [
      ['InvalidSecurityToken.Expired', 'InvalidSecurityToken.Expired'],
      ['STS.1', 'STS.2'],
      ['STS.1', 'STS.2'],
    ],
    [['SignatureDoesNotMatch'], ['STS.1'], []],
  ])('as %j are renewed once, if they are at fault', async (refusals, used, dropped) => {
    const surroundings = new Surroundings(environment);
    surroundings.refusals = [...refusals];
    await surroundings.open(undefined, rrsa);
    expect([surroundings.usedKeys, surroundings.dropped]).toEqual([used, dropped]);
  });
});

describe('the account of a role', () => {
  const unproven = expect.stringMatching(/^key-[0-9a-f]{16}$/) as string;
  const named = { secretRef: { name: 'key' }, roleArn: 'acs:ram::42:role/a' };

  it.each([
    ['acs:ram::42:role/a', '42'],
    ['acs:ram:cn::role/a', unproven],
  ])('of %s is %s', async (roleArn, account) => {
    const surroundings = new Surroundings({ ...environment, ALIBABA_CLOUD_ROLE_ARN: roleArn });
    expect(await surroundings.open(undefined, rrsa)).toEqual(expect.objectContaining({ account }));
  });

  it.each([
    ["is believed of Alibaba Cloud's STS", {}, '42'],
    ['is not believed of another STS', { stsEndpoint: { host: 'sts.example' } }, unproven],
    ['is for its own endpoint elsewhere', { endpoint: { host: 'pca.example' } }, '42 at HTTPS pca.example'],
  ])('%s', async (_, spec, account) => {
    const opened = await new Surroundings({}).open('shop', { credentials: { assumeRole: named }, ...spec });
    expect(opened).toEqual(expect.objectContaining({ account }));
  });
});

describe('the session of a role', () => {
  it.each([
    [{}, 'Alibaba Cloud'],
    [{ endpoint: { host: 'cas-vpc.cn-hangzhou.aliyuncs.com' } }, 'Alibaba Cloud'],
    [{ endpoint: { host: 'pca.example', protocol: 'HTTP' } }, 'HTTP pca.example'],
  ])('at %j is for %s alone', async (spec, service) => {
    const opened = await new Surroundings(environment).open(undefined, { ...rrsa, ...spec });
    expect(opened).toEqual(expect.objectContaining({ asked: [expect.objectContaining({ service })] }));
  });
});

describe('the pod', () => {
  it('says what ack-pod-identity-webhook injects', () => {
    expect(
      podIdentity({
        ...environment,
        ALIBABA_CLOUD_ROLE_SESSION_NAME: '',
        ALIBABA_CLOUD_STS_ENDPOINT: 'https://sts-vpc.cn-beijing.aliyuncs.com',
        ALIBABA_CLOUD_STS_REGION: 'cn-beijing',
        ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED: 'true',
      }),
    ).toEqual({
      roleArn: 'acs:ram::42:role/pod',
      oidcProviderArn: 'acs:ram::42:oidc-provider/p',
      tokenFile: '/token',
      sessionName: 'alibaba-pca-issuer',
      stsHost: 'sts-vpc.cn-beijing.aliyuncs.com',
      stsRegion: 'cn-beijing',
      vpc: true,
    });
  });
});
