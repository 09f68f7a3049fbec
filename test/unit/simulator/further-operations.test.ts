// The operations beside issuing, the warehouse, and what tests can change of CAs.
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSimulator } from '../../../simulator/simulator.ts';
import type { Faults, SimulatorHandle } from '../../../simulator/simulator.ts';
import { commonNames, factsOf, makeCsr, send, signedCall } from './signed-call.ts';

type Texts = Readonly<Record<string, string>>;
type Members = Record<string, unknown>;

const sub = 'sim-sub-ecc-p256';
let simulator: SimulatorHandle;
let csr: Awaited<ReturnType<typeof makeCsr>>;
let stopped: Date | undefined;
beforeAll(async () => {
  simulator = await startSimulator({ now: () => stopped ?? new Date() });
  csr = await makeCsr({ subject: 'O=Csr, CN=csr.example.com' });
});
afterAll(() => simulator.close());
beforeEach(() => {
  stopped = undefined;
  simulator.reset();
});

async function call(action: string, parameters: Texts = {}, version = '2020-06-30'): Promise<Members> {
  return (await signedCall(simulator, action, parameters, { version })).body;
}

async function inWarehouse(action: string, parameters: Texts = {}): Promise<Members> {
  return call(action, parameters, '2020-04-07');
}

function issuing(more: Texts = {}): Record<string, string> {
  return { ParentIdentifier: sub, Csr: csr.pem, Days: '30', Immediately: '2', ...more };
}

async function issueClient(more: Texts = {}): Promise<Members> {
  return call('CreateClientCertificateWithCsr', issuing(more));
}

describe('ListClientCertificate', () => {
  const list = async (parameters: Texts = {}) =>
    (await call('ListClientCertificate', parameters))['CertificateList'] as Members[];

  it('shows certificates whole, newest first, by page, group and identifier', async () => {
    const [first, second] = [
      await issueClient({ CustomIdentifier: 'a', ResourceGroupId: 'rg-1' }),
      await issueClient({ CustomIdentifier: 'b' }),
    ];
    await inWarehouse('CreateWHClientCertificate', issuing());
    const whole = await call('ListClientCertificate');
    expect([whole['TotalCount'], whole['PageCount'], whole['CurrentPage'], whole['ShowSize']]).toEqual([2, 1, 1, 20]);
    const [newest, oldest] = await list();
    expect(newest).toMatchObject({
      Identifier: second['Identifier'],
      CustomIdentifier: 'b',
      SerialNumber: second['SerialNumber'],
      X509Certificate: second['X509Certificate'],
      CertificateType: 'CLIENT',
      Status: 'ISSUE',
    });
    expect([await list({ ResourceGroupId: 'rg-1' }), await list({ Identifier: String(first['Identifier']) })]).toEqual([
      [oldest],
      [oldest],
    ]);
    expect(await list({ CurrentPage: '2', ShowSize: '1' })).toEqual([oldest]);
    expect((await call('ListClientCertificate', { CustomIdentifier: 'a' }))['Code']).toBe('InvalidParameter');
  });
});

describe('a certificate that takes its time', () => {
  const rows: readonly (readonly [Texts, Partial<Faults>])[] = [
    [{ Immediately: '0' }, {}],
    [{ AsynchronousFlag: 'true' }, {}],
    [{}, { withoutCertificate: 1 }],
  ];
  it.each(rows)('%j %j is pending, then there', async (more, faults) => {
    stopped = new Date();
    simulator.setFaults({ pendingMilliseconds: 5_000, ...faults });
    const { Identifier } = await issueClient(more);
    const look = async () => {
      const { Certificate } = await call('DescribeClientCertificate', { Identifier: String(Identifier) });
      const [item] = (await call('ListClientCertificate'))['CertificateList'] as Members[];
      return [Certificate as Members, item ?? {}].map((one) => [one['Status'], typeof one['X509Certificate']]);
    };
    expect(await look()).toEqual([
      ['PENDING', 'undefined'],
      ['PENDING', 'undefined'],
    ]);
    stopped = new Date(stopped.getTime() + 5_000);
    expect(await look()).toEqual([
      ['ISSUE', 'string'],
      ['ISSUE', 'string'],
    ]);
  });

  it('is looked up in the warehouse too', async () => {
    stopped = new Date();
    simulator.setFaults({ pendingMilliseconds: 5_000 });
    const { Identifier } = await inWarehouse('CreateWHClientCertificate', issuing({ Immediately: '0' }));
    const look = async () => {
      const found = await inWarehouse('DescribeWarehouseCert', { CertIdentifier: String(Identifier) });
      return [found['CertStatus'], typeof found['Content'], (await inWarehouse('ListCert'))['TotalCount']];
    };
    expect(await look()).toEqual(['PENDING', 'undefined', 0]);
    stopped = new Date(stopped.getTime() + 5_000);
    expect(await look()).toEqual(['ISSUE', 'string', 1]);
  });
});

