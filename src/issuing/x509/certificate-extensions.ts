// What else stands in a certificate's extensions: malformed is what Go's crypto/x509 refuses, since cert-manager and many
// clients read the certificate with it. Rules and their order: parser.go of Go 1.26.
import { isAddress } from './alternative-name.ts';
import { childrenOf, DerError, derTags, expectTag, oidOf, sequenceOf, smallIntegerOf, wrappedIn } from './der.ts';
import type { DerElement } from './der.ts';
import { extensionIds } from './extensions.ts';
import type { Extension } from './extensions.ts';

/** What a certificate says about its own key and the one that signed it; undefined where it does not. */
export interface KeyIdentifiers {
  readonly own: Buffer | undefined;
  readonly issuers: Buffer | undefined;
}

/** Reads the identifiers of keys; for use inside decodeDer(). */
export function keyIdentifiersOf(extensions: ReadonlyMap<string, Extension>): KeyIdentifiers {
  const own = contentOf(extensions, extensionIds.subjectKeyIdentifier, 'extension subjectKeyIdentifier');
  const issuers = contentOf(extensions, extensionIds.authorityKeyIdentifier, 'extension authorityKeyIdentifier');
  const [first] = issuers === undefined ? [] : sequenceOf(issuers, 'extension authorityKeyIdentifier');
  return {
    own: own && expectTag(own, derTags.octetString, 'extension subjectKeyIdentifier').content,
    issuers: first?.tag === 0x80 ? first.content : undefined,
  };
}

const checks: Readonly<Record<string, { readonly what: string; readonly check: (element: DerElement) => void }>> = {
  '1.3.6.1.5.5.7.1.1': { what: 'extension authorityInfoAccess', check: checkAccess },
  '2.5.29.30': { what: 'extension nameConstraints', check: checkNameConstraints },
  '2.5.29.31': { what: 'extension cRLDistributionPoints', check: checkDistributionPoints },
  '2.5.29.32': { what: 'extension certificatePolicies', check: checkPolicies },
  '2.5.29.33': { what: 'extension policyMappings', check: checkMappings },
  '2.5.29.36': { what: 'extension policyConstraints', check: checkPolicyConstraints },
  '2.5.29.54': { what: 'extension inhibitAnyPolicy', check: checkNumber },
};
const neverCritical: readonly string[] = ['2.5.29.14', '2.5.29.35', '1.3.6.1.5.5.7.1.1'];

/** Throws DerError for an extension that Go refuses and nothing else here reads; for use inside decodeDer(). */
export function checkFurtherExtensions(extensions: ReadonlyMap<string, Extension>): void {
  for (const [id, { critical }] of extensions) {
    if (critical && neverCritical.includes(id)) throw new DerError(`extension ${id} is marked critical`);
    const known = checks[id];
    const content = known === undefined ? undefined : contentOf(extensions, id, known.what);
    if (content !== undefined) known?.check(content);
  }
}

function contentOf(extensions: ReadonlyMap<string, Extension>, id: string, what: string): DerElement | undefined {
  const extension = extensions.get(id);
  return extension === undefined ? undefined : wrappedIn(extension.value, what);
}

function checkAccess(element: DerElement): void {
  const what = 'extension authorityInfoAccess';
  for (const description of sequenceOf(element, what)) {
    const [method, location, ...rest] = sequenceOf(description, what);
    oidOf(method, what);
    if (location === undefined || rest.length > 0) throw new DerError(`${what} has the wrong number of parts`);
  }
}

function checkDistributionPoints(element: DerElement): void {
  const what = 'extension cRLDistributionPoints';
  for (const point of sequenceOf(element, what)) {
    const [name] = sequenceOf(point, what);
    if (name?.tag !== 0xa0) continue;
    const [fullName, ...rest] = childrenOf(name);
    if (rest.length > 0) throw new DerError(`${what} has too many parts`);
    // Go knows no names relative to the issuer of the list.
    childrenOf(expectTag(fullName, 0xa0, what));
  }
}

function checkPolicies(element: DerElement): void {
  const what = 'extension certificatePolicies';
  const ids = sequenceOf(element, what).map((policy) => {
    const [id] = sequenceOf(policy, what);
    return policyId(id, what);
  });
  if (new Set(ids).size < ids.length) throw new DerError(`${what} names a policy twice`);
}

function checkMappings(element: DerElement): void {
  const what = 'extension policyMappings';
  for (const mapping of sequenceOf(element, what)) {
    const [issuers, subjects] = sequenceOf(mapping, what);
    policyId(issuers, what);
    policyId(subjects, what);
  }
}

/** The octets of an identifier in hex. Policies are often made of a UUID, whose number is too large for oidOf(). */
function policyId(element: DerElement | undefined, what: string): string {
  const { content } = expectTag(element, derTags.oid, what);
  const last = content.at(-1);
  const isPadded = content.some((octet, index) => octet === 0x80 && (content[index - 1] ?? 0) < 0x80);
  if (last === undefined || last >= 0x80 || isPadded) throw new DerError(`${what} has an identifier that is none`);
  return content.toString('hex');
}

function checkPolicyConstraints(element: DerElement): void {
  const what = 'extension policyConstraints';
  for (const limit of sequenceOf(element, what)) {
    if (limit.tag !== 0x80 && limit.tag !== 0x81) throw new DerError(`${what} has parts of no known kind`);
    smallIntegerOf(limit.withTag(derTags.integer), what);
  }
}

function checkNumber(element: DerElement): void {
  smallIntegerOf(element, 'extension inhibitAnyPolicy');
}

const constraints = 'extension nameConstraints';

function checkNameConstraints(element: DerElement): void {
  const parts = sequenceOf(element, constraints);
  const tags = parts.map(({ tag }) => tag).join(' ');
  if (tags !== '160' && tags !== '161' && tags !== '160 161')
    throw new DerError(`${constraints} has parts of no known kind`);
  if (parts.every(({ length }) => length === 0)) throw new DerError(`${constraints} is empty`);
  for (const subtree of parts.flatMap(childrenOf)) {
    const [base] = sequenceOf(subtree, constraints);
    if (base === undefined || !isConstraint(base)) throw new DerError(`${constraints} has a name that is none`);
  }
}

const mailbox = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@/;

function isConstraint({ tag, content, text }: DerElement): boolean {
  switch (tag) {
    case 0x81:
      return text.includes('@') ? mailbox.test(text) && isDomain(text.slice(text.indexOf('@') + 1)) : isDomain(text);
    case 0x82:
      return isDomain(text);
    case 0x86:
      return !isAddress(text) && isDomain(text);
    case 0x87:
      return (content.length === 8 || content.length === 32) && isMask(content.subarray(content.length / 2));
    default:
      return true;
  }
}

/** Labels of visible ASCII, perhaps after a dot; or nothing at all, which stands for every name. */
function isDomain(text: string): boolean {
  return text === '' || /^\.?[!-\-/-~]+(?:\.[!-\-/-~]+)*$/.test(text);
}

/** Ones and then zeros. */
function isMask(octets: Buffer): boolean {
  const inverse = Array.from(octets).reduce((sum, octet) => sum * 256n + BigInt(octet ^ 0xff), 0n);
  return (inverse & (inverse + 1n)) === 0n;
}
