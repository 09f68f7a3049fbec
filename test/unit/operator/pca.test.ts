// The way to PCA as the process has it: calls are measured, limits are told, tokens are read, and the log says what STS did.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AddressRules } from '../../../src/alibaba/address-rules.ts';
import type { Caller, CallTarget } from '../../../src/alibaba/limits/call-queue.ts';
import { parseCallLimits } from '../../../src/alibaba/limits/rate-limit-settings.ts';
import type { PcaEndpoint } from '../../../src/alibaba/endpoint.ts';
import type { Proxy } from '../../../src/alibaba/proxies/proxy.ts';
import { openPca } from '../../../src/operator/pca.ts';
import type { Pca } from '../../../src/operator/pca.ts';
import { createMetrics } from '../../../src/runtime/metrics.ts';
import type { Metrics } from '../../../src/runtime/metrics.ts';
import { clientCertificates } from '../../../src/issuing/certificate-store.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { never } from '../authority/pca-double.ts';
import { keptLog, metricLines, optionsFor } from './log.ts';

const describeCall = { action: 'DescribeCACertificate', version: '2020-06-30', parameters: {} };
const accessKey = { accessKeyId: 'LTAI', accessKeySecret: 'secret', securityToken: undefined };
const role = {
  kind: 'oidc',
  roleArn: 'acs:ram::42:role/a',
  sessionName: 's',
  service: 'Alibaba Cloud',
  durationSeconds: 3_600,
} as const;

let server: Server;
let endpoint: PcaEndpoint;
let folder: string;
let clock: FakeClock;
let metrics: Metrics;
let log: ReturnType<typeof keptLog>;
/** Forms that were received, and how the next ones are answered. */
let received: URLSearchParams[];
let answer: { status: number; body: object };
/** The proxy on the way to PCA. */
let proxy: Proxy | undefined;
/** How long the service takes to answer. */
let latencyMs: number;

