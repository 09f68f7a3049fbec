// The CSR made of a Certificate, read back by the code that the controller reads requests with.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { admit } from '../../../src/crds/admission.ts';
import { showName } from '../../../src/issuing/x509/distinguished-name.ts';
import { certificateRequestOf, ThrowAwayKeys } from '../../../src/plan-command/certificate-request-of.ts';
import { certificateSpecSchema } from '../../../src/plan-command/certificate-schema.ts';
import type { CertificateSpec } from '../../../src/plan-command/certificate-schema.ts';
import { Pkcs10CertificateRequest } from '../../support/certificates.ts';
import { signingRequest } from '../../support/issuing.ts';

const keys = new ThrowAwayKeys();

function specOf(fields: Readonly<Record<string, unknown>>): CertificateSpec {
  const spec = { issuerRef: { name: 'pca' }, privateKey: { algorithm: 'ECDSA' }, ...fields };
  const admitted = admit(certificateSpecSchema, spec, 'spec');
  if (admitted.kind === 'rejected') throw new Error(admitted.faults.join(' '));
  return admitted.value;
}

async function csrOf(fields: Readonly<Record<string, unknown>>) {
  const spec = specOf(fields);
  const made = await certificateRequestOf(spec, keys);
  if (made.kind === 'unfit') throw new Error(made.fault);
  const { isCA, usages, duration } = spec;
  const request = signingRequest(made.pem, { isCA, usages, duration });
  return { key: made.key, subject: showName(request.csr.subject.attributes), request };
}

interface Reference {
  readonly spec: Readonly<Record<string, unknown>>;
  /** Hexadecimal DER of the subject. */
  readonly subject: string;
  /** Identifier, critical flag and value, as in `2.5.29.15 true 030205a0`. */
  readonly extensions: readonly string[];
  readonly signature: string;
}

// Made with pki.GenerateCSR and pki.EncodeCSR of cert-manager 1.21.2, built with Go 1.26.
const { requests: references } = JSON.parse(
  readFileSync(new URL('cert-manager-requests.json', import.meta.url), 'utf8'),
) as { readonly requests: readonly Reference[] };

describe("cert-manager's own requests", () => {
  it.each(references)('are met to the octet: $spec', { timeout: 60_000 }, async ({ spec, ...expected }) => {
    const made = await certificateRequestOf(specOf(spec), keys);
    const request = new Pkcs10CertificateRequest(made.kind === 'made' ? made.pem : '');
    const { name, hash } = request.signatureAlgorithm as { readonly name: string; readonly hash?: { name: string } };
    expect({
      subject: hex(request.subjectName.toArrayBuffer()),
      extensions: request.extensions.map(({ type, critical, value }) => `${type} ${critical} ${hex(value)}`),
      signature: [name, hash?.name].filter((part) => part !== undefined).join(' '),
    }).toEqual(expected);
  });
});

const hex = (octets: ArrayBuffer): string => Buffer.from(octets).toString('hex');

