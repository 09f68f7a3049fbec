// What PCA issued, compared with what was asked for: nothing unproven reaches a request's status.
import { type AlternativeName, nameKey, showAlternativeName } from './alternative-name.ts';
import { type CertificateFacts, certificatePem, type ReadCertificate } from './certificate.ts';
import { type CertificateChain, chainPem, orderChain, readCertificates } from './certificate-chain.ts';
import { showName } from './distinguished-name.ts';
import type { IssuingCA } from './issuing-ca.ts';
import type { IssueReply } from './operation.ts';
import type { ExpectedCertificate, ExpectedSubject, IssuePlan } from './plan.ts';
import { usageWord } from './usages.ts';
import { formatMoment } from './moment.ts';

/** A proven certificate, ready for a request's status. */
export interface IssuedCertificate {
  /** PEM: leaf first, intermediates in signing order, no root, LF, a newline at the end. */
  readonly chain: string;
  /** PEM of the one certificate for status.ca. */
  readonly ca: string;
  readonly identifier: string | undefined;
  /** Lower-case hex. */
  readonly serialNumber: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** What is verified. `adopted`: the certificate comes from an earlier attempt, whose clock the plan does not know. */
export interface Verification {
  readonly plan: IssuePlan;
  readonly reply: IssueReply & { readonly kind: 'issued' };
  readonly ca: IssuingCA;
  readonly trust: 'Root' | 'IssuingCA';
  readonly now: Date;
  readonly adopted?: boolean;
}

/** A certificate that may be used, or what is wrong with it; reasons are CamelCase. */
export type VerificationResult = { readonly kind: 'verified'; readonly certificate: IssuedCertificate } | Mismatch;

/** One thing that is not as asked. */
export interface Mismatch {
  readonly kind: 'mismatch';
  readonly reason: string;
  readonly message: string;
}

/** Proves a reply: key, chain up to the CA, and every field that was asked for. */
export function verifyIssued(verification: Verification): VerificationResult {
  const { plan, reply, ca, trust } = verification;
  const known = certificatesOf(ca);
  const read = readCertificates([reply.certificate, ...reply.chain], known);
  if (read.kind === 'broken') return mismatch('CertificateMalformed', `the reply cannot be read: ${read.message}.`);
  const { spki } = plan.expected;
  if (!read.certificates.some(({ facts }) => facts.spki.equals(spki))) {
    return mismatch('KeyMismatch', 'it carries another public key than the request.');
  }
  const ordered = orderChain(read.certificates, spki, known);
  if (ordered.kind === 'broken') return mismatch('ChainBroken', `its chain is malformed: ${ordered.message}.`);
  const { chain } = ordered;
  const { facts } = chain.leaf;
  const fault =
    chainFault(chain, known[0], ca) ?? contentFault(facts, plan.expected) ?? validityFault(facts, verification);
  if (fault !== undefined) return fault;
  return {
    kind: 'verified',
    certificate: {
      chain: chainPem(chain),
      ca: trustAnchor(chain, trust),
      identifier: reply.identifier,
      serialNumber: facts.serialNumber,
      notBefore: facts.notBefore,
      notAfter: facts.notAfter,
    },
  };
}

// A CA's certificates are read once for as long as its description lives, not once per certificate that it issues.
const readCAs = new WeakMap<IssuingCA, readonly ReadCertificate[]>();

/** The CA's own certificate first, then those above it. */
function certificatesOf(ca: IssuingCA): readonly ReadCertificate[] {
  const known = readCAs.get(ca);
  if (known !== undefined) return known;
  const read = readCertificates([ca.certificate, ...ca.chain]);
  const certificates = read.kind === 'ok' ? read.certificates : [];
  readCAs.set(ca, certificates);
  return certificates;
}

function chainFault(chain: CertificateChain, own: ReadCertificate | undefined, ca: IssuingCA): Mismatch | undefined {
  const issuer = chain.intermediates[0] ?? chain.root;
  if (issuer === undefined) return mismatch('NotSignedByCA', `it is not signed by CA "${ca.identifier}".`);
  const same =
    own !== undefined &&
    issuer.facts.spki.equals(own.facts.spki) &&
    issuer.facts.subject.der.equals(own.facts.subject.der);
  if (!same)
    return mismatch(
      'NotSignedByCA',
      `it is signed by "${showName(issuer.facts.subject.attributes)}", not by CA "${ca.identifier}".`,
    );
  return undefined;
}

function contentFault({ subject, extensions }: CertificateFacts, expected: ExpectedCertificate): Mismatch | undefined {
  if (!isExpectedSubject(subject, expected.subject)) {
    return mismatch('SubjectMismatch', `its subject is ${showName(subject.attributes)}, another was asked for.`);
  }
  const { names, unsupported } = extensions.alternativeNames;
  const nameFault = namesFault(names, unsupported, expected.names);
  if (nameFault !== undefined) return nameFault;
  if ((extensions.isCA ?? false) !== expected.isCA) {
    return mismatch('CAFlagMismatch', `it is ${extensions.isCA === true ? 'a' : 'no'} CA certificate.`);
  }
  const usages = usagesFault(extensions.keyUsages ?? [], expected.usages.keyUsages);
  if (usages !== undefined) return mismatch('KeyUsageMismatch', `its key usages differ: ${usages}.`);
  const extended = usagesFault(extensions.extendedKeyUsages ?? [], expected.usages.extendedKeyUsages);
  if (extended !== undefined)
    return mismatch('ExtendedKeyUsageMismatch', `its extended key usages differ: ${extended}.`);
  return undefined;
}

function isExpectedSubject(subject: CertificateFacts['subject'], expected: ExpectedSubject): boolean {
  if (expected.kind === 'exact' && subject.der.equals(expected.der)) return true;
  const asked = expected.kind === 'exact' ? undefined : expected.attributes;
  return asked !== undefined && difference(keysOf(subject.attributes), keysOf(asked)) === undefined;
}

function keysOf(attributes: readonly { readonly oid: string; readonly value: string }[]): readonly string[] {
  return attributes.map(({ oid, value }) => `${oid}=${value}`).sort();
}

function namesFault(
  names: readonly AlternativeName[],
  unsupported: readonly string[],
  expected: readonly AlternativeName[],
): Mismatch | undefined {
  const reason = 'AlternativeNamesMismatch';
  const has = new Set(names.map(nameKey));
  const wants = new Set(expected.map(nameKey));
  const missing = expected.filter((name) => !has.has(nameKey(name)));
  if (missing.length > 0) return mismatch(reason, `it lacks ${listed(missing)}.`);
  const extra = names.filter((name) => !wants.has(nameKey(name)));
  if (extra.length > 0) return mismatch(reason, `it has ${listed(extra)}, which was not asked for.`);
  const [foreign] = unsupported;
  return foreign === undefined
    ? undefined
    : mismatch(reason, `it has a name of the kind ${foreign}, which was not asked for.`);
}

function listed(names: readonly AlternativeName[]): string {
  const shown = names.slice(0, 5).map(showAlternativeName).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}

function usagesFault(usages: readonly string[], expected: readonly string[]): string | undefined {
  const different = difference([...new Set(usages)].sort(), [...new Set(expected)].sort());
  if (different === undefined) return undefined;
  const words = (list: readonly string[]) => (list.length === 0 ? 'none' : list.map(usageWord).join(', '));
  return `it has ${words(usages)}; asked for: ${words(expected)}`;
}

function difference(left: readonly string[], right: readonly string[]): true | undefined {
  return left.length === right.length && left.every((value, index) => value === right[index]) ? undefined : true;
}

/** Both ends to the second, as sent. Of an adopted certificate the lifetime counts: the earlier attempt had its own clock. */
function validityFault(
  { notBefore, notAfter }: CertificateFacts,
  { plan, now, adopted }: Verification,
): Mismatch | undefined {
  if (notAfter.getTime() <= now.getTime())
    return mismatch('CertificateExpired', `it expired at ${formatMoment(notAfter)}.`);
  const { expected } = plan;
  const asked = expected.notAfter.getTime() - expected.notBefore.getTime();
  const sameEnds =
    notBefore.getTime() === expected.notBefore.getTime() && notAfter.getTime() === expected.notAfter.getTime();
  const fromEarlier =
    adopted === true &&
    notAfter.getTime() - notBefore.getTime() === asked &&
    notBefore.getTime() <= expected.notBefore.getTime();
  if (sameEnds || fromEarlier) return undefined;
  const message = `it is valid from ${formatMoment(notBefore)} to ${formatMoment(notAfter)}; asked for: ${formatMoment(expected.notBefore)} to ${formatMoment(expected.notAfter)}.`;
  return mismatch('ValidityMismatch', message);
}

/** Without a known root the highest intermediate stands in for it, as in cert-manager. */
function trustAnchor(chain: CertificateChain, trust: Verification['trust']): string {
  const issuing = chain.intermediates[0] ?? chain.root;
  const anchor = trust === 'IssuingCA' ? issuing : (chain.root ?? chain.intermediates.at(-1));
  return anchor === undefined ? '' : certificatePem(anchor);
}

function mismatch(reason: string, message: string): Mismatch {
  return { kind: 'mismatch', reason, message };
}
