// What common programs ask for is issued by a default issuer. Some write attributes without a value into the subject of a CSR, and
// what PCA does with those is not documented: whether it copies, drops or refuses them, a certificate is given wherever one can
// be had, and never two are paid for.
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conditionsOf } from '../support/cluster.ts';
import type { Manifest } from '../support/cluster.ts';
import { encoded, makeCsr } from '../support/certificates.ts';
import type { TestContent } from '../support/certificates.ts';
import { until } from '../support/wait.ts';
import { issuerApiVersion, World } from '../support/world.ts';
import { recordedRequests } from '../contract/recorded/programs.ts';
import { issuerOperations, specFor } from './at-most-once/operations.ts';

const instanceIds = Array.from({ length: 3 }, (_, index) => `cas_deposit-cn-empty${index}`);
/** `O=` alone, as in Istio's requests, and beside a name. A CA needs a name. */
const subjects = {
  alone: [{ O: [''] }],
  beside: [{ O: [''] }, { CN: ['web.example.com'] }],
} as const satisfies Record<string, NonNullable<TestContent['subject']>>;
type Subject = keyof typeof subjects;
const cases = issuerOperations.flatMap((operation) =>
  (operation === 'CreateExternalCACertificate' ? (['beside'] as const) : (['alone', 'beside'] as const)).map(
    (subject) => ({ operation, subject }),
  ),
);

let world: World;
let namespace: string;

beforeAll(async () => {
  world = await World.start({ flags: ['--retry-max-delay=2s'], simulator: { instances: instanceIds } });
  namespace = await world.createNamespace('empty');
  for (const operation of issuerOperations) {
    const name = operation.toLowerCase();
    await world.cluster.apply(world.issuer(namespace, name, specFor(operation, instanceIds)));
    await world.cluster.waitForCondition(
      { apiVersion: issuerApiVersion, kind: 'AlibabaPCAIssuer', namespace, name },
      { type: 'Ready', status: 'True' },
    );
  }
});
afterAll(async () => world.stop());

async function requestOf(
  operation: string,
  subject: Subject,
  name: string,
  issuer = operation.toLowerCase(),
): Promise<Manifest> {
  const isCA = operation === 'CreateExternalCACertificate';
  const isClient = operation.includes('Client');
  const content: TestContent = {
    subject: subjects[subject],
    ...(isCA ? { isCA } : { names: [{ kind: 'dns', value: 'web.example.com' }] }),
  };
  const usages = isCA
    ? ['cert sign', 'crl sign']
    : ['digital signature', 'key encipherment', isClient ? 'client auth' : 'server auth'];
  return {
    apiVersion: 'cert-manager.io/v1',
    kind: 'CertificateRequest',
    metadata: { namespace, name },
    spec: {
      request: encoded(await makeCsr('P-256', content, name)),
      usages,
      isCA,
      duration: '720h',
      issuerRef: { group: 'pca.alibabacloud.com', kind: 'AlibabaPCAIssuer', name: issuer },
    },
  };
}

interface Result {
  readonly reason: string;
  readonly message: string;
  /** Of the certificate, as openssl shows it. */
  readonly given: string | undefined;
}

async function resultOf(name: string): Promise<Result> {
  return until(`${name} to end`, async () => {
    const found = await world.cluster.get({
      apiVersion: 'cert-manager.io/v1',
      kind: 'CertificateRequest',
      namespace,
      name,
    });
    const ready = found && conditionsOf(found).find(({ type }) => type === 'Ready');
    if (found === undefined || ready === undefined || ready.reason === 'Pending') return undefined;
    const { certificate } = (found['status'] ?? {}) as { readonly certificate?: string };
    const leaf = certificate === undefined ? undefined : new X509Certificate(Buffer.from(certificate, 'base64'));
    return { reason: ready.reason ?? '', message: ready.message ?? '', given: leaf?.subject };
  });
}

/** What became of one request of each case under this behaviour, with how often PCA was called and what it issued. */
async function tryAll(emptyAttributes: 'Copied' | 'Dropped' | 'Refused') {
  world.simulator.reset();
  world.simulator.setFaults({ emptyAttributes });
  const names = cases.map(({ operation, subject }) => `${emptyAttributes}-${operation}-${subject}`.toLowerCase());
  const requests = await Promise.all(
    cases.map(async ({ operation, subject }, index) => requestOf(operation, subject, names[index] ?? '')),
  );
  await world.cluster.apply(requests);
  const results = await Promise.all(names.map(resultOf));
  const calls = world.simulator.calls().filter(({ action }) => issuerOperations.includes(action));
  const issued = world.simulator.issued();
  return {
    results: cases.map(({ operation, subject }, index) => ({ operation, subject, ...results[index] })),
    callsOf: (operation: string) => calls.filter(({ action }) => action === operation).length,
    issuedBy: (operation: string) => issued.filter(({ action }) => action === operation).length,
  };
}

const hasEmpty = (subject: string | undefined): boolean => /^O=$/m.test(subject ?? '');

