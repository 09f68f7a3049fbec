// What an issuer sets for its operation: whether it can be used at all, and which of its fields a parameter comes from.
import type { IssuerSpec } from '../../crds/issuer.ts';
import { parseDuration } from '../duration.ts';
import type { IssuingOperation, SubjectAttribute } from '../operation.ts';
import type { SigningRequest } from '../signing-request.ts';
import { trustFault } from '../trust/bundle.ts';
import { validityFault } from '../validity.ts';
import type { SettingsFault } from '../validity.ts';
import { nameFault } from '../x509/distinguished-name.ts';
import { issuingOperations } from './index.ts';

/** Why no certificate can be issued under the settings of an issuer; undefined when they can be used. */
export function settingsFault(spec: IssuerSpec): SettingsFault | undefined {
  const operation = issuingOperations[spec.operation];
  const block = `spec.${spec.operation.charAt(0).toLowerCase()}${spec.operation.slice(1)}`;
  return (
    subjectFault(`${block}.subject`, operation.subjectOverride?.(spec)) ??
    subjectFault(`${block}.subjectDefaults`, operation.subjectDefaults?.(spec)) ??
    validityFault(spec.validity) ??
    patienceFault(spec.patience) ??
    trustFault(spec.trust)
  );
}

function subjectFault(field: string, attributes: readonly SubjectAttribute[] = []): SettingsFault | undefined {
  const odd = attributes.find(({ oid }) => !isObjectIdentifier(oid));
  if (odd !== undefined)
    return { field, message: `${odd.oid} is no object identifier that a certificate can hold. Correct it.` };

  const fault = nameFault(attributes);
  return fault === undefined ? undefined : { field, message: `${fault}.` };
}

/** Whether DER can hold it: the second number is below 40 under 0 and 1 (X.660). */
function isObjectIdentifier(oid: string): boolean {
  const [first, second] = oid.split('.').map(Number);
  return first === 2 || (second !== undefined && second < 40);
}

function patienceFault({ duration }: IssuerSpec['patience']): SettingsFault | undefined {
  const parsed = parseDuration(duration);
  return parsed.kind === 'ok'
    ? undefined
    : { field: 'spec.patience.duration', message: `${parsed.message}. Correct it.` };
}

const namedParameter = /^(?:Invalid|Missing)Parameter\.(.+)$/;

/**
 * The field of the issuer behind the parameter that a code of PCA names, such as `InvalidParameter.ResourceGroupId`; undefined
 * where the code names none, or one whose value the request has decided.
 */
export function settingBehind(
  code: string,
  operation: IssuingOperation,
  spec: IssuerSpec,
  { csr }: Pick<SigningRequest, 'csr'>,
): string | undefined {
  const named = namedParameter.exec(code)?.[1]?.toLowerCase();
  if (named === undefined) return undefined;
  const isOwn = (oid: string): boolean =>
    (operation.subjectDefaults?.(spec) ?? []).some((attribute) => attribute.oid === oid) &&
    !csr.subject.attributes.some((attribute) => attribute.oid === oid);
  const setting = operation.settings.find(
    ({ parameter, attribute }) =>
      `${named}.`.startsWith(`${parameter.toLowerCase()}.`) && (attribute === undefined || isOwn(attribute)),
  );
  return setting?.field;
}
