// The way to PCA and STS, step by step, with the operator's own rules for addresses and its own transport.
import { lookup } from 'node:dns/promises';
import { connect as connectTcp, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AddressRefused } from '../../alibaba/address-rules.ts';
import type { AddressRules, ProtocolRules } from '../../alibaba/address-rules.ts';
import { stsEndpointFor } from '../../alibaba/credentials/sts.ts';
import { endpointFor, endpointName } from '../../alibaba/endpoint.ts';
import type { PcaEndpoint } from '../../alibaba/endpoint.ts';
import { clientFailure, networkFailure } from '../../alibaba/errors.ts';
import type { IssuerHosts } from '../../alibaba/issuer-hosts.ts';
import { placeOf, proxyFor } from '../../alibaba/proxies/proxy.ts';
import type { HostAndPort } from '../../alibaba/proxies/no-proxy.ts';
import type { Proxy } from '../../alibaba/proxies/proxy.ts';
import { redactorOf } from '../../alibaba/redaction.ts';
import type { Transport } from '../../alibaba/transport.ts';
import { describeIssuer } from '../../crds/issuer-ref.ts';
import { RequestSlots } from '../../kubernetes/request-slots.ts';
import type { PodIdentity } from '../../runtime/pod-identity.ts';
import type { Clock } from '../../timing/clock.ts';
import { startDeadline } from '../../timing/deadline.ts';
import type { EndpointFacts, IssuerFacts, Step } from '../facts.ts';

