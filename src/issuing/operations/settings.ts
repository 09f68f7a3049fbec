// What an issuer sets for its operation: whether it can be used at all, and which of its fields a parameter comes from.
import type { IssuerSpec } from '../../crds/issuer.ts';
import { parseDuration } from '../duration.ts';
import type { IssuingOperation, SubjectAttribute } from '../operation.ts';
import type { SigningRequest } from '../signing-request.ts';
import { trustFault } from '../trust/bundle.ts';
import { validityFault } from '../validity.ts';
import type { SettingsFault } from '../validity.ts';
import { nameFault, withValue } from '../x509/distinguished-name.ts';
import { issuingOperations } from './index.ts';
import { subjectFields } from './notation.ts';

/** Why no certificate can be issued under the settings of an issuer; undefined when they can be used. */
export function settingsFault(spec: IssuerSpec): SettingsFault | undefined {
  const operation = issuingOperations[spec.operation];
  const field = subjectSettingOf(operation)?.field ?? '';
  return (
    subjectFault(field, operation.subjectOverride?.(spec) ?? operation.subjectDefaults?.(spec)) ??
    validityFault(spec.validity) ??
    patienceFault(spec.patience) ??
    trustFault(spec.trust)
  );
}

/** Where an issuer sets attributes of the subject. `types`: those that can be set there (dotted identifiers). */
export interface SubjectSetting {
  readonly field: string;
  readonly types: 'any' | readonly string[];
}

/** The setting of the subject that issuers have for the operation; undefined where there is none. */
export function subjectSettingOf(operation: IssuingOperation): SubjectSetting | undefined {
  const { action } = operation;
  const block = `spec.${action.charAt(0).toLowerCase()}${action.slice(1)}`;
  if (operation.subjectOverride !== undefined) return { field: `${block}.subject`, types: 'any' };
  if (operation.subjectDefaults === undefined) return undefined;
  return { field: `${block}.subjectDefaults`, types: subjectFields.map(({ oid }) => oid) };
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

const parameterInCode = /^(?:Invalid|Missing)Parameter\.(.+)$/;

/** The parameter that a code of PCA names, such as `InvalidParameter.Csr`, in lower case; undefined where it names none. */
export function namedParameter(code: string): string | undefined {
  return parameterInCode.exec(code)?.[1]?.toLowerCase();
}

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
  const named = namedParameter(code);
  if (named === undefined) return undefined;
  const isOwn = (oid: string): boolean =>
    (operation.subjectDefaults?.(spec) ?? []).some((attribute) => attribute.oid === oid) &&
    !withValue(csr.subject.attributes).some((attribute) => attribute.oid === oid);
  const setting = operation.settings.find(
    ({ parameter, attribute }) =>
      `${named}.`.startsWith(`${parameter.toLowerCase()}.`) && (attribute === undefined || isOwn(attribute)),
  );
  return setting?.field;
}
