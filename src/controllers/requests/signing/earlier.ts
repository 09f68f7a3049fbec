// The certificate of a call that this process made before: it is looked for where that call went, whatever the issuer says by
// now, and judged by what was asked then. Each way ends: with the certificate, without one, or with the end of the request.
import type { Found, Trace } from '../../../authority/certificate-authority.ts';
import type { PcaFailure } from '../../../alibaba/errors.ts';
import type { IssuePlan } from '../../../issuing/plan.ts';
import type { Clock } from '../../../timing/clock.ts';
import type { ReadyIssuer } from '../../issuers/ready-issuers.ts';
import type { Earlier, IssuingCall } from '../memory.ts';
import {
  notListedMessage,
  outOfReachMessage,
  revokedMessage,
  unfinishedMessage,
  unusedElsewhere,
  untraceableMessage,
} from '../messages.ts';
import type { EarlierCall, EarlierSearch, SearchTask } from './earlier-search.ts';
import { awaitEntry, entryAt, isLate, sinceAt } from '../failover/other-entries.ts';
import type { Entry } from '../failover/other-entries.ts';
import { judgeFailure, judgeReply } from './outcome.ts';
import type { SigningOutcome, SigningTask } from './outcome.ts';

type Settled = Exclude<Found, { readonly kind: 'absent' } | { readonly kind: 'taken' }>;

/** One look at an earlier call; `issuer` is the one of now. */
export type LookTask = SearchTask & Pick<SigningTask, 'memory' | 'issuer'>;

/** A call of this process whose certificate was not seen, with what is known of it. */
interface OwnCall extends IssuingCall {
  readonly earlier: Exclude<Earlier, { readonly kind: 'none' }>;
  /** Who is asked: the issuer of now where it keeps its certificates in the same place, since its credentials are newer. */
  readonly asked: ReadyIssuer;
  readonly isElsewhere: boolean;
  /** Where it went, if that is an entry of the issuer that is not in use now: it is waited for as long as it takes. */
  readonly entry: Entry | undefined;
  /** For so long after it ended the call may still be at work, where nothing else would stop a second one. */
  readonly workingMs: number;
}

// With the pauses of the queue between them these take minutes, since a list may be late; and hours, since an outage may pass.
const mostMisses = 8;
const mostOutages = 30;
const refusals: ReadonlySet<PcaFailure['class']> = new Set([
  'Credentials',
  'Permission',
  'IssuingCA',
  'Capacity',
  'ActionUnavailable',
  'RequestRejected',
]);
// What PCA has not finished a day after the approval will not come.
const longestUnfinishedMs = 24 * 3_600_000;
// An activating call of which nothing was heard may still be at work.
const activatingMs = 10_000;
// A call whose request is gone is not made again, so nothing would notice that it arrived late.
const abandonedMs = 2 * 60_000;

/** Looks for the certificate of an own earlier call. Undefined: there is none, or nothing was called for. */
export async function settleOwnCall(
  task: SigningTask,
  search: Pick<EarlierSearch, 'find'>,
  clock: Pick<Clock, 'now' | 'monotonic'>,
): Promise<SigningOutcome | undefined> {
  const own = ownCallOf(task);
  return own === undefined ? undefined : settle(own, task, search, clock);
}

/**
 * The same for a request that is gone, and `call`; `issuer` of the task is the one that is asked. Undefined: the call made none, which is
 * only said of a list that was read when it was surely over.
 */
export async function settleAbandonedCall(
  task: LookTask,
  call: IssuingCall,
  { search, clock }: { readonly search: Pick<EarlierSearch, 'find'>; readonly clock: Pick<Clock, 'now' | 'monotonic'> },
): Promise<SigningOutcome | undefined> {
  const { earlier } = task.memory;
  if (earlier.kind === 'none') return undefined;
  const own = { ...call, earlier, isElsewhere: false, entry: undefined, asked: task.issuer, workingMs: abandonedMs };
  return settle(own, task, search, clock);
}

