// Compares the certificate that PCA issued with the request: nothing unproven reaches a request's status.
import type { CertificateFacts, ReadCertificate } from './x509/certificate.ts';
import { extensionOfCAs, unknownCritical, unusualExtensions } from './x509/extension-types.ts';
import { chainPem, orderChain, readCertificates, topOf } from './x509/certificate-chain.ts';
import type { CertificateChain } from './x509/certificate-chain.ts';
import { constrainedNamesOf, firstToEnd, forbiddenByPath, pathFault } from './x509/certification-path.ts';
import type { CertificationPath } from './x509/certification-path.ts';
import { showAlternativeName } from './x509/alternative-name.ts';
import { anchorsOf, shownAnchor } from './trust/anchors.ts';
import type { Anchors, TrustSource } from './trust/anchors.ts';
import { bundlePem } from './trust/bundle.ts';
import { showName } from './x509/distinguished-name.ts';
import { shownList } from './x509/shown-text.ts';
import { certificatesOf } from './issuing-ca.ts';
import type { IssuingCA } from './issuing-ca.ts';
import type { IssueReply } from './operation.ts';
import { addedAttributes, aspects, droppedNames, formerSubject, mismatch } from './certificate-differences.ts';
import type { Comparison, Mismatch } from './certificate-differences.ts';
import type { IssuePlan } from './plan.ts';
import { formatMoment } from '../timing/moment.ts';

/** A proven certificate, ready for a request's status. */
export interface IssuedCertificate {
  /** PEM: leaf first, intermediates in signing order, no root, LF, a newline at the end. */
  readonly chain: string;
  /** PEM of the certificates for status.ca: the first verifies the chain, or for Static at least one; empty where none does. */
  readonly ca: string;
  /** The first certificate of `ca`. */
  readonly anchor: ReadCertificate | undefined;
  readonly identifier: string | undefined;
  /** Lower-case hex. */
  readonly serialNumber: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** How many subject alternative names it has. */
  readonly names: number;
  /** Accepted differences from the request, a sentence each. */
  readonly differences: readonly string[];
}

/** A reply to verify, and what it is compared with. */
export interface Verification extends Comparison {
  readonly reply: IssueReply & { readonly kind: 'issued' };
  readonly ca: IssuingCA;
  readonly trust: TrustSource;
  /** What the source gives beside the chain: other roots, or the certificates of Static. None unless given. */
  readonly given?: readonly ReadCertificate[] | undefined;
}

/** A certificate that may be used, or what is wrong with it. */
export type VerificationResult = { readonly kind: 'verified'; readonly certificate: IssuedCertificate } | Mismatch;

/** Proves a reply: key, chain up to the CA, and every field that was asked for. */
export function verifyIssued(verification: Verification): VerificationResult {
  const { plan, reply, ca } = verification;
  const known = certificatesOf(ca);
  const chain = chainOf(reply, plan, known);
  if ('kind' in chain) return chain;
  const { facts } = chain.leaf;
  const path = pathOf(chain);
  const fault = chainFault(chain, known.path?.[0], verification) ?? kindFault(facts, verification);
  if (fault !== undefined) return fault;
  const accepted = differencesIn(facts, verification);
  if ('kind' in accepted) return accepted;
  const refused = pathMismatch(path, verification) ?? extensionFault(path, verification);
  if (refused !== undefined) return refused;
  const anchors = anchorsAbove(path, verification);
  const differences = [
    ...ownDifferences(facts, verification),
    ...accepted,
    ...outlivedCA(path),
    ...(anchors === undefined ? [untrusted(path)] : []),
  ];
  return {
    kind: 'verified',
    certificate: {
      chain: chainPem(chain),
      ca: bundlePem(anchors?.trusted ?? []),
      anchor: anchors?.trusted[0],
      identifier: reply.identifier,
      serialNumber: facts.serialNumber,
      notBefore: facts.notBefore,
      notAfter: facts.notAfter,
      names: facts.extensions.alternativeNames.names.length,
      differences,
    },
  };
}

