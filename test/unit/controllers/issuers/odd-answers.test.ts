// Answers of PCA and STS that lack a field or have another value in it, for every action that is read: whatever comes, it
// becomes a value, nothing waits for ever, and the status that follows is one that the API server takes.
import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallerAccounts } from '../../../../src/alibaba/credentials/caller-accounts.ts';
import { RoleSessions } from '../../../../src/alibaba/credentials/role-sessions.ts';
import type { Trace } from '../../../../src/authority/certificate-authority.ts';
import { issuerStatus } from '../../../../src/controllers/issuers/status.ts';
import { judgeReply } from '../../../../src/controllers/requests/signing/outcome.ts';
import { admit } from '../../../../src/crds/admission.ts';
import { issuerStatusSchema } from '../../../../src/crds/issuer-schema/status.ts';
import { externalCACertificate } from '../../../../src/issuing/operations/external-ca-certificate.ts';
import { issuingOperations } from '../../../../src/issuing/operations/index.ts';
import { planIssuing } from '../../../../src/issuing/plan.ts';
import { describedCA, makeCsr } from '../../../support/certificates.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { clusterUid, now, plan, signingRequest } from '../../../support/issuing.ts';
import { certificate, stage } from '../../authority/authority-stage.ts';
import { answered, never } from '../../authority/pca-double.ts';
import { checked } from './check-stage.ts';
import { hierarchy, issuerObject, readyIssuer } from './objects.ts';
import { noInstance } from '../../alibaba/credentials/no-instance.ts';

type Body = Readonly<Record<string, unknown>>;

const removed = Symbol('removed');
/** What a field may hold instead of what is documented. */
const odd: readonly unknown[] = [
  removed,
  null,
  '',
  ' ',
  'NaN',
  'Infinity',
  '-1',
  '1e400',
  '0x10',
  -1,
  0,
  0.5,
  -0.5,
  1e300,
  1e-300,
  Number.MAX_SAFE_INTEGER + 2,
  2_147_483_648,
  253_402_300_800_000,
  '253402300800000',
  8.64e15,
  8.64e15 + 1_000_000,
  -8.64e15,
  '+010000-01-01T00:00:00Z',
  '10000-01-01T00:00:00Z',
  '2026-02-30T00:00:00Z',
  'x'.repeat(100_000),
  '\u0000\u202e\ud800',
  '-----BEGIN CERTIFICATE-----',
  true,
  [],
  {},
  [null],
  [[]],
  [{}],
  [[[[]]]],
  { a: { b: {} } },
];

type Path = readonly (string | number)[];

/** Where the values of an answer are, each object and list as well. */
function pathsIn(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value).flatMap(([name, member]) =>
    pathsIn(member, [...path, Array.isArray(value) ? Number(name) : name]),
  );
  return path.length === 0 ? inner : [path, ...inner];
}

function replaced(value: unknown, [name, ...rest]: Path, by: unknown): unknown {
  if (name === undefined) return by;
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).flatMap(([key, member]): [string, unknown][] => {
    if (key !== String(name)) return [[key, member]];
    const next = replaced(member, rest, by);
    return next === removed ? [] : [[key, next]];
  });
  return Array.isArray(value) ? members.map(([, member]) => member) : Object.fromEntries(members);
}

/** Every answer in which one field differs, and random ones in which several do. */
async function ofEach(sample: Body, judge: (body: Body) => unknown): Promise<void> {
  const paths = pathsIn(sample);
  const check = async (edits: readonly (readonly [Path, unknown])[]): Promise<void> => {
    const body = edits.reduce<unknown>((changed, [path, by]) => replaced(changed, path, by), sample);
    try {
      await judge(body as Body);
    } catch (error) {
      const shown = edits.map(([path, by]) => `${path.join('.')} = ${inspect(by).slice(0, 60)}`);
      throw new Error(`${shown.join(', ')}: ${String(error)}`, { cause: error });
    }
  };
  for (const path of paths) for (const by of odd) await check([[path, by]]);
  const edit = fc.tuple(fc.constantFrom(...paths), fc.constantFrom(...odd));
  await fc.assert(fc.asyncProperty(fc.array(edit, { minLength: 2, maxLength: 4 }), check), { numRuns: 100 });
}

const request = signingRequest(await makeCsr('P-256', { subject: [{ CN: ['web'] }] }));
const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

