// Judges issuers by what their status says, and by what their credentials opened where they were used. Pure.
import { aspectReasons, aspectTypes, isAspectNews } from '../../controllers/issuers/aspects/reasons.ts';
import { issuerReasons } from '../../controllers/issuers/reasons.ts';
import { generationOf, issuerKinds, readyCondition } from '../../crds/issuer.ts';
import type { IssuerAsRead, IssuerCondition, IssuerKind } from '../../crds/issuer.ts';
import { describeIssuer } from '../../crds/issuer-ref.ts';
import { shownList } from '../../issuing/x509/shown-text.ts';
import { formatMoment } from '../../timing/moment.ts';
import type { Facts, IssuerFacts } from '../facts.ts';
import { error, ok, unknown, warning } from '../finding.ts';
import type { Finding } from '../finding.ts';
import { valueOr } from '../../cluster-reading/seen.ts';
import { unseen } from '../finding.ts';
import type { Seen } from '../../cluster-reading/seen.ts';

const checkOf = { CredentialsValid: 'credentials', CAHealthy: 'ca', QuotaAvailable: 'quota' } as const;

type IssuersFact = Facts['issuers'];
type Judged = Pick<Facts, 'issuers' | 'lease' | 'now'>;

// Nobody has looked at it yet.
const firstCheckMs = 60_000;
const dayMs = 86_400_000;
const soonDays = 30;
const fewCertificates = 100;

/** The issuers that could be seen, of both kinds. */
export function everyIssuer(issuers: IssuersFact): readonly IssuerFacts[] {
  return issuerKinds.flatMap(({ kind }) => valueOr(issuers[kind], []));
}

/** Everything about issuers. `named`: whether one was asked for. */
export function judgeIssuers(facts: Judged, named: boolean): readonly Finding[] {
  const hidden = issuerKinds.flatMap(({ kind, plural }) => hiddenFindings(facts.issuers[kind], plural, named));
  const issuers = everyIssuer(facts.issuers);
  if (named && issuers.length === 0 && hidden.length === 0) {
    return [
      error(
        'issuer',
        'issuer',
        'There is no such issuer.',
        'Correct --issuer: NAMESPACE/NAME, or NAME of an AlibabaPCAClusterIssuer.',
      ),
    ];
  }
  const findings = issuers.flatMap((issuer) => issuerFindings(issuer, facts));
  const bad = new Set(findings.map(({ about }) => about));
  const good = issuers.filter(({ identity }) => !bad.has(describeIssuer(identity)));
  const about = shownList(good.map(({ identity }) => describeIssuer(identity)));
  return [
    ...hidden,
    ...findings,
    ...(good.length === 0
      ? []
      : [ok('issuer', about, good.length === 1 ? goodText(good[0]) : `All ${good.length} are ready.`)]),
  ];
}

function goodText(facts: IssuerFacts | undefined): string {
  const ca = facts?.issuer.status?.ca;
  return ca === undefined ? 'It is ready.' : `It is ready; its CA ${ca.subject} ends at ${ca.notAfter}.`;
}

function hiddenFindings(look: Seen<unknown>, plural: IssuerKind['plural'], named: boolean): readonly Finding[] {
  if (look.kind === 'hidden' || look.kind === 'unanswered') return [unseen('issuer', plural, look)];
  // That a kind is not served is told where kinds are.
  return look.kind === 'absent' && named
    ? [
        error(
          'issuer',
          plural,
          'There is no such issuer.',
          'Correct --issuer: NAMESPACE/NAME, or NAME of an AlibabaPCAClusterIssuer.',
        ),
      ]
    : [];
}

function issuerFindings(facts: IssuerFacts, { lease, now }: Judged): readonly Finding[] {
  return [
    ...statusFindings(facts, now),
    ...writerFindings(facts, lease),
    ...cloudFindings(facts),
    ...aheadFindings(facts, now),
    ...trustFindings(facts, now),
  ];
}

function statusFindings({ identity, issuer }: IssuerFacts, now: Date): readonly Finding[] {
  const about = describeIssuer(identity);
  if (issuer.spec === undefined) {
    const found = `Its spec is not understood: ${shownList(issuer.faults ?? [])}`;
    return [error('issuer', about, found, 'Upgrade the older of operator and CRDs, or correct the spec.')];
  }
  const { unknownFields = [] } = issuer;
  const found = `Fields that this version does not know: ${shownList(unknownFields)}.`;
  const further =
    unknownFields.length === 0 ? [] : [warning('issuer', about, found, 'Upgrade the operator, or remove them.')];
  return [...readyFindings(issuer, about, now), ...further];
}

function readyFindings(issuer: IssuerAsRead, about: string, now: Date): readonly Finding[] {
  const ready = readyCondition(issuer);
  if (ready === undefined && now.getTime() - Date.parse(issuer.metadata.creationTimestamp) < firstCheckMs) {
    return [
      unknown('issuer', about, 'It was created a moment ago and not checked yet.', 'Run this again in a minute.'),
    ];
  }
  if (ready === undefined || (ready.observedGeneration ?? -1) < generationOf(issuer)) {
    const found =
      ready === undefined ? 'The operator has never checked it.' : 'The operator has not checked its present spec.';
    return [error('issuer', about, found, 'See whether a replica leads (Lease) and may read and write issuers.')];
  }
  if (ready.status === 'True') return [];
  const found = `Not ready since ${ready.lastTransitionTime} (${ready.reason}): ${ready.message}`;
  return [error('issuer', about, found, meaningOf(ready))];
}

