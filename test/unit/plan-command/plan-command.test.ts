// The command from arguments and files to exit code and output, with nothing replaced but files and clock.
import { describe, expect, it } from 'vitest';
import { callerIdentifier } from '../../../src/issuing/plan.ts';
import { encoded, makeCsr } from '../../support/certificates.ts';
import { clusterUid, requestUid } from '../../support/issuing.ts';
import { runWith } from '../../support/plan-command.ts';

const group = 'pca.alibabacloud.com';
const csr = await makeCsr('RSA-2048', {
  subject: [{ O: ['Example'] }, { CN: ['web.shop.svc'] }],
  names: [{ kind: 'dns', value: 'web.shop.svc' }],
});

const manifest = (...objects: readonly object[]): string => objects.map((each) => JSON.stringify(each)).join('\n---\n');
const issuer = manifest({
  apiVersion: `${group}/v1alpha1`,
  kind: 'AlibabaPCAIssuer',
  metadata: { name: 'pca', namespace: 'shop' },
  spec: {
    parentIdentifier: '1ef1da5f-38ed-69b3-8c52-037781890265',
    validity: { backdate: '5m', maxDuration: '2160h' },
    credentials: { secretRef: { name: 'pca-access-key' } },
  },
});
const issuerRef = { group, kind: 'AlibabaPCAIssuer', name: 'pca' };
const certificate = (spec: object, metadata: object = { name: 'web', namespace: 'shop' }) => ({
  apiVersion: 'cert-manager.io/v1',
  kind: 'Certificate',
  metadata,
  spec: { secretName: 'web-tls', privateKey: { algorithm: 'ECDSA', rotationPolicy: 'Always' }, issuerRef, ...spec },
});
const certificateRequest = (spec: object) => ({
  apiVersion: 'cert-manager.io/v1',
  kind: 'CertificateRequest',
  metadata: { name: 'web-1', namespace: 'shop', uid: requestUid },
  spec: { request: encoded(csr), issuerRef, username: 'someone', ...spec },
});

const assumedCA = (family: string) => [
  'The CA is an active private subordinate CA with certificates left and no CertMaxTime.',
  `The CA's key is ${family}, as the request's (--ca-key-family).`,
  'The CA is valid already, long enough for any backdate (--ca-not-before).',
  'The CA ends in 100 years, at 2126-11-23T10:00:00Z (--ca-not-after).',
];
const madeUp =
  "No issuer was given: operation CreateCustomCertificate, all else as the CRD's defaults (-f, --operation).";

const parsed = (out: string): unknown => JSON.parse(out);
const withoutCsr = (out: string): unknown =>
  parsed(
    out
      .replaceAll(/-----BEGIN CERTIFICATE REQUEST-----[A-Za-z0-9+/=\\]*-----END [A-Z ]*-----\\n/g, '(CSR)')
      .replaceAll(/"-----BEGIN[^"]*"/g, '"(CSR)"'),
  );

