// Alibaba's own client as a witness: what it signs and sends is accepted, in the query and in the form body.
import type library from '@alicloud/openapi-client';
import { createRequire } from 'node:module';
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startSimulator } from '../../../simulator/simulator.ts';
import type { SimulatorHandle } from '../../../simulator/simulator.ts';
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

function paramsOf(action: string, version: string, protocol: 'HTTP' | 'HTTPS') {
  return new Params({
    action,
    version,
    protocol,
    pathname: '/',
    method: 'POST',
    authType: 'AK',
    style: 'RPC',
    reqBodyType: 'formData',
    bodyType: 'json',
  });
}

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
    paramsOf('CreateCustomCertificate', '2020-06-30', protocol),
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
  const params = paramsOf('ListCert', '2020-06-30', 'HTTP');
  await expect(client.callApi(params, new OpenApiRequest({}), runtime)).rejects.toMatchObject({
    code: 'SignatureDoesNotMatch',
    statusCode: 400,
    data: { RequestId: expect.stringMatching(/^[0-9A-F-]{36}$/), HostId: simulator.endpoint },
  });
});

const samples: readonly (readonly [string, string, Readonly<Record<string, unknown>>])[] = [
  [
    'CreateCustomCertificate',
    '2020-06-30',
    {
      ApiPassthrough: {
        Subject: {
          CommonName: 'svc.example.com',
          Organization: 'ACME 公司 (1)*',
          CustomAttributes: [{ ObjectIdentifier: '2.5.4.5', Value: '42' }],
        },
        Extensions: {
          KeyUsage: { DigitalSignature: true, KeyEncipherment: true, KeyAgreement: false },
          ExtendedKeyUsages: ['serverAuth', 'clientAuth'],
          SubjectAlternativeNames: [
            { Type: 'dNSName', Value: 'svc.example.com' },
            { Type: 'iPAddress', Value: '10.0.0.1' },
            { Type: 'uniformResourceIdentifier', Value: 'spiffe://td/ns/a' },
          ],
          Criticals: ['KeyUsage'],
        },
      },
      EnableCrl: 1,
      Immediately: 2,
      ResourceGroupId: 'rg-x',
      Tags: [
        { Key: 'cluster', Value: 'c1' },
        { Key: 'ns', Value: 'a b' },
      ],
      Validity: '90d',
      customIdentifier: 'uid-123',
    },
  ],
  ['CreateServerCertificateWithCsr', '2020-06-30', { Days: 365, Domain: 'a.example.com,10.0.0.1', EnableCrl: 1 }],
  [
    'CreateClientCertificateWithCsr',
    '2020-06-30',
    { Months: 1, SanType: 6, SanValue: 'spiffe://td/a', Tags: [{ Key: 'k', Value: 'v' }] },
  ],
  ['CreateWHClientCertificate', '2020-04-07', { Years: 1, Immediately: 2, Algorithm: 'ECC_256' }],
];
it.each(samples)('%s %s with nested parameters is accepted', async (action, version, parameters) => {
  const simulator = simulators.HTTP;
  if (simulator === undefined) throw new Error('the simulator did not start');
  const config = new Config({
    accessKeyId: 'LTAI',
    accessKeySecret: 'secret',
    endpoint: simulator.endpoint,
    protocol: 'HTTP',
  });
  const params = paramsOf(action, version, 'HTTP');
  const body = { ParentIdentifier: 'sim-sub-ecc-p256', Csr: (await makeCsr()).pem, ...parameters };
  const answer = (await new Client(config).callApi(params, new OpenApiRequest({ body }), runtime)) as {
    readonly statusCode: number;
  };
  expect([answer.statusCode, simulator.issued().map((one) => one.action)]).toEqual([200, [action]]);
});