/** The differences that the issuer accepts, a sentence each, or the first that it does not. */
function differencesIn(facts: CertificateFacts, verification: Verification): readonly string[] | Mismatch {
  const differences: string[] = [];
  for (const { aspect, check } of aspects) {
    const found = check(facts, verification);
    if (found === undefined) continue;
    if (verification.plan.verification[aspect] === 'Enforce') return found;
    differences.push(`Accepted because spec.verification.${aspect} of the issuer is Allow: ${found.message}`);
  }
  return differences;
}

function pathOf({ leaf, intermediates, root }: CertificateChain): CertificationPath {
  return [leaf, ...intermediates, ...(root === undefined ? [] : [root])];
}

function chainFault(
  chain: CertificateChain,
  own: ReadCertificate | undefined,
  { plan, ca }: Verification,
): Mismatch | undefined {
  const issuer = chain.intermediates[0] ?? chain.root;
  // Which CA signs a CA certificate is decided by the purchased instance; that it leads to a root must be proven.
  if (plan.expected.isCA)
    return chain.root === undefined ? mismatch('ChainBroken', 'its chain does not lead to a root.') : undefined;

  if (issuer === undefined) return mismatch('NotSignedByCA', `it is not signed by CA "${ca.identifier}".`);
  const same =
    own !== undefined &&
    issuer.facts.spki.equals(own.facts.spki) &&
    issuer.facts.subject.der.equals(own.facts.subject.der);
  if (!same) {
    return mismatch(
      'NotSignedByCA',
      `it is signed by "${showName(issuer.facts.subject.attributes)}", not by CA "${ca.identifier}".`,
    );
  }
  return undefined;
}

/** The differences that no setting accepts: a wrong CA flag or path length, and a certificate that has expired already. */
function kindFault({ extensions, notAfter }: CertificateFacts, { plan, now }: Verification): Mismatch | undefined {
  if ((extensions.isCA ?? false) !== plan.expected.isCA)
    return mismatch('CAFlagMismatch', `it is ${extensions.isCA === true ? 'a' : 'no'} CA certificate.`);

  const { pathLength } = plan.expected;
  if (pathLength !== undefined && extensions.pathLength !== pathLength) {
    return mismatch(
      'PathLengthMismatch',
      `its path length is ${extensions.pathLength ?? 'not limited'}; asked for: ${pathLength}.`,
    );
  }
  return notAfter.getTime() <= now.getTime()
    ? mismatch('CertificateExpired', `it expired at ${formatMoment(notAfter)}.`)
    : undefined;
}

/** What the reply holds as a chain from the certificate of the request's key upwards. */
function chainOf(
  reply: Verification['reply'],
  { expected: { spki } }: IssuePlan,
  known: ReturnType<typeof certificatesOf>,
): CertificateChain | Mismatch {
  const read = readCertificates([reply.certificate, ...reply.chain], known.certificates, spki);
  if (read.kind === 'broken') {
    // Nothing in a request finds its way into the certificates above its own.
    const isChain = readCertificates(reply.chain, known.certificates).kind === 'broken';
    return mismatch(isChain ? 'ChainBroken' : 'CertificateMalformed', `the reply cannot be read: ${read.message}.`);
  }
  if (!read.certificates.some(({ facts }) => facts.spki.equals(spki)))
    return mismatch('KeyMismatch', 'its public key is not the one of the request.');
  const ordered = orderChain(read.certificates, spki, known);
  return ordered.kind === 'broken'
    ? mismatch('ChainBroken', `its chain is malformed: ${ordered.message}.`)
    : ordered.chain;
}

/** What PCA made otherwise of its own accord, a sentence each. */
function ownDifferences(facts: CertificateFacts, verification: Verification): readonly string[] {
  const { plan } = verification;
  const former = formerSubject(facts, verification);
  const subject = former === undefined ? additionsToSubject(facts, plan) : [former];
  return [...drops(facts, plan), ...subject, ...additions(facts)];
}