describe('plan', () => {
  it('says for a Certificate and its issuer what PCA is asked and what comes of it', async () => {
    const files = {
      'certificate.yaml': manifest(certificate({ dnsNames: ['web.shop.svc'], usages: ['server auth'] })),
      'issuer.yaml': issuer,
    };
    const { code, out, err } = await runWith(files, ['-o', 'json']);
    expect([code, withoutCsr(out), err]).toEqual([
      0,
      {
        requests: [
          {
            source: 'certificate.yaml',
            kind: 'Certificate',
            namespace: 'shop',
            name: 'web',
            issuer: { kind: 'AlibabaPCAIssuer', namespace: 'shop', name: 'pca', source: 'issuer.yaml' },
            outcome: 'planned',
            call: {
              action: 'CreateCustomCertificate',
              version: '2020-06-30',
              parameters: {
                ParentIdentifier: '1ef1da5f-38ed-69b3-8c52-037781890265',
                Csr: '(CSR)',
                Validity: '2026-11-23T09:55:00Z/2027-02-21T09:55:00Z',
                Immediately: '2',
                customIdentifier: "<derived from the cluster's and the request's UID>",
                'ApiPassthrough.Extensions.ExtendedKeyUsages.1': 'serverAuth',
                'ApiPassthrough.Extensions.SubjectAlternativeNames.1.Type': 'dNSName',
                'ApiPassthrough.Extensions.SubjectAlternativeNames.1.Value': 'web.shop.svc',
                'ApiPassthrough.Extensions.Criticals.1': 'SubjectAlternativeNames',
              },
            },
            certificate: {
              subject: '(empty)',
              names: ['DNS web.shop.svc'],
              usages: ['server auth'],
              isCA: false,
              notBefore: '2026-11-23T09:55:00Z',
              notAfter: '2027-02-21T09:55:00Z',
              lifetime: '2160h0m0s',
            },
            assumptions: [
              "The CSR is signed with a throw-away ECDSA P-256 key; cert-manager's has another key, all else is the same.",
              ...assumedCA('ECC'),
            ],
          },
        ],
      },
      '',
    ]);
  });

  it('says for a CertificateRequest of a known cluster the identifier that the controller would use', async () => {
    const { code, out } = await runWith({ 'request.yaml': manifest(certificateRequest({ duration: '896h' })) }, [
      '--output=json',
      `--cluster-uid=${clusterUid}`,
      '--ca-key-family=RSA',
      '--ca-not-before=2026-11-23T12:00:00+02:00',
      '--ca-not-after=2027-12-31T00:00:00Z',
    ]);
    expect([code, parsed(out)]).toEqual([
      0,
      {
        requests: [
          {
            source: 'request.yaml',
            kind: 'CertificateRequest',
            namespace: 'shop',
            name: 'web-1',
            issuer: { kind: 'AlibabaPCAIssuer', namespace: 'shop', name: 'pca' },
            outcome: 'planned',
            call: {
              action: 'CreateCustomCertificate',
              version: '2020-06-30',
              parameters: {
                ParentIdentifier: '<parentIdentifier>',
                Csr: csr,
                Validity: '2026-11-23T10:00:00Z/2026-12-30T18:00:00Z',
                Immediately: '2',
                customIdentifier: callerIdentifier(clusterUid, requestUid),
                'ApiPassthrough.Extensions.KeyUsage.DigitalSignature': 'true',
                'ApiPassthrough.Extensions.KeyUsage.KeyEncipherment': 'true',
                'ApiPassthrough.Extensions.SubjectAlternativeNames.1.Type': 'dNSName',
                'ApiPassthrough.Extensions.SubjectAlternativeNames.1.Value': 'web.shop.svc',
              },
            },
            certificate: {
              subject: 'O=Example, CN=web.shop.svc',
              names: ['DNS web.shop.svc'],
              usages: ['digital signature', 'key encipherment'],
              isCA: false,
              notBefore: '2026-11-23T10:00:00Z',
              notAfter: '2026-12-30T18:00:00Z',
              lifetime: '896h0m0s',
            },
            assumptions: [madeUp, assumedCA('')[0]],
          },
        ],
      },
    ]);
  });

  it('refuses in the words of the controller, and plans the rest of the file', async () => {
    const files = {
      '-': manifest({
        apiVersion: 'v1',
        kind: 'List',
        items: [certificate({ commonName: 'ca', isCA: true }), certificateRequest({ duration: '1h' })],
      }),
    };
    const { code, out } = await runWith(files, ['-o', 'json']);
    const { requests } = parsed(out) as { readonly requests: readonly { readonly outcome: string }[] };
    expect([code, requests.map(({ outcome }) => outcome), requests[0]]).toEqual([
      3,
      ['refused', 'planned'],
      {
        source: 'standard input, item 1',
        kind: 'Certificate',
        namespace: 'shop',
        name: 'web',
        issuer: { kind: 'AlibabaPCAIssuer', namespace: 'shop', name: 'pca' },
        outcome: 'refused',
        refusal: {
          reason: 'CANotSupported',
          field: 'spec.isCA',
          message:
            'spec.isCA: CreateCustomCertificate cannot issue certificates of CAs (isCA: true). Ask for a certificate without isCA, or create the CA in PCA itself.',
        },
        assumptions: [
          madeUp,
          "The CSR is signed with a throw-away ECDSA P-256 key; cert-manager's has another key, all else is the same.",
          ...assumedCA('ECC'),
        ],
      },
    ]);
  });

  it('reads a Kubernetes CSR with the annotations of cert-manager', async () => {
    const signing = (signerName: string, metadata: object = {}) =>
      manifest({
        apiVersion: 'certificates.k8s.io/v1',
        kind: 'CertificateSigningRequest',
        metadata: { name: 'web', ...metadata },
        spec: { request: encoded(csr), signerName, usages: ['client auth'], expirationSeconds: 3333 },
      });
    const annotations = { 'experimental.cert-manager.io/request-duration': '896h' };
    const seen = async (text: string) => {
      const { requests } = parsed((await runWith({ a: text }, ['-o', 'json'])).out) as {
        readonly requests: readonly { readonly issuer: object; readonly certificate: { readonly lifetime: string } }[];
      };
      return requests.map((each) => [each.issuer, each.certificate.lifetime]);
    };
    expect([
      await seen(signing(`alibabapcaclusterissuers.${group}/pca.v1`)),
      await seen(signing(`alibabapcaissuers.${group}/shop.pca.v1`, { annotations })),
    ]).toEqual([
      [[{ kind: 'AlibabaPCAClusterIssuer', name: 'pca.v1' }, '55m33s']],
      [[{ kind: 'AlibabaPCAIssuer', namespace: 'shop', name: 'pca.v1' }, '896h0m0s']],
    ]);
    const ca = signing(`alibabapcaclusterissuers.${group}/pca`, {
      annotations: { 'experimental.cert-manager.io/request-is-ca': 'true' },
    });
    expect((await runWith({ a: ca })).code).toBe(3);
    expect(await runWith({ a: signing('kubernetes.io/kubelet-serving') })).toMatchObject({
      code: 2,
      err: expect.stringContaining(
        'note: a: signerName kubernetes.io/kubelet-serving is none of our issuers.',
      ) as string,
    });
  });

  it('shows a bare CSR as a table', async () => {
    const files = { 'web.csr': csr, 'issuer.yaml': issuer };
    const flags = ['--usages', 'digital signature, server auth', '--duration=720h'];
    expect(await runWith(files, flags)).toEqual({
      code: 0,
      out: `CSR (web.csr)
  Issuer   AlibabaPCAIssuer shop/pca (issuer.yaml)
  Outcome  planned
  Call: CreateCustomCertificate, version 2020-06-30
    ParentIdentifier                                           1ef1da5f-38ed-69b3-8c52-037781890265
    Csr                                                        -----BEGIN CERTIFICATE REQUEST----- … (${csr.length} characters)
    Validity                                                   2026-11-23T09:55:00Z/2026-12-23T09:55:00Z
    Immediately                                                2
    customIdentifier                                           <derived from the cluster's and the request's UID>
    ApiPassthrough.Extensions.KeyUsage.DigitalSignature        true
    ApiPassthrough.Extensions.ExtendedKeyUsages.1              serverAuth
    ApiPassthrough.Extensions.SubjectAlternativeNames.1.Type   dNSName
    ApiPassthrough.Extensions.SubjectAlternativeNames.1.Value  web.shop.svc
  Certificate
    Subject  O=Example, CN=web.shop.svc
    Names    DNS web.shop.svc
    Usages   digital signature, server auth
    CA       no
    Valid    2026-11-23T09:55:00Z to 2026-12-23T09:55:00Z (720h0m0s)
  Assumed
    - The CA is an active private subordinate CA with certificates left and no CertMaxTime.
    - The CA's key is RSA, as the request's (--ca-key-family).
    - The CA is valid already, long enough for any backdate (--ca-not-before).
    - The CA ends in 100 years, at 2126-11-23T10:00:00Z (--ca-not-after).

1 planned, 0 refused.
`,
      err: '',
    });
  });

  it('writes YAML in which no text turns into a date, and whole CSRs', async () => {
    const { code, out } = await runWith({ 'web.csr': csr }, ['-o', 'yaml', '--usages=foo']);
    expect([code, out]).toEqual([
      3,
      `requests:
  - source: web.csr
    kind: CSR
    outcome: refused
    refusal:
      reason: UnknownUsage
      field: spec.usages
      message: 'spec.usages: unknown usage "foo". Use the usages that cert-manager documents, such as "server auth".'
    assumptions:
      - "${madeUp}"
`,
    ]);
    const planned = await runWith({ 'web.csr': csr }, ['-o', 'yaml']);
    expect(planned.out).toContain('version: "2020-06-30"');
    expect(planned.out).toContain(`Csr: |\n          ${csr.trimEnd().replaceAll('\n', '\n          ')}\n`);
  });

  it('explains itself', async () => {
    const { code, out } = await runWith({}, ['--help']);
    expect([code, out.split('\n')[0], out.trimEnd().split('\n').at(-1)]).toEqual([
      0,
      'alibaba-pca-issuer plan: show the call to PCA that a request would lead to, or why it is refused',
      'Exit codes: 0 every request was planned; 3 at least one is refused; 2 wrong usage or unreadable input.',
    ]);
  });
});

