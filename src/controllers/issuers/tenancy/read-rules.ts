// Reads the rules of the administrator strictly: what is misspelt, or can never match, would open or close more than was meant.
import { parseIssuerHosts } from '../../../alibaba/issuer-hosts.ts';
import type { IssuerHosts } from '../../../alibaba/issuer-hosts.ts';
import { highestIssuanceLimit } from '../../../crds/issuer-schema/limits.ts';
import { parseDuration } from '../../../issuing/duration.ts';
import { shownText, visible } from '../../../issuing/x509/shown-text.ts';
import type { CertificateLimits } from './allowance.ts';
import { isWritten, matches, notations } from './pattern.ts';
import type { Notation } from './pattern.ts';
import { identityKinds } from './rules.ts';
import type { IdentityKind, IssuerRule, IssuerRules } from './rules.ts';

/** The rules, or what is wrong: sentences, each with the path of what it is about. */
export type ReadRules =
  | { readonly kind: 'ok'; readonly rules: IssuerRules }
  | { readonly kind: 'invalid'; readonly faults: readonly string[] };

/** What has been found wrong so far. */
type Tell = (path: string, fault: string) => void;

type Fields = Readonly<Record<string, unknown>>;

const topFields = ['contact', 'rules'];
const ruleFields = [
  'name',
  'namespaces',
  'cluster',
  'contact',
  'identities',
  'roleArns',
  'parentIdentifiers',
  'instanceIds',
  'hosts',
  'limits',
];
const limitFields = ['maxDuration', 'certificatesPerHour', 'certificatesPerDay'];

const namePattern = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const durationPattern = /^(?=\d)(?:\d{1,6}h)?(?:\d{1,6}m)?(?:\d{1,6}s)?$/;
const longestContact = 200;
const forNobody =
  'is for no issuer: set namespaces, for AlibabaPCAIssuers, or cluster: true, for AlibabaPCAClusterIssuers.';

/** Reads a parsed file. `hosts` are those of --issuer-hosts, beyond which no rule goes. */
export function readRules(file: unknown, hosts: Pick<IssuerHosts, 'allows'>): ReadRules {
  const faults: string[] = [];
  const tell: Tell = (path, fault) => void faults.push(`${path === '' ? 'The file' : path} ${fault}`);
  const top = fieldsOf(file, '', topFields, tell);
  if (!isMapping(file)) return { kind: 'invalid', faults };
  const contact = readContact(top['contact'], 'contact', tell);
  const given = top['rules'];
  if (!Array.isArray(given) || given.length === 0) tell('rules', 'must be a list of at least one rule.');
  const rules = (Array.isArray(given) ? given : []).map((each: unknown, index) =>
    readRule(each, `rules[${index}]`, { contact, hosts, tell }),
  );
  tellRepeated(rules, tell);
  tellUnreachable(rules, tell);
  return faults.length === 0 ? { kind: 'ok', rules: { contact, rules } } : { kind: 'invalid', faults };
}

function readRule(
  value: unknown,
  path: string,
  {
    contact,
    hosts,
    tell,
  }: { readonly contact: string; readonly hosts: Pick<IssuerHosts, 'allows'>; readonly tell: Tell },
): IssuerRule {
  const fields = fieldsOf(value, path, ruleFields, tell);
  const { name, cluster = false, limits = {} } = fields;
  if (typeof name !== 'string' || !namePattern.test(name))
    tell(`${path}.name`, 'must be a name of at most 63 letters, digits, ., - and _.');
  if (typeof cluster !== 'boolean') tell(`${path}.cluster`, 'must be true or false.');
  const namespaces = readPatterns(fields, path, 'namespaces', tell);
  if (namespaces === undefined && cluster !== true) tell(path, forNobody);
  const own = fieldsOf(limits, `${path}.limits`, limitFields, tell);
  return {
    name: typeof name === 'string' ? name : '',
    namespaces: namespaces ?? [],
    cluster: cluster === true,
    identities: readIdentities(fields['identities'], `${path}.identities`, tell),
    roleArns: readPatterns(fields, path, 'roleArns', tell),
    parentIdentifiers: readPatterns(fields, path, 'parentIdentifiers', tell),
    instanceIds: readPatterns(fields, path, 'instanceIds', tell) ?? [],
    hosts: readHosts(fields['hosts'], `${path}.hosts`, hosts, tell),
    maxDurationSeconds: readDuration(own['maxDuration'], `${path}.limits.maxDuration`, tell),
    limits: {
      ...readNumber(own, path, 'certificatesPerHour', tell),
      ...readNumber(own, path, 'certificatesPerDay', tell),
    },
    contact: fields['contact'] === undefined ? contact : readContact(fields['contact'], `${path}.contact`, tell),
  };
}

/** The fields of a mapping that has no others than these. */
function fieldsOf(value: unknown, path: string, known: readonly string[], tell: Tell): Fields {
  if (!isMapping(value)) {
    tell(path, `must be a mapping with ${known.join(', ')}.`);
    return {};
  }
  const prefix = path === '' ? '' : `${path}.`;
  for (const key of Object.keys(value).filter((each) => !known.includes(each)))
    tell(`${prefix}${shownText(key, 64)}`, `is no field of a rule file here; known are ${known.join(', ')}.`);
  return Object.fromEntries(Object.entries(value).filter(([key]) => known.includes(key)));
}