describe('the description of a CA', () => {
  const sample = describedCA(hierarchy, {
    Identifier: '1ed4068c-6f1b-6deb-8e32-3f8439a851cb',
    CertIssuedCount: 3,
    CertTotalCount: 43,
    CertMaxTime: 365,
    KeySize: 256,
    Sha2: '14dcc8afc7578e',
    Years: 10,
    CrlStatus: 'ACTIVE',
  });

  it('leads to a status that the API server takes, and to a plan or a refusal', { timeout: 120_000 }, async () => {
    await ofEach(sample, async (body) => {
      const issuer = issuerObject();
      const result = await checked({ issuer, described: answered(body) });
      const finding =
        result.kind === 'ready'
          ? { problem: undefined, ca: result.issuer.ca }
          : { problem: result.problem, ca: result.ca };
      const status = issuerStatus(issuer, finding, { self: 'pca/operator' }, now);
      expect(admit(issuerStatusSchema, status, 'status')).toEqual({ kind: 'admitted', value: status, unknown: [] });
      if (status?.ca !== undefined) expect(status.ca.notAfter).toMatch(dateTime);
      if (result.kind !== 'ready') return;
      for (const onExceed of ['Refuse', 'Clamp'] as const) {
        const spec = { ...result.issuer.spec, validity: { ...result.issuer.spec.validity, onExceed } };
        const planned = planIssuing({ request, spec, ca: result.issuer.ca, clusterUid, now });
        if (planned.kind === 'refused') continue;
        expect(planned.plan.notAfter.getTime() % 1000).toBe(0);
        expect(planned.plan.call.parameters['Validity']).toMatch(/^\d{4}-\S{15}\/\d{4}-\S{15}$/);
      }
    });
  });
});

const pem = { Identifier: 'pca-1', SerialNumber: '084bde9cd233f0ddae33adc438cfbbbd****', RequestId: 'R-1' };
const chain = { CertificateChain: hierarchy.issuing.pem + hierarchy.root.pem };
const older = { ParentX509Certificate: hierarchy.issuing.pem, RootX509Certificate: hierarchy.root.pem };

describe('the answer to an issuing call', () => {
  it.each([
    [issuingOperations.CreateCustomCertificate, { ...pem, ...chain, Certificate: certificate }],
    [issuingOperations.CreateCertificateWithExtension, { ...pem, ...chain, Certificate: certificate }],
    [issuingOperations.CreateServerCertificateWithCsr, { ...pem, ...chain, ...older, X509Certificate: certificate }],
    [issuingOperations.CreateClientCertificateWithCsr, { ...pem, ...chain, ...older, X509Certificate: certificate }],
    [issuingOperations.CreateWHClientCertificate, { ...pem, ...chain, ...older, X509Certificate: certificate }],
    [externalCACertificate, { ...pem, ...chain, Certificate: certificate }],
  ] as const)('$action is one of the outcomes', { timeout: 60_000 }, async (operation, sample) => {
    const planned = { ...plan(request, readyIssuer().ca), operation };
    const judged = { plan: planned, issuer: readyIssuer(), now, adopted: false, requestId: 'R-1' };
    await ofEach(sample, (body) => {
      const { kind } = judgeReply(operation.read(body), judged);
      expect(['issued', 'refused', 'trouble']).toContain(kind);
    });
  });
});

const listed = { Identifier: 'pca-1', X509Certificate: certificate, BeforeDate: 1_795_305_600_000, Status: 'ISSUE' };
const read = { Certificate: { ...listed, CertChain: hierarchy.issuing.pem, AfterDate: 1_803_254_400_000 } };
const ofWarehouse = { CertIdentifier: 'pca-1', Content: certificate, CertStatus: 'ISSUE' };
const custom = { operation: 'CreateCustomCertificate' } as const;
const warehouse = { operation: 'CreateWHClientCertificate' } as const;
const byKey: Trace = { kind: 'unknown', since: 0 };

