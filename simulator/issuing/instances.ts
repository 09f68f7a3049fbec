// Purchased instances of external sub CAs: CreateExternalCACertificate activates each of them once.
import type { IssuedRecord } from './ledger.ts';

/** One instance; `certificate` is the CA certificate that activated it. */
export interface Instance {
  readonly instanceId: string;
  certificate: IssuedRecord | undefined;
}

/** The instances that were bought when the options name none. */
export const defaultInstances: readonly string[] = ['cas_deposit-cn-sim0001', 'cas_deposit-cn-sim0002'];

/** Free instances by identifier. */
export function createInstances(identifiers: readonly string[]): ReadonlyMap<string, Instance> {
  return new Map(identifiers.map((instanceId) => [instanceId, { instanceId, certificate: undefined }]));
}
