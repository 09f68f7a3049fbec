/** One running simulator's state, which both the RPC gateway and the admin interface work on. */
import type { World } from './actions/action.ts';
import { type Behaviours, defaultBehaviours } from './behaviours.ts';
import { type Call, type CallLog, createCallLog } from './call-log.ts';
import { createFaultBox, type FaultBox, noFaults } from './faults.ts';
import {
  type Authority,
  type AuthoritySeed,
  type AuthorityStatus,
  createAuthorities,
  rootOf,
} from './issuing/authority.ts';
import { certificatePem, createLedger } from './issuing/ledger.ts';
import type { AccessKey } from './protocol/signature.ts';

/** An issued certificate as the admin interface shows it. */
export interface Issued {
  readonly identifier: string;
  readonly customIdentifier: string | undefined;
  readonly serialNumber: string;
  /** Identifier of the CA. */
  readonly parent: string;
  readonly status: 'ISSUE' | 'REVOKE';
  /** RFC 3339. */
  readonly issuedAt: string;
  readonly pem: string;
}

/** A CA as the handle and the admin interface show it. */
export interface AuthorityView {
  readonly identifier: string;
  readonly algorithm: string;
  readonly kind: 'ROOT' | 'SUB_ROOT';
  readonly status: AuthorityStatus;
  readonly quota: number;
  readonly rootPem: string;
  readonly certificatePem: string;
  readonly notAfter: Date;
}

/** What may be changed of a CA while the simulator runs. */
export interface AuthorityChange {
  readonly status?: AuthorityStatus;
  /** Certificates left to issue. */
  readonly quota?: number;
}

/** The state and what can be done to it from outside the wire. */
export interface SimulatorState {
  readonly world: () => World;
  readonly nonces: Map<string, number>;
  readonly faults: FaultBox;
  readonly log: CallLog;
  readonly accessKey: (accessKeyId: string) => AccessKey | undefined;
  setAccessKeys(keys: readonly AccessKey[]): void;
  behaviours(): Behaviours;
  setBehaviours(change: Partial<Behaviours>): void;
  authorities(): readonly AuthorityView[];
  /** False when there is no such CA. */
  setAuthority(identifier: string, change: AuthorityChange): boolean;
  calls(): readonly Call[];
  issued(): readonly Issued[];
  /** Forgets calls, issued certificates, nonces, faults and changes of behaviours and CAs; keys and CAs stay the same. */
  reset(): void;
}

/** What a state is made from. */
export interface StateSettings {
  readonly accessKeys: readonly AccessKey[];
  readonly authorities: readonly AuthoritySeed[];
  readonly behaviours: Partial<Behaviours>;
  readonly accountId: string;
  readonly callHistory: number;
  readonly now: () => Date;
  readonly random: () => number;
}

/** Makes the CAs and an otherwise empty state. */
export async function createState(settings: StateSettings): Promise<SimulatorState> {
  const authorities = await createAuthorities(settings.authorities, settings.now());
  const ledger = createLedger();
  const faults = createFaultBox(settings.random);
  const log = createCallLog(settings.callHistory);
  const nonces = new Map<string, number>();
  const initialBehaviours: Behaviours = { ...defaultBehaviours, ...settings.behaviours };
  let behaviours = initialBehaviours;
  let accessKeys = new Map(settings.accessKeys.map((key) => [key.accessKeyId, key]));
  return {
    world: () => ({ authorities, ledger, behaviours, accountId: settings.accountId, now: settings.now }),
    nonces,
    faults,
    log,
    accessKey: (accessKeyId) => accessKeys.get(accessKeyId),
    setAccessKeys(keys) {
      accessKeys = new Map(keys.map((key) => [key.accessKeyId, key]));
    },
    behaviours: () => behaviours,
    setBehaviours(change) {
      behaviours = { ...behaviours, ...change };
    },
    authorities: () => [...authorities.values()].map(viewOf),
    setAuthority(identifier, { status, quota }) {
      const authority = authorities.get(identifier);
      if (authority === undefined) return false;
      authority.status = status ?? authority.status;
      authority.quota = quota ?? authority.quota;
      return true;
    },
    calls: () => [...log.calls()],
    issued: () =>
      ledger.all().map((record) => ({
        identifier: record.identifier,
        customIdentifier: record.customIdentifier,
        serialNumber: record.serialNumber,
        parent: record.parent.identifier,
        status: record.status,
        issuedAt: record.issuedAt.toISOString(),
        pem: certificatePem(record),
      })),
    reset() {
      log.clear();
      ledger.clear();
      nonces.clear();
      faults.set(noFaults);
      behaviours = initialBehaviours;
      for (const seed of settings.authorities) {
        const authority = authorities.get(seed.identifier);
        if (authority === undefined) continue;
        authority.status = seed.status ?? 'ISSUE';
        authority.quota = seed.quota ?? 1_000_000;
        authority.issuedCount = 0;
      }
    },
  };
}

function viewOf(authority: Authority): AuthorityView {
  return {
    identifier: authority.identifier,
    algorithm: authority.algorithm,
    kind: authority.kind,
    status: authority.status,
    quota: authority.quota,
    rootPem: rootOf(authority).certificatePem,
    certificatePem: authority.certificatePem,
    notAfter: authority.notAfter,
  };
}
