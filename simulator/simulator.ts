// Starts a simulated Alibaba Cloud PCA and returns everything that a test or a person needs to use it.
import { randomBytes } from 'node:crypto';
import type { Service } from './actions/action.ts';
import { FaultState } from './faults.ts';
import type { Faults } from './faults.ts';
import { createAdmin } from './admin.ts';
import { createIdentityStore } from './identity/identity-store.ts';
import type { OidcProvider, Role } from './identity/identity-store.ts';
import { MetadataService } from './identity/metadata-service.ts';
import type { Instance, MetadataCall } from './identity/metadata-service.ts';
import { Gateway } from './gateway.ts';
import type { Call } from './gateway.ts';
import { createAuthorities, defaultAuthorities, rootOf } from './issuing/authority.ts';
import type { Authority, AuthorityRenewal, AuthoritySeed } from './issuing/authority.ts';
import { createInstances, defaultInstances } from './issuing/instances.ts';
import { createLedger } from './issuing/ledger.ts';
import type { AccessKey } from './protocol/signature.ts';
import { listen, portOf } from './server.ts';
import { createServerIdentity } from './tls-identity.ts';
import { issuedOf, shownAuthority } from './views.ts';
import type { AuthorityChanges, CertificateAuthority, Issued } from './views.ts';

export type { Faults } from './faults.ts';
export type { OidcProvider, Role } from './identity/identity-store.ts';
export type { Instance, MetadataCall } from './identity/metadata-service.ts';
export type { Call } from './gateway.ts';
export type { AuthorityChanges, CertificateAuthority, Issued } from './views.ts';

/** How to start; everything has a default. */
export interface SimulatorOptions {
  /** 0, the default, for any free one. */
  readonly port?: number;
  readonly host?: string;
  readonly protocol?: 'HTTP' | 'HTTPS';
  /** Further names that its TLS certificate is for, such as cas-vpc.cn-hangzhou.aliyuncs.com. */
  readonly names?: readonly string[];
  /** Keys that are accepted; default one that is random at each start. */
  readonly accessKeys?: readonly AccessKey[];
  readonly authorities?: readonly AuthoritySeed[];
  /** Purchased instances that CreateExternalCACertificate may activate; default two. */
  readonly instances?: readonly string[];
  /** Decides `percentages` of the faults; 0 to 1, default Math.random. */
  readonly random?: () => number;
  /** The simulator's clock; default the machine's. */
  readonly now?: () => Date;
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
  /** Changes a CA from now on until the next reset; throws for an identifier that does not exist. */
  setAuthority(identifier: string, changes: AuthorityChanges): void;
  /** Makes CAs anew, under identifiers that they have already or under new ones, until the next reset. */
  renewAuthorities(renewals: readonly AuthorityRenewal[]): Promise<void>;
  /** Registers an OIDC provider, or replaces it; it stays over resets. */
  setOidcProvider(provider: OidcProvider): void;
  /** Makes a role, or replaces it with its trust policy; it stays over resets. */
  setRole(role: Role): void;
  /** Makes its metadata service that of another ECS instance; it stays over resets. */
  setInstance(instance: Instance): void;
  /** What the metadata service was asked since the start or the last reset. */
  metadataCalls(): readonly MetadataCall[];
  /** Accepts a further permanent key, of the account that it names; it stays over resets. */
  addAccessKey(key: AccessKey): void;
  /** Ends all temporary credentials that were issued; they are unknown from now on. */
  endSessions(): void;
  calls(): readonly Call[];
  issued(): readonly Issued[];
  /** Forgets calls, certificates and faults; CAs and instances are as at the start, with the same keys. */
  reset(): void;
  close(): Promise<void>;
}

