// Judges requests: which wait or have failed lately, grouped by why. Pure.
import { approval, certificateRequestConditions, conditionOf, terminalState } from '../../crds/cert-manager.ts';
import type { CertificateRequest, TerminalState } from '../../crds/cert-manager.ts';
import { isSigningEnded, signerReference, signingApproval } from '../../crds/certificate-signing-request.ts';
import type { CertificateSigningRequest } from '../../crds/certificate-signing-request.ts';
import { apiGroup, isReady, issuerKind } from '../../crds/issuer.ts';
import { describeIssuer, issuerKey, referencedIssuer } from '../../crds/issuer-ref.ts';
import type { IssuerIdentity } from '../../crds/issuer-ref.ts';
import { formatMoment } from '../../timing/moment.ts';
import type { Facts, IssuerFacts } from '../facts.ts';
import { error, ok, unknown, warning } from '../finding.ts';
import type { Finding, Level } from '../finding.ts';
import { valueOr } from '../../cluster-reading/seen.ts';
import { unseen } from '../finding.ts';
import { everyIssuer } from './issuers.ts';

/** Why a request has no certificate, and what to do; `since` in milliseconds since 1970. */
export interface Trouble {
  readonly level: Extract<Level, 'warning' | 'error'>;
  readonly found: string;
  readonly todo: string;
  readonly since: number;
  /** Whether the request names no issuer of ours: what is wrong around it does not matter then. */
  readonly isForOthers?: boolean;
}

interface Found extends Trouble {
  readonly name: string;
}

// A request that is a minute old is on its way.
const onItsWayMs = 60_000;
const latelyMs = 3_600_000;
const approveByHand =
  'cert-manager must be allowed to approve for the issuer (see approval), or another approver must; by hand: cmctl approve -n NAMESPACE NAME.';

/** Every request that waits or has failed lately; one finding for each cause, with the oldest request as its example. */
export function judgeRequests(
  facts: Pick<Facts, 'requests' | 'issuers' | 'now'>,
  issuer: IssuerIdentity | undefined,
): readonly Finding[] {
  const { requests, now } = facts;
  const { certificateRequests, signingRequests } = requests;
  const issuers = everyIssuer(facts.issuers);
  const isMeant = (identity: IssuerIdentity | undefined): boolean =>
    issuer === undefined || (identity !== undefined && issuerKey(identity) === issuerKey(issuer));
  const found: readonly Found[] = [
    ...valueOr(certificateRequests, [])
      .filter(({ spec, metadata }) => isMeant(referencedIssuer(spec.issuerRef, metadata.namespace)))
      .flatMap((request) =>
        named(
          `CertificateRequest ${request.metadata.namespace}/${request.metadata.name}`,
          troubleOf(request, issuers),
          now,
        ),
      ),
    ...valueOr(signingRequests, [])
      .filter(({ spec }) => isMeant(signerReference(spec.signerName)))
      .flatMap((request) =>
        named(`CertificateSigningRequest ${request.metadata.name}`, signingTroubleOf(request, issuers), now),
      ),
  ];
  const unread = [
    ...(certificateRequests.kind === 'hidden' || certificateRequests.kind === 'unanswered'
      ? [unseen('requests', 'CertificateRequests', certificateRequests)]
      : []),
    ...(signingRequests.kind === 'hidden' || signingRequests.kind === 'unanswered'
      ? [unseen('requests', 'CertificateSigningRequests', signingRequests)]
      : []),
    ...(requests.more
      ? [
          unknown(
            'requests',
            'requests',
            'There are more requests in the cluster than were read.',
            'Ask about one with --request.',
          ),
        ]
      : []),
  ];
  const findings = [...unread, ...grouped(found)];
  return findings.length > 0
    ? findings
    : [ok('requests', 'requests', 'None waits, and none has failed within an hour.')];
}

function named(name: string, trouble: Trouble | undefined, now: Date): readonly Found[] {
  if (trouble === undefined) return [];
  const age = now.getTime() - trouble.since;
  const counts = trouble.level === 'error' ? age > onItsWayMs : age < latelyMs;
  return counts ? [{ ...trouble, name }] : [];
}

function grouped(found: readonly Found[]): readonly Finding[] {
  const groups = Map.groupBy(found, ({ level, found: why, todo }) => JSON.stringify([level, why, todo]));
  return [...groups.values()].flatMap((group) => {
    const [oldest] = group.toSorted((a, b) => a.since - b.since);
    if (oldest === undefined) return [];
    const { name, level, todo, since } = oldest;
    const others = group.length === 1 ? '' : ` and ${group.length - 1} more`;
    const text = `Since ${formatMoment(new Date(since))}: ${oldest.found}`;
    return [
      level === 'error'
        ? error('requests', `${name}${others}`, text, todo)
        : warning('requests', `${name}${others}`, text, todo),
    ];
  });
}

