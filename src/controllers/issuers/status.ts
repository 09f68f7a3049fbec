// Pure: the status of an issuer after a check, and whether it differs from the one it has.
import { generationOf } from '../../crds/issuer.ts';
import type { IssuerAsRead, IssuerCondition, IssuerStatus } from '../../crds/issuer.ts';
import type { IssuingCA } from '../../issuing/issuing-ca.ts';
import { shownList } from '../../issuing/x509/shown-text.ts';
import { withCondition } from '../../kubernetes/conditions.ts';
import { withoutFields } from '../../kubernetes/undeclared-fields.ts';
import { formatMoment } from '../../timing/moment.ts';
import type { Observed } from './aspects/issuer-aspects.ts';
import { failoverText } from './failover/failover-text.ts';
import type { FailoverOf } from './failover/other-entry.ts';
import { outlookOf } from './reasons.ts';
import type { IssuerProblem, IssuerReason } from './reasons.ts';

/** Reason of Ready=True. */
export const checkedReason = 'Checked' satisfies IssuerReason;

/** What is wrong with an issuer, if anything, and its CA where PCA described it. */
export interface Finding {
  readonly problem: IssuerProblem | undefined;
  readonly ca: IssuingCA | undefined;
  /** What its clients must trust, where that is published; else what was known stays. */
  readonly trust?: IssuerStatus['trust'];
  /** What is told beside Ready. */
  readonly observed?: Observed;
  /** For a ready issuer with spec.failover. */
  readonly failover?: Omit<FailoverOf<unknown>, 'others'> | undefined;
}

/**
 * Who writes: this operator, and another one that writes the same status, both as the status names them; and the fields of it that
 * the CRD in the cluster does not have.
 */
export interface Writers {
  readonly self: string;
  readonly rival?: string;
  readonly undeclared?: readonly string[];
}

type CAStatus = NonNullable<IssuerStatus['ca']>;

/** The status to write; undefined when it would tell nothing new. */
export function issuerStatus(
  issuer: IssuerAsRead,
  finding: Finding,
  writers: Writers,
  now: Date,
): IssuerStatus | undefined {
  const next = statusOf(issuer, finding, writers, now);
  const { status: stored } = withoutFields({ status: next }, writers.undeclared ?? []);
  return same(issuer.status, stored, writers.rival !== undefined) ? undefined : next;
}

/**
 * The status of the finding: Ready with its reason, Stalled beside it where no waiting helps, the other conditions, and the CA
 * when PCA described it (else the last known one stays).
 */
export function statusOf(issuer: IssuerAsRead, finding: Finding, { self, rival }: Writers, now: Date): IssuerStatus {
  const observedGeneration = generationOf(issuer);
  const { problem } = finding;
  const { ca, trust, failover } = knownOf(finding, issuer.status);
  const reason = problem?.reason ?? checkedReason;
  const written = (told: Pick<IssuerCondition, 'type' | 'status' | 'reason' | 'message'>): IssuerCondition => {
    const present = issuer.status?.conditions.find((other) => other.type === told.type);
    return withCondition(present, { ...told, observedGeneration }, now);
  };
  const condition = (type: string, status: IssuerCondition['status'], message: string): IssuerCondition =>
    written({ type, status, reason, message });
  const message = [
    problem?.message ?? readyMessage(issuer, ca, finding.failover),
    ...(rival === undefined ? [] : [rivalText(rival)]),
  ];
  const { aspects = [], fields } = finding.observed ?? {};
  return {
    observedGeneration,
    operator: self,
    ...fields,
    conditions: [
      condition('Ready', readyStatus(problem), message.join(' ')),
      ...(outlookOf(reason) === 'Stalled' ? [condition('Stalled', 'True', 'Waiting does not help. See Ready.')] : []),
      ...aspects.map(({ type, status, reason: because, message: text }) =>
        written({ type, status, reason: because, message: text }),
      ),
    ],
    ...(ca === undefined ? {} : { ca }),
    ...externalCAStatus(issuer),
    ...(trust === undefined ? {} : { trust }),
    ...(failover === undefined ? {} : { failover }),
  };
}

