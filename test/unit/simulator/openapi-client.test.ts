// Alibaba's own client as a witness: what it signs and sends is accepted, in the query and in the form body.
import type library from '@alicloud/openapi-client';
import { createRequire } from 'node:module';
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type SimulatorHandle, startSimulator } from '../../../simulator/simulator.ts';
import { makeCsr } from './signed-call.ts';

// A CommonJS package whose default export differs between loaders.
const {
  default: Client,
  Config,
  OpenApiRequest,
  Params,
} = createRequire(import.meta.url)('@alicloud/openapi-client') as typeof library;

const session = { accessKeyId: 'STS.sim', accessKeySecret: 'session-secret', securityToken: 'token+/=' };
const runtime = { readTimeout: 5_000, connectTimeout: 5_000, toMap: () => ({}) };
const simulators: Partial<Record<'HTTP' | 'HTTPS', SimulatorHandle>> = {};

beforeAll(async () => {
  const accessKeys = [{ accessKeyId: 'LTAI', accessKeySecret: 'secret' }, session];
  simulators.HTTP = await startSimulator({ accessKeys });
  simulators.HTTPS = await startSimulator({ accessKeys, protocol: 'HTTPS' });
});
afterAll(() => Promise.all(Object.values(simulators).map((simulator) => simulator.close())));
beforeEach(() => Object.values(simulators).forEach((simulator) => simulator.reset()));

const rows = (['HTTP', 'HTTPS'] as const).flatMap((protocol) =>
  (['query', 'body'] as const).flatMap((placement) =>
    (['access key', 'session'] as const).map((credentials) => [protocol, placement, credentials] as const),
  ),
);

it.each(rows)('%s with the parameters in the %s and an %s', async (protocol, placement, credentials) => {
  const simulator = simulators[protocol];
  if (simulator === undefined) throw new Error('the simulator did not start');
  const key = credentials === 'session' ? session : { accessKeyId: 'LTAI', accessKeySecret: 'secret' };
  const client = new Client(
    new Config({
      ...key,
      endpoint: simulator.endpoint,
      protocol,
      ...(simulator.tlsCaPem === undefined ? {} : { ca: simulator.tlsCaPem }),
    }),
  );
  const parameters = {
    ParentIdentifier: 'sim-sub-ecc-p256',
    Csr: (await makeCsr()).pem,
    Validity: '90d',
    Immediately: '2',
    customIdentifier: "a (1)*'!~ +%",
    'ApiPassthrough.Subject.Organization': 'ACME 公司 (1)*',
    'ApiPassthrough.Extensions.KeyUsage.DigitalSignature': 'true',
    'ApiPassthrough.Extensions.ExtendedKeyUsages.1': 'serverAuth',
    'ApiPassthrough.Extensions.SubjectAlternativeNames.1.Type': 'uniformResourceIdentifier',
    'ApiPassthrough.Extensions.SubjectAlternativeNames.1.Value': 'spiffe://td/ns/a',
  };
  const answer = (await client.callApi(
    new Params({
      action: 'CreateCustomCertificate',
      version: '2020-06-30',
      protocol,
      pathname: '/',
      method: 'POST',
      authType: 'AK',
      style: 'RPC',
      reqBodyType: 'formData',
      bodyType: 'json',
    }),
    new OpenApiRequest({ [placement]: parameters }),
    runtime,
  )) as { readonly statusCode: number; readonly body: Readonly<Record<string, string>> };
  const certificate = new X509Certificate(answer.body['Certificate'] ?? '');
  expect([answer.statusCode, certificate.subject, certificate.subjectAltName]).toEqual([
    200,
    'O=ACME 公司 (1)*',
    'URI:spiffe://td/ns/a',
  ]);
  expect(simulator.issued().map(({ customIdentifier }) => customIdentifier)).toEqual(["a (1)*'!~ +%"]);
});

it('throws what the gateway refuses, with code, status and RequestId', async () => {
  const simulator = simulators.HTTP;
  if (simulator === undefined) throw new Error('the simulator did not start');
  const config = new Config({
    accessKeyId: 'LTAI',
    accessKeySecret: 'wrong',
    endpoint: simulator.endpoint,
    protocol: 'HTTP',
  });
  const client = new Client(config);
  const params = new Params({
    action: 'ListCert',
    version: '2020-06-30',
    protocol: 'HTTP',
    pathname: '/',
    method: 'POST',
    authType: 'AK',
    style: 'RPC',
    reqBodyType: 'formData',
    bodyType: 'json',
  });
  await expect(client.callApi(params, new OpenApiRequest({}), runtime)).rejects.toMatchObject({
    code: 'SignatureDoesNotMatch',
    statusCode: 400,
    data: { RequestId: expect.stringMatching(/^[0-9A-F-]{36}$/), HostId: simulator.endpoint },
  });
});
