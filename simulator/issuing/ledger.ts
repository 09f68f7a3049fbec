// The certificates that the simulated service has issued. Identifiers and custom identifiers are unique in the whole account.
import { toPem } from '../x509/pem.ts';
import type { AlternativeName } from '../x509/extensions.ts';
import type { CertificationRequest } from '../x509/signing-request.ts';
import type { Authority } from './authority.ts';

/** One issued certificate. `status` and `modifiedAt` change when it is revoked or deleted. */
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
  readonly request: CertificationRequest;
  /** `CertificateType` of the describe and list operations. */
  readonly type: 'SERVER' | 'CLIENT' | 'END_ENTITY' | 'CA';
  /** Name of the action that issued it. */
  readonly action: string;
  /** Issued for the certificate warehouse, whose look-ups alone show it. */
  readonly inWarehouse: boolean;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly issuedAt: Date;
  /** From then on the describe call shows the certificate. */
  readonly availableAt: Date;
  readonly tags: readonly { readonly Key: string; readonly Value: string }[];
  readonly resourceGroupId: string | undefined;
  status: 'ISSUE' | 'REVOKE' | 'DELETED';
  modifiedAt: Date;
}

/** The issued certificates with the look-ups that the service offers. */
export interface Ledger {
  add(record: IssuedRecord): void;
  /** Deleted ones are not found. */
  byIdentifier(identifier: string): IssuedRecord | undefined;
  /** The first certificate issued under that custom identifier. */
  byCustomIdentifier(customIdentifier: string): IssuedRecord | undefined;
  /** Takes the certificate out of every look-up. */
  delete(record: IssuedRecord): void;
  hasSerialNumber(parent: Authority, serialNumber: string): boolean;
  /** In the order of issuing, deleted ones too. */
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
      if (customIdentifier !== undefined && !customIdentifiers.has(customIdentifier))
        customIdentifiers.set(customIdentifier, record);
    },
    byIdentifier: (identifier) => identifiers.get(identifier),
    byCustomIdentifier: (customIdentifier) => customIdentifiers.get(customIdentifier),
    delete(record) {
      record.status = 'DELETED';
      identifiers.delete(record.identifier);
      const { customIdentifier = '' } = record;
      if (customIdentifiers.get(customIdentifier) === record) customIdentifiers.delete(customIdentifier);
    },
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