/** What the check found, else what was known before. */
function knownOf(finding: Finding, present: IssuerStatus | undefined): Pick<IssuerStatus, 'ca' | 'trust' | 'failover'> {
  const failover = finding.problem === undefined ? finding.failover?.inUse : present?.failover;
  return given({ ca: knownCA(finding, present?.ca), trust: finding.trust ?? present?.trust, failover });
}

function knownCA({ ca, observed }: Finding, present: CAStatus | undefined): CAStatus | undefined {
  return ca === undefined ? present : describedCA(ca, present, observed?.chainFingerprints ?? []);
}

/** Without the members that are undefined. */
function given<T extends object>(members: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof T]?: Exclude<T[Name], undefined> };
}

/** The family of the CA's key before the last change of it, as the status remembers it; undefined where there was none. */
export function formerKeyFamily(present: CAStatus | undefined, family: string): string | undefined {
  return present === undefined || present.keyAlgorithm === family ? present?.formerKeyAlgorithm : present.keyAlgorithm;
}

/** How many instances of spec.externalCA are neither used nor promised; undefined where the issuer has none. */
export function remainingInstances({ spec, status }: Pick<IssuerAsRead, 'spec' | 'status'>): number | undefined {
  if (spec?.externalCA === undefined) return undefined;
  const accounted = new Set(status?.externalCA?.instances?.map(({ instanceId }) => instanceId));
  return spec.externalCA.instanceIds.filter((instanceId) => !accounted.has(instanceId)).length;
}

// The account of the instances itself is written where they are promised.
function externalCAStatus(issuer: IssuerAsRead): Pick<IssuerStatus, 'externalCA'> {
  const instancesRemaining = remainingInstances(issuer);
  return instancesRemaining === undefined ? {} : { externalCA: { instancesRemaining } };
}

/** What is told of the instances that are left, where there are few. `of`: how many the issuer names. */
export function instancesText(
  remaining: number,
  of: number,
): { readonly reason: 'LastInstance' | 'NoInstanceLeft'; readonly text: string } | undefined {
  const what = `in spec.externalCA.instanceIds (${of})`;
  const advice = 'Buy a further instance of an external subordinate CA and add its ID.';
  if (remaining === 1) {
    const text = `One instance ${what} is left: the next CA certificate, or the next renewal of one, uses it. ${advice}`;
    return { reason: 'LastInstance', text };
  }
  if (remaining === 0) {
    const text = `No instance ${what} is left: the next CA certificate, or the next renewal of one, waits. ${advice}`;
    return { reason: 'NoInstanceLeft', text };
  }
  return undefined;
}

function readyStatus(problem: IssuerProblem | undefined): IssuerCondition['status'] {
  if (problem === undefined) return 'True';
  return problem.reason === 'CheckFailed' ? 'Unknown' : 'False';
}

function readyMessage(
  { spec, unknownFields = [] }: IssuerAsRead,
  ca: CAStatus | undefined,
  failover: Finding['failover'],
): string {
  const sentences = [
    failoverText(failover) ?? `CA "${spec?.parentIdentifier ?? ''}" answers and can issue.`,
    ...(failover?.faults ?? []).map(({ text }) => text),
    keyFamilyText(ca) ?? '',
    unknownFields.length > 0 ? unknownFieldsText(unknownFields) : '',
  ];
  return sentences.filter((text) => text !== '').join(' ');
}

/** What is told of fields that this version of the operator does not know, by their paths. */
export function unknownFieldsText(paths: readonly string[]): string {
  return `This version of the operator does not know and leaves out of account: ${shownList(paths)}. The CRD is newer than the operator: upgrade the operator, or remove the fields.`;
}

/** What it means that the CA has keys of another family than the one before; undefined where it has not. */
export function keyFamilyText(ca: CAStatus | undefined): string | undefined {
  if (ca?.formerKeyAlgorithm === undefined) return undefined;
  const { keyAlgorithm: present, formerKeyAlgorithm: former } = ca;
  return `The keys of the CA are ${present}, those of the CA before it were ${former}: renewals of Certificates with ${former} keys wait until spec.privateKey of the Certificate asks for ${present}, or spec.parentIdentifier names a CA with ${former} keys.`;
}