describe('the warehouse', () => {
  it('describes, lists and revokes its own certificates only', async () => {
    const other = await issueClient();
    const { Identifier, X509Certificate: pem } = await inWarehouse(
      'CreateWHClientCertificate',
      issuing({ SanType: '2', SanValue: 'a.example.com,b.example.com' }),
    );
    const found = await inWarehouse('DescribeWarehouseCert', { CertIdentifier: String(Identifier) });
    const leaf = new X509Certificate(String(pem));
    expect({ ...found, RequestId: '', Content: commonNames(found['Content']) }).toEqual({
      RequestId: '',
      CertIdentifier: Identifier,
      CertStatus: 'ISSUE',
      CertType: 'CLIENT',
      CommonName: 'csr.example.com',
      Fingerprint: leaf.fingerprint.replaceAll(':', '').toLowerCase(),
      Issuer: `C=CN,ST=Zhejiang,L=Hangzhou,O=PCA Simulator,CN=Simulated ${sub}`,
      IssuerIdentifier: sub,
      PrivateCaInstanceId: 'sim-private-ca',
      PrivateCaRegionId: 'cn-hangzhou',
      WarehouseInstanceId: 'sim-warehouse',
      Content: [expect.stringContaining('csr.example.com'), `Simulated ${sub}`, 'Simulated sim-root-ecc'],
    });
    expect((await inWarehouse('DescribeWarehouseCert', { CertIdentifier: String(other['Identifier']) }))['Code']).toBe(
      'NotFound',
    );
    expect((await call('DescribeClientCertificate', { Identifier: String(Identifier) }))['Code']).toBe('NotFound');
    expect((await call('CreateRevokeClientCertificate', { Identifier: String(Identifier) }))['Code']).toBe('NotFound');
    expect([(await call('ListCert'))['TotalCount'], (await inWarehouse('ListCert'))['TotalCount']]).toEqual([1, 1]);
    await inWarehouse('RevokeWHClientCertificate', { Identifier: String(Identifier) });
    expect((await inWarehouse('DescribeWarehouseCert', { CertIdentifier: String(Identifier) }))['CertStatus']).toBe(
      'REVOKE',
    );
  });

  it('lists with filters and times in milliseconds', async () => {
    const issued = await inWarehouse('CreateWHClientCertificate', issuing({ SanType: '2', SanValue: 'a.example.com' }));
    const [record] = simulator.issued();
    const { CertList } = await inWarehouse('ListCert');
    expect(CertList).toEqual([
      {
        Identifier: issued['Identifier'],
        CertType: 'CERT',
        SourceType: 'aliyun',
        Status: 'ISSUE',
        CommonName: 'csr.example.com',
        Sans: 'a.example.com',
        Issuer: `C=CN,ST=Zhejiang,L=Hangzhou,O=PCA Simulator,CN=Simulated ${sub}`,
        SerialNo: record?.serialNumber,
        Algorithm: 'ECC',
        ExistPrivateKey: false,
        BeforeDate: record?.notBefore.getTime(),
        AfterDate: record?.notAfter.getTime(),
        WhId: 1,
        WhInstanceId: 'sim-warehouse',
      },
    ]);
    const filters: readonly (readonly [Texts, number])[] = [
      [{ KeyWord: 'a.exam', WarehouseId: '1', Status: 'ISSUE', SourceType: 'aliyun', CertType: 'CERT' }, 1],
      [{ Identifiers: `x,${String(issued['Identifier'])}` }, 1],
      [{ Identifiers: 'x' }, 0],
      [{ KeyWord: 'nowhere' }, 0],
      [{ Status: 'REVOKE' }, 0],
      [{ CertType: 'CA' }, 0],
      [{ WarehouseId: '2' }, 0],
    ];
    for (const [filter, count] of filters) expect((await inWarehouse('ListCert', filter))['TotalCount']).toBe(count);
    expect((await inWarehouse('ListCert', { ParentIdentifier: sub }))['Code']).toBe('InvalidParameter');
  });
});

