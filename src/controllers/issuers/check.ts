// Whether an issuer can issue: its Secret is readable, PCA answers, the CA is an active sub CA that suits the operation.
import { PcaAuthority } from '../../authority/certificate-authority.ts';
import type { Described } from '../../authority/certificate-authority.ts';
import type { CertificateSearches } from '../../authority/certificate-search.ts';
import { problemOfDescribing } from '../../authority/problems.ts';
import type { PcaFailure } from '../../alibaba/errors.ts';
import { generationOf } from '../../crds/issuer.ts';
import type { Issuer, IssuerAsRead, IssuerSpec } from '../../crds/issuer.ts';
import { assessIssuingCA } from '../../issuing/issuing-ca.ts';
import type { IssuingCA } from '../../issuing/issuing-ca.ts';
import { issuingOperations } from '../../issuing/operations/index.ts';
import { settingsFault } from '../../issuing/operations/settings.ts';
import { shownList, shownText } from '../../issuing/x509/shown-text.ts';
import type { Clock } from '../../timing/clock.ts';
import type { Facts, IssuerFacts } from './aspects/facts.ts';
import type { IssuerCredentials, OpenedCredentials } from './credentials.ts';
import type { ReadyIssuer } from './ready-issuers.ts';
import type { IssuerProblem } from './reasons.ts';
import { formerKeyFamily } from './status.ts';
import type { Judgement } from './tenancy/judge.ts';
import type { TrustSources } from './trust/trust-sources.ts';

/**
 * `ready` carries the issuer as issuing needs it; `notReady` the reason and message of its Ready condition, and where known the way to
 * its CA and what kind of failure the call met that describes it. `facts`: what was found out beside that, where PCA was asked at all.
 */
export type CheckResult = Judged & { readonly facts?: IssuerFacts | undefined };

type Judged =
  | { readonly kind: 'ready'; readonly issuer: ReadyIssuer }
  | {
      readonly kind: 'notReady';
      readonly problem: IssuerProblem;
      readonly ca: IssuingCA | undefined;
      readonly way?: Pick<ReadyIssuer, 'authority' | 'credentialsVersion'>;
      readonly failure?: PcaFailure['class'];
    };

type Opened = Extract<OpenedCredentials, { readonly kind: 'ok' }>;

/** Checks issuers. */
export class IssuerCheck {
  readonly #credentials: Pick<IssuerCredentials, 'open'>;
  readonly #searches: Pick<CertificateSearches, 'of'>;
  readonly #trust: Pick<TrustSources, 'read'>;
  readonly #clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly #judgeByRules: (issuer: Issuer) => Judgement;
  readonly #facts: Pick<Facts, 'gather'> | undefined;

  /** `judge`: by the rules of the administrator. Without `facts` nothing is asked beside what decides about Ready. */
  constructor(
    credentials: Pick<IssuerCredentials, 'open'>,
    searches: Pick<CertificateSearches, 'of'>,
    trust: Pick<TrustSources, 'read'>,
    {
      clock,
      judge,
      facts,
    }: {
      readonly clock: Pick<Clock, 'now' | 'monotonic'>;
      readonly judge: (issuer: Issuer) => Judgement;
      readonly facts?: Pick<Facts, 'gather'>;
    },
  ) {
    this.#credentials = credentials;
    this.#searches = searches;
    this.#trust = trust;
    this.#clock = clock;
    this.#judgeByRules = judge;
    this.#facts = facts;
  }