/** Why a CertificateRequest has no certificate; undefined where it has one, or is none of ours. Waiting is an error, a failure a warning. */
export function troubleOf(request: CertificateRequest, issuers: readonly IssuerFacts[]): Trouble | undefined {
  const { spec, metadata } = request;
  const created = Date.parse(metadata.creationTimestamp);
  const state = terminalState(request);
  if (state === 'Issued') return undefined;
  const ready = conditionOf(request, certificateRequestConditions.ready);
  const since = Date.parse(ready?.lastTransitionTime ?? '') || created;
  if (state !== undefined) return ended(state, { message: ready?.message, since });
  const wrong = wrongReference(request);
  if (wrong !== undefined) return { ...wrong, level: 'error', since: created, isForOthers: true };
  if (approval(request) === 'Undecided')
    return { level: 'error', found: 'Nobody has approved or denied it.', todo: approveByHand, since: created };
  const issuer = referencedIssuer(spec.issuerRef, metadata.namespace);
  return issuer === undefined ? undefined : waiting(ready?.message, { issuer, issuers, since });
}

function ended(
  state: TerminalState,
  { message = 'no reason is given', since }: { readonly message: string | undefined; readonly since: number },
): Trouble {
  const todo =
    state === 'Denied'
      ? 'Ask the approver, or correct the Certificate so that its policy fits.'
      : 'Correct the Certificate or the issuer; cert-manager then makes a new request (at once with cmctl renew).';
  return { level: 'warning', found: `${state}: ${message}`, todo, since };
}

/** The issuer that nobody serves. */
function wrongReference({ spec }: CertificateRequest): Pick<Trouble, 'found' | 'todo'> | undefined {
  const { group, kind } = spec.issuerRef;
  if (group !== apiGroup && issuerKind(kind) !== undefined) {
    return {
      found: `Its issuerRef names the kind ${kind ?? ''} in group "${group ?? 'cert-manager.io'}", so no issuer answers it.`,
      todo: `Set issuerRef.group of the Certificate to ${apiGroup}.`,
    };
  }
  if (group !== apiGroup) {
    return {
      found: `Its issuerRef names the kind ${kind ?? 'Issuer'} in group "${group ?? 'cert-manager.io'}", which is not of this operator.`,
      todo: `For a certificate of PCA, set issuerRef.group of the Certificate to ${apiGroup} and issuerRef.kind to AlibabaPCAIssuer or AlibabaPCAClusterIssuer.`,
    };
  }
  if (issuerKind(kind) === undefined) {
    return {
      found: `Its issuerRef names the kind ${kind ?? '(none)'}, which group ${apiGroup} has not.`,
      todo: 'Set issuerRef.kind of the Certificate to AlibabaPCAIssuer or AlibabaPCAClusterIssuer.',
    };
  }
  return undefined;
}

/** Why a CertificateSigningRequest has no certificate. */
export function signingTroubleOf(
  request: CertificateSigningRequest,
  issuers: readonly IssuerFacts[],
): Trouble | undefined {
  const { metadata, spec, status } = request;
  const since = Date.parse(metadata.creationTimestamp);
  if (isSigningEnded(request)) {
    const failed = status?.conditions?.find(({ type }) => type === 'Failed' || type === 'Denied');
    if (failed === undefined) return undefined;
    const at = Date.parse(failed.lastTransitionTime ?? '') || since;
    return {
      level: 'warning',
      found: `${failed.type} (${failed.reason ?? 'no reason is given'}).`,
      todo: `See kubectl describe csr ${metadata.name}; correct it and make a new request.`,
      since: at,
    };
  }
  const issuer = signerReference(spec.signerName);
  if (issuer === undefined) {
    return {
      level: 'error',
      found: `Its signer ${spec.signerName} is none of ours.`,
      todo: 'Make a new request for alibabapcaissuers.pca.alibabacloud.com/NAMESPACE.NAME or alibabapcaclusterissuers.pca.alibabacloud.com/NAME.',
      since,
      isForOthers: true,
    };
  }
  if (signingApproval(request) === 'Undecided') {
    return {
      level: 'error',
      found: 'Nobody has approved or denied it.',
      todo: `Nobody approves such requests by itself: kubectl certificate approve ${metadata.name}.`,
      since,
    };
  }
  return waiting(undefined, { issuer, issuers, since });
}

function waiting(
  message: string | undefined,
  {
    issuer,
    issuers,
    since,
  }: { readonly issuer: IssuerIdentity; readonly issuers: readonly IssuerFacts[]; readonly since: number },
): Trouble {
  const facts = issuers.find(({ identity }) => issuerKey(identity) === issuerKey(issuer));
  const usual =
    facts === undefined
      ? `Waiting for ${describeIssuer(issuer)}, which does not exist or may not be read.`
      : 'The operator has said nothing about it yet.';
  const ready = facts !== undefined && isReady(facts.issuer);
  const todo =
    facts === undefined
      ? 'Create the issuer, or correct issuerRef of the Certificate.'
      : ready
        ? 'Do what it says; if it says nothing, see whether a replica leads (Lease) and its log.'
        : `Mend ${describeIssuer(issuer)}; the request then goes on by itself.`;
  return { level: 'error', found: message ?? usual, todo, since };
}
