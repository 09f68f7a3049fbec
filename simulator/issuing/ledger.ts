/** What the simulated service has issued. Identifiers and custom identifiers are unique in the whole account. */
import { toPem } from '../x509/pem.ts';
import type { AlternativeName } from '../x509/extensions.ts';
import type { Authority } from './authority.ts';

/** One issued certificate. `status` and `modifiedAt` change when it is revoked. */
export interface IssuedRecord {
  readonly identifier: string;
  readonly customIdentifier: string | undefined;
  readonly parent: Authority;
  /** Lower-case hex. */
  readonly serialNumber: string;
  readonly der: Buffer;
  readonly subject: string;
  readonly commonName: string;
  readonly names: readonly AlternativeName[];
  readonly keyFamily: 'RSA' | 'ECC';
  /** `CertificateType` of the describe and list operations. */
  readonly type: 'SERVER' | 'CLIENT' | 'END_ENTITY';
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly issuedAt: Date;
  /** From then on the describe call shows the certificate. */
  readonly availableAt: Date;
  readonly tags: readonly { readonly Key: string; readonly Value: string }[];
  readonly resourceGroupId: string | undefined;
  status: 'ISSUE' | 'REVOKE';
  modifiedAt: Date;
}

/** The issued certificates with the look-ups that the service offers. */
export interface Ledger {
  add(record: IssuedRecord): void;
  byIdentifier(identifier: string): IssuedRecord | undefined;
  /** The first certificate issued under that custom identifier. */
  byCustomIdentifier(customIdentifier: string): IssuedRecord | undefined;
  hasSerialNumber(parent: Authority, serialNumber: string): boolean;
  /** In the order of issuing. */
  all(): readonly IssuedRecord[];
  clear(): void;
}

/** An empty ledger. */
export function createLedger(): Ledger {
  const records: IssuedRecord[] = [];
  const identifiers = new Map<string, IssuedRecord>();
  const customIdentifiers = new Map<string, IssuedRecord>();
  const serialNumbers = new Set<string>();
  return {
    add(record) {
      records.push(record);
      identifiers.set(record.identifier, record);
      serialNumbers.add(`${record.parent.identifier}/${record.serialNumber}`);
      const { customIdentifier } = record;
      if (customIdentifier !== undefined && !customIdentifiers.has(customIdentifier)) {
        customIdentifiers.set(customIdentifier, record);
      }
    },
    byIdentifier: (identifier) => identifiers.get(identifier),
    byCustomIdentifier: (customIdentifier) => customIdentifiers.get(customIdentifier),
    hasSerialNumber: (parent, serialNumber) => serialNumbers.has(`${parent.identifier}/${serialNumber}`),
    all: () => records,
    clear() {
      records.length = 0;
      identifiers.clear();
      customIdentifiers.clear();
      serialNumbers.clear();
    },
  };
}

/** The certificate as PEM. */
export function certificatePem(record: IssuedRecord): string {
  return toPem('CERTIFICATE', record.der);
}
