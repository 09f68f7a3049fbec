// The road from a Certificate to its Secret, on real parts: what a user asks for is what is in the certificate, and what
// cannot be had is answered with a reason.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { conditionsOf } from '../support/cluster.ts';
import type { Manifest, ObjectReference } from '../support/cluster.ts';
import { renew } from '../support/renewal.ts';
import { until } from '../support/wait.ts';
import { certificate, issuerApiVersion, secret, World } from '../support/world.ts';

let world: World;
let namespace: string;
const issuerKind = { apiVersion: issuerApiVersion, kind: 'AlibabaPCAIssuer' };
const ready = { type: 'Ready', status: 'True' };

beforeAll(async () => {
  world = await World.start({ flags: ['--retry-max-delay=2s'] });
});
afterAll(async () => world.stop());

beforeEach(async () => {
  namespace = await world.createNamespace('issuing');
  world.simulator.reset();
  await world.cluster.apply(world.issuer(namespace, 'pca'));
  await issuerIs('pca', ready);
});

const certificateNamed = (name: string): ObjectReference => ({
  apiVersion: 'cert-manager.io/v1',
  kind: 'Certificate',
  namespace,
  name,
});
const requestOf = (name: string, revision = 1): ObjectReference => ({
  ...certificateNamed(`${name}-${revision}`),
  kind: 'CertificateRequest',
});

async function issuerIs(name: string, condition: { type: string; status: string; reason?: string }): Promise<Manifest> {
  return world.cluster.waitForCondition({ ...issuerKind, namespace, name }, condition);
}

async function issue(name: string, spec: Readonly<Record<string, unknown>> = {}): Promise<ReturnType<typeof keyPair>> {
  await world.cluster.apply(certificate(namespace, name, spec));
  await world.cluster.waitForCondition(certificateNamed(name), ready);
  return keyPair(name);
}

async function keyPair(
  name: string,
): Promise<{ leaf: X509Certificate; chain: X509Certificate[]; ca: string; key: string }> {
  const found = await world.cluster.get({ apiVersion: 'v1', kind: 'Secret', namespace, name });
  const data = (found?.['data'] ?? {}) as Readonly<Record<string, string>>;
  const text = (entry: string): string => Buffer.from(data[entry] ?? '', 'base64').toString();
  const chain = (text('tls.crt').match(/-----BEGIN[^]*?-----END CERTIFICATE-----\n/g) ?? []).map(
    (pem) => new X509Certificate(pem),
  );
  const [leaf] = chain;
  if (leaf === undefined) throw new Error(`Secret ${name} holds no certificate`);
  return { leaf, chain, ca: text('ca.crt'), key: text('tls.key') };
}

function creations(): number {
  return world.simulator.calls().filter(({ action }) => action === 'CreateCustomCertificate').length;
}

/** Every Certificate has got so many, each for a request of its own that was called for once. */
async function expectPaid(certificates: Readonly<Record<string, number>>): Promise<void> {
  await world.issuances({ namespace, certificates, calledOnce: true });
}

async function pendingOrFailed(name: string, reason: string): Promise<string> {
  const object = await world.cluster.waitForCondition(requestOf(name), { type: 'Ready', status: 'False', reason });
  return conditionsOf(object).find(({ type }) => type === 'Ready')?.message ?? '';
}

