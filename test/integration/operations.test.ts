// Each operation from the files of its example to a Secret whose chain openssl verifies for the purpose that was asked.
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { encoded, makeCsr } from '../support/certificates.ts';
import { conditionsOf } from '../support/cluster.ts';
import type { Manifest } from '../support/cluster.ts';
import { secondAfter } from '../support/second-after.ts';
import { until } from '../support/wait.ts';
import { certificate, issuerApiVersion, World } from '../support/world.ts';
import { requestFor } from './at-most-once/operations.ts';

const examples = fileURLToPath(new URL('../../deploy/examples/', import.meta.url));
const ready = { type: 'Ready', status: 'True' };
const server = ['digital signature', 'key encipherment', 'server auth'];
const client = ['digital signature', 'key encipherment', 'client auth'];
const instances = ['cas_deposit-cn-sim0001', 'cas_deposit-cn-sim0002'];
let world: World;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'operations-'));
  world = await World.start({ flags: ['--retry-max-delay=2s'] });
});
afterAll(async () => {
  await world.stop();
  await rm(folder, { recursive: true });
});

const issuers: { readonly namespace: string; readonly name: string }[] = [];

// A request that still waits would be issued in the middle of another test.
afterEach(async () => {
  for (const issuer of issuers.splice(0))
    await world.cluster.delete({ apiVersion: issuerApiVersion, kind: 'AlibabaPCAIssuer', ...issuer });
});

async function freshNamespace(prefix: string): Promise<string> {
  const namespace = await world.createNamespace(prefix);
  issuers.push({ namespace, name: prefix === 'example' ? 'example' : 'pca' });
  return namespace;
}

/** The example's objects with the simulator's key, CA and address in the places that its comments name. */
async function exampleOf(operation: string, namespace: string): Promise<readonly Manifest[]> {
  const files = (await readdir(join(examples, operation))).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(examples, operation, file), 'utf8')));
  return texts
    .flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as Manifest))
    .map((object) => edited({ ...object, metadata: { ...object.metadata, namespace } }));
}

function edited(object: Manifest): Manifest {
  if (object.kind === 'Secret') return { ...object, stringData: { ...world.simulator.accessKey } };
  if (object.kind !== 'AlibabaPCAIssuer') return object;
  const spec = object['spec'] as Readonly<Record<string, object>>;
  const externalCA = spec['externalCA'];
  // More than one, because cert-manager may ask for one again by itself and use up an instance.
  return {
    ...object,
    spec: {
      ...spec,
      parentIdentifier: 'sim-sub-ecc-p256',
      endpoint: { host: world.simulator.endpoint, protocol: 'HTTP' },
      ...(externalCA === undefined ? {} : { externalCA: { ...externalCA, instanceIds: instances } }),
    },
  };
}

async function ofRequest(namespace: string, name: string): Promise<{ status: string; message: string }> {
  const request = await world.cluster.get({
    apiVersion: 'cert-manager.io/v1',
    kind: 'CertificateRequest',
    namespace,
    name,
  });
  const condition = request && conditionsOf(request).find(({ type }) => type === 'Ready');
  return { status: condition?.status ?? '', message: condition?.message ?? '' };
}

/** openssl's verdict about the Secret's chain up to the root in its ca.crt, which must be the simulator's. */
async function verified(namespace: string, name: string, purpose: string): Promise<string> {
  const secret = await world.cluster.get({ apiVersion: 'v1', kind: 'Secret', namespace, name });
  const data = (secret?.['data'] ?? {}) as Readonly<Record<string, string>>;
  const path = (entry: string): string => join(folder, `${namespace}-${entry}`);
  for (const [entry, text] of Object.entries(data)) await writeFile(path(entry), Buffer.from(text, 'base64'));
  const roots = world.simulator.cas.map(({ rootPem }) => rootPem.trim());
  expect(roots).toContain((await readFile(path('ca.crt'), 'utf8')).trim());
  const files = ['-CAfile', path('ca.crt'), '-untrusted', path('tls.crt'), path('tls.crt')];
  return execFileSync('openssl', ['verify', '-purpose', purpose, ...files], { encoding: 'utf8' }).trim();
}

