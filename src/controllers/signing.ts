// From an approved request and a checked issuer to a certificate: plan, look for what may exist, call once, verify.
import { planIssuing, type IssuePlan } from '../issuing/plan.ts';
import { type ClampedLifetime, refuseForRenewal } from '../issuing/validity.ts';
import { readSigningRequest } from '../issuing/signing-request.ts';
import type { ExternalCAInstances } from './external-ca-instances.ts';
import type { LookupOutcome } from './issued-lookup.ts';
import { issue, type IssuingCallDependencies } from './issuing-call.ts';
import { findByKey } from './key-lookup.ts';
import type { LiveRequest } from './live-request.ts';
import { settleFailure, settleReply, type SigningContext, type SigningOutcome } from './signing-outcome.ts';

/** What signing needs from outside. */
export interface SigningDependencies extends IssuingCallDependencies {
  /** UID of the namespace kube-system: the cluster's part of the caller's identifier. */
  readonly clusterUid: string;
  readonly instances: Pick<ExternalCAInstances, 'prepare'>;
}

/** Tries once to get the certificate for `request`, which must have been read live; never throws. */
export async function sign(
  request: LiveRequest,
  context: SigningContext,
  dependencies: SigningDependencies,
): Promise<SigningOutcome> {
  const { session } = context;
  const read = readSigningRequest(request.fields);
  if (read.kind === 'refused') return { kind: 'refused', ...read.refusal };
  const input = {
    request: read.request,
    spec: session.spec,
    ca: session.ca,
    clusterUid: dependencies.clusterUid,
    now: dependencies.now(),
  };
  const planned = planIssuing(input);
  if (planned.kind === 'refused') return { kind: 'refused', ...planned.refusal };
  const { plan } = planned;
  await dependencies.onStep('Planned', request.object.uid);
  if (plan.clamped !== undefined) {
    const objection = await objectionToClamp(request, plan.clamped, context.signal, dependencies);
    if (objection !== undefined) return objection;
  }

  if (plan.expected.isCA) return issueCA({ request, input, plan }, context, dependencies);
  const earlier = await findEarlier(request, plan, context, dependencies);
  if (earlier !== undefined && earlier.kind !== 'absent') return settleLookup(earlier, plan, context, dependencies);
  await dependencies.onStep('EarlierLookedUp', request.object.uid);
  return issue(request, plan, context, dependencies);
}

/** A lifetime that was cut must leave room for the Certificate's renewBefore. */
async function objectionToClamp(
  request: LiveRequest,
  clamped: ClampedLifetime,
  signal: AbortSignal,
  { owningCertificate }: SigningDependencies,
): Promise<SigningOutcome | undefined> {
  const read = await owningCertificate(request.certificate, signal);
  if (read.kind === 'failed') return { kind: 'retry', reason: 'CertificateUnreadable', message: read.message };
  const { renewBeforeSeconds } = read.certificate;
  const refused = renewBeforeSeconds === undefined ? undefined : refuseForRenewal(clamped, renewBeforeSeconds);
  return refused === undefined ? undefined : { kind: 'refused', ...refused.refusal };
}

interface CATask {
  readonly request: LiveRequest;
  readonly input: Parameters<typeof planIssuing>[0];
  readonly plan: IssuePlan;
}

/** A CA certificate activates a purchased instance, which also tells whether an earlier try has issued. */
async function issueCA(
  { request, input, plan: { expected, operation } }: CATask,
  context: SigningContext,
  dependencies: SigningDependencies,
): Promise<SigningOutcome> {
  const { issuer } = request;
  if (issuer === undefined)
    return { kind: 'retry', reason: 'IssuerUnknown', message: 'The issuer has no kind of ours.' };
  const { session, signal } = context;
  const prepared = await dependencies.instances.prepare({ issuer, session, request, spki: expected.spki, signal });
  switch (prepared.kind) {
    case 'exhausted':
      return { kind: 'retry', reason: 'NoInstanceLeft', message: prepared.message };
    case 'unsettled':
      return { kind: 'retry', reason: 'InstanceUnsettled', message: prepared.message };
    case 'failed':
      return settleFailure(prepared.failure, context);
    case 'use':
    case 'found':
      break;
  }
  const planned = planIssuing(prepared.kind === 'use' ? { ...input, instanceId: prepared.instanceId } : input);
  if (planned.kind === 'refused') return { kind: 'refused', ...planned.refusal };
  if (prepared.kind === 'use') {
    await dependencies.onStep('InstancePromised', request.object.uid);
    return issue(request, planned.plan, context, dependencies);
  }
  if (prepared.reply.kind === 'pending') {
    const message = `${operation.action} was called, but PCA has not given the certificate yet.`;
    return { kind: 'retry', reason: 'CertificateNotReady', message };
  }
  return settleReply(prepared.reply, planned.plan, { ...context, adopted: true, requestId: undefined }, dependencies);
}

// A certificate is never older than its request, but for the clocks of the service and the cluster.
const clockMarginMilliseconds = 3_600_000;

function earliestOf({ creationTimestamp }: LiveRequest): number {
  return Date.parse(creationTimestamp) - clockMarginMilliseconds;
}

/** The certificate of an earlier try, if there may be one; undefined when no earlier try is known of. */
async function findEarlier(
  request: LiveRequest,
  plan: IssuePlan,
  context: SigningContext,
  { now }: Pick<SigningDependencies, 'now'>,
): Promise<LookupOutcome | undefined> {
  const { session, attempt, signal } = context;
  if (attempt.pendingIdentifier !== undefined) return session.lookup.read(attempt.pendingIdentifier, signal);
  if (attempt.uncertainSince === undefined) return undefined;
  const found =
    plan.identifier === undefined
      ? await findByKey(request, plan, { ...context, since: attempt.uncertainSince, now: now() })
      : await session.lookup.find(
          plan.identifier,
          { since: attempt.uncertainSince, from: earliestOf(request) },
          signal,
        );
  if (found.kind === 'absent') attempt.uncertainSince = undefined;
  return found;
}

function settleLookup(
  found: Exclude<LookupOutcome, { readonly kind: 'absent' }>,
  plan: IssuePlan,
  context: SigningContext,
  dependencies: SigningDependencies,
): SigningOutcome {
  switch (found.kind) {
    case 'found':
      return settleReply(found.reply, plan, { ...context, adopted: true, requestId: undefined }, dependencies);
    case 'unsettled':
      return { kind: 'retry', reason: 'CertificateNotReady', message: found.message };
    case 'failed':
      return settleFailure(found.failure, context);
  }
}