describe('a Certificate becomes Ready', () => {
  it('with all four kinds of names, the usages, and a chain up to the root in ca.crt', async () => {
    const { leaf, chain, ca, key } = await issue('full', {
      commonName: 'full.example.com',
      dnsNames: ['full.example.com', '*.full.example.com'],
      ipAddresses: ['10.0.0.10', '2001:db8::1'],
      emailAddresses: ['ops@example.com'],
      uris: ['spiffe://example.com/full'],
      usages: ['digital signature', 'server auth', 'client auth'],
      duration: '2160h',
    });
    const root = new X509Certificate(ca);
    expect({
      subject: leaf.subject,
      names: new Set(leaf.subjectAltName?.split(', ')),
      purposes: leaf.keyUsage,
      ca: leaf.ca,
      key: leaf.checkPrivateKey(createPrivateKey(key)),
      seconds: (leaf.validToDate.getTime() - leaf.validFromDate.getTime()) / 1_000,
      chainLength: chain.length,
      chained: chain.map((each, index) => each.verify((chain[index + 1] ?? root).publicKey)),
      root: [root.subject === root.issuer, ca.trim() === world.simulator.rootPem('sim-sub-ecc-p256').trim()],
    }).toEqual({
      subject: 'CN=full.example.com',
      names: new Set([
        'DNS:full.example.com',
        'DNS:*.full.example.com',
        'IP Address:10.0.0.10',
        'IP Address:2001:DB8:0:0:0:0:0:1',
        'email:ops@example.com',
        'URI:spiffe://example.com/full',
      ]),
      purposes: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'],
      ca: false,
      key: true,
      seconds: 2160 * 3600,
      chainLength: 2,
      chained: [true, true],
      root: [true, true],
    });
    await expectPaid({ full: 1 });
  });

  it.each([
    ['ECDSA', 256, 'sim-sub-ecc-p256'],
    ['ECDSA', 384, 'sim-sub-ecc-p256'],
    ['RSA', 2048, 'sim-sub-rsa-2048'],
    ['RSA', 4096, 'sim-sub-rsa-2048'],
  ])('with a key %s %d', async (algorithm, size, parentIdentifier) => {
    await world.cluster.apply(world.issuer(namespace, 'keys', { parentIdentifier }));
    const { leaf, key } = await issue('key', {
      privateKey: { algorithm, size, rotationPolicy: 'Always' },
      issuerRef: { group: 'pca.alibabacloud.com', kind: 'AlibabaPCAIssuer', name: 'keys' },
    });
    expect(leaf.publicKey.asymmetricKeyType).toBe(algorithm === 'RSA' ? 'rsa' : 'ec');
    expect(leaf.checkPrivateKey(createPrivateKey(key))).toBe(true);
  });

  it.each(['1h', '24h', '8760h', '87600h'])('that lives exactly %s', async (duration) => {
    const { leaf } = await issue('lives', { duration });
    const seconds = (leaf.validToDate.getTime() - leaf.validFromDate.getTime()) / 1_000;
    expect(seconds).toBe(Number.parseInt(duration, 10) * 3_600);
  });

  it('through a cluster issuer, with the Secret of the operator namespace', async () => {
    await world.cluster.apply([
      secret(world.namespace, 'cluster-access-key', world.simulator.accessKey),
      {
        ...world.issuer(namespace, 'shared', { credentials: { secretRef: { name: 'cluster-access-key' } } }),
        kind: 'AlibabaPCAClusterIssuer',
        metadata: { name: 'shared' },
      },
    ]);
    const { leaf } = await issue('cluster', {
      issuerRef: { group: 'pca.alibabacloud.com', kind: 'AlibabaPCAClusterIssuer', name: 'shared' },
    });
    expect(leaf.subjectAltName).toBe('DNS:cluster.example.com');
  });

  it('again with a new key and a new certificate when it is renewed', async () => {
    const first = await issue('renewed');
    await renew(world.cluster, { namespace, name: 'renewed' });
    const second = await until('another certificate', async () => {
      const now = await keyPair('renewed');
      return now.leaf.serialNumber === first.leaf.serialNumber ? undefined : now;
    });
    expect(second.key).not.toBe(first.key);
    expect(second.leaf.checkPrivateKey(createPrivateKey(second.key))).toBe(true);
    await expectPaid({ renewed: 2 });
  });
});