/** What going there works with. */
export interface EndpointParts {
  readonly transport: Transport;
  readonly addresses: Pick<AddressRules, 'for'>;
  readonly proxy: Proxy | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** An endpoint and who uses it. */
interface UsedEndpoint {
  readonly service: EndpointFacts['service'];
  readonly endpoint: PcaEndpoint;
  readonly issuers: readonly string[];
}

type StepName = keyof EndpointFacts['steps'];
type Steps = Readonly<Partial<Record<StepName, Step>>>;

const stepMs = 10_000;
const atATime = 8;
const redact = redactorOf([]);

/** Goes to each endpoint that issuers use and may name. */
export async function lookAtEndpoints(
  issuers: readonly IssuerFacts[],
  { hosts, identity }: { readonly hosts: Pick<IssuerHosts, 'allows'>; readonly identity: PodIdentity },
  parts: EndpointParts,
): Promise<readonly EndpointFacts[]> {
  const slots = new RequestSlots(atATime);
  const used = usedBy(issuers, identity).filter(({ endpoint }) => hosts.allows(endpoint.host));
  return Promise.all(
    used.map(async ({ service, endpoint, issuers: users }): Promise<EndpointFacts> => {
      const { host, protocol } = endpoint;
      const facts = { service, host, protocol, issuers: users, proxy: proxyFor(endpoint, parts.proxy)?.shown };
      try {
        using _place = await slots.take(endpointName(endpoint), parts.signal);
        return { ...facts, steps: await stepsTo(endpoint, parts) };
      } catch {
        return { ...facts, steps: { DNS: { kind: 'notReached' } } };
      }
    }),
  );
}

/** PCA of every issuer, and STS of those with a role; each endpoint once. Pure. */
export function usedBy(issuers: readonly IssuerFacts[], identity: PodIdentity): readonly UsedEndpoint[] {
  const found = new Map<string, UsedEndpoint>();
  for (const {
    identity: issuer,
    issuer: { spec },
  } of issuers) {
    if (spec === undefined) continue;
    const { credentials, region, network } = spec;
    const pca = endpointFor({ region, network, ...spec.endpoint });
    const { assumeRole, rrsa, serviceAccountRef } = credentials;
    const usesRole = [assumeRole, rrsa, serviceAccountRef].some((given) => given !== undefined);
    const sts = usesRole ? [{ service: 'STS', endpoint: stsEndpointFor(spec, identity) } as const] : [];
    const ofPca = pca === undefined ? [] : [{ service: 'PCA', endpoint: pca } as const];
    for (const { service, endpoint } of [...ofPca, ...sts]) {
      const key = JSON.stringify([service, endpointName(endpoint), endpoint.caBundle]);
      const known = found.get(key)?.issuers ?? [];
      found.set(key, { service, endpoint, issuers: [...known, describeIssuer(issuer)] });
    }
  }
  return [...found.values()];
}

async function stepsTo(endpoint: PcaEndpoint, parts: EndpointParts): Promise<Steps> {
  const exchange: readonly [StepName, Go] = ['HTTP', async (signal) => answer(endpoint, parts, signal)];
  // A proxy resolves the name and connects.
  if (proxyFor(endpoint, parts.proxy) !== undefined) return walk([exchange], endpoint, parts);
  const place = placeOf(endpoint);
  const rules = parts.addresses.for(endpoint.protocol);
  const open: { socket?: Socket } = {};
  try {
    const way: readonly (readonly [StepName, Go])[] = [
      ['DNS', async () => resolved(place.host, rules)],
      [
        'TCP',
        async (signal) => {
          const socket = await connected(place, rules, signal);
          open.socket = socket;
          return `connected to ${socket.remoteAddress ?? place.host}, port ${place.port}`;
        },
      ],
      ...(endpoint.protocol === 'HTTPS'
        ? [
            [
              'TLS',
              async (signal: AbortSignal) => secured(open.socket, place.host, { ca: endpoint.caBundle, signal }),
            ] as const,
          ]
        : []),
      exchange,
    ];
    return await walk(way, endpoint, parts);
  } finally {
    open.socket?.destroy();
  }
}

type Go = (signal: AbortSignal) => Promise<string>;

/** Goes step by step until one fails. */
async function walk(
  way: readonly (readonly [StepName, Go])[],
  { host }: PcaEndpoint,
  { clock, signal }: EndpointParts,
): Promise<Steps> {
  const steps: Partial<Record<StepName, Step>> = {};
  let isOpen = true;
  for (const [name, go] of way) {
    steps[name] = isOpen ? await step(name, go, { host, clock, signal }) : { kind: 'notReached' };
    isOpen = steps[name].kind === 'ok';
  }
  return steps;
}

async function step(
  action: StepName,
  go: Go,
  { host, clock, signal }: { readonly host: string; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<Step> {
  using deadline = startDeadline(stepMs, signal, clock);
  const waited = await deadline.wait(go(deadline.signal));
  if (waited.kind === 'value') return { kind: 'ok', detail: waited.value };
  const about = { action, host, sent: false, redact };
  const { message } =
    waited.kind === 'thrown' ? networkFailure(waited.thrown, about) : clientFailure(waited.kind, about);
  return { kind: 'failed', message };
}

async function resolved(host: string, rules: ProtocolRules): Promise<string> {
  const found = isIP(host) === 0 ? (await lookup(host, { all: true })).map(({ address }) => address) : [host];
  const allowed = found.filter((address) => rules.refusal(address) === undefined);
  if (allowed.length === 0) throw rules.refusal(found[0] ?? host) ?? new AddressRefused(host);
  return allowed.join(', ');
}

async function connected(
  { host, port }: HostAndPort,
  { lookup: resolve }: ProtocolRules,
  signal: AbortSignal,
): Promise<Socket> {
  return new Promise((fulfil, reject) => {
    const socket = connectTcp({ host, port, lookup: resolve, autoSelectFamily: true, signal });
    socket.once('connect', () => fulfil(socket));
    // Later errors are those of whoever uses the socket next.
    socket.on('error', reject);
  });
}

async function secured(
  socket: Socket | undefined,
  host: string,
  { ca, signal }: { readonly ca: string | undefined; readonly signal: AbortSignal },
): Promise<string> {
  return new Promise((fulfil, reject) => {
    if (socket === undefined) return reject(new Error('There is no connection.'));
    const secure = connectTls({
      socket,
      // Whose certificate it must be, also where it is an address, which has no place in SNI.
      host,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(ca === undefined ? {} : { ca }),
    });
    signal.addEventListener('abort', () => secure.destroy(), { once: true });
    secure.once('secureConnect', () =>
      fulfil(`${secure.getProtocol() ?? 'TLS'}, certificate until ${secure.getPeerCertificate().valid_to}`),
    );
    secure.on('error', reject);
    secure.once('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
  });
}

/** What is at `/` is no matter: that something answers is. */
async function answer(endpoint: PcaEndpoint, { transport }: EndpointParts, signal: AbortSignal): Promise<string> {
  const request = { method: 'GET', path: '/', headers: { host: endpoint.host }, body: Buffer.alloc(0) };
  const { status } = await transport.send(endpoint, request, signal);
  return `answered with status ${status}`;
}
