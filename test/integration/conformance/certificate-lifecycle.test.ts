// What becomes of a Certificate beyond cert-manager's suite: renewals, changes, every kind of key, unusual names, and
// what cert-manager makes of our certificate in the Secret. Validated as the suite's cases are.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adviceToRenew, renew, renewUnderWay } from '../../support/renewal.ts';
import { NotYet, until } from '../../support/wait.ts';
import { World } from '../../support/world.ts';
import type { Wanted } from './cases.ts';
import {
  certificateOf,
  certificateReference,
  factsOf,
  factsWanted,
  requestReference,
  text,
  waitForFailure,
  waitForIssued,
} from './issued-certificate.ts';
import type { IssuedCertificate } from './issued-certificate.ts';
import { jksFacts, openPkcs12 } from './keystores.ts';
import { createIssuer } from './scopes.ts';
import { certificatesOf } from './validations.ts';

const scope = 'AlibabaPCAIssuer';
const ecdsa = { algorithm: 'ECDSA', size: 256 } as const;
const p521 = { algorithm: 'ECDSA', size: 521 } as const;
const password = 'not a secret';
let world: World;
let namespace: string;

beforeAll(async () => {
  world = await World.start({ flags: ['--retry-max-delay=2s'] });
});
afterAll(async () => world.stop());

type Spec = Wanted & Readonly<Record<string, unknown>>;

async function withIssuers(specs: Readonly<Record<string, Readonly<Record<string, unknown>>>>): Promise<void> {
  namespace = await world.createNamespace('lifecycle');
  await Promise.all(
    Object.entries(specs).map(async ([name, spec]) => createIssuer(world, { scope, namespace, name }, spec)),
  );
}

async function create(name: string, spec: Spec, issuer = 'ecc'): Promise<void> {
  const complete = { privateKey: ecdsa, ...spec };
  await world.cluster.apply(certificateOf({ namespace, name }, { kind: scope, name: issuer }, complete));
}

/** Waits for that revision, or a later one that cert-manager asked for by itself, and validates everything; `keys` are those of the Secret beyond the three usual ones. */
async function validated(
  name: string,
  spec: Spec,
  { revision = 1, issuer = 'ecc', keys = [] }: { revision?: number; issuer?: string; keys?: readonly string[] } = {},
): Promise<IssuedCertificate> {
  const issued = await waitForIssued(world.cluster, { namespace, name }, revision);
  const rootPem = world.simulator.rootPem(issuer === 'rsa' ? 'sim-sub-rsa-2048' : 'sim-sub-ecc-p256');
  const origin = { rootPem, name, issuer: { kind: scope, name: issuer } };
  const wanted = factsWanted({ privateKey: ecdsa, ...spec }, origin);
  const secret = { ...wanted.secret, keys: [...wanted.secret.keys, ...keys].toSorted() };
  expect(factsOf(issued)).toEqual({ ...wanted, secret });
  await world.issuances({ namespace, certificates: { [name]: revision } });
  return issued;
}

async function change(name: string, spec: Readonly<Record<string, unknown>>): Promise<void> {
  await world.cluster.patch(certificateReference({ namespace, name }), { spec });
}