async function settle(
  own: OwnCall,
  task: LookTask,
  search: Pick<EarlierSearch, 'find'>,
  clock: Pick<Clock, 'now' | 'monotonic'>,
): Promise<SigningOutcome | undefined> {
  const { memory } = task;
  const { plan, asked } = own;
  const trace = traceOf(own, task, clock.monotonic());
  const found = await search.find(task, {
    plan,
    trace,
    asked,
    judgedBy: judgedBy(own, task),
    isElsewhere: own.entry !== undefined,
  });
  switch (found.kind) {
    case 'absent':
    case 'taken':
      return nothingFound(own, task, clock.monotonic());
    case 'failed':
      if (own.entry !== undefined) return awaitEntry(own.entry, task, { failure: found.failure, plan });
      if (own.isElsewhere) return outOfReach(own, found.failure, () => memory.missed(clock.monotonic()));
      return judgeFailure(found.failure, { plan, issuer: task.issuer, call: 'reading' });
    case 'found':
    case 'revoked':
    case 'pending':
    case 'unsettled': {
      const outcome = judgeFound(found, { plan, issuer: judgedBy(own, task), task, clock });
      return own.isElsewhere ? withoutBlame(outcome) : outcome;
    }
  }
}

/**
 * Judges the certificate in the status of a request whose end somebody has removed: it was paid for. Undefined where there is none,
 * or another than was asked for.
 */
export function judgeLeft(
  { request: { leftCertificate }, issuer }: SigningTask,
  plan: IssuePlan,
  clock: Pick<Clock, 'now'>,
): SigningOutcome | undefined {
  if (leftCertificate === undefined) return undefined;
  const fields = { identifier: undefined, chain: [], serialNumber: undefined };
  const judged = { plan, issuer, now: clock.now(), adopted: true, requestId: undefined };
  const outcome = judgeReply({ kind: 'issued', certificate: leftCertificate, ...fields }, judged);
  return outcome.kind === 'issued' ? outcome : undefined;
}

/**
 * Judges what was found of an earlier call: the certificate must be one of `issuer`. `provenOwn`: by our identifier, after a call of
 * another process, whose settings of the subject nobody knows any more.
 */
export function judgeFound(
  found: Settled,
  {
    plan,
    issuer,
    task,
    clock,
    provenOwn = false,
  }: Pick<EarlierCall, 'plan'> & {
    readonly issuer: ReadyIssuer;
    readonly provenOwn?: boolean;
    readonly task: Pick<LookTask, 'request' | 'memory'>;
    readonly clock: Pick<Clock, 'now'>;
  },
): SigningOutcome {
  switch (found.kind) {
    case 'found': {
      const judged = { plan, issuer, now: clock.now(), adopted: true, provenOwn, requestId: undefined };
      return judgeReply(found.reply, judged);
    }
    case 'revoked':
      return { kind: 'refused', reason: 'CertificateRevoked', message: revokedMessage(found.identifier) };
    case 'pending':
      return unfinished(found.message, task, clock.now());
    case 'unsettled':
      return { kind: 'trouble', reason: 'CertificateNotReady', message: found.message };
    case 'failed':
      return judgeFailure(found.failure, { plan, issuer, call: 'reading' });
  }
}

/** The approval is in the cluster, so that this wait ends however often the process starts anew. */
function unfinished(
  message: string,
  { request, memory }: Pick<LookTask, 'request' | 'memory'>,
  now: Date,
): SigningOutcome {
  const looks = memory.unfinished();
  if (looks < mostMisses || now.getTime() - request.approvedAt.getTime() < longestUnfinishedMs)
    return { kind: 'trouble', reason: 'CertificateNotReady', message };
  return { kind: 'refused', reason: 'EarlierCertificateNotFound', message: unfinishedMessage(message) };
}

/** Rules the certificate out, unless PCA says that there is one or its call may still be at work. */
function nothingFound(
  { earlier, plan, asked, workingMs, entry }: OwnCall,
  task: Pick<LookTask, 'memory' | 'issuer'>,
  now: number,
): SigningOutcome | undefined {
  const { memory } = task;
  if (earlier.kind === 'unknown' && earlier.exists) return untraceable(plan, asked, memory.missed(now));
  if (now - earlier.since < workingMs) return atWork(plan);
  if (entry !== undefined && isLate(entry, memory, now)) return awaitEntry(entry, task, { plan });
  // A call that arrives late where the next one goes meets its identifier; elsewhere it was waited for.
  memory.ruledOut(entry === undefined ? asked.authority.location : undefined);
  return undefined;
}

