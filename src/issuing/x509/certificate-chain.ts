// The certificates of a reply, in any form and order, become one chain: leaf, intermediates, and the root apart.
// The rules are those by which cert-manager reads a chain (ParseSingleCertificateChain).
import { certificatePem, isIssuedBy, isSelfIssued, mayHaveSigned, namesKeyOf, readCertificate } from './certificate.ts';
import type { ReadCertificate } from './certificate.ts';
import { firstToEnd, pathFault } from './certification-path.ts';
import type { CertificationPath } from './certification-path.ts';
import { readCertificatePems } from './pem.ts';
import { shownList, shownText } from './shown-text.ts';

/** A proven chain: each certificate is signed by the next one, the last by `root` where that is known. */
export interface CertificateChain {
  readonly leaf: ReadCertificate;
  /** In signing order, without the root. */
  readonly intermediates: readonly ReadCertificate[];
  readonly root: ReadCertificate | undefined;
}

/** A chain, or why these certificates do not form one. */
export type ChainResult =
  { readonly kind: 'ok'; readonly chain: CertificateChain } | { readonly kind: 'broken'; readonly message: string };

/** Certificates read from texts, each once. */
export type CertificatesResult =
  | { readonly kind: 'ok'; readonly certificates: readonly ReadCertificate[] }
  | { readonly kind: 'broken'; readonly message: string };

// A chain of PCA has three or four certificates; a renewed or cross-signed CA may lie beside it.
const maxCertificates = 8;
// A certificate is hardly larger than its CSR, of 64 KiB at most, and may come twice.
const maxCharacters = 256 * 1024;
// An honest chain takes one for each link, and some for CAs of the same name. Whoever wrote the reply chose the keys.
const maxSignatures = 12;
// A CA that was renewed or cross-signed at every level has some.
const mostPaths = 16;

/**
 * Reads every certificate in PEM texts as PCA writes them; those in `known` are not read again. `provenKey`: DER of a
 * SubjectPublicKeyInfo with which a signature was checked.
 */
export function readCertificates(
  texts: readonly string[],
  known: readonly ReadCertificate[] = [],
  provenKey?: Buffer,
): CertificatesResult {
  if (texts.reduce((sum, { length }) => sum + length, 0) > maxCharacters)
    return broken(`it is larger than ${maxCharacters / 1024} KiB`);
  const certificates: ReadCertificate[] = [];
  for (const text of texts) {
    const ders = readCertificatePems(text);
    if (ders === undefined) return broken('a PEM block is damaged');
    if (ders.length === 0) return broken('a text holds no PEM certificate');
    for (const der of ders) {
      if (certificates.some((certificate) => certificate.der.equals(der))) continue;
      if (certificates.length === maxCertificates) return broken(`it holds more than ${maxCertificates} certificates`);
      const read = readKnown(der, known, provenKey);
      if (read === undefined) return broken('a certificate is malformed');
      certificates.push(read);
    }
  }
  return { kind: 'ok', certificates };
}

/**
 * Orders `certificates`, of which the one with `leafKey` (DER of SubjectPublicKeyInfo) is the leaf. Those of the CA, which are
 * known to be genuine, fill gaps and take precedence, its path first. What a chain up to a root does not need, such as a
 * cross-signed or renewed CA, is left out; beside a chain that ends below a root it may be what a missing link leads to.
 */
export function orderChain(
  certificates: readonly ReadCertificate[],
  leafKey: Buffer,
  { path: own, certificates: known }: CACertificates,
): ChainResult {
  const leaves = certificates.filter(({ facts }) => facts.spki.equals(leafKey));
  const [leaf] = leaves;
  if (leaf === undefined) return broken('no certificate carries the public key of the request');
  if (leaves.length > 1) return broken('several certificates carry the public key of the request');
  const checked = new CheckedSignatures();
  const others = certificates.filter((certificate) => certificate !== leaf && !known.includes(certificate));
  const [path] = pathsFrom(leaf, [own ?? [], known, others], { checked, most: 1 });
  if (checked.isRoot(topOf(path))) return { kind: 'ok', chain: { leaf, ...splitRoot(path.slice(1)) } };
  if (checked.isExhausted)
    return broken(`more than ${maxSignatures} signatures would have to be checked to put it in order`);
  const top = topOf(path);
  if (isSelfIssued(top)) return broken(`"${shown(top)}" names itself as its issuer but did not sign itself`);
  const stranger = others.find((certificate) => !path.some((member) => isSameCA(member, certificate)));
  if (stranger !== undefined)
    return broken(`"${shown(stranger)}" does not belong to the chain, or a link to it is missing`);
  return { kind: 'ok', chain: { leaf, intermediates: path.slice(1), root: undefined } };
}

/** What is known of a CA: its certificate first, then the others that PCA shows with it. */
export interface CACertificates {
  /** Its certificate, and those above it; undefined where it has none that can be read. */
  readonly path: CertificationPath | undefined;
  readonly certificates: readonly ReadCertificate[];
}

/**
 * The path of a CA: its certificate, and those among `others` that lead to a root. Of several the one that is valid, and that the
 * longest; where none reaches a root, one as far as it goes.
 */