const rivalMark = 'Another operator (';

function rivalText(operator: string): string {
  return `${rivalMark}${operator}) writes this status, too, and finds otherwise. Run one release of the operator per cluster: uninstall one of them.`;
}

// What the definition of the status holds: an endpoint may say anything, and one figure that is out of bounds would have the
// API server refuse the whole status, condition included, so that nobody reads what is wrong.
const longestName = 64;
const latest = new Date('9999-12-31T23:59:59Z');

function describedCA(ca: IssuingCA, present: CAStatus | undefined, chainFingerprints: readonly string[]): CAStatus {
  const { remainingCertificates: remaining, notAfter } = ca;
  const isCount = remaining !== undefined && Number.isSafeInteger(remaining) && remaining >= 0;
  const keyAlgorithm = ca.keyFamily.slice(0, longestName);
  const former = formerKeyFamily(present, keyAlgorithm);
  return {
    subject: ca.subject,
    keyAlgorithm,
    ...(former === undefined ? {} : { formerKeyAlgorithm: former }),
    issuerType: ca.issuerType.slice(0, longestName),
    notAfter: formatMoment(notAfter < latest ? notAfter : latest),
    ...(isCount ? { certificatesRemaining: remaining } : {}),
    ...(chainFingerprints.length === 0 ? {} : { chainFingerprints }),
  };
}

/** Whether `next` would tell something new. While two operators find otherwise, the words on that are no news. */
function same(present: IssuerStatus | undefined, next: IssuerStatus, hasRival: boolean): boolean {
  const [one, other] = [present, next].map((status) => status && comparable(status, hasRival));
  return present !== undefined && JSON.stringify(one) === JSON.stringify(other);
}

function comparable(status: IssuerStatus, hasRival: boolean): unknown {
  const conditions = status.conditions.map(({ type, status: value, reason, message, observedGeneration }) => [
    type,
    value,
    reason,
    // A RequestId differs in each answer to the same fault; the first one stays, or every check would be a write.
    (hasRival ? message.split(` ${rivalMark}`, 1)[0] : message)?.replaceAll(/RequestId:? [\w-]+/gi, ''),
    observedGeneration,
  ]);
  // The times of the checks and the samples of the quota go with whatever else is written.
  const { ca, externalCA, trust, failover } = status;
  return [
    status.observedGeneration,
    conditions,
    [ca?.subject, ca?.keyAlgorithm, ca?.formerKeyAlgorithm, ca?.issuerType, ca?.notAfter, ca?.certificatesRemaining],
    ca?.chainFingerprints,
    comparableObserved(status),
    externalCA?.instancesRemaining,
    comparableTrust(trust),
    comparableFailover(failover),
  ];
}

function comparableObserved({ identity, quota, longestAskedLifetime }: IssuerStatus): unknown {
  return [
    [identity?.accountId, identity?.arn, identity?.type],
    [quota?.certificatesTotal, quota?.subscriptionEndTime],
    longestAskedLifetime?.duration,
  ];
}

/** Whether two states of what clients must trust say the same. */
export function isSameTrust(one: IssuerStatus['trust'], other: IssuerStatus['trust']): boolean {
  return JSON.stringify(comparableTrust(one)) === JSON.stringify(comparableTrust(other));
}

function comparableFailover(failover: IssuerStatus['failover']): unknown {
  if (failover === undefined) return undefined;
  const { entry, parentIdentifier, region, host, since, reason } = failover;
  return [entry, parentIdentifier, region, host, since, reason];
}

// Fields in one order, whatever the order in which the API server gives them.
function comparableTrust(trust: IssuerStatus['trust']): unknown {
  const { configMap } = trust ?? {};
  return [
    trust?.bundle,
    trust?.certificates.map(({ sha256Fingerprint, subject, notAfter, neededUntil, former }) => [
      sha256Fingerprint,
      subject,
      notAfter,
      neededUntil,
      former,
    ]),
    trust?.longestLifetime,
    [configMap?.namespace, configMap?.name, configMap?.key],
  ];
}