describe('a Certificate is issued again', () => {
  const dnsNames = ['again.example.com'];

  beforeAll(async () => {
    await withIssuers({
      ecc: {},
      rsa: { parentIdentifier: 'sim-sub-rsa-2048' },
    });
  });

  // A renewBefore just below the duration comes due in twenty seconds.
  it('when spec.renewBefore says that it is time', async () => {
    const spec = { dnsNames, duration: '1h', renewBefore: '59m40s' };
    await create('due', spec);
    const first = await validated('due', spec);
    const { renewalTime = '' } = first.certificate['status'] as { readonly renewalTime?: string };
    const due = Date.parse(renewalTime);
    expect(first.leaf.validToDate.getTime() - due).toBe((59 * 60 + 40) * 1_000);
    const second = await validated('due', spec, { revision: first.revision + 1 });
    expect(second.leaf.validFromDate.getTime()).toBeGreaterThanOrEqual(due);
    await world.cluster.delete(certificateReference({ namespace, name: 'due' }));
  });

  it.each([
    ['Always', false],
    ['Never', true],
  ] as const)('by hand, with rotationPolicy %s', async (rotationPolicy, sameKey) => {
    const name = `renewed-${rotationPolicy.toLowerCase()}`;
    const spec = { dnsNames, privateKey: { ...ecdsa, rotationPolicy } };
    await create(name, spec);
    const first = await validated(name, spec);
    await renew(world.cluster, { namespace, name });
    const second = await validated(name, spec, { revision: first.revision + 1 });
    expect(second.keyPem === first.keyPem).toBe(sameKey);
    expect(second.leaf.publicKey.equals(first.leaf.publicKey)).toBe(sameKey);
    expect(second.leaf.serialNumber).not.toBe(first.leaf.serialNumber);
  });

  // cert-manager compares durations only where request and Certificate both have one.
  it.each<[string, Spec]>([
    ['names', { dnsNames: ['changed.example.com'], ipAddresses: ['192.0.2.1'] }],
    ['subject', { commonName: 'changed', subject: { organizations: ['One', 'Two'] } }],
    ['usages', { usages: ['digital signature', 'client auth'] }],
    ['duration', { duration: '24h' }],
    ['key', { privateKey: { algorithm: 'ECDSA', size: 384 } }],
  ])('when it gets other values of %s', async (what, spec) => {
    const name = `changed-${what}`;
    const before = { dnsNames, duration: '48h' };
    await create(name, before);
    const first = await validated(name, before);
    await change(name, spec);
    const second = await validated(name, { ...before, ...spec }, { revision: first.revision + 1 });
    expect(second.leaf.serialNumber).not.toBe(first.leaf.serialNumber);
  });

  it('when it moves to another issuer', async () => {
    await create('moved', { dnsNames });
    const { revision } = await validated('moved', { dnsNames });
    const privateKey = { algorithm: 'RSA', size: 2048 } as const;
    await change('moved', { privateKey, issuerRef: { name: 'rsa' } });
    await validated('moved', { dnsNames, privateKey }, { revision: revision + 1, issuer: 'rsa' });
  });

  it('and leaves as many requests as spec.revisionHistoryLimit says', async () => {
    const name = 'history';
    const spec = { dnsNames, revisionHistoryLimit: 2 };
    await create(name, spec);
    let { revision } = await validated(name, spec);
    for (let renewal = 0; renewal < 3; renewal += 1) {
      await renew(world.cluster, { namespace, name });
      ({ revision } = await validated(name, spec, { revision: revision + 1 }));
    }
    await until('the last two requests alone to be there', async () => {
      const { apiVersion, kind } = requestReference({ namespace, name }, revision);
      const kept = (await world.cluster.list({ apiVersion, kind, namespace }))
        .map((request) => request.metadata.name)
        .filter((request) => request.startsWith(`${name}-`));
      if (kept.toSorted().join() !== [`${name}-${revision - 1}`, `${name}-${revision}`].toSorted().join())
        throw new NotYet(kept);
      return true;
    });
  });
});

