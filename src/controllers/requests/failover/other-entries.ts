// Earlier calls at other entries of spec.failover than the one in use. Only the entry that was called can tell whether it made a
// certificate, so that a request waits for its word, however long that takes, and nothing is called for before.
import type { PcaFailure } from '../../../alibaba/errors.ts';
import type { IssuePlan } from '../../../issuing/plan.ts';
import type { SigningRequest } from '../../../issuing/signing-request.ts';
import type { OtherEntry } from '../../issuers/failover/other-entry.ts';
import type { ReadyIssuer } from '../../issuers/ready-issuers.ts';
import type { RequestMemory } from '../memory.ts';
import type { SigningOutcome, SigningTask } from '../signing/outcome.ts';
import { entryAwaitedMessage, externalCAAwaitedMessage } from './failover-messages.ts';

/** An entry that can be asked. `isOwnCall`: this process called it; otherwise an earlier one may have. */
export interface Entry {
  readonly name: string;
  readonly location: string;
  readonly issuer: ReadyIssuer;
  readonly isOwnCall: boolean;
}

// One that gave no answer for a while may have kept calls, which it works off when it does again. Whether it was silent lately no
// process knows of another.
const lateMs = 2 * 60_000;

/** The entry of the issuer of now that was called, if it is another than the one in use. */
export function entryAt(called: ReadyIssuer, { failover }: ReadyIssuer): Entry | undefined {
  const { location } = called.authority;
  const entry = failover?.others.find((other) => other.location === location);
  return entry && { name: entry.name, location, issuer: entry.issuer ?? called, isOwnCall: true };
}

/** The entry where an earlier process may have called; undefined where it cannot be asked yet. */
export function entryOfOthers({ name, issuer }: OtherEntry<ReadyIssuer>): Entry | undefined {
  return issuer && { name, location: issuer.authority.location, issuer, isOwnCall: false };
}

/**
 * Whether its word that there is no certificate is too young: a call that arrives there after this word would meet nothing that stops
 * a second one elsewhere. The word is remembered.
 */
export function isLate(entry: Entry, { otherPlaces }: Pick<RequestMemory, 'otherPlaces'>, now: number): boolean {
  otherPlaces.absent(entry.location, now);
  return (otherPlaces.absentFor(entry.location, now) ?? 0) < lateMs;
}

/** Since when a certificate may exist there, for a search whose list must be newer: any list will do as long as none is believed. */
export function sinceAt(
  entry: Entry,
  { otherPlaces }: Pick<RequestMemory, 'otherPlaces'>,
  { since, now }: { readonly since: number; readonly now: number },
): number {
  const absentMs = otherPlaces.absentFor(entry.location, now);
  return absentMs === undefined || absentMs < lateMs ? since : Math.max(since, now - absentMs + lateMs);
}

/** The request waits for the entry's word. `failure`: why there is none; otherwise it is too young. */
export function awaitEntry(
  { name, location, isOwnCall }: Pick<Entry, 'name' | 'isOwnCall'> & { readonly location?: string },
  { memory, issuer }: Pick<SigningTask, 'memory' | 'issuer'>,
  {
    failure,
    why,
    plan,
  }: { readonly failure?: PcaFailure; readonly why?: string; readonly plan?: Pick<IssuePlan, 'operation'> } = {},
): SigningOutcome {
  if (failure?.class === 'Cancelled') return { kind: 'stopped' };
  if (failure !== undefined && location !== undefined) memory.otherPlaces.silent(location);
  const message = entryAwaitedMessage({
    entry: name,
    inUse: issuer.failover?.name ?? '',
    action: isOwnCall ? plan?.operation.action : undefined,
    why: failure?.message ?? why,
  });
  return { kind: 'trouble', reason: 'EarlierCallUnsettled', message };
}

/** A CA certificate waits while another entry is in use: its bought instance is one of the issuer's own CA. */
export function awaitOwnCA(
  { isCA }: Pick<SigningRequest, 'isCA'>,
  { spec, failover }: Pick<ReadyIssuer, 'spec' | 'failover'>,
): SigningOutcome | undefined {
  if (!isCA || spec.externalCA === undefined || failover?.inUse === undefined) return undefined;
  return { kind: 'trouble', reason: 'ExternalCA', message: externalCAAwaitedMessage(failover) };
}
