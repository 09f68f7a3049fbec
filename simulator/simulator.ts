/** Starts a simulated Alibaba Cloud PCA and hands out what a test or a person needs to use it. */
import { randomBytes } from 'node:crypto';
import type { Service } from './actions/action.ts';
import { FaultState, type Faults } from './faults.ts';
import { Gateway, type Call } from './gateway.ts';
import {
  type Authority,
  type AuthoritySeed,
  createAuthorities,
  defaultAuthorities,
  rootOf,
} from './issuing/authority.ts';
import { certificatePem, createLedger } from './issuing/ledger.ts';
import type { AccessKey } from './protocol/signature.ts';
import { listen, portOf } from './server.ts';
import { createServerIdentity } from './tls-identity.ts';

export type { Faults } from './faults.ts';
export type { Call } from './gateway.ts';

/** How to start; everything has a default. */
export interface SimulatorOptions {
  /** 0, the default, for any free one. */
  readonly port?: number;
  readonly host?: string;
  readonly protocol?: 'HTTP' | 'HTTPS';
  /** Keys that are accepted; default one that is random at each start. */
  readonly accessKeys?: readonly AccessKey[];
  readonly authorities?: readonly AuthoritySeed[];
  /** Decides `percentages` of the faults; 0 to 1, default Math.random. */
  readonly random?: () => number;
  /** The simulator's clock; default the machine's. */
  readonly now?: () => Date;
}

/** One CA as its users see it. */
export interface CertificateAuthority {
  readonly identifier: string;
  readonly algorithm: string;
  readonly kind: 'ROOT' | 'SUB_ROOT';
  readonly certificatePem: string;
  readonly rootPem: string;
  readonly notAfter: Date;
}

/** One certificate that was issued. */
export interface Issued {
  readonly identifier: string;
  readonly customIdentifier: string | undefined;
  /** Lower-case hex. */
  readonly serialNumber: string;
  readonly parentIdentifier: string;
  readonly subject: string;
  readonly pem: string;
}

/** A running simulator. */
export interface SimulatorHandle {
  /** `host:port`, as an issuer's spec.endpoint.host wants it. */
  readonly endpoint: string;
  readonly url: string;
  readonly adminUrl: string;
  readonly accessKey: { readonly accessKeyId: string; readonly accessKeySecret: string };
  readonly cas: readonly CertificateAuthority[];
  /** PEM of the CA behind the server's own certificate; undefined with HTTP. */
  readonly tlsCaPem: string | undefined;
  rootPem(identifier: string): string;
  setFaults(faults: Partial<Faults>): void;
  calls(): readonly Call[];
  issued(): readonly Issued[];
  /** Forgets calls, certificates and faults; the CAs stay. */
  reset(): void;
  close(): Promise<void>;
}

/** Starts a simulator with CAs whose keys are new; rejects when the port is taken. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<SimulatorHandle> {
  const keys = options.accessKeys ?? [randomKey()];
  const service = await createService(options);
  const gateway = new Gateway(service, {
    accessKey: (accessKeyId) => keys.find((key) => key.accessKeyId === accessKeyId),
    now: service.now,
    nonces: new Map(),
  });
  const state = {
    calls: () => gateway.calls,
    issued: () => issuedOf(service),
    reset: () => {
      gateway.reset();
      forget(service);
    },
  };
  const host = options.host ?? '127.0.0.1';
  const identity = options.protocol === 'HTTPS' ? await createServerIdentity(host) : undefined;
  const server = await listen(
    { host, port: options.port ?? 0, tls: identity },
    { gateway, latency: (action) => service.faults.latency(action), admin: adminOf(service, state) },
  );
  const endpoint = `${host}:${portOf(server)}`;
  const url = `${identity === undefined ? 'http' : 'https'}://${endpoint}`;
  const { accessKeyId = '', accessKeySecret = '' } = keys[0] ?? {};
  return {
    endpoint,
    url,
    adminUrl: `${url}/admin`,
    accessKey: { accessKeyId, accessKeySecret },
    cas: [...service.authorities.values()].map(shownAuthority),
    tlsCaPem: identity?.caPem,
    rootPem: (identifier) => rootPemOf(service, identifier),
    setFaults: (faults) => service.faults.set(faults),
    ...state,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function createService({ authorities, random, now = () => new Date() }: SimulatorOptions): Promise<Service> {
  return {
    authorities: await createAuthorities(authorities ?? defaultAuthorities, now()),
    ledger: createLedger(),
    faults: new FaultState(random ?? Math.random),
    now,
  };
}

function rootPemOf({ authorities }: Service, identifier: string): string {
  const authority = authorities.get(identifier);
  if (authority === undefined) throw new Error(`There is no CA ${identifier}.`);
  return rootOf(authority).certificatePem;
}

function forget(service: Service): void {
  service.ledger.clear();
  service.faults.reset();
  for (const authority of service.authorities.values()) authority.issuedCount = 0;
}

type State = Pick<SimulatorHandle, 'calls' | 'issued' | 'reset'>;

function adminOf(service: Service, state: State): Parameters<typeof listen>[1]['admin'] {
  return (method, path, body) => {
    switch (`${method} ${path}`) {
      case 'GET calls':
        return { status: 200, body: state.calls() };
      case 'GET counters':
        return { status: 200, body: countersOf(state.calls()) };
      case 'GET issued':
        return { status: 200, body: state.issued() };
      case 'GET cas':
        return { status: 200, body: [...service.authorities.values()].map(shownAuthority) };
      case 'GET faults':
        return { status: 200, body: service.faults.current };
      case 'POST faults':
        return changeFaults(service, body);
      case 'POST reset':
        state.reset();
        return { status: 200, body: {} };
      default:
        return {
          status: 404,
          body: { message: 'There are GET calls, counters, issued, cas, faults and POST faults, reset.' },
        };
    }
  };
}

function changeFaults({ faults }: Service, body: unknown): { readonly status: number; readonly body: unknown } {
  try {
    faults.set(body as Partial<Faults>);
    return { status: 200, body: faults.current };
  } catch (error) {
    return { status: 400, body: { message: String(error) } };
  }
}

function countersOf(calls: readonly Call[]): Readonly<Record<string, number>> {
  const counters: Record<string, number> = {};
  for (const { action } of calls) counters[action] = (counters[action] ?? 0) + 1;
  return counters;
}

function issuedOf({ ledger }: Service): readonly Issued[] {
  return ledger.all().map((record) => ({
    identifier: record.identifier,
    customIdentifier: record.customIdentifier,
    serialNumber: record.serialNumber,
    parentIdentifier: record.parent.identifier,
    subject: record.subject,
    pem: certificatePem(record),
  }));
}

function shownAuthority(authority: Authority): CertificateAuthority {
  const { identifier, algorithm, kind, certificatePem: pem, notAfter } = authority;
  return { identifier, algorithm, kind, certificatePem: pem, rootPem: rootOf(authority).certificatePem, notAfter };
}

function randomKey(): AccessKey {
  const text = (bytes: number): string => randomBytes(bytes).toString('base64url').replaceAll(/[-_]/g, 'x');
  return { accessKeyId: `LTAIsim${text(12)}`, accessKeySecret: text(24) };
}
