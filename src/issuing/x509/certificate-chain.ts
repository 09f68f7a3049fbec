// The certificates of a reply, in any form and order, become one chain: leaf, intermediates, and the root apart.
// The rules are those by which cert-manager reads a chain (ParseSingleCertificateChain).
import { certificatePem, isIssuedBy, isSelfIssued, mayHaveSigned, namesKeyOf, readCertificate } from './certificate.ts';
import type { ReadCertificate } from './certificate.ts';
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

/** Reads every certificate in PEM texts as PCA writes them; those in `known` are not read again. */
export function readCertificates(texts: readonly string[], known: readonly ReadCertificate[] = []): CertificatesResult {
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
      const read = readKnown(der, known);
      if (read === undefined) return broken('a certificate is malformed');
      certificates.push(read);
    }
  }
  return { kind: 'ok', certificates };
}

/**
 * Orders `certificates`, of which the one with `leafKey` (DER of SubjectPublicKeyInfo) is the leaf. Every one of them
 * must have its place; `supplements`, which are known to be genuine, fill gaps and may be left over.
 */
export function orderChain(
  certificates: readonly ReadCertificate[],
  leafKey: Buffer,
  supplements: readonly ReadCertificate[],
): ChainResult {
  const leaves = certificates.filter(({ facts }) => facts.spki.equals(leafKey));
  const [leaf] = leaves;
  if (leaf === undefined) return broken('no certificate carries the public key of the request');
  if (leaves.length > 1) return broken('several certificates carry the public key of the request');
  const checked = new CheckedSignatures();
  const path = [leaf];
  let remaining = certificates.filter((certificate) => certificate !== leaf);
  for (let top = leaf; !checked.isRoot(top);) {
    const parent = parentOf(top, remaining, supplements, checked);
    if (parent === undefined || path.includes(parent)) break;
    path.push(parent);
    remaining = remaining.filter((certificate) => !certificate.der.equals(parent.der));
    top = parent;
  }
  if (checked.isExhausted)
    return broken(`more than ${maxSignatures} signatures would have to be checked to put it in order`);
  const top = path.at(-1) ?? leaf;
  if (isSelfIssued(top) && !checked.isRoot(top))
    return broken(`"${shown(top)}" names itself as its issuer but did not sign itself`);
  const [stranger] = remaining;
  if (stranger !== undefined)
    return broken(`"${shown(stranger)}" does not belong to the chain, or a link to it is missing`);
  return { kind: 'ok', chain: splitRoot(leaf, path.slice(1), checked) };
}

/** Leaf first, intermediates in signing order, no root: what cert-manager stores as tls.crt. */
export function chainPem({ leaf, intermediates }: CertificateChain): string {
  return [leaf, ...intermediates].map(certificatePem).join('');
}

function splitRoot(
  leaf: ReadCertificate,
  above: readonly ReadCertificate[],
  checked: CheckedSignatures,
): CertificateChain {
  const top = above.at(-1);
  return top !== undefined && checked.isRoot(top)
    ? { leaf, intermediates: above.slice(0, -1), root: top }
    : { leaf, intermediates: above, root: undefined };
}

/**
 * The first certificate that signed `child`. A known one takes precedence over another one for the same key, for anybody can
 * write such a one; of the others those come first whose key the child names.
 */
function parentOf(
  child: ReadCertificate,
  remaining: readonly ReadCertificate[],
  supplements: readonly ReadCertificate[],
  checked: CheckedSignatures,
): ReadCertificate | undefined {
  const likely = (candidates: readonly ReadCertificate[]): readonly ReadCertificate[] => {
    const able = candidates.filter((candidate) => mayHaveSigned(candidate, child));
    const named = able.filter((candidate) => namesKeyOf(child, candidate));
    return [...named, ...able.filter((candidate) => !named.includes(candidate))];
  };
  return [...likely(supplements), ...likely(remaining)].find((candidate) => checked.isSigned(child, candidate));
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

function readKnown(der: Buffer, known: readonly ReadCertificate[]): ReadCertificate | undefined {
  const same = known.find((certificate) => certificate.der.equals(der));
  if (same !== undefined) return same;
  const read = readCertificate(der);
  return read.kind === 'ok' ? read.value : undefined;
}

function shown({ facts }: ReadCertificate): string {
  return shownText(shownList(facts.subject.attributes.map(({ value }) => value)));
}

function broken(message: string): { readonly kind: 'broken'; readonly message: string } {
  return { kind: 'broken', message };
}