function meaningOf({ reason }: IssuerCondition): string {
  const known = Object.entries(issuerReasons).find(([name]) => name === reason);
  return known === undefined ? 'Do what the message says.' : known[1].meaning;
}

function writerFindings({ identity, issuer }: IssuerFacts, lease: Facts['lease']): readonly Finding[] {
  const operator = issuer.status?.operator;
  if (operator === undefined || lease?.kind !== 'seen') return [];
  const { namespace, name } = lease.value.name;
  if (operator === `${namespace}/${name}`) return [];
  const found = `Its status was written by the operator with the Lease ${operator}, not by that of ${namespace}/${name}.`;
  return [
    warning(
      'issuer',
      describeIssuer(identity),
      found,
      'Run one release of the operator per cluster: uninstall one of them.',
    ),
  ];
}

function cloudFindings({ identity, issuer, cloud }: IssuerFacts): readonly Finding[] {
  if (cloud === undefined) return [];
  const about = describeIssuer(identity);
  if (cloud.kind === 'notReady') {
    const { reason, message } = cloud;
    const known = Object.entries(issuerReasons).find(([name]) => name === reason);
    return [
      error(
        'credentials',
        about,
        `Tried now (${reason}): ${message}`,
        known?.[1].meaning ?? 'Do what the message says.',
      ),
    ];
  }
  if (readyCondition(issuer)?.status === 'True') return [];
  const found = `Tried now, they open PCA: CA ${cloud.subject} answers, until ${formatMoment(cloud.notAfter)}. The operator met something else.`;
  return [
    warning(
      'credentials',
      about,
      found,
      'It checks again automatically within a minute; if it stays, run the doctor in its pod.',
    ),
  ];
}

/** What the operator told ahead of time, and of what it told nothing, what can be seen here. */
function aheadFindings(facts: IssuerFacts, now: Date): readonly Finding[] {
  const about = describeIssuer(facts.identity);
  const told = (facts.issuer.status?.conditions ?? []).flatMap(({ type, status, reason, message }) => {
    const aspect = aspectTypes.find((each) => each === type);
    if (aspect === undefined || !isAspectNews(reason)) return [];
    const level = status === 'False' ? error : warning;
    return [level(checkOf[aspect], about, message, aspectReasons[reason].meaning)];
  });
  const seen = [...caFindings(facts, now), ...quotaFindings(facts)];
  return [...told, ...seen.filter(({ check }) => !told.some((other) => other.check === check))];
}

function caFindings({ identity, issuer, cloud }: IssuerFacts, now: Date): readonly Finding[] {
  const end = cloud?.kind === 'ready' ? cloud.notAfter.getTime() : Date.parse(issuer.status?.ca?.notAfter ?? '');
  const days = Math.floor((end - now.getTime()) / dayMs);
  // Of one that has ended its condition tells.
  if (Number.isNaN(days) || days < 0 || days >= soonDays) return [];
  const found = `Its CA ends in ${days} days, at ${formatMoment(new Date(end))}; no certificate can outlive it.`;
  return [
    warning(
      'ca',
      describeIssuer(identity),
      found,
      'Make a new subordinate CA in PCA and name it in spec.parentIdentifier (docs/operations.md).',
    ),
  ];
}

function quotaFindings({ identity, issuer, cloud }: IssuerFacts): readonly Finding[] {
  const about = describeIssuer(identity);
  const left = cloud?.kind === 'ready' ? cloud.remainingCertificates : issuer.status?.ca?.certificatesRemaining;
  const instances = issuer.status?.externalCA?.instancesRemaining;
  return [
    ...(left === undefined || left >= fewCertificates
      ? []
      : [
          left === 0
            ? error('quota', about, 'Its CA has no certificates left.', 'Buy or assign more in the PCA console.')
            : warning(
                'quota',
                about,
                `Its CA has ${left} certificates left.`,
                'Buy or assign more in the PCA console.',
              ),
        ]),
    ...(instances === undefined || instances > 1
      ? []
      : [
          warning(
            'quota',
            about,
            `${instances} of its instances in spec.externalCA.instanceIds are free; the next CA certificate needs one.`,
            'Buy a further instance of an external subordinate CA and add its ID.',
          ),
        ]),
  ];
}

function trustFindings({ identity, issuer, published }: IssuerFacts, now: Date): readonly Finding[] {
  const { trust } = issuer.status ?? {};
  const about = describeIssuer(identity);
  if (trust?.configMap === undefined || published === undefined) return [];
  const { namespace, name, key } = trust.configMap;
  const where = `ConfigMap ${namespace}/${name}`;
  if (published.kind === 'hidden' || published.kind === 'unanswered') return [unseen('trust', where, published)];
  const ending = trust.certificates.filter(
    ({ notAfter, former }) => former !== true && Date.parse(notAfter) - now.getTime() < soonDays * dayMs,
  );
  const agrees = published.kind === 'seen' && published.value === trust.bundle;
  return [
    ...(agrees
      ? []
      : [
          error(
            'trust',
            about,
            `${where} does not hold under "${key}" what its clients must trust: it was changed or deleted.`,
            'Undo the change or delete the ConfigMap; the operator writes it again with its next check.',
          ),
        ]),
    ...ending.map(({ subject, notAfter }) =>
      warning(
        'trust',
        about,
        `The root ${subject}, which its clients trust, ends at ${notAfter}.`,
        'Move to a CA below another root in time (docs/operations.md).',
      ),
    ),
  ];
}