beforeEach(async () => {
  clock = new FakeClock();
  metrics = createMetrics();
  log = keptLog();
  received = [];
  answer = { status: 200, body: { RequestId: 'R-1' } };
  latencyMs = 250;
  proxy = undefined;
  folder = await mkdtemp(join(tmpdir(), 'pca-'));
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => void parts.push(part));
    request.on('end', () => {
      received.push(new URLSearchParams(Buffer.concat(parts).toString()));
      clock.skip(latencyMs);
      response.writeHead(answer.status).end(JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  endpoint = { host: `127.0.0.1:${port}`, protocol: 'HTTP', caBundle: undefined, region: 'cn-hangzhou' };
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

function open(...flags: readonly string[]): Pca {
  const parsed = parseCallLimits('');
  if (parsed.kind === 'invalid') throw new Error(parsed.message);
  return openPca({
    options: optionsFor(...flags),
    proxy,
    addresses: new AddressRules({ refused: [], allowed: ['127.0.0.1'] }),
    metadata: { address: endpoint.host, ip: '127.0.0.1' },
    requestToken: async ({ name }) => ({ kind: 'ok', token: `token of ${name}` }),
    limits: parsed.table,
    clock,
    metrics,
    logger: log.logger,
    signal: never,
  });
}

function target(account: string, action = 'CreateCustomCertificate'): CallTarget {
  return { limit: { account, region: 'cn-hangzhou', action }, endpoint: 'HTTPS pca.test' };
}

function caller(uid: string): Caller {
  return { uid, flow: '', priority: async () => 'Urgent', wake: () => undefined };
}

const noAnswer = {
  code: 'x',
  httpStatus: undefined,
  requestId: undefined,
  message: '',
  accessDenied: undefined,
  service: 'PCA' as const,
  mayHaveIssued: true,
};

describe('a call', () => {
  const figures = /^pca_issuer_pca_call(s|_duration_seconds_(sum|count))/;

  it('is counted and timed', async () => {
    const outcome = await open().connect(endpoint)(describeCall, { signal: never, accessKey });
    expect([outcome, received.length]).toEqual([{ kind: 'ok', body: { RequestId: 'R-1' }, requestId: 'R-1' }, 1]);
    expect(await metricLines(metrics, figures)).toEqual([
      'pca_issuer_pca_calls_total{action="DescribeCACertificate",outcome="ok"} 1',
      'pca_issuer_pca_call_duration_seconds_sum{action="DescribeCACertificate"} 0.25',
      'pca_issuer_pca_call_duration_seconds_count{action="DescribeCACertificate"} 1',
    ]);
  });

  it('that fails is counted by the class of its failure', async () => {
    answer = { status: 403, body: { Code: 'NoPermission', Message: 'No.', RequestId: 'R-1' } };
    const outcome = await open().connect(endpoint)(describeCall, { signal: never, accessKey });
    expect(outcome.kind === 'failed' ? outcome.failure.class : outcome).toBe('Permission');
    expect(await metricLines(metrics, /^pca_issuer_pca_calls_total/)).toEqual([
      'pca_issuer_pca_calls_total{action="DescribeCACertificate",outcome="Permission"} 1',
    ]);
  });
});

describe('limits', () => {
  it('are told by the name of the account', async () => {
    const { callQueue } = open();
    await callQueue.enter(target('42'), caller('a'));
    await callQueue.enter(target('key-3b0e043b', 'Other'), caller('b'));
    await callQueue.enter(target('key-3b0e043b', 'Other'), caller('c'));
    callQueue.close();
    const of = (account: string, action: string) => `{account="${account}",region="cn-hangzhou",action="${action}"}`;
    const [known, unknown] = [of('42', 'CreateCustomCertificate'), of('key-3b0e043b', 'Other')];
    expect(await metricLines(metrics, /^pca_issuer_(call_limit|calls_waiting|endpoint_held)/)).toEqual([
      `pca_issuer_call_limit_per_second${known} 200`,
      `pca_issuer_call_limit_per_second${unknown} 10`,
      `pca_issuer_calls_waiting${known} 0`,
      `pca_issuer_calls_waiting${unknown} 1`,
      `pca_issuer_endpoint_held${known} 0`,
      `pca_issuer_endpoint_held${unknown} 0`,
    ]);
  });

  it.each([
    ['4', 3],
    ['1', 1],
  ])('leave workers for other endpoints: of %s at a time one endpoint has %i', async (most, share) => {
    const { callQueue } = open(`--max-concurrent-requests=${most}`);
    const first = await callQueue.enter(target('42'), caller('first'));
    if (first.kind === 'admitted') first.permit.ended({ kind: 'ok' });
    const admissions = [];
    for (let number = 0; number < 6; number += 1) {
      clock.advance(1_000);
      admissions.push(await callQueue.enter(target('42'), caller(String(number))));
    }
    callQueue.close();
    expect(admissions.filter(({ kind }) => kind === 'admitted').length).toBe(share);
  });
});

describe('an endpoint', () => {
  /** Whether a call to so many endpoints each goes out while none of them has answered. */
  async function admitted({ callQueue }: Pca, endpoints: number, owner?: string): Promise<number> {
    let count = 0;
    for (let n = 0; n < endpoints; n += 1) {
      const to = { ...target(`${owner}-${n}`), endpoint: `HTTPS ${owner}-${n}.test` };
      const admission = await callQueue.enter(to, { ...caller(`${owner}-${n}`), owner });
      if (admission.kind === 'admitted') count += 1;
    }
    return count;
  }

  it('that has not answered shares half of the workers with all others, and a quarter with those of its namespace', async () => {
    const pca = open('--max-concurrent-requests=40');
    expect([await admitted(pca, 100, 'a'), await admitted(pca, 5, 'b'), await admitted(pca, 100)]).toEqual([10, 5, 5]);
    pca.callQueue.close();
  });

  it('is heard of by checks, which end a trip in time', async () => {
    const { callQueue, connect } = open();
    const to = { ...target('42'), endpoint: `HTTP ${endpoint.host}` };
    const failure = { ...noAnswer, class: 'OutcomeUnknown' } as const;
    for (let n = 0; n < 5; n += 1) {
      const admission = await callQueue.enter(to, caller(String(n)));
      if (admission.kind === 'admitted') admission.permit.ended({ kind: 'failed', failure });
    }
    const held = async (): Promise<unknown> => metricLines(metrics, /^pca_issuer_endpoint_held/);
    clock.advance(1_000);
    await connect(endpoint)(describeCall, { signal: never, accessKey });
    const before = await held();
    clock.advance(60_000);
    callQueue.close();
    const line = 'pca_issuer_endpoint_held{account="42",region="cn-hangzhou",action="CreateCustomCertificate"}';
    expect([before, await held()]).toEqual([[`${line} 1`], [`${line} 0`]]);
  });

  it('that nobody used for a day has no series any more', async () => {
    const { callQueue } = open();
    const admission = await callQueue.enter(target('42'), caller('a'));
    if (admission.kind === 'admitted') admission.permit.ended({ kind: 'ok' });
    const shown = async (): Promise<number> =>
      (await metricLines(metrics, /^pca_issuer_(call_limit|calls_waiting|endpoint_held).*"42"/)).length;
    const before = await shown();
    clock.advance(24 * 3_600_000);
    expect([before, await shown()]).toEqual([3, 0]);
  });
});

describe('a role of the pod', () => {
  const credentials = (Expiration: string) => ({
    Credentials: { AccessKeyId: 'STS.1', AccessKeySecret: 'x', SecurityToken: 't', Expiration },
  });

  /** Takes the role with a token file of this content; without content there is no file. */
  async function take(content: string | undefined) {
    const tokenFile = join(folder, 'token');
    if (content !== undefined) await writeFile(tokenFile, content);
    const token = { kind: 'file', file: tokenFile } as const;
    const request = { ...role, policy: undefined, endpoint, oidcProviderArn: 'p', token } as const;
    return open().roles.get(request, never);
  }

  it('is taken with the token in its file, without the line end', async () => {
    answer = { status: 200, body: credentials(new Date(clock.now().getTime() + 3_600_000).toISOString()) };
    expect(await take('the token\n')).toEqual({
      kind: 'ok',
      accessKey: { accessKeyId: 'STS.1', accessKeySecret: 'x', securityToken: 't' },
    });
    expect(received.map((form) => form.get('OIDCToken'))).toEqual(['the token']);
    expect(log.lines).toEqual([
      ['debug', { role: role.roleArn, validSeconds: 3_590 }, 'The credentials of the role were renewed.'],
    ]);
  });

  it.each([
    ['is missing', undefined],
    ['is too long for one', 'x'.repeat(32 * 1_024)],
  ])('is not taken where the file %s, and the log says so', async (_, content) => {
    const taken = await take(content);
    const failure = taken.kind === 'failed' ? taken.failure : undefined;
    expect([failure?.code, received]).toEqual(['OIDCTokenUnreadable', []]);
    expect(log.lines).toEqual([
      [
        'warn',
        { role: role.roleArn, validSeconds: 0 },
        `The credentials of the role were not renewed; tried again automatically: ${failure?.message}`,
      ],
    ]);
  });
});

describe('a role', () => {
  const key = { AccessKeyId: 'STS.1', AccessKeySecret: 'x', SecurityToken: 't' };
  const given = { kind: 'ok', accessKey: { accessKeyId: 'STS.1', accessKeySecret: 'x', securityToken: 't' } };
  const inAnHour = () => new Date(clock.now().getTime() + 3_600_000).toISOString();

  it('of a ServiceAccount is taken with a token of the API server', async () => {
    answer = { status: 200, body: { Credentials: { ...key, Expiration: inAnHour() } } };
    const token = { kind: 'serviceAccount', namespace: 'shop', name: 'pca', uid: 'u1', audience: 'sts' } as const;
    const request = { ...role, policy: undefined, endpoint, oidcProviderArn: 'p', token } as const;
    expect([await open().roles.get(request, never), received.map((form) => form.get('OIDCToken'))]).toEqual([
      given,
      ['token of pca'],
    ]);
  });

  it('of the instance comes from the metadata service past the proxy, and the log says which', async () => {
    const nowhere = { origin: 'http://127.0.0.1:9', authorization: undefined, shown: '127.0.0.1:9' };
    proxy = { https: nowhere, http: nowhere, noProxy: () => false, caBundle: '' };
    answer = { status: 200, body: { ...key, Expiration: inAnHour() } };
    const request = { kind: 'instanceRole', name: 'node', service: 'Alibaba Cloud' } as const;
    expect([await open().roles.get(request, never), received.length, log.lines]).toEqual([
      given,
      2,
      [
        [
          'debug',
          { role: 'node of the ECS instance', validSeconds: 3_590 },
          'The credentials of the role were renewed.',
        ],
      ],
    ]);
  });
});

describe('the account of an access key', () => {
  it('is what STS says', async () => {
    answer = { status: 200, body: { AccountId: '42' } };
    expect([await open().accounts.of(accessKey, endpoint), log.lines]).toEqual(['42', []]);
  });

  it('is not known where STS does not say, which the log tells', async () => {
    answer = { status: 403, body: { Code: 'NoPermission', Message: 'No.', RequestId: 'R-1' } };
    expect(await open().accounts.of(accessKey, endpoint)).toBeUndefined();
    expect(log.lines).toEqual([
      [
        'info',
        {},
        expect.stringMatching(
          /^STS did not tell which account an access key belongs to, so its limits are kept for the key alone; asked again automatically: ./,
        ),
      ],
    ]);
  });
});

it('the pages of a search count against the same limits as all other calls', async () => {
  latencyMs = 0;
  answer = { status: 200, body: { List: [], TotalCount: 0 } };
  const { searches, connect, callQueue } = open();
  const reference = { endpoint, account: '42', parentIdentifier: 'ca', store: clientCertificates };
  const window = { since: clock.now().getTime(), from: clock.now().getTime() };
  expect(await searches.of(connect(endpoint), reference).find('id', window, never)).toEqual({ kind: 'absent' });
  const next = await callQueue.enter(target('42', 'ListCert'), caller('a'));
  const other = await callQueue.enter(target('42', 'Other'), caller('b'));
  callQueue.close();
  expect([next.kind, other.kind]).toEqual(['queued', 'admitted']);
});