it('DeleteClientCertificate deletes what was revoked, and frees its custom identifier', async () => {
  const { Identifier } = await issueClient({ CustomIdentifier: 'mine' });
  const one = { Identifier: String(Identifier) };
  expect((await call('DeleteClientCertificate', one))['Code']).toBe('InvalidParameter.Identifier');
  await call('CreateRevokeClientCertificate', one);
  expect(Object.keys(await call('DeleteClientCertificate', one))).toEqual(['RequestId']);
  expect([(await call('DescribeClientCertificate', one))['Code'], (await call('ListCert'))['TotalCount']]).toEqual([
    'NotFound',
    0,
  ]);
  expect(simulator.issued().map(({ status }) => status)).toEqual(['DELETED']);
  expect((await issueClient({ CustomIdentifier: 'mine' }))['Code']).toBeUndefined();
});

describe('a CA', () => {
  it('may change while the simulator runs, and is restored by a reset', async () => {
    simulator.setAuthority(sub, { status: 'REVOKE' });
    expect((await issueClient())['Code']).toBe('CertificateExpired');
    simulator.setAuthority(sub, { status: 'ISSUE', quota: 1 });
    expect([(await issueClient())['Code'], (await issueClient())['Code']]).toEqual([undefined, 'InsufficientQuota']);
    const { Certificate } = await call('DescribeCACertificate', { Identifier: sub });
    expect(Certificate).toMatchObject({ CertTotalCount: 1, CertIssuedCount: 1, CertRemainingCount: 0, CertMaxTime: 0 });
    simulator.reset();
    expect(simulator.cas.find(({ identifier }) => identifier === sub)).toMatchObject({
      status: 'ISSUE',
      quota: 1_000_000,
    });
    expect(() => simulator.setAuthority('nobody', {})).toThrow('There is no CA nobody.');
  });

  it('may be changed through the admin interface', async () => {
    const post = (body: unknown) => send(`${simulator.adminUrl}/cas`, { method: 'POST', body: JSON.stringify(body) });
    const changed = await post({ identifier: sub, status: 'FORBIDDEN', quota: 5 });
    expect([changed.status, changed.body['status'], changed.body['quota']]).toEqual([200, 'FORBIDDEN', 5]);
    for (const wrong of [{ identifier: 'x' }, { identifier: sub, status: 'x' }, { identifier: sub, more: 1 }, 1])
      expect((await post(wrong)).status).toBe(400);
  });
});

describe('faults', () => {
  const outcome = async () => {
    const { status, body } = await signedCall(simulator, 'CreateServerCertificateWithCsr', issuing());
    return [status, body['Code']];
  };

  it('withdraw an action', async () => {
    simulator.setFaults({ withdrawnActions: ['CreateServerCertificateWithCsr'] });
    expect([await outcome(), (await issueClient())['Code']]).toEqual([[404, 'InvalidAction.NotFound'], undefined]);
  });

  it('refuse an action in any way, issuing or not', async () => {
    const failingActions = {
      CreateServerCertificateWithCsr: { code: 'OrderExpired', status: 403, message: 'Pay.' },
      ListCert: { code: 'InternalError', status: 500 },
    };
    simulator.setFaults({ failingActions });
    const { status, body } = await signedCall(simulator, 'ListCert');
    expect([await outcome(), status, body['Code'], simulator.issued()]).toEqual([
      [403, 'OrderExpired'],
      500,
      'InternalError',
      [],
    ]);
  });

  it('throttle the actions that are named, issuing or not', async () => {
    stopped = new Date();
    simulator.setFaults({ throttlePerSecond: { ListCert: 1 } });
    const codes = [await call('ListCert'), await call('ListCert'), await issueClient(), await issueClient()];
    expect(codes.map(({ Code }) => Code)).toEqual([undefined, 'Throttling.User', undefined, undefined]);
  });

  const rows: readonly (readonly [Partial<Faults>, Members])[] = [
    [{ wrongUsage: 1 }, { purposes: ['1.3.6.1.5.5.7.3.3'] }],
    [{ asCertificateAuthority: 1 }, { ca: true }],
    [{ shiftedValidity: 1 }, { days: 29 }],
    [{ wrongName: 1 }, { names: ['dns:somebody-else.example.com'] }],
  ];
  it.each(rows)('spoil one certificate: %j', async (faults, spoiled) => {
    simulator.setFaults(faults);
    const issue = async () => {
      const pem = (await call('CreateServerCertificateWithCsr', issuing()))['X509Certificate'];
      const { validFromDate, validToDate } = new X509Certificate(String(pem));
      return { ...factsOf(pem), days: (validToDate.getTime() - validFromDate.getTime()) / 86_400_000 };
    };
    expect(await issue()).toMatchObject(spoiled);
    expect(await issue()).toMatchObject({ purposes: ['1.3.6.1.5.5.7.3.1'], ca: false, days: 30, names: undefined });
  });
});
