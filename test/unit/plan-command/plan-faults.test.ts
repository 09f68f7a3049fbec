// Input that the command cannot plan: each fault with its message, and documents that it skips.
import { webcrypto } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { runWith } from '../../support/plan-command.ts';
import { certificate, certificateRequest, csr, group, issuer, issuerRef, manifest } from '../../support/plan-inputs.ts';

const request = manifest(certificateRequest({}));
const noRequest =
  'The files hold no request to plan. Give a Certificate, a CertificateRequest, a CertificateSigningRequest or a CSR in PEM.';

describe('plan ends with 2 and says what to do', () => {
  it.each<[string, Readonly<Record<string, string>>, readonly string[], readonly string[]]>([
    ['no file', {}, [], ['No file is given with -f, and no cluster can be read. There is no cluster.']],
    ['standard input twice', { '-': request }, ['-f', '-'], ['Standard input can be read only once. Give -f - once.']],
    [
      'an unknown flag',
      { a: request },
      ['--nonsense'],
      ["Unknown option '--nonsense'. See alibaba-pca-issuer plan --help."],
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
      ['--now is "tomorrow" but must be a time such as 2027-01-31T09:30:00Z.'],
    ],
    [
      'a day that does not exist',
      { a: request },
      ['--ca-not-after=2027-13-01T00:00:00Z'],
      ['--ca-not-after is "2027-13-01T00:00:00Z" but must be a time such as 2027-01-31T09:30:00Z.'],
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
      [
        '--duration, --usages and --is-ca apply only to a CSR in PEM, and no file holds one. Change the document instead.',
      ],
    ],
    [
      'an operation besides an issuer',
      { a: request, b: issuer },
      ['--operation=CreateCustomCertificate'],
      ["--operation applies only to plans without an issuer. Leave it out, or change the issuer's spec.operation."],
    ],
    [
      'an unknown operation',
      { a: request },
      ['--operation=Sign'],
      [
        '--operation must be one of CreateCustomCertificate, CreateCertificateWithExtension, CreateServerCertificateWithCsr, CreateClientCertificateWithCsr, CreateWHClientCertificate, but is "Sign".',
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

describe('what cannot be planned is refused among others, with 3', () => {
  const web = manifest(certificate({ dnsNames: ['web.example.com'] }));
  const named = (name: string, spec: object, namespace = 'shop') => certificate(spec, { name, namespace });
  const dnsNames = ['a.example.com'];
  const noNames =
    'spec has neither a commonName nor an alternative name, and cert-manager asks for one. Set dnsNames, ipAddresses, uris, emailAddresses, otherNames or commonName.';
  const misspelt =
    'a: AlibabaPCAIssuer "bank/pca": spec.validity.backDate is not a field of an issuer. Correct or remove it.';
  it.each<[string, Readonly<Record<string, string>>, readonly (readonly [string | undefined, string])[], string?]>([
    [
      'a reference to an issuer that is not there',
      { a: manifest(named('lost', { dnsNames, issuerRef: { ...issuerRef, name: 'other' } })) },
      [
        [
          'lost',
          'the request is for AlibabaPCAIssuer "shop/other", which is in none of the files. Add it with -f, correct the reference, or give no issuer at all.',
        ],
      ],
    ],
    [
      'a reference to a kind that does not exist',
      { a: manifest(named('lost', { dnsNames, issuerRef: { ...issuerRef, kind: 'PCA' } })) },
      [['lost', 'spec.issuerRef.kind is "PCA". Set it to AlibabaPCAIssuer or AlibabaPCAClusterIssuer.']],
    ],
    [
      'a kind that was forgotten',
      { a: manifest(named('lost', { dnsNames, issuerRef: { group, name: 'pca' } })) },
      [['lost', 'spec.issuerRef.kind is "(none)". Set it to AlibabaPCAIssuer or AlibabaPCAClusterIssuer.']],
    ],
    [
      'a group that was forgotten',
      { a: manifest(named('lost', { dnsNames, issuerRef: { kind: 'AlibabaPCAIssuer', name: 'pca' } })) },
      [['lost', 'spec.issuerRef.group is "", so the operator would ignore it. Set it to pca.alibabacloud.com.']],
    ],
    [
      'Certificates that cert-manager would not accept',
      { a: manifest(named('lost', {}), named('odd', { dnsNames: 'a', isCA: 'no' })) },
      [
        ['lost', noNames],
        ['odd', 'spec.dnsNames must be a list, but is a string. spec.isCA must be true or false, but is a string.'],
      ],
    ],
    [
      'an issuer with a fault, and a Certificate for it',
      {
        a: issuer.replace('"shop"', '"bank"').replace('"backdate"', '"backDate"'),
        b: manifest(named('lost', { dnsNames }, 'bank')),
      },
      [['lost', `The issuer cannot be used. ${misspelt}`]],
      misspelt,
    ],
    [
      'a bare CSR and two issuers',
      { a: csr, b: issuer.replace('"shop"', '"bank"') },
      [[undefined, 'a CSR in PEM names no issuer, and several are given. Give only the one to plan with.']],
    ],
  ])('%s', async (_, files, refused, fault) => {
    const { code, out, err } = await runWith({ ...files, web, issuer }, ['-o', 'json']);
    const { requests } = JSON.parse(out) as {
      readonly requests: readonly { name?: string; outcome: string; refusal?: { reason: string; message: string } }[];
    };
    expect([code, requests, err]).toEqual([
      3,
      [
        ...refused.map(([name, message]) =>
          expect.objectContaining({
            ...(name === undefined ? {} : { name }),
            outcome: 'refused',
            refusal: { reason: 'Unplannable', message },
          }),
        ),
        expect.objectContaining({ name: 'web', outcome: 'planned' }),
      ],
      fault === undefined ? '' : `alibaba-pca-issuer plan: ${fault}\n`,
    ]);
  });

  it('for people with its reason and what to do', async () => {
    const { out } = await runWith({ a: manifest(named('lost', {})), web, issuer });
    expect(out).toContain(`Certificate shop/lost (a)
  Outcome  refused
  Refusal
    Reason   Unplannable
    Message  ${noNames}

`);
    expect(out.endsWith('1 planned, 1 refused.\n')).toBe(true);
  });

  it.each<[string, Readonly<Record<string, string>>, readonly string[], string]>([
    ['the same issuer twice', { b: issuer, c: issuer }, [], 'c: AlibabaPCAIssuer "shop/pca" is given twice. Keep one.'],
    [
      'an issuer with a wrong field',
      { b: issuer.replace('"backdate"', '"backDate"') },
      [],
      'b: AlibabaPCAIssuer "shop/pca": spec.validity.backDate is not a field of an issuer. Correct or remove it.',
    ],
    [
      'an issuer of another version',
      { c: issuer.replace('v1alpha1', 'v1') },
      [],
      'c: apiVersion is "pca.alibabacloud.com/v1". Change it to pca.alibabacloud.com/v1alpha1.',
    ],
    ['an issuer without a name', { d: issuer.replace('"name":"pca",', '') }, [], 'd: metadata.name is required.'],
  ])('a bare CSR with %s', async (_, files, argv, fault) => {
    const { code, out, err } = await runWith({ a: csr, ...files }, argv);
    expect([code, err]).toEqual([3, `alibaba-pca-issuer plan: ${fault}\n`]);
    expect(out).toContain(`Message  The issuer cannot be used. ${fault}\n`);
  });

  it('a bare CSR for a CA that has ended', async () => {
    const { code, out, err } = await runWith({ a: csr }, ['--ca-not-after=2026-01-01T00:00:00Z']);
    expect([code, err]).toEqual([3, '']);
    expect(out).toContain(
      'Message  CA "<parentIdentifier>" expired at 2026-01-01T00:00:00Z. Renew it in PCA, or set spec.parentIdentifier to another CA. Requests would wait; change the flags about the CA.\n',
    );
  });
});

describe('what cannot be read keeps nothing else from its plan', () => {
  it.each([
    ['a missing file', {}, ['-f', 'b'], /^alibaba-pca-issuer plan: b cannot be read \(ENOENT[^\n]*\n$/],
    ['broken YAML', { b: 'kind: [' }, [], /^alibaba-pca-issuer plan: b is neither YAML nor a CSR[^\n]*\n$/],
  ])('%s', async (_, files, argv, fault) => {
    const web = manifest(certificate({ dnsNames: ['web.example.com'] }));
    const { code, out, err } = await runWith({ web, issuer, ...files }, argv);
    expect([code, out.endsWith('1 planned, 0 refused.\n')]).toEqual([2, true]);
    expect(err).toMatch(fault);
  });
});

it('a key pair is made once for each kind and size', async () => {
  const made = vi.spyOn(webcrypto.subtle, 'generateKey');
  try {
    const of = (index: number, privateKey: object) =>
      certificate({ dnsNames: [`n${index}.example.com`], privateKey }, { name: `n${index}`, namespace: 'shop' });
    const kinds = [
      { algorithm: 'RSA' },
      { algorithm: 'RSA', size: 2048 },
      { algorithm: 'ECDSA' },
      { algorithm: 'ECDSA', size: 384 },
    ];
    const all = Array.from({ length: 20 }, (_, index) => of(index, kinds[index % kinds.length] ?? {}));
    const { code } = await runWith({ a: manifest(...all) });
    expect([code, made.mock.calls.length]).toEqual([0, 3]);
  } finally {
    made.mockRestore();
  }
});

describe('plan leaves out what is not for us', () => {
  it('and says so, also for fields that may be misspelt', async () => {
    const foreign = certificate({ issuerRef: { name: 'letsencrypt', kind: 'ClusterIssuer' } });
    const misspelt = certificate({ commonName: 'a\u001B[31m', dnsname: ['b'] }, {});
    const { code, err, out } = await runWith({ a: manifest({ apiVersion: 'v1', kind: 'Secret' }, foreign, misspelt) });
    expect([code, err]).toEqual([
      3,
      [
        'note: a, document 1: Secret (v1) cannot be planned. It is skipped.\n',
        'note: a, document 2: Certificate web is for another issuer (ClusterIssuer letsencrypt of group cert-manager.io; the group of ours is pca.alibabacloud.com). It is skipped.\n',
        'note: a, document 3: Certificate (without a name): spec.dnsname is unknown and has no effect. Check its spelling.\n',
      ].join(''),
    ]);
    expect(out).toContain('Certificate default (a, document 3)\n');
    expect(out).toContain('attribute CN of the subject has a control character');
    expect(out).not.toContain('\u001B');
  });
});
