// Pure: the status of an issuer after a check, and whether it differs from the one it has.
import { generationOf } from '../../crds/issuer.ts';
import type { Issuer, IssuerStatus } from '../../crds/issuer.ts';
import type { IssuingCA } from '../../issuing/issuing-ca.ts';
import { withCondition } from '../../kubernetes/conditions.ts';
import { formatMoment } from '../../timing/moment.ts';
import type { IssuerProblem, IssuerReason } from './reasons.ts';

/** Reason of Ready=True. */
export const checkedReason = 'Checked' satisfies IssuerReason;

/**
 * The status to write: Ready with its reason, and the CA when PCA described it (else the last known one stays).
 * undefined when it would change nothing.
 */
export function issuerStatus(
  issuer: Issuer,
  finding: { readonly problem: IssuerProblem | undefined; readonly ca: IssuingCA | undefined },
  now: Date,
): IssuerStatus | undefined {
  const generation = generationOf(issuer);
  const { problem } = finding;
  const present = issuer.status?.conditions.find(({ type }) => type === 'Ready');
  const ready = withCondition(
    present,
    {
      type: 'Ready',
      status: problem === undefined ? 'True' : 'False',
      reason: problem?.reason ?? checkedReason,
      message: problem?.message ?? `CA "${issuer.spec.parentIdentifier}" answers and can issue.`,
      observedGeneration: generation,
    },
    now,
  );
  const ca = finding.ca === undefined ? issuer.status?.ca : describedCA(finding.ca);
  const next: IssuerStatus = {
    observedGeneration: generation,
    conditions: [ready],
    ...(ca === undefined ? {} : { ca }),
  };
  return same(issuer.status, next) ? undefined : next;
}

// What the definition of the status holds: an endpoint may say anything, and one figure that is out of bounds would have the
// API server refuse the whole status, condition included, so that nobody reads what is wrong.
const longestName = 64;
const latest = new Date('9999-12-31T23:59:59Z');

function describedCA(ca: IssuingCA): NonNullable<IssuerStatus['ca']> {
  const { remainingCertificates: remaining, notAfter } = ca;
  const isCount = remaining !== undefined && Number.isSafeInteger(remaining) && remaining >= 0;
  return {
    subject: ca.subject,
    keyAlgorithm: ca.keyFamily.slice(0, longestName),
    issuerType: ca.issuerType.slice(0, longestName),
    notAfter: formatMoment(notAfter < latest ? notAfter : latest),
    ...(isCount ? { certificatesRemaining: remaining } : {}),
  };
}

// A RequestId differs in each answer to the same fault; the first one stays, or every check would be a write.
function same(present: IssuerStatus | undefined, next: IssuerStatus): boolean {
  return present !== undefined && JSON.stringify(comparable(present)) === JSON.stringify(comparable(next));
}

function comparable(status: IssuerStatus): unknown {
  const conditions = status.conditions.map(({ type, status: value, reason, message, observedGeneration }) => [
    type,
    value,
    reason,
    message.replaceAll(/RequestId:? [\w-]+/gi, ''),
    observedGeneration,
  ]);
  const { ca } = status;
  return [
    status.observedGeneration,
    conditions,
    [ca?.subject, ca?.keyAlgorithm, ca?.issuerType, ca?.notAfter, ca?.certificatesRemaining],
  ];
}
