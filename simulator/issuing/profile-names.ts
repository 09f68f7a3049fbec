// Names that parameters add to a CSR's: `Domain`, `SanType` with `SanValue`, and `Sans`.
import { isIP } from 'node:net';
import type { Faults } from '../faults.ts';
import type { ParameterRule, Parameters } from '../protocol/parameters.ts';
import { problem } from '../protocol/problem.ts';
import type { Problem } from '../protocol/problem.ts';
import { extensionType, generalName, generalNameTags, isAlternativeName } from '../x509/extensions.ts';
import type { AlternativeName, AlternativeNameType, ExtensionContent } from '../x509/extensions.ts';
import { sequence } from '../x509/der-writer.ts';
import type { CertificationRequest } from '../x509/signing-request.ts';
import { requestedNameElements, requestedNames } from './request-names.ts';

/** `Domain`: DNS names and addresses, separated by commas. */
export const domainParameters: readonly ParameterRule[] = [{ name: 'Domain', type: 'string', maximumLength: 65_536 }];

/** `SanType` and `SanValue`: names of one type, separated by commas. */
export const sanParameters: readonly ParameterRule[] = [
  { name: 'SanType', type: 'integer', minimum: 0, maximum: 8 },
  { name: 'SanValue', type: 'string', maximumLength: 65_536 },
];

/** `Sans`: JSON text. */
export const sansParameters: readonly ParameterRule[] = [{ name: 'Sans', type: 'string', maximumLength: 65_536 }];

const typesByNumber = new Map(
  Object.entries(generalNameTags).map(([type, number]) => [number, type as AlternativeNameType]),
);

/** The names that the parameters give, or what is wrong with them. */
export function parameterNames(given: Parameters): readonly AlternativeName[] | Problem {
  const [domain, sans] = [given.get('Domain'), given.get('Sans')];
  if (domain !== undefined) {
    return checked(
      'Domain',
      domain.split(',').map((value) => ({ type: isIP(value) === 0 ? 'dNSName' : 'iPAddress', value })),
    );
  }
  return sans === undefined ? namesOfOneType(given.get('SanType'), given.get('SanValue')) : namesOfJson(sans);
}

function namesOfOneType(number: string | undefined, values: string | undefined): readonly AlternativeName[] | Problem {
  if (number === undefined && values === undefined) return [];
  if (number === undefined || values === undefined) {
    return problem(
      `MissingParameter.${number === undefined ? 'SanType' : 'SanValue'}`,
      'SanType and SanValue belong together.',
    );
  }
  const type = typesByNumber.get(Number(number));
  if (type === undefined) return problem('InvalidParameter.SanType', `Names of type ${number} are not supported.`);
  return checked(
    'SanValue',
    values.split(',').map((value) => ({ type, value })),
  );
}

function namesOfJson(text: string): readonly AlternativeName[] | Problem {
  const items = parsed(text);
  const names = Array.isArray(items) ? items.map(nameOfItem) : [undefined];
  const read = names.filter((name) => name !== undefined);
  return read.length < names.length
    ? problem('InvalidParameter.Sans', 'Sans must be a JSON list of {"Type": 1, 2, 6 or 7, "Value": text}.')
    : checked('Sans', read);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function nameOfItem(item: unknown): AlternativeName | undefined {
  if (typeof item !== 'object' || item === null || Object.keys(item).toSorted().join(',') !== 'Type,Value')
    return undefined;

  const { Type, Value } = item as { readonly Type: unknown; readonly Value: unknown };
  const type = typeof Type === 'number' ? typesByNumber.get(Type) : undefined;
  return type === undefined || typeof Value !== 'string' ? undefined : { type, value: Value };
}

function checked(parameter: string, names: readonly AlternativeName[]): readonly AlternativeName[] | Problem {
  const wrong = names.find((name) => !isAlternativeName(name));
  return wrong === undefined
    ? names
    : problem(`InvalidParameter.${parameter}`, `"${wrong.value}" is no ${wrong.type}.`);
}

/** The certificate's names from those of the CSR and of the parameters, as the choice says. */
export function chooseNames(
  request: CertificationRequest,
  added: readonly AlternativeName[],
  choice: Faults['csrNames'],
): { readonly names: readonly AlternativeName[]; readonly extensions: readonly ExtensionContent[] } {
  const fromRequest = added.length === 0 || choice !== 'Replaced';
  const fromParameters = choice === 'Kept' ? [] : added;
  const type = extensionType.subjectAlternativeName;
  const elements = [...(fromRequest ? requestedNameElements(request) : []), ...fromParameters.map(generalName)];
  const distinct = [...new Map(elements.map((element) => [element.toString('hex'), element])).values()];
  const critical = fromRequest && request.extensions.get(type)?.critical === true;
  const names = [...(fromRequest ? requestedNames(request) : []), ...fromParameters];
  return {
    names: names.filter(
      (one, at) => names.findIndex((name) => name.type === one.type && name.value === one.value) === at,
    ),
    extensions: distinct.length === 0 ? [] : [{ type, critical, value: sequence(...distinct) }],
  };
}
