// The client against the PCA simulator, which verifies signatures and was written from the API documents alone.
import type * as X509 from '@peculiar/x509';
import { afterEach, expect, test } from 'vitest';
import { startSimulator } from '../../../simulator/simulator.ts';
import type { Faults, SimulatorHandle } from '../../../simulator/simulator.ts';
import { compose } from '../../../src/alibaba/call.ts';
import type { Call, PcaCall } from '../../../src/alibaba/call.ts';
import { withAccessKey } from '../../../src/alibaba/credentials/with-access-key.ts';
import { pcaCall } from '../../../src/alibaba/pca-client.ts';
import { HttpTransport } from '../../../src/alibaba/transport.ts';
import { endpointFor } from '../../../src/alibaba/endpoint.ts';

const transport = new HttpTransport();

const running: SimulatorHandle[] = [];
afterEach(async () => {
  for (const simulator of running.splice(0)) await simulator.close();
});

async function started(protocol: 'HTTP' | 'HTTPS'): Promise<SimulatorHandle> {
  const simulator = await startSimulator({ protocol });
  running.push(simulator);
  return simulator;
}

function signedCall(simulator: SimulatorHandle, protocol: 'HTTP' | 'HTTPS', accessKeySecret: string): Call {
  const ca = simulator.tlsCaPem === undefined ? {} : { caBundle: simulator.tlsCaPem };
  const endpoint = endpointFor({ region: 'cn-hangzhou', host: simulator.endpoint, protocol, ...ca });
  return compose(
    pcaCall({ endpoint, transport, timeoutMs: 60_000, userAgent: 'alibaba-pca-issuer/test' }),
    withAccessKey({ accessKeyId: simulator.accessKey.accessKeyId, accessKeySecret, securityToken: undefined }),
  );
}

function describeCall(identifier: string): PcaCall {
  return { action: 'DescribeCACertificate', version: '2020-06-30', parameters: { Identifier: identifier } };
}

test.each(['HTTP', 'HTTPS'] as const)('describes a CA over %s', async (protocol) => {
  const simulator = await started(protocol);
  const identifier = simulator.cas.find((ca) => ca.kind === 'SUB_ROOT')?.identifier ?? '';
  const pca = signedCall(simulator, protocol, simulator.accessKey.accessKeySecret);
  const outcome = await pca(describeCall(identifier), { signal: new AbortController().signal });
  expect(outcome).toMatchObject({ kind: 'ok', body: { Certificate: { Identifier: identifier, Status: 'ISSUE' } } });
});

test.each([
  ['a wrong secret', 'wrong-secret', 'any', 'Credentials'],
  ['an unknown CA', undefined, 'no-such-ca', 'IssuingCA'],
])('%s is classified', async (_name, secret, identifier, errorClass) => {
  const simulator = await started('HTTP');
  const pca = signedCall(simulator, 'HTTP', secret ?? simulator.accessKey.accessKeySecret);
  const outcome = await pca(describeCall(identifier), { signal: new AbortController().signal });
  expect(outcome).toMatchObject({ kind: 'failed', failure: { class: errorClass, mayHaveIssued: false } });
});

const unknown = { class: 'OutcomeUnknown', mayHaveIssued: true };
const faults: readonly (readonly [name: string, faults: Partial<Faults>, failure: object, issued: number])[] = [
  ['a connection cut after issuing', { cutAfterIssuing: 1 }, unknown, 1],
  ['a connection cut before issuing', { cutBeforeIssuing: 1 }, unknown, 0],
  ['InternalError with 400 after issuing', { internalErrorAfterIssuing: 1, internalErrorStatus: 400 }, unknown, 1],
  ['ServiceUnavailable', { serviceUnavailable: 1 }, unknown, 0],
  ['a used-up quota', { quotaExhausted: true }, { class: 'Capacity', mayHaveIssued: false }, 0],
  [
    'a denied action',
    { deniedActions: ['CreateCustomCertificate'] },
    { class: 'Permission', mayHaveIssued: false, accessDenied: { action: 'yundun-cert:CreateCustomCertificate' } },
    0,
  ],
];

test.each(faults)(
  '%s is classified, and never says "not issued" of what was issued',
  async (_name, set, failure, issued) => {
    const simulator = await started('HTTP');
    simulator.setFaults(set);
    const pca = signedCall(simulator, 'HTTP', simulator.accessKey.accessKeySecret);
    const outcome = await pca(await createCall(simulator), { signal: new AbortController().signal });
    expect(outcome).toMatchObject({ kind: 'failed', failure });
    expect(simulator.issued().length).toBe(issued);
  },
);

test('the same identifier again is a duplicate, of which a certificate exists', async () => {
  const simulator = await started('HTTP');
  const pca = signedCall(simulator, 'HTTP', simulator.accessKey.accessKeySecret);
  const call = await createCall(simulator);
  const first = await pca(call, { signal: new AbortController().signal });
  const second = await pca(call, { signal: new AbortController().signal });
  expect([first, second]).toMatchObject([
    { kind: 'ok', body: { Certificate: expect.stringContaining('BEGIN CERTIFICATE') } },
    { kind: 'failed', failure: { class: 'Duplicate', mayHaveIssued: true } },
  ]);
});

async function createCall(simulator: SimulatorHandle): Promise<PcaCall> {
  await import('reflect-metadata');
  const { Pkcs10CertificateRequestGenerator }: typeof X509 = await import('@peculiar/x509');
  const authority = simulator.cas.find((ca) => ca.kind === 'SUB_ROOT' && ca.algorithm.startsWith('ECC'));
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const csr = await Pkcs10CertificateRequestGenerator.create({
    name: 'CN=a.example',
    keys,
    signingAlgorithm: algorithm,
  });
  return {
    action: 'CreateCustomCertificate',
    version: '2020-06-30',
    parameters: {
      ParentIdentifier: authority?.identifier ?? '',
      Csr: csr.toString('pem'),
      Validity: '1d',
      Immediately: '2',
      customIdentifier: 'request-1',
      'ApiPassthrough.Extensions.KeyUsage.DigitalSignature': 'true',
      'ApiPassthrough.Extensions.ExtendedKeyUsages.1': 'serverAuth',
    },
  };
}
