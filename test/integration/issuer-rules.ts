// The CEL rules of the issuers' spec: values that pass and fail, and the words of each.
const certificate = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n';
/** The rule of lifetimes. */
export const lifetime = 'must be a duration above zero in hours, minutes and seconds, such as 2160h or 1h30m';
const roleArn = 'acs:ram::1:role/a';
const secretKey = 'must be a key of a Secret: letters, digits, -, _ and .';

const countryCode = 'must be a country code of two capital letters, such as CN';
const resourceGroup = 'must be the ID of a resource group, starting with rg-';

const operationBlocks = [
  ['createCustomCertificate', 'CreateCustomCertificate'],
  ['createCertificateWithExtension', 'CreateCertificateWithExtension'],
  ['createServerCertificateWithCsr', 'CreateServerCertificateWithCsr'],
  ['createClientCertificateWithCsr', 'CreateClientCertificateWithCsr'],
  ['createWHClientCertificate', 'CreateWHClientCertificate'],
] as const;

/** One rule: the field it sits on, values that pass and fail, and its words. */
export interface RuleRow {
  readonly path: string;
  /** What the API server names instead of the path. */
  readonly at?: string;
  /** What else the spec holds. */
  readonly beside?: object;
  readonly passing: readonly unknown[];
  readonly failing: readonly unknown[];
  readonly message: string;
}

const trustRows: readonly RuleRow[] = [
  {
    path: 'trust',
    passing: [
      { source: 'Static', certificates: certificate },
      { source: 'Static', certificatesFrom: { name: 'a' } },
      { source: 'AllActiveRoots' },
    ],
    failing: [{ source: 'Static' }, { source: 'Static', certificates: certificate, certificatesFrom: { name: 'a' } }],
    message: 'source Static needs either certificates or certificatesFrom',
  },
  {
    path: 'trust',
    passing: [{}],
    failing: [{ certificates: certificate }, { source: 'AllActiveRoots', certificatesFrom: { name: 'a' } }],
    message: 'certificates and certificatesFrom are for source Static only; remove them or choose that source',
  },
  {
    path: 'trust.certificates',
    passing: [certificate, `# a comment\n${certificate}${certificate}`],
    failing: ['', 'AA=='],
    message: 'must hold at least one PEM certificate',
  },
  {
    path: 'trust.certificates',
    passing: [certificate],
    failing: [`${certificate}-----BEGIN PRIVATE KEY-----\n`],
    message: 'holds a private key; only certificates belong here',
  },
  ...['trust.certificatesFrom', 'trust.publishTo'].flatMap((path): readonly RuleRow[] => [
    {
      path: `${path}.name`,
      passing: ['a', 'a.b-c', '1'],
      failing: ['', 'A', 'a_b', '-a', 'a.'],
      message: 'must be the name of an object: lower-case letters, digits, - and .',
    },
    {
      path: `${path}.key`,
      passing: ['ca.crt', 'A_b-1'],
      failing: ['', 'a/b', 'a b'],
      message: 'must be a key of a ConfigMap or Secret: letters, digits, -, _ and .',
    },
  ]),
  {
    path: 'trust.publishTo.namespace',
    passing: ['a', 'a-b', '1'],
    failing: ['', 'A', 'a.b', '-a'],
    message: 'must be the name of a namespace: lower-case letters, digits and -',
  },
];