function isMapping(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readContact(value: unknown, path: string, tell: Tell): string {
  if (typeof value === 'string' && value.trim() !== '' && value.length <= longestContact && visible(value) === value)
    return value.trim();
  tell(
    path,
    `must be a sentence or an address of at most ${longestContact} characters in one line: whom the owner of a refused issuer asks.`,
  );
  return '';
}

/** The texts of a list that is not empty; undefined where the field is not there. */
function readTexts(value: unknown, path: string, tell: Tell): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string')) return value;
  tell(path, 'must be a list of at least one text; leave the field out if nothing is meant.');
  return [];
}

function readPatterns(
  fields: Fields,
  path: string,
  field: keyof typeof notations,
  tell: Tell,
): readonly string[] | undefined {
  const notation: Notation = notations[field];
  const patterns = readTexts(fields[field], `${path}.${field}`, tell);
  for (const [index, pattern] of patterns?.entries() ?? []) {
    if (isWritten(pattern, notation)) continue;
    tell(`${path}.${field}[${index}]`, `"${shownText(pattern, 128)}" can match nothing: write ${notation.words}.`);
  }
  return patterns;
}

function readIdentities(value: unknown, path: string, tell: Tell): readonly IdentityKind[] {
  const names = readTexts(value, path, tell) ?? ['Secret'];
  for (const [index, name] of names.entries()) {
    if ((identityKinds as readonly string[]).includes(name)) continue;
    tell(`${path}[${index}]`, `"${shownText(name, 64)}" is none of ${identityKinds.join(', ')}.`);
  }
  return identityKinds.filter((kind) => names.includes(kind));
}

function readHosts(value: unknown, path: string, outer: Pick<IssuerHosts, 'allows'>, tell: Tell): IssuerRule['hosts'] {
  const written = readTexts(value, path, tell);
  if (written === undefined) return undefined;
  for (const [index, text] of written.entries()) {
    const fault = hostFault(text, outer);
    if (fault !== undefined) tell(`${path}[${index}]`, fault);
  }
  const parsed = parseIssuerHosts(written.join(','));
  return parsed.kind === 'ok' ? { written, compared: parsed.hosts } : undefined;
}

function hostFault(text: string, outer: Pick<IssuerHosts, 'allows'>): string | undefined {
  if (text.trim() === '' || text.includes(',')) return 'must be one host, such as pca.example.com:8443.';
  const parsed = parseIssuerHosts(text);
  if (parsed.kind === 'invalid') return `can match nothing: ${shownText(parsed.message)}`;
  if (text.includes('*') || outer.allows(text.trim())) return undefined;
  return `"${shownText(text)}" is none of --issuer-hosts (Helm: issuerHosts), beyond which no rule goes. Add it there.`;
}

function readDuration(value: unknown, path: string, tell: Tell): number | undefined {
  if (value === undefined) return undefined;
  const parsed = typeof value === 'string' && durationPattern.test(value) ? parseDuration(value) : undefined;
  if (parsed?.kind === 'ok' && parsed.seconds > 0) return parsed.seconds;
  tell(path, 'must be a duration above zero in hours, minutes and seconds, such as 2160h or 1h30m.');
  return undefined;
}

function readNumber(own: Fields, path: string, field: keyof CertificateLimits, tell: Tell): CertificateLimits {
  const value = own[field];
  if (value === undefined) return {};
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= highestIssuanceLimit)
    return { [field]: value };
  tell(`${path}.limits.${field}`, `must be a whole number from 1 to ${highestIssuanceLimit}.`);
  return {};
}

function tellRepeated(rules: readonly IssuerRule[], tell: Tell): void {
  for (const [index, { name }] of rules.entries()) {
    const first = rules.findIndex((rule) => rule.name === name);
    if (first < index) tell(`rules[${index}].name`, `"${shownText(name, 64)}" is the name of rules[${first}] already.`);
  }
}

/** The first rule that is for an issuer decides, so what an earlier one covers never comes to a later one. */
function tellUnreachable(rules: readonly IssuerRule[], tell: Tell): void {
  for (const [index, rule] of rules.entries()) {
    const before = rules.slice(0, index);
    for (const [at, pattern] of rule.namespaces.entries()) {
      // A pattern covers another one where it matches its text, stars included.
      const first = before.find(({ namespaces }) => namespaces.some((earlier) => matches(earlier, pattern)));
      if (first !== undefined) tell(`rules[${index}].namespaces[${at}]`, unreachable(pattern, first));
    }
    const first = rule.cluster ? before.find(({ cluster }) => cluster) : undefined;
    if (first !== undefined) tell(`rules[${index}].cluster`, unreachable('true', first));
  }
}

function unreachable(value: string, { name }: IssuerRule): string {
  return `"${shownText(value, 128)}" can match nothing: rule "${shownText(name, 64)}" comes first and decides. Put this rule before it, or remove it.`;
}
