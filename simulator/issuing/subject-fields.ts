// The six subject fields that parameters can carry.
import type { ParameterRule } from '../protocol/parameters.ts';
import { attributeType } from '../x509/names.ts';

/** Parameter name, attribute type and longest value, from the country down to the common name. */
export const subjectFields = [
  ['Country', attributeType.country, 2],
  ['State', attributeType.state, 128],
  ['Locality', attributeType.locality, 128],
  ['Organization', attributeType.organization, 64],
  ['OrganizationUnit', attributeType.organizationUnit, 64],
  ['CommonName', attributeType.commonName, 64],
] as const;

/** Their parameters, with `prefix` before each name. */
export function subjectRules(prefix: string): readonly ParameterRule[] {
  return subjectFields.map(([name, , maximumLength]) => ({
    name: `${prefix}${name}`,
    type: 'string',
    maximumLength,
    ...(name === 'Country' ? { pattern: /^[A-Za-z]{2}$/ } : {}),
  }));
}
