// The forms of the answers, the operations beside issuing, duplicates, and how the simulator itself is used.
import { X509Certificate } from 'node:crypto';
import { request as tlsRequest } from 'node:https';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSimulator } from '../../../simulator/simulator.ts';
import type { SimulatorHandle } from '../../../simulator/simulator.ts';
import { createParameters, makeCsr, send, signedCall } from './signed-call.ts';

const day = 86_400_000;
let simulator: SimulatorHandle;
let csr: string;
beforeAll(async () => {
  simulator = await startSimulator();
  csr = (await makeCsr()).pem;
});
afterAll(() => simulator.close());
beforeEach(() => simulator.reset());

async function call(action: string, parameters: Readonly<Record<string, string>>): Promise<Record<string, unknown>> {
  return (await signedCall(simulator, action, parameters)).body;
}

async function create(more: Readonly<Record<string, string>> = {}): Promise<Record<string, unknown>> {
  return call('CreateCustomCertificate', createParameters(csr, more));
}

function subjects(pem: unknown): string[] {
  return (String(pem).match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g) ?? []).map((text) =>
    new X509Certificate(text).subject.replace(/^[^]*CN=/, ''),
  );
}

describe('Immediately', () => {
  it.each([
    ['0', ['RequestId', 'Identifier']],
    ['1', ['RequestId', 'Identifier', 'Certificate', 'SerialNumber']],
    ['2', ['RequestId', 'Identifier', 'Certificate', 'SerialNumber', 'CertificateChain']],
  ])('%s gives %j', async (Immediately, members) => {
    expect(Object.keys(await create({ Immediately }))).toEqual(members);
  });

  it('is 0 when it is left out', async () => {
    const parameters = { ParentIdentifier: 'sim-sub-ecc-p256', Csr: csr, Validity: '1d' };
    expect(Object.keys(await call('CreateCustomCertificate', parameters))).toEqual(['RequestId', 'Identifier']);
  });
});

describe('a custom identifier that was used before', () => {
  const twice = async () => [await create({ customIdentifier: 'a' }), await create({ customIdentifier: 'a' })] as const;

  it('is refused with ParamRepeat by default', async () => {
    const [first, second] = await twice();
    expect([typeof first['Identifier'], second['Code'], simulator.issued().length]).toEqual([
      'string',
      'ParamRepeat',
      1,
    ]);
  });

  it('may be accepted, with a second certificate', async () => {
    simulator.setFaults({ duplicateIdentifier: 'Accept' });
    const [first, second] = await twice();
    expect([first['Identifier'] === second['Identifier'], simulator.issued().length]).toEqual([false, 2]);
  });

  it('may be answered with the earlier certificate', async () => {
    simulator.setFaults({ duplicateIdentifier: 'ReturnEarlier' });
    const [first, second] = await twice();
    expect({ ...second, RequestId: '' }).toEqual({ ...first, RequestId: '' });
    expect(simulator.issued()).toHaveLength(1);
  });

  it('is nothing to the next one', async () => {
    await create({ customIdentifier: 'a' });
    expect(typeof (await create({ customIdentifier: 'b' }))['Identifier']).toBe('string');
  });
});

describe('DescribeClientCertificate', () => {
  it('shows the certificate with leaf, sub CA and root', async () => {
    const more = { customIdentifier: 'mine', 'Tags.1.Key': 'k', 'Tags.1.Value': 'v', ResourceGroupId: 'rg-1' };
    const issued = await create(more);
    const { Certificate } = await call('DescribeClientCertificate', { Identifier: String(issued['Identifier']) });
    const shown = Certificate as Record<string, unknown>;
    expect(shown).toMatchObject({
      Identifier: issued['Identifier'],
      CustomIdentifier: 'mine',
      Status: 'ISSUE',
      ParentIdentifier: 'sim-sub-ecc-p256',
      SerialNumber: issued['SerialNumber'],
      X509Certificate: issued['Certificate'],
      Tags: [{ Key: 'k', Value: 'v' }],
      ResourceGroupId: 'rg-1',
      Days: 90,
    });
    expect(Number(shown['AfterDate']) - Number(shown['BeforeDate'])).toBe(90 * day);
    expect(subjects(shown['CertChain'])).toEqual([
      'csr.example.com',
      'Simulated sim-sub-ecc-p256',
      'Simulated sim-root-ecc',
    ]);
  });

  it('shows a pending certificate without its PEM until its time has come', async () => {
    simulator.setFaults({ pendingMilliseconds: 60_000 });
    const { Identifier } = await create({ Immediately: '0' });
    const { Certificate } = await call('DescribeClientCertificate', { Identifier: String(Identifier) });
    const shown = Certificate as Record<string, unknown>;
    expect([shown['Status'], shown['X509Certificate'], shown['CertChain']]).toEqual(['PENDING', undefined, undefined]);
  });

  it('does not find by custom identifier', async () => {
    await create({ customIdentifier: 'mine' });
    expect((await call('DescribeClientCertificate', { Identifier: 'mine' }))['Code']).toBe('NotFound');
  });
});