/** The own call to be settled here. What a bought instance of the issuer was used for is settled when it is taken. */
function ownCallOf({ memory: { earlier }, issuer }: SigningTask): OwnCall | undefined {
  if (earlier.kind === 'none' || earlier.call === undefined) return undefined;
  const { call } = earlier;
  const isElsewhere = call.issuer.authority.location !== issuer.authority.location;
  const { isCA } = call.plan.expected;
  const isKept = isCA && !isElsewhere && (issuer.spec.externalCA?.instanceIds ?? []).includes(instanceOf(call.plan));
  const isSettledLater = isKept && !(earlier.kind === 'unknown' && earlier.exists);
  if (isSettledLater) return undefined;
  return { ...call, earlier, isElsewhere, ...askedOf(call, issuer, isElsewhere), workingMs: isCA ? activatingMs : 0 };
}

function askedOf(
  { issuer: called }: IssuingCall,
  issuer: ReadyIssuer,
  isElsewhere: boolean,
): Pick<OwnCall, 'entry' | 'asked'> {
  if (!isElsewhere) return { entry: undefined, asked: issuer };
  const entry = entryAt(called, issuer);
  return { entry, asked: entry?.issuer ?? called };
}

function traceOf(
  { plan, earlier, workingMs, entry }: OwnCall,
  { memory }: Pick<LookTask, 'memory'>,
  now: number,
): Trace {
  if (plan.expected.isCA) return { kind: 'instance', instanceId: instanceOf(plan) };
  // While the call may be at work any list will do to find its certificate, and none to rule it out.
  const worked = now - earlier.since < workingMs ? earlier.since : earlier.since + workingMs;
  const since = entry === undefined ? worked : sinceAt(entry, memory, { since: worked, now });
  return earlier.kind === 'accepted'
    ? { kind: 'accepted', identifier: earlier.identifier, since }
    : { kind: 'unknown', since };
}

function instanceOf({ call }: IssuePlan): string {
  return call.parameters['InstanceId'] ?? '';
}

/** The certificate is what the issuer gave when it was called for; an issuer that took its name has to give it itself. */
function judgedBy({ asked, issuer }: OwnCall, task: Pick<LookTask, 'issuer'>): ReadyIssuer {
  return issuer.uid === task.issuer.uid ? asked : task.issuer;
}

function untraceable(plan: IssuePlan, asked: ReadyIssuer, misses: number): SigningOutcome {
  const earlier = { identifier: plan.identifier, parentIdentifier: asked.spec.parentIdentifier };
  if (misses < mostMisses) return { kind: 'trouble', reason: 'Duplicate', message: notListedMessage(earlier) };
  return { kind: 'refused', reason: 'EarlierCertificateNotFound', message: untraceableMessage(earlier) };
}

/** Whatever is wrong with the way to a CA that the issuer names no longer is nobody's fault now. */
function outOfReach({ plan, asked }: OwnCall, failure: PcaFailure, missed: () => number): SigningOutcome {
  if (failure.class === 'Cancelled') return { kind: 'stopped' };
  const most = isRefusal(failure) ? mostMisses : mostOutages;
  if (missed() < most) return { kind: 'trouble', reason: failure.class, message: failure.message };
  const earlier = { identifier: plan.identifier, parentIdentifier: asked.spec.parentIdentifier };
  const message = outOfReachMessage(earlier, failure.message);
  return { kind: 'refused', reason: 'EarlierCertificateNotFound', message };
}

/** Whether the same answer is to be expected again. */
function isRefusal({ class: name }: PcaFailure): boolean {
  return refusals.has(name);
}

function atWork({ operation, expected }: IssuePlan): SigningOutcome {
  const what = expected.isCA ? 'its instance is looked at' : 'its certificate is looked for';
  const message = `${operation.action} was called without an answer that was seen, so ${what} again.`;
  return { kind: 'trouble', reason: 'CertificateNotReady', message };
}

/** The issuer of now did nothing wrong, and has no way to revoke what another CA issued. */
export function withoutBlame(outcome: SigningOutcome): SigningOutcome {
  if (outcome.kind !== 'refused') return outcome;
  const { unused, ...rest } = outcome;
  return unused === undefined ? rest : { ...rest, message: `${rest.message} ${unusedElsewhere}` };
}
