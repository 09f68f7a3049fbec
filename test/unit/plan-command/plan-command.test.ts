// The command from arguments and files to exit code and output, with nothing replaced but files and clock.
import { describe, expect, it } from 'vitest';
import { callerIdentifier } from '../../../src/issuing/plan.ts';
import { encoded } from '../../support/certificates.ts';
import { clusterUid, requestUid } from '../../support/issuing.ts';
import { runWith } from '../../support/plan-command.ts';
import { certificate, certificateRequest, csr, group, issuer, manifest } from '../../support/plan-inputs.ts';

const assumedCA = (family: string) => [
  'The CA is an active private subordinate CA with certificates left and no CertMaxTime.',
  `The CA's key is ${family}, like the request's (--ca-key-family).`,
  'The CA is valid already, long enough for any backdate (--ca-not-before).',
  'The CA ends in 100 years, at 2126-11-23T10:00:00Z (--ca-not-after).',
];
const madeUp =
  "No issuer was given: operation CreateCustomCertificate, everything else as the CRD's defaults (-f, --operation).";

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
              notices: [],
            },
            assumptions: [
              "The CSR is signed with a throw-away ECDSA P-256 key; cert-manager's CSR has another key and is otherwise the same.",
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
              notices: [],
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
            "spec.isCA: CreateCustomCertificate cannot issue CA certificates (isCA: true). Ask for a certificate without isCA, or ask the issuer's owner to set spec.externalCA, which needs instances bought in PCA.",
        },
        assumptions: [
          madeUp,
          "The CSR is signed with a throw-away ECDSA P-256 key; cert-manager's CSR has another key and is otherwise the same.",
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
        'note: a: signerName kubernetes.io/kubelet-serving is not one of our issuers.',
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
    - The CA's key is RSA, like the request's (--ca-key-family).
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
      message: 'spec.usages: unknown usage "foo". Use the usages that cert-manager documents, such as "server auth", or upgrade the operator if cert-manager is newer.'
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
      'Shows the call to PCA that a request would cause, or why it is refused.',
      '  3  at least one request is refused, or an issuer cannot be used',
    ]);
  });
});