export function pathOfCA(certificate: ReadCertificate, others: readonly ReadCertificate[]): CertificationPath {
  const paths = pathsFrom(certificate, [others], { checked: new CheckedSignatures(), most: mostPaths });
  const valid = paths.filter((path) => pathFault(path) === undefined);
  const endOf = (path: CertificationPath): number => firstToEnd(path).facts.notAfter.getTime();
  return (valid.length === 0 ? paths : valid).reduce((best, path) => (endOf(path) > endOf(best) ? path : best));
}

/**
 * What keeps a CA's certificates from a path up to a root: a sentence. Without a certificate above its path nothing is missing
 * that PCA would have shown.
 */
export function missingLink({ path, certificates }: CACertificates): string | undefined {
  if (path === undefined || new CheckedSignatures().isRoot(topOf(path))) return undefined;
  const stranger = certificates.find((certificate) => !path.some((member) => isSameCA(member, certificate)));
  if (stranger === undefined) return undefined;
  return `no certificate that PCA shows with it signed the one of CA "${shown(topOf(path))}", while "${shown(stranger)}" does not belong to its chain.`;
}

type Paths = readonly [CertificationPath, ...CertificationPath[]];

/**
 * The paths from `start` to a root, those over the first candidates first; where none reaches one, the first of the longest.
 */
function pathsFrom(
  start: ReadCertificate,
  candidates: readonly (readonly ReadCertificate[])[],
  { checked, most }: { readonly checked: CheckedSignatures; readonly most: number },
): Paths {
  let longest: CertificationPath = [start];
  const complete: CertificationPath[] = [];
  const extend = (path: CertificationPath): void => {
    const top = topOf(path);
    if (checked.isRoot(top)) {
      complete.push(path);
      return;
    }
    if (path.length > longest.length) longest = path;
    for (const parent of parentsOf(top, candidates, checked)) {
      if (complete.length === most) return;
      if (!path.some((member) => isSameCA(member, parent))) extend([...path, parent]);
    }
  };
  extend([start]);
  const [first, ...others] = complete;
  return first === undefined ? [longest] : [first, ...others];
}

/** The last certificate of a path: the root, where the path reaches one. */
export function topOf(path: CertificationPath): ReadCertificate {
  return path.at(-1) ?? path[0];
}

/** Whether both are certificates of one CA: the same name and key. */
export function isSameCA(one: ReadCertificate, other: ReadCertificate): boolean {
  return one.facts.spki.equals(other.facts.spki) && one.facts.subject.der.equals(other.facts.subject.der);
}

/** Leaf first, intermediates in signing order, no root: what cert-manager stores as tls.crt. */
export function chainPem({ leaf, intermediates }: CertificateChain): string {
  return [leaf, ...intermediates].map(certificatePem).join('');
}

function splitRoot(above: readonly ReadCertificate[]): Pick<CertificateChain, 'intermediates' | 'root'> {
  return { intermediates: above.slice(0, -1), root: above.at(-1) };
}

/**
 * The certificates that signed `child`, group by group, for anybody can write another one for a known key. In a group those come
 * first whose key the child names, and of these the ones that end a path.
 */
function* parentsOf(
  child: ReadCertificate,
  candidates: readonly (readonly ReadCertificate[])[],
  checked: CheckedSignatures,
): Iterable<ReadCertificate> {
  for (const group of candidates) {
    const able = group.filter((candidate) => mayHaveSigned(candidate, child));
    const rank = (candidate: ReadCertificate): number =>
      (namesKeyOf(child, candidate) ? 0 : 2) + (isSelfIssued(candidate) ? 0 : 1);
    for (const candidate of able.toSorted((left, right) => rank(left) - rank(right)))
      if (checked.isSigned(child, candidate)) yield candidate;
  }
}

// The links among a CA's own certificates are the same for every certificate that it issues.
const links = new WeakMap<ReadCertificate, WeakMap<ReadCertificate, boolean>>();

/** The signatures that are checked for one chain: not more than so many, since each holds up everybody else. */
class CheckedSignatures {
  #left = maxSignatures;
  #isExhausted = false;

  /** Whether there was a signature that was not checked any more; what was asked since then proves nothing. */
  get isExhausted(): boolean {
    return this.#isExhausted;
  }

  isRoot(certificate: ReadCertificate): boolean {
    return isSelfIssued(certificate) && this.isSigned(certificate, certificate);
  }

  isSigned(child: ReadCertificate, parent: ReadCertificate): boolean {
    const ofChild = links.get(child) ?? new WeakMap<ReadCertificate, boolean>();
    links.set(child, ofChild);
    const known = ofChild.get(parent);
    if (known !== undefined) return known;
    if (!mayHaveSigned(parent, child)) return false;
    if (this.#left === 0) {
      this.#isExhausted = true;
      return false;
    }
    this.#left -= 1;
    const signed = isIssuedBy(child, parent);
    ofChild.set(parent, signed);
    return signed;
  }
}

function readKnown(
  der: Buffer,
  known: readonly ReadCertificate[],
  provenKey: Buffer | undefined,
): ReadCertificate | undefined {
  const same = known.find((certificate) => certificate.der.equals(der));
  if (same !== undefined) return same;
  const read = readCertificate(der, provenKey);
  return read.kind === 'ok' ? read.value : undefined;
}

function shown({ facts }: ReadCertificate): string {
  return shownText(shownList(facts.subject.attributes.map(({ value }) => value)));
}

function broken(message: string): { readonly kind: 'broken'; readonly message: string } {
  return { kind: 'broken', message };
}
