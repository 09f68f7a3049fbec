// What a failed call to PCA means for the issuer: the classes that are a fault of the issuer, with the words for its user.
import type { PcaFailure } from '../alibaba/errors.ts';
import type { IssuerProblem } from './issuer-sessions.ts';

/** The issuer's problem behind a failure; undefined when the failure is passing or the request's own. */
export function issuerProblemOf(failure: PcaFailure, parentIdentifier: string): IssuerProblem | undefined {
  const problem = (reason: string, where: string): IssuerProblem => ({
    reason,
    message: `${failure.message} ${where}`,
  });
  switch (failure.class) {
    case 'Credentials':
      return problem('CredentialsInvalid', 'The access key comes from the Secret named by spec.credentials.secretRef.');
    case 'Permission':
      return problem('PermissionDenied', 'The RAM identity is the one of spec.credentials.');
    case 'IssuingCA':
      return problem(
        'IssuingCAUnusable',
        `The CA is spec.parentIdentifier "${parentIdentifier}"; it must be an active sub CA of this account and region.`,
      );
    case 'Capacity':
      return problem('CapacityExhausted', `The CA is spec.parentIdentifier "${parentIdentifier}".`);
    case 'ActionUnavailable':
      return problem(
        'ActionUnavailable',
        'The endpoint comes from spec.region and spec.endpoint, the action from spec.operation.',
      );
    case 'Throttled':
    case 'Transient':
    case 'OutcomeUnknown':
    case 'Duplicate':
    case 'RequestRejected':
    case 'Cancelled':
    case 'Unknown':
      return undefined;
  }
}