describe('what cannot be issued is answered with a reason', () => {
  it('an unknown issuer: the request waits and goes on when the issuer is created', async () => {
    const issuerRef = { group: 'pca.alibabacloud.com', kind: 'AlibabaPCAIssuer', name: 'later' };
    await world.cluster.apply(certificate(namespace, 'early', { issuerRef }));
    expect(await pendingOrFailed('early', 'Pending')).toBe(
      `Waiting for AlibabaPCAIssuer "${namespace}/later", which does not exist. Create it, or correct issuerRef; this request then continues automatically.`,
    );
    await world.cluster.apply(world.issuer(namespace, 'later'));
    await world.cluster.waitForCondition(certificateNamed('early'), ready);
    await expectPaid({ early: 1 });
  });

  it('an unknown CA: the issuer says so and its requests wait', async () => {
    await world.cluster.apply(world.issuer(namespace, 'pca', { parentIdentifier: 'no-such-ca' }));
    const issuer = await issuerIs('pca', { type: 'Ready', status: 'False', reason: 'IssuingCAUnusable' });
    expect(conditionsOf(issuer).find(({ type }) => type === 'Ready')?.message).toMatch(
      /spec\.parentIdentifier "no-such-ca".*RequestId|RequestId.*spec\.parentIdentifier "no-such-ca"/s,
    );
    await world.cluster.apply(certificate(namespace, 'waits'));
    expect(await pendingOrFailed('waits', 'Pending')).toContain('which is not ready (IssuingCAUnusable)');
    await world.cluster.apply(world.issuer(namespace, 'pca'));
    await world.cluster.waitForCondition(certificateNamed('waits'), ready);
  });

  it('a wrong secret: the issuer says so, nothing fails, and the mended Secret is noticed', async () => {
    const wrong = { ...world.simulator.accessKey, accessKeySecret: 'wrong' };
    await world.cluster.apply([
      secret(namespace, 'other-key', wrong),
      world.issuer(namespace, 'wrong', { credentials: { secretRef: { name: 'other-key' } } }),
    ]);
    const issuer = await issuerIs('wrong', { type: 'Ready', status: 'False', reason: 'CredentialsInvalid' });
    const message = conditionsOf(issuer).find(({ type }) => type === 'Ready')?.message ?? '';
    expect(message).toContain('SignatureDoesNotMatch');
    expect(message).toContain('RequestId');
    await world.cluster.apply(secret(namespace, 'other-key', world.simulator.accessKey));
    await issuerIs('wrong', ready);
  });

  it('an action that RAM denies: one condition names action and principal, nothing fails, and all goes on when it may', async () => {
    await issuerIs('pca', ready);
    world.simulator.setFaults({ deniedActions: ['CreateCustomCertificate'] });
    const names = ['denied-a', 'denied-b', 'denied-c'];
    await world.cluster.apply(names.map((name) => certificate(namespace, name)));
    const issuer = await issuerIs('pca', { type: 'Ready', status: 'False', reason: 'PermissionDenied' });
    expect(conditionsOf(issuer).find(({ type }) => type === 'Ready')?.message).toContain(
      `Denied: yundun-cert:CreateCustomCertificate for user-of-${world.simulator.accessKey.accessKeyId}.`,
    );
    const messages = await Promise.all(names.map((name) => pendingOrFailed(name, 'Pending')));
    expect(messages.filter((message) => !message.includes('which is not ready (PermissionDenied)'))).toEqual([]);
    world.simulator.setFaults({ deniedActions: [] });
    for (const name of names) await world.cluster.waitForCondition(certificateNamed(name), ready);
    await world.issuances({ namespace, certificates: Object.fromEntries(names.map((name) => [name, 1])) });
  });

  it('a missing Secret and a Secret that may not be read', async () => {
    await world.cluster.apply(world.issuer(namespace, 'missing', { credentials: { secretRef: { name: 'nowhere' } } }));
    const missing = await issuerIs('missing', { type: 'Ready', status: 'False', reason: 'SecretNotFound' });
    expect(conditionsOf(missing).find(({ type }) => type === 'Ready')?.message).toBe(
      `Secret "${namespace}/nowhere", named by spec.credentials.secretRef, does not exist. Create it with the access key; the issuer is checked again automatically.`,
    );
    const closed = await world.cluster.createNamespace('closed');
    await world.cluster.apply([secret(closed, 'access-key', world.simulator.accessKey), world.issuer(closed, 'pca')]);
    const issuer = await world.cluster.waitForCondition(
      { ...issuerKind, namespace: closed, name: 'pca' },
      { type: 'Ready', status: 'False', reason: 'SecretForbidden' },
    );
    expect(conditionsOf(issuer).find(({ type }) => type === 'Ready')?.message).toContain(
      `Role in namespace "${closed}" with apiGroups [""], resources ["secrets"], verbs ["get"]`,
    );
  });

  it('a duration beyond the end of the CA: refused, naming that end', async () => {
    await world.cluster.apply(world.issuer(namespace, 'short', { parentIdentifier: 'sim-sub-short' }));
    const issuerRef = { group: 'pca.alibabacloud.com', kind: 'AlibabaPCAIssuer', name: 'short' };
    await world.cluster.apply(certificate(namespace, 'long', { issuerRef, duration: '8760h' }));
    const message = await pendingOrFailed('long', 'Failed');
    const end = world.simulator.cas.find(({ identifier }) => identifier === 'sim-sub-short')?.notAfter;
    expect(message).toContain(`${new Date(end ?? 0).toISOString().slice(0, 19)}Z`);
    const request = await world.cluster.get(requestOf('long'));
    expect(request?.['status']).toMatchObject({ failureTime: expect.stringMatching(/Z$/) });
    expect(creations()).toBe(0);
  });

  it('a usage that the operation cannot express, and a CA certificate', async () => {
    await world.cluster.apply(certificate(namespace, 'crl', { usages: ['digital signature', 'crl sign'] }));
    expect(await pendingOrFailed('crl', 'Failed')).toContain('crl sign');
    await world.cluster.apply(certificate(namespace, 'authority', { isCA: true, commonName: 'authority' }));
    expect(await pendingOrFailed('authority', 'Failed')).toContain('isCA');
    expect(creations()).toBe(0);
  });

  it('a request without a CSR, where no webhook refused it', async () => {
    const spared = await world.createNamespace('spared', { 'control-plane.pca.alibabacloud.com/webhook': 'off' });
    await world.cluster.apply(world.issuer(spared, 'pca'));
    await world.cluster.apply({
      apiVersion: 'cert-manager.io/v1',
      kind: 'CertificateRequest',
      metadata: { name: 'empty', namespace: spared },
      spec: {
        request: Buffer.from('nothing').toString('base64'),
        issuerRef: { group: 'pca.alibabacloud.com', kind: 'AlibabaPCAIssuer', name: 'pca' },
      },
    });
    const request = await world.cluster.waitForCondition(
      { apiVersion: 'cert-manager.io/v1', kind: 'CertificateRequest', namespace: spared, name: 'empty' },
      { type: 'Ready', status: 'False', reason: 'Failed' },
    );
    expect(conditionsOf(request).find(({ type }) => type === 'Ready')?.message).toContain('spec.request');
  });
});

describe('passing trouble of the cloud', () => {
  it.each([
    ['the connection is cut after the certificate was issued', { cutAfterIssuing: 1 }],
    ['an InternalError answers although the certificate was issued', { internalErrorAfterIssuing: 1 }],
  ])('%s: found again, exactly one certificate', async (_name, fault) => {
    world.simulator.setFaults(fault);
    const { leaf } = await issue('lost');
    const paid = await world.issuances({ namespace, certificates: { lost: 1 } });
    const serialNumbers = paid.of(namespace, 'lost').flatMap(({ certificates }) => certificates);
    expect(serialNumbers.map(({ serialNumber }) => serialNumber.toUpperCase())).toContain(leaf.serialNumber);
  });

  it('throttling: waits and gets its certificate', async () => {
    world.simulator.setFaults({ throttlePerSecond: 2 });
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    await Promise.all(names.map((name) => issue(name)));
    await world.issuances({ namespace, certificates: Object.fromEntries(names.map((name) => [name, 1])) });
  });
});