/** The names that PCA dropped of its own accord, a sentence if any. */
function drops(facts: CertificateFacts, { expected }: IssuePlan): readonly string[] {
  const dropped = droppedNames(facts, expected).map(showAlternativeName);
  return dropped.length === 0
    ? []
    : [`PCA dropped ${shownList(dropped)}: spec.externalCA.names of the issuer is Drop.`];
}

/** What PCA added to the subject of its own accord, a sentence if anything. */
function additionsToSubject({ subject }: CertificateFacts, { expected }: IssuePlan): readonly string[] {
  const added = addedAttributes(subject.attributes, expected.subject);
  return added.length === 0 ? [] : [`PCA added ${showName(added)} to the subject.`];
}

/** The same of extensions. */
function additions({ types }: CertificateFacts): readonly string[] {
  const unusual = unusualExtensions(types);
  return unusual.length === 0 ? [] : [`PCA added extensions that are not usual: ${shownList(unusual)}.`];
}

/** What clients would refuse about the certificates above, which are not all known when the issuer is checked. */
function pathMismatch(path: CertificationPath, { plan, now }: Verification): Mismatch | undefined {
  const [first, ...further] = plan.expected.isCA ? path : path.slice(1);
  if (first === undefined) return undefined;
  const cas: CertificationPath = [first, ...further];
  const fault = pathFault(cas);
  if (fault !== undefined) return mismatch('ChainBroken', `clients would refuse its chain: ${fault}`);
  const { facts } = firstToEnd(cas);
  return facts.notAfter.getTime() <= now.getTime()
    ? mismatch(
        'ChainBroken',
        `the certificate of CA "${showName(facts.subject.attributes)}" in its chain expired at ${formatMoment(facts.notAfter)}.`,
      )
    : undefined;
}

/** What clients would refuse, or what gives more than was asked for, in the extensions of the certificate itself. */
function extensionFault([leaf, ...above]: CertificationPath, { plan }: Verification): Mismatch | undefined {
  const { types } = leaf.facts;
  const critical = unknownCritical(types);
  if (critical !== undefined) {
    const message = `it has the critical extension ${critical}, which nobody knows, so that clients refuse it.`;
    return mismatch('ExtensionMismatch', message);
  }
  const foreign = plan.expected.isCA ? undefined : extensionOfCAs(types);
  if (foreign !== undefined)
    return mismatch('ExtensionMismatch', `it has the extension ${foreign}, which only certificates of CAs have.`);
  const forbidden = forbiddenByPath(above, constrainedNamesOf(leaf));
  return forbidden === undefined
    ? undefined
    : mismatch('NameConstraintsMismatch', `clients would refuse it: ${forbidden}`);
}

/** Clients take a certificate that outlives those above it only as long as these are valid. */
function outlivedCA([leaf, issuer, ...further]: CertificationPath): readonly string[] {
  if (issuer === undefined) return [];
  const { facts } = firstToEnd([issuer, ...further]);
  if (leaf.facts.notAfter <= facts.notAfter) return [];
  const message = `It ends at ${formatMoment(leaf.facts.notAfter)}, but the certificate of CA "${showName(facts.subject.attributes)}" above it at ${formatMoment(facts.notAfter)}, after which clients refuse it.`;
  return [message];
}

function anchorsAbove(
  [, first, ...further]: CertificationPath,
  { trust, given = [] }: Verification,
): Anchors | undefined {
  return first === undefined ? undefined : anchorsOf(trust, [first, ...further], given);
}

/** The issuer's check makes sure of the CA's own path; this one may be that of a bought instance, or newer. */
function untrusted(path: CertificationPath): string {
  return `ca.crt is left out, since none of the certificates that spec.trust of the issuer gives verifies it: its chain leads to ${shownAnchor(topOf(path))}. Add that certificate to them.`;
}
