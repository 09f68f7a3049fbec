// Why one request is not ready, in five lines: what it is, who approves, what the issuer says, what waits, what to do. Pure.
import {
  certificateRequestConditions,
  certificateRevisionAnnotation,
  conditionOf,
  owningCertificateName,
} from '../../crds/cert-manager.ts';
import type { CertificateRequest } from '../../crds/cert-manager.ts';
import { signerReference, signingApproval } from '../../crds/certificate-signing-request.ts';
import type { CertificateSigningRequest } from '../../crds/certificate-signing-request.ts';
import { isReady, readyCondition } from '../../crds/issuer.ts';
import { describeIssuer, issuerKey, referencedIssuer } from '../../crds/issuer-ref.ts';
import type { IssuerIdentity } from '../../crds/issuer-ref.ts';
import { formatMoment } from '../../timing/moment.ts';
import type { IssuerFacts } from '../facts.ts';
import type { Finding } from '../finding.ts';
import { signingTroubleOf, troubleOf } from './requests.ts';
import type { Trouble } from './requests.ts';

/** The five lines, each without its label; `isReady`: it has its certificate. */
export interface RequestLines {
  readonly isReady: boolean;
  readonly request: string;
  readonly approval: string;
  readonly issuer: string;
  readonly state: string;
  readonly todo: string;
}

/** What the lines are made of. `around`: findings about operator, approval and rights. */
export interface RequestContext {
  readonly issuers: readonly IssuerFacts[];
  readonly around: readonly Finding[];
}

/** The lines about a CertificateRequest. */
export function certificateRequestLines(request: CertificateRequest, context: RequestContext): RequestLines {
  const { metadata, spec, status } = request;
  const issuer = referencedIssuer(spec.issuerRef, metadata.namespace);
  const certificate = owningCertificateName(request);
  const revision = metadata.annotations?.[certificateRevisionAnnotation];
  const made =
    certificate === undefined
      ? `made by ${spec.username ?? 'somebody'}`
      : `for Certificate ${metadata.namespace}/${certificate}${revision === undefined ? '' : `, revision ${revision}`}`;
  const trouble = troubleOf(request, context.issuers);
  const ready = conditionOf(request, certificateRequestConditions.ready);
  return linesOf(context, {
    request: `CertificateRequest ${metadata.namespace}/${metadata.name}, ${made}, of ${metadata.creationTimestamp}`,
    approval: approvalLine(status?.conditions ?? [], context),
    issuer,
    reference: `${spec.issuerRef.kind ?? '(no kind)'} ${spec.issuerRef.name}, group ${spec.issuerRef.group ?? '(none)'}`,
    trouble,
    issued: `Issued at ${ready?.lastTransitionTime ?? 'an unknown time'}.`,
  });
}

/** The lines about a CertificateSigningRequest. */
export function signingRequestLines(request: CertificateSigningRequest, context: RequestContext): RequestLines {
  const { metadata, spec, status } = request;
  const approval = signingApproval(request);
  return linesOf(context, {
    request: `CertificateSigningRequest ${metadata.name}, made by ${spec.username ?? 'somebody'}, of ${metadata.creationTimestamp}`,
    approval:
      approval === 'Undecided'
        ? 'Nobody has approved or denied it; nobody does so by itself.'
        : approvalLine(status?.conditions ?? [], context),
    issuer: signerReference(spec.signerName),
    reference: `signer ${spec.signerName}`,
    trouble: signingTroubleOf(request, context.issuers),
    issued: 'Issued.',
  });
}

function linesOf(
  { issuers, around }: RequestContext,
  about: {
    readonly request: string;
    readonly approval: string;
    readonly issuer: IssuerIdentity | undefined;
    readonly reference: string;
    readonly trouble: Trouble | undefined;
    readonly issued: string;
  },
): RequestLines {
  const { request, approval, issuer, reference, trouble, issued } = about;
  const lines = { request, approval, issuer: issuerLine(issuer, reference, issuers) };
  if (trouble === undefined) return { ...lines, isReady: true, state: issued, todo: 'Nothing.' };
  const state = `Since ${formatMoment(new Date(trouble.since))}: ${trouble.found}`;
  return { ...lines, isReady: false, state, todo: todoOf(trouble, around) };
}

interface Condition {
  readonly type: string;
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

function approvalLine(conditions: readonly Condition[], { around }: RequestContext): string {
  const decided = conditions.find(
    ({ type, status }) => (type === 'Approved' || type === 'Denied') && status !== 'False',
  );
  if (decided !== undefined) {
    const { type, reason = 'no reason is given', lastTransitionTime } = decided;
    return `${type}${lastTransitionTime === undefined ? '' : ` at ${lastTransitionTime}`} (${reason}).`;
  }
  const who = around.find(({ check }) => check === 'approval');
  return `Nobody has approved or denied it.${who === undefined ? '' : ` ${who.about}: ${who.found}`}`;
}

function issuerLine(issuer: IssuerIdentity | undefined, reference: string, issuers: readonly IssuerFacts[]): string {
  if (issuer === undefined) return `${reference}: none of ours.`;
  const facts = issuers.find(({ identity }) => issuerKey(identity) === issuerKey(issuer));
  const name = describeIssuer(issuer);
  if (facts === undefined) return `${name} does not exist, or may not be read.`;
  const ready = readyCondition(facts.issuer);
  if (ready === undefined) return `${name} was never checked.`;
  if (isReady(facts.issuer)) return `${name} is ready: ${ready.message}`;
  return `${name} is not ready since ${ready.lastTransitionTime} (${ready.reason}): ${ready.message}`;
}

/** What is wrong around a request for our issuers comes first: nothing helps before that. */
function todoOf(trouble: Trouble, around: readonly Finding[]): string {
  const undecided = trouble.found.startsWith('Nobody has approved');
  const isRelevant = ({ check }: Finding): boolean =>
    undecided ? check === 'approval' : check === 'lease' || check === 'operator';
  const first = around.find((finding) => finding.level === 'error' && isRelevant(finding));
  if (first === undefined || trouble.level === 'warning' || trouble.isForOthers === true) return trouble.todo;
  return undecided ? first.todo : `${first.about}: ${first.found} ${first.todo}`;
}