describe('DescribeCACertificate', () => {
  it.each([
    ['sim-sub-ecc-p256', ['SUB_ROOT', 'ISSUE', 'local', 'ECC', 'ECC_256'], 20 * 365],
    ['sim-sub-rsa-2048', ['SUB_ROOT', 'ISSUE', 'local', 'RSA', 'RSA_2048'], 20 * 365],
    ['sim-root-ecc', ['ROOT', 'ISSUE', 'local', 'ECC', 'ECC_256'], 30 * 365],
    ['sim-sub-revoked', ['SUB_ROOT', 'REVOKE', 'local', 'ECC', 'ECC_256'], 20 * 365],
    ['sim-sub-compliance', ['SUB_ROOT', 'ISSUE', 'iTrusChina', 'ECC', 'ECC_256'], 20 * 365],
    ['sim-sub-short', ['SUB_ROOT', 'ISSUE', 'local', 'ECC', 'ECC_256'], 29],
  ])('%s is %j', async (Identifier, facts, atLeastDays) => {
    const { Certificate } = await call('DescribeCACertificate', { Identifier });
    const ca = Certificate as Record<string, unknown>;
    const members = ['CertificateType', 'Status', 'IssuerType', 'Algorithm', 'FullAlgorithm'];
    expect(members.map((name) => ca[name])).toEqual(facts);
    expect(Number(ca['AfterDate'])).toBeGreaterThan(Date.now() + atLeastDays * day);
    expect(new X509Certificate(String(ca['X509Certificate'])).validToDate.getTime()).toBe(ca['AfterDate']);
  });

  it('counts what was issued', async () => {
    await create();
    await create();
    const { Certificate } = await call('DescribeCACertificate', { Identifier: 'sim-sub-ecc-p256' });
    const { CertIssuedCount, CertRemainingCount, CertTotalCount } = Certificate as Record<string, number>;
    expect([CertIssuedCount, (CertTotalCount ?? 0) - (CertRemainingCount ?? 0)]).toEqual([2, 2]);
  });
});