describe('a Certificate with a key', () => {
  beforeAll(async () => {
    await withIssuers({ ecc: {}, rsa: { parentIdentifier: 'sim-sub-rsa-2048' }, wide: { allowP521: true } });
  });

  it.each([
    ['RSA', 2048, 'rsa'],
    ['RSA', 3072, 'rsa'],
    ['RSA', 4096, 'rsa'],
    ['ECDSA', 256, 'ecc'],
    ['ECDSA', 384, 'ecc'],
    ['ECDSA', 521, 'wide'],
  ] as const)('%s %d is issued by the issuer %s', async (algorithm, size, issuer) => {
    const spec = { dnsNames: ['key.example.com'], privateKey: { algorithm, size } };
    const name = `${algorithm.toLowerCase()}-${size}`;
    await create(name, spec, issuer);
    await validated(name, spec, { issuer });
  });

  it('ECDSA 521 is refused by an issuer without spec.allowP521, and the message names it', async () => {
    await create('too-wide', { dnsNames: ['key.example.com'], privateKey: p521 });
    const { request, certificate } = await waitForFailure(world.cluster, { namespace, name: 'too-wide' });
    expect(request).toBe(
      `spec.request: the CSR's key is P-521; CreateCustomCertificate supports RSA with 2048 to 8192 bits and P-256, P-384. Choose such a key (in a Certificate: spec.privateKey), or set spec.allowP521 of the issuer if you know that the CA accepts it.${adviceToRenew({ namespace, name: 'too-wide' })}`,
    );
    expect(certificate).toBe(`The certificate request has failed to complete and will be retried: ${request}`);
  });

  it('a key that was refused and corrected is issued at once after cmctl renew', async () => {
    const name = 'corrected';
    await create(name, { dnsNames: ['key.example.com'], privateKey: p521 });
    const { failureTime = '' } = await waitForFailure(world.cluster, { namespace, name });
    const spec: Spec = { dnsNames: ['key.example.com'], privateKey: { algorithm: 'ECDSA', size: 384 } };
    await world.cluster.patch(certificateReference({ namespace, name }), { spec });
    // cert-manager takes a failure of the same second for the answer to what is asked for then.
    const next = Date.parse(failureTime) + 1_000;
    await until('the second after the failure', async () => Promise.resolve(Date.now() >= next || undefined));
    await renewUnderWay(world.cluster, { namespace, name });
    await validated(name, spec);
  });

  it.each([
    ['RSA', 2048, 'ecc', 'ECC', 'ECDSA'],
    ['ECDSA', 256, 'rsa', 'RSA', 'RSA'],
  ] as const)('%s %d is refused by the CA of the other family', async (algorithm, size, issuer, family, better) => {
    const name = `foreign-${algorithm.toLowerCase()}`;
    await create(name, { dnsNames: ['key.example.com'], privateKey: { algorithm, size } }, issuer);
    const { request } = await waitForFailure(world.cluster, { namespace, name });
    expect(request).toContain(
      `issues for ${family} keys only. Choose algorithm ${better} (in a Certificate: spec.privateKey)`,
    );
  });
});

describe('a Certificate with unusual names', () => {
  beforeAll(async () => {
    await withIssuers({ ecc: {} });
  });

  it.each<[string, Spec]>([
    [
      'a literal subject, whose order stays',
      {
        literalSubject: 'CN=svc.example.com,OU=second,OU=first,O=Example GmbH,L=Hangzhou,C=CN',
        dnsNames: ['svc.example.com'],
      },
    ],
    ['a literal subject in the order of X.500', { literalSubject: 'C=CN,O=Example,OU=a,OU=b,CN=reversed' }],
    ['domain components and a user ID', { literalSubject: 'UID=42,CN=someone,DC=corp,DC=example,DC=com' }],
    ['subject attributes beyond ASCII', { commonName: '测试', subject: { organizations: ['阿里云', 'Zürich AG'] } }],
    [
      'internationalized names in their punycode form',
      {
        dnsNames: ['xn--mnchen-3ya.example.com', '*.xn--fiqs8s.example.com'],
        emailAddresses: ['post@xn--mnchen-3ya.example.com'],
        uris: ['https://xn--mnchen-3ya.example.com/'],
      },
    ],
    ['IPv6 addresses', { ipAddresses: ['2001:db8::1', '::1'] }],
    ['a hundred DNS names', { dnsNames: Array.from({ length: 100 }, (_, index) => `n${index}.example.com`) }],
  ])('has %s', async (what, spec) => {
    const name = what.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
    await create(name, spec);
    await validated(name, spec);
  });

  it('has relative names of several attributes', async () => {
    const spec = { literalSubject: 'CN=both+OU=together,O=Example' };
    await create('several', spec);
    const issued = await waitForIssued(world.cluster, { namespace, name: 'several' });
    expect(factsOf(issued).leaf.asRequested).toEqual({ key: true, subject: true });
    expect(issued.leaf.subject.split('\n')).toEqual(['O=Example', expect.stringMatching(/ \+ |\+/)]);
  });
});