/** Starts a simulator with CAs whose keys are new; rejects when the port is taken. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<SimulatorHandle> {
  const keys = [...(options.accessKeys ?? [randomKey()])];
  const service = await createService(options);
  const atStart = new Map(service.authorities);
  const gateway = new Gateway(service, {
    accessKey: (accessKeyId) =>
      keys.find((key) => key.accessKeyId === accessKeyId) ?? service.identity.temporaryKeys.get(accessKeyId),
    now: service.now,
    nonces: new Map(),
  });
  const metadata = new MetadataService(service.identity, {
    now: service.now,
    sessionSeconds: () => service.faults.current.sessionSeconds,
  });
  const state = {
    calls: () => gateway.calls,
    issued: () => issuedOf(service),
    setFaults: (faults: Partial<Faults>) => service.faults.set(faults),
    setAuthority: (identifier: string, changes: AuthorityChanges) => {
      Object.assign(authorityOf(service, identifier), changes);
    },
    reset: () => {
      gateway.reset();
      replace(service.authorities, atStart);
      metadata.reset();
      forget(service);
    },
  };
  const shownAuthorities = () => [...service.authorities.values()].map(shownAuthority);
  const admin = createAdmin({
    ...state,
    get cas() {
      return shownAuthorities();
    },
    faults: () => service.faults.current,
  });
  const host = options.host ?? '127.0.0.1';
  const identity =
    options.protocol === 'HTTPS' ? await createServerIdentity(host, ...(options.names ?? [])) : undefined;
  const server = await listen(
    { host, port: options.port ?? 0, tls: identity },
    { gateway, metadata, delay: async (action) => service.faults.delay(action), admin },
  );
  const endpoint = `${host}:${portOf(server)}`;
  const url = `${identity === undefined ? 'http' : 'https'}://${endpoint}`;
  const { accessKeyId = '', accessKeySecret = '' } = keys[0] ?? {};
  return {
    endpoint,
    url,
    adminUrl: `${url}/admin`,
    accessKey: { accessKeyId, accessKeySecret },
    get cas() {
      return shownAuthorities();
    },
    tlsCaPem: identity?.caPem,
    rootPem: (identifier) => rootOf(authorityOf(service, identifier)).certificatePem,
    renewAuthorities: async (renewals) => {
      replace(service.authorities, await createAuthorities(renewals, service.now(), service.authorities));
    },
    setOidcProvider: (provider) => void service.identity.providers.set(provider.arn, provider),
    setRole: (role) => void service.identity.roles.set(role.arn, role),
    setInstance: (instance) => metadata.become(instance),
    metadataCalls: () => metadata.calls,
    addAccessKey: (key) => void keys.push(key),
    endSessions: () => service.identity.temporaryKeys.clear(),
    ...state,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function createService({
  authorities,
  instances = defaultInstances,
  random,
  now = () => new Date(),
}: SimulatorOptions): Promise<Service & { readonly authorities: Map<string, Authority> }> {
  return {
    authorities: await createAuthorities(authorities ?? defaultAuthorities, now()),
    instances: createInstances(instances),
    ledger: createLedger(),
    faults: new FaultState(random ?? Math.random),
    identity: createIdentityStore(),
    now,
  };
}

function authorityOf({ authorities }: Service, identifier: string): Authority {
  const authority = authorities.get(identifier);
  if (authority === undefined) throw new Error(`There is no CA ${identifier}.`);
  return authority;
}

function replace(authorities: Map<string, Authority>, others: ReadonlyMap<string, Authority>): void {
  authorities.clear();
  for (const [identifier, authority] of others) authorities.set(identifier, authority);
}

function forget(service: Service): void {
  service.ledger.clear();
  service.faults.reset();
  for (const authority of service.authorities.values()) Object.assign(authority, authority.initial, { issuedCount: 0 });
  for (const instance of service.instances.values()) instance.certificate = undefined;
}

function randomKey(): AccessKey {
  const text = (bytes: number): string => randomBytes(bytes).toString('base64url').replaceAll(/[-_]/g, 'x');
  return { accessKeyId: `LTAIsim${text(12)}`, accessKeySecret: text(24) };
}