/** Those about where a CA is, which an entry of spec.failover has as well. */
const placeRows: readonly RuleRow[] = [
  {
    path: 'parentIdentifier',
    passing: ['1ed4-ca', 'A.b_c'],
    failing: ['', ' a', 'a/b', '-a'],
    message: 'must be the identifier of a subordinate CA: letters, digits, -, _ and .',
  },
  {
    path: 'region',
    passing: ['cn-hangzhou', 'ap-southeast-1', 'cn-beijing-finance-1'],
    failing: ['', 'cn', 'CN-HANGZHOU', 'cn-hangzhou.aliyuncs.com'],
    message: 'must be the ID of a region, such as cn-hangzhou or ap-southeast-1',
  },
  ...['endpoint', 'stsEndpoint'].flatMap((endpoint): readonly RuleRow[] => [
    {
      path: `${endpoint}.host`,
      passing: ['cas-vpc.cn-hangzhou.aliyuncs.com', '127.0.0.1:40123', '[::1]:8443', 'pca', 'a-b.c:1', 'a:65535'],
      failing: [
        '',
        'https://cas.aliyuncs.com',
        'cas.aliyuncs.com/',
        'a b',
        '.a',
        'a..b',
        'a-.b',
        'a.-b',
        'a:',
        'a:0',
        'a:080',
        'a:65536',
        'a:99999',
        'a:123456',
      ],
      message: 'must be a host name with an optional port, without https:// and without a path',
    },
    {
      path: `${endpoint}.caBundle`,
      passing: [certificate, `# a comment\n${certificate}${certificate}`],
      failing: ['', 'AA=='],
      message: 'must hold at least one PEM certificate',
    },
    {
      path: `${endpoint}.caBundle`,
      passing: [certificate],
      failing: [`${certificate}-----BEGIN PRIVATE KEY-----\n`, `${certificate}-----BEGIN RSA PRIVATE KEY-----\n`],
      message: 'holds a private key; only certificates belong here',
    },
    {
      path: endpoint,
      passing: [{ protocol: 'HTTP' }, { protocol: 'HTTPS', caBundle: certificate }, { caBundle: certificate }],
      failing: [{ protocol: 'HTTP', caBundle: certificate }],
      message: 'caBundle has no effect with protocol HTTP; remove it or use HTTPS',
    },
  ]),
];