describe.each([
  ['Copied', true],
  ['Dropped', false],
] as const)('where PCA has it %s', (behaviour, isThere) => {
  it('each operation issues with one call each', async () => {
    const { results, callsOf, issuedBy } = await tryAll(behaviour);
    expect(results.map(({ operation, subject, reason }) => [operation, subject, reason])).toEqual(
      cases.map(({ operation, subject }) => [operation, subject, 'Issued']),
    );
    // PCA has an organization of its own for clients, where the CSR names none.
    expect(results.map((result) => hasEmpty(result.given))).toEqual(cases.map(() => isThere));
    const perOperation = issuerOperations.map(
      (operation) => cases.filter((each) => each.operation === operation).length,
    );
    expect(issuerOperations.map(callsOf)).toEqual(perOperation);
    expect(issuerOperations.map(issuedBy)).toEqual(perOperation);
  });
});

describe('where PCA refuses it', () => {
  const failed = (operation: string): string =>
    `Alibaba Cloud PCA refuses this request: ${operation} at HOST failed, the service rejects the request (InvalidParameter.${operation === 'CreateCertificateWithExtension' ? 'CsrPemString' : 'Csr'}, HTTP 400, RequestId ID): The subject of the CSR has an attribute without a value.`;
  const advice = (how: string): string =>
    `The subject of its CSR has an attribute without a value (O), which may be why. Leave it out of the CSR; where the program that makes it cannot, use an issuer for such programs alone with ${how}spec.createCustomCertificate.subject, such as { organization: <your organization> }, which PCA takes instead of the subject of every CSR. Asking again unchanged gives the same answer.`;
  const sent = ['CreateCustomCertificate beside', 'CreateExternalCACertificate beside'];

  it('what can be sent beside the CSR is, in one further call, and all others are told the setting', async () => {
    const { results, callsOf, issuedBy } = await tryAll('Refused');
    const said = results.map(({ operation, subject, reason = '', message = '' }) => ({
      what: `${operation} ${subject}`,
      reason,
      message:
        reason === 'Issued'
          ? ''
          : message.replaceAll(world.simulator.endpoint, 'HOST').replace(/RequestId [\w-]+/, 'RequestId ID'),
    }));
    expect(said).toEqual(
      cases.map(({ operation, subject }) => {
        const what = `${operation} ${subject}`;
        if (sent.includes(what)) return { what, reason: 'Issued', message: '' };
        const how = operation === 'CreateCustomCertificate' ? '' : 'spec.operation CreateCustomCertificate and ';
        return { what, reason: 'Failed', message: `${failed(operation)} ${advice(how)}` };
      }),
    );
    const issued = results.filter(({ reason }) => reason === 'Issued');
    expect(
      issued.map(({ subject, message }) => [
        subject,
        message?.includes('PCA refused its CSR for an attribute without a value'),
      ]),
    ).toEqual(issued.map(() => ['beside', true]));
    expect(
      Object.fromEntries(issuerOperations.map((operation) => [operation, [callsOf(operation), issuedBy(operation)]])),
    ).toEqual({
      CreateCustomCertificate: [3, 1],
      CreateCertificateWithExtension: [2, 0],
      CreateServerCertificateWithCsr: [2, 0],
      CreateClientCertificateWithCsr: [2, 0],
      CreateWHClientCertificate: [2, 0],
      CreateExternalCACertificate: [2, 1],
    });
  });

  it('the setting gives a certificate', async () => {
    world.simulator.reset();
    world.simulator.setFaults({ emptyAttributes: 'Refused' });
    const name = 'with-subject';
    const createCustomCertificate = { subject: { organization: 'cluster.local' } };
    await world.cluster.apply(world.issuer(namespace, name, { createCustomCertificate }));
    await world.cluster.apply(await requestOf('CreateCustomCertificate', 'alone', 'set', name));
    const { reason, given } = await resultOf('set');
    expect([reason, given]).toEqual(['Issued', 'O=cluster.local']);
    expect(world.simulator.issued()).toHaveLength(1);
  });
});

describe('what common programs ask for', () => {
  it('is issued by default issuers, one certificate and one call for each', async () => {
    world.simulator.reset();
    const parents = { ECC: 'sim-sub-ecc-p256', RSA: 'sim-sub-rsa-2048' };
    for (const [key, parentIdentifier] of Object.entries(parents))
      await world.cluster.apply(world.issuer(namespace, `default-${key.toLowerCase()}`, { parentIdentifier }));
    const asked = recordedRequests.filter(({ refused }) =>
      Object.keys(refused).every((each) => each !== 'CreateExternalCACertificate'),
    );
    const requests = asked.map(({ csr, usages, duration, key }, index) => ({
      apiVersion: 'cert-manager.io/v1',
      kind: 'CertificateRequest',
      metadata: { namespace, name: `program-${index}` },
      spec: {
        request: encoded(csr),
        ...(usages === undefined ? {} : { usages }),
        ...(duration === undefined ? {} : { duration }),
        issuerRef: { group: 'pca.alibabacloud.com', kind: 'AlibabaPCAIssuer', name: `default-${key.toLowerCase()}` },
      },
    }));
    await world.cluster.apply(requests);
    const results = await Promise.all(requests.map(async ({ metadata: { name } }) => resultOf(name)));
    const seen = asked.map(({ program, what }, index) => [program, what, results[index]?.reason]);
    expect(seen).toEqual(asked.map(({ program, what }) => [program, what, 'Issued']));
    expect(world.simulator.issued()).toHaveLength(asked.length);
    expect(world.simulator.calls().filter(({ action }) => action === 'CreateCustomCertificate')).toHaveLength(
      asked.length,
    );
  });
});