describe('ListCert', () => {
  async function list(parameters: Readonly<Record<string, string>>): Promise<readonly unknown[]> {
    const { List } = await call('ListCert', parameters);
    return (List as Record<string, unknown>[]).map((item) => item['CustomIdentifier']);
  }

  beforeEach(async () => {
    for (const customIdentifier of ['a', 'b', 'c', 'd', 'e']) await create({ customIdentifier });
  });

  it('shows the newest first, with times in milliseconds', async () => {
    const { List, TotalCount, PageCount } = await call('ListCert', { ParentIdentifier: 'sim-sub-ecc-p256' });
    const [newest] = List as Record<string, unknown>[];
    expect([TotalCount, PageCount]).toEqual([5, 1]);
    expect(newest).toMatchObject({
      CustomIdentifier: 'e',
      Status: 'ISSUE',
      Identifier: simulator.issued()[4]?.identifier,
    });
    expect(Number(newest?.['AfterTime']) - Number(newest?.['BeforeTime'])).toBe(90 * day);
  });

  it('is paged by number', async () => {
    const page = (CurrentPage: string) => list({ CurrentPage, ShowSize: '2' });
    expect([await page('1'), await page('2'), await page('3'), await page('4')]).toEqual([
      ['e', 'd'],
      ['c', 'b'],
      ['a'],
      [],
    ]);
  });

  it('is paged by token', async () => {
    const first = await call('ListCert', { MaxResults: '3' });
    const rest = { MaxResults: '3', NextToken: String(first['NextToken']) };
    expect([await list(rest), (await call('ListCert', rest))['NextToken']]).toEqual([['b', 'a'], undefined]);
    expect((await call('ListCert', { NextToken: 'x' }))['Code']).toBe('InvalidParameter.NextToken');
  });

  const dateOf = (offset: number) => new Date(Date.now() + offset).toISOString();
  it.each([
    ['another CA', { ParentIdentifier: 'sim-sub-rsa-2048' }, 0],
    ['ISSUE', { Status: 'ISSUE' }, 5],
    ['REVOKE', { Status: 'REVOKE' }, 0],
    ['END_ENTITY', { Type: 'END_ENTITY' }, 5],
    ['SERVER', { Type: 'SERVER' }, 0],
    ['after yesterday', { AfterDate: dateOf(-day).slice(0, 10) }, 5],
    ['after an hour from now', { AfterDate: dateOf(3_600_000).slice(0, 19).replace('T', ' ') }, 0],
    ['before an hour ago', { BeforeDate: dateOf(-3_600_000).slice(0, 19).replace('T', ' ') }, 0],
    ['before tomorrow', { BeforeDate: dateOf(day).slice(0, 10) }, 5],
  ])('is filtered by %s', async (_name, parameters, expected) => {
    expect(await list(parameters)).toHaveLength(expected);
  });

  it.each([{ AfterDate: '1700000000' }, { BeforeDate: '2026-13-01' }, { CustomIdentifier: 'a' }, { ShowSize: '0' }])(
    'refuses %j',
    async (parameters) => {
      expect(String((await call('ListCert', parameters))['Code'])).toMatch(/^InvalidParameter/);
    },
  );
});

it('CreateRevokeClientCertificate revokes what was issued, and nothing else', async () => {
  const { Identifier } = await create();
  expect(Object.keys(await call('CreateRevokeClientCertificate', { Identifier: String(Identifier) }))).toEqual([
    'RequestId',
  ]);
  const { Certificate } = await call('DescribeClientCertificate', { Identifier: String(Identifier) });
  expect((Certificate as Record<string, unknown>)['Status']).toBe('REVOKE');
  expect((await call('ListCert', { Status: 'REVOKE' }))['TotalCount']).toBe(1);
  expect((await call('CreateRevokeClientCertificate', { Identifier: 'other' }))['Code']).toBe('NotFound');
});

