// The way to an endpoint, step by step, on real sockets.
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimulator } from '../../../simulator/simulator.ts';
import type { SimulatorHandle } from '../../../simulator/simulator.ts';
import { AddressRules } from '../../../src/alibaba/address-rules.ts';
import { parseIssuerHosts } from '../../../src/alibaba/issuer-hosts.ts';
import { readProxy } from '../../../src/alibaba/proxies/proxy.ts';
import type { Proxy } from '../../../src/alibaba/proxies/proxy.ts';
import { HttpTransport } from '../../../src/alibaba/transport.ts';
import type { EndpointFacts, Step } from '../../../src/doctor-command/facts.ts';
import { lookAtEndpoints } from '../../../src/doctor-command/looking/endpoints.ts';
import { podIdentity } from '../../../src/runtime/pod-identity.ts';
import { systemClock } from '../../../src/timing/clock.ts';
import type { Clock } from '../../../src/timing/clock.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { until } from '../../support/wait.ts';
import { issuerFacts } from './healthy.ts';

let http: SimulatorHandle;
let https: SimulatorHandle;
let silent: Server;
let closedPort: number;
let accepted = 0;

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

beforeAll(async () => {
  [http, https] = await Promise.all([startSimulator(), startSimulator({ protocol: 'HTTPS' })]);
  silent = createServer(() => (accepted += 1));
  const closed = createServer();
  await Promise.all(
    [silent, closed].map(async (server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))),
  );
  closedPort = portOf(closed);
  await new Promise((resolve) => closed.close(resolve));
});
afterAll(async () => {
  silent.close();
  await Promise.all([http.close(), https.close()]);
});

interface Way {
  readonly allowed?: readonly string[];
  readonly proxy?: Proxy;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
}

async function wayTo(
  endpoint: object,
  { allowed = ['127.0.0.1'], proxy, ...parts }: Way = {},
): Promise<EndpointFacts | undefined> {
  const addresses = new AddressRules({ refused: [], allowed });
  const hosts = parseIssuerHosts('127.0.0.1:*,*.invalid');
  if (hosts.kind === 'invalid') throw new Error(hosts.message);
  const [facts] = await lookAtEndpoints(
    [issuerFacts({ spec: { endpoint } })],
    { hosts: hosts.hosts, identity: podIdentity({}) },
    {
      transport: new HttpTransport(proxy, addresses),
      addresses,
      proxy,
      clock: systemClock,
      signal: new AbortController().signal,
      ...parts,
    },
  );
  return facts;
}

/** What became of each step: its kind, with the sentence where it failed. */
function shown(facts: EndpointFacts | undefined): Readonly<Record<string, string>> {
  const words = (step: Step): string => (step.kind === 'failed' ? step.message : step.kind);
  return Object.fromEntries(Object.entries(facts?.steps ?? {}).map(([name, step]) => [name, words(step)]));
}

const network = 'Check the endpoint, DNS, network policies and the egress of the operator.';

describe('the way to an endpoint', () => {
  it('is open with HTTP, and with HTTPS where its CA is trusted', async () => {
    const trusting = { host: https.endpoint, protocol: 'HTTPS', caBundle: https.tlsCaPem };
    expect([shown(await wayTo({ host: http.endpoint, protocol: 'HTTP' })), shown(await wayTo(trusting))]).toEqual([
      { DNS: 'ok', TCP: 'ok', HTTP: 'ok' },
      { DNS: 'ok', TCP: 'ok', TLS: 'ok', HTTP: 'ok' },
    ]);
  });

  it('ends at a name that nobody knows', async () => {
    const { DNS, TCP, TLS, HTTP } = shown(await wayTo({ host: 'pca.invalid', protocol: 'HTTPS' }));
    expect([DNS?.replace(/EAI_AGAIN/, 'ENOTFOUND'), TCP, TLS, HTTP]).toEqual([
      `DNS at pca.invalid failed, the host name could not be resolved (ENOTFOUND). ${network}`,
      'notReached',
      'notReached',
      'notReached',
    ]);
  });

  it('ends at an address that is refused', async () => {
    const facts = await wayTo({ host: http.endpoint, protocol: 'HTTP' }, { allowed: [] });
    expect(shown(facts)).toEqual({
      DNS: `DNS at ${http.endpoint} failed, its host leads to a refused address (AddressRefused). Name another host, or have the administrator name the address in --issuer-hosts.`,
      TCP: 'notReached',
      HTTP: 'notReached',
    });
  });

  it('ends at a port that is closed', async () => {
    const host = `127.0.0.1:${closedPort}`;
    expect(shown(await wayTo({ host, protocol: 'HTTP' }))).toEqual({
      DNS: 'ok',
      TCP: `TCP at ${host} failed, the connection was refused (ECONNREFUSED). ${network}`,
      HTTP: 'notReached',
    });
  });

  it('ends at a certificate that is not trusted', async () => {
    const { TLS, HTTP } = shown(await wayTo({ host: https.endpoint, protocol: 'HTTPS' }));
    expect([TLS, HTTP]).toEqual([
      expect.stringMatching(
        /^TLS at \S+ failed, no trusted TLS connection could be made \([A-Z_]+\)\. Check the protocol/,
      ) as string,
      'notReached',
    ]);
  });

  it('ends at a proxy that is not there, and names no password', async () => {
    const at = `127.0.0.1:${closedPort}`;
    const settings = readProxy({ HTTPS_PROXY: `http://user:canary@${at}` });
    const proxy = settings.kind === 'proxy' ? settings.proxy : undefined;
    const facts = await wayTo({ host: 'pca.invalid' }, proxy === undefined ? {} : { proxy });
    expect(facts?.proxy).toBe(at);
    expect(shown(facts)).toEqual({
      HTTP: `HTTP at pca.invalid failed, the proxy could not be reached (ProxyUnreachable): ${at}, ECONNREFUSED. Check HTTPS_PROXY of the operator (Helm: proxy.url) and the network policies.`,
    });
    expect(JSON.stringify(facts)).not.toMatch(/canary|Y2FuYXJ5/);
    const past = await wayTo({ host: http.endpoint, protocol: 'HTTP' }, proxy === undefined ? {} : { proxy });
    expect([past?.proxy, shown(past)]).toEqual([undefined, { DNS: 'ok', TCP: 'ok', HTTP: 'ok' }]);
  });

  it('ends when nothing answers in time', async () => {
    const clock = new FakeClock();
    const before = accepted;
    const host = `127.0.0.1:${portOf(silent)}`;
    const going = wayTo({ host, protocol: 'HTTPS' }, { clock });
    await until('the connection', () => accepted > before);
    let isDone = false;
    void going.then(() => (isDone = true));
    await until('the end', () => {
      clock.advance(1_000);
      return isDone;
    });
    const { TLS, HTTP } = shown(await going);
    expect([TLS, HTTP]).toEqual([
      `TLS at ${host} failed, no answer came in time (DeadlineExceeded). ${network}`,
      'notReached',
    ]);
  });

  it('is not gone once all is cancelled', async () => {
    const facts = await wayTo({ host: http.endpoint, protocol: 'HTTP' }, { signal: AbortSignal.abort() });
    expect(facts?.steps).toEqual({ DNS: { kind: 'notReached' } });
  });

  it('is not gone to a host that issuers may not name', async () => {
    expect(await wayTo({ host: 'pca.example.com', protocol: 'HTTPS' })).toBeUndefined();
  });
});
