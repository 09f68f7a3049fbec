// The subject from a CSR and the parameters beside it, with the defaults that the documents name.
import type { Faults } from '../faults.ts';
import type { ParameterRule, Parameters } from '../protocol/parameters.ts';
import { attributeType, decodeName } from '../x509/names.ts';
import type { NameAttribute } from '../x509/names.ts';
import type { CertificationRequest } from '../x509/signing-request.ts';
import type { Authority } from './authority.ts';
import { subjectFields, subjectRules } from './subject-fields.ts';

/** The subject parameters; the country's is called `Country` or `CountryCode`. */
export function subjectParameters(country: 'Country' | 'CountryCode'): readonly ParameterRule[] {
  return subjectRules('').map((rule) => (rule.name === 'Country' ? { ...rule, name: country } : rule));
}

/** Which defaults a certificate gets: client certificates the organization, and all `Located` ones province and city. */
export type SubjectDefaults = 'Client' | 'Located' | 'None';

/** The attributes of the certificate's subject, those of the CSR first and in its order. */
export function chooseSubject(
  sources: { readonly request: CertificationRequest; readonly given: Parameters; readonly authority: Authority },
  defaults: SubjectDefaults,
  { csrSubject, addedSubject }: Pick<Faults, 'csrSubject' | 'addedSubject'>,
): readonly NameAttribute[] {
  const requested = decodeName(sources.request.subject);
  const chosen = withParameters(requested, parameterAttributes(sources.given), csrSubject);
  if (addedSubject === 'None' || defaults === 'None') return chosen;
  const { state, locality } = attributeType;
  const located = sources.authority.attributes.filter(({ type }) => type === state || type === locality);
  return filled(chosen, defaults === 'Client' ? [...clientDefaults, ...located] : located);
}

const clientDefaults: readonly NameAttribute[] = [
  { type: attributeType.organization, value: 'Alibaba Inc.' },
  { type: attributeType.organizationUnit, value: 'Aliyun CDN' },
];

function parameterAttributes(given: Parameters): readonly NameAttribute[] {
  return subjectFields.flatMap(([name, type]) => {
    const value = given.get(name) ?? (name === 'Country' ? given.get('CountryCode') : undefined);
    return value === undefined ? [] : [{ type, value }];
  });
}

function withParameters(
  requested: readonly NameAttribute[],
  added: readonly NameAttribute[],
  choice: Faults['csrSubject'],
): readonly NameAttribute[] {
  const exceptName = added.filter(({ type }) => type !== attributeType.commonName);
  switch (choice) {
    case 'Wins':
      return filled(requested, added);
    case 'Merged':
      return filled(
        [
          ...requested,
          ...exceptName.filter((one) => !requested.some(({ type, value }) => type === one.type && value === one.value)),
        ],
        added,
      );
    case 'ParametersWin':
      return filled(
        requested.filter(({ type }) => !exceptName.some((one) => one.type === type)),
        added,
      );
  }
}

/** The attributes and those of `more` whose type they lack. */
function filled(attributes: readonly NameAttribute[], more: readonly NameAttribute[]): readonly NameAttribute[] {
  return [...attributes, ...more.filter(({ type }) => !attributes.some((attribute) => attribute.type === type))];
}