describe('the admin interface', () => {
  const admin = (method: string, path: string, body = '') => send(`${simulator.adminUrl}/${path}`, { method, body });

  it('shows what was called and issued, and forgets it', async () => {
    const { Identifier, RequestId } = await create({ customIdentifier: 'mine' });
    await create({ customIdentifier: 'mine' });
    const calls = (await admin('GET', 'calls')).body as unknown as Record<string, unknown>[];
    expect(calls.map(({ action, outcome }) => [action, outcome])).toEqual([
      ['CreateCustomCertificate', 'ok'],
      ['CreateCustomCertificate', 'ParamRepeat'],
    ]);
    expect(calls[0]?.['requestId']).toBe(RequestId);
    expect((await admin('GET', 'counters')).body).toEqual({ CreateCustomCertificate: 2 });
    expect((await admin('GET', 'issued')).body).toMatchObject([{ identifier: Identifier, customIdentifier: 'mine' }]);
    await admin('POST', 'reset');
    expect([simulator.calls(), simulator.issued()]).toEqual([[], []]);
  });

  it('sets faults, and names them when one does not exist', async () => {
    const set = await admin('POST', 'faults', JSON.stringify({ quotaExhausted: true }));
    expect([set.status, set.body['quotaExhausted'], (await create())['Code']]).toEqual([
      200,
      true,
      'InsufficientQuota',
    ]);
    const wrong = await admin('POST', 'faults', JSON.stringify({ quota: true }));
    expect([wrong.status, String(wrong.body['message'])]).toEqual([400, expect.stringContaining('quotaExhausted')]);
    expect((await admin('POST', 'faults', '{')).status).toBe(400);
    expect((await admin('GET', 'nothing')).status).toBe(404);
  });

  it('changes a CA until the next reset: its state, quota, subscription and end', async () => {
    const identifier = 'sim-sub-ecc-p256';
    const change = async (changes: object) => admin('POST', 'cas', JSON.stringify({ identifier, ...changes }));
    const refusalAfter = async (changes: object): Promise<unknown> => {
      const { status } = await change(changes);
      const { Code } = await create();
      await admin('POST', 'reset');
      return [status, Code];
    };
    expect([
      await refusalAfter({ status: 'FORBIDDEN' }),
      await refusalAfter({ status: 'REVOKE' }),
      await refusalAfter({ endsInDays: -1 }),
      await refusalAfter({ subscriptionEnd: '2020-01-01T00:00:00Z' }),
      await refusalAfter({ quota: 0 }),
      await refusalAfter({ endsInDays: 10_000, subscriptionEnd: '2100-01-01T00:00:00Z' }),
      await refusalAfter({ endsInDays: -30 }),
      await refusalAfter({ subscriptionEnd: 'soon' }),
    ]).toEqual([
      [200, 'CertificateExpired'],
      [200, 'CertificateExpired'],
      [200, 'CertificateExpired'],
      [200, 'OrderExpired'],
      [200, 'InsufficientQuota'],
      [200, undefined],
      [400, undefined],
      [400, undefined],
    ]);
  });

  it('shows the subscription and what remains of the quota', async () => {
    const identifier = 'sim-sub-ecc-p256';
    const subscriptionEnd = '2100-01-01T00:00:00Z';
    await admin('POST', 'cas', JSON.stringify({ identifier, quota: 5, subscriptionEnd }));
    await create();
    const described = (await signedCall(simulator, 'DescribeCACertificate', { Identifier: identifier })).body;
    const instances = (await signedCall(simulator, 'GetCAInstanceStatus', { Identifier: identifier })).body;
    await admin('POST', 'reset');
    const certificate = described['Certificate'];
    expect([certificate, instances['InstanceStatusList']]).toMatchObject([
      { CertTotalCount: 5, CertIssuedCount: 1, CertRemainingCount: 4 },
      [{ Status: 'USED', CertTotalCount: 5, UseExpireTime: Date.parse(subscriptionEnd) }],
    ]);
  });

  it('lists what there is, with and without a slash at the end', async () => {
    const routes = ['calls', 'counters', 'issued', 'cas', 'faults'].map((name) => `GET /admin/${name}`);
    const index = [...routes, 'POST /admin/faults', 'POST /admin/cas', 'POST /admin/reset'];
    const without = await send(simulator.adminUrl, { method: 'GET' });
    expect([without.body, (await admin('GET', '')).body]).toEqual([index, index]);
  });
});

it('over HTTPS presents a certificate of its own CA', async () => {
  const secure = await startSimulator({ protocol: 'HTTPS' });
  try {
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
    tlsRequest(`${secure.adminUrl}/calls`, { ca: secure.tlsCaPem, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
    expect([await promise, secure.url]).toEqual([200, `https://${secure.endpoint}`]);
  } finally {
    await secure.close();
  }
});

it('run alone prints one line of JSON when it is ready, and ends at once on SIGINT', async () => {
  const child = spawn(process.execPath, ['simulator/main.ts', '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  for await (const chunk of child.stdout) {
    text += String(chunk);
    if (text.endsWith('\n')) break;
  }
  const facts = JSON.parse(text) as Pick<SimulatorHandle, 'endpoint' | 'accessKey' | 'cas'>;
  const { status } = await signedCall(facts, 'DescribeCACertificate', { Identifier: 'sim-sub-ecc-p256' });
  child.kill('SIGINT');
  expect([status, facts.cas.length, (await once(child, 'exit'))[0]]).toEqual([200, 9, 0]);
});