describe('the request of a Certificate', () => {
  it('has names in the order of cert-manager, whatever the order of the fields', async () => {
    const { subject, request } = await csrOf({
      uris: ['spiffe://cluster/ns/shop'],
      ipAddresses: ['10.0.0.1', '::ffff:10.0.0.2', 'FD00:0::1'],
      emailAddresses: ['a@example.com'],
      dnsNames: ['b.example', '*.a.example'],
      otherNames: [{ oid: '1.3.6.1.4.1.311.20.2.3', utf8Value: 'user@example.com' }],
    });
    expect([subject, request.csr.extensions.alternativeNames]).toEqual([
      '(empty)',
      {
        names: [
          { kind: 'dns', value: 'b.example' },
          { kind: 'dns', value: '*.a.example' },
          { kind: 'email', value: 'a@example.com' },
          { kind: 'ip', value: '10.0.0.1' },
          { kind: 'ip', value: '10.0.0.2' },
          { kind: 'ip', value: 'fd00::1' },
          { kind: 'uri', value: 'spiffe://cluster/ns/shop' },
        ],
        unsupported: ['otherName'],
      },
    ]);
  });

  it('has the subject of Go, with all values of a type in one relative name', async () => {
    const { request } = await csrOf({
      commonName: 'web*',
      subject: {
        serialNumber: '7',
        organizations: ['Zwei', 'A'],
        countries: ['CN'],
        provinces: ['浙江'],
        localities: ['Hangzhou'],
        organizationalUnits: ['Web'],
        streetAddresses: ['Wen San Lu 1'],
        postalCodes: ['310000'],
      },
    });
    expect(request.csr.subject.attributes.map(({ rdn, oid, value }) => `${rdn} ${oid} ${value}`)).toEqual([
      '0 2.5.4.6 CN',
      '1 2.5.4.8 浙江',
      '2 2.5.4.7 Hangzhou',
      '3 2.5.4.9 Wen San Lu 1',
      '4 2.5.4.17 310000',
      '5 2.5.4.10 A',
      '5 2.5.4.10 Zwei',
      '6 2.5.4.11 Web',
      '7 2.5.4.3 web*',
      '8 2.5.4.5 7',
    ]);
  });

  it('turns a literal subject around and reads its escapes', async () => {
    const { request } = await csrOf({ literalSubject: 'CN=a\\, b + OU=\\C3\\A4\\ , O=One,DC=example,1.2.3.4= x  y ' });
    expect(request.csr.subject.attributes.map(({ rdn, oid, value }) => `${rdn} ${oid} ${value}`)).toEqual([
      '0 1.2.3.4 x  y',
      '1 0.9.2342.19200300.100.1.25 example',
      '2 2.5.4.10 One',
      '3 2.5.4.11 ä ',
      '3 2.5.4.3 a, b',
    ]);
  });

  it('has the usages that are asked for, the usual ones, or none in it', async () => {
    const names = { dnsNames: ['a.example'] };
    const asked = await csrOf({
      ...names,
      usages: ['server auth', 'key agreement', 'digital signature', 'client auth'],
    });
    const usual = await csrOf(names);
    const none = await csrOf({ ...names, encodeUsagesInRequest: false });
    const ca = await csrOf({ commonName: 'ca', isCA: true, usages: ['crl sign'] });
    expect([asked, usual, none, ca].map(({ request: { usages, csr } }) => [usages, csr.extensions])).toMatchObject([
      [
        {
          keyUsages: ['digitalSignature', 'keyAgreement'],
          extendedKeyUsages: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'],
        },
        {
          keyUsages: ['digitalSignature', 'keyAgreement'],
          extendedKeyUsages: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'],
        },
      ],
      [{ keyUsages: ['digitalSignature', 'keyEncipherment'] }, { keyUsages: ['digitalSignature', 'keyEncipherment'] }],
      [{ keyUsages: ['digitalSignature', 'keyEncipherment'] }, { keyUsages: undefined, extendedKeyUsages: undefined }],
      [{ keyUsages: ['keyCertSign', 'cRLSign'] }, { keyUsages: ['keyCertSign', 'cRLSign'], isCA: undefined }],
    ]);
  });

  it('has name constraints where the Certificate has', async () => {
    const nameConstraints = {
      critical: true,
      permitted: { dnsDomains: ['.example'], ipRanges: ['10.1.2.3/9', 'fd00::/8'] },
      excluded: { emailAddresses: ['example.com'], uriDomains: ['.example.com'] },
    };
    const { request } = await csrOf({ commonName: 'ca', isCA: true, nameConstraints });
    expect(request.csr.extensions.hasNameConstraints).toBe(true);
    expect(request.csr.pem.length).toBeGreaterThan(
      (await csrOf({ commonName: 'ca', isCA: true })).request.csr.pem.length,
    );
  });

  it.each([
    [{}, 'RSA 2048', 'RSA 2048'],
    [{ algorithm: 'RSA', size: 3072 }, 'RSA 3072', 'RSA 3072'],
    [{ algorithm: 'ECDSA' }, 'ECDSA P-256', 'P-256'],
    [{ algorithm: 'ECDSA', size: 384 }, 'ECDSA P-384', 'P-384'],
    [{ algorithm: 'ECDSA', size: 521 }, 'ECDSA P-521', 'P-521'],
    [{ algorithm: 'Ed25519', size: 99 }, 'Ed25519', 'Ed25519'],
  ])('has the key that %j asks for', { timeout: 30_000 }, async (privateKey, key, name) => {
    const made = await csrOf({ commonName: 'a', privateKey });
    expect([made.key, made.request.csr.publicKey.name.replace('-bit', '')]).toEqual([key, name]);
  });

  it.each([
    [
      {},
      'spec has neither a commonName nor an alternative name, and cert-manager asks for one. Set dnsNames, ipAddresses, uris, emailAddresses, otherNames or commonName.',
    ],
    [
      { subject: { organizations: ['A'] } },
      'spec has neither a commonName nor an alternative name, and cert-manager asks for one. Set dnsNames, ipAddresses, uris, emailAddresses, otherNames or commonName.',
    ],
    [{ dnsNames: ['a', 'ä.example'] }, 'spec.dnsNames[1] is not ASCII. Write it in its ASCII form (punycode).'],
    [{ ipAddresses: ['10.0.0.256'] }, 'spec.ipAddresses[0] is not an IP address. Write it as 10.0.0.1 or fd00::1.'],
    [{ ipAddresses: ['fe80::1%eth0'] }, 'spec.ipAddresses[0] is not an IP address. Write it as 10.0.0.1 or fd00::1.'],
    [
      { otherNames: [{ oid: '3.1', utf8Value: 'a' }] },
      'spec.otherNames[0].oid is not an object identifier. Write it as 1.3.6.1.4.1.311.20.2.3.',
    ],
    [
      { commonName: 'a', literalSubject: 'CN=b' },
      'spec.literalSubject cannot be combined with spec.commonName or spec.subject. Remove one of them.',
    ],
    [{ literalSubject: 'CN' }, 'spec.literalSubject has a part without "=". Write it as CN=web,O=Example.'],
    [
      { literalSubject: 'cn=a' },
      'spec.literalSubject has the unknown type "cn". Use C, O, OU, CN, SERIALNUMBER, L, ST, STREET, DC, UID or a dotted identifier.',
    ],
    [{ literalSubject: 'CN=#0401' }, 'spec.literalSubject has a value in hexadecimal form for CN. Write it as text.'],
    [{ literalSubject: 'CN=a\\' }, 'spec.literalSubject ends with a backslash. Write \\\\ for a backslash.'],
    [
      { commonName: 'a', nameConstraints: { permitted: { ipRanges: ['10.0.0.0/33'] } } },
      'spec.nameConstraints.permitted.ipRanges[0] is not a range of IP addresses. Write it as 10.0.0.0/8 or fd00::/8.',
    ],
    [
      { commonName: 'a', privateKey: { size: 1024 } },
      'spec.privateKey.size is 1024, but cert-manager makes RSA keys of 2048 to 8192 bits. Choose such a size.',
    ],
    [
      { commonName: 'a', privateKey: { algorithm: 'ECDSA', size: 2048 } },
      'spec.privateKey.size is 2048, but ECDSA keys have 256, 384 or 521. Choose one of these.',
    ],
    [
      { commonName: 'a', signatureAlgorithm: 'SHA256WithRSA' },
      'spec.signatureAlgorithm SHA256WithRSA does not fit a key of algorithm ECDSA. Choose one that does, or leave it out.',
    ],
  ])('cannot be made of %j', async (fields, fault) => {
    expect(await certificateRequestOf(specOf(fields), keys)).toEqual({ kind: 'unfit', fault });
  });
});
