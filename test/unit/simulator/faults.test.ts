// Every fault: what the caller sees, and whether a certificate was issued all the same.
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSimulator } from '../../../simulator/simulator.ts';
import type { Faults, SimulatorHandle } from '../../../simulator/simulator.ts';
import { until } from '../../support/wait.ts';
import { createParameters, makeCsr, signedCall } from './signed-call.ts';
import { SubjectAlternativeNameExtension } from '@peculiar/x509';

let simulator: SimulatorHandle;
let csr: Awaited<ReturnType<typeof makeCsr>>;
let random = 0;
let stopped: Date | undefined;
beforeAll(async () => {
  simulator = await startSimulator({ random: () => random, now: () => stopped ?? new Date() });
  csr = await makeCsr();
});
afterAll(() => simulator.close());
beforeEach(() => simulator.reset());

async function create(more: Readonly<Record<string, string>> = {}): Promise<Record<string, unknown>> {
  return (await signedCall(simulator, 'CreateCustomCertificate', createParameters(csr.pem, more))).body;
}

async function outcome(): Promise<string> {
  const parameters = createParameters(csr.pem);
  try {
    const { status, body } = await signedCall(simulator, 'CreateCustomCertificate', parameters);
    return status === 200 ? 'ok' : `${status} ${String(body['Code'])}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'error';
  }
}

describe('a fault of the next two calls', () => {
  const rows: readonly (readonly [Partial<Faults>, string, number])[] = [
    [{ throttled: 2 }, '400 Throttling.User', 1],
    [{ serviceUnavailable: 2 }, '503 ServiceUnavailable', 1],
    [{ internalErrorBeforeIssuing: 2 }, '500 InternalError', 1],
    [{ internalErrorBeforeIssuing: 2, internalErrorStatus: 400 }, '400 InternalError', 1],
    [{ internalErrorAfterIssuing: 2 }, '500 InternalError', 3],
    [{ internalErrorAfterIssuing: 2, internalErrorStatus: 400 }, '400 InternalError', 3],
    [{ cutBeforeIssuing: 2 }, 'ECONNRESET', 1],
    [{ cutAfterIssuing: 2 }, 'ECONNRESET', 3],
  ];
  it.each(rows)('%j is seen as %s with %i issued after a third call', async (faults, seen, issued) => {
    simulator.setFaults(faults);
    expect([await outcome(), await outcome(), await outcome()]).toEqual([seen, seen, 'ok']);
    expect(simulator.issued()).toHaveLength(issued);
  });

  it('does not strike a call that is refused before', async () => {
    simulator.setFaults({ serviceUnavailable: 1 });
    expect((await create({ Validity: '' }))['Code']).toBe('InvalidParameter.Validity');
    expect([await outcome(), await outcome()]).toEqual(['503 ServiceUnavailable', 'ok']);
  });
});

it('a percentage strikes as chance has it', async () => {
  simulator.setFaults({ percentages: { serviceUnavailable: 30 } });
  const seen: string[] = [];
  for (const value of [0, 0.29, 0.3, 0.99]) {
    random = value;
    seen.push(await outcome());
  }
  random = 0;
  expect(seen).toEqual(['503 ServiceUnavailable', '503 ServiceUnavailable', 'ok', 'ok']);
});

it('the throttle admits so many calls of each second', async () => {
  simulator.setFaults({ throttlePerSecond: 3 });
  const admitted = async () => {
    const seen = await Promise.all(Array.from({ length: 8 }, outcome));
    return ['ok', '400 Throttling.User'].map((kind) => seen.filter((one) => one === kind).length);
  };
  stopped = new Date();
  const first = await admitted();
  stopped = new Date(stopped.getTime() + 1_000);
  const second = await admitted();
  stopped = undefined;
  expect([first, second, simulator.issued().length]).toEqual([[3, 5], [3, 5], 6]);
});

it.each([40, { CreateCustomCertificate: 40 }])('latency %j delays the answer', async (latencyMilliseconds) => {
  simulator.setFaults({ latencyMilliseconds });
  const started = performance.now();
  expect(await outcome()).toBe('ok');
  // Timers may fire a millisecond early.
  expect(performance.now() - started).toBeGreaterThan(38);
  expect(simulator.calls().at(-1)?.milliseconds).toBeGreaterThan(38);
});

it('latency of another action delays nothing', async () => {
  // Longer than a test may take.
  simulator.setFaults({ latencyMilliseconds: { ListCert: 600_000 } });
  expect(await outcome()).toBe('ok');
});

it('the answer of a held action comes when it is not held any more, and its work is done before', async () => {
  simulator.setFaults({ heldActions: ['CreateCustomCertificate'] });
  let answered = false;
  const held = outcome().finally(() => (answered = true));
  await until('its work to be done', () => simulator.issued().length === 1);
  const other = await signedCall(simulator, 'DescribeCACertificate', { Identifier: 'sim-sub-ecc-p256' });
  // Any other change leaves it held.
  simulator.setFaults({ latencyMilliseconds: 0 });
  const tookAny = () => simulator.calls().map(({ milliseconds }) => milliseconds !== undefined);
  expect([other.status, answered, tookAny()]).toEqual([200, false, [false, true]]);
  simulator.setFaults({ heldActions: [] });
  expect([await held, tookAny()]).toEqual(['ok', [true, true]]);
});

it('a missing permission names the action and who lacks it', async () => {
  simulator.setFaults({ deniedActions: ['CreateCustomCertificate'] });
  expect(await create()).toMatchObject({
    Code: 'Forbidden.RAM',
    AccessDeniedDetail: {
      AuthAction: 'yundun-cert:CreateCustomCertificate',
      AuthPrincipalDisplayName: `user-of-${simulator.accessKey.accessKeyId}`,
      NoPermissionType: 'ImplicitDeny',
    },
  });
  const other = await signedCall(simulator, 'DescribeCACertificate', { Identifier: 'sim-sub-ecc-p256' });
  expect([other.status, simulator.issued().length]).toEqual([200, 0]);
});

it('an exhausted quota refuses, and the CA shows it', async () => {
  simulator.setFaults({ quotaExhausted: true });
  expect((await create())['Code']).toBe('InsufficientQuota');
  const { body } = await signedCall(simulator, 'DescribeCACertificate', { Identifier: 'sim-sub-ecc-p256' });
  expect((body['Certificate'] as Record<string, unknown>)['CertRemainingCount']).toBe(0);
});

it('a reply may come without its certificate', async () => {
  simulator.setFaults({ withoutCertificate: 1 });
  expect([Object.keys(await create()), Object.keys(await create())]).toEqual([
    ['RequestId', 'Identifier'],
    ['RequestId', 'Identifier', 'Certificate', 'SerialNumber', 'CertificateChain'],
  ]);
});

it('a certificate that a reply comes without is pending for as long as it is told', async () => {
  simulator.setFaults({ withoutCertificate: 1, pendingMilliseconds: 3_600_000 });
  const late = await create();
  const other = await create();
  const statuses = await Promise.all(
    [late, other].map(async ({ Identifier }) => {
      const { body } = await signedCall(simulator, 'DescribeClientCertificate', { Identifier: String(Identifier) });
      return (body['Certificate'] as { readonly Status: string }).Status;
    }),
  );
  expect(statuses).toEqual(['PENDING', 'ISSUE']);
});

describe('a spoiled certificate', () => {
  const certificateOf = async () => {
    const { Certificate } = await create({
      'ApiPassthrough.Extensions.SubjectAlternativeNames.1.Type': 'dNSName',
      'ApiPassthrough.Extensions.SubjectAlternativeNames.1.Value': 'a.example.com',
    });
    const read = new X509Certificate(String(Certificate));
    return [read.publicKey.export({ type: 'spki', format: 'der' }).equals(csr.publicKey), read.subjectAltName];
  };
  it.each([
    [{ wrongKey: 1 }, [false, 'DNS:a.example.com']],
    [{ wrongName: 1 }, [true, 'DNS:somebody-else.example.com']],
  ])('%j', async (faults, expected) => {
    simulator.setFaults(faults);
    expect([await certificateOf(), await certificateOf()]).toEqual([expected, [true, 'DNS:a.example.com']]);
  });
});

describe('a fault for a name', () => {
  const factsOf = async (dnsName: string) => {
    const { pem, publicKey } = await makeCsr({
      extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: dnsName }])],
    });
    const { status, body } = await signedCall(simulator, 'CreateCustomCertificate', createParameters(pem));
    if (status !== 200) return `${status} ${String(body['Code'])}`;
    const read = new X509Certificate(String(body['Certificate']));
    const isOwnKey = read.publicKey.export({ type: 'spki', format: 'der' }).equals(publicKey);
    return { isOwnKey, subject: read.subject, names: read.subjectAltName, usages: read.keyUsage, isCA: read.ca };
  };
  const sound = { isOwnKey: true, subject: 'CN=csr.example.com', usages: undefined, isCA: false };
  const names = 'DNS:web.bad.example';

  it.each<[Faults['byName'][string], object | string]>([
    ['wrongKey', { ...sound, names, isOwnKey: false }],
    ['wrongName', { ...sound, names: 'DNS:somebody-else.example.com' }],
    ['wrongUsage', { ...sound, names, usages: ['1.3.6.1.5.5.7.3.3'] }],
    ['wrongSubject', { ...sound, names, subject: 'CN=somebody-else' }],
    ['asCertificateAuthority', { ...sound, names, isCA: true }],
    ['refused', '400 InvalidParameter.Csr'],
  ])('%s strikes each request with it, and no other', async (fault, expected) => {
    simulator.setFaults({ byName: { '.bad.example': fault } });
    const [first, second, other] = [
      await factsOf('web.bad.example'),
      await factsOf('web.bad.example'),
      await factsOf('web.good.example'),
    ];
    expect([first, second, other]).toEqual([expected, expected, { ...sound, names: 'DNS:web.good.example' }]);
  });
});

describe('the form of the PEM texts', () => {
  const names = (text: unknown) =>
    (String(text).match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g) ?? []).map((pem) =>
      new X509Certificate(pem).subject.replace(/^[^]*CN=Simulated /, ''),
    );

  it.each([
    [{}, ['sim-sub-ecc-p256', 'sim-root-ecc']],
    [{ chainWithRoot: false }, ['sim-sub-ecc-p256']],
    [{ chainOrder: 'RootFirst' }, ['sim-root-ecc', 'sim-sub-ecc-p256']],
  ] as readonly (readonly [Partial<Faults>, readonly string[]])[])('chain with %j', async (faults, expected) => {
    simulator.setFaults(faults);
    expect(names((await create())['CertificateChain'])).toEqual(expected);
  });

  it('may carry a literal backslash-n instead of line ends', async () => {
    simulator.setFaults({ escapedNewlines: true });
    const { Certificate, CertificateChain } = await create();
    for (const text of [String(Certificate), String(CertificateChain)]) {
      expect([text.includes('\n'), new X509Certificate(text.replaceAll(String.raw`\n`, '\n')).ca]).toEqual([
        false,
        text === CertificateChain,
      ]);
    }
  });

  it('may lack the line end at their end', async () => {
    expect(String((await create())['Certificate']).endsWith('-----\n')).toBe(true);
    simulator.setFaults({ missingFinalNewline: true });
    expect(String((await create())['Certificate']).endsWith('-----')).toBe(true);
  });
});