  /** Checks one issuer object; `signal` ends it early with `notReady`. */
  async check(issuer: Issuer, signal: AbortSignal): Promise<CheckResult> {
    const { spec } = issuer;
    const fault = settingsFault(spec);
    if (fault !== undefined)
      return notReady({ reason: 'InvalidSettings', message: `${fault.field}: ${fault.message}` });
    const judged = this.#judgeByRules(issuer);
    if (judged.kind === 'refused') return notReady({ reason: 'IssuerNotAllowed', message: judged.message });
    const opened = await this.#credentials.open(issuer, signal);
    if (opened.kind === 'problem') return notReady(opened.problem);
    const authority = new PcaAuthority(opened, spec, this.#searches, this.#clock);
    const way = { authority, credentialsVersion: opened.credentialsVersion };
    const described = await authority.describe(signal);
    const { allowance } = judged;
    const result = await this.#judge({ issuer, opened, way, described, allowance }, signal);
    const ca = described.kind === 'described' ? described.ca : undefined;
    const facts = await this.#facts?.gather({ issuer, opened, authority, ca }, signal);
    return facts === undefined ? result : { ...result, facts };
  }

  async #judge(
    {
      issuer,
      opened,
      way,
      described,
      allowance,
    }: {
      readonly issuer: Issuer;
      readonly opened: Opened;
      readonly way: { readonly authority: PcaAuthority; readonly credentialsVersion: string };
      readonly described: Described;
      readonly allowance: ReadyIssuer['allowance'];
    },
    signal: AbortSignal,
  ): Promise<Judged> {
    const { spec, metadata } = issuer;
    const { authority } = way;
    switch (described.kind) {
      case 'failed': {
        const { failure } = described;
        const problem = problemOfDescribing(failure, spec) ?? unavailable(failure, spec);
        return { ...notReady(problem), way, failure: failure.class };
      }
      case 'unreadable': {
        const { message, requestId = 'unknown' } = described;
        const problem: IssuerProblem = {
          reason: 'UnreadableAnswer',
          message: `PCA described CA "${spec.parentIdentifier}" in a form that cannot be read: ${message} (RequestId ${requestId}). Check spec.endpoint; the issuer is checked again automatically.`,
        };
        return { ...notReady(problem), way };
      }
      case 'described':
        break;
    }
    const { ca } = described;
    const assessed = assessIssuingCA(ca, issuingOperations[spec.operation], this.#clock.now());
    if (assessed.kind === 'unusable')
      return { ...notReady({ reason: assessed.reason, message: assessed.message }, ca), way };
    const listRoots = async (): ReturnType<typeof authority.activeRoots> => authority.activeRoots(ca.keyFamily, signal);
    const trusted = await this.#trust.read(issuer, ca, listRoots, signal);
    // Without the CA: its status would say that certificates may exist (issuing/trust/trust-state.ts).
    if (trusted.kind === 'problem') return { ...notReady(trusted.problem), way };
    // The limits of issuing are the account's, so nothing is issued before it is known or cannot be.
    await opened.account;
    return {
      kind: 'ready',
      issuer: {
        uid: metadata.uid,
        generation: generationOf(issuer),
        spec,
        ca,
        ...way,
        allowance,
        formerKeyFamily: formerKeyFamily(issuer.status?.ca, ca.keyFamily),
        trust: trusted.trust,
      },
    };
  }
}

/** Why an issuer is not even checked: this operator does not understand what it says. */
export function notUnderstood({ faults = [] }: IssuerAsRead): IssuerProblem {
  const message = `This version of the operator does not understand the issuer: ${shownList(faults)} The CRD in the cluster is of another version than the operator: upgrade the older of the two, or correct the spec.`;
  return { reason: 'SpecNotUnderstood', message };
}

/** What is told of an exception: its words may hold anything, so that they are in the log alone. */
export function checkFailed(thrown: unknown): IssuerProblem {
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  const message = `A defect of the operator (${shownText(name, 64)}) kept the issuer from being checked, so its requests wait. It is tried again automatically. Look for "A defect of the operator" in the operator's log and report what it says.`;
  return { reason: 'CheckFailed', message };
}

function notReady(problem: IssuerProblem, ca?: IssuingCA): Extract<Judged, { readonly kind: 'notReady' }> {
  return { kind: 'notReady', problem, ca };
}

function unavailable(failure: PcaFailure, { parentIdentifier }: IssuerSpec): IssuerProblem {
  return {
    reason: 'PCAUnavailable',
    message: `PCA could not be asked about CA "${parentIdentifier}": ${failure.message} The issuer is checked again automatically; if this lasts, check spec.region, spec.endpoint and the network.`,
  };
}