const request = manifest(certificateRequest({}));
const noRequest =
  'The files hold no request to plan. Give a Certificate, a CertificateRequest, a CertificateSigningRequest or a CSR in PEM.';

describe('plan ends with 2 and says what to do', () => {
  it.each<[string, Readonly<Record<string, string>>, readonly string[], readonly string[]]>([
    ['no file', {}, [], ['No file is given. Name one with -f, or - for standard input.']],
    ['standard input twice', { '-': request }, ['-f', '-'], ['Standard input can be read once. Give -f - once.']],
    [
      'an unknown flag',
      { a: request },
      ['--nonsense'],
      ['Unknown option \'--nonsense\'. Run "alibaba-pca-issuer plan --help" for the list of flags.'],
    ],
    ['an unknown form', { a: request }, ['-o', 'xml'], ['--output is "xml" but must be one of table, json, yaml.']],
    [
      'an unknown family',
      { a: request },
      ['--ca-key-family=SM2'],
      ['--ca-key-family is "SM2" but must be one of RSA, ECC.'],
    ],
    [
      'no moment',
      { a: request },
      ['--now=tomorrow'],
      ['--now is "tomorrow" but must be a moment such as 2027-01-31T09:30:00Z.'],
    ],
    [
      'a day that does not exist',
      { a: request },
      ['--ca-not-after=2027-13-01T00:00:00Z'],
      ['--ca-not-after is "2027-13-01T00:00:00Z" but must be a moment such as 2027-01-31T09:30:00Z.'],
    ],
    [
      'a missing file',
      { a: request },
      ['-f', 'b'],
      ["b cannot be read (ENOENT: no such file or directory, open 'b'). Check the name and the rights."],
    ],
    [
      'broken YAML',
      { a: 'kind: [' },
      [],
      [
        'a is neither YAML nor a CSR in PEM: Flow sequence in block collection must be sufficiently indented and end with a ] at line 1, column 8. Correct it, or give another file.',
      ],
    ],
    ['text', { a: 'hello' }, [], ['a holds no Kubernetes object. Give a manifest or a CSR in PEM.']],
    [
      'an object without a kind',
      { a: '{}\n---\n' },
      [],
      ['a, document 1 has no kind. Give a Kubernetes object or a CSR in PEM.'],
    ],
    ['nothing to plan', { a: issuer }, [], [noRequest]],
    ['an empty file', { a: '' }, [], [noRequest]],
    [
      'flags for a bare CSR without one',
      { a: request },
      ['--is-ca'],
      ['--duration, --usages and --is-ca are about a CSR in PEM, and no file is one. Change the document instead.'],
    ],
    [
      'an operation besides an issuer',
      { a: request, b: issuer },
      ['--operation=CreateCustomCertificate'],
      ["--operation is for plans without an issuer. Leave it out, or change the issuer's spec.operation."],
    ],
    [
      'an unknown operation',
      { a: request },
      ['--operation=Sign'],
      ['--operation must be one of CreateCustomCertificate, but is "Sign".'],
    ],
    [
      'a reference to an issuer that is not there',
      { a: manifest(certificateRequest({ issuerRef: { ...issuerRef, name: 'other' } })), b: issuer },
      [],
      [
        'a: the request is for AlibabaPCAIssuer "shop/other", which is in none of the files. Add it with -f, correct the reference, or give no issuer at all.',
      ],
    ],
    [
      'a bare CSR and two issuers',
      { a: csr, b: issuer, c: issuer.replace('"shop"', '"bank"') },
      [],
      ['a: a CSR in PEM names no issuer, and several are given. Give only the one that is meant.'],
    ],
    [
      'the same issuer twice',
      { a: csr, b: issuer, c: issuer },
      [],
      ['c: AlibabaPCAIssuer "shop/pca" is given twice. Keep one.'],
    ],
    [
      'a group that was forgotten',
      { a: manifest(certificate({ commonName: 'a', issuerRef: { kind: 'AlibabaPCAIssuer', name: 'pca' } })) },
      [],
      [
        'a: Certificate web: spec.issuerRef.group is "", so the operator would not look at it. Set it to pca.alibabacloud.com.',
      ],
    ],
    [
      'a kind that we do not have',
      { a: manifest(certificate({ commonName: 'a', issuerRef: { group, name: 'pca' } })) },
      [],
      ['a: Certificate web: spec.issuerRef.kind is "(none)". Set it to AlibabaPCAIssuer or AlibabaPCAClusterIssuer.'],
    ],
    [
      'a Certificate that cert-manager would not accept',
      { a: manifest(certificate({}), certificate({ dnsNames: 'a', isCA: 'no' })) },
      [],
      [
        'a, document 1: Certificate web: spec has neither a commonName nor an alternative name, and cert-manager asks for one. Set dnsNames, ipAddresses, uris, emailAddresses, otherNames or commonName.',
        'a, document 2: Certificate web: spec.dnsNames must be a list, but is a text.',
        'a, document 2: Certificate web: spec.isCA must be true or false, but is a text.',
      ],
    ],
    [
      'an issuer that the API server would not accept',
      {
        a: csr,
        b: issuer.replace('"backdate"', '"backDate"'),
        c: issuer.replace('v1alpha1', 'v1'),
        d: issuer.replace('"name":"pca",', ''),
      },
      [],
      [
        'b: AlibabaPCAIssuer "shop/pca": spec.validity.backDate is no field of an issuer. Correct or remove it.',
        'c: apiVersion is "pca.alibabacloud.com/v1". Change it to pca.alibabacloud.com/v1alpha1.',
        'd: metadata.name is required.',
      ],
    ],
    [
      'a CA that has ended',
      { a: csr },
      ['--ca-not-after=2026-01-01T00:00:00Z'],
      [
        'a: CA "<parentIdentifier>" expired at 2026-01-01T00:00:00Z. Renew it in PCA, or set spec.parentIdentifier to another CA. Requests would wait; change the flags about the CA.',
      ],
    ],
  ])('%s', async (_what, files, argv, messages) => {
    const { code, out, err } = await runWith(files, argv);
    const expected = messages.map((message) => `alibaba-pca-issuer plan: ${message}\n`).join('');
    expect([code, out, err]).toEqual([2, '', expected]);
  });

  it('an endless YAML', async () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from('bcdefgh')
      .map((name, index) => {
        const before = 'abcdefgh'[index] ?? 'a';
        return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join()}]\n`;
      })
      .join('')}`;
    const deep = '['.repeat(20_000);
    expect([(await runWith({ a: bomb })).code, (await runWith({ a: deep })).code]).toEqual([2, 2]);
  });
});

describe('plan leaves out what is not for us', () => {
  it('and says so, also for fields that may be misspelt', async () => {
    const foreign = certificate({ issuerRef: { name: 'letsencrypt', kind: 'ClusterIssuer' } });
    const misspelt = certificate({ commonName: 'a\u001B[31m', dnsname: ['b'] }, {});
    const { code, err, out } = await runWith({ a: manifest({ apiVersion: 'v1', kind: 'Secret' }, foreign, misspelt) });
    expect([code, err]).toEqual([
      0,
      [
        'note: a, document 1: Secret (v1) is nothing to plan. It is skipped.\n',
        'note: a, document 2: Certificate web is for another issuer (ClusterIssuer letsencrypt). It is skipped.\n',
        'note: a, document 3: Certificate (without a name): spec.dnsname is not known here and makes no difference. Is it misspelt?\n',
      ].join(''),
    ]);
    expect(out).toContain('Certificate default (a, document 3)\n');
    expect(out).toContain('Subject  CN=a\\u001b[31m\n');
  });
});
