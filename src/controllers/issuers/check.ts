// Whether an issuer can issue: its Secret is readable, PCA answers, the CA is an active sub CA that suits the operation.
import { PcaAuthority } from '../../authority/certificate-authority.ts';
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
import type { IssuerCredentials } from './credentials.ts';
import type { ReadyIssuer } from './ready-issuers.ts';
import type { IssuerProblem } from './reasons.ts';
import { formerKeyFamily } from './status.ts';
import type { TrustSources } from './trust/trust-sources.ts';

/**
 * `ready` carries the issuer as issuing needs it; `notReady` the reason and message of its Ready condition, and where known the way to
 * its CA and what kind of failure the call met that describes it.
 */
export type CheckResult =
  | { readonly kind: 'ready'; readonly issuer: ReadyIssuer }
  | {
      readonly kind: 'notReady';
      readonly problem: IssuerProblem;
      readonly ca: IssuingCA | undefined;
      readonly way?: Pick<ReadyIssuer, 'authority' | 'credentialsVersion'>;
      readonly failure?: PcaFailure['class'];
    };

/** Checks issuers. */
export class IssuerCheck {
  readonly #credentials: Pick<IssuerCredentials, 'open'>;
  readonly #searches: Pick<CertificateSearches, 'of'>;
  readonly #trust: Pick<TrustSources, 'read'>;
  readonly #clock: Pick<Clock, 'now' | 'monotonic'>;

  constructor(
    credentials: Pick<IssuerCredentials, 'open'>,
    searches: Pick<CertificateSearches, 'of'>,
    trust: Pick<TrustSources, 'read'>,
    clock: Pick<Clock, 'now' | 'monotonic'>,
  ) {
    this.#credentials = credentials;
    this.#searches = searches;
    this.#trust = trust;
    this.#clock = clock;
  }

  /** Checks one issuer object; `signal` ends it early with `notReady`. */
  async check(issuer: Issuer, signal: AbortSignal): Promise<CheckResult> {
    const { spec, metadata } = issuer;
    const fault = settingsFault(spec);
    if (fault !== undefined)
      return notReady({ reason: 'InvalidSettings', message: `${fault.field}: ${fault.message}` });
    const opened = await this.#credentials.open(issuer, signal);
    if (opened.kind === 'problem') return notReady(opened.problem);
    const authority = new PcaAuthority(opened, spec, this.#searches, this.#clock);
    const way = { authority, credentialsVersion: opened.credentialsVersion };
    const described = await authority.describe(signal);
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

function notReady(problem: IssuerProblem, ca?: IssuingCA): Extract<CheckResult, { readonly kind: 'notReady' }> {
  return { kind: 'notReady', problem, ca };
}

function unavailable(failure: PcaFailure, { parentIdentifier }: IssuerSpec): IssuerProblem {
  return {
    reason: 'PCAUnavailable',
    message: `PCA could not be asked about CA "${parentIdentifier}": ${failure.message} The issuer is checked again automatically; if this lasts, check spec.region, spec.endpoint and the network.`,
  };
}