/** Every rule of the spec's schema. */
export const ruleRows: readonly RuleRow[] = [
  ...placeRows,
  ...placeRows.map((row) => ({ ...row, path: `failover.0.${row.path}` })),
  {
    path: 'createCustomCertificate.resourceGroupId',
    passing: ['rg-acfmxazb4ph6aiy'],
    failing: ['', 'acfm', 'rg-', 'rg-a b'],
    message: resourceGroup,
  },
  {
    path: 'createCustomCertificate.subject',
    passing: [
      { country: 'CN' },
      { state: 'a' },
      { locality: 'a' },
      { organization: 'a' },
      { organizationUnit: 'a' },
      { commonName: 'a' },
      { customAttributes: [{ objectIdentifier: '2.5.4.11', value: 'a' }] },
    ],
    failing: [{}],
    message: "must have at least one field; leave subject out to use the request's own",
  },
  {
    path: 'createCustomCertificate.subject.country',
    passing: ['CN'],
    failing: ['', 'C', 'cn', 'C1'],
    message: countryCode,
  },
  {
    path: 'createCustomCertificate.subject.customAttributes',
    passing: [
      [{ objectIdentifier: '2.5.4.11', value: 'a' }],
      [{ objectIdentifier: '1.3.6.1.4.1.37244.1.1', value: 'a' }],
      [{ objectIdentifier: '0.39', value: 'a' }],
      [{ objectIdentifier: '2.999.1', value: 'a' }],
    ],
    failing: ['', '2', '3.1', '2.5.', '2.05.4', '1.40', '0.99.1', '1.99.1', 'OU'].map((objectIdentifier) => [
      { objectIdentifier, value: 'a' },
    ]),
    message: 'must be a dotted object identifier, such as 2.5.4.11',
  },
  {
    path: 'validity.maxDuration',
    passing: ['1s', '90m', '2160h0m0s', '999999h999999m999999s'],
    failing: ['', '0s', '0h0m', '90d', '1.5h', '-1h', '1m1h', '1000000h', '100ms', '1H'],
    message: lifetime,
  },
  {
    path: 'validity.minDuration',
    passing: ['1h'],
    failing: ['', '0s', '1d', '1h 1m'],
    message: lifetime,
  },
  {
    path: 'patience.duration',
    passing: ['1s', '24h'],
    failing: ['0s', '1d', '1h 1m'],
    message: lifetime,
  },
  {
    path: 'validity.backdate',
    passing: ['0s', '5m', '24h', '1h30m'],
    failing: ['1d', '24h1s', '-5m', '5M'],
    message: 'must be a duration in hours, minutes and seconds of at most 24h, such as 5m',
  },
  {
    path: 'validity',
    passing: [
      { minDuration: '1h', maxDuration: '1h' },
      { minDuration: '90m', maxDuration: '2h' },
      { minDuration: '999999h' },
      { maxDuration: '1s' },
    ],
    failing: [{ minDuration: '61m', maxDuration: '1h' }],
    message: 'minDuration must not exceed maxDuration',
  },
  {
    path: 'credentials',
    passing: [
      { secretRef: { name: 'key' } },
      { rrsa: {} },
      { serviceAccountRef: { name: 'pca', roleArn } },
      { ecsRole: {} },
      { assumeRole: { secretRef: { name: 'key' }, roleArn } },
      { secretRef: { name: 'key' }, assumeRole: { roleArn } },
      { rrsa: {}, assumeRole: { roleArn } },
      { serviceAccountRef: { name: 'pca', roleArn }, assumeRole: { roleArn } },
      { ecsRole: { name: 'node' }, assumeRole: { roleArn } },
    ],
    failing: [
      {},
      { assumeRole: { roleArn } },
      { secretRef: { name: 'key' }, rrsa: {} },
      { serviceAccountRef: { name: 'pca', roleArn }, ecsRole: {} },
      { rrsa: {}, assumeRole: { secretRef: { name: 'key' }, roleArn } },
      { secretRef: { name: 'key' }, assumeRole: { secretRef: { name: 'key' }, roleArn } },
      { secretRef: { name: 'key' }, rrsa: {}, assumeRole: { secretRef: { name: 'key' }, roleArn } },
    ],
    message: 'must hold exactly one source: secretRef, rrsa, serviceAccountRef, ecsRole or assumeRole.secretRef',
  },
  {
    path: 'credentials',
    passing: [
      { secretRef: { name: 'key' }, assumeRole: { roleArn, durationSeconds: 43_200 } },
      { assumeRole: { secretRef: { name: 'key' }, roleArn, durationSeconds: 43_200 } },
      { rrsa: { durationSeconds: 43_200 }, assumeRole: { roleArn, durationSeconds: 3_600 } },
      { ecsRole: {}, assumeRole: { roleArn } },
    ],
    failing: [
      { rrsa: {}, assumeRole: { roleArn, durationSeconds: 3_601 } },
      { ecsRole: {}, assumeRole: { roleArn, durationSeconds: 43_200 } },
      { serviceAccountRef: { name: 'pca', roleArn }, assumeRole: { roleArn, durationSeconds: 3_601 } },
    ],
    message:
      'assumeRole.durationSeconds must be at most 3600 on top of another role: rrsa, serviceAccountRef or ecsRole',
  },
  {
    path: 'credentials.serviceAccountRef.name',
    passing: ['pca', 'a.b-c.d1'],
    failing: ['', 'Pca', 'a_b', '-a', 'a.', 'ns/pca'],
    message: 'must be the name of a ServiceAccount: lower-case letters, digits, - and .',
  },
  {
    path: 'credentials.serviceAccountRef.audience',
    passing: ['sts.aliyuncs.com', 'pca', 'https://pca.example/a_b:1'],
    failing: ['', 'a b', '.a', 'a,b'],
    message: 'must be a client ID of the OIDC provider: letters, digits and . _ : / -',
  },
  {
    path: 'credentials.serviceAccountRef.audience',
    passing: ['kubernetes-pca', 'sts.aliyuncs.com'],
    failing: ['kubernetes', 'https://kubernetes.default.svc', 'https://kubernetes.default.svc.cluster.local:443'],
    message: 'must not be an audience of the API server, which would make the token one for the cluster',
  },
  {
    path: 'credentials.ecsRole.name',
    passing: ['node', 'KubernetesWorkerRole-1.a_b'],
    failing: ['', '..', 'a/b', 'acs:ram::1:role/node', 'a b'],
    message: 'must be the name of a RAM role, not its ARN: letters, digits, ., - and _',
  },
  ...['credentials.secretRef', 'credentials.assumeRole.secretRef'].flatMap((path): readonly RuleRow[] => [
    {
      path: `${path}.name`,
      passing: ['key', 'a.b-c.d1'],
      failing: ['', 'Key', 'a_b', '-a', 'a.', 'ns/key'],
      message: 'must be the name of a Secret: lower-case letters, digits, - and .',
    },
    ...['accessKeyId', 'accessKeySecret', 'securityToken'].map((name) => ({
      path: `${path}.keys.${name}`,
      passing: ['AK', 'access-key.id_1'],
      failing: ['', 'a b', 'a/b'],
      message: secretKey,
    })),
  ]),
  ...['credentials.rrsa', 'credentials.serviceAccountRef', 'credentials.assumeRole'].flatMap(
    (path): readonly RuleRow[] => [
      {
        path: `${path}.roleArn`,
        passing: ['acs:ram::1234567890123456:role/pca-issuer', 'acs:ram::1:role/a/b.c_d'],
        failing: ['', 'pca-issuer', 'acs:ram::1:user/a', 'acs:ram:::role/a', 'acs:ram::1:role/', 'acs:ram::1:role/a b'],
        message: 'must be the ARN of a RAM role, such as acs:ram::1234567890123456:role/pca-issuer',
      },
      {
        path: `${path}.sessionName`,
        passing: ['ab', 'pca@cluster-1.a_b'],
        failing: ['', 'a', 'a b', 'a/b'],
        message: 'must have 2 to 64 letters, digits, ., @, - and _',
      },
      {
        path: `${path}.policy`,
        passing: ['{"Version":"1","Statement":[]}', '\n {\n"Statement": []}'],
        failing: ['', '[]', '{}', 'Statement'],
        message: 'must be a RAM policy in JSON, with a Statement',
      },
    ],
  ),
  ...trustRows,
  ...['rrsa', 'serviceAccountRef'].map((source) => ({
    path: `credentials.${source}.oidcProviderArn`,
    passing: ['acs:ram::1234567890123456:oidc-provider/ack-rrsa-c1'],
    failing: ['', 'ack-rrsa-c1', 'acs:ram::1:role/a', 'acs:ram::1:oidc-provider/'],
    message: 'must be the ARN of an OIDC provider, such as acs:ram::1234567890123456:oidc-provider/ack-rrsa-c1',
  })),
  {
    path: 'credentials.assumeRole.externalId',
    passing: ['ab', 'team=a,b.c@d:e/f+g-h_i'],
    failing: ['', 'a', 'a b', 'a*b'],
    message: 'must have at least 2 letters, digits and _ = , . @ : / + -',
  },
  ...operationBlocks.map(([block, operation]) => ({
    path: block,
    at: 'spec',
    beside: {
      operation: operation === 'CreateCustomCertificate' ? 'CreateWHClientCertificate' : 'CreateCustomCertificate',
    },
    passing: [],
    failing: [{}],
    message: `${block} is for operation ${operation} only; remove it or choose that operation`,
  })),
  ...operationBlocks
    .filter(([block]) => block.endsWith('WithCsr') || block === 'createWHClientCertificate')
    .map(([block, operation]) => ({
      path: `${block}.subjectDefaults.country`,
      beside: { operation },
      passing: ['CN'],
      failing: ['', 'C', 'cn', 'C1'],
      message: countryCode,
    })),
  ...operationBlocks
    .filter(([block]) => block.endsWith('WithCsr'))
    .map(([block, operation]) => ({
      path: `${block}.resourceGroupId`,
      beside: { operation },
      passing: ['rg-acfmxazb4ph6aiy'],
      failing: ['', 'acfm', 'rg-', 'rg-a b'],
      message: resourceGroup,
    })),
];
