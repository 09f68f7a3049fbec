// Whether an issuer can issue: its Secret is readable, PCA answers, the CA is an active sub CA that suits the operation.
import { generationOf, type Issuer, type IssuerSpec } from '../crds/issuer.ts';
import { assessIssuingCA, describeIssuingCACall, readIssuingCA, type IssuingCA } from '../issuing/issuing-ca.ts';
import { issuingOperations } from '../issuing/operations/index.ts';
import type { PcaFailure } from '../alibaba/errors.ts';
import { type CredentialDependencies, openCredentials } from './issuer-credentials.ts';
import type { Lookups } from './lookups.ts';
import { issuerProblemOf } from './pca-failure.ts';
import type { IssuerProblem, IssuerSession } from './issuer-sessions.ts';

/** What a check needs from outside. */
export interface CheckDependencies extends CredentialDependencies {
  /** The lookups of this process; those of an account and a CA are kept from check to check. */
  readonly lookups: Lookups;
  /** Wall clock. */
  readonly now: () => Date;
}

/** `ready` carries the session; `notReady` the reason and message of the issuer's Ready condition. */
export type CheckResult =
  | { readonly kind: 'ready'; readonly session: IssuerSession }
  | { readonly kind: 'notReady'; readonly problem: IssuerProblem; readonly ca: IssuingCA | undefined };

/** Checks one issuer object; never throws, `signal` ends it early with `notReady`. */
export async function checkIssuer(
  issuer: Issuer,
  dependencies: CheckDependencies,
  signal: AbortSignal,
): Promise<CheckResult> {
  const { spec } = issuer;
  const credentials = await openCredentials(issuer, dependencies, signal);
  if (credentials.kind === 'problem') return { kind: 'notReady', problem: credentials.problem, ca: undefined };

  const { client, endpoint, secretVersion } = credentials;
  const outcome = await client.call(describeIssuingCACall(spec.parentIdentifier), { signal });
  if (outcome.kind === 'failed') {
    return { kind: 'notReady', problem: checkProblem(outcome.failure, spec), ca: undefined };
  }
  const read = readIssuingCA(outcome.body);
  if (read.kind === 'malformed') {
    const message = `PCA described CA "${spec.parentIdentifier}" in a form that cannot be read: ${read.message} (RequestId ${outcome.requestId ?? 'unknown'}). Check spec.endpoint; the issuer is checked again by itself.`;
    return { kind: 'notReady', problem: { reason: 'UnreadableAnswer', message }, ca: undefined };
  }
  const operation = issuingOperations[spec.operation];
  const assessed = assessIssuingCA(read.ca, operation, dependencies.now());
  if (assessed.kind === 'unusable') {
    return { kind: 'notReady', problem: { reason: assessed.reason, message: assessed.message }, ca: read.ca };
  }
  const account = await credentials.account;
  return {
    kind: 'ready',
    session: {
      uid: issuer.metadata.uid,
      generation: generationOf(issuer),
      spec,
      ca: read.ca,
      client,
      secretVersion,
      account,
      endpoint: `${endpoint.protocol} ${endpoint.host}`,
      lookup: dependencies.lookups.of(client, {
        endpoint,
        account,
        parentIdentifier: spec.parentIdentifier,
        store: operation.store,
      }),
    },
  };
}

function checkProblem(failure: PcaFailure, spec: IssuerSpec): IssuerProblem {
  return (
    issuerProblemOf(failure, spec) ?? {
      reason: 'PCAUnavailable',
      message: `PCA could not be asked about CA "${spec.parentIdentifier}": ${failure.message} The issuer is checked again by itself; if this lasts, check spec.region, spec.endpoint and the network.`,
    }
  );
}