describe('the example of', () => {
  it.each([
    ['CreateCustomCertificate', 'sslserver'],
    ['CreateCustomCertificate', 'sslclient'],
    ['CreateCertificateWithExtension', 'sslserver'],
    ['CreateServerCertificateWithCsr', 'sslserver'],
    ['CreateClientCertificateWithCsr', 'sslclient'],
    ['CreateWHClientCertificate', 'sslclient'],
    ['CreateExternalCACertificate', 'any'],
  ])('%s becomes a certificate for the purpose %s', async (operation, purpose) => {
    world.simulator.reset();
    const namespace = await freshNamespace('example');
    await world.cluster.apply(await exampleOf(operation, namespace));
    await world.cluster.waitForCondition(
      { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', namespace, name: 'example' },
      ready,
    );
    expect(await verified(namespace, 'example-tls', purpose)).toMatch(/: OK$/);
    await world.issuances({ namespace, certificates: { example: 1 } });
    expect(new Set(world.simulator.issued().map(({ action }) => action))).toEqual(new Set([operation]));
    const { message } = await ofRequest(namespace, 'example-1');
    expect(message).toMatch(new RegExp(`^Issued by Alibaba Cloud PCA with ${operation}: serial number [0-9a-f]+`));
  });
});

async function issuerReady(namespace: string, spec: Readonly<Record<string, unknown>>): Promise<void> {
  await world.cluster.apply(world.issuer(namespace, 'pca', spec));
  await world.cluster.waitForCondition(
    { apiVersion: issuerApiVersion, kind: 'AlibabaPCAIssuer', namespace, name: 'pca' },
    ready,
  );
}

async function requestIs(namespace: string, name: string, status: string, pattern: RegExp): Promise<string> {
  return until(`${name} to be ${status} and say ${pattern.source}`, async () => {
    const found = await ofRequest(namespace, name);
    return found.status === status && pattern.test(found.message) ? found.message : undefined;
  });
}

describe('what the service adds or changes', () => {
  it('is accepted where documented, and named in the message', async () => {
    world.simulator.reset();
    const namespace = await freshNamespace('added');
    await issuerReady(namespace, { operation: 'CreateClientCertificateWithCsr' });
    await world.cluster.apply(certificate(namespace, 'web', { usages: client }));
    expect(await requestIs(namespace, 'web-1', 'True', /Issued/)).toContain(
      'PCA added O=Alibaba Inc., OU=Aliyun CDN, ST=Zhejiang, L=Hangzhou to the subject.',
    );
  });

  it('is refused where it is not, is revoked if the issuer says so, and holds the issuer at the second Certificate', async () => {
    world.simulator.reset();
    world.simulator.setFaults({ wrongUsage: 5 });
    const namespace = await freshNamespace('refused');
    await issuerReady(namespace, {
      operation: 'CreateServerCertificateWithCsr',
      revocationPolicy: 'RequestGone',
    });
    await world.cluster.apply(certificate(namespace, 'one', { usages: server }));
    const message = await requestIs(namespace, 'one-1', 'False', /not what was asked for/);
    expect(message).toMatch(
      /^PCA issued certificate \S+ \(RequestId \S+\), but it is not what was asked for, so it is not used: its extended key usages differ: it has code signing; asked for: server auth\. If certificates of this CA are to be so, set spec\.verification\.usages of the issuer to Allow\. It is being revoked \(spec\.revocationPolicy of the issuer\)\. cert-manager may wait .*: cmctl renew one -n \S+\.$/,
    );
    await world.cluster.apply(certificate(namespace, 'two', { usages: server }));
    await requestIs(namespace, 'two-1', 'False', /not what was asked for/);
    await world.cluster.apply(certificate(namespace, 'three', { usages: server }));
    await requestIs(namespace, 'three-1', 'False', /not ready \(CertificateRefused\)/);
    await until('the certificate to be revoked', () => world.simulator.issued()[0]?.status === 'REVOKE');
    await world.issuances({ namespace, certificates: { one: 1, two: 1, three: 0 }, calledOnce: true });
  });

  it('is accepted where spec.verification allows it', async () => {
    world.simulator.reset();
    world.simulator.setFaults({ shiftedValidity: 1 });
    const namespace = await freshNamespace('allowed');
    await issuerReady(namespace, { verification: { validity: 'Allow' } });
    await world.cluster.apply(certificate(namespace, 'web'));
    expect(await requestIs(namespace, 'web-1', 'True', /Issued/)).toContain(
      'Accepted because spec.verification.validity of the issuer is Allow: it is valid from',
    );
  });
});

describe('a request that is gone before its certificate comes', () => {
  it.each([
    ['RequestGone', 'REVOKE'],
    ['Never', 'ISSUE'],
  ])('has it revoked or kept with revocationPolicy %s', async (revocationPolicy, status) => {
    world.simulator.reset();
    world.simulator.setFaults({ heldActions: ['CreateCustomCertificate'] });
    const namespace = await freshNamespace('gone');
    await issuerReady(namespace, { revocationPolicy });
    await world.cluster.apply(certificate(namespace, 'web'));
    await until('the certificate to be issued', () => world.simulator.issued().length === 1);
    await world.cluster.delete({ apiVersion: 'cert-manager.io/v1', kind: 'Certificate', namespace, name: 'web' });
    await world.cluster.delete({
      apiVersion: 'cert-manager.io/v1',
      kind: 'CertificateRequest',
      namespace,
      name: 'web-1',
    });
    world.simulator.setFaults({ heldActions: [] });
    const [identifier] = world.simulator.issued().map((issued) => issued.identifier);
    const line = await until('the operator to say so', async () =>
      (await world.operator.logs())
        .split('\n')
        .find((text) => text.includes(identifier ?? '') && text.includes('its request is gone')),
    );
    expect(line).toContain(revocationPolicy === 'Never' ? 'revoke it in the PCA console' : 'it is revoked');
    await until('its fate', () => world.simulator.issued()[0]?.status === status);
  });
});

describe('trouble of single operations', () => {
  it('names the replacement when PCA has withdrawn CreateCertificateWithExtension', async () => {
    world.simulator.reset();
    world.simulator.setFaults({ withdrawnActions: ['CreateCertificateWithExtension'] });
    const namespace = await freshNamespace('withdrawn');
    await issuerReady(namespace, { operation: 'CreateCertificateWithExtension' });
    await world.cluster.apply(certificate(namespace, 'web', { usages: server }));
    await requestIs(namespace, 'web-1', 'False', /not ready \(ActionUnavailable\)/);
    const issuer = await world.cluster.waitForCondition(
      { apiVersion: issuerApiVersion, kind: 'AlibabaPCAIssuer', namespace, name: 'pca' },
      { type: 'Ready', status: 'False', reason: 'ActionUnavailable' },
    );
    expect(conditionsOf(issuer).find(({ type }) => type === 'Ready')?.message).toContain(
      'Alibaba Cloud has withdrawn CreateCertificateWithExtension. Set spec.operation to CreateCustomCertificate.',
    );
  });

  it.each([
    ['CreateCertificateWithExtension', server],
    ['CreateServerCertificateWithCsr', server],
    ['CreateClientCertificateWithCsr', client],
    ['CreateWHClientCertificate', client],
  ])('costs one certificate when the answer of %s is cut', async (operation, usages) => {
    world.simulator.reset();
    const namespace = await freshNamespace('cut');
    await issuerReady(namespace, { operation });
    await world.cluster.apply(certificate(namespace, 'other', { usages }));
    await requestIs(namespace, 'other-1', 'True', /Issued/);
    world.simulator.setFaults({ cutAfterIssuing: 1 });
    await world.cluster.apply(certificate(namespace, 'web', { usages }));
    await requestIs(namespace, 'web-1', 'True', /Issued/);
    await world.issuances({ namespace, certificates: { other: 1, web: 1 } });
  });

  it('asks again for what CreateWHClientCertificate surely did not issue', async () => {
    world.simulator.reset();
    world.simulator.setFaults({ cutBeforeIssuing: 1 });
    const namespace = await freshNamespace('again');
    await issuerReady(namespace, { operation: 'CreateWHClientCertificate' });
    await world.cluster.apply(certificate(namespace, 'web', { usages: client }));
    await requestIs(namespace, 'web-1', 'True', /Issued/);
    await world.issuances({ namespace, certificates: { web: 1 } });
  });

  it.each([
    ['CreateServerCertificateWithCsr', server],
    ['CreateWHClientCertificate', client],
  ])('waits for a certificate that %s gives later', async (operation, usages) => {
    world.simulator.reset();
    world.simulator.setFaults({ withoutCertificate: 1, pendingMilliseconds: 3_000 });
    const namespace = await freshNamespace('later');
    await issuerReady(namespace, { operation });
    await world.cluster.apply(certificate(namespace, 'web', { usages }));
    await requestIs(namespace, 'web-1', 'False', /has not (given the certificate|finished it) yet/);
    await requestIs(namespace, 'web-1', 'True', /Issued/);
    await world.issuances({ namespace, certificates: { web: 1 } });
  });
});

describe('a lifetime beyond the CA', () => {
  it('is cut where the issuer clamps, unless renewBefore leaves no room', async () => {
    world.simulator.reset();
    const namespace = await freshNamespace('clamp');
    await issuerReady(namespace, { parentIdentifier: 'sim-sub-short', validity: { onExceed: 'Clamp' } });
    await world.cluster.apply([
      certificate(namespace, 'cut', { duration: '2160h', renewBefore: '240h' }),
      certificate(namespace, 'loop', { duration: '2160h', renewBefore: '700h' }),
    ]);
    expect(await requestIs(namespace, 'cut-1', 'True', /Issued/)).toMatch(
      /It is valid for \S+ instead of 2160h0m0s, because of the end of CA "sim-sub-short" \(notAfter \S+\)\.$/,
    );
    expect(await requestIs(namespace, 'loop-1', 'False', /renewBefore/)).toContain(
      "too little for the Certificate's spec.renewBefore 700h0m0s: cert-manager would renew it again and again.",
    );
    await world.issuances({ namespace, certificates: { cut: 1, loop: 0 }, calledOnce: true });
  });
});

describe('CA certificates', () => {
  // Made without Certificates, because cert-manager may ask for one again by itself and use up an instance.
  const ask = async (namespace: string, name: string): Promise<void> => {
    const request = { namespace, name, issuer: 'pca' };
    await world.cluster.apply((await requestFor('CreateExternalCACertificate', request)).manifest);
  };
  const askForOneCA = async (namespace: string, name: string): Promise<void> => {
    const { manifest } = await requestFor('CreateExternalCACertificate', { namespace, name, issuer: 'pca' });
    const request = encoded(
      await makeCsr('P-256', { subject: [{ CN: ['A CA'] }], isCA: true }, `${namespace}/${name}`),
    );
    await world.cluster.apply({ ...manifest, spec: { ...(manifest['spec'] as object), request } });
  };
  const remainingOf = (issuer: Manifest): number | undefined =>
    (issuer['status'] as { externalCA?: { instancesRemaining?: number } }).externalCA?.instancesRemaining;

  it('each use up one instance, and say when none is left', async () => {
    world.simulator.reset();
    const namespace = await freshNamespace('ca');
    await issuerReady(namespace, { externalCA: { instanceIds: instances } });
    await Promise.all(['one', 'two', 'three'].map(async (name) => ask(namespace, name)));
    const messages = await until('the third to wait', async () => {
      const found = await Promise.all(['one', 'two', 'three'].map((name) => ofRequest(namespace, name)));
      const issued = found.filter(({ status }) => status === 'True');
      const waiting = found.filter(({ message }) => message.includes('are used or promised to other requests'));
      return issued.length === 2 && waiting.length === 1 ? waiting.map(({ message }) => message) : undefined;
    });
    expect(messages[0]).toContain('Buy a further instance of an external subordinate CA and add its ID.');
    const issuer = await world.cluster.get({
      apiVersion: issuerApiVersion,
      kind: 'AlibabaPCAIssuer',
      namespace,
      name: 'pca',
    });
    const status = issuer?.['status'] as { externalCA: { instances: { instanceId: string; request: string }[] } };
    expect(status.externalCA.instances.map(({ instanceId }) => instanceId).sort()).toEqual(instances);
  });

  it('survive a cut connection after issuing without a second instance', async () => {
    world.simulator.reset();
    world.simulator.setFaults({ cutAfterIssuing: 1 });
    const namespace = await freshNamespace('ca-cut');
    await issuerReady(namespace, { externalCA: { instanceIds: instances } });
    await ask(namespace, 'mesh');
    await requestIs(namespace, 'mesh', 'True', /Issued/);
    await world.issuances({ namespace, certificates: { mesh: 1 } });
  });

  it('get the instance that was promised to a request that is gone', async () => {
    world.simulator.reset();
    world.simulator.setFaults({
      failingActions: { CreateExternalCACertificate: { code: 'ServiceUnavailable', status: 503 } },
    });
    const namespace = await freshNamespace('ca-gone');
    await issuerReady(namespace, { externalCA: { instanceIds: instances.slice(0, 1) } });
    await ask(namespace, 'first');
    await requestIs(namespace, 'first', 'False', /Not issued yet/);
    await ask(namespace, 'second');
    await requestIs(namespace, 'second', 'False', /promised to other requests/);
    const first = { apiVersion: 'cert-manager.io/v1', kind: 'CertificateRequest', namespace, name: 'first' };
    await world.cluster.delete(first);
    world.simulator.setFaults({ failingActions: {} });
    await requestIs(namespace, 'second', 'True', /Issued/);
    await world.issuances({ namespace, certificates: { first: 0, second: 1 } });
  });

  it('do not spend an instance that somebody else used', async () => {
    world.simulator.reset();
    const other = await freshNamespace('ca-other');
    await issuerReady(other, { externalCA: { instanceIds: instances.slice(0, 1) } });
    await ask(other, 'first');
    await requestIs(other, 'first', 'True', /Issued/);
    const namespace = await freshNamespace('ca-taken');
    await issuerReady(namespace, { externalCA: { instanceIds: instances } });
    await ask(namespace, 'second');
    await requestIs(namespace, 'second', 'True', /Issued/);
    await world.issuances({ namespace: other, certificates: { first: 1 } });
    await world.issuances({ namespace, certificates: { second: 1 } });
  });

  it('of one that asks again and again go to its newest request', async () => {
    world.simulator.reset();
    const namespace = await freshNamespace('ca-again');
    await issuerReady(namespace, { externalCA: { instanceIds: instances.slice(0, 1) } });
    await ask(namespace, 'first');
    await requestIs(namespace, 'first', 'True', /Issued/);
    const tries = ['try-1', 'try-2', 'try-3', 'live'];
    for (const name of tries) {
      await askForOneCA(namespace, name);
      await requestIs(namespace, name, 'False', /promised to other requests/);
      await secondAfter(world.cluster, { namespace, name });
    }
    await issuerReady(namespace, { externalCA: { instanceIds: instances } });
    await requestIs(namespace, 'live', 'True', /Issued/);
    const ends = await Promise.all(tries.map(async (name) => ofRequest(namespace, name)));
    const newer = ends.map(({ message }) => /^CertificateRequest "[^/]+\/(.+)" is newer/.exec(message)?.[1]);
    expect(newer).toEqual(['try-2', 'try-3', 'live', undefined]);
    const issuer = { apiVersion: issuerApiVersion, kind: 'AlibabaPCAIssuer', namespace, name: 'pca' };
    const { status } = await world.cluster.waitFor(issuer, 'its count', (object) => remainingOf(object) === 0);
    const { externalCA } = status as { readonly externalCA: { readonly instances: readonly object[] } };
    expect(externalCA.instances).toEqual(
      ['first', 'live'].map((name, index) => ({
        instanceId: instances[index],
        request: `${namespace}/${name}`,
        requestUID: expect.any(String) as string,
      })),
    );
    await world.issuances({ namespace, certificates: { first: 1, live: 1 } });
  });

  it('are refused without instances, naming the way to get them', async () => {
    world.simulator.reset();
    const namespace = await freshNamespace('ca-none');
    await issuerReady(namespace, {});
    await ask(namespace, 'mesh');
    expect(await requestIs(namespace, 'mesh', 'False', /isCA/)).toContain('spec.externalCA');
  });
});