describe('an answer about an earlier call', () => {
  it.each([
    [
      'ListCert of a CA',
      'ListCert',
      custom,
      byKey,
      { List: [{ Identifier: 'pca-1', CustomIdentifier: 'c', BeforeTime: 1 }], TotalCount: 1 },
    ],
    [
      'DescribeClientCertificate',
      'DescribeClientCertificate',
      custom,
      { kind: 'accepted', identifier: 'pca-1', since: 0 },
      read,
    ],
    [
      'ListClientCertificate',
      'ListClientCertificate',
      { operation: 'CreateCertificateWithExtension' },
      byKey,
      { CertificateList: [listed], TotalCount: 1, PageCount: 1 },
    ],
    ['ListCert of a warehouse', 'ListCert', warehouse, byKey, { CertList: [listed], TotalCount: 1 }],
    [
      'DescribeWarehouseCert',
      'DescribeWarehouseCert',
      warehouse,
      { kind: 'accepted', identifier: 'pca-1', since: 0 },
      ofWarehouse,
    ],
    [
      'GetCAInstanceStatus',
      'GetCAInstanceStatus',
      custom,
      { kind: 'instance', instanceId: 'i-1' },
      { InstanceStatusList: [{ InstanceId: 'i-1', Status: 'USED', Identifier: 'ca-1' }] },
    ],
    [
      'DescribeCACertificate of an instance',
      'DescribeCACertificate',
      custom,
      { kind: 'instance', instanceId: 'i-1' },
      describedCA(hierarchy),
    ],
  ] as const)('%s ends the search with a value', { timeout: 120_000 }, async (_, action, spec, trace, sample) => {
    const others = {
      ListCert: answered({ List: [], CertList: [], TotalCount: 0 }),
      ListClientCertificate: answered({ CertificateList: [], TotalCount: 0 }),
      DescribeClientCertificate: answered(read),
      DescribeWarehouseCert: answered(ofWarehouse),
      DescribeCACertificate: answered(describedCA(hierarchy)),
      GetCAInstanceStatus: answered({
        InstanceStatusList: [{ InstanceId: 'i-1', Status: 'USED', Identifier: 'ca-1' }],
      }),
    };
    await ofEach(sample, async (body) => {
      const { authority, wanted, pca } = stage({ spec, answers: { ...others, [action]: answered(body) } });
      const found = await authority.find(wanted(trace), never);
      expect(['found', 'absent', 'taken', 'revoked', 'pending', 'unsettled']).toContain(found.kind);
      if (found.kind === 'unsettled') expect(found.message).toMatch(/^[\x20-\x7e]{10,400}$/);
      expect(pca.calls.length).toBeLessThan(60);
    });
  });
});

describe('what STS answers', () => {
  const key = { accessKeyId: 'LTAI1', accessKeySecret: 's', securityToken: undefined };
  const endpoint = { protocol: 'HTTPS', host: 'sts.aliyuncs.com', caBundle: undefined, region: 'cn-hangzhou' } as const;
  const role = {
    roleArn: 'acs:ram::1:role/r',
    sessionName: 's',
    durationSeconds: 3_600,
    policy: undefined,
    service: 'x',
    endpoint,
  };
  const credentials = {
    RequestId: 'R-1',
    AssumedRoleUser: { Arn: 'acs:ram::1:role/r/s', AssumedRoleId: '3:s' },
    Credentials: { AccessKeyId: 'STS.a', AccessKeySecret: 's', SecurityToken: 't', Expiration: '2026-11-22T01:16:40Z' },
  };

  it.each([
    ['AssumeRole', { ...role, kind: 'accessKey', accessKey: key, externalId: undefined }],
    [
      'AssumeRoleWithOIDC',
      { ...role, kind: 'oidc', oidcProviderArn: 'acs:ram::1:oidc-provider/p', token: { kind: 'file', file: '/t' } },
    ],
  ] as const)('to %s is a key that can be used, or a failure with a class', async (_, asked) => {
    await ofEach(credentials, async (body) => {
      const sessions = new RoleSessions({
        connect: () => async () => answered(body),
        readToken: async () => ({ kind: 'ok', token: 'token' }),
        instanceRole: noInstance,
        clock: new FakeClock(),
        timeoutMs: 1_000,
        signal: never,
        onRenewal: ({ validMs }) => expect(validMs).toBeLessThanOrEqual(3_600_000),
      });
      const got = await sessions.get(asked, never);
      const found = got.kind === 'ok' ? Object.values(got.accessKey) : [got.failure.class, got.failure.message];
      expect(found.every((text) => /^[\x20-\x7e]+$/.test(text ?? ''))).toBe(true);
    });
  });

  it('to GetCallerIdentity is the number of an account, or none', async () => {
    const identity = {
      AccountId: '123',
      Arn: 'acs:ram::123:user/u',
      IdentityType: 'RAMUser',
      PrincipalId: '2',
      UserId: '2',
      RequestId: 'R-1',
    };
    await ofEach(identity, async (body) => {
      const accounts = new CallerAccounts({
        connect: () => async () => answered(body),
        clock: new FakeClock(),
        timeoutMs: 1_000,
        signal: never,
        onFailure: () => undefined,
      });
      expect((await accounts.of(key, endpoint)) ?? '0').toMatch(/^\d{1,32}$/);
    });
  });
});