describe("a Certificate's Secret holds", () => {
  const dnsNames = ['output.example.com'];

  beforeAll(async () => {
    await withIssuers({ ecc: {} });
    await world.cluster.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'password', namespace },
      stringData: { password },
    });
  });

  it('the additional formats CombinedPEM and DER', async () => {
    const spec = { dnsNames, additionalOutputFormats: [{ type: 'CombinedPEM' }, { type: 'DER' }] };
    await create('formats', spec);
    const { data, keyPem } = await validated('formats', spec, { keys: ['key.der', 'tls-combined.pem'] });
    expect(text(data, 'tls-combined.pem')).toBe(`${keyPem}\n${text(data, 'tls.crt')}`);
    expect(data['key.der']?.toString('base64')).toBe(keyPem.replaceAll(/-----[^-]+-----|\s/g, ''));
  });

  it('PKCS#12 and JKS keystores, with the root as trust anchor', async () => {
    const store = { create: true, passwordSecretRef: { name: 'password', key: 'password' } };
    const spec = { dnsNames, keystores: { jks: store, pkcs12: { ...store, profile: 'Modern2023' } } };
    await create('keystores', spec);
    const keys = ['keystore.jks', 'keystore.p12', 'truststore.jks', 'truststore.p12'];
    const { data, leaf, keyPem } = await validated('keystores', spec, { keys });
    const root = new X509Certificate(text(data, 'ca.crt'));
    const [, intermediate] = certificatesOf(text(data, 'tls.crt'));
    const serials = (pem: string): string[] =>
      certificatesOf(pem)
        .map(({ serialNumber }) => serialNumber)
        .sort();
    const opened = openPkcs12(data['keystore.p12'], password);
    const [inStore = ''] = /-----BEGIN PRIVATE KEY-----[^]*?-----END PRIVATE KEY-----/.exec(opened) ?? [];
    const all = [leaf, intermediate, root];
    expect(createPrivateKey(inStore).equals(createPrivateKey(keyPem))).toBe(true);
    expect(serials(opened)).toEqual(serials(all.join('\n')));
    expect(serials(openPkcs12(data['truststore.p12'], password))).toEqual([root.serialNumber]);
    expect([jksFacts(data['keystore.jks'], password, all), jksFacts(data['truststore.jks'], password, all)]).toEqual([
      { intact: true, contains: [true, true, true] },
      { intact: true, contains: [false, false, true] },
    ]);
  });

  it('a temporary certificate while the request waits, then ours', async () => {
    const spec = { dnsNames };
    const manifest = certificateOf({ namespace, name: 'temporary' }, { kind: scope, name: 'late' }, spec);
    const annotations = { 'cert-manager.io/issue-temporary-certificate': 'true' };
    await world.cluster.apply({ ...manifest, metadata: { ...manifest.metadata, annotations } });
    const temporary = await until('the temporary certificate', async () => {
      const secret = await world.cluster.get({ apiVersion: 'v1', kind: 'Secret', namespace, name: 'temporary' });
      const { 'tls.crt': encoded = '' } = (secret?.['data'] ?? {}) as { readonly 'tls.crt'?: string };
      return certificatesOf(Buffer.from(encoded, 'base64').toString())[0];
    });
    expect(temporary.issuer).toBe('CN=cert-manager.local');
    await createIssuer(world, { scope, namespace, name: 'late' }, { parentIdentifier: 'sim-sub-rsa-2048' });
    const { leaf } = await waitForIssued(world.cluster, { namespace, name: 'temporary' });
    expect(leaf.issuer).toContain('CN=Simulated sim-sub-rsa-2048');
  });
});
